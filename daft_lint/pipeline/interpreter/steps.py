"""From calls to steps and expressions: what a Daft name, a DataFrame method and an Expression method make."""

from __future__ import annotations

import fnmatch
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from daft_lint.pipeline import catalog, dtypes
from daft_lint.pipeline.catalog import ColumnArguments, PartitionsFrom, RowsFrom, SourceSpec, StepSpec
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    Args,
    Choice,
    DaftName,
    Entries,
    ExternalCall,
    Frame,
    Function,
    Grouped,
    Items,
    Literal,
    MaybeColumn,
    Namespace,
    OpenParameter,
    Scope,
    Sized,
    UdfFunction,
    When,
    choice,
    each,
    frames_in,
    has_daft_expression,
    literal,
    plain,
    strings,
)
from daft_lint.pipeline.model import (
    Count,
    Expression,
    ExpressionKind,
    LegacyUse,
    NodeRef,
    Partitions,
    Projection,
    ReadOnDataFrame,
    Source,
    SourceFacts,
    Step,
    StepKind,
    Strength,
    Weight,
)

if TYPE_CHECKING:
    from daft_lint.pipeline.interpreter.interpret import Interpreter

UDF_MAKERS = {
    "func": "func",
    "func.batch": "func.batch",
    "cls": "cls",
    "method": "method",
    "method.batch": "method.batch",
    "udf": "udf",
    "udf.udf": "udf",
}
MORSEL_SETTERS = frozenset({"set_execution_config", "execution_config_ctx"})
ONE_FILE_SUFFIXES = (
    ".parquet",
    ".csv",
    ".tsv",
    ".json",
    ".jsonl",
    ".ndjson",
    ".warc",
    ".warc.gz",
    ".mp4",
    ".txt",
    ".mcap",
)
WILDCARDS = frozenset("*?[{")


