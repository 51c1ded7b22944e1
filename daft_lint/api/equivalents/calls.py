"""Calls of UDFs that an expression of Daft's does the work of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from daft_lint.api import cst
from daft_lint.api.equivalents.bodies import Body, Guard, body_of
from daft_lint.api.equivalents.constants import literal
from daft_lint.api.equivalents.operands import Column, NoTranslation, Value
from daft_lint.api.equivalents.table import Kind
from daft_lint.api.equivalents.translation import Operand, Translator
from daft_lint.api.nodes import code, enclosing, is_mentioned
from daft_lint.api.scopes import nodes_in
from daft_lint.api.udf_code import binding_of, function_of
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Expression, ExpressionKind, NodeRef, Udf, UdfKind
from daft_lint.source.code import code_in
from daft_lint.source.syntax import dotted, last_name

NULLS = "where a value is null, the UDF fails or returns a value of its own, and the expression is null"
BATCH_SIZE = "the `batch_size` of the UDF bounds the rows of the steps before it, too"
_BATCHES = frozenset({UdfKind.FUNC_BATCH, UdfKind.LEGACY})
_ROW_BY_ROW = frozenset({UdfKind.FUNC, UdfKind.APPLY})
_HARMLESS_OPTIONS = frozenset({
    "return_dtype", "batch_size", "max_concurrency", "concurrency", "num_cpus", "cpus", "num_gpus", "gpus",
    "use_process", "func", "fn",
})  # fmt: skip
"""Options of a UDF that say nothing of its results."""
_KINDS = {
    **{kind.value: kind for kind in (Kind.TEXT, Kind.INT, Kind.FLOAT, Kind.BOOL, Kind.DATE)},
    "datetime.date": Kind.DATE, "datetime": Kind.TIMESTAMP, "datetime.datetime": Kind.TIMESTAMP,
    "dt.date": Kind.DATE, "dt.datetime": Kind.TIMESTAMP,
    "string": Kind.TEXT, "int64": Kind.INT, "float64": Kind.FLOAT,
}  # fmt: skip
"""Annotations, and the constructors of `DataType`."""


@dataclass(frozen=True, slots=True)
class Equal:
    """The expression that does what a call of a UDF does. `text` spells it; `differs` says where the results are not
    the same. `writable`: it can be put in the place of the call."""

    text: str
    differs: tuple[str, ...]
    imports: tuple[tuple[str, str], ...]
    writable: bool


def equivalent_of(udf: Udf, call: Expression) -> Equal | None:
    """The expression that does what a call of a UDF does; None where none is known, or in doubt.

    A UDF that does more than return an expression of its parameters has none, nor has one with options or decorators
    that say more than how it is run, nor a method, nor a call that stands for whichever function it is given.
    """
    function, location = function_of(udf), call.location
    if location is None or not isinstance(location.node, cst.Call) or not _is_plain(udf, location):
        return None
    if _is_given(location, udf):
        return None
    try:
        if function is None:
            return _of_builtin(udf, call, location)
        body = body_of(function.node, udf.kind in _BATCHES)
        return None if body is None else _of_body(udf, body, function, call, location)
    except NoTranslation:
        return None


def _is_plain(udf: Udf, call: NodeRef) -> bool:
    """Whether nothing but the body says what the UDF returns."""
    if udf.kind not in _BATCHES | _ROW_BY_ROW or udf.is_async or udf.is_generator or udf.is_class:
        return False
    definition = None if udf.definition is None else udf.definition.node
    if isinstance(definition, cst.FunctionDef) and len(definition.decorators) > 1:
        return False
    options = None if udf.options is None else udf.options.node
    if not isinstance(options, cst.Call):
        return True
    return all(a.keyword is None or a.keyword.value in _HARMLESS_OPTIONS for a in options.args) and not any(
        a.star for a in options.args
    )


def _is_given(call: NodeRef, udf: Udf) -> bool:
    """Whether what is called is a parameter or the variable of a loop: the next one may be another function."""
    assert isinstance(call.node, cst.Call)
    called = call.node.func if udf.kind is not UdfKind.APPLY else call.node.args[0].value if call.node.args else None
    binding = binding_of(called.value, call) if isinstance(called, cst.Name) else None
    binders = () if binding is None else binding.binders
    return any(isinstance(binder, cst.Param | cst.For | cst.CompFor) for binder in binders)


def _of_builtin(udf: Udf, call: Expression, location: NodeRef) -> Equal:
    """`apply(len, ...)`, `apply(str.lower, ...)`."""
    assert isinstance(location.node, cst.Call)
    arguments = location.node.args
    if udf.kind is not UdfKind.APPLY or not arguments:
        raise NoTranslation
    given = arguments[0].value
    value: cst.BaseExpression = cst.Call(given, [cst.Arg(cst.Name("value"))])
    if dotted(given).startswith("str."):
        value = cst.Call(cst.Attribute(cst.Name("value"), cst.Name(last_name(given))))
    return _of_body(udf, Body(value, {"value": None}), location, call, location)


def _of_body(udf: Udf, body: Body, function: NodeRef, call: Expression, location: NodeRef) -> Equal:
    names, simple = _names(udf, body, call, location)
    inner = NodeRef(function.cell, _inside(function.node))
    translator = Translator(names, inner, location)
    for name, value in body.local:
        translator = Translator({**translator.names, name: translator.operand(value)}, inner, location)
    column = translator.column(body.value)
    if column.is_named:
        raise NoTranslation  # it hands on what it gets: a stand-in for something else
    declared = _declared(udf, function.node)
    reads = set(column.reads)
    if any(column.reads.count(name) > 1 for name in reads - simple):
        raise NoTranslation
    typed = _typed(column, declared)
    if typed is None:
        return Equal(column.text, column.differs, (), False)
    unguarded = reads - (body.guard.names if body.guard is not None else frozenset())
    bounds = (BATCH_SIZE,) if udf.batch_size is not None else ()
    differs = (*typed.differs, *((NULLS,) if unguarded else ()), *bounds)
    whole = _guarded(typed, body.guard)
    first = next((e for e in call.inputs if e.kind is not ExpressionKind.LITERAL), None)
    is_named = whole is not None and (whole.first == _first(body, call) or _has_own_name(location))
    writable = whole is not None and is_named and first is not None and not _has_comment(location)
    text = _in_place(whole or typed, location)
    return Equal(text, differs, (whole or typed).imports, writable)


def _inside(function: cst.CSTNode) -> cst.CSTNode:
    """A node that sees the names of a function's body."""
    return function.body if isinstance(function, cst.FunctionDef | cst.Lambda) else function


