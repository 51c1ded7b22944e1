"""How a script spells a number at a place: with its own constant, where that is in view there and means the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from daft_lint.api import cst
from daft_lint.api.scopes import ModuleScopes
from daft_lint.pipeline.model import Constants, Count, NodeRef
from daft_lint.source.document import Cell
from daft_lint.source.problems import ParseFailure
from daft_lint.source.syntax import decorator_names, dotted, spelling

_MAKERS = ("__init__", "__post_init__")
_Binding = tuple[Cell, "cst.CSTNode"]


def constant_for(value: int, counts: Sequence[Count], at: NodeRef, constants: Constants) -> str | None:
    """What the script calls `value` at the place `at`: the spelling of one of the `counts`, or a name of the file's top
    level for the same constant; None where none is in view or sure to mean the same.

    Where the value of none of them is known, one that is a whole number whatever happens stands for all.
    """
    known = [count for count in counts if count.value == value]
    if not any(count.value is not None for count in counts):
        known = [count for count in counts if count.one_of or _is_number(count.location)]
    for count in known:
        text = None if count.location is None else _carried(_spelling(count), count.location, at)
        if text is not None:
            return text
    for count in known:
        names = () if count.origin is None else constants.get((at.cell.document.path, count.origin), ())
        for text in names:
            if _is_at_top(text, at):
                return text
    return None


def call_for(value: int, counts: Sequence[Count], at: NodeRef) -> str | None:
    """The call of a function in view at the place `at` that gives one of the `counts` its value."""
    for count in counts:
        node = None if count.location is None else count.location.node
        if count.value == value and count.location is not None and isinstance(node, cst.Call) and not node.args:
            name = spelling(node.func)
            if name and _carried(name, count.location, at) == name:
                return f"{name}()"
    return None


def is_called(count: Count) -> bool:
    """Whether a call gives the number, such as one that reads the environment: its value here is a default."""
    return count.location is not None and _holds_call(count.location.node)


def _holds_call(node: cst.CSTNode) -> bool:
    converts = isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "int"
    return (isinstance(node, cst.Call) and not converts) or any(_holds_call(child) for child in node.children)


def means_the_same(argument: NodeRef, at: NodeRef) -> bool:
    """Whether an argument can be evaluated at the place `at` instead and mean the same: a number, a name in view there,
    or arithmetic on those."""
    node = argument.node
    if isinstance(node, cst.BinaryOperation):
        return all(means_the_same(NodeRef(argument.cell, side), at) for side in (node.left, node.right))
    if isinstance(node, cst.Integer):
        return True
    name = spelling(node)
    return bool(name) and _carried(name, argument, at) == name


def _spelling(count: Count) -> str:
    """The name that the argument is; "" where it is something that is made of one: `int(name)`, `**options`."""
    name = "" if count.location is None else spelling(count.location.node)
    return name if count.value is None or name == count.name else ""


def _is_number(location: NodeRef | None) -> bool:
    """Whether the argument is a parameter that is annotated as `int`: one that can be None says so."""
    if location is None or not isinstance(location.node, cst.Name):
        return False
    binding = _binding(location.node.value, location, location)
    annotation = binding[1].annotation if binding is not None and isinstance(binding[1], cst.Param) else None
    return annotation is not None and dotted(annotation.annotation) == "int"


def _carried(text: str, location: NodeRef, at: NodeRef) -> str | None:
    """How `text`, which stands at `location`, is spelled at `at`, where it is in view there and has the same value."""
    if not text or location.cell.document is not at.cell.document:
        return None
    path, *item = text.split("[", 1)
    root, *attributes = path.split(".")
    method = _method_of(_binding(root, location, location)) if attributes else None
    name = root if method is None else _own_name(method, at)
    binding = _binding(root, location, at) if method is None else _binding(name, at, at)
    if binding is None or not (_holds_at(binding, at) or _is_used_before(binding, location, at)):
        return None
    if not all(_is_settled(attribute, location, at) for attribute in attributes):
        return None
    if item and (_is_mutated([root, *attributes][-1], at) or _is_in_text(at)):
        return None
    return "[".join([".".join([name, *attributes]), *item])


def _is_at_top(text: str, at: NodeRef) -> bool:
    """Whether `at` sees what the top level of its file calls `text`."""
    root, *attributes = text.split(".")
    binding = _binding(root, at, at)
    if binding is None or not _holds_at(binding, at):
        return False
    scopes = ModuleScopes.of(binding[0])
    if scopes.home_of(binding[1]) is not scopes.module:
        return False
    return not any(ModuleScopes.of(cell).assigned.get(name) for name in attributes for cell in _cells(at, name))


# Names


def _binding(name: str, location: NodeRef, at: NodeRef) -> _Binding | None:
    """What binds the name that both places see, the first of several that both of them stand behind; None where they
    see different variables, or one that may change between them."""
    here, there = ModuleScopes.of(location.cell), ModuleScopes.of(at.cell)
    scope, binders = here.resolve(name, location.node)
    other, _ = there.resolve(name, at.node)
    if scope is not here.module or other is not there.module:
        steady = scope is other and _is_steady(here, name, binders, location, at)
        return (location.cell, binders[0]) if steady else None
    found = [
        (cell, binder) for cell in _cells(at, name) for binder in ModuleScopes.of(cell).binders_in(name, cell.module)
    ]
    if any(name in ModuleScopes.of(cell).rebound for cell in _cells(at, name)):
        return None
    if len(found) == 1:
        return found[0]
    same_cell = location.cell is at.cell and all(cell is at.cell for cell, _ in found)
    return found[0] if found and same_cell and _is_steady(here, name, binders, location, at) else None


def _is_steady(scopes: ModuleScopes, name: str, binders: Sequence[cst.CSTNode], location: NodeRef, at: NodeRef) -> bool:
    """Whether the name has one value at both places: it is bound once, or each time before both of them."""
    if not binders or name in scopes.rebound:
        return False
    if len(binders) == 1:
        return True
    scope = scopes.home_of(binders[0])
    if any(scopes.scope_of(one.node) is not scope for one in (location, at)):
        return False
    first = min(scopes.order.get(one.node, -1) for one in (location, at))
    return all(scopes.order[b] < first and not scopes.is_in_loop(b, scope) for b in binders)


def _holds_at(binding: _Binding, at: NodeRef) -> bool:
    """Whether the name is bound whenever the place is reached."""
    cell, binder = binding
    if isinstance(binder, cst.Param):
        return True
    # These bind a name once where they stand; a loop, a `with` or a walrus does not.
    if not isinstance(binder, (cst.AssignTarget, cst.AnnAssign, cst.ImportAlias, cst.ImportFrom, cst.ClassDef)):
        return False
    scopes = ModuleScopes.of(cell)
    of_module = scopes.home_of(binder) is scopes.module
    if of_module and any(scopes.order[star] > scopes.order[binder] for star in scopes.stars):
        return False
    if cell is at.cell:
        return scopes.runs_before(binder, at.node)
    cells = at.cell.document.cells
    block = next((b for b, _ in scopes.blocks_around(binder) if not isinstance(b, cst.SimpleStatementLine)), None)
    return block is scopes.module and cells.index(cell) < cells.index(at.cell)


def _is_used_before(binding: _Binding, location: NodeRef, at: NodeRef) -> bool:
    """Whether the name is used at `location` whenever `at` is reached, in the same scope and behind what binds it: in
    whatever branch that is, it has run."""
    cell, binder = binding
    if not cell is location.cell is at.cell:
        return False
    scopes = ModuleScopes.of(cell)
    home = scopes.home_of(binder)
    if any(scopes.scope_of(one.node) is not home for one in (location, at)):
        return False
    used = scopes.order.get(location.node, -1)
    if scopes.order[binder] > used or any(scopes.order[star] > used for star in scopes.stars):
        return False
    return scopes.runs_before(location.node, at.node)


def _cells(at: NodeRef, word: str) -> Iterator[Cell]:
    """The cells of the place's file that hold a word."""
    for cell in at.cell.document.cells:
        if cell is at.cell or word.encode() in cell.source or b"*" in cell.source:
            try:
                cell.module  # noqa: B018 (parses it)
            except ParseFailure:
                continue
            yield cell


