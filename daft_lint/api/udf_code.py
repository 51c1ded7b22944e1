"""The calls of UDFs, and their code: the function that a UDF runs, what stands in it, and what its names mean."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import enclosing, is_in_test_file, modules_of
from daft_lint.api.scopes import ModuleScopes, nodes_in
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Expression, ExpressionKind, NodeRef, Script, Udf, UdfKind
from daft_lint.pipeline.udf_body.waiting import BLOCKING as BLOCKING
from daft_lint.source.syntax import constant as constant
from daft_lint.source.syntax import dotted as dotted
from daft_lint.source.tree import children


def udf_calls_of(script: Script) -> Iterator[tuple[Expression, Udf]]:
    """The calls of UDFs in a script's pipelines, and each `apply` outside of them, once each."""
    seen: set[NodeRef] = set()
    for pipeline in script.pipelines:
        for operator in pipeline.operators:
            for call in operator.step.udf_calls():
                if call.udf is not None and call.location is not None and call.location not in seen:
                    seen.add(call.location)
                    yield call, call.udf
    for udf in script.udfs:
        location = udf.options
        if udf.kind is not UdfKind.APPLY or location is None or location in seen:
            continue
        if not is_in_test_file(location):
            owner = Expression(ExpressionKind.FUNCTION)
            yield Expression(ExpressionKind.UDF, location, udf.name, (owner,), (None,), udf=udf), udf


def function_of(udf: Udf) -> NodeRef | None:
    """The function, method or lambda that a UDF runs; None where it is not in view."""
    if udf.definition is None:
        return None
    node = udf.definition.node
    if isinstance(node, cst.FunctionDef | cst.Lambda):
        return udf.definition
    if not isinstance(node, cst.ClassDef):
        return None
    method = udf.name.partition(".")[2] or "__call__"
    found = (s for s in node.body.body if isinstance(s, cst.FunctionDef) and s.name.value == method)
    return next((NodeRef(udf.definition.cell, s) for s in found), None)


_DEFINITIONS = frozenset({"FunctionDef", "Lambda", "ClassDef"})


