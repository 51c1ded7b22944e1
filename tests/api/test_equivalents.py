"""The table of translations, row by row on the installed Daft: Python as a UDF, and the expression that is written."""

from __future__ import annotations

import datetime
import io
import itertools
import json
import math
import re
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from daft_lint.api.equivalents import Equal, equivalent_of
from daft_lint.api.equivalents.operands import Column, Value, is_common_pattern
from daft_lint.api.equivalents.table import EQUIVALENTS, SLOTS, Constant, Equivalent, Kind
from daft_lint.api.equivalents.translation import filled
from daft_lint.api.udf_code import udf_calls_of
from tests.pipeline.interpreter.scripts import script as interpreted

daft = pytest.importorskip("daft", reason="the extra `runtime` is not installed")
from daft import DataType, col  # noqa: E402

TEXTS = [
    "", " ", "a", "A", "Ab cD", "  x  ", "\t\n x\r\n", "\x1c\x1d\x1e\x1fx\x1f", "\x85x\x85",
    "\u00a0x\u00a0", "\u200bx\ufeff", "\u3000x\u2028", "ß", "ẞ", "İ", "ı", "ΑΣ", "ΑΣ Β", "Σ", "ŉ", "ǆ", "ǅ", "ƛ",
    "ﬁn", "éÉ", "e\u0301", "👍🏽", "👨\u200d👩\u200d👧", "日本語",
    "a\0b", "aXbXc", "xx", "xyx", "a,b,,c", ",", "%",
    "_", "a%b", ".*", "$1", "\\", "{", "}", "lorem IPSUM", "0", "-1", "12", "１２",
    "1_0", " 1 ", "1e3", "nan", "\U00010400", "\ud7ff", "a-b-a", "aaa", "aaaa", "x\n", "\nx", "a\nb", "xa", "x" * 300,
]  # fmt: skip
INTS = [
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    -7,
    10,
    100,
    2**31 - 1,
    -(2**31),
    2**53,
    2**53 + 1,
    -(2**53) - 1,
    2**62,
    2**63 - 1,
    -(2**63),
]
FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 10.0, 1e16, 1e22, 1e300, 1.7e308, -1.7e308, 5e-324,
    math.inf, -math.inf, math.nan, 123456789.123, 1e-7,
]  # fmt: skip
TIMES = [
    datetime.datetime(1970, 1, 1), datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999),
    datetime.datetime(2024, 2, 29, 12, 30, 15, 123_456), datetime.datetime(1, 1, 1),
    datetime.datetime(9999, 12, 31, 23, 59, 59, 999_999), datetime.datetime(2021, 1, 3),
    datetime.datetime(2020, 12, 31, 22, 59),
]  # fmt: skip
ZONED = [time for time in TIMES if 1900 < time.year < 2100]
DAYS = [time.date() for time in TIMES]


class Edge(NamedTuple):
    """A column of values at the edges: `known` says that its type is exactly the one that the kind stands for."""

    dtype: Any
    values: Sequence[object]
    known: bool = True


