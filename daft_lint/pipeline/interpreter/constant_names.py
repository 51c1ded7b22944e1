"""What a file calls the constants behind batch sizes, those of other files of the project included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from daft_lint.pipeline.interpreter.definitions import Class, Instance, Module
from daft_lint.pipeline.interpreter.imports import resolve_lazy
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import LazyImport, Literal
from daft_lint.pipeline.model import Constants, NodeRef, Step


def constant_names(steps: Iterable[Step], interpreter: InterpreterProtocol) -> Constants:
    """The spellings, at the top level of each file that a step stands in, of the batch sizes of the steps' UDFs."""
    steps = tuple(steps)
    calls = (e.udf for step in steps for e in step.udf_calls() if e.udf is not None)
    sizes = (udf.batch_size for udf in calls if udf.batch_size is not None)
    origins = {size.origin for size in sizes if size.origin is not None}
    if not origins:
        return {}
    spellings = _Spellings(interpreter)
    found: dict[tuple[str, NodeRef], tuple[str, ...]] = {}
    for path in dict.fromkeys(step.call.cell.document.path for step in steps):
        for origin, spelling in spellings.in_file(path):
            if origin in origins:
                found[path, origin] = (*found.get((path, origin), ()), spelling)
    return found


class _Spellings:
    """Looks into what is evaluated already, and loads no module for it."""

    def __init__(self, interpreter: InterpreterProtocol) -> None:
        self.interpreter = interpreter
        self.project = interpreter.project

    def in_file(self, path: str) -> Iterator[tuple[NodeRef, str]]:
        """Every constant that the file's top level has a name for, by its origin."""
        is_own = path == self.interpreter.path
        scope = self.interpreter.root_scope if is_own else self.project.scopes.get(path)
        if scope is not None:
            for name, value in tuple(scope.names.layers[0].items()):
                yield from self._of(value, str(name), scope)

    def _of(self, value: object, name: str, scope: Scope, depth: int = 0) -> Iterator[tuple[NodeRef, str]]:
        """The constants that a name stands for or holds: `BATCH`, `settings.BATCH`, `settings.Config.batch`."""
        if isinstance(value, LazyImport) and self._is_loaded(value, scope):
            value = resolve_lazy(self.interpreter, value, scope)
        if isinstance(value, Literal) and value.origin is not None:
            yield value.origin, name
        if isinstance(value, Module) and depth == 0:
            for key, inner in tuple(value.scope.names.layers[0].items()):
                yield from self._of(inner, f"{name}.{key}", value.scope, 1)
        if depth < 2:
            for key, inner in self._attributes(value):
                yield from self._of(inner, f"{name}.{key}", scope, 2)

    def _attributes(self, value: object) -> Iterator[tuple[str, object]]:
        """Those of an object, or of a plain class: other classes need not have what their body binds (a data class with
        slots, a model of pydantic, a `daft.cls`)."""
        if isinstance(value, Instance) and value.cls.udf is None:
            for key, inner in value.cls.names.items():
                yield key, self.interpreter.heap.get((value, key)) or self.project.heap.get((value, key)) or inner
        elif isinstance(value, Class) and not (value.node.decorators or value.node.bases):
            yield from value.names.items()

    def _is_loaded(self, lazy: LazyImport, scope: Scope) -> bool:
        modules = (lazy.module, f"{lazy.module}.{lazy.name}")
        return any(self.project.modules.resolve(module, scope.path) in self.project.scopes for module in modules)
