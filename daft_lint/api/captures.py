"""What a UDF captures: the objects out of its body that it reads, and that Daft pickles along with it.

The function or class under a decorator of Daft's, a lambda, and a function within a function are pickled whole, with
the globals and closure variables that they read, a bound method with its object, and a `daft.cls` class with the
arguments of its `__init__`. A plain function of a module is pickled by its name alone, unless the module is the script
that runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daft_lint.api import cst
from daft_lint.api.captured_kinds import Captured as Captured
from daft_lint.api.captured_kinds import held_by, kind_of, kind_of_name
from daft_lint.api.nodes import short_code
from daft_lint.api.scopes import ModuleScopes
from daft_lint.api.udf_code import Binding, binding_of, called_function, function_of, names_read, own_nodes
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Construction, NodeRef, Udf, UdfKind

_MAX_HELPERS = 2
"""Helpers inside helpers that are looked through."""
_SINKS = frozenset({"show", "collect", "count_rows", "to_pandas", "to_pydict", "to_pylist", "to_arrow", "iter_rows"})


@dataclass(frozen=True, slots=True)
class Capture:
    """An object that a UDF captures: `name` is read at `use`, and `made` is the expression that made it. `is_held`: it
    is an attribute of the object of that name; `is_argument`: the UDF's `__init__` is given it."""

    name: str
    kind: Captured
    use: NodeRef
    made: NodeRef
    is_held: bool = False
    is_argument: bool = False

    def observed(self, udf: Udf) -> str:
        """The sentence of a finding that says what is captured."""
        kind, made = self.kind.value, f" (`{short_code(self.made.node)}`)"
        if self.is_argument:
            shown = "" if self.made.node is self.use.node else made
            return f"`{udf.name.partition('.')[0]}` is given `{self.name}`, {kind}{shown}, when it is made"
        if self.is_held:
            return f"`{udf.name}` takes `{self.name}` along, an object that holds {kind}{made}"
        return f"`{udf.name}` reads `{self.name}`, {kind} that is made outside of it{made}"

    @property
    def related(self) -> tuple[tuple[NodeRef, str], ...]:
        """Where it is made, if that is somewhere else."""
        if self.made.node is self.use.node:
            return ()
        return ((self.made, f"{self.kind.value} is made here" if self.is_held else f"`{self.name}` is made here"),)


def captures_of(udf: Udf, constructions: Sequence[Construction] = ()) -> Iterator[Capture]:
    """The captured objects that are large, or that no pickle takes, each name once; `constructions` are those of the
    script, which give `daft.cls` classes their arguments."""
    function = function_of(udf)
    if function is None:
        return
    if _is_pickled_whole(udf, function):
        pickled = _pickled(udf, function)
        yield from _captured_by(NodeRef(function.cell, pickled), frozenset({pickled}), set(), 0)
    if not udf.is_class:
        yield from _captured_as_object(function)
    for construction in constructions:
        if udf.definition is not None and construction.definition == udf.definition:
            yield from _captured_by_arguments(construction.call)
    if udf.kind is UdfKind.LEGACY and udf.definition is not None and isinstance(udf.definition.node, cst.ClassDef):
        for call in _given_to_init(udf.definition, udf.definition.node.name.value):
            yield from _captured_by_arguments(call)


def _captured_by(code: NodeRef, pickled: frozenset[cst.CSTNode], seen: set[str], depth: int) -> Iterator[Capture]:
    """What a function or class captures, and the helpers that are pickled with it: `pickled` are all of these."""
    body = code.node.body if isinstance(code.node, cst.FunctionDef | cst.ClassDef | cst.Lambda) else code.node
    for name in names_read(body):
        if name.value not in seen:
            seen.add(name.value)
            found = _captured(name, NodeRef(code.cell, name), pickled)
            if found is not None:
                yield found
    if depth == _MAX_HELPERS or isinstance(code.node, cst.ClassDef):
        return
    for node in own_nodes(code.node):
        helper = called_function(node, NodeRef(code.cell, node)) if isinstance(node, cst.Call) else None
        if helper is not None and helper.node is not code.node and _is_pickled_with_callers(helper):
            yield from _captured_by(helper, pickled | {helper.node}, seen, depth + 1)


def _is_pickled_with_callers(helper: NodeRef) -> bool:
    """Whether a function is pickled with one that reads it: within a function, or in a script."""
    if not isinstance(helper.node, cst.FunctionDef) or helper.node.decorators:
        return False
    scope = ModuleScopes.of(helper.cell).scope_of(helper.node)
    return isinstance(scope, cst.FunctionDef) or (isinstance(scope, cst.Module) and _is_script(helper))


def _is_script(location: NodeRef) -> bool:
    """Whether a module is run, not imported: it has a `__main__` part, or runs a DataFrame or a function of its own
    where it begins."""
    return location.cell.once(_is_script, lambda: any(_runs(node) for node in own_nodes(location.cell.module)))