INTEGERS = [
    Edge(DataType.int64(), INTS),
    *(Edge(dtype, [v for v in INTS if low <= v <= high], known=False)
      for dtype, low, high in ((DataType.int8(), -128, 127), (DataType.int32(), -(2**31), 2**31 - 1),
                               (DataType.uint8(), 0, 255), (DataType.uint64(), 0, 2**64 - 1))),
]  # fmt: skip
REALS = [Edge(DataType.float64(), FLOATS), Edge(DataType.float32(), [*FLOATS[:10], *FLOATS[15:19]], known=False)]
EDGES: dict[str, list[Edge]] = {
    "r": [Edge(DataType.string(), TEXTS)],
    "s": [Edge(DataType.string(), TEXTS)],
    "t": [Edge(DataType.string(), TEXTS[::-1])],
    "n": [*INTEGERS, Edge(DataType.float64(), FLOATS, known=False)],
    "m": [e._replace(values=e.values[::-1]) for e in INTEGERS],
    "f": [*REALS, *(e._replace(known=False) for e in INTEGERS)],
    "g": [e._replace(values=e.values[::-1]) for e in REALS],
    "b": [Edge(DataType.bool(), [True, False])],
    "c": [Edge(DataType.bool(), [True, False])],
    "d": [Edge(DataType.date(), DAYS), Edge(DataType.timestamp("us"), TIMES),
          Edge(DataType.timestamp("us", "Europe/Berlin"), ZONED)],
    "e": [Edge(DataType.date(), DAYS), Edge(DataType.timestamp("us"), TIMES, known=False)],
    "u": [Edge(DataType.timestamp("us"), TIMES), Edge(DataType.timestamp("ns"), ZONED),
          Edge(DataType.timestamp("s"), TIMES),
          *(Edge(DataType.timestamp("us", zone), ZONED) for zone in ("UTC", "America/New_York", "+05:30"))],
    "l": [Edge(DataType.list(DataType.string()), [[], [""], ["a", "b"], ["a"] * 100])],
    "p": [Edge(DataType.list(DataType.float64()), [[0.5], [], [1.5, -2.0], [2.0] * 100])],
}  # fmt: skip
PATTERNS: list[object] = [
    "x",
    "[a-z]+",
    "[^a-z]+",
    "x|X",
    "a.",
    r"\.",
    "^x",
    "[0-9]+",
    "^[A-Z]",
    "-+",
    " +",
    "aa",
    "a|aa",
    "[.,]",
    r"\$1",
]
SAMPLES: dict[str, list[object]] = {
    "A": ["x", "a", "aa", ".", "%", ",", "\\", "$1"],
    "B": ["", "x", "ab", ".", "%", "$1", "\\"],
    "N": [1, 2, 3],
    "C": [0, 1, -2, 2.5, 0.1, 1000],
    "K": [1, -2, 3, 2.5, 0.1, 10],
    "V": [("a",), ("a", "xx", "")],
    "W": [(1,), (0, 1, 7, 100)],
    "P": PATTERNS,
    "R": ["", "-", "ab", " "],
}
RETURNS = {
    Kind.TEXT: str, Kind.INT: int, Kind.FLOAT: float, Kind.NUMBER: float, Kind.BOOL: bool, Kind.DATE: datetime.date,
    Kind.TEXTS: list[str],
}  # fmt: skip
KINDS = {
    Constant.TEXT: Kind.TEXT,
    Constant.SOME_TEXT: Kind.TEXT,
    Constant.NUMBER: Kind.FLOAT,
    Constant.NOT_ZERO: Kind.FLOAT,
}
ROWS = [pytest.param(row, id=row.python) for row in EQUIVALENTS]


class Trial(NamedTuple):
    """A row with columns and constants in its slots."""

    python: str
    column: Column
    edges: dict[str, Edge]

    @property
    def known(self) -> bool:
        return all(edge.known for edge in self.edges.values())


def slots_of(row: Equivalent) -> list[str]:
    return [name for name in dict.fromkeys(re.findall(r"\b\w\b", row.python)) if name in SLOTS]


COMPUTED = {
    **dict.fromkeys("rst", ".reverse().reverse()"), **dict.fromkeys("nfmg", ".cast({dtype})"),
    **dict.fromkeys("bc", ".cast(int).cast(bool)"),
}  # fmt: skip
"""What makes a computed column of one by its name, with the same values."""


def trials(row: Equivalent) -> Iterator[Trial]:
    """A row with every constant, on every combination of types; then on computed columns, with the first constants."""
    names = slots_of(row)
    columns = [name for name in names if name.islower()]
    constants = [name for name in names if name.isupper()]
    for edges in itertools.product(*(EDGES[name] for name in columns)):
        for values in itertools.product(*(SAMPLES[name] for name in constants)):
            yield trial(row, dict(zip(columns, edges, strict=True)), dict(zip(constants, values, strict=True)))
        if not row.of_columns:
            first = {name: SAMPLES[name][0] for name in constants}
            yield trial(row, dict(zip(columns, edges, strict=True)), first, computed=True)


