"""How a script spells a number at a place: with its own constant, where that is in view there and means the same."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from daft_lint.pipeline.model import Constants, Count, NodeRef
from daft_lint.source.document import Cell
from daft_lint.source.problems import ParseFailure
from daft_lint.source.syntax import decorator_names, dotted, last_name, spelling

_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)
_WITH_BODY = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
_BLOCKS = (cst.Module, cst.IndentedBlock, cst.SimpleStatementLine, cst.SimpleStatementSuite)
_STATED = (cst.AssignTarget, cst.AnnAssign, cst.ImportAlias, cst.ImportFrom, cst.ClassDef)
"""What binds a name once where it stands; a loop, a `with` or a walrus does not."""
_CHANGING = frozenset(
    {"clear", "pop", "popitem", "setdefault", "update", "append", "insert", "extend", "remove", "sort"}
)
_MAKERS = ("__init__", "__post_init__")


def constant_for(value: int, counts: Sequence[Count], insertion_point: NodeRef, constants: Constants) -> str | None:
    """What the script calls `value` at `spot`: the spelling of one of the `counts`, or a name of the file's top level
    for the same constant; None where none is in view or sure to mean the same.

    Where the value of none of them is known, one that is a whole number whatever happens stands for all.
    """
    known = [count for count in counts if count.value == value]
    if not any(count.value is not None for count in counts):
        known = [count for count in counts if count.one_of or _is_number(count.location)]
    for count in known:
        text = None if count.location is None else _carried(_spelling(count), count.location, insertion_point)
        if text is not None:
            return text
    for count in known:
        for text in (
            () if count.origin is None else constants.get((insertion_point.cell.document.path, count.origin), ())
        ):
            if _is_at_top(text, insertion_point):
                return text
    return None


def means_the_same(argument: NodeRef, insertion_point: NodeRef) -> bool:
    """Whether an argument can be evaluated at `spot` instead and mean the same: a number, a name in view there, or
    arithmetic on those."""
    node = argument.node
    if isinstance(node, cst.BinaryOperation):
        return all(means_the_same(NodeRef(argument.cell, side), insertion_point) for side in (node.left, node.right))
    if isinstance(node, cst.Integer):
        return True
    name = spelling(node)
    return bool(name) and _carried(name, argument, insertion_point) == name


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


def _carried(text: str, location: NodeRef, insertion_point: NodeRef) -> str | None:
    """How `text`, which stands at `place`, is spelled at `spot`, where it is in view there and has the same value."""
    if not text or location.cell.document is not insertion_point.cell.document:
        return None
    path, *item = text.split("[", 1)
    root, *attributes = path.split(".")
    method = _method_of(_binding(root, location, location)) if attributes else None
    name = root if method is None else _own_name(method, insertion_point)
    binding = (
        _binding(root, location, insertion_point)
        if method is None
        else _binding(name, insertion_point, insertion_point)
    )
    if binding is None or not (
        _holds_at(binding, insertion_point) or _is_used_before(binding, location, insertion_point)
    ):
        return None
    if not all(_is_settled(attribute, location, insertion_point) for attribute in attributes):
        return None
    if item and (_is_changed([root, *attributes][-1], insertion_point) or _is_in_text(insertion_point)):
        return None
    return "[".join([".".join([name, *attributes]), *item])


def _is_at_top(text: str, insertion_point: NodeRef) -> bool:
    """Whether `spot` sees what the top level of its file calls `text`."""
    root, *attributes = text.split(".")
    binding = _binding(root, insertion_point, insertion_point)
    if binding is None or not _holds_at(binding, insertion_point):
        return False
    view = _View.of(binding[0].module)
    if view.home_of(binding[1]) is not view.module:
        return False
    return not any(
        _View.of(cell.module).assigned.get(name) for name in attributes for cell in _cells(insertion_point, name)
    )


# Names


@dataclass(frozen=True)
class _View:
    """What is asked of a module again and again: what holds a node, what binds each name, what assigns an attribute.

    `order` numbers the nodes as they are written.
    """

    module: cst.Module
    parents: Mapping[cst.CSTNode, cst.CSTNode]
    order: Mapping[cst.CSTNode, int]
    binders: Mapping[str, Sequence[cst.CSTNode]]
    moving: frozenset[str]
    """Names that `global`, `nonlocal` or `del` mention: when they are bound cannot be told."""
    assigned: Mapping[str, Sequence[cst.Attribute]]
    changed: frozenset[str]
    """The last names of the containers that something puts items into or takes them out of."""
    stars: Sequence[cst.ImportFrom]

    @staticmethod
    @functools.lru_cache(maxsize=4)
    def of(module: cst.Module) -> _View:
        parents: dict[cst.CSTNode, cst.CSTNode] = {}
        order: dict[cst.CSTNode, int] = {}
        binders: defaultdict[str, list[cst.CSTNode]] = defaultdict(list)
        assigned: defaultdict[str, list[cst.Attribute]] = defaultdict(list)
        moving: set[str] = set()
        changed: set[str] = set()
        stars: list[cst.ImportFrom] = []
        for number, node in enumerate(_nodes(module)):
            order[node] = number
            parents.update(dict.fromkeys(node.children, node))
            for name in _bound_by(node):
                binders[name].append(node)
            for attribute in _attributes_of(node):
                assigned[attribute.attr.value].append(attribute)
            moving |= _moved_by(node)
            changed |= _changed_by(node)
            if isinstance(node, cst.ImportFrom) and isinstance(node.names, cst.ImportStar) and not _is_daft(node):
                stars.append(node)
        return _View(module, parents, order, binders, frozenset(moving), assigned, frozenset(changed), stars)

    def scope_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The function, lambda, class, comprehension or module whose names a node sees first."""
        above = self.parents.get(node)
        while above is not None:
            if isinstance(above, _COMPREHENSIONS) or (isinstance(above, _WITH_BODY) and node is above.body):
                return above
            node, above = above, self.parents.get(above)
        return self.module

    def home_of(self, binder: cst.CSTNode) -> cst.CSTNode:
        """The scope that a binder binds its name in."""
        if isinstance(binder, cst.Param):
            above = self.parents[binder]
            while not isinstance(above, cst.FunctionDef | cst.Lambda):
                above = self.parents[above]
            return above
        home = self.scope_of(binder)
        while isinstance(binder, cst.NamedExpr) and isinstance(home, _COMPREHENSIONS):
            home = self.scope_of(home)
        return home

    def binders_in(self, name: str, scope: cst.CSTNode) -> list[cst.CSTNode]:
        found = [binder for binder in self.binders.get(name, ()) if self.home_of(binder) is scope]
        if not found and scope is self.module and len(self.stars) == 1:
            return [self.stars[0]]
        return found

    def resolve(self, name: str, node: cst.CSTNode) -> tuple[cst.CSTNode, list[cst.CSTNode]]:
        """The scope that a name means a variable of, and what binds it there."""
        scope = self.scope_of(node)
        first = True
        while scope is not self.module:
            found = self.binders_in(name, scope) if first or not isinstance(scope, cst.ClassDef) else []
            if found:
                return scope, found
            scope, first = self.scope_of(scope), False
        return scope, self.binders_in(name, scope)

    def blocks_around(self, node: cst.CSTNode) -> list[tuple[cst.CSTNode, int]]:
        """The blocks and lines that hold a node, innermost first, and which of their statements holds it."""
        found: list[tuple[cst.CSTNode, int]] = []
        above = self.parents.get(node)
        while above is not None:
            if isinstance(above, _BLOCKS):
                index = next((i for i, statement in enumerate(above.body) if statement is node), None)
                if index is not None:
                    found.append((above, index))
            node, above = above, self.parents.get(above)
        return found

    def stands_before(self, node: cst.CSTNode, insertion_point: cst.CSTNode) -> bool:
        """Whether a statement has run whenever `spot` does: it stands earlier in a block around it, or at the top level
        where `spot` is in a function that nothing above calls."""
        around = dict(self.blocks_around(insertion_point))
        for block, index in self.blocks_around(node):
            if block in around:
                at = around[block]
                return index < at or (block is self.module and self.runs_later(insertion_point, index))
            if not isinstance(block, cst.SimpleStatementLine):
                return False
        return False

    def runs_later(self, insertion_point: cst.CSTNode, index: int) -> bool:
        """Whether `spot` is in a function, and no top-level statement before that one can have called it."""
        if not isinstance(self.scope_of(insertion_point), cst.FunctionDef | cst.Lambda):
            return False
        defined = {s.name.value for s in self.module.body if isinstance(s, cst.FunctionDef | cst.ClassDef)}
        running = (s for s in self.module.body[:index] if not isinstance(s, cst.FunctionDef | cst.ClassDef))
        return not any(isinstance(n, cst.Name) and n.value in defined for s in running for n in _nodes(s))

    def is_in_loop(self, node: cst.CSTNode, scope: cst.CSTNode) -> bool:
        above = self.parents.get(node)
        while above is not None and above is not scope:
            if isinstance(above, cst.For | cst.While):
                return True
            above = self.parents.get(above)
        return False


