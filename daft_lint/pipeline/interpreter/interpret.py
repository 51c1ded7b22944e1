"""From LibCST statements to steps: a small abstract interpreter, by hand-written recursion.

It evaluates what a pipeline can depend on and nothing else. Branches leave a small set of possible values, loop bodies
are evaluated once more for what they carry over, functions of the tree are inlined with their arguments. Every
quantity is capped; caps that are reached are reported in `Script.limits_hit`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.dataflow.flow import Context, End, pipelines
from daft_lint.pipeline.facts.footers import footer_facts
from daft_lint.pipeline.interpreter.constant_names import constants_of
from daft_lint.pipeline.interpreter.externals import ASSERTING_FAILURE, BUILTINS, EXPECTING_FAILURE, Externals
from daft_lint.pipeline.interpreter.steps import Steps, matching_facts, merged_facts
from daft_lint.pipeline.interpreter.udfs import Udfs
from daft_lint.pipeline.interpreter.values import (
    MAX_TEXT,
    UNKNOWN,
    Args,
    Attributes,
    Bound,
    Choice,
    Class,
    DaftName,
    Decorator,
    Entries,
    External,
    ExternalCall,
    Frame,
    Function,
    Instance,
    Items,
    Layers,
    Lazy,
    Literal,
    Marked,
    Method,
    Module,
    Namespace,
    OpenParameter,
    Partial,
    Scope,
    Sized,
    UdfFunction,
    arithmetic,
    bound_at,
    choice,
    compared,
    each,
    element_of,
    frames_in,
    literal,
    named,
    repeated,
    unsure,
)
from daft_lint.pipeline.model import (
    Cluster,
    Construction,
    DiscardedStep,
    Expression,
    ExpressionKind,
    LegacyUse,
    NodeRef,
    Projection,
    ReadOnDataFrame,
    Reads,
    Runner,
    Script,
    Settings,
    Source,
    SourceFacts,
    Step,
    StepKind,
    Udf,
)
from daft_lint.source.pytest_names import is_test_file, is_test_function
from daft_lint.source.syntax import (
    chain_root,
    constant,
    dataclass_fields,
    decorator_names,
    dotted,
    is_main_guard,
    last_name,
    quoted,
    single_index,
)

if TYPE_CHECKING:
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.source.document import Document

MAX_CALL_DEPTH = 8
"""Functions inlined into one another."""
WORK_PER_LINE = 30
MIN_WORK = 20_000
"""Statements evaluated for one file: `MIN_WORK` and `WORK_PER_LINE` for each line."""
MAX_LOOP_ITEMS = 8
"""Items of a literal list that a loop goes through one by one; for loops in one another, of all of them."""
MAX_LOOP_DEPTH = 2
"""Nested loops whose body is evaluated a second time."""

CONSTANTS = {"True": Literal(True), "False": Literal(False), "None": Literal(None)}
MAX_UNROLLED = 64
"""Items of a literal list that a comprehension goes through one by one."""


@dataclass(slots=True, eq=False)
class Recorder:
    """What the interpreter notes of one file while it runs."""

    steps: list[Step] = field(default_factory=list)
    consumed: set[Step] = field(default_factory=set)
    escaped: set[Step] = field(default_factory=set)
    top_level: set[Step] = field(default_factory=set)
    returned: set[Step] = field(default_factory=set)
    in_tests: set[Step] = field(default_factory=set)
    """Made in a test: nobody waits for it, and its rows are few."""
    failing: set[Step] = field(default_factory=set)
    """Made where the script expects a failure."""
    udfs: list[Udf] = field(default_factory=list)
    constructions: list[Construction] = field(default_factory=list)
    discarded: list[DiscardedStep] = field(default_factory=list)
    reads_on_dataframes: list[ReadOnDataFrame] = field(default_factory=list)
    legacy: list[LegacyUse] = field(default_factory=list)
    runners: list[tuple[Runner, bool]] = field(default_factory=list)
    cluster: Cluster = field(default_factory=Cluster)
    morsel_size: int | None = None
    limits: dict[str, None] = field(default_factory=dict)


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
    """Evaluates one document. `scope` is always passed along; `statement` is the statement at work."""

    def __init__(self, settings: Settings, project: Project, path: str) -> None:
        self.settings = settings
        self.project = project
        self.path = path
        self.recorder = Recorder()
        self.heap = Layers()
        self.statement: cst.CSTNode | None = None
        self.branch_depth = 0
        self.call_depth = 0
        self.loop_depth = 0
        self.unrolled = 1
        self.expects_failure = 0
        self.rehearsals = 0
        self.work = 0
        self.max_work = MIN_WORK
        self.active: list[cst.CSTNode] = []
        self.called: set[cst.CSTNode] = set()
        self.entries: set[str] = set()
        self.functions: list[tuple[Function, Class | None]] = []
        self.returned: list[list[object]] = []
        self.memo: dict[object, object] = {}
        self.root_scope: Scope
        self.steps = Steps(self)
        self.udfs = Udfs(self)
        self.externals = Externals(self)

    # The document

    def run(self, document: Document) -> None:
        """Evaluate all cells in order in one scope, then the functions that nobody in view calls."""
        self.max_work = MIN_WORK + WORK_PER_LINE * document.raw.count(b"\n")
        if self.define(document):
            self.uncalled(document)

    def define(self, document: Document, ready: Callable[[Scope], None] | None = None) -> bool:
        """Evaluate the top level of a document; `ready` gets its scope before. False where no cell parses."""
        scope: Scope | None = None
        for cell in document.cells:
            module = self.project.parse(cell)
            if module is None:
                continue
            if scope is None:
                scope = Scope(cell, document.path)
                if ready is not None:
                    ready(scope)
            else:
                # A notebook's cells share their names, but a function keeps the cell that it stands in.
                scope = Scope(cell, document.path, scope.names, stars=scope.stars)
            self.root_scope = scope
            self.block(module.body, scope, last_is_shown=document.kind != "python")
        return scope is not None

    def uncalled(self, document: Document) -> None:
        """Evaluate the functions that nobody called, those that nobody mentions first."""
        raw = b"\n".join(cell.source for cell in document.cells)
        mentions: dict[str, int] = {}
        for word in re.findall(rb"(?<!def )\b([A-Za-z_]\w*)\s*\(", raw):
            mentions[word.decode()] = mentions.get(word.decode(), 0) + 1
        for mentioned in (False, True):
            index = 0
            while index < len(self.functions):
                function, owner = self.functions[index]
                index += 1
                if function.node in self.called or bool(mentions.get(function.name)) is not mentioned:
                    continue
                if function.scope.path != self.path:
                    continue
                self.called.add(function.node)
                self.enter_uncalled(function, owner)

    def enter_uncalled(self, function: Function, owner: Class | None) -> None:
        instance = (
            self.instance_of(owner)
            if owner is not None and "staticmethod" not in decorator_names(function.node)
            else None
        )
        rehearsal = is_test(self.path, function, owner)
        self.rehearsals += rehearsal
        value = self.inline(function, None, instance)
        self.rehearsals -= rehearsal
        for frame in frames_in(value):
            self.recorder.escaped.add(frame.step)

    def instance_of(self, owner: Class) -> Instance:
        """An object of a class that nobody in view makes, its `__init__` evaluated with unknown arguments."""
        known = self.memo.get(("instance", owner))
        if isinstance(known, Instance):
            return known
        instance = Instance(owner)
        self.memo["instance", owner] = instance
        init = owner.names.get("__init__")
        if isinstance(init, Function):
            self.called.add(init.node)
            self.inline(init, None, instance)
        return instance

    def script(self) -> Script:
        recorder = self.recorder
        unconditional = [r for r, sure in recorder.runners if sure]
        conditional = any(not sure for _, sure in recorder.runners)
        is_set = bool(unconditional) and not conditional and len(set(unconditional)) == 1
        runner = unconditional[-1] if is_set else Runner.RAY
        cluster = merge_cluster(recorder.cluster, self.settings.cluster)
        if not recorder.runners and cluster.runner is not None:
            runner = cluster.runner
        constants = constants_of(recorder.steps, self)
        context = Context(runner, is_set, cluster, self.settings, recorder.morsel_size, constants=constants)
        limits = list(recorder.limits)
        return Script(
            pipelines=pipelines(self.ends(), context, limits),
            udfs=tuple(recorder.udfs),
            constructions=unique(recorder.constructions, lambda c: c.call),
            discarded=unique(recorder.discarded, lambda d: d.step.call),
            reads_on_dataframes=unique(recorder.reads_on_dataframes, lambda r: r.call),
            legacy=unique(recorder.legacy, lambda u: (u.call, u.name)),
            steps=tuple(step for step in recorder.steps if step not in recorder.failing),
            runner=runner,
            runner_is_set=is_set,
            cluster=cluster,
            settings=self.settings,
            called=frozenset(self.entries),
            limits_hit=tuple(limits),
        )

    def ends(self) -> list[End]:
        """Where DataFrames are read, returned, or left unread.

        A DataFrame that a function makes and drops never runs; one that a function returns, or that a module leaves
        behind, may be read by others.
        What a test makes is left out.
        """
        ends = []
        recorder = self.recorder
        for step in recorder.steps:
            if step in recorder.in_tests:
                continue
            if step.kind is StepKind.SINK:
                ends.append(End(step, step.reads, False))
            elif step.kind is StepKind.COLLECT or step in recorder.escaped:
                ends.append(End(step, Reads.ALL, False))
            elif step not in recorder.consumed:
                is_left = step in recorder.top_level or step in recorder.returned
                ends.append(End(step, Reads.ALL if is_left else Reads.NONE, False))
        return ends

    def break_cycles(self) -> None:
        """Break the circles that would keep the trees until the garbage collector comes: functions and the scope or
        the class that they stand in hold each other, and so do the interpreter and its parts. It is of no use after."""
        for function, owner in self.functions:
            function.scope.names.layers[0].clear()
            if owner is not None:
                owner.names.clear()
        vars(self).clear()

    # Statements

    def block(self, body: Sequence[cst.CSTNode], scope: Scope, last_is_shown: bool = False) -> bool:
        """Evaluate statements; true where control does not reach the end."""
        last = len(body) - 1
        for index, statement in enumerate(body):
            self.work += 1
            handler = STATEMENTS.get(type(statement))
            if handler is None:
                continue
            outer, self.statement = self.statement, statement
            if isinstance(statement, cst.SimpleStatementLine):
                ended = self.simple_line(statement, scope, shown=last_is_shown and index == last)
            else:
                ended = handler(self, statement, scope)
            self.statement = outer
            if ended:
                return True
        return False

    def suite(self, body: cst.BaseSuite, scope: Scope) -> bool:
        if isinstance(body, cst.SimpleStatementSuite):
            ended = [self.small(s, scope, shown=False) for s in body.body]
            return any(ended)
        return self.block(body.body, scope)

    def simple_line(self, line: cst.SimpleStatementLine, scope: Scope, shown: bool = False) -> bool:
        last = len(line.body) - 1
        ended = False
        for index, small in enumerate(line.body):
            ended = self.small(small, scope, shown=shown and index == last) or ended
        return ended

    def small(self, node: cst.BaseSmallStatement, scope: Scope, shown: bool) -> bool:
        handler = SMALL.get(type(node))
        if handler is None:
            return isinstance(node, (cst.Raise, cst.Break, cst.Continue))
        if isinstance(node, cst.Expr):
            self.expression_statement(node, scope, shown)
            return False
        return bool(handler(self, node, scope))

    def expression_statement(self, node: cst.Expr, scope: Scope, shown: bool) -> None:
        value = self.evaluate(node.value, scope)
        call = node.value.expression if isinstance(node.value, cst.Await) else node.value
        if shown or self.expects_failure or not isinstance(call, cst.Call) or not isinstance(value, Frame):
            return
        step = value.step
        if step.call.node is not call or step.kind in (StepKind.SINK, StepKind.COLLECT, StepKind.SOURCE):
            return
        spec = catalog.STEPS.get(step.name)
        if spec is not None and spec.lazy:
            self.recorder.consumed.add(step)
            root = chain_root(call)
            holds_frame = bool(dotted(root)) and bool(frames_in(self.evaluate(root, scope)))
            self.recorder.discarded.append(DiscardedStep(step, dotted(root) if holds_frame else None))

    def assign(self, node: cst.Assign, scope: Scope) -> None:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self.bind(target.target, value, scope)

    def annotated(self, node: cst.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.bind(node.target, self.evaluate(node.value, scope), scope)
        elif isinstance(node.target, cst.Name) and self.is_dataframe_annotation(node.annotation, scope):
            self.bind(node.target, self.open_frame(scope.location(node.target), "unknown"), scope)

    def augmented(self, node: cst.AugAssign, scope: Scope) -> None:
        before = self.evaluate(node.target, scope)
        value = self.evaluate(node.value, scope)
        after: object = UNKNOWN
        if isinstance(before, Items) and isinstance(value, Items):
            after = Items(before.items + value.items, before.open or value.open)
        elif isinstance(before, Expression) or isinstance(value, Expression):
            after = self.operator(node, [before, value], scope)
        elif isinstance(before, Items):
            after = Items(before.items, open=True)
        self.bind(node.target, after, scope)

    def bind(self, target: cst.BaseExpression, value: object, scope: Scope) -> None:
        if isinstance(target, cst.Name):
            scope.set(target.value, bound_at(value, scope.location(target)))
        elif isinstance(target, (cst.Tuple, cst.List)):
            self.unpack(target, value, scope)
        elif isinstance(target, cst.Attribute):
            owner = self.evaluate(target.value, scope)
            if isinstance(owner, Instance):
                self.heap.set((owner, target.attr.value), bound_at(value, scope.location(target)))
            elif isinstance(owner, Attributes):
                owner.names[target.attr.value] = value
            else:
                self.escape(value)
        elif isinstance(target, cst.Subscript):
            self.bind_item(target, value, scope)

    def unpack(self, target: cst.Tuple | cst.List, value: object, scope: Scope) -> None:
        known = isinstance(value, Items) and not value.open and len(value.items) == len(target.elements)
        for index, element in enumerate(target.elements):
            item = value.items[index] if known and isinstance(value, Items) else UNKNOWN
            self.bind(element.value, UNKNOWN if isinstance(element, cst.StarredElement) else item, scope)
        if not known:
            self.escape(value)

    def bind_item(self, target: cst.Subscript, value: object, scope: Scope) -> None:
        owner = self.evaluate(target.value, scope)
        index = single_index(target)
        key = UNKNOWN if index is None else self.evaluate(index, scope)
        if owner == External("os.environ") and key == Literal("DAFT_RUNNER"):
            runner = {"native": Runner.NATIVE, "ray": Runner.RAY}.get(str(literal(value)))
            if runner is not None:
                self.recorder.runners.append((runner, self.branch_depth == 0))
        if isinstance(owner, Entries) and isinstance(target.value, cst.Name):
            known = isinstance(key, Literal)
            entries = {**owner.entries, key.value: value} if isinstance(key, Literal) else owner.entries
            self.bind(target.value, Entries(entries, owner.open or not known), scope)
        else:
            self.escape(value)

    def return_(self, node: cst.Return, scope: Scope) -> bool:
        value = self.evaluate(node.value, scope) if node.value is not None else Literal(None)
        if self.returned:
            self.returned[-1].append(value)
        return True

    def raise_(self, node: cst.Raise, scope: Scope) -> bool:
        return True

    def assert_(self, node: cst.Assert, scope: Scope) -> None:
        self.evaluate(node.test, scope)

    def global_(self, node: cst.Global | cst.Nonlocal, scope: Scope) -> None:
        if isinstance(node, cst.Global):
            scope.globals_ = scope.globals_ | {item.name.value for item in node.names}

    # Branches and loops

    def fork(self, scope: Scope, runs: Iterable[Callable[[], bool]], or_unchanged: bool) -> bool:
        """Evaluate alternatives and merge what they wrote; true where none reaches the end."""
        written: list[dict[object, object]] = []
        stored: list[dict[object, object]] = []
        for run in runs:
            scope.names.push()
            self.heap.push()
            self.branch_depth += 1
            ended = run()
            self.branch_depth -= 1
            names, heap = scope.names.pop(), self.heap.pop()
            if not ended:
                written.append(names)
                stored.append(heap)
        if not written and not or_unchanged:
            return True
        scope.names.merge(written, or_unchanged)
        self.heap.merge(stored, or_unchanged)
        return False

    def if_(self, node: cst.If, scope: Scope) -> bool:
        known = self.truth(node.test, scope)
        if known is True:
            return self.suite(node.body, scope)
        runs: list[Callable[[], bool]] = []
        if known is None:
            runs.append(lambda: self.suite(node.body, scope))
        orelse = node.orelse
        if known is False:
            if isinstance(orelse, cst.If):
                return self.if_(orelse, scope)
            return self.suite(orelse.body, scope) if isinstance(orelse, cst.Else) else False
        if isinstance(orelse, cst.If):
            inner = orelse
            runs.append(lambda: self.if_(inner, scope))
        elif isinstance(orelse, cst.Else):
            body = orelse.body
            runs.append(lambda: self.suite(body, scope))
        return self.fork(scope, runs, or_unchanged=orelse is None)

    def truth(self, test: cst.BaseExpression, scope: Scope) -> bool | None:
        """What a test is known to be: only constants decide, and the main guard counts as true."""
        if is_main_guard(test):
            return True
        value = self.evaluate(test, scope)
        if isinstance(value, Literal) and value.sure:
            return bool(value.value)
        return True if value == External("typing.TYPE_CHECKING") else None

    def for_(self, node: cst.For, scope: Scope) -> bool:
        values = self.evaluate(node.iter, scope)
        self.steps.iterate(values, node.iter, scope)
        if isinstance(values, Items) and not values.open and 0 < len(values.items) <= MAX_LOOP_ITEMS // self.unrolled:
            outer, self.unrolled = self.unrolled, self.unrolled * len(values.items)
            for item in values.items:
                if self.work <= self.max_work:
                    self.bind(node.target, item, scope)
                    self.suite(node.body, scope)
            self.unrolled = outer
        else:
            self.loop(scope, lambda: self.bind(node.target, element_of(values), scope), node.body)
        if node.orelse is not None:
            self.suite(node.orelse.body, scope)
        return False

    def while_(self, node: cst.While, scope: Scope) -> bool:
        self.evaluate(node.test, scope)
        self.loop(scope, lambda: None, node.body)
        if node.orelse is not None:
            self.suite(node.orelse.body, scope)
        return False

    def loop(self, scope: Scope, begin: Callable[[], None], body: cst.BaseSuite) -> None:
        """The body once, and once more where it rebinds a DataFrame. A loop that rebinds one is taken to run: what an
        empty loop would leave is no plan that its author has in mind."""

        self.loop_depth += 1
        scope.names.push()
        self.heap.push()
        self.branch_depth += 1
        begin()
        self.suite(body, scope)
        written = scope.names.layers[-1]
        carried = any(frames_in(v) and frames_in(scope.names.beneath(k)) for k, v in written.items())
        if carried and self.loop_depth <= MAX_LOOP_DEPTH:
            begin()
            self.suite(body, scope)
        self.branch_depth -= 1
        scope.names.close_loop()
        self.heap.close_loop()
        self.loop_depth -= 1

    def try_(self, node: cst.Try | cst.TryStar, scope: Scope) -> bool:
        def body() -> bool:
            ended = self.suite(node.body, scope)
            if not ended and node.orelse is not None:
                ended = self.suite(node.orelse.body, scope)
            return ended

        runs: list[Callable[[], bool]] = [body]
        for handler in node.handlers:
            runs.append(lambda handler=handler: self.suite(handler.body, scope))  # type: ignore[misc]
        if node.handlers:
            self.branch_depth -= 1
            ended = self.fork(scope, runs, or_unchanged=False)
            self.branch_depth += 1
        else:
            ended = body()
        if node.finalbody is not None:
            ended = self.suite(node.finalbody.body, scope) or ended
        return ended

    def with_(self, node: cst.With, scope: Scope) -> bool:
        expecting = tests = 0
        for item in node.items:
            value = self.evaluate(item.item, scope)
            asserts = isinstance(item.item, cst.Call) and last_name(item.item) in ASSERTING_FAILURE
            tests += asserts
            if asserts or (isinstance(value, ExternalCall) and value.path in EXPECTING_FAILURE):
                expecting += 1
            if item.asname is not None:
                self.bind(item.asname.name, value, scope)
        self.expects_failure += expecting
        self.rehearsals += tests
        ended = self.suite(node.body, scope)
        self.expects_failure -= expecting
        self.rehearsals -= tests
        return ended and not expecting

    def match_(self, node: cst.Match, scope: Scope) -> bool:
        self.evaluate(node.subject, scope)
        runs: list[Callable[[], bool]] = []
        for case in node.cases:
            runs.append(lambda case=case: self.suite(case.body, scope))  # type: ignore[misc]
        return self.fork(scope, runs, or_unchanged=True)

    # Definitions

    def function_def(self, node: cst.FunctionDef, scope: Scope) -> bool:
        function = Function(node, scope, node.name.value, decorated=bool(node.decorators))
        value = self.decorate(node, function, scope)
        scope.set(node.name.value, value)
        if isinstance(value, Function):
            self.functions.append((value, None))
        return False

    def decorate(self, node: cst.FunctionDef | cst.ClassDef, value: object, scope: Scope) -> object:
        """Apply the decorators that mean something to Daft, the innermost first."""
        for decorator in reversed(node.decorators):
            applied = self.evaluate(decorator.decorator, scope)
            if isinstance(applied, (DaftName, Decorator)):
                value = self.udfs.apply(applied, value, NodeRef(scope.cell, decorator.decorator), scope)
        return value

    def class_def(self, node: cst.ClassDef, scope: Scope) -> bool:
        bases = tuple(self.evaluate(base.value, scope) for base in node.bases)
        inner = Scope(scope.cell, scope.path, parent=scope)
        names: dict[str, object] = {}
        decorated = any(last_name(d.decorator) == "dataclass" for d in node.decorators)
        owner = Class(node, scope, names, bases, dataclass=decorated)
        methods: list[Function] = []
        body = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
        for statement in body:
            if isinstance(statement, cst.FunctionDef):
                name = statement.name.value
                function = Function(statement, scope, name, owner, decorated=bool(statement.decorators))
                value = self.decorate(statement, function, inner)
                inner.set(name, value)
                if isinstance(value, Function):
                    methods.append(value)
            else:
                self.block([statement], inner)
        for key, bound in inner.names.layers[0].items():
            names[str(key)] = bound
        value = self.decorate(node, owner, scope)
        scope.set(node.name.value, value)
        if isinstance(value, Class) and value.udf is None:
            self.functions.extend((m, value) for m in methods if m.name != "__init__")
        return False

    def import_(self, node: cst.Import, scope: Scope) -> None:
        for alias in node.names:
            name = dotted(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                scope.set(alias.asname.name.value, self.imported(name, None, 0, scope))
            else:
                top = name.partition(".")[0]
                scope.set(top, self.imported(top, None, 0, scope))

    def import_from(self, node: cst.ImportFrom, scope: Scope) -> None:
        module = dotted(node.module) if node.module is not None else ""
        level = len(node.relative)
        if isinstance(node.names, cst.ImportStar):
            self.import_star(module, level, scope)
            return
        for alias in node.names:
            name = alias.name.value if isinstance(alias.name, cst.Name) else dotted(alias.name)
            bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
            scope.set(bound, self.imported(module, name, level, scope))

    def imported(self, module: str, name: str | None, level: int, scope: Scope) -> object:
        module = self.project.modules.absolute(module, level, scope.path)
        path = module if name is None else f"{module}.{name}"
        if module == "daft" or module.startswith("daft."):
            return DaftName(path)
        if self.project.modules.holds(module, name, scope.path):
            return Lazy(module, name, 0)
        return External(path)

    def import_star(self, module: str, level: int, scope: Scope) -> None:
        module = self.project.modules.absolute(module, level, scope.path)
        if module == "daft" or module.startswith("daft."):
            scope.stars.append(module)
        elif self.project.modules.holds(module, None, scope.path):
            inner = self.project.scope_of(module, scope.path, self.settings)
            if inner is not None:
                for key, value in inner.names.layers[0].items():
                    if not str(key).startswith("_"):
                        scope.set(str(key), value)

    def force(self, lazy: Lazy, scope: Scope, depth: int = 0) -> object:
        """The value of a name that another module of the tree defines; imports in a circle are not known."""
        if depth > MAX_CALL_DEPTH:
            return UNKNOWN
        inner = self.project.scope_of(lazy.module, scope.path, self.settings)
        if lazy.name is None:
            return Module(inner) if inner is not None else UNKNOWN
        if inner is not None:
            value = inner.get(lazy.name)
            if value is not None:
                return self.force(value, inner, depth + 1) if isinstance(value, Lazy) else value
        submodule = f"{lazy.module}.{lazy.name}"
        if self.project.modules.holds(submodule, None, scope.path):
            inner = self.project.scope_of(submodule, scope.path, self.settings)
            if inner is not None:
                return Module(inner)
        return UNKNOWN

    # Expressions

    def evaluate(self, node: cst.BaseExpression, scope: Scope) -> object:
        handler = EXPRESSIONS.get(type(node))
        return UNKNOWN if handler is None else handler(self, node, scope)

    def name(self, node: cst.Name, scope: Scope) -> object:
        constant = CONSTANTS.get(node.value)
        return self.lookup(node.value, scope) if constant is None else constant

    def lookup(self, name: str, scope: Scope) -> object:
        value = scope.get(name)
        if value is None:
            for module in scope.root().stars:
                if name in catalog.FUNCTIONS or name in catalog.SOURCES or module == "daft":
                    return DaftName(f"{module}.{name}")
            return External(f"builtins.{name}") if name in BUILTINS else UNKNOWN
        if isinstance(value, Lazy):
            value = self.force(value, scope)
            scope.root().names.set(name, value)
        if isinstance(value, Literal) and value.name != name:
            return Literal(value.value, name, value.sure, value.origin)
        return value

    def attribute(self, node: cst.Attribute, scope: Scope) -> object:
        owner = self.evaluate(node.value, scope)
        if isinstance(owner, Choice):
            return choice(self.attribute_of(o, node, scope) for o in owner.values)
        return self.attribute_of(owner, node, scope)

    def attribute_of(self, owner: object, node: cst.Attribute, scope: Scope) -> object:
        name = node.attr.value
        if isinstance(owner, DaftName):
            return DaftName(f"{owner.path}.{name}")
        if isinstance(owner, External):
            return External(f"{owner.path}.{name}")
        if isinstance(owner, Module):
            value = owner.scope.get(name)
            value = self.force(value, owner.scope) if isinstance(value, Lazy) else value or UNKNOWN
            return named(value, node)
        if isinstance(owner, Instance):
            return self.instance_attribute(owner, node)
        if isinstance(owner, Class):
            return named(self.class_attribute(owner, name) or UNKNOWN, node)
        if isinstance(owner, Attributes):
            known = owner.names.get(name)
            return Method(owner, name, node) if known is None else named(known, node)
        if isinstance(owner, Expression) and name in catalog.LEGACY_NAMESPACES:
            return Namespace(owner, name)
        return UNKNOWN if owner is UNKNOWN else Method(owner, name, node)

    def instance_attribute(self, owner: Instance, node: cst.Attribute) -> object:
        name = node.attr.value
        value = self.heap.get((owner, name)) or self.project.heap.get((owner, name))
        if value is not None:
            return named(value, node)
        value = self.class_attribute(owner.of, name)
        if isinstance(value, Function):
            if "property" in decorator_names(value.node):
                self.called.add(value.node)
                return self.inline(value, Args(), owner)
            return value if "staticmethod" in decorator_names(value.node) else Bound(owner, value)
        if isinstance(value, Marked):
            return Bound(owner, value)
        return UNKNOWN if value is None else named(value, node)

    def class_attribute(self, owner: Class, name: str, depth: int = 0) -> object | None:
        value = owner.names.get(name)
        if value is None and depth < MAX_CALL_DEPTH:
            for base in owner.bases:
                if isinstance(base, Lazy):
                    base = self.force(base, owner.scope)
                if isinstance(base, Class):
                    value = self.class_attribute(base, name, depth + 1)
                    if value is not None:
                        break
        return value

    def subscript(self, node: cst.Subscript, scope: Scope) -> object:
        owner = self.evaluate(node.value, scope)
        index = single_index(node)
        keys = [self.evaluate(e.slice.value, scope) for e in node.slice if isinstance(e.slice, cst.Index)]
        if len(keys) > 1:
            return choice(self.steps.subscript(o, Items(tuple(keys)), node, scope) for o in each(owner))
        key = keys[0] if index is not None and keys else UNKNOWN
        return choice(self.item(o, key, node, scope) for o in each(owner))

    def item(self, owner: object, key: object, node: cst.Subscript, scope: Scope) -> object:
        if owner is UNKNOWN or isinstance(owner, (Frame, Expression, OpenParameter)):
            return self.steps.subscript(owner, key, node, scope)
        if isinstance(owner, Entries) and isinstance(key, Literal):
            return named(owner.entries.get(key.value, UNKNOWN), node)
        if isinstance(owner, Items) and isinstance(key, Literal) and isinstance(key.value, int):
            known = not owner.open and -len(owner.items) <= key.value < len(owner.items)
            return named(owner.items[key.value], node) if known else UNKNOWN
        return owner if isinstance(owner, (DaftName, External)) else UNKNOWN

    def string(self, node: cst.SimpleString, scope: Scope) -> object:
        text = node.value
        # Most strings are plain: `evaluated_value` compiles each of them.
        plain = text[0] in "'\"" and "\\" not in text and text[1:2] != text[0]
        value = text[1:-1] if plain else constant(node)
        return UNKNOWN if value is None else Literal(value)

    def concatenated(self, node: cst.ConcatenatedString, scope: Scope) -> object:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        if isinstance(left, Literal) and isinstance(right, Literal):
            return arithmetic(cst.Add(), left, right)
        return UNKNOWN

    def formatted(self, node: cst.FormattedString, scope: Scope) -> object:
        parts: list[str] = []
        sure, known = True, True
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                parts.append(part.value)
            elif isinstance(part, cst.FormattedStringExpression):
                value = self.evaluate(part.expression, scope)
                if isinstance(value, Literal) and part.format_spec is None and part.conversion is None:
                    parts.append(str(value.value))
                    sure = sure and value.sure
                else:
                    known = False
        known = known and sum(map(len, parts)) <= MAX_TEXT
        return Literal("".join(parts), sure=sure) if known else UNKNOWN

    def number(self, node: cst.Integer | cst.Float, scope: Scope) -> object:
        text = node.value
        # As with strings: most are a few digits, with no 0 in front that Python would refuse.
        plain = len(text) < 19 and text.isdecimal() and (text[0] != "0" or text == "0")
        value = int(text) if plain else constant(node)
        return UNKNOWN if value is None else Literal(value)

    def sequence(self, node: cst.List | cst.Tuple | cst.Set, scope: Scope) -> object:
        items: list[object] = []
        is_open = False
        for element in node.elements:
            value = self.evaluate(element.value, scope)
            if not isinstance(element, cst.StarredElement):
                items.append(value)
            elif isinstance(value, Items):
                items.extend(value.items)
                is_open = is_open or value.open
            else:
                is_open = True
        return Items(tuple(items), is_open)

    def dict_(self, node: cst.Dict, scope: Scope) -> object:
        entries: dict[object, object] = {}
        is_open = False
        for element in node.elements:
            value = self.evaluate(element.value, scope)
            if isinstance(element, cst.DictElement):
                key = self.evaluate(element.key, scope)
                if isinstance(key, Literal):
                    entries[key.value] = value
                else:
                    is_open = True
                    entries[value] = value
            elif isinstance(value, Entries):
                entries.update(value.entries)
                is_open = is_open or value.open
            else:
                is_open = True
        return Entries(entries, is_open)

    def binary(self, node: cst.BinaryOperation, scope: Scope) -> object:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        if isinstance(left, Literal) and isinstance(right, Literal):
            return arithmetic(node.operator, left, right)
        if any(isinstance(v, Expression) for side in (left, right) for v in each(side)):
            return self.operator(node, [left, right], scope)
        if isinstance(node.operator, cst.Multiply):
            return repeated(left, right)
        if isinstance(node.operator, cst.Add) and isinstance(left, Items) and isinstance(right, Items):
            return Items(left.items + right.items, left.open or right.open)
        if isinstance(node.operator, cst.BitOr) and isinstance(left, Entries) and isinstance(right, Entries):
            return Entries({**left.entries, **right.entries}, left.open or right.open)
        return UNKNOWN

    def operator(self, node: cst.CSTNode, values: Sequence[object], scope: Scope) -> Expression:
        inputs = tuple(self.steps.expression(v, node, scope) for v in values)
        output = next((e.output for e in inputs if e.kind is not ExpressionKind.LITERAL), None)
        return Expression(ExpressionKind.FUNCTION, scope.location(node), "operator", inputs, output=output)

    def unary(self, node: cst.UnaryOperation, scope: Scope) -> object:
        value = self.evaluate(node.expression, scope)
        if isinstance(value, Expression):
            return self.operator(node, [value], scope)
        if isinstance(value, Literal):
            if isinstance(node.operator, cst.Not):
                return Literal(not value.value, sure=value.sure)
            if isinstance(node.operator, cst.Minus) and isinstance(value.value, (int, float)):
                return Literal(-value.value, sure=value.sure)
        return UNKNOWN

    def boolean(self, node: cst.BooleanOperation, scope: Scope) -> object:
        left = self.evaluate(node.left, scope)
        right = self.evaluate(node.right, scope)
        if isinstance(left, Literal) and left.sure:
            decided = bool(left.value) is isinstance(node.operator, cst.Or)
            return left if decided else right
        if isinstance(node.operator, cst.Or):
            return choice([left, right]) if left is not UNKNOWN else unsure(right)
        return UNKNOWN

    def comparison(self, node: cst.Comparison, scope: Scope) -> object:
        values = [self.evaluate(node.left, scope)]
        values += [self.evaluate(c.comparator, scope) for c in node.comparisons]
        if any(isinstance(v, Expression) for v in values):
            return self.operator(node, values, scope)
        if len(values) == 2:
            return compared(node.comparisons[0].operator, values[0], values[1])
        return UNKNOWN

    def ternary(self, node: cst.IfExp, scope: Scope) -> object:
        known = self.truth(node.test, scope)
        if known is not None:
            return self.evaluate(node.body if known else node.orelse, scope)
        return choice([self.evaluate(node.body, scope), self.evaluate(node.orelse, scope)])

    def lambda_(self, node: cst.Lambda, scope: Scope) -> object:
        return Function(node, scope, "<lambda>")

    def walrus(self, node: cst.NamedExpr, scope: Scope) -> object:
        value = self.evaluate(node.value, scope)
        self.bind(node.target, value, scope)
        return value

    def await_(self, node: cst.Await, scope: Scope) -> object:
        return self.evaluate(node.expression, scope)

    def yield_(self, node: cst.Yield, scope: Scope) -> object:
        value = node.value.item if isinstance(node.value, cst.From) else node.value
        if value is not None:
            self.escape(self.evaluate(value, scope))
        return UNKNOWN

    def comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp, scope: Scope) -> object:
        inner = Scope(scope.cell, scope.path, parent=scope)
        values = self.evaluate(node.for_in.iter, scope)
        plain_loop = not node.for_in.ifs and node.for_in.inner_for_in is None
        if isinstance(values, Items) and plain_loop and len(values.items) <= MAX_UNROLLED // self.unrolled:
            items = []
            outer, self.unrolled = self.unrolled, self.unrolled * max(1, len(values.items))
            for item in values.items:
                self.work += 1
                self.bind(node.for_in.target, item, inner)
                items.append(self.evaluate(node.elt, inner))
            self.unrolled = outer
            return Items(tuple(items), values.open)
        self.comp_for(node.for_in, values, inner)
        item = self.evaluate(node.elt, inner)
        if isinstance(values, Sized) and plain_loop and not isinstance(item, (Expression, Frame)):
            return values
        return Items((item,), open=True)

    def dict_comprehension(self, node: cst.DictComp, scope: Scope) -> object:
        inner = Scope(scope.cell, scope.path, parent=scope)
        self.comp_for(node.for_in, self.evaluate(node.for_in.iter, scope), inner)
        value = self.evaluate(node.value, inner)
        return Entries({value: value} if isinstance(value, Expression) else {}, open=True)

    def comp_for(self, clause: cst.CompFor, values: object, inner: Scope) -> None:
        self.steps.iterate(values, clause.iter, inner)
        self.bind(clause.target, element_of(values), inner)
        for test in clause.ifs:
            self.evaluate(test.test, inner)
        if clause.inner_for_in is not None:
            self.comp_for(clause.inner_for_in, self.evaluate(clause.inner_for_in.iter, inner), inner)

    # Calls

    def arguments(self, node: cst.Call, scope: Scope) -> Args:
        args = Args()
        for arg in node.args:
            value = self.evaluate(arg.value, scope)
            if arg.star == "*":
                if isinstance(value, Items):
                    self.work += len(value.items)
                    args.positional.extend((item, arg.value) for item in value.items)
                    args.open = args.open or value.open
                else:
                    args.open = True
            elif arg.star == "**":
                if isinstance(value, Entries):
                    args.keywords.update((str(k), (v, arg.value)) for k, v in value.entries.items())
                    args.open = args.open or value.open
                else:
                    args.open = True
            elif arg.keyword is not None:
                args.keywords[arg.keyword.value] = (value, arg.value)
            else:
                args.positional.append((value, arg.value))
        return args

    def call(self, node: cst.Call, scope: Scope) -> object:
        if isinstance(node.func, cst.Attribute):
            owner = self.evaluate(node.func.value, scope)
            args = self.arguments(node, scope)
            results = []
            for one in each(owner):
                if one is UNKNOWN or isinstance(one, (OpenParameter, Frame, Expression)):
                    results.append(self.steps.method(one, node.func.attr.value, args, node, scope))
                else:
                    value = self.attribute_of(one, node.func, scope)
                    results.append(self.apply(value, args, node, scope))
            return choice(results)
        callee = self.evaluate(node.func, scope)
        args = self.arguments(node, scope)
        return choice([self.apply(one, args, node, scope) for one in each(callee)])

    def apply(self, callee: object, args: Args, node: cst.Call, scope: Scope) -> object:
        handler = CALLS.get(type(callee))
        if handler is None:
            for value in args.values():
                self.escape(value)
            return UNKNOWN
        return handler(self, callee, args, node, scope)

    def call_daft(self, callee: DaftName, args: Args, node: cst.Call, scope: Scope) -> object:
        return self.steps.call_daft(callee, args, node, scope)

    def call_external(self, callee: External, args: Args, node: cst.Call, scope: Scope) -> object:
        return self.externals.call(callee.path, args, node, scope)

    def call_function(self, callee: Function, args: Args, node: cst.Call, scope: Scope) -> object:
        return self.inline(callee, args, None)

    def call_bound(self, callee: Bound, args: Args, node: cst.Call, scope: Scope) -> object:
        if isinstance(callee.function, Marked) or callee.instance.of.udf is not None:
            return self.udfs.call_method(callee, args, node, scope)
        return self.inline(callee.function, args, callee.instance)

    def call_instance(self, callee: Instance, args: Args, node: cst.Call, scope: Scope) -> object:
        method = self.class_attribute(callee.of, "__call__")
        if isinstance(method, (Function, Marked)):
            return self.call_bound(Bound(callee, method), args, node, scope)
        return UNKNOWN

    def call_udf(self, callee: UdfFunction, args: Args, node: cst.Call, scope: Scope) -> object:
        return self.udfs.call(callee, args, node, scope)

    def call_decorator(self, callee: Decorator, args: Args, node: cst.Call, scope: Scope) -> object:
        if not args.positional:
            return UNKNOWN
        return self.udfs.apply(callee, args.positional[0][0], scope.location(node.func), scope)

    def call_partial(self, callee: Partial, args: Args, node: cst.Call, scope: Scope) -> object:
        merged = Args(
            [(v, node) for v in callee.args] + args.positional,
            {**{k: (v, node) for k, v in callee.keywords.items()}, **args.keywords},
            args.open,
        )
        return self.apply(callee.function, merged, node, scope)

    def call_attribute(self, callee: Method, args: Args, node: cst.Call, scope: Scope) -> object:
        return self.steps.method(callee.owner, callee.name, args, node, scope)

    def call_class(self, callee: Class, args: Args, node: cst.Call, scope: Scope) -> object:
        if callee.udf is not None:
            return self.udfs.construct(callee, args, node, scope)
        instance = Instance(callee)
        init = self.class_attribute(callee, "__init__")
        if isinstance(init, Function):
            self.called.add(init.node)
            self.inline(init, args, instance)
        else:
            fields = [key for key in callee.names if not key.startswith("__")]
            if callee.dataclass:
                fields = dataclass_fields(callee.node)
            for name, (value, _) in zip(fields, args.positional, strict=False):
                self.heap.set((instance, name), value)
            for name, (value, _) in args.keywords.items():
                self.heap.set((instance, name), value)
        return instance

    def inline(self, function: Function, args: Args | None, instance: Instance | None) -> object:
        """Evaluate a function of the tree with its arguments (None: not known) and give what it returns."""
        node = function.node
        if args is not None:
            self.called.add(node)
            self.entries.add(entry_of(function))
        if self.call_depth >= MAX_CALL_DEPTH or node in self.active or self.work > self.max_work:
            if self.work > self.max_work:
                self.recorder.limits["calls are no longer followed: the file's work budget is spent"] = None
            for value in args.values() if args is not None else ():
                self.escape(value)
            return UNKNOWN
        key = memo_key(node, args, instance)
        if key is not None and key in self.memo:
            return self.memo[key]
        scope = Scope(function.scope.cell, function.scope.path, parent=function.scope)
        # A default can call the function too, or one that calls it.
        self.active.append(node)
        self.call_depth += 1
        self.bind_parameters(function, args, instance, scope)
        value = self.evaluate_body(function, scope)
        self.call_depth -= 1
        self.active.pop()
        self.recorder.returned.update(frame.step for frame in frames_in(value))
        if key is not None:
            self.memo[key] = value
        return value

    def evaluate_body(self, function: Function, scope: Scope) -> object:
        node = function.node
        statement = self.statement
        self.returned.append([])
        if isinstance(node, cst.Lambda):
            self.returned[-1].append(self.evaluate(node.body, scope))
        else:
            self.suite(node.body, scope)
        values = self.returned.pop()
        self.statement = statement
        return choice(values) if values else Literal(None)

    def bind_parameters(self, function: Function, args: Args | None, instance: Instance | None, scope: Scope) -> None:
        parameters = function.node.params
        names = [*parameters.posonly_params, *parameters.params]
        if instance is not None and names:
            scope.set(names[0].name.value, instance.of if "classmethod" in decorator_names(function.node) else instance)
            names = names[1:]
        elif function.owner is not None and "classmethod" in decorator_names(function.node) and names:
            scope.set(names[0].name.value, function.owner)
            names = names[1:]
        for index, parameter in enumerate([*names, *parameters.kwonly_params]):
            position = index if index < len(names) else len(names) + 1_000_000
            given = args.value(position, parameter.name.value) if args is not None else None
            scope.set(parameter.name.value, self.argument(parameter, given, args, function, scope))
        star = parameters.star_arg
        if isinstance(star, cst.Param):
            extra = tuple(v for v, _ in args.positional[len(names) :]) if args is not None else ()
            scope.set(star.name.value, Items(extra, open=args is None or args.open))
        if parameters.star_kwarg is not None:
            taken = {p.name.value for p in (*names, *parameters.kwonly_params)}
            given = args.keywords.items() if args is not None else ()
            extras: dict[object, object] = {k: v for k, (v, _) in given if k not in taken}
            scope.set(parameters.star_kwarg.name.value, Entries(extras, open=args is None or args.open))

    def argument(
        self, parameter: cst.Param, given: object | None, args: Args | None, function: Function, scope: Scope
    ) -> object:
        """What a parameter holds: the argument, else its default, else what its annotation says."""
        if given is not None and given is not UNKNOWN:
            return given
        if args is not None and given is None and parameter.default is not None:
            return self.evaluate(parameter.default, function.scope)
        if parameter.annotation is not None and self.is_dataframe_annotation(parameter.annotation, scope):
            source = "unknown" if args is not None else "parameter"
            return self.open_frame(function.scope.location(parameter), source, entry_of(function))
        if args is None:
            default = self.evaluate(parameter.default, function.scope) if parameter.default is not None else UNKNOWN
            if isinstance(default, Literal) and default.value is not None:
                return Literal(default.value, sure=False)
            return OpenParameter(parameter.name.value, function.scope.location(parameter), entry_of(function))
        return UNKNOWN

    def is_dataframe_annotation(self, annotation: cst.Annotation, scope: Scope) -> bool:
        return self.names_dataframe(annotation.annotation, scope)

    def names_dataframe(self, node: cst.BaseExpression, scope: Scope) -> bool:
        if isinstance(node, cst.SimpleString):
            if "DataFrame" not in node.value:
                return False
            inner = quoted(str(constant(node)))
            return inner is not None and not isinstance(inner, cst.SimpleString) and self.names_dataframe(inner, scope)
        if isinstance(node, cst.BinaryOperation):
            return self.names_dataframe(node.left, scope) or self.names_dataframe(node.right, scope)
        if isinstance(node, cst.Subscript) and last_name(node.value) in ("Optional", "Union", "Annotated"):
            return any(self.names_dataframe(e.slice.value, scope) for e in node.slice if isinstance(e.slice, cst.Index))
        if not isinstance(node, (cst.Name, cst.Attribute)) or last_name(node) != "DataFrame":
            return False
        return isinstance(self.evaluate(node, scope), DaftName)

    def open_frame(self, location: NodeRef, name: str, entry: str = "") -> Frame:
        """A DataFrame from out of view: a parameter, or something not known."""
        return self.steps.add(
            Step(
                name,
                StepKind.SOURCE,
                location,
                source=Source(name),
                projection=Projection.UNKNOWN,
                options={"entry": entry} if entry else {},
            )
        )

    def facts(self, node: cst.CSTNode, paths: tuple[str, ...], scope: Scope) -> SourceFacts:
        """What is known of a source: said on its lines, else in the configuration, else in the files' footers."""
        known = [
            self.project.facts_at(scope.cell, node, self.statement),
            matching_facts(self.settings.sources, paths),
            footer_facts(paths, ".", self.settings.heavy_row_bytes) if self.settings.footers and paths else None,
        ]
        return merged_facts([facts for facts in known if facts is not None])

    def here(self, scope: Scope) -> NodeRef | None:
        return None if self.statement is None else scope.location(self.statement)

    def escape(self, value: object) -> None:
        """A value leaves the view: its DataFrames may be read whole."""
        for frame in frames_in(value):
            self.recorder.escaped.add(frame.step)