def _runs(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.If):
        return any(isinstance(n, cst.Name) and n.value == "__name__" for n in own_nodes(node.test))
    if not isinstance(node, cst.Call):
        return False
    if isinstance(node.func, cst.Attribute):
        return node.func.attr.value in _SINKS or node.func.attr.value.startswith("write_")
    return isinstance(node.func, cst.Name) and node.func.value == "main"


def _captured_as_object(function: NodeRef) -> Iterator[Capture]:
    """What the object of a bound method holds, which is pickled with it."""
    owner = _class_around(function)
    node = function.node
    if owner is None or not isinstance(node, cst.FunctionDef) or node.decorators or not node.params.params:
        return
    held = held_by(owner)
    if held is None:
        return
    first = node.params.params[0].name.value
    reads = (name for name in names_read(node.body) if name.value == first)
    yield Capture(first, held[0], NodeRef(function.cell, next(reads, node.name)), held[1], is_held=True)


def _class_around(function: NodeRef) -> NodeRef | None:
    above = ModuleScopes.of(function.cell).scope_of(function.node)
    return NodeRef(function.cell, above) if isinstance(above, cst.ClassDef) else None


def _given_to_init(definition: NodeRef, name: str) -> Iterator[NodeRef]:
    """The calls of `Model.with_init_args(...)` in the file of a legacy class."""
    cell = definition.cell
    for use in ModuleScopes.of(cell).names.get(name, ()):
        method = cell.parents.get(use)
        call = None if method is None else cell.parents.get(method)
        if isinstance(method, cst.Attribute) and method.attr.value == "with_init_args" and isinstance(call, cst.Call):
            yield NodeRef(cell, call)


def _captured_by_arguments(construction: NodeRef) -> Iterator[Capture]:
    """What a class is given for its `__init__`."""
    call = construction.node
    for argument in call.args if isinstance(call, cst.Call) else ():
        value = argument.value
        location = NodeRef(construction.cell, value)
        if isinstance(value, cst.Name):
            binding = binding_of(value.value, location)
            found = kind_of_name(value.value, binding) if binding is not None else None
        else:
            kind = kind_of(value, location)
            found = None if kind is None else (kind, location)
        if found is not None:
            yield Capture(short_code(value), found[0], location, found[1], is_argument=True)


def _pickled(udf: Udf, function: NodeRef) -> cst.CSTNode:
    """The whole class of a method, else the function."""
    is_class = udf.definition is not None and isinstance(udf.definition.node, cst.ClassDef)
    return udf.definition.node if udf.definition is not None and is_class else function.node


def _is_pickled_whole(udf: Udf, function: NodeRef) -> bool:
    outer = udf.definition.node if udf.definition is not None else function.node
    if isinstance(outer, cst.Lambda) or _is_script(function):
        return True
    decorators = outer.decorators if isinstance(outer, cst.FunctionDef | cst.ClassDef) else ()
    scope = ModuleScopes.of(function.cell).scope_of(outer)
    return bool(decorators) or isinstance(scope, cst.FunctionDef)


def _captured(name: cst.Name, use: NodeRef, pickled: frozenset[cst.CSTNode]) -> Capture | None:
    binding = binding_of(name.value, use)
    if binding is None or (not binding.is_global and _is_within(binding.location.node, pickled, use)):
        return None
    owner = _object_of(binding)
    if owner is not None:
        held = held_by(owner)
        return None if held is None else Capture(name.value, held[0], use, held[1], is_held=True)
    found = kind_of_name(name.value, binding)
    if found is None:
        return None
    return Capture(name.value, found[0], use, found[1], is_held=_is_object(found[1]))


def _object_of(binding: Binding) -> NodeRef | None:
    """The class of `self`, as a function within a method sees it."""
    binder = binding.binders[0] if len(binding.binders) == 1 else None
    method = binding.location.node
    if not isinstance(binder, cst.Param) or not isinstance(method, cst.FunctionDef) or method.decorators:
        return None
    is_first = list(method.params.params)[:1] == [binder]
    return _class_around(NodeRef(binding.location.cell, method)) if is_first else None


def _is_object(made: NodeRef) -> bool:
    """Whether an expression makes an object of a class of the file."""
    call = made.node
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Name):
        return False
    binding = binding_of(call.func.value, made)
    return binding is not None and isinstance(binding.binders[0], cst.ClassDef)


def _is_within(scope: cst.CSTNode, pickled: frozenset[cst.CSTNode], use: NodeRef) -> bool:
    """Whether a scope is a pickled function or class itself, a class, or stands in what is pickled."""
    parents = use.cell.parents
    node: cst.CSTNode | None = scope
    while node is not None:
        if node in pickled:
            return True
        node = parents.get(node)
    return isinstance(scope, cst.ClassDef)
