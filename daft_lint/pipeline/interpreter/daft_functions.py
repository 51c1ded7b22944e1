"""Calls of names of Daft's: sources, functions, UDF decorators, types, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.daft_expressions import (
    column,
    data_type,
    expressions_among,
    function_call,
    unknown_call,
)
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.sources import add_source
from daft_lint.pipeline.interpreter.sql import query
from daft_lint.pipeline.interpreter.steps import add_step, current_statement
from daft_lint.pipeline.interpreter.udfs import call_decorator, decorator_spelling
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    DaftName,
    DataFrame,
    ListValue,
    WhenExpression,
    daft_object,
    dataframes_in,
    has_daft_expression,
    literal_value,
    strings_in,
)
from daft_lint.pipeline.model import Expression, ExpressionKind, RunnerSetting, Step, Strength, Weight

EXPRESSION_MAKERS = frozenset({"element", "interval", "sql_expr"})
"""Functions that make an expression of something else than expressions."""
MORSEL_SETTERS = frozenset({"set_execution_config", "execution_config_ctx"})
_FILE_SIZES = frozenset({"parquet_target_filesize", "csv_target_filesize", "json_target_filesize"})
"""Options of these that say how large a written file is to be."""


def call_daft(
    interpreter: InterpreterProtocol, callee: DaftName, args: Arguments, node: cst.Call, scope: Scope
) -> object:
    """A call of a name of Daft's."""
    parts = callee.path.split(".")
    last = parts[-1]
    if "DataType" in parts[:-1]:
        return data_type(last, args)
    decorator = decorator_spelling(callee)
    if decorator is not None:
        return call_decorator(interpreter, decorator, args, node, scope)
    if last in ("col", "column"):
        name = literal_value(args.value(0, "name"))
        return column(name if isinstance(name, str) else None, scope.location(node))
    if last == "lit":
        return Expression(ExpressionKind.LITERAL, scope.location(node), output="literal")
    if last in EXPRESSION_MAKERS:
        return unknown_call((), node, scope)
    made = daft_object(parts)
    if made is not UNKNOWN:
        interpreter.recorder.escape(*args.values())
        return made
    spelling = callee.path.removeprefix("daft.")
    if spelling in catalog.RUNNERS or last in MORSEL_SETTERS:
        _configure(interpreter, spelling, args, node, scope)
        return UNKNOWN
    frame = _dataframe_function(interpreter, parts, args, node, scope)
    if frame is not None:
        return frame
    if parts[1:] == ["sql"]:
        frame = query(interpreter, args, node, scope)
        if frame is not None:
            return frame
    source = _catalog_key(parts, catalog.SOURCES)
    if source is not None:
        return add_source(interpreter, source, catalog.SOURCES[source], args, node, scope)
    if last == "when":
        inputs = tuple(expressions_among(args.values()[1:], node, scope))
        return WhenExpression(Expression(ExpressionKind.FUNCTION, scope.location(node), "coalesce", inputs))
    if last in catalog.FUNCTIONS:
        given: Sequence[tuple[object, cst.BaseExpression]] = args.positional or [(UNKNOWN, node)]
        return function_call(last, given, args, node, scope, interpreter.settings.heavy_row_bytes)
    interpreter.recorder.escape(*args.values())
    if any(has_daft_expression(v) for v in args.values()):
        return unknown_call(expressions_among(args.values(), node, scope), node, scope)
    return UNKNOWN


def _configure(interpreter: InterpreterProtocol, spelling: str, args: Arguments, node: cst.Call, scope: Scope) -> None:
    """`set_runner_*`, the morsel size, and the size that files are to have."""
    runner = catalog.RUNNERS.get(spelling)
    if runner is not None:
        recorder = interpreter.recorder
        recorder.set_runner(runner, is_conditional=bool(interpreter.branches))
        if not interpreter.expected_failures:
            recorder.runner_settings.append(RunnerSetting(scope.location(node), runner, recorder.settled_by))
        return
    if not _FILE_SIZES.isdisjoint(args.keywords):
        interpreter.recorder.sizes_files = True
    size = literal_value(args.keyword("default_morsel_size"))
    if isinstance(size, int):
        interpreter.recorder.morsel_size = size


def _dataframe_function(
    interpreter: InterpreterProtocol, parts: Sequence[str], args: Arguments, node: cst.Call, scope: Scope
) -> DataFrame | None:
    """A function that takes a DataFrame and returns one: `daft.concat([a, b])`."""
    key = _catalog_key(parts, catalog.FRAME_FUNCTIONS)
    if key is None:
        return None
    spec = catalog.FRAME_FUNCTIONS[key]
    given = args.value(*spec.frame)
    parents = tuple(frame.step for frame in dataframes_in(given))
    if not parents:
        return None
    location = scope.location(node)
    outputs: tuple[Expression, ...] = ()
    if spec.heavy_of is not None:
        index, keyword, default = spec.heavy_of
        value = args.value(index, keyword)
        weight = Weight.of(Strength.PROOF, spec.reason, location)
        outputs = tuple(
            Expression(ExpressionKind.UNKNOWN, location, output=spec.heavy_name.format(name), weight=weight)
            for name in (tuple(strings_in(value)) if value is not None else default)
        )
    return add_step(
        interpreter,
        Step(
            key.rpartition(".")[2],
            spec.kind,
            location,
            parents=parents,
            outputs=outputs,
            projection=spec.projection,
            statement=current_statement(interpreter, scope),
            is_grown=isinstance(given, ListValue) and given.open,
        ),
    )


def _catalog_key(parts: Sequence[str], table: Mapping[str, object]) -> str | None:
    """The key in a table of the catalog of a dotted name below daft: the longest tail that is one."""
    for start in range(1, len(parts)):
        key = ".".join(parts[start:])
        if key in table:
            return key
    return "range" if parts[-1] == "_range" and "range" in table else None
