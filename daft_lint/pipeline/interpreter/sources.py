"""Calls that make a DataFrame: its columns, rows and partitions, as far as the call says them."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import libcst as cst

from daft_lint.pipeline.catalog import PartitionsFrom, RowsFrom, SourceSpec
from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.arithmetic import known_length, most_items
from daft_lint.pipeline.interpreter.daft_expressions import declared_weight
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.source_facts import source_facts
from daft_lint.pipeline.interpreter.steps import add_step, current_statement, literal_options
from daft_lint.pipeline.interpreter.values import (
    DataFrame,
    DictValue,
    ListValue,
    Literal,
    LiteralTable,
    Sized,
    Tail,
    element_of,
    literal_value,
    strings_in,
)
from daft_lint.pipeline.model import (
    NodeRef,
    Partitions,
    Projection,
    Source,
    SourceFacts,
    Step,
    StepKind,
    Strength,
    Weight,
)

ONE_FILE_SUFFIXES = tuple(".parquet .csv .tsv .json .jsonl .ndjson .warc .warc.gz .mp4 .txt .mcap".split())
WILDCARDS = frozenset("*?[{")
_FILE = re.compile(r"[^/\\]\.[A-Za-z]\w{1,4}\Z")
"""The end of a file's name: its suffix has a letter first, as no version number has."""


def add_source(
    interpreter: InterpreterProtocol, name: str, spec: SourceSpec, args: Arguments, node: cst.Call, scope: Scope
) -> DataFrame:
    """A step that makes a DataFrame, with all facts about it."""
    paths = _paths(spec, args)
    facts = source_facts(interpreter, node, paths, scope)
    location = scope.location(node)
    known = _KnownColumns(location, interpreter.settings.heavy_row_bytes)
    known.add_columns_of_kind(spec, args)
    known.add_literal_data(spec, args)
    known.add_schema(args, scope)
    known.add_facts(facts)
    source = Source(
        name,
        paths,
        partitions=Partitions.of(facts.files) if facts.files is not None else _partitions(spec, paths, args),
        rows=facts.rows if facts.rows is not None else _literal_rows(spec, args),
        row_bytes=facts.row_bytes,
        largest_file=facts.largest_file,
        in_parts=bool(facts.in_parts),
        columns=known.columns,
        closed=known.closed,
        names_hint=spec.names_hint,
        rest_light=spec.rest_light,
    )
    step = Step(
        name,
        StepKind.SOURCE,
        location,
        source=source,
        projection=Projection.UNKNOWN,
        statement=current_statement(interpreter, scope),
        options=literal_options(args),
    )
    return add_step(interpreter, step)


def _paths(spec: SourceSpec, args: Arguments) -> tuple[str, ...]:
    if spec.path is None:
        return ()
    value = args.value(*spec.path)
    known = isinstance(value, Literal) or (isinstance(value, ListValue) and not value.open)
    return tuple(strings_in(value)) if known else ()


# Columns