def trial(row: Equivalent, edges: dict[str, Edge], given: dict[str, object], computed: bool = False) -> Trial:
    operands: dict[str, Column | Value] = {}
    for name, edge in edges.items():
        method = COMPUTED.get(name, "").format(dtype=f"DataType.{str(edge.dtype).lower()}()") if computed else ""
        operands[name] = Column(f'col("{name}"){method}', Kind.UNKNOWN, (name,), name)
    for name, value in given.items():
        operands[name] = Value(repr(list(value)) if isinstance(value, tuple) else repr(value), Kind.TEXT, value)
    python = re.sub(r"\b[A-Z]\b", lambda match: repr(given[match[0]]), row.python)
    return Trial(python, filled(row, operands).typed(), edges)


def frame(trial: Trial) -> Any:
    """Every combination of the values, and a row of nulls."""
    rows = [*itertools.product(*(edge.values for edge in trial.edges.values())), (None,) * len(trial.edges)]
    series = {
        name: daft.Series.from_pylist([row[i] for row in rows]).cast(edge.dtype)
        for i, (name, edge) in enumerate(trial.edges.items())
    }
    return daft.from_pydict(series)


def function(trial: Trial) -> Any:
    """The Python, with the guard that gives a null for nulls."""
    names = ", ".join(trial.edges)
    none = " or ".join(f"{name} is None" for name in trial.edges)
    return eval(f"lambda {names}: None if {none} else {trial.python}", {"re": re, "math": math})


def expression(trial: Trial) -> Any:
    return eval(trial.column.text, {"col": col, "DataType": DataType})


