"""What each kind of statement does to the names of a body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from daft_lint.pipeline.udf_body import libraries
from daft_lint.pipeline.udf_body.model_loads import is_guard
from daft_lint.pipeline.udf_body.tracking import Callee, TrackedValue
from daft_lint.pipeline.udf_body.walk import BodyWalk
from daft_lint.source import cst
from daft_lint.source.syntax import dotted


def _expr(walk: BodyWalk, node: cst.Expr) -> None:
    walk.evaluate(node.value)


def _keeps(walk: BodyWalk, target: cst.BaseExpression) -> bool:
    """Whether what is assigned there is still there when the body runs again."""
    if walk.fresh_self and dotted(target).startswith("self."):
        return False
    return isinstance(target, (cst.Attribute, cst.Subscript))


def _assign(walk: BodyWalk, node: cst.Assign) -> None:
    kept = any(_keeps(walk, target.target) for target in node.targets)
    with walk.frame.guarded(kept):
        value = walk.evaluate(node.value)
    is_spelled = isinstance(node.value, cst.List | cst.Tuple | cst.FormattedString)
    for target in node.targets:
        walk.bind(target.target, value)
        if is_spelled and isinstance(target.target, cst.Name):
            walk.frame.spelled[target.target.value] = node.value


def _ann_assign(walk: BodyWalk, node: cst.AnnAssign) -> None:
    if node.value is not None:
        with walk.frame.guarded(_keeps(walk, node.target)):
            value = walk.evaluate(node.value)
        walk.bind(node.target, value)


def _aug_assign(walk: BodyWalk, node: cst.AugAssign) -> None:
    value = walk.evaluate(node.value)
    if isinstance(node.target, cst.Name):
        walk.add_to(node.target.value, value)


def _return(walk: BodyWalk, node: cst.Return) -> None:
    if node.value is not None and not (isinstance(node.value, cst.Name) and node.value.value == "None"):
        walk.frame.returned.append(walk.evaluate(node.value))


def _import(walk: BodyWalk, node: cst.Import) -> None:
    for alias in node.names:
        name = dotted(alias.name)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            walk.frame.imports[alias.asname.name.value] = name
        else:
            root = name.partition(".")[0]
            walk.frame.imports[root] = root


def _import_from(walk: BodyWalk, node: cst.ImportFrom) -> None:
    module = dotted(node.module) if node.module is not None else ""
    if not module or node.relative or isinstance(node.names, cst.ImportStar):
        return
    for alias in node.names:
        name = dotted(alias.name)
        local = alias.asname.name if alias.asname is not None else alias.name
        if isinstance(local, cst.Name):
            walk.frame.imports[local.value] = f"{module}.{name}"


def _global(walk: BodyWalk, node: cst.Global | cst.Nonlocal) -> None:
    # whatever is loaded here is kept outside the call
    walk.frame.cached = True


def _if(walk: BodyWalk, node: cst.If) -> None:
    ends = []
    current: cst.If | cst.Else | None = node
    while isinstance(current, cst.If):
        walk.evaluate(current.test)
        before = walk.frame.names
        with walk.frame.guarded(is_guard(current.test, walk.declared_heavy)):
            ends.append(walk.branch(current.body, before))
        walk.frame.names = before
        current = current.orelse
    ends.append(walk.branch(current.body if current is not None else None, walk.frame.names))
    walk.join(*ends)


def _for(walk: BodyWalk, node: cst.For) -> None:
    value = walk.evaluate(node.iter)
    before = dict(walk.frame.names)
    walk.bind(node.target, value)
    after = walk.branch(node.body, walk.frame.names)
    walk.join(before, after)
    if node.orelse is not None:
        walk.block(node.orelse.body)


def _while(walk: BodyWalk, node: cst.While) -> None:
    walk.evaluate(node.test)
    before = dict(walk.frame.names)
    walk.join(before, walk.branch(node.body, before))
    if node.orelse is not None:
        walk.block(node.orelse.body)


def _with(walk: BodyWalk, node: cst.With) -> None:
    for item in node.items:
        value = walk.evaluate(item.item)
        if item.asname is not None:
            walk.bind(item.asname.name, value)
    walk.block(node.body)


def _try(walk: BodyWalk, node: cst.Try | cst.TryStar) -> None:
    before = dict(walk.frame.names)
    ends = [walk.branch(node.body, before)]
    if node.orelse is not None:
        walk.block(node.orelse.body)
        ends = [walk.frame.names]
    for handler in node.handlers:
        caught = dotted(handler.type) if handler.type is not None else ""
        with walk.frame.guarded(caught in libraries.CACHE_MISS_ERRORS):
            ends.append(walk.branch(handler.body, before))
    walk.join(*ends)
    if node.finalbody is not None:
        walk.block(node.finalbody.body)


def _function_def(walk: BodyWalk, node: cst.FunctionDef) -> None:
    walk.frame.names[node.name.value] = TrackedValue(function=Callee(node, walk.frame.resolver, walk.frame.names))


def _match(walk: BodyWalk, node: cst.Match) -> None:
    walk.evaluate(node.subject)
    before = walk.frame.names
    walk.join(before, *[walk.branch(case.body, before) for case in node.cases])


STATEMENTS: Mapping[type[cst.CSTNode], Callable[[BodyWalk, Any], None]] = {
    cst.Expr: _expr,
    cst.Assign: _assign,
    cst.AnnAssign: _ann_assign,
    cst.AugAssign: _aug_assign,
    cst.Return: _return,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.Global: _global,
    cst.Nonlocal: _global,
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.FunctionDef: _function_def,
    cst.Match: _match,
}
