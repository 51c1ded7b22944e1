"""From LibCST statements to steps: a small abstract interpreter, by hand-written recursion.

It evaluates what a pipeline can depend on and nothing else. Where branches meet, DataFrames become one (`merging`) and
other values a small set; loop bodies are evaluated once more for what they carry over, functions of the project are
inlined with their arguments. Every quantity is capped; caps that are reached are reported in `Script.limits_hit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import libcst as cst

from daft_lint.pipeline.dataflow.build import build_pipelines
from daft_lint.pipeline.dataflow.step_facts import ScriptContext
from daft_lint.pipeline.interpreter import calls
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.branchings import Branching
from daft_lint.pipeline.interpreter.compound_statements import COMPOUND_STATEMENTS
from daft_lint.pipeline.interpreter.constant_names import constant_names
from daft_lint.pipeline.interpreter.definitions import Class, Function, Instance
from daft_lint.pipeline.interpreter.expressions import EXPRESSIONS
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.interpreter.protocol import ActiveCall, Nesting
from daft_lint.pipeline.interpreter.recorder import Recorder
from daft_lint.pipeline.interpreter.scopes import LayeredDict, Scope
from daft_lint.pipeline.interpreter.simple_statements import simple_statements
from daft_lint.pipeline.interpreter.udf_helpers import helpers_of_udfs
from daft_lint.pipeline.interpreter.uncalled import evaluate_uncalled
from daft_lint.pipeline.interpreter.values import UNKNOWN
from daft_lint.pipeline.model import Cluster, Runner, Script, Settings, Udf
from daft_lint.source.document import Document

WORK_PER_LINE = 10
MIN_WORK = 5_000
"""Statements evaluated for one file before calls are no longer followed: `MIN_WORK` and `WORK_PER_LINE` for each line.
Of 700 files of Daft's repository and examples none takes more than 500 and 3 a line; one takes some 60 µs."""

RAY_STEPS = frozenset({"from_ray_dataset", "to_ray_dataset"})
"""Steps that say that a script is for Ray."""

T = TypeVar("T")


def interpret(document: Document, settings: Settings, project: Project) -> Script:
    """All pipelines, UDFs and calls of one document.

    Raises `ParseFailure` where a cell of a .py file does not parse; cells of notebooks and Markdown that do not are
    left out.
    """
    interpreter = Interpreter(settings, project, document.path)
    interpreter.run(document)
    script = interpreter.script()
    interpreter.break_cycles()
    return script


