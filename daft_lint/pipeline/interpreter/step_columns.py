"""What the arguments of a DataFrame method say of columns: which it makes, reads, drops and renames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.catalog import ColumnArguments, StepSpec
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.daft_expressions import to_columns, to_expression
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    UNKNOWN,
    DictValue,
    ListValue,
    Literal,
    alternatives,
    literal_value,
    strings_in,
)
from daft_lint.pipeline.model import Expression, ExpressionKind, Projection


@dataclass(frozen=True, slots=True, eq=False)
class StepColumns:
    """What a step makes of the columns; `read` are the expressions that it evaluates without making a column."""

    projection: Projection
    outputs: tuple[Expression, ...] = ()
    read: tuple[Expression, ...] = ()
    dropped: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


def columns_of(spec: StepSpec, args: Arguments, node: cst.Call, scope: Scope) -> StepColumns:
    """What a step's arguments make, read, drop and rename."""
    if spec.columns is ColumnArguments.EXPRESSIONS:
        return StepColumns(spec.projection, outputs=tuple(made_columns(spec, args, node, scope)))
    if spec.columns is ColumnArguments.NAME_AND_EXPRESSION:
        return StepColumns(spec.projection, outputs=(_named_column(args, node, scope),))
    if spec.columns is ColumnArguments.MAPPING:
        return StepColumns(spec.projection, outputs=tuple(_mapped_columns(args.value(0, "columns"), node, scope)))
    if spec.columns is ColumnArguments.READ or spec.keys:
        return StepColumns(spec.projection, read=tuple(to_columns(_keys(spec, args), node, scope)))
    if spec.columns is ColumnArguments.DROPPED_NAMES:
        values = args.positional_values()
        known = not args.open and all(_is_known_names(v) for v in values)
        names = tuple(name for v in values for name in strings_in(v))
        return StepColumns(spec.projection if known else Projection.UNKNOWN, dropped=names)
    if spec.columns is ColumnArguments.RENAMES:
        renamed = _renames(args)
        if renamed is None:
            return StepColumns(Projection.UNKNOWN)
        return StepColumns(spec.projection, renamed=renamed)
    return StepColumns(spec.projection)


def made_columns(spec: StepSpec, args: Arguments, node: cst.Call, scope: Scope) -> Iterator[Expression]:
    """The columns of `select(...)`, `explode(...)`, an aggregation."""
    for expression in to_columns(args.positional_values(), node, scope):
        if spec.function is not None:
            location, output = expression.location, expression.output
            yield Expression(ExpressionKind.FUNCTION, location, spec.function, (expression,), output=output)
        else:
            yield expression
    if spec.projection is Projection.ONLY:
        for key, value in args.keyword_values().items():
            yield replace(to_expression(value, node, scope), output=key)
    if args.open:
        yield Expression(ExpressionKind.UNKNOWN, scope.location(node), spread=True)


def _named_column(args: Arguments, node: cst.Call, scope: Scope) -> Expression:
    """The column of `with_column(name, expression)`."""
    output = literal_value(args.value(0, "column_name"))
    made_by = args.value(1, "expr")
    expression = to_expression(UNKNOWN if made_by is None else made_by, node, scope)
    return replace(expression, output=output if isinstance(output, str) else None)


def _mapped_columns(value: object | None, node: cst.Call, scope: Scope) -> Iterator[Expression]:
    """The columns of `with_columns({...})`."""
    for one in alternatives(value):
        if not isinstance(one, DictValue):
            yield Expression(ExpressionKind.UNKNOWN, scope.location(node), spread=True)
            continue
        for key, made in one.entries.items():
            yield replace(to_expression(made, node, scope), output=key if isinstance(key, str) else None)


def _keys(spec: StepSpec, args: Arguments) -> list[object]:
    """The arguments that are columns to read."""
    if spec.keys:
        given = [args.value(*key) for key in spec.keys]
        return [value for value in given if value is not None]
    return [*args.positional_values()[spec.columns_from :], *args.keyword_values().values()]


def _is_known_names(value: object) -> bool:
    """A string, or a list of strings with nothing else."""
    if isinstance(value, ListValue):
        return not value.open and all(_is_known_names(v) for v in value.items)
    return isinstance(value, Literal)


def _renames(args: Arguments) -> dict[str, str] | None:
    """Old to new names, None where they are not all known."""
    first = args.positional[0][0] if args.positional else args.keyword("cols_map")
    if isinstance(first, DictValue):
        pairs = {k: literal_value(v) for k, v in first.entries.items()}
        if first.open or not all(isinstance(k, str) and isinstance(v, str) for k, v in pairs.items()):
            return None
        return {str(k): str(v) for k, v in pairs.items()}
    old = literal_value(args.value(0, "existing"))
    new = literal_value(args.value(1, "new"))
    return {old: new} if isinstance(old, str) and isinstance(new, str) else None