# Attributes


def _is_settled(attribute: str, location: NodeRef, at: NodeRef) -> bool:
    """Whether both places see one value of the attribute: nothing assigns it but `__init__`, or one statement that runs
    before either."""
    others = 0
    for cell in _cells(at, attribute):
        scopes = ModuleScopes.of(cell)
        for target in scopes.assigned.get(attribute, ()):
            function = scopes.scope_of(target)
            makes = isinstance(function, cst.FunctionDef) and function.name.value in _MAKERS
            others += not makes
            for one in (location, at):
                inside = one.cell is cell and _is_within(scopes, one.node, function)
                if makes and not inside:
                    continue
                if one.cell is not cell or not scopes.runs_before(target, one.node):
                    return False
    return others <= 1


def _is_in_text(at: NodeRef) -> bool:
    """Whether the place is in an f-string, whose quotes a key's may end (before Python 3.12)."""
    return any(isinstance(node, cst.FormattedString) for node in ModuleScopes.of(at.cell).enclosing(at.node))


def _is_mutated(container: str, at: NodeRef) -> bool:
    return any(container in ModuleScopes.of(cell).mutated for cell in _cells(at, container))


def _is_within(scopes: ModuleScopes, node: cst.CSTNode, holder: cst.CSTNode) -> bool:
    return node is holder or any(above is holder for above in scopes.enclosing(node))