def same(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return type(a) is type(b) and a == b


def outcome(row: Equivalent, trial: Trial) -> str:
    """Where the UDF and the expression differ, "" where they do not."""
    data = frame(trial)
    udf = daft.func(function(trial), return_dtype=RETURNS[row.gives])
    try:
        ours = data.select(expression(trial).alias("o")).collect()
        theirs = data.select(udf(*map(col, trial.edges)).alias("o")).collect()
    except BaseException as error:  # Daft's panics are no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__}: {error}"[:300]
    if ours.schema()["o"].dtype != theirs.schema()["o"].dtype:
        return f"{ours.schema()['o'].dtype}, not {theirs.schema()['o'].dtype}"
    given = zip(*data.to_pydict().values(), strict=True)
    rows = zip(given, ours.to_pydict()["o"], theirs.to_pydict()["o"], strict=True)
    return next((f"{values!r}: {got!r}, not {wanted!r}" for values, got, wanted in rows if not same(got, wanted)), "")


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_as_equal_as_it_says(row: Equivalent) -> None:
    """A row that says nothing else gives the same, for all types; one with `assumes` for the known one only."""
    tried, differing = 0, 0
    for trial in trials(row):
        if row.differs and differing:
            return
        if row.assumes and not trial.known and differing:
            continue
        found = outcome(row, trial)
        tried += 1
        if row.differs or (row.assumes and not trial.known):
            differing += bool(found)
        else:
            assert not found, f"{trial.column.text} on {[str(e.dtype) for e in trial.edges.values()]}: {found}"
    assert tried
    assert differing or not (row.differs or row.assumes), f"{row.python} is said to differ, and never does"


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_patterns_of_the_rows_are_written(pattern: object) -> None:
    assert is_common_pattern(str(pattern))


@pytest.mark.parametrize(
    "pattern", [r"\w+", r"\s", "x$", "a*", "a?", "(a)", "(?i)a", "^a|b", "", "a{2}", "[[:alpha:]]", "a++"]
)
def test_other_patterns_are_not(pattern: str) -> None:
    assert not is_common_pattern(pattern)


NEW_CAPITALS = {"ƛ", "ɤ"} if unicodedata.unidata_version < "16" else set()


@pytest.mark.parametrize(("method", "differing"), [("lower", set()), ("upper", NEW_CAPITALS)])
def test_every_letter_that_python_knows(method: str, differing: set[str]) -> None:
    letters = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
    data = daft.from_pydict({"r": letters}).select(getattr(col("r"), method)()).to_pydict()["r"]
    assert {letter for letter, got in zip(letters, data, strict=True) if got != getattr(letter, method)()} == differing


# Whole bodies

PREFIX = """
import datetime, json, re
import daft
from daft import DataType, Series, col
from daft.functions import when
DOMAIN = "example.org"
NOISE = re.compile(r"[0-9]+")
CODES = {"a": 1, "xx": 2}
NAMES = {1: "one", 2: "two"}
KNOWN = ("a", "b")
"""
COLUMNS: dict[str, tuple[Any, Sequence[object]]] = {
    "s": (DataType.string(), TEXTS), "t": (DataType.string(), TEXTS[::-1]), "n": (DataType.int64(), INTS),
    "f": (DataType.float64(), FLOATS), "d": (DataType.date(), DAYS), "u": (DataType.timestamp("us", "UTC"), ZONED),
    "b": (DataType.bool(), [True, False]),
}  # fmt: skip
SAFE = [
    ("(s: str) -> str", "return None if s is None else s.lower()"),
    ("(s: str | None) -> int", "if s is None:\n    return 0\nreturn len(s)"),
    ("(s: str) -> float", "if s is None:\n    return 0.0\nelse:\n    return len(s)"),
    ("(s: str) -> bool", "return s.lower().startswith('a') if s is not None else False"),
    ("(s: str) -> str", "if s is None:\n    return ''\ns = s.lower()\nt = s.replace('x', '')\nreturn f'<{t}> {{}}'"),
    ("(s: str) -> str", "return f'{s}@{DOMAIN}' if s is not None else None"),
    ("(s: str, t: str) -> str", "if s is None or t is None:\n    return None\nreturn f'{s}, {t.lower()}'"),
    ("(s: str) -> str", "return NOISE.sub('#', s) if s is not None else None"),
    ("(s: str) -> bool", "return NOISE.search(s) is not None if s is not None else False"),
    ("(s: str) -> int", "return CODES.get(s) if s is not None else None"),
    ("(s: str) -> str", "return {'a': 'A', 'xx': 'X'}.get(s) if s is not None else None"),
    ("(n: int) -> str", "return NAMES.get(n) if n is not None else None"),
    ("(n: int) -> bool", "return n < 10 if n is not None else None"),
    ("(s: str) -> bool", "return len(s) > 2 if s is not None else None"),
    ("(s: str) -> bool", "return 1 < len(s) <= 4 if s is not None else False"),
    ("(s: str) -> bool", "return s is not None and s in ('a', 'xx')"),
    ("(s: str) -> bool", "return s in KNOWN if s is not None else False"),
    ("(s: str) -> bool", "return not s.endswith('x') if s is not None else None"),
    ("(s: str, f: float) -> bool", "if s is None or f is None:\n    return False\nreturn 'x' in s and f <= 0.5"),
    ("(s: str) -> int", "return len(s.split(',')) if s is not None else None"),
    ("(d: datetime.date) -> int", "return d.year if d is not None else None"),
    ("(u: datetime.datetime) -> bool", "return u.weekday() > 4 if u is not None else None"),
    ("(s: str) -> float", "return None if s is None else len(s) / 3"),
    ("(s: str) -> str", "return f'\\t{s}\\x41' if s is not None else None"),
    ("(s: str, f: float) -> bool", "return s is not None and f is not None and 'x' in s and f < 1"),
    ("(b: bool) -> bool", "return not b if b is not None else None"),
]  # fmt: skip
"""Bodies; those for which an expression is offered as safe have to give the same."""


def equal_of(signature: str, body: str) -> tuple[str, Equal | None]:
    """A script with a row-wise UDF on the columns that its parameters are called after, and what is offered for it."""
    names = re.findall(r"(\w+): ", signature)
    lines = [PREFIX, "@daft.func", f"def function{signature}:", textwrap.indent(body, "    ")]
    text = "\n".join(lines)
    call = ", ".join(f'col("{name}")' for name in names)
    run = f'\ndaft.read_parquet("a/*.parquet").with_column("o", function({call})).write_parquet("b")\n'
    found = [equivalent_of(udf, call) for call, udf in udf_calls_of(interpreted(text + run))]
    return text, found[0] if found else None


@pytest.mark.parametrize(("signature", "body"), SAFE)
def test_what_is_offered_as_safe_gives_the_same(signature: str, body: str) -> None:
    text, equal = equal_of(signature, body)
    names = re.findall(r"(\w+): ", signature)
    assert equal is not None
    assert equal.writable, equal
    values: list[list[object]] = [[*COLUMNS[name][1], None] for name in names]
    rows = list(itertools.product(*values))
    data = daft.from_pydict(
        {name: daft.Series.from_pylist([row[i] for row in rows]).cast(COLUMNS[name][0]) for i, name in enumerate(names)}
    )
    scope: dict[str, Any] = {}
    exec(text, scope)
    theirs = data.select(scope["function"](*map(col, names)).alias("o")).collect()
    ours = data.select(eval(equal.text, scope).alias("o")).collect()
    assert ours.schema()["o"].dtype == theirs.schema()["o"].dtype
    pairs = zip(rows, ours.to_pydict()["o"], theirs.to_pydict()["o"], strict=True)
    assert [(row, got, wanted) for row, got, wanted in pairs if not same(got, wanted)] == []
    assert equal.differs == ()


@pytest.mark.parametrize(
    ("signature", "body", "text", "differs"),
    [
        ("(s: str) -> str", "return s.lower()", 'col("s").lower()', "null"),
        ("(s: str) -> str", "return s.strip() if s is not None else None", 'col("s").strip()', "U+001C"),
        ("(n: int) -> int", "return None if n is None else n * 2", 'col("n") * 2', "overflow"),
        ("(n: int) -> bool", "return n is not None and n % 2 == 0", '(col("n") % 2 == 0).fill_null(False)', "NaN"),
        ("(n: int) -> float", "return n / 3 if n is not None else None", 'col("n") / 3', "large"),
        ("(f: float) -> float", "return (f - 32) / 1.8", '(col("f") - 32) / 1.8', "type"),
        ("(f: float) -> bool", "return 0 < f < 1", '(col("f") > 0) & (col("f") < 1)', "NaN"),
        ("(s: str) -> int", "return {'a': 1}[s]", "when(col(\"s\") == 'a', 1)", "key"),
        ("(s: str, t: str) -> str", "return s + t if s is not None else None", 'col("s") + col("t")', "null"),
    ],
)
def test_what_differs_is_said(signature: str, body: str, text: str, differs: str) -> None:
    _, equal = equal_of(signature, body)
    assert equal is not None
    assert equal.text == text
    assert any(differs in reason for reason in equal.differs)


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        ("(s: str) -> str", "if not s:\n    return ''\nreturn s.lower()"),
        ("(s: str) -> str", "try:\n    return s.lower()\nexcept AttributeError:\n    return ''"),
        ("(s: str) -> str", "print(s)\nreturn s.lower()"),
        ("(s: str) -> str", "return s.lower().title()"),
        ("(s: str) -> str", "return f'{s!r}'"),
        ("(f: float) -> str", "return f'{f}'"),
        ("(s: str) -> str", "return fr'\\n{s}'"),
        ("(f: float) -> bool", "return f == 1e16"),
        ("(n: int) -> bool", "return n < 2**60"),
        ("(n: int) -> bool", "return n < 9007199254740993"),
        ("(b: bool) -> str", "return f'{b}'"),
        ("(n: int) -> int", "return n // 2"),
        ("(n: int) -> int", "return n % 3"),
        ("(s: str) -> list", "return s.split()"),
        ("(s: str) -> int", "return s.find('x')"),
        ("(s: str) -> str", "return s[2:]"),
        ("(s: str) -> str", "return s.replace('', '-')"),
        ("(s: str) -> bool", "return s.lower() in ('a', 'b')"),
        ("(s: str) -> str", "return re.sub(r'\\w+', '', s)"),
        ("(s: str) -> str", "return re.sub('x$', '', s)"),
        ("(s: str) -> str", "return re.sub('a', '$1', s)"),
        ("(s: str) -> str", "return s.lower() if s else None"),
    ],
)
def test_what_has_no_equivalent(signature: str, body: str) -> None:
    assert equal_of(signature, body)[1] is None


