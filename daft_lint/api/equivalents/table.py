"""What Daft's expressions do as Python does it: the table of translations.

Each row pairs Python on one value with the expression of a column. `tests/api/test_equivalents.py` runs both, for every
row, on the installed Daft over values at the edges: a row without `differs` gives the same there, of the same type, and
one with it does not.

The letters of a row are slots, one for each kind of thing that may stand there (`SLOTS`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from daft_lint.dataclass import dataclass


class Kind(enum.Enum):
    """What is known of the type of a value; `.value` is Python's name of it."""

    TEXT = "str"
    INT = "int"
    FLOAT = "float"
    NUMBER = "a number"
    BOOL = "bool"
    DATE = "date"
    TIMESTAMP = "datetime"
    TEXTS = "list[str]"
    NUMBERS = "a list of numbers"
    UNKNOWN = "unknown"


class Constant(enum.Enum):
    """What a slot for a constant takes."""

    TEXT = "a str"
    SOME_TEXT = "a str that is not empty"
    LENGTH = "an int of at least 1"
    NUMBER = "a number that a float holds exactly"
    NOT_ZERO = "such a number other than 0"
    TEXTS = "a list or tuple of str"
    INTS = "a list or tuple of int"
    PATTERN = "a regular expression that Python and Daft read alike"
    REPLACEMENT = "a replacement that names no group"


