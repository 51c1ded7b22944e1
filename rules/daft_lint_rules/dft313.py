"""DFT313: a batch UDF that returns one value."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import short_code
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.api.udf_code import dotted, function_of, own_nodes
from daft_lint.pipeline.model import NodeRef, Script, Udf, UdfKind

_BATCH = frozenset({UdfKind.FUNC_BATCH, UdfKind.METHOD_BATCH, UdfKind.LEGACY})

_MAKERS = frozenset({"array", "asarray", "from_pylist", "from_arrow", "from_numpy", "tensor"})
"""What makes an array or a Series of a list, by its last name."""


class OneValueForABatch(ScriptRule):
    """A batch UDF that returns a list of one element, whatever it was given.

    ## Why
    A batch UDF gets many rows and has to return one value for each of them. One value alone is repeated for all rows of
    the batch, without an error (experiment e19): the column then depends on how the rows were cut into batches.

    ## Example

        @daft.func.batch(return_dtype=DataType.float64())
        def mean(values: daft.Series):
            return [float(np.mean(values.to_pylist()))]

    becomes, for a value of each row,

        @daft.func.batch(return_dtype=DataType.float64())
        def doubled(values: daft.Series):
            return [2.0 * value for value in values.to_pylist()]

    or, for one value of all rows, an aggregation: `df.agg(col("v").mean())`.

    ## Fix
    None: what each row should get is not in the script.

    ## Options
    None. With `batch_size=1` there is one row a call, and `map_groups` asks for a value of each group: nothing is said
    of either.
    """

    code = "DFT313"
    name = "one-value-for-a-batch"
    level = Level.WARNING
    trigger_words = ("batch", "udf")

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for udf in script.udfs:
            function = None if _may_take_groups(udf) else function_of(udf)
            if function is None or udf.kind not in _BATCH or udf.is_generator or id(function.node) in seen:
                continue
            seen.add(id(function.node))
            returned = _returned_lists(function.node)
            one_row = udf.batch_size is not None and udf.batch_size.value == 1
            if returned and not one_row:
                yield self._observation(udf, NodeRef(function.cell, returned[-1]))

    def _observation(self, udf: Udf, location: NodeRef) -> Observation:
        return Observation(
            location=location,
            level=self.level,
            observed=f"`{udf.name}` gets a batch of rows and returns one value: `{short_code(location.node)}`",
            impact="Daft repeats it for all rows of the batch, without an error",
            suggestion="Return a value for each row; for one value of all rows write an aggregation",
        )


def _may_take_groups(udf: Udf) -> bool:
    """Whether its cell calls `map_groups`, also on a DataFrame that is not in view."""
    return udf.definition is not None and b"map_groups" in udf.definition.cell.source


def _returned_lists(function: cst.CSTNode) -> list[cst.List]:
    """What a function returns, where each of its `return` statements gives a list of one element."""
    found: list[cst.List] = []
    values: list[cst.CSTNode | None] = [n.value for n in own_nodes(function) if isinstance(n, cst.Return)]
    if isinstance(function, cst.Lambda):
        values = [function.body]
    for returned in values:
        value = _list_in(returned, function)
        if not isinstance(value, cst.List) or len(value.elements) != 1:
            return []
        if isinstance(value.elements[0], cst.StarredElement):
            return []
        found.append(value)
    return found


def _list_in(value: cst.CSTNode | None, function: cst.CSTNode) -> cst.CSTNode | None:
    """The list that an array or a Series is made of, or that a name holds which nothing else mentions."""
    while isinstance(value, cst.Call) and dotted(value.func).rpartition(".")[2] in _MAKERS and value.args:
        value = value.args[0].value
    if not isinstance(value, cst.Name):
        return value
    mentions = [n for n in own_nodes(function) if isinstance(n, cst.Name) and n.value == value.value]
    made = [
        node.value
        for node in own_nodes(function)
        if isinstance(node, cst.Assign) and any(dotted(target.target) == value.value for target in node.targets)
    ]
    return made[0] if len(made) == 1 and len(mentions) == 2 else value
