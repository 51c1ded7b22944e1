"""DFT402: a reader called on a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.edits import Action, AddImport, ReplaceNode
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule
from daft_lint.pipeline.model import NodeRef, ReadOnDataFrame, Script


class ReadOnDataframe(ScriptRule):
    """`df.read_parquet(...)`, `df.from_glob_path(...)` and the like: a reader called on a DataFrame.

    ## Why
    The readers are functions of the module `daft`; a DataFrame has none, since it is not a session like Spark's, whose
    `spark.read` is often where the habit comes from. The line raises an AttributeError (experiment e6), in a long job
    only once it is reached.

    ## Example

        df = df.read_parquet("s3://lake/labels.parquet")

    becomes

        df = daft.read_parquet("s3://lake/labels.parquet")

    ## Fix
    Calls the reader on the module, by the name that the file has for `daft`, and imports it where the file does not. It
    is safe: without it the line fails. There is none where the reader ends a longer chain
    (`df.where(...).read_parquet(...)`): what should become of that chain is not in the script.

    ## Options
    None.
    """

    code = "DFT402"
    name = "read-on-dataframe"
    level = Level.ERROR
    trigger_words = ("read_", "from_")
    fixable = True
    ends = (Failure("AttributeError", "when the line runs"),)

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        """Readers of modules and classes (`daft.read_parquet`, `pa.Table.from_pydict`) are in every other script."""
        return prescan.calls_on_objects(cls.trigger_words)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for read in script.reads_on_dataframes:
            if id(read.call.node) in seen:
                continue
            seen.add(id(read.call.node))
            daft = read.daft_name or "daft"
            yield Observation(
                location=read.call,
                level=self.level,
                observed=f"`{read.name}` is called on a DataFrame",
                impact="A DataFrame has no readers: this line raises an AttributeError",
                suggestion=f"Write `{daft}.{read.name}(...)`",
                fix=_fix(read, daft),
            )


def _fix(read: ReadOnDataFrame, daft: str) -> Fix | None:
    node = read.call.node
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or not _is_plain(node.func.value):
        return None
    actions: list[Action] = [ReplaceNode(NodeRef(read.call.cell, node.func.value), daft)]
    if read.daft_name is None:
        actions.append(AddImport(read.call, "daft"))
    return Fix(title=f"Call `{daft}.{read.name}`", actions=tuple(actions))


def _is_plain(node: cst.BaseExpression) -> bool:
    """A name or attributes of names: nothing that the rewrite could lose."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)