SLOTS: Mapping[str, frozenset[Kind] | Constant] = {
    **dict.fromkeys("st", frozenset({Kind.TEXT})),
    "r": frozenset({Kind.TEXT, Kind.UNKNOWN}),  # Python raises for what is no text
    **dict.fromkeys("nm", frozenset({Kind.INT})),
    **dict.fromkeys("fg", frozenset({Kind.FLOAT, Kind.INT, Kind.NUMBER, Kind.UNKNOWN})),
    **dict.fromkeys("bc", frozenset({Kind.BOOL})),
    "d": frozenset({Kind.DATE, Kind.TIMESTAMP}),
    "e": frozenset({Kind.DATE}),
    "u": frozenset({Kind.TIMESTAMP}),
    "l": frozenset({Kind.TEXTS}),
    "p": frozenset({Kind.NUMBERS}),
    "A": Constant.SOME_TEXT,
    "B": Constant.TEXT,
    "N": Constant.LENGTH,
    "C": Constant.NUMBER,
    "K": Constant.NOT_ZERO,
    "V": Constant.TEXTS,
    "W": Constant.INTS,
    "P": Constant.PATTERN,
    "R": Constant.REPLACEMENT,
}
"""Lower case: a column of one of the kinds. Upper case: a constant."""


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A row: `python` on a value is `daft` on a column, of the kind `gives`.

    `differs` says where the results are not the same, "" where they are; `assumes` where they are not if a slot's
    kind is only annotated or assumed, not known. `cast` is the Python type that makes Daft's type the one that a UDF
    with that return annotation has. `of_columns`: only of columns by their name, as Daft's planner fails for others.
    """

    python: str
    daft: str
    gives: Kind
    differs: str = ""
    assumes: str = ""
    cast: str = ""
    of_columns: bool = False


WRAPS = "integers wrap where they overflow, and the column's type, not the annotation, decides on the result's"
TYPED = "the column's type, not the annotation, decides on the result's"
SUM = f"{TYPED}, and -0.0 stays as it is where 0 is added"
NEWER = "letters whose capitals are newer than the Unicode of Python stay as they are (`ƛ`, `ɤ`)"
WHITE = "Python also strips the characters U+001C to U+001F"
TITLE = "a few letters have other capitals (`ß`, `ǆ`, a final `Σ`)"
NAN = "NaN counts as larger than any number, and -0.0 as smaller than 0.0"
ZERO = "a division by zero gives infinity or NaN, not an error"
DOMAIN = "what raises in Python gives infinity, NaN or null"
RANGE = "a position out of range gives null or an empty text, not an error"
PARSED = "a text that is no number gives null, and `1_0` and ` 1 ` are read differently"
EMPTY = "an empty list gives null, not 0 or an error, and nulls in a list are left out"
LARGE = "large integers are compared or divided as floats"

EQUIVALENTS: tuple[Equivalent, ...] = (
    # Text
    Equivalent("r.lower()", "{r}.lower()", Kind.TEXT),
    Equivalent("r.upper()", "{r}.upper()", Kind.TEXT, NEWER),
    Equivalent("r.capitalize()", "{r}.capitalize()", Kind.TEXT, TITLE),
    Equivalent("r.strip()", "{r}.strip()", Kind.TEXT, WHITE),
    Equivalent("r.lstrip()", "{r}.lstrip()", Kind.TEXT, WHITE),
    Equivalent("r.rstrip()", "{r}.rstrip()", Kind.TEXT, WHITE),
    Equivalent("r.startswith(B)", "{r}.startswith({B})", Kind.BOOL),
    Equivalent("r.startswith(s)", "{r}.startswith({s})", Kind.BOOL),
    Equivalent("r.endswith(B)", "{r}.endswith({B})", Kind.BOOL),
    Equivalent("r.endswith(s)", "{r}.endswith({s})", Kind.BOOL),
    Equivalent("r.replace(A, B)", "{r}.replace({A}, {B})", Kind.TEXT),
    Equivalent("r.split(A)[0]", "{r}.split({A}).get(0)", Kind.TEXT),
    Equivalent("r.split(A)[-1]", "{r}.split({A}).get(-1)", Kind.TEXT),
    Equivalent("r.split(A)[N]", "{r}.split({A}).get({N})", Kind.TEXT, RANGE),
    Equivalent("r.split(A)", "{r}.split({A})", Kind.TEXTS),
    Equivalent("r.count(A)", "{r}.count_matches({A})", Kind.INT, cast="int"),
    Equivalent("B in s", "{s}.contains({B})", Kind.BOOL),
    Equivalent("B not in s", "~{s}.contains({B})", Kind.BOOL),
    Equivalent("s in t", "{t}.contains({s})", Kind.BOOL),
    Equivalent("s not in t", "~{t}.contains({s})", Kind.BOOL),
    Equivalent("len(s)", "{s}.length()", Kind.INT, cast="int"),
    Equivalent("len(l)", "{l}.length()", Kind.INT, cast="int"),
    Equivalent("s[::-1]", "{s}.reverse()", Kind.TEXT),
    Equivalent("s[:N]", "{s}.left({N})", Kind.TEXT),
    Equivalent("s[-N:]", "{s}.right({N})", Kind.TEXT),
    Equivalent("s[0]", "{s}.left(1)", Kind.TEXT, RANGE),
    Equivalent("s + t", "{s} + {t}", Kind.TEXT),
    Equivalent("r + B", "{r} + {B}", Kind.TEXT),
    Equivalent("B + r", "{B} + {r}", Kind.TEXT),
    Equivalent("s * N", "{s}.repeat({N})", Kind.TEXT),
    Equivalent("s == t", "{s} == {t}", Kind.BOOL),
    Equivalent("s != t", "{s} != {t}", Kind.BOOL),
    Equivalent("s < t", "{s} < {t}", Kind.BOOL),
    Equivalent("s <= t", "{s} <= {t}", Kind.BOOL),
    Equivalent("s > t", "{s} > {t}", Kind.BOOL),
    Equivalent("s >= t", "{s} >= {t}", Kind.BOOL),
    Equivalent("s == B", "{s} == {B}", Kind.BOOL),
    Equivalent("s != B", "{s} != {B}", Kind.BOOL),
    Equivalent("s in V", "{s}.is_in({V})", Kind.BOOL, of_columns=True),
    Equivalent("s not in V", "~{s}.is_in({V})", Kind.BOOL, of_columns=True),
    Equivalent("bool(s)", '{s} != ""', Kind.BOOL),
    Equivalent("not s", '{s} == ""', Kind.BOOL),
    Equivalent("int(s)", "{s}.cast(int)", Kind.INT, PARSED),
    Equivalent("float(s)", "{s}.cast(float)", Kind.FLOAT, PARSED),
    # Regular expressions
    Equivalent("re.sub(P, R, s)", "{s}.regexp_replace({P}, {R})", Kind.TEXT),
    Equivalent("re.search(P, s) is not None", "{s}.regexp({P})", Kind.BOOL),
    Equivalent("re.search(P, s) is None", "~{s}.regexp({P})", Kind.BOOL),
    Equivalent("bool(re.search(P, s))", "{s}.regexp({P})", Kind.BOOL),
    Equivalent("re.match(P, s) is not None", "{s}.regexp({P_at_start})", Kind.BOOL),
    Equivalent("re.match(P, s) is None", "~{s}.regexp({P_at_start})", Kind.BOOL),
    Equivalent("bool(re.match(P, s))", "{s}.regexp({P_at_start})", Kind.BOOL),
    Equivalent("re.findall(P, s)", "{s}.regexp_extract_all({P})", Kind.TEXTS),
    Equivalent("re.split(P, s)", "{s}.regexp_split({P})", Kind.TEXTS),
    # Numbers
    Equivalent("n + m", "{n} + {m}", Kind.INT, WRAPS),
    Equivalent("n - m", "{n} - {m}", Kind.INT, WRAPS),
    Equivalent("n * m", "{n} * {m}", Kind.INT, WRAPS),
    Equivalent("n + N", "{n} + {N}", Kind.INT, WRAPS),
    Equivalent("n - N", "{n} - {N}", Kind.INT, WRAPS),
    Equivalent("n * N", "{n} * {N}", Kind.INT, WRAPS),
    Equivalent("N + n", "{N} + {n}", Kind.INT, WRAPS),
    Equivalent("N - n", "{N} - {n}", Kind.INT, WRAPS),
    Equivalent("N * n", "{N} * {n}", Kind.INT, WRAPS),
    Equivalent("f + g", "{f} + {g}", Kind.NUMBER, assumes=TYPED),
    Equivalent("f - g", "{f} - {g}", Kind.NUMBER, assumes=TYPED),
    Equivalent("f * g", "{f} * {g}", Kind.NUMBER, assumes=TYPED),
    Equivalent("f / g", "{f} / {g}", Kind.FLOAT, ZERO),
    Equivalent("f + C", "{f} + {C}", Kind.NUMBER, SUM),
    Equivalent("f - C", "{f} - {C}", Kind.NUMBER, assumes=TYPED),
    Equivalent("f * C", "{f} * {C}", Kind.NUMBER, assumes=TYPED),
    Equivalent("f / K", "{f} / {K}", Kind.FLOAT, assumes=LARGE),
    Equivalent("f / C", "{f} / {C}", Kind.FLOAT, ZERO),
    Equivalent("C + f", "{C} + {f}", Kind.NUMBER, SUM),
    Equivalent("C - f", "{C} - {f}", Kind.NUMBER, assumes=TYPED),
    Equivalent("C * f", "{C} * {f}", Kind.NUMBER, assumes=TYPED),
    Equivalent("C / f", "{C} / {f}", Kind.FLOAT, ZERO),
    Equivalent("-f", "{f}.negate()", Kind.NUMBER, assumes=TYPED),
    Equivalent("abs(f)", "{f}.abs()", Kind.NUMBER, assumes=TYPED),
    Equivalent("f ** K", "{f}.pow({K})", Kind.FLOAT, DOMAIN),
    Equivalent("math.sqrt(f)", "{f}.sqrt()", Kind.FLOAT, DOMAIN),
    Equivalent("math.exp(f)", "{f}.exp()", Kind.FLOAT, DOMAIN),
    Equivalent("math.log(f)", "{f}.ln()", Kind.FLOAT, DOMAIN),
    Equivalent("math.floor(f)", "{f}.floor()", Kind.INT, DOMAIN, cast="int"),
    Equivalent("math.ceil(f)", "{f}.ceil()", Kind.INT, DOMAIN, cast="int"),
    Equivalent("n % N == 0", "{n} % {N} == 0", Kind.BOOL, assumes=NAN),
    Equivalent("n % N != 0", "{n} % {N} != 0", Kind.BOOL, assumes=NAN),
    Equivalent("n == m", "{n} == {m}", Kind.BOOL, LARGE),
    Equivalent("n != m", "{n} != {m}", Kind.BOOL, LARGE),
    Equivalent("n < m", "{n} < {m}", Kind.BOOL, LARGE),
    Equivalent("n <= m", "{n} <= {m}", Kind.BOOL, LARGE),
    Equivalent("n > m", "{n} > {m}", Kind.BOOL, LARGE),
    Equivalent("n >= m", "{n} >= {m}", Kind.BOOL, LARGE),
    Equivalent("f == g", "{f} == {g}", Kind.BOOL, NAN),
    Equivalent("f != g", "{f} != {g}", Kind.BOOL, NAN),
    Equivalent("f < g", "{f} < {g}", Kind.BOOL, NAN),
    Equivalent("f <= g", "{f} <= {g}", Kind.BOOL, NAN),
    Equivalent("f > g", "{f} > {g}", Kind.BOOL, NAN),
    Equivalent("f >= g", "{f} >= {g}", Kind.BOOL, NAN),
    Equivalent("f == K", "{f} == {K}", Kind.BOOL),
    Equivalent("f != K", "{f} != {K}", Kind.BOOL),
    Equivalent("f < K", "{f} < {K}", Kind.BOOL),
    Equivalent("f <= K", "{f} <= {K}", Kind.BOOL),
    Equivalent("n == C", "{n} == {C}", Kind.BOOL, assumes=NAN),
    Equivalent("n != C", "{n} != {C}", Kind.BOOL, assumes=NAN),
    Equivalent("n < C", "{n} < {C}", Kind.BOOL, assumes=NAN),
    Equivalent("n > C", "{n} > {C}", Kind.BOOL, assumes=NAN),
    Equivalent("n >= C", "{n} >= {C}", Kind.BOOL, assumes=NAN),
    Equivalent("f == C", "{f} == {C}", Kind.BOOL, NAN),
    Equivalent("f != C", "{f} != {C}", Kind.BOOL, NAN),
    Equivalent("f < C", "{f} < {C}", Kind.BOOL, NAN),
    Equivalent("f <= C", "{f} <= {C}", Kind.BOOL),
    Equivalent("f > C", "{f} > {C}", Kind.BOOL, NAN),
    Equivalent("f >= C", "{f} >= {C}", Kind.BOOL, NAN),
    Equivalent("n in W", "{n}.is_in({W})", Kind.BOOL, assumes=NAN, of_columns=True),
    Equivalent("n not in W", "~{n}.is_in({W})", Kind.BOOL, assumes=NAN, of_columns=True),
    Equivalent("float(n)", "{n}.cast(float)", Kind.FLOAT),
    Equivalent("str(n)", "{n}.cast(str)", Kind.TEXT, assumes=TYPED),
    Equivalent("math.isnan(f)", "{f}.is_nan()", Kind.BOOL, assumes=TYPED),
    Equivalent("len(p)", "{p}.length()", Kind.INT, cast="int"),
    Equivalent("sum(p)", "{p}.list_sum()", Kind.NUMBER, EMPTY),
    Equivalent("max(p)", "{p}.list_max()", Kind.NUMBER, EMPTY),
    Equivalent("min(p)", "{p}.list_min()", Kind.NUMBER, EMPTY),
    # Truth
    Equivalent("not b", "~{b}", Kind.BOOL),
    Equivalent("b and c", "{b} & {c}", Kind.BOOL),
    Equivalent("b or c", "{b} | {c}", Kind.BOOL),
    # Dates and times
    Equivalent("d.year", "{d}.year()", Kind.INT, cast="int"),
    Equivalent("d.month", "{d}.month()", Kind.INT, cast="int"),
    Equivalent("d.day", "{d}.day()", Kind.INT, cast="int"),
    Equivalent("d.weekday()", "{d}.day_of_week()", Kind.INT, cast="int"),
    Equivalent("e.isoformat()", '{e}.strftime("%Y-%m-%d")', Kind.TEXT, assumes=TYPED),
    Equivalent("u.hour", "{u}.hour()", Kind.INT, cast="int"),
    Equivalent("u.minute", "{u}.minute()", Kind.INT, cast="int"),
    Equivalent("u.second", "{u}.second()", Kind.INT, cast="int"),
    Equivalent("u.microsecond", "{u}.microsecond()", Kind.INT, cast="int"),
    Equivalent("u.date()", "{u}.date()", Kind.DATE),
)
"""In the order in which they are tried: the more special one first."""
