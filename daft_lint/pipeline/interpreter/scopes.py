"""The names in view at some place of a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import libcst as cst

from daft_lint.pipeline.interpreter.values import choice, dataframes_in
from daft_lint.pipeline.model import NodeRef
from daft_lint.source.document import Cell


class LayeredDict:
    """A dict in layers: a branch writes into a layer of its own, which is merged when the branches meet, so that a
    branch costs what it writes and not what is in scope."""

    __slots__ = ("layers",)

    def __init__(self) -> None:
        self.layers: list[dict[object, object]] = [{}]

    def get(self, key: object) -> object | None:
        for layer in reversed(self.layers):
            value = layer.get(key)
            if value is not None:
                return value
        return None

    def set(self, key: object, value: object) -> None:
        self.layers[-1][key] = value

    def get_below(self, key: object) -> object | None:
        """The value under the topmost layer."""
        for layer in reversed(self.layers[:-1]):
            value = layer.get(key)
            if value is not None:
                return value
        return None

    def push(self) -> None:
        self.layers.append({})

    def pop(self) -> dict[object, object]:
        return self.layers.pop()

    def merge_loop(self) -> None:
        """Take the layer off that a loop's body wrote, and bind what is in it: DataFrames as they are, other values
        beside what they were before."""
        written = self.layers.pop()
        for key, value in written.items():
            before = self.get(key)
            ran = before is None or dataframes_in(value)
            self.set(key, value if ran else choice([before, value]))

    def merge_branches(self, branches: Iterable[Mapping[object, object]], or_unchanged: bool) -> None:
        """Bind what the branches wrote; `or_unchanged`: none of them may have run."""
        branches = list(branches)
        for key in dict.fromkeys(k for branch in branches for k in branch):
            before = self.get(key)
            values = [branch.get(key, before) for branch in branches]
            if or_unchanged:
                values.insert(0, before)
            self.set(key, choice(v for v in values if v is not None))


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module or of one function call."""

    cell: Cell
    path: str
    names: LayeredDict = field(default_factory=LayeredDict)
    parent: Scope | None = None
    global_names: frozenset[str] = frozenset()
    star_imports: list[str] = field(default_factory=list)
    """Daft's modules under `import *`."""

    def root(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def get(self, name: str) -> object | None:
        """The value of a name here or in a scope around, None where it is not bound."""
        scope: Scope | None = self
        while scope is not None:
            value = scope.names.get(name)
            if value is not None:
                return value
            scope = scope.parent
        return None

    def set(self, name: str, value: object) -> None:
        (self.root() if name in self.global_names else self).names.set(name, value)

    def child(self) -> Scope:
        """A scope inside this one."""
        return Scope(self.cell, self.path, parent=self)

    def location(self, node: cst.CSTNode) -> NodeRef:
        return NodeRef(self.cell, node)