_Binding = tuple[Cell, cst.CSTNode]


def _binding(name: str, location: NodeRef, insertion_point: NodeRef) -> _Binding | None:
    """What binds the name that both places see, the first of several that both of them stand behind; None where they
    see different variables, or one that may change between them."""
    here, there = _View.of(location.cell.module), _View.of(insertion_point.cell.module)
    scope, binders = here.resolve(name, location.node)
    other, _ = there.resolve(name, insertion_point.node)
    if scope is not here.module or other is not there.module:
        return (
            (location.cell, binders[0])
            if scope is other and _is_steady(here, name, binders, location, insertion_point)
            else None
        )
    found = [
        (cell, binder)
        for cell in _cells(insertion_point, name)
        for binder in _View.of(cell.module).binders_in(name, cell.module)
    ]
    if any(name in _View.of(cell.module).moving for cell in _cells(insertion_point, name)):
        return None
    if len(found) == 1:
        return found[0]
    same_cell = location.cell is insertion_point.cell and all(cell is insertion_point.cell for cell, _ in found)
    return found[0] if found and same_cell and _is_steady(here, name, binders, location, insertion_point) else None


def _is_steady(
    view: _View, name: str, binders: Sequence[cst.CSTNode], location: NodeRef, insertion_point: NodeRef
) -> bool:
    """Whether the name has one value at both places: it is bound once, or each time before both of them."""
    if not binders or name in view.moving:
        return False
    if len(binders) == 1:
        return True
    scope = view.home_of(binders[0])
    if any(view.scope_of(one.node) is not scope for one in (location, insertion_point)):
        return False
    first = min(view.order.get(one.node, -1) for one in (location, insertion_point))
    return all(view.order[b] < first and not view.is_in_loop(b, scope) for b in binders)