class _KnownColumns:
    """The columns that are known by the source's kind, its data, its schema and its facts; `closed`: they are all."""

    def __init__(self, location: NodeRef, heavy_row_bytes: int) -> None:
        self.location = location
        self.heavy_row_bytes = heavy_row_bytes
        self.columns: dict[str, Weight] = {}
        self.closed = False

    def add_columns_of_kind(self, spec: SourceSpec, args: Arguments) -> None:
        """The columns that every source of this kind has."""
        heavy = dict(spec.heavy)
        if spec.heavy_named is not None:
            keyword, reason = spec.heavy_named
            heavy.update(dict.fromkeys(strings_in(args.keyword(keyword)), reason))
        self.columns.update(dict.fromkeys(spec.light, Weight.LIGHT))
        for keyword in spec.adds:
            self.columns.update(dict.fromkeys(strings_in(args.keyword(keyword)), Weight.LIGHT))
        for name, reason in heavy.items():
            self.columns[name] = self._weight(name, reason, spec, args)
        self.closed = spec.closed and all(args.keyword(keyword) is None for keyword in spec.open_if)

    def _weight(self, name: str, reason: str, spec: SourceSpec, args: Arguments) -> Weight:
        """The weight of a column that is heavy unless the call says otherwise."""
        weight = Weight.of(Strength.PROOF, reason, self.location)
        if spec.light_if is not None:
            argument, light_values = spec.light_if
            asked = args.value(*argument)
            value = literal_value(asked)
            if asked is not None and not isinstance(value, str):
                weight = Weight.UNKNOWN
            elif value in light_values:
                weight = Weight.LIGHT
        return self._image_weight(name, spec, args, weight) if name in spec.rgb else weight

    def _image_weight(self, name: str, spec: SourceSpec, args: Arguments, weight: Weight) -> Weight:
        """The weight of RGB images whose height and width the call gives: 3 bytes a pixel."""
        height, width = (literal_value(args.value(*argument)) for argument in spec.rgb[name])
        if not isinstance(height, int) or not isinstance(width, int):
            return weight
        size = height * width * 3
        return Weight(heavy=False, row_bytes=size) if size < self.heavy_row_bytes else replace(weight, row_bytes=size)

    def add_literal_data(self, spec: SourceSpec, args: Arguments) -> None:
        """The columns of data that the script spells out."""
        data = _literal_data(spec, args)
        if isinstance(data, (ListValue, Sized)) and spec.rows is not RowsFrom.PYDICT:
            # The first row stands for all.
            data = data.items[0] if isinstance(data, ListValue) and data.items else element_of(data)
        if not isinstance(data, DictValue):
            return
        # Columns may have been added to a table since.
        is_table = spec.rows is RowsFrom.TABLE
        self.closed = not is_table and not data.open and all(isinstance(key, str) for key in data.entries)
        for key, value in data.entries.items():
            if isinstance(key, str):
                self.columns[key] = Weight.LIGHT if _is_light_data(value) else Weight.UNKNOWN

    def add_schema(self, args: Arguments, scope: Scope) -> None:
        """The columns that `schema={...}` declares."""
        schema = args.keyword("schema")
        if not isinstance(schema, DictValue):
            return
        for key, value in schema.entries.items():
            if isinstance(key, str):
                self.columns[key] = declared_weight(value, self.location.node, scope, self.heavy_row_bytes)

    def add_facts(self, facts: SourceFacts) -> None:
        """The columns that a comment, the configuration or the files' footers tell of."""
        self.columns.update(dict.fromkeys(facts.light, Weight.LIGHT))
        reason = f"declared by {facts.origin or 'a source fact'}"
        heavy = Weight.of(Strength.PROOF, reason, self.location, facts.row_bytes)
        self.columns.update(dict.fromkeys(facts.heavy, heavy))


def _is_light_data(value: object) -> bool:
    """Text and numbers."""
    if isinstance(value, ListValue):
        return bool(value.items) and all(_is_light_data(v) for v in value.items)
    return isinstance(value, Sized) or (isinstance(value, Literal) and not isinstance(value.value, bytes))


# Rows


def _literal_rows(spec: SourceSpec, args: Arguments) -> int | None:
    """The rows of data that the script spells out."""
    if spec.rows is RowsFrom.RANGE:
        return _range_rows(args)
    if spec.rows is RowsFrom.PATHS:
        return _named_files(spec, args)
    data = _literal_data(spec, args)
    if isinstance(data, DictValue):
        return next((n for v in data.entries.values() if (n := most_items(v)) is not None), None)
    return None if spec.rows is RowsFrom.PYDICT else most_items(data)


def _literal_data(spec: SourceSpec, args: Arguments) -> object:
    """The data that the script spells out, in columns or in rows; of a source that takes tables, what they hold."""
    data = next(iter(args.values()), None)
    if spec.rows is RowsFrom.TABLE:
        return data.data if isinstance(data, LiteralTable) else None
    return None if spec.rows is RowsFrom.NOWHERE else data


