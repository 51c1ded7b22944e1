"""DFT301: options of the decorator given to the constructor, or to a decorator that knows them by another name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daft_lint.api import cst
from daft_lint.api.edits import Action, AddKeyword, RemoveArgument
from daft_lint.api.nodes import code, enclosing, short_code, udf_related
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.api.udf_code import given_options
from daft_lint.pipeline.model import Construction, NodeRef, Script, Udf, UdfKind

OPTIONS = {
    "cpus": "cpus",
    "gpus": "gpus",
    "use_process": "use_process",
    "max_concurrency": "max_concurrency",
    "max_retries": "max_retries",
    "on_error": "on_error",
    "name_override": "name_override",
    "ray_options": "ray_options",
    "concurrency": "max_concurrency",
    "num_cpus": "cpus",
    "num_gpus": "gpus",
}
"""What `daft.cls` takes (Daft 0.7), and the older spellings with what they are called now."""

_TODAY = {"concurrency": "max_concurrency", "num_cpus": "cpus", "num_gpus": "gpus"}
"""Options of `daft.udf` by their names in the decorators of today."""
_OF_UDF = {today: older for older, today in _TODAY.items()}
_CALLED = {UdfKind.FUNC: "daft.func", UdfKind.FUNC_BATCH: "daft.func.batch", UdfKind.LEGACY: "daft.udf"}


class ConcurrencyInConstructor(ScriptRule):
    """`max_concurrency=`, `gpus=` and other options of `daft.cls` given to the constructor of a class whose
    `__init__` does not take them; options of `daft.udf` given to `daft.cls` or `daft.func` under their older names
    (`concurrency`, `num_gpus`, `num_cpus`), or those of today to `daft.udf`.

    ## Why
    Daft delays the construction: `Model(max_concurrency=16)` keeps its arguments, and the plan is built without an
    error. Each worker then calls `__init__(max_concurrency=16)` and fails with a TypeError (experiment e6), after the
    cluster is up and the data is on its way. The options belong to the decorator, which runs the class in that many
    actors. A name that a decorator does not take is a TypeError when the module is imported (Daft 0.7.26).

    ## Example

        @daft.cls
        class Captioner:
            def __init__(self, model: str): ...

        caption = Captioner("blip-large", max_concurrency=16, gpus=1)

    becomes

        @daft.cls(max_concurrency=16, gpus=1)
        class Captioner:
            def __init__(self, model: str): ...

        caption = Captioner("blip-large")

    ## Fix
    Writes the option as its decorator calls it, or moves the keyword of a constructor to the decorator, if its value
    means the same there: a literal, or a constant that is defined above the class. It is safe: without it, the script
    fails. There is none where two constructions ask for different values, or the class is in another file.

    ## Options
    None.
    """

    code = "DFT301"
    name = "concurrency-in-constructor"
    level = Level.ERROR
    trigger_words = ("cls", "concurrency", "num_gpus", "num_cpus", "udf")
    fixable = True
    ends = (Failure("TypeError", "when a worker makes the actor, or when the module is imported"),)

    def check(self, script: Script) -> Iterator[Observation]:
        for construction in script.constructions:
            wrong = _misplaced(construction)
            if wrong:
                yield self._observation(construction, wrong, script.constructions)
        seen: set[NodeRef] = set()
        for udf in script.udfs:
            decorator, names = udf.options, _misnamed(udf)
            if names and decorator is not None and decorator not in seen:
                seen.add(decorator)
                yield self._of_decorator(udf, decorator, names)

    def _of_decorator(self, udf: Udf, decorator: NodeRef, names: dict[str, str]) -> Observation:
        called = _CALLED.get(udf.kind, "daft.cls")
        olds, news = ([f"`{name}`" for name in side] for side in (names, names.values()))
        actions: list[Action] = []
        for old, new in names.items():
            value = _argument(decorator, old)
            if value is not None and _argument(decorator, new) is None:
                actions.append(AddKeyword(decorator, new, code(value)))
            actions.append(RemoveArgument(decorator, old))
        return Observation(
            location=decorator,
            level=self.level,
            observed=f"`{called}` takes no {' or '.join(olds)}",
            impact="Daft raises a TypeError when the module is imported",
            suggestion=f"Write {' and '.join(news)}, as `{called}` calls {'it' if len(names) == 1 else 'them'}",
            related=udf_related(udf),
            fix=Fix(f"Write {' and '.join(news)} in place of {' and '.join(olds)}", tuple(actions)),
        )

    def _observation(
        self, construction: Construction, wrong: tuple[str, ...], everywhere: tuple[Construction, ...]
    ) -> Observation:
        values = {name: _value(construction, name) for name in wrong}
        options = ", ".join(
            OPTIONS[name] if value is None else f"{OPTIONS[name]}={short_code(value)}" for name, value in values.items()
        )
        names = " and ".join(f"`{name}`" for name in wrong)
        return Observation(
            location=construction.call,
            level=self.level,
            observed=f"`{construction.name}(...)` gets {names}, which its `__init__` does not take",
            impact="The plan is built without an error, then each worker fails with a TypeError when it starts",
            suggestion=f"Give {'it' if len(wrong) == 1 else 'them'} to the decorator: `@daft.cls({options})`",
            related=((construction.decorator or construction.definition, f"`{construction.name}` becomes a UDF here"),),
            fix=_fix(construction, values, everywhere),
        )


def _misnamed(udf: Udf) -> dict[str, str]:
    """Options that the UDF's decorator does not take, with what it calls them. What bounds a function is DFT302's."""
    given = given_options(udf) or ()
    calls = _OF_UDF if udf.kind is UdfKind.LEGACY else _TODAY
    is_function = udf.kind in (UdfKind.FUNC, UdfKind.FUNC_BATCH)
    return {old: new for old, new in calls.items() if old in given and not (is_function and old == "concurrency")}


def _misplaced(construction: Construction) -> tuple[str, ...]:
    if construction.takes_any:
        return ()
    return tuple(k for k in construction.keywords if k in OPTIONS and k not in construction.parameters)


def _value(construction: Construction, name: str) -> cst.BaseExpression | None:
    return _argument(construction.call, name)


def _argument(location: NodeRef, name: str) -> cst.BaseExpression | None:
    """The value of a keyword argument of a call or a decorator."""
    node = location.node.decorator if isinstance(location.node, cst.Decorator) else location.node
    if not isinstance(node, cst.Call):
        return None
    return next((a.value for a in node.args if a.keyword is not None and a.keyword.value == name), None)


def _fix(
    construction: Construction,
    values: dict[str, cst.BaseExpression | None],
    everywhere: tuple[Construction, ...],
) -> Fix | None:
    decorator = construction.decorator
    if decorator is None or decorator.cell.document is not construction.call.cell.document:
        return None
    actions: list[Action] = []
    for name, value in values.items():
        if value is None or not _means_the_same(value, construction, decorator):
            return None
        if _conflicts(name, value, construction, everywhere):
            return None
        there = _argument(decorator, OPTIONS[name])
        if there is not None and code(there) != code(value):
            return None
        if there is None:
            actions.append(AddKeyword(decorator, OPTIONS[name], code(value)))
        actions.append(RemoveArgument(construction.call, name))
    names = " and ".join(f"`{name}`" for name in values)
    return Fix(title=f"Move {names} to the decorator of `{construction.name}`", actions=tuple(actions))


def _conflicts(
    name: str, value: cst.BaseExpression, construction: Construction, everywhere: tuple[Construction, ...]
) -> bool:
    """Whether another construction of the class has another value for the option: actors are shared by all of them."""
    others = (c for c in everywhere if c.definition == construction.definition and c.call != construction.call)
    values = (_argument(c.call, name) for c in others)
    return any(v is not None and code(v) != code(value) for v in values)


def _means_the_same(value: cst.BaseExpression, construction: Construction, decorator: NodeRef) -> bool:
    """Whether an expression can be evaluated where the decorator stands: literals and constants defined above it."""
    if isinstance(value, cst.Integer | cst.Float | cst.SimpleString):
        return True
    if isinstance(value, cst.UnaryOperation):
        return _means_the_same(value.expression, construction, decorator)
    if isinstance(value, cst.Dict):
        parts = [p for e in value.elements if isinstance(e, cst.DictElement) for p in (e.key, e.value)]
        return len(parts) == 2 * len(value.elements) and all(_means_the_same(p, construction, decorator) for p in parts)
    if isinstance(value, cst.Name):
        if value.value in ("True", "False", "None"):
            return True
        same_cell = decorator.cell is construction.call.cell
        return same_cell and _is_constant_above(value.value, construction.definition, construction.call)
    return False


def _is_constant_above(name: str, definition: NodeRef, call: NodeRef) -> bool:
    """Whether a block around a class assigns or imports a name above it, and nothing in that block gives the name
    another value: then it is the same at the decorator as at the construction."""
    around_call, around_class = set(enclosing(call)), {definition.node, *enclosing(definition)}
    blocks = (node for node in around_class & around_call if isinstance(node, cst.Module | cst.IndentedBlock))
    return any(_is_bound_once_above(name, block.body, around_class) for block in blocks)


def _is_bound_once_above(name: str, block: Sequence[cst.CSTNode], around_class: set[cst.CSTNode]) -> bool:
    index = next(i for i, statement in enumerate(block) if statement in around_class)
    lines = [line for line in block[:index] if isinstance(line, cst.SimpleStatementLine)]
    everywhere = [found for statement in block for found in _bound(statement)]
    return any(name in _bound(line) for line in lines) and everywhere.count(name) == 1


def _bound(node: cst.CSTNode) -> list[str]:
    """Every name that a node or anything in it assigns, imports or takes as a parameter."""
    names = [name for child in node.children for name in _bound(child)]
    target: cst.CSTNode | None = None
    if isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.AugAssign | cst.For | cst.NamedExpr):
        target = node.target
    elif isinstance(node, cst.Param | cst.AsName) or (isinstance(node, cst.ImportAlias) and node.asname is None):
        target = node.name
    if isinstance(target, cst.Name):
        names.append(target.value)
    elif isinstance(target, cst.Tuple | cst.List):
        names.extend(e.value.value for e in target.elements if isinstance(e.value, cst.Name))
    return names