def _method_of(binding: _Binding | None) -> cst.FunctionDef | None:
    """The method whose own object (or class) the binder names: `self`."""
    if binding is None or not isinstance(binding[1], cst.Param):
        return None
    scopes = ModuleScopes.of(binding[0])
    function = scopes.home_of(binding[1])
    if not isinstance(function, cst.FunctionDef) or not _is_method(function, scopes):
        return None
    return function if _first_parameter(function) is binding[1] else None


def _own_name(method: cst.FunctionDef, at: NodeRef) -> str:
    """What `at` calls the object that `method` is called on, "" where it is in no method of the same object."""
    other = _method_around(at)
    if other is None or not _same_object(method, other, ModuleScopes.of(at.cell)):
        return ""
    first = _first_parameter(other)
    if first is None or _method_of(_binding(first.name.value, at, at)) is not other:
        return ""
    return first.name.value


def _method_around(at: NodeRef) -> cst.FunctionDef | None:
    """The innermost method that holds the place."""
    scopes = ModuleScopes.of(at.cell)
    scope = scopes.scope_of(at.node)
    while scope is not scopes.module:
        if isinstance(scope, cst.FunctionDef) and _is_method(scope, scopes):
            return scope
        scope = scopes.scope_of(scope)
    return None


def _is_method(function: cst.FunctionDef, scopes: ModuleScopes) -> bool:
    return isinstance(scopes.scope_of(function), cst.ClassDef) and "staticmethod" not in decorator_names(function)


def _same_object(method: cst.FunctionDef, other: cst.FunctionDef, scopes: ModuleScopes) -> bool:
    """Whether two methods are called on one object, as far as can be told: those of one class, or a method itself."""
    if method is other:
        return True
    kinds = {"classmethod" in decorator_names(one) for one in (method, other)}
    return len(kinds) == 1 and method in scopes.parents and scopes.scope_of(method) is scopes.scope_of(other)


def _first_parameter(function: cst.FunctionDef) -> cst.Param | None:
    return next(iter((*function.params.posonly_params, *function.params.params)), None)