def _names(udf: Udf, body: Body, call: Expression, location: NodeRef) -> tuple[dict[str, Operand], set[str]]:
    """What the parameters stand for, and those that may stand several times: columns by their name."""
    names: dict[str, Operand] = {}
    simple: set[str] = set()
    parameters = list(body.parameters)
    for index, (node, expression, keyword) in enumerate(_arguments(udf, call, location)):
        name = keyword if keyword is not None else parameters[index] if index < len(parameters) else ""
        if name not in body.parameters or name in names:
            raise NoTranslation
        kind = _annotated(body.parameters[name])
        text = code_in(location.cell, node).strip()
        is_atom = isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call | cst.SimpleString)
        if (not is_atom and not node.lpar) or ("\n" in text and not node.lpar):
            text = f"({text})"
        if expression.kind is ExpressionKind.LITERAL:
            names[name] = literal(node) or Value(text, kind)
        elif expression.kind is ExpressionKind.UNKNOWN or expression.spread or (body.element and name != body.element):
            raise NoTranslation
        else:
            is_named = expression.kind is ExpressionKind.COLUMN
            names[name] = Column(text, kind, (name,), name, is_named=is_named)
            simple |= {name} if is_named else set()
    if names.keys() != body.parameters.keys():
        raise NoTranslation
    return names, simple


def _arguments(
    udf: Udf, call: Expression, location: NodeRef
) -> Iterator[tuple[cst.BaseExpression, Expression, str | None]]:
    """Each argument of a call, with what it is and its keyword."""
    node = location.node
    assert isinstance(node, cst.Call)
    if udf.kind is UdfKind.APPLY:
        if not isinstance(node.func, cst.Attribute):
            raise NoTranslation
        yield node.func.value, call.inputs[0], None
        return
    given = [a for a in node.args if a.keyword is None] + [a for a in node.args if a.keyword is not None]
    if len(given) != len(call.inputs) or any(a.star for a in given):
        raise NoTranslation
    for argument, expression in zip(given, call.inputs, strict=True):
        yield argument.value, expression, None if argument.keyword is None else argument.keyword.value


