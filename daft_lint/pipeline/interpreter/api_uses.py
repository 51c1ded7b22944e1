"""Uses of names that the history of Daft's API speaks of: calls on receivers known to be Daft's, and imports."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence, Set

import libcst as cst

from daft_lint.pipeline.catalog.history.changes import Change, ChangeKind, by_name, changes
from daft_lint.pipeline.catalog.history.lookup import name_in_history, namespaces
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.steps import daft_spelling
from daft_lint.pipeline.interpreter.values import (
    DaftName,
    DaftObject,
    DataFrame,
    ExpressionNamespace,
    GroupedDataFrame,
    Literal,
    MethodReference,
    OpenParameter,
    alternatives,
)
from daft_lint.pipeline.model import ApiUse, Expression

_NOTED_ELSEWHERE = "daft.udf"
"""With what it decorates."""


def note_call(
    interpreter: InterpreterProtocol, owner: object, name: str, args: Arguments, node: cst.Call, scope: Scope
) -> None:
    """`owner.name(...)`; nothing where the receiver can be something else than Daft's, also in another call of the
    function that it stands in."""
    if name not in _old_methods():
        return
    values = alternatives(owner)
    found = {_method_name(one, name) for one in values if len(values) == 1 or not _is_absent(one)}
    known = found.pop() if len(found) == 1 else None
    if found and all(isinstance(one, ExpressionNamespace) for one in values):  # one or the other: each is gone
        known = min((one for one in found if one is not None), default=known)
    of_expressions = [one for one in values if isinstance(one, ExpressionNamespace)]
    spelled = any(isinstance(node.func, cst.Attribute) and one.node is node.func.value for one in of_expressions)
    if known is not None:
        interpreter.recorder.called_namespaces.update(one.node for one in of_expressions)
    _note_on(interpreter, known, args, node, scope, spells_namespace=spelled)


def _note_on(
    interpreter: InterpreterProtocol,
    known: str | None,
    args: Arguments,
    node: cst.Call,
    scope: Scope,
    *,
    spells_namespace: bool = False,
) -> None:
    """What is known of a receiver in one call of the function that it stands in."""
    if interpreter.recorder.receivers.setdefault(node, known) != known:
        interpreter.recorder.receivers[node] = None
    entry = ""
    if interpreter.active_calls and _is_called_on_name(node):
        interpreter.recorder.within[node] = interpreter.active_calls[-1].node
        entry = method_entry(interpreter.active_calls[-1].name, node)
    if known is None and entry and scope.path != interpreter.path:
        interpreter.recorder.called_elsewhere.add(entry)
    _note(interpreter, known, args, node, scope, spells_namespace=spells_namespace, entry=entry)


def method_entry(function: str, node: cst.Call) -> str:
    """What `ApiUse.entry` is of a call in a function; "" where it is not of a method in a namespace."""
    called = node.func
    if not isinstance(called, cst.Attribute) or not isinstance(called.value, cst.Attribute):
        return ""
    namespace = called.value.attr.value
    return f"{function}|{namespace}.{called.attr.value}" if namespace in namespaces() else ""


def _is_called_on_name(node: cst.Call) -> bool:
    """Whether it is called on a name, or on what is called on one: a parameter, it may be."""
    receiver: cst.BaseExpression = node
    while isinstance(receiver, (cst.Call, cst.Attribute, cst.Subscript)):
        if isinstance(receiver, cst.Call) and not isinstance(receiver.func, cst.Attribute):
            return False
        receiver = receiver.func if isinstance(receiver, cst.Call) else receiver.value
    return isinstance(receiver, cst.Name)


@functools.cache
def _old_methods() -> frozenset[str]:
    """The last names of the history, without those of UDFs, which are noted with what they decorate."""
    return frozenset(name.rpartition(".")[2] for name in by_name() if not name.startswith("UDF."))


def note_function_call(
    interpreter: InterpreterProtocol, callee: object, args: Arguments, node: cst.Call, scope: Scope
) -> None:
    """A call of a name that an import binds, `coalesce(...)`, or a method: `upper = col("a").str.upper`."""
    if isinstance(callee, DaftName):
        _note(interpreter, name_in_history(callee.path), args, node, scope)
    elif isinstance(callee, MethodReference) and callee.name in _old_methods():
        known = _method_name(callee.owner, callee.name)
        if known is not None and isinstance(callee.owner, ExpressionNamespace):
            interpreter.recorder.called_namespaces.add(callee.owner.node)
        _note_on(interpreter, known, args, node, scope)


def note_namespace(interpreter: InterpreterProtocol, owner: object, node: cst.Attribute, scope: Scope) -> None:
    """`owner.str`, whatever becomes of it."""
    name = f"Expression.{node.attr.value}" if isinstance(owner, Expression) else None
    if interpreter.recorder.receivers.setdefault(node, name) != name:
        interpreter.recorder.receivers[node] = None
    if interpreter.active_calls and isinstance(node.value, cst.Name):
        interpreter.recorder.within[node] = interpreter.active_calls[-1].node
    if name is not None:
        fails = bool(interpreter.expected_failures)
        use = ApiUse(name, scope.location(node), daft_spelling(scope), expects_failure=fails)
        interpreter.recorder.api_uses.append(use)


def note_import(interpreter: InterpreterProtocol, path: str, node: cst.CSTNode, scope: Scope) -> None:
    """A name or a module of Daft's that an import statement asks for."""
    parts = path.split(".")
    for length in range(len(parts), 1, -1):
        name = name_in_history(".".join(parts[:length]))
        if name is not None and name != _NOTED_ELSEWHERE:
            expects_failure = bool(interpreter.expected_failures)
            use = ApiUse(name, scope.location(node), daft_spelling(scope), expects_failure=expects_failure)
            interpreter.recorder.api_uses.append(use)
            return


