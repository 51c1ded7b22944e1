"""Constants that a script computes from other constants: sizes, names, paths."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.values import ENVIRONMENT, UNKNOWN, ListValue, Literal, Sized, Tail, literal_value

MAX_TEXT = 4096
"""Characters of a string that is computed."""
MAX_NUMBER = 10**18
"""The largest number that is computed with."""


def arithmetic(operator: cst.CSTNode, left: Literal, right: Literal) -> object:
    """A binary operation on two constants."""
    a, b, sure = left.value, right.value, left.sure and right.sure
    if isinstance(a, str) and isinstance(b, str):
        is_computed = isinstance(operator, cst.Add) and len(a) + len(b) <= MAX_TEXT
        return Literal(a + b, sure=sure) if is_computed else UNKNOWN
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return UNKNOWN
    if abs(a) > MAX_NUMBER or abs(b) > MAX_NUMBER:
        return UNKNOWN
    result: float | None = None
    if isinstance(operator, cst.Add):
        result = a + b
    elif isinstance(operator, cst.Subtract):
        result = a - b
    elif isinstance(operator, cst.Multiply):
        result = a * b
    elif isinstance(operator, cst.FloorDivide) and b:
        result = a // b
    elif isinstance(operator, cst.Divide) and b:
        result = a / b
    elif isinstance(operator, cst.Modulo) and b:
        result = a % b
    elif isinstance(operator, cst.Power) and isinstance(b, int) and 0 <= b <= 64 and abs(a) <= 1024:
        result = a**b
    elif isinstance(operator, cst.LeftShift) and isinstance(a, int) and isinstance(b, int) and 0 <= b <= 62:
        result = a << b
    return UNKNOWN if result is None else Literal(result, sure=sure)


def is_text(value: object) -> bool:
    """A string, or one of which only the end is known."""
    return isinstance(value, Tail) or (isinstance(value, Literal) and isinstance(value.value, str))


def with_tail(text: str, head: str) -> object:
    """A text that ends in `text`; `head` are the other known parts of it."""
    return Tail(text, head) if text else UNKNOWN


def ended(before: object, end: object) -> object:
    """What something not known and an end of it make together."""
    known = before.head + before.text if isinstance(before, Tail) else ""
    if isinstance(before, Literal):
        known = str(before.value)
    if isinstance(end, Tail):
        return Tail(end.text, known + end.head)
    text = str(end.value) if isinstance(end, Literal) else ""
    return with_tail(text, known) if len(known) + len(text) <= MAX_TEXT else UNKNOWN


def repeated(left: object, right: object) -> object:
    """`[x] * n`, `n * [x]`."""
    if isinstance(left, Literal):
        left, right = right, left
    if isinstance(right, Literal) and isinstance(right.value, int):
        if isinstance(left, ListValue) and not left.open:
            return Sized(max(0, len(left.items) * right.value), element=left.items[0] if left.items else UNKNOWN)
        if isinstance(left, Sized):
            return replace(left, length=max(0, left.length * right.value))
    return UNKNOWN


def sliced(value: object, lower: object, upper: object) -> object:
    """`x[lower:upper]`, with None for an end that is not given: exact where all is known, else its longest."""
    first, last = literal_value(lower), literal_value(upper)
    is_known = (lower is None or isinstance(first, int)) and (upper is None or isinstance(last, int))
    if not (is_known and (first is None or isinstance(first, int)) and (last is None or isinstance(last, int))):
        return UNKNOWN
    if isinstance(value, ListValue) and not value.open:
        return ListValue(value.items[first:last])
    if isinstance(value, Sized):
        return replace(value, length=len(range(value.length)[first:last]))
    if isinstance(last, int) and last >= 0 and (first is None or first >= 0):
        element = value.items[0] if isinstance(value, ListValue) and value.items else UNKNOWN
        return Sized(max(0, last - (first or 0)), at_most=True, element=element)
    # an open list of one item has that for all of its items
    return value if isinstance(value, ListValue) and len(value.items) == 1 else UNKNOWN


def range_of(args: Arguments) -> object:
    """`range(stop)`, `range(start, stop, step)`."""
    numbers = [literal_value(value) for value in args.positional_values()]
    bounds = [n for n in numbers if isinstance(n, int) and abs(n) <= MAX_NUMBER]
    if args.open or not 1 <= len(bounds) == len(numbers) <= 3 or bounds[2:] == [0]:
        return UNKNOWN
    return Sized(len(range(*bounds)))


def compared(operator: cst.CSTNode, left: object, right: object) -> object:
    """A comparison of two constants."""
    if not isinstance(left, Literal) or not isinstance(right, Literal):
        return UNKNOWN
    sure = left.sure and right.sure
    if isinstance(operator, (cst.Equal, cst.Is)):
        return Literal(left.value == right.value, sure=sure)
    if isinstance(operator, (cst.NotEqual, cst.IsNot)):
        return Literal(left.value != right.value, sure=sure)
    if not isinstance(left.value, (int, float)) or not isinstance(right.value, (int, float)):
        return UNKNOWN
    if isinstance(operator, cst.GreaterThan):
        return Literal(left.value > right.value, sure=sure)
    if isinstance(operator, cst.LessThan):
        return Literal(left.value < right.value, sure=sure)
    if isinstance(operator, cst.GreaterThanEqual):
        return Literal(left.value >= right.value, sure=sure)
    if isinstance(operator, cst.LessThanEqual):
        return Literal(left.value <= right.value, sure=sure)
    return UNKNOWN


def converted(value: object, to: type[int] | type[float]) -> object:
    """`int(x)`, `float(x)`."""
    if isinstance(value, Literal) and isinstance(value.value, (str, int, float)):
        try:
            return Literal(to(value.value), value.name, value.sure)
        except (ValueError, OverflowError):
            return UNKNOWN
    return ENVIRONMENT if value is ENVIRONMENT else UNKNOWN


def extreme(name: str, args: Arguments) -> object:
    """`min` and `max` of constants."""
    values = [v for v, _ in args.positional]
    if len(values) == 1 and isinstance(values[0], ListValue) and not values[0].open:
        values = list(values[0].items)
    numbers = [literal_value(v) for v in values]
    if not numbers or args.open or args.keywords or not all(isinstance(n, (int, float)) for n in numbers):
        return UNKNOWN
    sure = all(isinstance(v, Literal) and v.sure for v in values)
    picked = (min if name == "min" else max)(n for n in numbers if isinstance(n, (int, float)))
    return Literal(picked, sure=sure)


def length(value: object) -> object:
    """`len(x)`."""
    known = known_length(value)
    if known is None and isinstance(value, Literal) and isinstance(value.value, (str, bytes)):
        known = len(value.value)
    return UNKNOWN if known is None else Literal(known)


def known_length(value: object) -> int | None:
    """The number of items of a sequence, None where it is not known."""
    if isinstance(value, ListValue):
        return None if value.open else len(value.items)
    return value.length if isinstance(value, Sized) and not value.at_most else None


def most_items(value: object) -> int | None:
    """The most items that a sequence can have, None where that is not known."""
    return value.length if isinstance(value, Sized) else known_length(value)
