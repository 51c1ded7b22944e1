"""A namespace of an expression that is bound to a name, and all that is called on it: `s = col("a").str; s.upper()`."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.imports import NoEquivalent
from daft_lint.api.scopes import ModuleScopes
from daft_lint.pipeline.model import NodeRef
from daft_lint.source import cst


def namespace_and_calls(receiver: NodeRef, namespace: str) -> tuple[NodeRef, tuple[cst.Call, ...]]:
    """What is bound to the name `receiver`, such as `col("a").str`, and every call on that name.

    Raises `NoEquivalent` where the name is bound more than once, or used in another way than to call a method.
    """
    name, cell = receiver.node, receiver.cell
    assert isinstance(name, cst.Name)
    scopes = ModuleScopes.of(cell)
    home, binders = scopes.resolve(name.value, name)
    bound = scopes.parents.get(binders[0]) if len(binders) == 1 else None
    is_single = (
        isinstance(bound, cst.Assign) and len(bound.targets) == 1 and isinstance(bound.targets[0].target, cst.Name)
    )
    is_kept = name.value not in scopes.rebound and not (home is scopes.module and len(cell.document.cells) > 1)
    if not is_single or not is_kept:
        raise NoEquivalent(f"`{name.value}` is not bound in one place")
    assert isinstance(bound, cst.Assign)
    if not isinstance(bound.value, cst.Attribute) or bound.value.attr.value != namespace:
        raise NoEquivalent(f"`{name.value}` is no `.{namespace}` where it is bound")
    return NodeRef(cell, bound.value), tuple(_calls_on(name.value, home, bound, scopes))


def _calls_on(name: str, home: cst.CSTNode, bound: cst.Assign, scopes: ModuleScopes) -> Iterator[cst.Call]:
    for read in scopes.names[name]:
        parent = scopes.parents[read]
        is_other = (
            parent is bound.targets[0]
            or (isinstance(parent, cst.Attribute) and parent.attr is read)
            or (isinstance(parent, cst.Arg) and parent.keyword is read)
            or scopes.resolve(name, read)[0] is not home
        )
        if is_other:
            continue
        call = scopes.parents.get(parent)
        if not isinstance(parent, cst.Attribute) or not isinstance(call, cst.Call) or call.func is not parent:
            raise NoEquivalent(f"`{name}` is used for more than to call its methods")
        yield call