class Interpreter:
    """Evaluates one document; `InterpreterProtocol` says what its attributes mean."""

    def __init__(self, settings: Settings, project: Project, path: str) -> None:
        self.settings = settings
        self.project = project
        self.path = path
        self.recorder = Recorder()
        self.heap = LayeredDict()
        self.root_scope: Scope
        self.statement: cst.CSTNode | None = None
        self.branches = Nesting()
        self.loops = Nesting()
        self.tables: dict[Function, tuple[Function, ...]] = {}
        self.expected_failures = Nesting()
        self.tests = Nesting()
        self.active_calls: list[ActiveCall] = []
        self.ways: list[tuple[Branching, int]] = []
        self.closed_over: list[tuple[dict[object, object], ...]] = []
        self.work = 0
        self.max_work = MIN_WORK
        self.unrolled = 1
        self.functions: list[Function] = []
        self.called_nodes: set[cst.CSTNode] = set()
        self.called_functions: set[str] = set()
        self.call_results: dict[object, object] = {}
        self.uncalled_instances: dict[Class, Instance] = {}
        self.returned_instances: set[Instance] = set()
        self.udfs: dict[object, Udf] = {}
        self.udf_classes: list[Class] = []
        self.udf_bodies: list[Function] = []
        self.namespaces_in: dict[str, bool] = {}
        """Whether a module has a method of a namespace that expressions had, by its file."""

    # The document

    def run(self, document: Document) -> None:
        """Evaluate all cells in order in one scope, then the functions that nobody in view calls."""
        self.project.begin()
        self.max_work = MIN_WORK + WORK_PER_LINE * document.raw.count(b"\n")
        if self._evaluate_cells(document):
            evaluate_uncalled(self, document)

    def evaluate_module(self, document: Document, on_scope: Callable[[Scope], None]) -> LayeredDict:
        """Evaluate the top level of another module; its objects' attributes."""
        interpreter = Interpreter(self.settings, self.project, document.path)
        interpreter._evaluate_cells(document, on_scope)
        return interpreter.heap

    def _evaluate_cells(self, document: Document, on_scope: Callable[[Scope], None] | None = None) -> bool:
        """Evaluate the top level of a document; `on_scope` gets its scope before. False where no cell parses."""
        scope: Scope | None = None
        for cell in document.cells:
            module = self.project.parse(cell)
            if module is None:
                continue
            if scope is None:
                scope = Scope(cell, document.path)
                if on_scope is not None:
                    on_scope(scope)
            else:
                # A notebook's cells share their names, but a function keeps the cell that it stands in.
                scope = Scope(cell, document.path, scope.names, star_imports=scope.star_imports)
            self.root_scope = scope
            if document.kind == "markdown":
                self.recorder.settled_by = None  # readers run a page's examples one by one
            self.block(module.body, scope, last_is_shown=document.kind != "python")
        return scope is not None

    def script(self) -> Script:
        """What was found, once the document has been evaluated."""
        recorder = self.recorder
        own_runner = recorder.unconditional_runner()
        cluster = merge_cluster(recorder.cluster, self.settings.cluster)
        runner = own_runner or Runner.RAY
        if not recorder.runners and cluster.runner is not None:
            runner = cluster.runner
        says_ray = recorder.uses_ray or self.settings.for_ray or any(s.name in RAY_STEPS for s in recorder.steps)
        # Several nodes are Ray's: the native runner has one.
        says_ray = says_ray or self.settings.cluster.nodes is not None
        is_sure = own_runner is not None or (not recorder.runners and (cluster.runner is not None or says_ray))
        names = constant_names(recorder.steps, self)
        helpers = helpers_of_udfs(self)
        context = ScriptContext(
            runner,
            own_runner is not None,
            cluster,
            self.settings,
            recorder.morsel_size,
            constants=names,
            runner_is_sure=is_sure,
            sizes_files=recorder.sizes_files,
        )
        limits = list(recorder.limits)
        failing = recorder.failing_steps()
        return Script(
            pipelines=build_pipelines(recorder.ends(), context, limits),
            udfs=tuple(recorder.wanted_udfs(failing)),
            constructions=unique(recorder.constructions, lambda c: c.call),
            discarded=unique(recorder.discarded, lambda d: d.step.call),
            reads_on_dataframes=unique(recorder.reads_on_dataframes, lambda r: r.call),
            api_uses=unique(recorder.uses_of_daft(helpers), lambda u: (u.call, u.name)),
            expression_tests=unique(recorder.expression_tests, lambda t: (t.node, t.test)),
            runner_settings=unique(recorder.runner_settings, lambda s: s.call),
            steps=tuple(step for step in recorder.steps if step not in failing),
            turns=tuple(recorder.turns),
            runner=runner,
            runner_is_set=own_runner is not None,
            cluster=cluster,
            settings=self.settings,
            called=frozenset((*self.called_functions, *recorder.called_elsewhere)),
            limits_hit=tuple(limits),
        )

    def break_cycles(self) -> None:
        """Break the circles that would keep the trees until the garbage collector comes: functions and the scope or the
        class that they stand in hold each other. The interpreter is of no use after."""
        for function in self.functions:
            function.scope.names.layers[0].clear()
            if function.owner is not None:
                function.owner.names.clear()
        for branches in self.closed_over:
            for branch in branches:
                branch.clear()

    # The recursion

    def block(self, body: Sequence[cst.CSTNode], scope: Scope, last_is_shown: bool = False) -> bool:
        """Evaluate statements; true where control does not reach the end.

        `last_is_shown`: a notebook shows the value of the last one.
        """
        last = len(body) - 1
        for index, statement in enumerate(body):
            self.work += 1
            outer, self.statement = self.statement, statement
            if isinstance(statement, cst.SimpleStatementLine):
                ended = simple_statements(self, statement, scope, is_shown=last_is_shown and index == last)
            else:
                handler = COMPOUND_STATEMENTS.get(type(statement))
                ended = handler is not None and handler(self, statement, scope)
            self.statement = outer
            if ended:
                return True
        return False

    def suite(self, body: cst.BaseSuite, scope: Scope) -> bool:
        """Evaluate the body of a compound statement; true where control does not reach the end."""
        if isinstance(body, cst.SimpleStatementSuite):
            return simple_statements(self, body, scope)
        return self.block(body.body, scope)

    def evaluate(self, node: cst.BaseExpression, scope: Scope) -> object:
        """The value of an expression."""
        handler = EXPRESSIONS.get(type(node))
        return UNKNOWN if handler is None else handler(self, node, scope)

    def apply(self, callee: object, args: Arguments, node: cst.Call, scope: Scope) -> object:
        """What a call of a value returns."""
        return calls.apply(self, callee, args, node, scope)

    @contextmanager
    def unrolling(self, times: int) -> Iterator[None]:
        """A loop that is unrolled: what stands in it is evaluated so many times."""
        outer, self.unrolled = self.unrolled, self.unrolled * times
        try:
            yield
        finally:
            self.unrolled = outer


def merge_cluster(own: Cluster, configured: Cluster) -> Cluster:
    """The script's own facts in place of the configured ones."""
    return Cluster(
        nodes=own.nodes if own.nodes is not None else configured.nodes,
        total_concurrency=configured.total_concurrency,
        cpus_per_node=own.cpus_per_node if own.cpus_per_node is not None else configured.cpus_per_node,
        gpus_per_node=own.gpus_per_node if own.gpus_per_node is not None else configured.gpus_per_node,
        runner=configured.runner,
    )


def unique(items: Iterable[T], key: Callable[[T], object]) -> tuple[T, ...]:
    """The first of each that share a key."""
    found: dict[object, T] = {}
    for item in items:
        found.setdefault(key(item), item)
    return tuple(found.values())