class Steps:
    """Makes the model's steps and expressions for an interpreter, and notes them in its recorder."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter

    def add(self, step: Step) -> Frame:
        """Note a step; its parents are consumed by it."""
        recorder = self.interpreter.recorder
        recorder.steps.append(step)
        recorder.consumed.update(step.parents)
        if self.interpreter.rehearsals:
            recorder.in_tests.add(step)
        if self.interpreter.expects_failure:
            recorder.failing.add(step)
        if self.interpreter.call_depth == 0:
            recorder.top_level.add(step)
        return Frame(step)

    # Methods

    def method(self, owner: object, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        """Call `owner.name(...)`."""
        if isinstance(owner, Frame):
            return self.frame_method(owner, name, args, node, scope)
        if isinstance(owner, Expression):
            return self.expression_method(owner, name, args, node, scope)
        if isinstance(owner, Namespace):
            return self.namespace_method(owner, name, args, node, scope)
        if isinstance(owner, Grouped):
            return self.grouped_method(owner, name, args, node, scope)
        if isinstance(owner, UdfFunction):
            return self.interpreter.udfs.method(owner, name, args, node, scope)
        if isinstance(owner, When):
            return self.when_method(owner, name, args, node, scope)
        if isinstance(owner, Function) and name == "remote":
            return self.interpreter.inline(owner, args, None)
        if isinstance(owner, Items):
            return self.items_method(owner, name, args, node, scope)
        if owner is UNKNOWN or isinstance(owner, (OpenParameter, ExternalCall)):
            return self.unknown_method(owner, name, args, node, scope)
        return self.interpreter.externals.method(owner, name, args, node)

    def unknown_method(self, owner: object, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        """A receiver out of view is a DataFrame where it takes an Expression of Daft's as a DataFrame would, or has a
        method that only Daft's have."""
        spec = catalog.STEPS.get(name)
        if spec is not None and (name in catalog.DAFT_ONLY_STEPS or any(has_daft_expression(v) for v in args.values())):
            if isinstance(owner, OpenParameter):
                frame = self.interpreter.open_frame(owner.location, "parameter", owner.entry)
            else:
                frame = self.interpreter.open_frame(scope.location(receiver_of(node) or node), "unknown")
            return self.frame_method(frame, name, args, node, scope)
        if isinstance(owner, ExternalCall):
            return self.interpreter.externals.method(owner, name, args, node)
        for value in args.values():
            self.interpreter.escape(value)
        return UNKNOWN

    def items_method(self, owner: Items, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        """`columns.append(x)` rebinds the list's name."""
        target = receiver_of(node)
        if name in ("append", "add") and args.positional and isinstance(target, (cst.Name, cst.Attribute)):
            self.interpreter.bind(target, Items((*owner.items, args.positional[0][0])[:MAX_ITEMS], owner.open), scope)
            return UNKNOWN
        if name in ("extend", "insert", "update") and isinstance(target, (cst.Name, cst.Attribute)):
            self.interpreter.bind(target, Items(owner.items, open=True), scope)
        return UNKNOWN

    def frame_method(self, frame: Frame, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        receiver = receiver_of(node)
        if name in ("pipe", "transform") and args.positional:
            function = args.positional[0][0]
            passed = Args([(frame, receiver or node), *args.positional[1:]], args.keywords, args.open)
            return choice([self.interpreter.apply(f, passed, node, scope) for f in each(function)])
        if name == "groupby":
            keys = tuple(self.expressions([v for v, _ in args.positional], node, scope))
            return Grouped(frame.step, keys, scope.location(node), scope.location(receiver) if receiver else None)
        spec = catalog.STEPS.get(name)
        if spec is None:
            return self.unknown_frame_method(frame, name, args, node, scope)
        step = self.make_step(frame.step, name, spec, args, node, scope)
        self.add(step)
        if step.kind is StepKind.SINK:
            return UNKNOWN
        return Frame(step)

    def iterate(self, values: object, node: cst.BaseExpression, scope: Scope) -> None:
        """Python's own iteration over a DataFrame, `for row in df` or `list(df)`, reads rows as `iter_rows` does."""
        for value in each(values):
            if isinstance(value, Frame):
                self.add(
                    Step(
                        name="iter_rows",
                        kind=StepKind.SINK,
                        call=scope.location(node),
                        receiver=scope.location(node),
                        parents=(value.step,),
                        reads=catalog.STEPS["iter_rows"].reads,
                        statement=self.interpreter.here(scope),
                    )
                )

    def unknown_frame_method(self, frame: Frame, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        source = catalog.SOURCES.get(name)
        if source is None or not name.startswith(("read_", "from_")):
            self.interpreter.escape(frame)
            for value in args.values():
                self.interpreter.escape(value)
            return UNKNOWN
        self.interpreter.recorder.consumed.add(frame.step)
        if not self.interpreter.expects_failure:
            self.interpreter.recorder.reads_on_dataframes.append(
                ReadOnDataFrame(name, scope.location(node), daft_spelling(scope))
            )
        return self.source(name, source, args, node, scope)

    def make_step(self, parent: Step, name: str, spec: StepSpec, args: Args, node: cst.Call, scope: Scope) -> Step:
        receiver = receiver_of(node)
        outputs, expressions, dropped, renamed, projection = self.columns(spec, args, node, scope)
        parents = [parent]
        if spec.others is not None:
            other = args.value(*spec.others)
            parents.extend(f.step for f in frames_in(other))
        return Step(
            name=name,
            kind=spec.kind,
            call=scope.location(node),
            receiver=scope.location(receiver) if receiver is not None else None,
            parents=tuple(parents),
            count=self.count(args, *spec.count, scope) if spec.count is not None else None,
            outputs=outputs,
            expressions=expressions,
            projection=projection,
            dropped=dropped,
            renamed=renamed,
            reads=spec.reads,
            statement=self.interpreter.here(scope),
            options=self.options(args),
        )

    def columns(
        self, spec: StepSpec, args: Args, node: cst.Call, scope: Scope
    ) -> tuple[tuple[Expression, ...], tuple[Expression, ...], tuple[str, ...], Mapping[str, str], Projection]:
        """What a step's arguments make, read, drop and rename."""
        values = [v for v, _ in args.positional]
        if spec.columns is ColumnArguments.EXPRESSIONS:
            return tuple(self.made(spec, args, node, scope)), (), (), {}, spec.projection
        if spec.columns is ColumnArguments.NAME_AND_EXPRESSION:
            output = literal(args.value(0, "column_name"))
            made_by = args.value(1, "expr")
            expression = self.expression(UNKNOWN if made_by is None else made_by, node, scope)
            expression = replace(expression, output=output if isinstance(output, str) else None)
            return (expression,), (), (), {}, spec.projection
        if spec.columns is ColumnArguments.MAPPING:
            return tuple(self.mapped(args.value(0, "columns"), node, scope)), (), (), {}, spec.projection
        if spec.columns is ColumnArguments.READ or spec.keys:
            return (), tuple(self.expressions(self.keys(spec, args), node, scope)), (), {}, spec.projection
        if spec.columns is ColumnArguments.DROPPED_NAMES:
            names = tuple(n for v in values for n in strings(v))
            known = not args.open and all(is_known_names(v) for v in values)
            return (), (), names, {}, spec.projection if known else Projection.UNKNOWN
        if spec.columns is ColumnArguments.RENAMES:
            pairs = renames(args)
            return (), (), (), pairs or {}, spec.projection if pairs is not None else Projection.UNKNOWN
        return (), (), (), {}, spec.projection

    def made(self, spec: StepSpec, args: Args, node: cst.Call, scope: Scope) -> Iterable[Expression]:
        """The columns of `select(...)`, `explode(...)`, an aggregation."""
        for expression in self.expressions([v for v, _ in args.positional], node, scope):
            if spec.function is not None:
                location, output = expression.location, expression.output
                yield Expression(ExpressionKind.FUNCTION, location, spec.function, (expression,), output=output)
            else:
                yield expression
        if spec.projection is Projection.ONLY:
            for key, (value, _) in args.keywords.items():
                yield replace(self.expression(value, node, scope), output=key)
        if args.open:
            yield Expression(ExpressionKind.UNKNOWN, scope.location(node), spread=True)

    def keys(self, spec: StepSpec, args: Args) -> list[object]:
        """The arguments that are columns to read."""
        if spec.keys:
            given = [args.value(*key) for key in spec.keys]
            return [v for v in given if v is not None]
        return [v for v, _ in args.positional[spec.columns_from :]] + [v for v, _ in args.keywords.values()]

    def mapped(self, value: object | None, node: cst.Call, scope: Scope) -> Iterable[Expression]:
        """The columns of `with_columns({...})`."""
        for one in each(value):
            if not isinstance(one, Entries):
                yield Expression(ExpressionKind.UNKNOWN, scope.location(node), spread=True)
                continue
            for key, made in one.entries.items():
                expression = self.expression(made, node, scope)
                yield replace(expression, output=key if isinstance(key, str) else None)

    def grouped_method(self, grouped: Grouped, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        """Aggregations end a groupby: one repartitioning step."""
        spec = catalog.GROUPED_STEPS.get(name)
        if spec is None:
            self.interpreter.escape(grouped)
            return UNKNOWN
        self.note_legacy(f"GroupedDataFrame.{name}", node, scope)
        values = tuple(self.made(spec, args, node, scope))
        return self.add(
            Step(
                name="groupby",
                kind=StepKind.SHUFFLE,
                call=scope.location(node),
                receiver=grouped.receiver,
                parents=(grouped.step,),
                outputs=(*grouped.keys, *values),
                projection=Projection.ONLY if values else Projection.UNKNOWN,
                statement=self.interpreter.here(scope),
                options={"method": name},
            )
        )

    def count(self, args: Args, index: int, keyword: str, scope: Scope) -> Count | None:
        """A number among the arguments, None where it is not given."""
        given = args.get(index, keyword)
        if given is None:
            return Count(None) if args.open else None
        return self.count_of(given[0], scope.location(given[1]))

    def count_of(self, value: object, location: NodeRef) -> Count:
        """A number: known where all that it can be is the same."""
        if isinstance(value, Literal) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool):
            # Infinity and NaN are no whole numbers, and `int` refuses them.
            whole = int(value.value) if isinstance(value.value, int) or math.isfinite(value.value) else None
            return Count(whole if whole == value.value else None, location, value.name, value.origin)
        values = value.values if isinstance(value, Choice) else ()
        return Count(None, location, one_of=bool(values) and all(type(literal(v)) is int for v in values))

    def options(self, args: Args) -> dict[str, object]:
        """The literal arguments by keyword and position."""
        found: dict[str, object] = {}
        for index, (value, _) in enumerate(args.positional):
            if isinstance(value, (Literal, Items)):
                found[str(index)] = plain(value)
        for key, (value, _) in args.keywords.items():
            if isinstance(value, (Literal, Items)):
                found[key] = plain(value)
        return found

    # Expressions

    def expressions(self, values: Iterable[object], node: cst.CSTNode, scope: Scope) -> list[Expression]:
        """The expressions in arguments; a string is a column, a list gives each of its items."""
        found: list[Expression] = []
        for value in values:
            if isinstance(value, Items):
                found.extend(self.expressions(value.items, node, scope))
                if value.open:
                    found.append(Expression(ExpressionKind.UNKNOWN, scope.location(node), spread=True))
            elif isinstance(value, Literal) and isinstance(value.value, str):
                found.append(column(value.value, scope.location(node)))
            elif isinstance(value, Literal):
                continue
            else:
                found.append(self.expression(value, node, scope))
        return found

    def expression(self, value: object, node: cst.CSTNode, scope: Scope) -> Expression:
        """A value as an expression: a constant is a literal, what is not known reads nothing that is known."""
        location = scope.location(node)
        if isinstance(value, Expression):
            return value
        if isinstance(value, When):
            return value.expression
        if isinstance(value, Choice):
            inputs = tuple(self.expression(v, node, scope) for v in value.values)
            output = inputs[0].output if len({e.output for e in inputs}) == 1 else None
            return Expression(ExpressionKind.FUNCTION, location, "coalesce", inputs, output=output)
        if isinstance(value, Items):
            inputs = tuple(self.expression(v, node, scope) for v in value.items)
            return Expression(ExpressionKind.UNKNOWN, location, inputs=inputs)
        if isinstance(value, Literal):
            return Expression(ExpressionKind.LITERAL, location, output="literal")
        if isinstance(value, MaybeColumn):
            return column(value.name, value.location)
        return Expression(ExpressionKind.UNKNOWN, location)

    def subscript(self, owner: object, key: object, node: cst.Subscript, scope: Scope) -> object:
        """`df["x"]`, `df["a", "b"]`, `expr["field"]`."""
        name = literal(key)
        if isinstance(owner, Frame):
            if isinstance(key, Items):
                outputs = tuple(self.expressions(key.items, node, scope))
                return self.add(
                    Step(
                        "select",
                        StepKind.PROJECT,
                        scope.location(node),
                        scope.location(node.value),
                        (owner.step,),
                        outputs=outputs,
                        projection=Projection.ONLY,
                        statement=self.interpreter.here(scope),
                    )
                )
            if isinstance(key, Expression):
                return key
            return column(name if isinstance(name, str) else None, scope.location(node))
        if isinstance(owner, Expression):
            output = name if isinstance(name, str) else owner.output
            options = {"0": name} if name is not None else {}
            return Expression(
                ExpressionKind.FUNCTION, scope.location(node), "get", (owner,), options=options, output=output
            )
        if isinstance(name, str) and (owner is UNKNOWN or isinstance(owner, OpenParameter)):
            return MaybeColumn(name, scope.location(node))
        return UNKNOWN

    def expression_method(self, owner: Expression, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        if name == "apply":
            return self.interpreter.udfs.apply_method(owner, args, node, scope)
        self.note_legacy(f"Expression.{name}", node, scope)
        if name in ("alias", "name_") and args.positional:
            output = literal(args.positional[0][0])
            return replace(owner, output=output if isinstance(output, str) else None, spread=False)
        if name in ("otherwise", "when"):
            return self.when_method(When(owner), name, args, node, scope)
        return self.function(name, [(owner, node), *args.positional], args, node, scope)

    def namespace_method(self, owner: Namespace, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        spelling = f"{owner.name}.{name}"
        current = catalog.LEGACY_METHODS.get(spelling)
        if current is None:
            inputs = (owner.expression, *self.inputs(args.values(), node, scope))
            return Expression(
                ExpressionKind.UNKNOWN, scope.location(node), inputs=inputs, output=owner.expression.output
            )
        self.note_legacy(spelling, node, scope)
        return self.function(current, [(owner.expression, node), *args.positional], args, node, scope)

    def note_legacy(self, spelling: str, node: cst.Call, scope: Scope) -> None:
        """Note a call of an older Daft, if it is one."""
        if spelling in catalog.LEGACY:
            use = LegacyUse(spelling, scope.location(node), daft_spelling(scope))
            self.interpreter.recorder.legacy.append(use)

    def inputs(self, values: Iterable[object], node: cst.CSTNode, scope: Scope) -> list[Expression]:
        """The expressions among a function's arguments."""
        found: list[Expression] = []
        for value in values:
            if isinstance(value, Items):
                found.extend(self.inputs(value.items, node, scope))
            elif isinstance(value, MaybeColumn) or has_daft_expression(value):
                found.append(self.expression(value, node, scope))
        return found

    def function(
        self, name: str, positional: list[tuple[object, cst.BaseExpression]], args: Args, node: cst.Call, scope: Scope
    ) -> Expression:
        """A call of one of Daft's functions, the receiver first among its arguments."""
        values = [v for v, _ in positional]
        inputs = tuple(self.inputs([*values, *(v for v, _ in args.keywords.values())], node, scope))
        options: dict[str, object] = {}
        for index, value in enumerate(values[1:]):
            if not has_daft_expression(value):
                options[str(index)] = plain(value)
        for key, (value, _) in args.keywords.items():
            if not has_daft_expression(value):
                options[key] = plain(value)
        weight = Weight.UNKNOWN
        if name in ("cast", "try_cast"):
            weight = self.declared(
                args.value(1, "dtype") if values[0] is args.value(0, "expr") else args.value(0, "dtype"), scope, node
            )
        known = name in catalog.FUNCTIONS
        return Expression(
            ExpressionKind.FUNCTION if known else ExpressionKind.UNKNOWN,
            scope.location(node),
            name if known else None,
            inputs,
            options=options,
            output=catalog.OUTPUT_NAMES.get(name) or next((e.output for e in inputs), None),
            weight=weight,
            spread=name == "unnest",
        )

    def declared(self, value: object, scope: Scope, node: cst.CSTNode) -> Weight:
        """The weight of a declared type."""
        dtype = value if isinstance(value, dtypes.DType) else dtypes.from_value(plain(value))
        if dtype is None:
            return Weight.UNKNOWN
        return dtype.weight(Strength.PROOF, scope.location(node), self.interpreter.settings.heavy_row_bytes)

    def when_method(self, owner: When, name: str, args: Args, node: cst.Call, scope: Scope) -> object:
        """`.when(condition, value)` and `.otherwise(value)` join what they may give."""
        values = args.values()[-1:]
        before = owner.expression
        inputs = (*before.inputs, *self.inputs(values, node, scope))
        joined = Expression(ExpressionKind.FUNCTION, scope.location(node), "coalesce", inputs, output=before.output)
        return When(joined) if name == "when" else joined

    # Names of Daft's

    def call_daft(self, callee: DaftName, args: Args, node: cst.Call, scope: Scope) -> object:
        parts = callee.path.split(".")
        last = parts[-1]
        if "DataType" in parts[:-1]:
            values = tuple(type_argument(v) for v, _ in args.positional)
            return dtypes.make(last, values, {k: type_argument(v) for k, (v, _) in args.keywords.items()})
        maker = ".".join(parts[-2:]) if last == "batch" else last
        if maker in UDF_MAKERS and not (len(parts) > 2 and parts[1] == "functions"):
            return self.interpreter.udfs.decorator(UDF_MAKERS[maker], args, node, scope)
        if last in ("col", "column"):
            name = literal(args.value(0, "name"))
            return column(name if isinstance(name, str) else None, scope.location(node))
        if last == "lit":
            return Expression(ExpressionKind.LITERAL, scope.location(node), output="literal")
        if last in MORSEL_SETTERS or callee.path.removeprefix("daft.") in catalog.RUNNERS:
            return self.configure(last, callee, args, node, scope)
        self.note_legacy(callee.path.removeprefix("daft."), node, scope)
        frames = self.frame_function(parts, args, node, scope)
        if frames is not None:
            return frames
        key = table_key(parts, catalog.SOURCES)
        if key is not None:
            return self.source(key, catalog.SOURCES[key], args, node, scope)
        if last == "when":
            inputs = tuple(self.inputs(args.values()[1:], node, scope))
            return When(Expression(ExpressionKind.FUNCTION, scope.location(node), "coalesce", inputs))
        if last in catalog.FUNCTIONS:
            given: list[tuple[object, cst.BaseExpression]] = list(args.positional) or [(UNKNOWN, node)]
            return self.function(last, given, args, node, scope)
        for value in args.values():
            self.interpreter.escape(value)
        if any(has_daft_expression(v) for v in args.values()):
            return Expression(
                ExpressionKind.UNKNOWN, scope.location(node), inputs=tuple(self.inputs(args.values(), node, scope))
            )
        return UNKNOWN

    def configure(self, name: str, callee: DaftName, args: Args, node: cst.Call, scope: Scope) -> object:
        """`set_runner_*` and the morsel size."""
        recorder = self.interpreter.recorder
        runner = catalog.RUNNERS.get(callee.path.removeprefix("daft."))
        if runner is not None:
            recorder.runners.append((runner, self.interpreter.branch_depth == 0))
            spelling = callee.path.removeprefix("daft.")
            self.note_legacy(spelling, node, scope)
            return UNKNOWN
        size = literal(args.value(-1, "default_morsel_size"))
        if isinstance(size, int):
            recorder.morsel_size = size
        return UNKNOWN

    def frame_function(self, parts: list[str], args: Args, node: cst.Call, scope: Scope) -> Frame | None:
        """A function that takes a DataFrame and gives one: `daft.concat([a, b])`."""
        key = table_key(parts, catalog.FRAME_FUNCTIONS)
        spec = catalog.FRAME_FUNCTIONS[key] if key is not None else None
        given = args.value(*spec.frame) if spec is not None else None
        parents = tuple(f.step for f in frames_in(given))
        if spec is None or key is None or not parents:
            return None
        location = scope.location(node)
        outputs: tuple[Expression, ...] = ()
        if spec.heavy_of is not None:
            index, keyword, default = spec.heavy_of
            value = args.value(index, keyword)
            weight = Weight.of(Strength.PROOF, spec.reason, location)
            outputs = tuple(
                Expression(ExpressionKind.UNKNOWN, location, output=spec.heavy_name.format(name), weight=weight)
                for name in (tuple(strings(value)) if value is not None else default)
            )
        return self.add(
            Step(
                key.rpartition(".")[2],
                spec.kind,
                location,
                parents=parents,
                outputs=outputs,
                projection=spec.projection,
                statement=self.interpreter.here(scope),
            )
        )

    # Sources

    def source(self, name: str, spec: SourceSpec, args: Args, node: cst.Call, scope: Scope) -> Frame:
        """A step that makes a DataFrame, with all facts about it."""
        paths = self.paths(spec, args)
        facts = self.interpreter.facts(node, paths, scope)
        columns, closed = self.known_columns(spec, facts, args, node, scope)
        location = scope.location(node)
        rows = literal_rows(spec.rows, args)
        return self.add(
            Step(
                name,
                StepKind.SOURCE,
                location,
                source=Source(
                    name,
                    paths,
                    Partitions.of(facts.files) if facts.files is not None else self.partitions(spec, paths, args),
                    facts.rows if facts.rows is not None else rows,
                    facts.row_bytes,
                    columns,
                    closed,
                    spec.names_hint,
                    spec.rest_light,
                ),
                projection=Projection.UNKNOWN,
                statement=self.interpreter.here(scope),
                options=self.options(args),
            )
        )

    def known_columns(
        self, spec: SourceSpec, facts: SourceFacts, args: Args, node: cst.Call, scope: Scope
    ) -> tuple[dict[str, Weight], bool]:
        """The columns that are known by the source's kind, its data, its schema and its facts; whether they are all."""
        location = scope.location(node)
        heavy = dict(spec.heavy)
        if spec.heavy_named is not None:
            keyword, reason = spec.heavy_named
            heavy.update(dict.fromkeys(strings(args.value(-1, keyword)), reason))
        columns = dict.fromkeys(spec.light, Weight.LIGHT)
        columns.update((name, Weight.LIGHT) for keyword in spec.adds for name in strings(args.value(-1, keyword)))
        asked = None if spec.light_if is None else args.value(*spec.light_if[0])
        for name, reason in heavy.items():
            weight = Weight.of(Strength.PROOF, reason, location)
            if spec.light_if is not None and asked is not None:
                value = literal(asked)
                known = Weight.UNKNOWN if not isinstance(value, str) else weight
                weight = Weight.LIGHT if value in spec.light_if[1] else known
            columns[name] = self.image_weight(name, spec, args, weight) if name in spec.rgb else weight
        closed = spec.closed and all(args.value(-1, keyword) is None for keyword in spec.open_if)
        if spec.rows in (RowsFrom.PYDICT, RowsFrom.PYLIST):
            spelled_out, closed = literal_data(spec.rows, args.positional[0][0] if args.positional else UNKNOWN)
            columns.update(spelled_out)
        columns.update(self.schema_columns(args, scope, node))
        columns.update(dict.fromkeys(facts.light, Weight.LIGHT))
        said = Weight.of(Strength.PROOF, f"so says {facts.origin or 'a source fact'}", location, facts.row_bytes)
        columns.update(dict.fromkeys(facts.heavy, said))
        return columns, closed

    def image_weight(self, name: str, spec: SourceSpec, args: Args, weight: Weight) -> Weight:
        """The weight of RGB images whose height and width the call gives: 3 bytes a pixel."""
        height, width = (literal(args.value(*argument)) for argument in spec.rgb[name])
        if not isinstance(height, int) or not isinstance(width, int):
            return weight
        size = height * width * 3
        if size < self.interpreter.settings.heavy_row_bytes:
            return Weight(heavy=False, row_bytes=size)
        return replace(weight, row_bytes=size)

    def schema_columns(self, args: Args, scope: Scope, node: cst.CSTNode) -> dict[str, Weight]:
        """Columns that `schema={...}` declares."""
        schema = args.value(-1, "schema")
        if not isinstance(schema, Entries):
            return {}
        return {str(k): self.declared(v, scope, node) for k, v in schema.entries.items() if isinstance(k, str)}

    def paths(self, spec: SourceSpec, args: Args) -> tuple[str, ...]:
        if spec.path is None:
            return ()
        value = args.value(*spec.path)
        known = isinstance(value, Literal) or (isinstance(value, Items) and not value.open)
        return tuple(strings(value)) if known else ()

    def partitions(self, spec: SourceSpec, paths: tuple[str, ...], args: Args) -> Partitions:
        """How many tasks the source makes on Ray (docs/pages/measurements.md, e5)."""
        if spec.list_partitions and args.positional and isinstance(args.positional[0][0], Items):
            tables = args.positional[0][0]
            return Partitions.UNKNOWN if tables.open else Partitions.of(max(1, len(tables.items)))
        if spec.partitions is PartitionsFrom.ONE:
            return Partitions.ONE
        if spec.partitions is PartitionsFrom.ARGUMENT and spec.partitions_at is not None:
            given = args.value(*spec.partitions_at)
            count = literal(given)
            return Partitions.ONE if given is None else Partitions.of(count if isinstance(count, int) else None)
        if spec.partitions is PartitionsFrom.FILES and spec.files_at is not None:
            asked = args.value(*spec.files_at)
            number = literal(asked)
            if asked is None or (isinstance(asked, Literal) and number is None):
                return Partitions.MANY
            return Partitions.of(number) if isinstance(number, int) else Partitions.UNKNOWN
        if spec.partitions is PartitionsFrom.FILES and paths:
            if all(is_one_file(p) for p in paths):
                return Partitions.of(len(paths))
            if len(paths) > 1:
                return Partitions.MANY
        if spec.partitions is PartitionsFrom.FILES and spec.path is not None:
            given = args.value(*spec.path)
            # Several paths are several partitions, also where their names are not known.
            return Partitions.MANY if isinstance(given, Items) and len(given.items) > 1 else Partitions.UNKNOWN
        return Partitions.UNKNOWN


MAX_ITEMS = 1024
"""Items that a list is followed for."""


def column(name: str | None, location: NodeRef) -> Expression:
    """`col(name)`; `"*"` and wildcards are many columns."""
    if name is not None and "*" in name:
        return Expression(ExpressionKind.COLUMN, location, "*", spread=True)
    return Expression(ExpressionKind.COLUMN, location, name, output=name)


def receiver_of(node: cst.Call) -> cst.BaseExpression | None:
    """What a method is called on."""
    return node.func.value if isinstance(node.func, cst.Attribute) else None


def type_argument(value: object) -> object:
    """An argument of a `DataType` constructor as `dtypes.make` takes it: a Python constant, a DType, None."""
    if isinstance(value, dtypes.DType):
        return value
    if isinstance(value, Items):
        return tuple(type_argument(v) for v in value.items)
    if isinstance(value, Entries):
        return {k: type_argument(v) for k, v in value.entries.items()}
    if isinstance(value, DaftName):
        return value.last
    return value.value if isinstance(value, Literal) else None


def table_key(parts: list[str], table: Mapping[str, object]) -> str | None:
    """The key in a table of the catalog of a dotted name below daft: the longest tail that is one."""
    for start in range(1, len(parts)):
        key = ".".join(parts[start:])
        if key in table:
            return key
    return "range" if parts[-1] == "_range" and "range" in table else None


def is_known_names(value: object) -> bool:
    """A string, or a list of strings with nothing else."""
    if isinstance(value, Items):
        return not value.open and all(is_known_names(v) for v in value.items)
    return isinstance(value, Literal)


def renames(args: Args) -> dict[str, str] | None:
    """Old to new names, None where they are not all known."""
    first = args.positional[0][0] if args.positional else args.value(-1, "cols_map")
    if isinstance(first, Entries):
        pairs = {k: literal(v) for k, v in first.entries.items()}
        if first.open or not all(isinstance(k, str) and isinstance(v, str) for k, v in pairs.items()):
            return None
        return {str(k): str(v) for k, v in pairs.items()}
    old = literal(args.value(0, "existing"))
    new = literal(args.value(1, "new"))
    return {old: new} if isinstance(old, str) and isinstance(new, str) else None


def is_one_file(path: str) -> bool:
    """One file by its name: no wildcard, a file's suffix, and no folder of that name here."""
    if WILDCARDS & set(path) or not path.lower().endswith(ONE_FILE_SUFFIXES):
        return False
    return "://" in path or not os.path.isdir(path)


def literal_data(kind: RowsFrom, value: object) -> tuple[dict[str, Weight], bool]:
    """The columns of data that the script spells out, and whether they are all."""
    entries: Mapping[object, object] = {}
    closed = False
    if kind is RowsFrom.PYDICT and isinstance(value, Entries):
        entries, closed = value.entries, not value.open
    elif kind is RowsFrom.PYLIST and isinstance(value, Items) and value.items and isinstance(value.items[0], Entries):
        entries, closed = value.items[0].entries, not value.items[0].open
    columns = {}
    for key, data in entries.items():
        if isinstance(key, str):
            columns[key] = Weight.LIGHT if is_light_data(data) else Weight.UNKNOWN
        else:
            closed = False
    return columns, closed


def is_light_data(value: object) -> bool:
    """Text and numbers."""
    if isinstance(value, Items):
        return bool(value.items) and all(is_light_data(v) for v in value.items)
    return isinstance(value, Sized) or (isinstance(value, Literal) and not isinstance(value.value, bytes))


def literal_rows(kind: RowsFrom, args: Args) -> int | None:
    """The rows of data that the script spells out."""
    values = [v for v, _ in args.positional]
    if kind is RowsFrom.RANGE:
        bounds = [literal(args.value(i, k)) for i, k in enumerate(("start", "end", "step"))]
        start, end, step = (b if isinstance(b, int) and not isinstance(b, bool) else None for b in bounds)
        if args.value(1, "end") is None:
            return start if start is not None else None
        if start is None or end is None:
            return None
        return len(range(start, end, step or 1))
    if kind is RowsFrom.PYDICT and values and isinstance(values[0], Entries):
        return next((n for v in values[0].entries.values() if (n := known_length(v)) is not None), None)
    if kind is RowsFrom.PYLIST and values:
        return known_length(values[0])
    return None


def known_length(value: object) -> int | None:
    if isinstance(value, Items):
        return None if value.open else len(value.items)
    return value.length if isinstance(value, Sized) else None


def daft_spelling(scope: Scope) -> str | None:
    """How the module spells daft."""
    for layer in reversed(scope.root().names.layers):
        for key, value in layer.items():
            if value == DaftName("daft"):
                return str(key)
    return None


def matching_facts(patterns: Iterable[tuple[str, SourceFacts]], paths: tuple[str, ...]) -> SourceFacts | None:
    """The first configured facts that all paths match."""
    for pattern, facts in patterns:
        if paths and all(fnmatch.fnmatchcase(p, pattern) or p == pattern for p in paths):
            return facts
    return None


def merged_facts(known: Sequence[SourceFacts]) -> SourceFacts:
    """One set of facts: each number from the first that has it, each column as the first that names it says."""
    weights: dict[str, bool] = {}
    for facts in known:
        for column_name in facts.heavy:
            weights.setdefault(column_name, True)
        for column_name in facts.light:
            weights.setdefault(column_name, False)
    return SourceFacts(
        rows=next((f.rows for f in known if f.rows is not None), None),
        files=next((f.files for f in known if f.files is not None), None),
        row_bytes=next((f.row_bytes for f in known if f.row_bytes is not None), None),
        heavy=tuple(name for name, heavy in weights.items() if heavy),
        light=tuple(name for name, heavy in weights.items() if not heavy),
        origin=next((f.origin for f in known if f.origin), ""),
    )
