"""The body of a UDF as one expression on one value: what it returns, what it does for nulls, and its own names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from daft_lint.api import cst
from daft_lint.dataclass import dataclass
from daft_lint.source.syntax import dotted


@dataclass(frozen=True, slots=True)
class Guard:
    """What a body returns where one of `names` is None."""

    names: frozenset[str]
    value: cst.BaseExpression


Local = tuple[str, "cst.BaseExpression"]
"""A name and what it is given."""


@dataclass(frozen=True, slots=True)
class Body:
    """`value` is what it returns, `guard` what it returns for nulls. `parameters` are the names that hold a value of a
    column or an argument, in order, with their annotations; `local` what the body gives a name before it returns.
    `element` is the parameter of a batch whose elements it goes through, "" where it gets one value at a time."""

    value: cst.BaseExpression
    parameters: Mapping[str, cst.Annotation | None]
    local: tuple[Local, ...] = ()
    guard: Guard | None = None
    element: str = ""


def body_of(function: cst.CSTNode, batch: bool) -> Body | None:
    """The body of a function or lambda; None for one that does more than return an expression of its parameters.

    `batch`: it gets whole columns, and returns a list with an element for each row.
    """
    if not isinstance(function, cst.FunctionDef | cst.Lambda):
        return None
    parameters = _parameters(function.params)
    body = None if parameters is None else _statements(function, parameters)
    if body is None:
        return None
    return _elementwise(body) if batch else _guarded(body)


def _parameters(given: cst.Parameters) -> dict[str, cst.Annotation | None] | None:
    """None where one has a default, or is none of a plain function."""
    listed = (*given.posonly_params, *given.params, *given.kwonly_params)
    if isinstance(given.star_arg, cst.Param) or given.star_kwarg is not None:
        return None
    if any(p.default is not None for p in listed):
        return None
    return {p.name.value: p.annotation for p in listed}


def _statements(function: cst.FunctionDef | cst.Lambda, parameters: Mapping[str, cst.Annotation | None]) -> Body | None:
    """What is returned, the names on the way, and the guard before them."""
    if isinstance(function, cst.Lambda):
        return Body(function.body, parameters)
    statements = list(function.body.body)
    if statements and _is_docstring(statements[0]):
        statements.pop(0)
    guard = None
    first = statements[0] if statements else None
    if isinstance(first, cst.If):
        del statements[0]
        guard = _guard_of(first.test, _only_return(first.body))
        if guard is None:
            return None
        if first.orelse is not None:
            if statements or not isinstance(first.orelse, cst.Else):
                return None
            statements = list(first.orelse.body.body)
    local = [_assignment(statement) for statement in statements[:-1]]
    value = _returned(statements[-1]) if statements else None
    named = tuple(found for found in local if found is not None)
    return None if value is None or len(named) < len(local) else Body(value, parameters, named, guard)


def _is_docstring(statement: cst.CSTNode) -> bool:
    small = _small(statement)
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)


def _small(statement: cst.CSTNode) -> cst.CSTNode | None:
    """The one small statement of a line; in a suite on the line of its `if`, the statement itself."""
    if isinstance(statement, cst.SimpleStatementLine):
        return statement.body[0] if len(statement.body) == 1 else None
    return statement


def _returned(statement: cst.CSTNode) -> cst.BaseExpression | None:
    small = _small(statement)
    return small.value if isinstance(small, cst.Return) else None


def _only_return(block: cst.BaseSuite) -> cst.BaseExpression | None:
    return _returned(block.body[0]) if len(block.body) == 1 else None


def _assignment(statement: cst.CSTNode) -> Local | None:
    small = _small(statement)
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return None
    target = small.targets[0].target
    return (target.value, small.value) if isinstance(target, cst.Name) else None


# Guards against None


def _guard_of(test: cst.BaseExpression, value: cst.BaseExpression | None) -> Guard | None:
    names = _none_names(test)
    return None if names is None or value is None else Guard(names, value)


def _none_names(test: cst.BaseExpression) -> frozenset[str] | None:
    """The names of `a is None or b is None`; None for any other test."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or):
        left, right = _none_names(test.left), _none_names(test.right)
        return None if left is None or right is None else left | right
    return _compared_with_none(test, cst.Is)