def own_nodes(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What stands in a function's body and runs when it is called: nothing of the functions, lambdas and classes that
    are defined in it."""
    pending: list[cst.CSTNode] = [root.body] if isinstance(root, cst.FunctionDef | cst.Lambda) else [root]
    while pending:
        node = pending.pop()
        if type(node).__name__ in _DEFINITIONS:
            continue
        yield node
        pending.extend(reversed(children(node)))


def hands_on_each(function: NodeRef) -> bool:
    """Whether a function does nothing with the lists that its comprehensions make but return them: what it makes of one
    element is gone before it takes the next."""
    parents = function.cell.parents
    for node in own_nodes(function.node):
        if isinstance(node, cst.For):
            return False
        if isinstance(node, cst.ListComp | cst.GeneratorExp | cst.DictComp | cst.SetComp):
            around = parents.get(node)
            while isinstance(around, cst.Arg | cst.Call):
                around = parents.get(around)
            if not isinstance(around, cst.Return):
                return False
    return True


def called_function(call: cst.Call, location: NodeRef) -> NodeRef | None:
    """The function of the file, or the method of the class around, that a call calls; None where it is not the only one
    of its name."""
    name = dotted(call.func)
    if name.startswith("self."):
        owner = next(enclosing(location, cst.ClassDef), None)
        body = owner.body.body if isinstance(owner, cst.ClassDef) else ()
        found = (s for s in body if isinstance(s, cst.FunctionDef) and s.name.value == name.removeprefix("self."))
        return next((NodeRef(location.cell, s) for s in found), None)
    binding = binding_of(name, location) if isinstance(call.func, cst.Name) else None
    if binding is None or len(binding.binders) != 1 or not isinstance(binding.binders[0], cst.FunctionDef):
        return None
    return NodeRef(binding.location.cell, binding.binders[0])


def decorator_keywords(function: cst.CSTNode) -> frozenset[str] | None:
    """The keywords of all decorators; None where one of them takes `**options`."""
    if not isinstance(function, cst.FunctionDef):
        return frozenset()
    arguments = [a for d in function.decorators if isinstance(d.decorator, cst.Call) for a in d.decorator.args]
    if any(a.star for a in arguments):
        return None
    return frozenset(a.keyword.value for a in arguments if a.keyword is not None)


def given_options(udf: Udf) -> frozenset[str] | None:
    """The keywords of the decorator or call that carries a UDF's options; None where it takes `**options`."""
    node = udf.options.node if udf.options is not None else None
    call = node.decorator if isinstance(node, cst.Decorator) else node
    if not isinstance(call, cst.Call):
        return frozenset()
    if any(a.star for a in call.args):
        return None
    return frozenset(a.keyword.value for a in call.args if a.keyword is not None)


@dataclass(frozen=True, slots=True)
class Binding:
    """What binds a name: the scope that it is a variable of, and its binders there, all in `location`'s cell."""

    location: NodeRef
    binders: tuple[cst.CSTNode, ...]

    @property
    def is_global(self) -> bool:
        return isinstance(self.location.node, cst.Module)


def binding_of(name: str, location: NodeRef) -> Binding | None:
    """What binds a name as seen from a place; of a notebook's globals also in another cell. None for a builtin, or
    where nothing in view binds it."""
    scopes = ModuleScopes.of(location.cell)
    scope, binders = scopes.resolve(name, location.node)
    if binders:
        return Binding(NodeRef(location.cell, scope), tuple(binders))
    for module in modules_of(location):
        if module.cell is not location.cell and isinstance(module.node, cst.Module):
            elsewhere = ModuleScopes.of(module.cell).binders_in(name, module.node)
            if elsewhere:
                return Binding(module, tuple(elsewhere))
    return None


def assigned_values(binding: Binding) -> tuple[NodeRef, ...]:
    """The expressions of the plain assignments that bind a name; none where something else binds it, too."""
    cell, found = binding.location.cell, []
    for binder in binding.binders:
        statement = cell.parents.get(binder) if isinstance(binder, cst.AssignTarget) else binder
        if not isinstance(statement, cst.Assign | cst.AnnAssign) or statement.value is None:
            return ()
        target = binder.target if isinstance(binder, cst.AssignTarget | cst.AnnAssign) else None
        if not isinstance(target, cst.Name):
            return ()
        found.append(NodeRef(cell, statement.value))
    return tuple(found)


def attribute_values(name: str, owner: NodeRef) -> Iterator[NodeRef]:
    """What the statements of a class assign to an attribute of its object, `self.client`."""
    for node in nodes_in(owner.node):
        if isinstance(node, cst.Assign) and any(dotted(target.target) == name for target in node.targets):
            yield NodeRef(owner.cell, node.value)


def values_of(name: str, location: NodeRef) -> Iterator[NodeRef]:
    """What is assigned to a variable, or to an attribute of `self` in the class around, or is a `with` block's."""
    if name.startswith("self."):
        owner = next(enclosing(location, cst.ClassDef), None)
        if owner is not None:
            yield from attribute_values(name, NodeRef(location.cell, owner))
        return
    binding = binding_of(name, location) if name and "." not in name else None
    if binding is not None:
        yield from assigned_values(binding)
        for binder in binding.binders:
            item = binding.location.cell.parents.get(binder) if isinstance(binder, cst.AsName) else binder
            if isinstance(item, cst.WithItem):
                yield NodeRef(binding.location.cell, item.item)


def qualified_name(node: cst.BaseExpression, location: NodeRef) -> str:
    """A dotted name by the imports in view, `requests.get` for `get` of `from requests import get`; "" where its root
    is no import."""
    spelled = dotted(node)
    if not spelled:
        return ""
    root, dot, rest = spelled.partition(".")
    binding = binding_of(root, location)
    if binding is None:
        return ""
    for binder in binding.binders:
        if isinstance(binder, cst.ImportAlias):
            return _imported(binder, binding) + dot + rest
    return ""


def _imported(alias: cst.ImportAlias, binding: Binding) -> str:
    """The qualified name that an import binds."""
    statement = binding.location.cell.parents.get(alias)
    name = dotted(alias.name)
    if isinstance(statement, cst.ImportFrom):
        module = dotted(statement.module) if statement.module is not None else ""
        return f"{'.' * len(statement.relative)}{module}.{name}"
    return name if alias.asname is not None else name.partition(".")[0]


def names_read(root: cst.CSTNode) -> Iterator[cst.Name]:
    """The names that an expression or a body reads, without attributes and keywords, nested functions included."""
    if isinstance(root, cst.Name):
        yield root
    for node in nodes_in(root):
        kind = type(node).__name__
        other = getattr(node, "attr" if kind == "Attribute" else "keyword", None) if kind in _NAMING else None
        for child in children(node):
            if type(child) is cst.Name and child is not other:
                yield child


_NAMING = frozenset({"Attribute", "Arg"})
"""What holds a name that is none of a variable."""
