"""The names of a module: which scope a name belongs to, what binds it there, and what has run before a statement."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from daft_lint.api import cst
from daft_lint.dataclass import dataclass
from daft_lint.source.document import Cell
from daft_lint.source.syntax import dotted, last_name
from daft_lint.source.tree import nodes_in as nodes_in

_MUTATORS = frozenset(
    {"clear", "pop", "popitem", "setdefault", "update", "append", "insert", "extend", "remove", "sort"}
)
"""Methods that change the container that they are called on."""

_TELLING = frozenset(
    {"AnnAssign", "AssignTarget", "AugAssign", "Call", "ClassDef", "CompFor", "Del", "ExceptHandler"}
    | {"ExceptStarHandler", "For", "FunctionDef", "Global", "ImportAlias", "ImportFrom", "MatchAs", "MatchMapping"}
    | {"MatchStar", "NamedExpr", "Nonlocal", "Param", "SimpleString", "WithItem"}
)
"""The types of the nodes that say something of a module's names: one in five, all others are passed by."""


@dataclass(frozen=True)
class ModuleScopes:
    """What is asked of a module again and again: what holds a node, what binds each name, what assigns an attribute."""

    module: cst.Module
    parents: Mapping[cst.CSTNode, cst.CSTNode]
    binders: Mapping[str, Sequence[cst.CSTNode]]
    rebound: frozenset[str]
    """Names that `global`, `nonlocal` or `del` mention: when they are bound cannot be told."""
    assigned: Mapping[str, Sequence[cst.Attribute]]
    mutated: frozenset[str]
    """The last names of the containers that something puts items into or takes them out of."""
    stars: Sequence[cst.ImportFrom]
    names: Mapping[str, Sequence[cst.Name]]
    """The names by their spelling, as they are written, those of attributes and keywords too."""
    texts: frozenset[str]
    """What the string literals hold, as it is written."""
    _homes: dict[str, dict[cst.CSTNode, list[cst.CSTNode]]] = field(default_factory=dict, compare=False)
    """What binds a name, by scope: worked out once for a name that a file binds in each of its functions."""

    @functools.cached_property
    def order(self) -> Mapping[cst.CSTNode, int]:
        """The numbers of the nodes as they are written; the module has none."""
        return {node: number for number, node in enumerate(self.parents)}

    @staticmethod
    def of(cell: Cell) -> ModuleScopes:
        """The scopes of a cell's module; kept as long as its tree."""
        return cell.once(ModuleScopes, lambda: _scopes_of(cell))

    def enclosing(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What holds a node, innermost first, the module last; nothing for a node that is not in the module."""
        above = self.parents.get(node)
        while above is not None:
            yield above
            above = self.parents.get(above)

    def scope_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The function, lambda, class, comprehension or module whose names a node sees first."""
        for above in self.enclosing(node):
            kind = type(above)  # LibCST's classes are abstract ones, for which `isinstance` is dear
            if kind in _comprehensions() or (kind in _bodies() and node is getattr(above, "body", None)):
                return above
            node = above
        return self.module

    def home_of(self, binder: cst.CSTNode) -> cst.CSTNode:
        """The scope that a binder binds its name in."""
        if isinstance(binder, cst.Param):
            return next(node for node in self.enclosing(binder) if isinstance(node, cst.FunctionDef | cst.Lambda))
        home = self.scope_of(binder)
        while isinstance(binder, cst.NamedExpr) and type(home) in _comprehensions():
            home = self.scope_of(home)
        return home

    def binders_in(self, name: str, scope: cst.CSTNode) -> list[cst.CSTNode]:
        """What binds a name in a scope; in the module's, its one star import where nothing else does."""
        by_scope = self._homes.get(name)
        if by_scope is None:
            by_scope = self._homes[name] = {}
            for binder in self.binders.get(name, ()):
                by_scope.setdefault(self.home_of(binder), []).append(binder)
        found = by_scope.get(scope, [])
        if not found and scope is self.module and len(self.stars) == 1:
            return [self.stars[0]]
        return found

    def resolve(self, name: str, node: cst.CSTNode) -> tuple[cst.CSTNode, list[cst.CSTNode]]:
        """The scope that a name means a variable of, seen from a node, and what binds it there."""
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
        for above in self.enclosing(node):
            if isinstance(above, (cst.Module, cst.IndentedBlock, cst.SimpleStatementLine, cst.SimpleStatementSuite)):
                index = next((i for i, statement in enumerate(above.body) if statement is node), None)
                if index is not None:
                    found.append((above, index))
            node = above
        return found

    def runs_before(self, node: cst.CSTNode, later: cst.CSTNode) -> bool:
        """Whether a statement has run whenever `later` does: it stands earlier in a block around it, or at the top
        level where `later` is in a function that nothing above calls."""
        around = dict(self.blocks_around(later))
        for block, index in self.blocks_around(node):
            if block in around:
                at = around[block]
                return index < at or (block is self.module and self._is_called_after(later, index))
            if not isinstance(block, cst.SimpleStatementLine):
                return False
        return False

    def _is_called_after(self, node: cst.CSTNode, index: int) -> bool:
        """Whether a node is in a function that no top-level statement before the given one can have called."""
        if not isinstance(self.scope_of(node), cst.FunctionDef | cst.Lambda):
            return False
        defined = {s.name.value for s in self.module.body if isinstance(s, cst.FunctionDef | cst.ClassDef)}
        running = (s for s in self.module.body[:index] if not isinstance(s, cst.FunctionDef | cst.ClassDef))
        return not any(isinstance(n, cst.Name) and n.value in defined for s in running for n in nodes_in(s))

    def mentions_after(self, name: str, node: cst.CSTNode) -> bool:
        """Whether a name is written anywhere behind a node."""
        written = self.names.get(name)
        last = max(self.order[part] for part in nodes_in(node))
        return written is not None and self.order[written[-1]] > last

    def is_in_loop(self, node: cst.CSTNode, scope: cst.CSTNode) -> bool:
        """Whether a loop of the scope holds a node."""
        for above in self.enclosing(node):
            if above is scope:
                return False
            if isinstance(above, cst.For | cst.While):
                return True
        return False


class _Said:
    """What the nodes of one top-level statement say of a module's names; see `ModuleScopes`."""

    def __init__(self, nodes: Iterable[cst.CSTNode]) -> None:
        self.binders: defaultdict[str, list[cst.CSTNode]] = defaultdict(list)
        self.assigned: defaultdict[str, list[cst.Attribute]] = defaultdict(list)
        self.rebound: set[str] = set()
        self.mutated: set[str] = set()
        self.stars: list[cst.ImportFrom] = []
        self.names: defaultdict[str, list[cst.Name]] = defaultdict(list)
        self.texts: set[str] = set()
        node: Any
        for node in nodes:
            kind = type(node).__name__
            if kind == "Name":
                self.names[node.value].append(node)
            elif kind == "SimpleString":
                self.texts.add(node.raw_value)
            elif kind in _TELLING:
                self._add(node, kind)

    def _add(self, node: Any, kind: str) -> None:
        for name in _bound_by(node, kind):
            self.binders[name].append(node)
        if kind == "Call":
            if type(node.func) is cst.Attribute and node.func.attr.value in _MUTATORS:
                self.mutated.add(last_name(node.func.value))
        elif kind in _ASSIGNING:
            for target in _targets_of(node):
                if isinstance(target, cst.Attribute):
                    self.assigned[target.attr.value].append(target)
                elif isinstance(target, cst.Subscript):
                    self.mutated.add(last_name(target.value))
        self.rebound |= _rebound_by(node, kind)
        if kind == "ImportFrom" and isinstance(node.names, cst.ImportStar) and not _is_daft(node):
            self.stars.append(node)


def _scopes_of(cell: Cell) -> ModuleScopes:
    parents, said = cell.parents, _Said(())
    for statement in cell.module.body:
        nodes = (statement, *cell.parents_below[statement])
        part = cell.once_for(statement, _Said, functools.partial(_Said, nodes))
        for name, binders in part.binders.items():
            said.binders[name] += binders
        for name, attributes in part.assigned.items():
            said.assigned[name] += attributes
        for name, names in part.names.items():
            said.names[name] += names
        said.rebound |= part.rebound
        said.mutated |= part.mutated
        said.stars += part.stars
        said.texts |= part.texts
    return ModuleScopes(
        cell.module,
        parents,
        said.binders,
        frozenset(said.rebound),
        said.assigned,
        frozenset(said.mutated),
        said.stars,
        said.names,
        frozenset(said.texts),
    )


@functools.cache
def _comprehensions() -> frozenset[type]:
    return frozenset({cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp})


@functools.cache
def _bodies() -> frozenset[type]:
    return frozenset({cst.FunctionDef, cst.Lambda, cst.ClassDef})


def _bound_by(node: Any, kind: str) -> set[str]:
    """The names that a node itself gives a value: an assignment, a parameter, a loop, a `with`, an import, ..."""
    if kind in ("Param", "FunctionDef", "ClassDef"):
        return {node.name.value}
    if kind == "Call" or (kind == "AnnAssign" and node.value is None):
        return set()
    if kind in ("AssignTarget", "AnnAssign", "AugAssign", "For", "CompFor", "NamedExpr"):
        return _names_in(node.target)
    if kind == "ImportAlias":
        return {dotted(node.name).partition(".")[0]} if node.asname is None else _names_in(node.asname.name)
    if kind in ("WithItem", "ExceptHandler", "ExceptStarHandler"):
        target = node.asname if kind == "WithItem" else node.name
        return set() if target is None else _names_in(target.name)
    if kind in ("MatchAs", "MatchStar"):
        return set() if node.name is None else {node.name.value}
    return {node.rest.value} if kind == "MatchMapping" and node.rest is not None else set()


def _rebound_by(node: Any, kind: str) -> set[str]:
    if kind in ("Global", "Nonlocal"):
        return {item.name.value for item in node.names}
    return _names_in(node.target) if kind == "Del" else set()


def _names_in(target: cst.CSTNode) -> set[str]:
    """The names that a target binds: in `self.x` and `x[0]` there are none."""
    if isinstance(target, cst.Name):
        return {target.value}
    if isinstance(target, cst.Tuple | cst.List):
        return {name for element in target.elements for name in _names_in(element.value)}
    return set()


_ASSIGNING = frozenset({"AssignTarget", "AnnAssign", "AugAssign", "For", "CompFor", "Del"})


def _targets_of(node: Any) -> Iterator[cst.CSTNode]:
    pending: list[cst.CSTNode] = [node.target]
    while pending:
        target = pending.pop()
        yield target
        if isinstance(target, cst.Tuple | cst.List):
            pending.extend(element.value for element in target.elements)


def _is_daft(node: cst.ImportFrom) -> bool:
    return node.module is not None and dotted(node.module).partition(".")[0] == "daft"