def entry_of(function: Function) -> str:
    """How a function is called across the tree: its file and its name."""
    owner = f"{function.owner.node.name.value}." if function.owner is not None else ""
    return f"{function.scope.path}::{owner}{function.name}"


def is_test(path: str, function: Function, owner: Class | None) -> bool:
    """A test or a fixture that pytest finds by its default names, which nobody in view calls."""
    class_name = None if owner is None else owner.node.name.value
    return is_test_file(path) and is_test_function(function.name, decorator_names(function.node), class_name)


def memo_key(node: cst.CSTNode, args: Args | None, instance: Instance | None) -> object:
    """What a call's result depends on where all its arguments are constants; None where it cannot be told."""
    if args is None or args.open or instance is not None:
        return None
    parts: list[object] = [id(node)]
    for key, value in [*enumerate(v for v, _ in args.positional), *((k, v) for k, (v, _) in args.keywords.items())]:
        if isinstance(value, Literal) and isinstance(value.value, (str, int, float, bool, bytes, type(None))):
            parts.append((key, type(value.value), value.value))
        elif value is not UNKNOWN:
            return None
        else:
            parts.append((key, None, None))
    return tuple(parts)


def merge_cluster(own: Cluster, configured: Cluster) -> Cluster:
    """The script's own facts in place of the configured ones."""
    return Cluster(
        nodes=own.nodes if own.nodes is not None else configured.nodes,
        total_concurrency=configured.total_concurrency,
        cpus_per_node=own.cpus_per_node if own.cpus_per_node is not None else configured.cpus_per_node,
        gpus_per_node=own.gpus_per_node if own.gpus_per_node is not None else configured.gpus_per_node,
        runner=configured.runner,
    )