def _named_files(spec: SourceSpec, args: Arguments) -> int | None:
    """How many files the paths name, None where one of them may stand for several."""
    given = args.value(*spec.path) if spec.path is not None else None
    items = given.items if isinstance(given, ListValue) and not given.open else (given,)
    texts = [item.head + item.text if isinstance(item, Tail) else str(literal_value(item)) for item in items]
    return len(texts) if texts and all(_FILE.search(t) and not WILDCARDS & set(t) for t in texts) else None


def _range_rows(args: Arguments) -> int | None:
    """The rows of `daft.range(start, end, step)`."""
    bounds = [literal_value(args.value(i, k)) for i, k in enumerate(("start", "end", "step"))]
    start, end, step = (b if isinstance(b, int) and not isinstance(b, bool) else None for b in bounds)
    if args.value(1, "end") is None:
        return start
    if start is None or end is None:
        return None
    return len(range(start, end, step or 1))


# Partitions


def _partitions(spec: SourceSpec, paths: tuple[str, ...], args: Arguments) -> Partitions:
    """How many tasks the source makes on Ray (docs/pages/measurements.md, e5)."""
    tables = args.first() if spec.list_partitions else None
    if isinstance(tables, ListValue):
        return Partitions.UNKNOWN if tables.open else Partitions.of(max(1, len(tables.items)))
    if spec.partitions is PartitionsFrom.ONE:
        return Partitions.ONE
    if spec.partitions is PartitionsFrom.ARGUMENT:
        return _partitions_of_argument(spec, args)
    if spec.partitions is PartitionsFrom.COLUMN and spec.partitions_at is not None and not args.open:
        column = args.value(*spec.partitions_at)
        is_whole = column is None or (isinstance(column, Literal) and column.value is None)
        return Partitions.ONE if is_whole else Partitions.UNKNOWN
    if spec.partitions is PartitionsFrom.FILES:
        return _partitions_of_files(spec, paths, args)
    return Partitions.UNKNOWN


def _partitions_of_argument(spec: SourceSpec, args: Arguments) -> Partitions:
    if spec.partitions_at is None:
        return Partitions.UNKNOWN
    given = args.value(*spec.partitions_at)
    count = literal_value(given)
    return Partitions.ONE if given is None else Partitions.of(count if isinstance(count, int) else None)


def _partitions_of_files(spec: SourceSpec, paths: tuple[str, ...], args: Arguments) -> Partitions:
    if spec.files_at is not None:
        asked = args.value(*spec.files_at)
        count = literal_value(asked)
        if asked is None or (isinstance(asked, Literal) and count is None):
            return Partitions.MANY
        return Partitions.of(count) if isinstance(count, int) else Partitions.UNKNOWN
    if paths and all(_is_one_file(path) for path in paths):
        return Partitions.of(len(paths))
    given = args.value(*spec.path) if spec.path is not None else None
    if isinstance(given, Tail):
        return Partitions.ONE if _ends_in_one_file(given) else Partitions.UNKNOWN
    # Several paths are several partitions, also where their names are not known.
    if isinstance(given, Sized) and not given.at_most and _names_one_file(given.element):
        return Partitions.of(given.length)
    if isinstance(given, ListValue) and not given.open and given.items and all(map(_names_one_file, given.items)):
        return Partitions.of(len(given.items))
    is_many = max(len(paths), known_length(given) or 0, len(given.items) if isinstance(given, ListValue) else 0) > 1
    return Partitions.MANY if is_many else Partitions.UNKNOWN


def _names_one_file(value: object) -> bool:
    """Whether a value is the path of one file by its name."""
    return _ends_in_one_file(value) if isinstance(value, Tail) else _is_one_file(str(literal_value(value)))


def _ends_in_one_file(path: Tail) -> bool:
    """One file by the literal end of its name, with no wildcard in what is known of it."""
    return not WILDCARDS & set(path.head) and not WILDCARDS & set(path.text) and path.text.endswith(ONE_FILE_SUFFIXES)


def _is_one_file(path: str) -> bool:
    """One file by its name: no wildcard, a file's suffix, and no folder of that name here."""
    if WILDCARDS & set(path) or not path.lower().endswith(ONE_FILE_SUFFIXES):
        return False
    return "://" in path or not os.path.isdir(path)