JSON = [
    ('{"a": "x"}', True),
    (' {"a": "\\u00e9\\ud83d\\ude00", "b": [1]}', True),
    ('{"a": "1", "a": "2"}', True),
    ('{"a": null}', True),
    ('{"b": "x"}', False),
    ('{"a": "x"} y', False),
    ('{"a": 1.50}', False),
    ('{"a": true}', False),
    ('{"a": {"b": 1}}', False),
    ('{"a": [1]}', False),
    ("null", False),
    ("[]", True),
    ("{", True),
]


@pytest.mark.parametrize(("text", "equal"), JSON)
def test_a_field_of_json(text: str, equal: bool) -> None:
    """It is not offered as safe, and says why; None is for what fails."""
    _, found = equal_of("(s: str) -> str", "return json.loads(s)['a'] if s is not None else None")
    assert found is not None
    assert any("a key that is not there" in reason for reason in found.differs)
    expression = eval(found.text, {"col": col, "DataType": DataType})
    try:
        ours: object = daft.from_pydict({"s": [text]}).select(expression.alias("o")).to_pydict()["o"]
    except daft.exceptions.DaftCoreException:
        ours = None
    try:
        theirs: object = [json.loads(text)["a"]]
    except (ValueError, KeyError, TypeError):
        theirs = None
    assert (ours == theirs) is equal


