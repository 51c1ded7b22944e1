"""The walk over a body: where it is, what it has found, and its limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.dtypes import DType
from daft_lint.pipeline.model import Evidence, NodeRef, Strength
from daft_lint.pipeline.name_resolver import NameResolver
from daft_lint.pipeline.udf_body import libraries
from daft_lint.pipeline.udf_body.tracking import NOTHING, Form, Frame, Nesting, Small, TrackedValue, union
from daft_lint.source import cst
from daft_lint.source.code import code
from daft_lint.source.completion import completed
from daft_lint.source.syntax import dotted

_MAX_NESTING = 60
"""Expressions and blocks inside each other that are followed; each takes some three Python frames."""
_MAX_WORK = 20_000
"""Nodes that one UDF's examination looks at, helpers included."""
_MAX_REASON = 60
"""Characters of a call that a reason quotes whole."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """A function for each kind of statement, and one for each kind of expression, which gives its value."""

    statements: Mapping[type[cst.CSTNode], Callable[[BodyWalk, Any], None]]
    expressions: Mapping[type[cst.CSTNode], Callable[[BodyWalk, Any], TrackedValue]]


class BodyWalk:
    """One examination of a UDF's body.

    `found` is the evidence that parameters are heavy, `opens` are the parameters whose paths or URLs are opened,
    `model_loads` the calls that load a model and keep it nowhere, `connections` those that make a client or connect to
    a database; `embeds`: something in the body makes embeddings. `fresh_self`: the body runs once for each `self`, as
    `__init__` does, so that its attributes keep nothing for the next run.
    """

    def __init__(
        self,
        handlers: Handlers,
        resolver: NameResolver,
        annotations: Mapping[str, DType | None],
        heavy_row_bytes: int,
        *,
        fresh_self: bool = False,
    ) -> None:
        self.fresh_self = fresh_self
        self.heavy_row_bytes = heavy_row_bytes
        self.declared_heavy = {n: t.is_heavy(heavy_row_bytes) if t else None for n, t in annotations.items()}
        """Whether a parameter is heavy by its annotation; None where that does not say."""
        self.files = frozenset(n for n, t in annotations.items() if t and "daft." in t.text)
        """The parameters that are annotated as a `daft.File` or one of its kinds."""
        self.found: dict[str, Evidence] = {}
        self.opens: set[str] = set()
        self.model_loads: list[NodeRef] = []
        self.connections: list[NodeRef] = []
        self.embeds = False
        self.active: list[cst.CSTNode] = []
        """The definitions that are being walked, the innermost last."""
        self.frame = Frame(resolver, {name: TrackedValue(frozenset({name})) for name in annotations})
        self._handlers = handlers
        self._work = 0
        self._nesting = Nesting()

    def examine(self, definition: cst.FunctionDef | cst.Lambda) -> None:
        """Walks the definition whose parameters are to be followed."""
        if isinstance(definition, cst.FunctionDef):
            self.embeds = libraries.EMBEDDING_NAMES.search(definition.name.value) is not None
        self.enter(definition, self.frame)

    def enter(self, definition: cst.FunctionDef | cst.Lambda, frame: Frame) -> None:
        """Walks the body of a definition."""
        with self._inside(definition, frame):
            if isinstance(definition, cst.Lambda):
                frame.returned.append(self.evaluate(definition.body))
            else:
                names = (_decorator_name(decorator.decorator) for decorator in definition.decorators)
                frame.cached = frame.cached or any(libraries.CACHE_NAMES.search(name) for name in names)
                self.block(definition.body)

    @contextmanager
    def _inside(self, definition: cst.CSTNode, frame: Frame) -> Iterator[None]:
        outer = self.frame
        self.frame = frame
        self.active.append(definition)
        try:
            yield
        finally:
            self.active.pop()
            self.frame = outer

    # Statements

    def block(self, body: cst.BaseSuite) -> None:
        """The statements of a block, in order."""
        if self._nesting.depth >= _MAX_NESTING:
            return
        with self._nesting:
            for statement in body.body:
                if isinstance(statement, cst.SimpleStatementLine):
                    for small in statement.body:
                        self.statement(small)
                else:
                    self.statement(statement)

    def statement(self, node: cst.CSTNode) -> None:
        """One statement; kinds that change nothing are passed over."""
        self._work += 1
        handler = self._handlers.statements.get(type(node))
        if handler is not None and self._work < _MAX_WORK:
            handler(self, node)

    def branch(self, body: cst.BaseSuite | None, before: dict[str, TrackedValue]) -> dict[str, TrackedValue]:
        """The names after a block that starts from `before`."""
        self.frame.names = dict(before)
        if body is not None:
            self.block(body)
        return self.frame.names

    def join(self, *branches: dict[str, TrackedValue]) -> None:
        """Goes on with the names after one of several branches, whichever it was."""
        names = dict(branches[0])
        for other in branches[1:]:
            for name, value in other.items():
                mine = names.get(name)
                names[name] = value if mine is None or mine is value else union((mine, value))
        self.frame.names = names

    def bind(self, target: cst.BaseExpression, value: TrackedValue) -> None:
        """Assigns a value to a target."""
        if isinstance(target, cst.Name):
            self.frame.names[target.value] = value
        elif isinstance(target, (cst.Tuple, cst.List)):
            exact = len(value.items) == len(target.elements)
            for index, element in enumerate(target.elements):
                self.bind(element.value, value.items[index] if exact else value.keep())
        elif isinstance(target, cst.Subscript) and isinstance(target.value, cst.Name):
            self.add_to(target.value.value, value)
        elif isinstance(target, cst.Attribute):
            name = dotted(target)
            if name:
                self.frame.names[name] = value

    def add_to(self, name: str, value: TrackedValue) -> None:
        """A container takes another value in."""
        mine = self.frame.names.get(name)
        if value.params or (mine is not None and isinstance(mine.made_by, Small)):
            self.frame.names[name] = union((mine, value.keep())) if mine else value.keep()

    # Expressions

    def evaluate(self, node: cst.BaseExpression) -> TrackedValue:
        """What an expression holds of the rows."""
        self._work += 1
        if self._work >= _MAX_WORK or self._nesting.depth >= _MAX_NESTING:
            return NOTHING
        handler = self._handlers.expressions.get(type(node))
        if handler is None:
            return NOTHING
        with self._nesting:
            return handler(self, node)

    def qualified(self, name: str) -> str:
        """The name by the imports in the body, then in view, then by habit; "" for a name that the body binds."""
        root, dot, rest = name.partition(".")
        if root in self.frame.imports:
            return self.frame.imports[root] + dot + rest
        if root in self.frame.names:
            return ""
        found = self.frame.resolver.qualified(name)
        return found if found is not None else libraries.USUAL_NAMES.get(root, root) + dot + rest

    # Evidence

    def report(self, use: libraries.Use, value: TrackedValue, call: cst.Call) -> None:
        """Notes what a call does with a value, for the parameters whose rows that holds."""
        for name in value.params:
            if use is libraries.Use.OPENS and not self.declared_heavy.get(name):
                self.opens.add(name)
            elif use is libraries.Use.DECODES and name not in self.found and name in self.declared_heavy:
                light = self.declared_heavy[name] is False
                if not light or value.form is Form.BUFFER:
                    location = NodeRef(self.frame.resolver.cell, call)
                    self.found[name] = Evidence(Strength.STRONG, f"`{_spelled(call)}` decodes it", location)


def _decorator_name(decorator: cst.BaseExpression) -> str:
    return dotted(decorator.func if isinstance(decorator, cst.Call) else decorator)


def _spelled(call: cst.Call) -> str:
    """A call as it is written, or only its callee where that is long."""
    text = code(completed(call).with_changes(lpar=(), rpar=()))
    if len(text) <= _MAX_REASON and "\n" not in text:
        return text
    return f"{dotted(call.func) or 'the call'}(…)"
