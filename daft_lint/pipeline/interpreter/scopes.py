"""The names in view at some place of a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.interpreter.values import Choice, DataFrame, choice, dataframes_in, is_same
from daft_lint.pipeline.model import NodeRef, StepKind
from daft_lint.source.document import Cell


class LayeredDict:
    """A dict in layers: a branch writes into a layer of its own, which is merged when the branches meet, so that a
    branch costs what it writes and not what is in scope."""

    __slots__ = ("_versions", "layers", "loops")

    def __init__(self) -> None:
        self.layers: list[dict[object, object]] = [{}]
        self.loops: list[int] = []
        """The numbers of the layers that bodies of loops write, the innermost last."""
        self._versions: dict[object, int] = {}

    def get(self, key: object) -> object | None:
        for layer in reversed(self.layers):
            value = layer.get(key)
            if value is not None:
                return value
        return None

    def set(self, key: object, value: object) -> None:
        self.layers[-1][key] = value
        self.touch(key)

    def touch(self, key: object) -> None:
        """Note that a key has another value than before."""
        self._versions[key] = self._versions.get(key, 0) + 1

    def version(self, key: object) -> int:
        """How often a key has been bound: the same number, the same value."""
        return self._versions.get(key, 0)

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

    def push_loop(self) -> None:
        """A layer for the body of a loop."""
        self.loops.append(len(self.layers))
        self.push()

    def is_from_before_loop(self, key: object) -> bool:
        """Whether a key is bound outside of the innermost loop, and not in it."""
        return bool(self.loops) and not any(key in layer for layer in self.layers[self.loops[-1] :])

    def merge_loop(self) -> None:
        """Take the layer off that a loop's body wrote, and bind what is in it: DataFrames as they are, other values
        beside what they were before."""
        written = self.layers.pop()
        self.loops.pop()
        for key, value in written.items():
            before = self.get(key)
            ran = before is None or dataframes_in(value)
            self.set(key, value if ran else choice([before, value]))

    def merge_branches(
        self, branches: Sequence[Mapping[object, object]], meet: Callable[[Sequence[object | None]], object]
    ) -> None:
        """Bind what `meet` makes of what each branch wrote, or left as it was; None where it left nothing."""
        for key in dict.fromkeys(k for branch in branches for k in branch):
            before = self.get(key)
            self.set(key, meet([branch.get(key, before) for branch in branches]))


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
    closed_over: tuple[Mapping[object, object], ...] = ()
    """What the branches wrote that the function of this call was made in, the outermost first."""

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
            closed_over, scope = scope.closed_over, scope.parent
            if closed_over and scope is not None:
                value = scope.names.get(name)
                if value is not None:
                    return _within(value, name, closed_over)
        return None

    def owner_of(self, name: str) -> Scope | None:
        """This scope or the one around that binds a name, None where none does."""
        scope: Scope | None = self
        while scope is not None and scope.names.get(name) is None:
            scope = scope.parent
        return scope

    def branches(self) -> tuple[dict[object, object], ...]:
        """What the branches at work have written."""
        return tuple(self.names.layers[1:])

    def set(self, name: str, value: object) -> None:
        (self.root() if name in self.global_names else self).names.set(name, value)

    def child(self) -> Scope:
        """A scope inside this one."""
        return Scope(self.cell, self.path, parent=self)

    def location(self, node: cst.CSTNode) -> NodeRef:
        return NodeRef(self.cell, node)


def _within(value: object, name: str, branches: Sequence[Mapping[object, object]]) -> object:
    """A value as it is in the branches that a function was made in, where it is still what they left behind."""
    own = next((branch[name] for branch in reversed(branches) if name in branch), None)
    return own if own is not None and _is_one_of(own, value) else value


def _is_one_of(own: object, value: object) -> bool:
    if isinstance(value, Choice):
        return any(_is_one_of(own, one) for one in value.values)
    if isinstance(value, DataFrame) and isinstance(own, DataFrame):
        pending = [value.step]
        while pending:
            step = pending.pop()
            if step is own.step:
                return True
            if step.kind is StepKind.MERGE:
                pending.extend(step.parents)
        return False
    return is_same(own, value)