def test_a_type_that_would_be_another_is_not_written() -> None:
    _, equal = equal_of("(s: str) -> str", "return len(s)")
    assert equal is not None
    assert not equal.writable


def test_images_come_out_with_other_pixels() -> None:
    """Why decoding and resizing in a UDF is left alone: only a lossless image is the same, and no resized one is."""
    numpy, image = pytest.importorskip("numpy"), pytest.importorskip("PIL.Image")
    pixels = numpy.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype="uint8")

    def encoded(kind: str) -> bytes:
        file = io.BytesIO()
        image.fromarray(pixels).save(file, kind)
        return file.getvalue()

    def by_pillow(data: bytes) -> Any:
        return image.open(io.BytesIO(data)).convert("RGB")

    data = daft.from_pydict({"data": [encoded("PNG"), encoded("JPEG")]})
    decoded = data.select(col("data").decode_image(mode="RGB")).to_pydict()["data"]
    assert numpy.array_equal(decoded[0], by_pillow(encoded("PNG")))
    assert not numpy.array_equal(decoded[1], by_pillow(encoded("JPEG")))
    resized = data.select(col("data").decode_image(mode="RGB").resize(24, 16)).to_pydict()["data"][0]
    for filter_ in image.Resampling:
        assert not numpy.array_equal(resized, by_pillow(encoded("PNG")).resize((24, 16), filter_))