def _holds_at(binding: _Binding, insertion_point: NodeRef) -> bool:
    """Whether the name is bound whenever the place is reached."""
    cell, binder = binding
    if isinstance(binder, cst.Param):
        return True
    if not isinstance(binder, _STATED):
        return False
    view = _View.of(cell.module)
    if view.home_of(binder) is view.module and any(view.order[star] > view.order[binder] for star in view.stars):
        return False
    if cell is insertion_point.cell:
        return view.stands_before(binder, insertion_point.node)
    cells = insertion_point.cell.document.cells
    is_top = next((b for b, _ in view.blocks_around(binder) if not isinstance(b, cst.SimpleStatementLine)), None)
    return is_top is view.module and cells.index(cell) < cells.index(insertion_point.cell)


def _is_used_before(binding: _Binding, location: NodeRef, insertion_point: NodeRef) -> bool:
    """Whether the name is used at `place` whenever `spot` is reached, in the same scope and behind what binds it: in
    whatever branch that is, it has run."""
    cell, binder = binding
    if not cell is location.cell is insertion_point.cell:
        return False
    view = _View.of(cell.module)
    home = view.home_of(binder)
    if any(view.scope_of(one.node) is not home for one in (location, insertion_point)):
        return False
    used = view.order.get(location.node, -1)
    if view.order[binder] > used or any(view.order[star] > used for star in view.stars):
        return False
    return view.stands_before(location.node, insertion_point.node)


def _cells(insertion_point: NodeRef, word: str) -> Iterator[Cell]:
    """The cells of the place's file that hold a word."""
    for cell in insertion_point.cell.document.cells:
        if cell is insertion_point.cell or word.encode() in cell.source or b"*" in cell.source:
            try:
                cell.module  # noqa: B018 (parses it)
            except ParseFailure:
                continue
            yield cell


# Attributes


def _is_settled(attribute: str, location: NodeRef, insertion_point: NodeRef) -> bool:
    """Whether both places see one value of the attribute: nothing assigns it but `__init__`, or one statement that runs
    before either."""
    others = 0
    for cell in _cells(insertion_point, attribute):
        view = _View.of(cell.module)
        for target in view.assigned.get(attribute, ()):
            function = view.scope_of(target)
            makes = isinstance(function, cst.FunctionDef) and function.name.value in _MAKERS
            others += not makes
            for one in (location, insertion_point):
                inside = one.cell is cell and _is_within(view, one.node, function)
                if makes and not inside:
                    continue
                if one.cell is not cell or not view.stands_before(target, one.node):
                    return False
    return others <= 1


def _is_in_text(insertion_point: NodeRef) -> bool:
    """Whether the place is in an f-string, whose quotes a key's may end (before Python 3.12)."""
    view = _View.of(insertion_point.cell.module)
    above = view.parents.get(insertion_point.node)
    while above is not None and not isinstance(above, cst.FormattedString):
        above = view.parents.get(above)
    return above is not None


def _is_changed(container: str, insertion_point: NodeRef) -> bool:
    return any(container in _View.of(cell.module).changed for cell in _cells(insertion_point, container))


def _is_within(view: _View, node: cst.CSTNode, holder: cst.CSTNode) -> bool:
    above: cst.CSTNode | None = node
    while above is not None and above is not holder:
        above = view.parents.get(above)
    return above is holder