T = TypeVar("T")


def unique(items: Iterable[T], key: Callable[[T], object]) -> tuple[T, ...]:
    """The first of each that share a key."""
    found: dict[object, T] = {}
    for item in items:
        found.setdefault(key(item), item)
    return tuple(found.values())


Handler = Callable[[Interpreter, Any, Scope], object]

STATEMENTS: dict[type[cst.CSTNode], Callable[[Interpreter, Any, Scope], bool]] = {
    cst.SimpleStatementLine: Interpreter.simple_line,
    cst.If: Interpreter.if_,
    cst.For: Interpreter.for_,
    cst.While: Interpreter.while_,
    cst.Try: Interpreter.try_,
    cst.TryStar: Interpreter.try_,
    cst.With: Interpreter.with_,
    cst.Match: Interpreter.match_,
    cst.FunctionDef: Interpreter.function_def,
    cst.ClassDef: Interpreter.class_def,
}
SMALL: dict[type[cst.CSTNode], Handler] = {
    cst.Expr: lambda *_: None,
    cst.Assign: Interpreter.assign,
    cst.AnnAssign: Interpreter.annotated,
    cst.AugAssign: Interpreter.augmented,
    cst.Return: Interpreter.return_,
    cst.Import: Interpreter.import_,
    cst.ImportFrom: Interpreter.import_from,
    cst.Assert: Interpreter.assert_,
    cst.Global: Interpreter.global_,
    cst.Nonlocal: Interpreter.global_,
}
EXPRESSIONS: dict[type[cst.CSTNode], Handler] = {
    cst.Name: Interpreter.name,
    cst.Attribute: Interpreter.attribute,
    cst.Call: Interpreter.call,
    cst.Subscript: Interpreter.subscript,
    cst.SimpleString: Interpreter.string,
    cst.ConcatenatedString: Interpreter.concatenated,
    cst.FormattedString: Interpreter.formatted,
    cst.Integer: Interpreter.number,
    cst.Float: Interpreter.number,
    cst.List: Interpreter.sequence,
    cst.Tuple: Interpreter.sequence,
    cst.Set: Interpreter.sequence,
    cst.Dict: Interpreter.dict_,
    cst.BinaryOperation: Interpreter.binary,
    cst.UnaryOperation: Interpreter.unary,
    cst.BooleanOperation: Interpreter.boolean,
    cst.Comparison: Interpreter.comparison,
    cst.IfExp: Interpreter.ternary,
    cst.Lambda: Interpreter.lambda_,
    cst.NamedExpr: Interpreter.walrus,
    cst.Await: Interpreter.await_,
    cst.Yield: Interpreter.yield_,
    cst.ListComp: Interpreter.comprehension,
    cst.SetComp: Interpreter.comprehension,
    cst.GeneratorExp: Interpreter.comprehension,
    cst.DictComp: Interpreter.dict_comprehension,
}
CALLS: dict[type[object], Callable[[Interpreter, Any, Args, cst.Call, Scope], object]] = {
    DaftName: Interpreter.call_daft,
    External: Interpreter.call_external,
    Function: Interpreter.call_function,
    Bound: Interpreter.call_bound,
    Instance: Interpreter.call_instance,
    UdfFunction: Interpreter.call_udf,
    Decorator: Interpreter.call_decorator,
    Partial: Interpreter.call_partial,
    Method: Interpreter.call_attribute,
    Class: Interpreter.call_class,
}
