"""What the parts of the interpreter are given: the state of a run, and the entry points of its recursion.

Statements hold expressions, expressions hold calls, and calls lead to the statements of other functions. The parts
call one another through this protocol where a direct import would run in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import libcst as cst

from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.branchings import Branching
from daft_lint.pipeline.interpreter.definitions import Class, Function, Instance
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.interpreter.recorder import Recorder
from daft_lint.pipeline.interpreter.scopes import LayeredDict, Scope
from daft_lint.pipeline.model import Settings, Udf
from daft_lint.source.document import Document


class Nesting:
    """How many blocks of one kind the interpreter is in: `with nesting:` evaluates one more."""

    __slots__ = ("depth",)

    def __init__(self) -> None:
        self.depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1

    def __bool__(self) -> bool:
        return self.depth > 0


class ActiveCall:
    """A function whose body is being evaluated, and what it has returned so far, each with the way to it; `ways` is how
    many lead to the call, `name` is the function's, across the project; `instance` is the object of a method."""

    __slots__ = ("instance", "name", "node", "returned", "ways")

    def __init__(
        self, node: cst.FunctionDef | cst.Lambda, ways: int, name: str = "", instance: object | None = None
    ) -> None:
        self.instance = instance
        self.name = name
        self.node = node
        self.ways = ways
        self.returned: list[tuple[object, tuple[tuple[Branching, int], ...]]] = []


class InterpreterProtocol(Protocol):
    """One run of the interpreter over one document. `scope` is always passed along."""

    settings: Settings
    project: Project
    path: str
    recorder: Recorder
    heap: LayeredDict
    """Attributes by object and name."""
    root_scope: Scope
    statement: cst.CSTNode | None
    """The innermost statement at work."""

    branches: Nesting
    """Branches and loop bodies: what is set in one may not be set."""
    loops: Nesting
    tables: dict[Function, tuple[Function, ...]]
    """A function that was looked up in a container, and all functions in there."""
    expected_failures: Nesting
    """Blocks in which the script expects a failure."""
    tests: Nesting
    """Tests, which nobody waits for."""
    active_calls: list[ActiveCall]
    """The innermost last."""
    ways: list[tuple[Branching, int]]
    """The branchings whose way the statement at work lies on, and the option that each takes."""
    closed_over: list[tuple[dict[object, object], ...]]
    """What branches wrote that functions were made in."""

    work: int
    """Statements and items evaluated so far."""
    max_work: int
    unrolled: int
    """How often the loops at work, which are unrolled item by item, repeat what stands in the innermost."""

    functions: list[Function]
    """The functions and methods that are defined in view."""
    called_nodes: set[cst.CSTNode]
    """Those that are called or made a UDF."""
    called_functions: set[str]
    """Those that are called with arguments, as `path::name`."""
    call_results: dict[object, object]
    """What calls with constant arguments returned."""
    uncalled_instances: dict[Class, Instance]
    """The objects of classes that nobody in view makes."""
    returned_instances: set[Instance]
    """The objects that functions return which nobody in view calls."""
    udfs: dict[object, Udf]
    """Each UDF once, by its definition and its options."""
    udf_classes: list[Class]
    udf_bodies: list[Function]
    namespaces_in: dict[str, bool]
    """The classes under `daft.cls`, with their options."""

    def evaluate(self, node: cst.BaseExpression, scope: Scope) -> object:
        """The value of an expression."""

    def apply(self, callee: object, args: Arguments, node: cst.Call, scope: Scope) -> object:
        """What a call of a value returns."""

    def block(self, body: Sequence[cst.CSTNode], scope: Scope) -> bool:
        """Evaluate statements; true where control does not reach the end."""

    def suite(self, body: cst.BaseSuite, scope: Scope) -> bool:
        """Evaluate the body of a compound statement; true where control does not reach the end."""

    def evaluate_module(self, document: Document, on_scope: Callable[[Scope], None]) -> LayeredDict:
        """Evaluate the top level of another module, as `ModuleEvaluator` says."""

    def unrolling(self, times: int) -> AbstractContextManager[None]:
        """A loop that is unrolled: what stands in it is evaluated so many times."""