def _method_of(binding: _Binding | None) -> cst.FunctionDef | None:
    """The method whose own object (or class) the binder names: `self`."""
    if binding is None or not isinstance(binding[1], cst.Param):
        return None
    view = _View.of(binding[0].module)
    function = view.home_of(binding[1])
    if not isinstance(function, cst.FunctionDef) or not _is_method(function, view):
        return None
    return function if _first_parameter(function) is binding[1] else None


def _own_name(method: cst.FunctionDef, insertion_point: NodeRef) -> str:
    """What `spot` calls the object that `method` is called on, "" where it is in no method of the same object."""
    other = _method_around(insertion_point)
    if other is None or not _same_object(method, other, _View.of(insertion_point.cell.module)):
        return ""
    first = _first_parameter(other)
    if first is None or _method_of(_binding(first.name.value, insertion_point, insertion_point)) is not other:
        return ""
    return first.name.value


def _method_around(insertion_point: NodeRef) -> cst.FunctionDef | None:
    """The innermost method that holds the place."""
    view = _View.of(insertion_point.cell.module)
    scope = view.scope_of(insertion_point.node)
    while scope is not view.module:
        if isinstance(scope, cst.FunctionDef) and _is_method(scope, view):
            return scope
        scope = view.scope_of(scope)
    return None


def _is_method(function: cst.FunctionDef, view: _View) -> bool:
    return isinstance(view.scope_of(function), cst.ClassDef) and "staticmethod" not in decorator_names(function)


def _same_object(method: cst.FunctionDef, other: cst.FunctionDef, view: _View) -> bool:
    """Whether two methods are called on one object, as far as can be told: those of one class, or a method itself."""
    if method is other:
        return True
    kinds = {"classmethod" in decorator_names(one) for one in (method, other)}
    return len(kinds) == 1 and method in view.parents and view.scope_of(method) is view.scope_of(other)


def _first_parameter(function: cst.FunctionDef) -> cst.Param | None:
    return next(iter((*function.params.posonly_params, *function.params.params)), None)


# Nodes


def _bound_by(node: cst.CSTNode) -> set[str]:
    """The names that a node itself gives a value: an assignment, a parameter, a loop, a `with`, an import, ..."""
    if isinstance(node, cst.Param | cst.FunctionDef | cst.ClassDef):
        return {node.name.value}
    if isinstance(node, cst.AnnAssign) and node.value is None:
        return set()
    if isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.AugAssign | cst.For | cst.CompFor | cst.NamedExpr):
        return _names_in(node.target)
    if isinstance(node, cst.ImportAlias):
        return {dotted(node.name).partition(".")[0]} if node.asname is None else _names_in(node.asname.name)
    if isinstance(node, cst.WithItem | cst.ExceptHandler | cst.ExceptStarHandler):
        target = node.asname if isinstance(node, cst.WithItem) else node.name
        return set() if target is None else _names_in(target.name)
    if isinstance(node, cst.MatchAs | cst.MatchStar):
        return set() if node.name is None else {node.name.value}
    return {node.rest.value} if isinstance(node, cst.MatchMapping) and node.rest is not None else set()


def _moved_by(node: cst.CSTNode) -> set[str]:
    if isinstance(node, cst.Global | cst.Nonlocal):
        return {item.name.value for item in node.names}
    return _names_in(node.target) if isinstance(node, cst.Del) else set()


def _names_in(target: cst.CSTNode) -> set[str]:
    """The names that a target binds: in `self.x` and `x[0]` there are none."""
    if isinstance(target, cst.Name):
        return {target.value}
    if isinstance(target, cst.Tuple | cst.List):
        return {name for element in target.elements for name in _names_in(element.value)}
    return set()


def _attributes_of(node: cst.CSTNode) -> Iterator[cst.Attribute]:
    """The attributes that a node itself gives a value."""
    return (target for target in _targets_of(node) if isinstance(target, cst.Attribute))


def _changed_by(node: cst.CSTNode) -> set[str]:
    """The last names of the containers that a node changes: `SIZES["batch"] = 8`, `sizes.update(other)`."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _CHANGING:
        return {last_name(node.func.value)}
    return {last_name(target.value) for target in _targets_of(node) if isinstance(target, cst.Subscript)}


def _targets_of(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.AugAssign | cst.For | cst.CompFor | cst.Del):
        pending: list[cst.CSTNode] = [node.target]
        while pending:
            target = pending.pop()
            yield target
            if isinstance(target, cst.Tuple | cst.List):
                pending.extend(element.value for element in target.elements)


def _is_daft(node: cst.ImportFrom) -> bool:
    return node.module is not None and dotted(node.module).partition(".")[0] == "daft"


def _nodes(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all that it holds, as they are written."""
    pending: list[cst.CSTNode] = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))