def note_class(interpreter: InterpreterProtocol, node: cst.ClassDef, defined: Set[str], scope: Scope) -> None:
    """A class that derives from one of Daft's, and does not define what a newer Daft asks it for."""
    bases = (base.value.value if isinstance(base.value, cst.Subscript) else base.value for base in node.bases)
    for base in bases:
        value = interpreter.evaluate(base, scope)
        owner = value.last if isinstance(value, DaftName) else ""
        for change in _required_of().get(_DERIVED.get(owner, owner), ()):
            if change.name.rpartition(".")[2] not in defined and defined >= set(change.parameters):
                use = ApiUse(change.name, scope.location(node), daft_spelling(scope))
                interpreter.recorder.api_uses.append(use)


_DERIVED = {"PredicateVisitor": "ExpressionVisitor"}


@functools.cache
def _required_of() -> Mapping[str, Sequence[Change]]:
    """What the subclasses of a class must define, by its name."""
    found: dict[str, list[Change]] = {}
    for change in changes():
        if change.kind is ChangeKind.REQUIRED:
            found.setdefault(change.name.partition(".")[0], []).append(change)
    return found


def _note(
    interpreter: InterpreterProtocol,
    name: str | None,
    args: Arguments,
    node: cst.Call,
    scope: Scope,
    *,
    spells_namespace: bool = False,
    entry: str = "",
) -> None:
    if name is None or name == _NOTED_ELSEWHERE:
        return
    given: Sequence[tuple[object, cst.BaseExpression]] = [*args.positional, *args.keywords.values()]
    expressions = frozenset(argument for value, argument in given if isinstance(value, Expression))
    interpreter.recorder.api_uses.append(
        ApiUse(
            name,
            scope.location(node),
            daft_spelling(scope),
            expressions=expressions,
            is_statement=_is_statement(interpreter.statement, node),
            expects_failure=bool(interpreter.expected_failures),
            spells_namespace=spells_namespace,
            entry=entry,
        )
    )


def _is_statement(statement: cst.CSTNode | None, node: cst.Call) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return any(isinstance(small, cst.Expr) and small.value is node for small in statement.body)


def _is_absent(owner: object) -> bool:
    """Whether an alternative stands for an argument that is left out: `key if key is not None else col("id")`."""
    if isinstance(owner, MethodReference):  # an attribute of such a one
        return _is_absent(owner.owner)
    return isinstance(owner, OpenParameter) or (isinstance(owner, Literal) and owner.value is None)


def _method_name(owner: object, name: str) -> str | None:
    if isinstance(owner, DaftName):
        return name_in_history(f"{owner.path}.{name}")
    if isinstance(owner, Expression):
        found = f"Expression.{name}"
    elif isinstance(owner, ExpressionNamespace):
        found = f"Expression.{owner.name}.{name}"
    elif isinstance(owner, DataFrame):
        found = f"DataFrame.{name}"
    elif isinstance(owner, GroupedDataFrame):
        found = f"GroupedDataFrame.{name}"
    elif isinstance(owner, DaftObject):
        found = f"{owner.name}.{name}"
    else:
        return None
    return found if found in by_name() else None