def _compared_with_none(test: cst.BaseExpression, operator: type[cst.BaseCompOp]) -> frozenset[str] | None:
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or not isinstance(test.left, cst.Name):
        return None
    target = test.comparisons[0]
    is_none = isinstance(target.comparator, cst.Name) and target.comparator.value == "None"
    return frozenset({test.left.value}) if is_none and isinstance(target.operator, operator) else None


def _guarded(body: Body) -> Body | None:
    """With the guard that the returned expression has: `None if a is None else ...`."""
    value = body.value
    if isinstance(value, cst.BooleanOperation) and isinstance(value.operator, cst.And):
        return _guarded_by_and(body, value)
    if not isinstance(value, cst.IfExp):
        return body
    guard = _guard_of(value.test, value.body)
    rest = value.orelse
    if guard is None:
        names = _compared_with_none(value.test, cst.IsNot)
        guard = None if names is None else Guard(names, value.orelse)
        rest = value.body
    if guard is None or body.guard is not None or body.local:
        return None
    return replace(body, value=rest, guard=guard)


def _guarded_by_and(body: Body, value: cst.BooleanOperation) -> Body:
    """`a is not None and ...` is False for nulls."""
    parts = list(_conjunction(value))
    tested = [_compared_with_none(part, cst.IsNot) for part in parts]
    count = next((index for index, names in enumerate(tested) if names is None), len(parts))
    if count in (0, len(parts)) or body.guard is not None or body.local:
        return body
    names = frozenset(name for found in tested[:count] if found is not None for name in found)
    rest = parts[count]
    for part in parts[count + 1 :]:
        rest = cst.BooleanOperation(rest, cst.And(), part)
    return replace(body, value=rest, guard=Guard(names, cst.Name("False")))


def _conjunction(value: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The parts of `a and b and c`, in order."""
    if isinstance(value, cst.BooleanOperation) and isinstance(value.operator, cst.And):
        yield from _conjunction(value.left)
        yield from _conjunction(value.right)
    else:
        yield value


# Batches


def _elementwise(body: Body) -> Body | None:
    """`[... for v in column.to_pylist()]` as what it does with an element: `v` takes the place of the column."""
    local = dict(body.local)
    value = _taken(body.value, local)
    if isinstance(value, cst.Call) and dotted(value.func).endswith("Series.from_pylist") and len(value.args) == 1:
        value = _taken(value.args[0].value, local)
    if not isinstance(value, cst.ListComp) or body.guard is not None:
        return None
    loop = value.for_in
    if loop.ifs or loop.inner_for_in is not None or loop.asynchronous is not None:
        return None
    column, element = _column(_taken(loop.iter, local)), loop.target
    if local or column not in body.parameters or not isinstance(element, cst.Name) or element.value in body.parameters:
        return None
    parameters = {element.value if n == column else n: None if n == column else a for n, a in body.parameters.items()}
    return _guarded(Body(value.elt, parameters, element=element.value))


def _taken(value: cst.BaseExpression, local: dict[str, cst.BaseExpression]) -> cst.BaseExpression:
    """What a local name was given, which is then accounted for."""
    return local.pop(value.value, value) if isinstance(value, cst.Name) else value


def _column(iterated: cst.BaseExpression) -> str:
    """The name of the column in `column` and `column.to_pylist()`."""
    if isinstance(iterated, cst.Call) and isinstance(iterated.func, cst.Attribute) and not iterated.args:
        iterated = iterated.func.value if iterated.func.attr.value == "to_pylist" else iterated
    return iterated.value if isinstance(iterated, cst.Name) else ""