def _first(body: Body, call: Expression) -> str:
    """The parameter whose column gives the UDF's column its name."""
    index = next((i for i, e in enumerate(call.inputs) if e.kind is not ExpressionKind.LITERAL), 0)
    keyword = call.keywords[index] if index < len(call.keywords) else None
    return keyword or list(body.parameters)[index]


# Types


def _annotated(annotation: cst.Annotation | None) -> Kind:
    return Kind.UNKNOWN if annotation is None else _kind(annotation.annotation)


def _kind(node: cst.BaseExpression) -> Kind:
    """The kind that an annotation or a `return_dtype` declares; nulls do not count."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return _kind(node.left) if code(node.right) == "None" else Kind.UNKNOWN
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        inner = _kind(node.slice[0].slice.value)
        if last_name(node.value) == "Optional":
            return inner
        return _list_of(inner) if last_name(node.value) in ("list", "List") else Kind.UNKNOWN
    if isinstance(node, cst.Call) and "DataType" in dotted(node.func):
        if last_name(node.func) == "list" and len(node.args) == 1:
            return _list_of(_kind(node.args[0].value))
        return _KINDS.get(last_name(node.func), Kind.UNKNOWN) if not node.args else Kind.UNKNOWN
    return _KINDS.get(dotted(node), Kind.UNKNOWN)


def _list_of(element: Kind) -> Kind:
    numbers = element in (Kind.INT, Kind.FLOAT)
    return Kind.TEXTS if element is Kind.TEXT else Kind.NUMBERS if numbers else Kind.UNKNOWN


def _declared(udf: Udf, function: cst.CSTNode) -> Kind:
    """What the UDF says that it returns. Raises `NoTranslation` for objects of Python's."""
    options = None if udf.options is None else udf.options.node
    if isinstance(options, cst.Call):
        by_position = options.args[1:2] if udf.kind is UdfKind.APPLY else ()
        given = [a for a in options.args if a.keyword is not None and a.keyword.value == "return_dtype"]
        for argument in (*given, *(a for a in by_position if a.keyword is None)):
            if isinstance(argument.value, cst.Call) and dotted(argument.value.func).endswith("DataType.python"):
                raise NoTranslation  # its objects are what is asked for
            return _kind(argument.value)
    returns = function.returns if isinstance(function, cst.FunctionDef) else None
    return _annotated(returns) if udf.kind not in _BATCHES else Kind.UNKNOWN


def _typed(column: Column, declared: Kind) -> Column | None:
    """With the type that the UDF declares; None where it is another."""
    numbers = (Kind.INT, Kind.FLOAT)
    if column.kind is Kind.INT and declared is Kind.FLOAT:
        return replace(column, kind=Kind.FLOAT, cast="float").typed()
    if column.kind is declared or (column.kind is Kind.NUMBER and declared in numbers):
        return column.typed()
    return None


def _guarded(column: Column, guard: Guard | None) -> Column | None:
    """With what the UDF returns for nulls; None where no expression is known that does."""
    if guard is None or (code(guard.value) == "None" and guard.names <= set(column.reads)):
        return column if guard is None or column.keeps_nulls else None
    value = literal(guard.value)
    if value is None or not guard.names <= set(column.reads):
        return None
    alike = value.kind is column.kind or (value.kind is Kind.INT and column.kind in (Kind.FLOAT, Kind.NUMBER))
    if not alike or not (column.keeps_nulls or (column.is_conjunction and value.value is False)):
        return None
    return replace(column, text=f"{column.operand}.fill_null({value.text})", operator="")


# The place of the call


def _in_place(column: Column, location: NodeRef) -> str:
    """The text as it stands in the place of the call."""
    parent = location.cell.parents.get(location.node)
    alone = cst.Arg | cst.Assign | cst.AnnAssign | cst.Return | cst.DictElement | cst.Element
    return column.text if isinstance(parent, alone) else column.operand


def _has_own_name(location: NodeRef) -> bool:
    """Whether what stands there names the column itself: `with_column`, a predicate, `alias`."""
    for node in enclosing(location):
        if isinstance(node, cst.Call) and node.func is not location.node:
            return last_name(node.func) in ("with_column", "with_columns", "where", "filter", "alias")
        if isinstance(node, cst.BaseSmallStatement):
            return False
    return False


def _has_comment(location: NodeRef) -> bool:
    return is_mentioned(location.cell, (b"#",)) and any(isinstance(n, cst.Comment) for n in nodes_in(location.node))
