"""What stands in the slots of the table: columns and constants, each with the text that spells it."""

from __future__ import annotations

import re
from dataclasses import replace

from daft_lint.api.equivalents.table import SLOTS, Constant, Kind
from daft_lint.dataclass import dataclass


class NoTranslation(Exception):
    """Nothing in the table says the same as this Python."""


@dataclass(frozen=True, slots=True)
class Column:
    """An expression of Daft's that has the value of a Python expression.

    `text` spells it, `operator` is its outermost operator ("" for a name or a call), `known` says that Daft's type is
    that of `kind`, once it is `typed`: `cast` is the Python type that makes it so. `differs` says where it is not the
    same as Python. `reads` are the parameters, as often and in the order as `text` has them; `first` is the one that
    gives the expression its name, "" where a constant does. `keeps_nulls`: it is null wherever one of `reads` is;
    `is_conjunction`: it is null or False there. `imports` are the modules and names that the text needs; `is_named`:
    it is a column by its name.
    """

    text: str
    kind: Kind
    reads: tuple[str, ...]
    first: str
    operator: str = ""
    known: bool = False
    cast: str = ""
    differs: tuple[str, ...] = ()
    keeps_nulls: bool = True
    is_conjunction: bool = False
    imports: tuple[tuple[str, str], ...] = ()
    is_named: bool = False

    @property
    def operand(self) -> str:
        """As an operand, or as what a method is called on."""
        return f"({self.text})" if self.operator else self.text

    def typed(self) -> Column:
        """With the type that Python's result has."""
        if not self.cast:
            return self
        text = f"{self.operand}.cast({self.cast})"
        return replace(self, text=text, operator="", known=True, cast="")


UNKNOWN_VALUE = object()
"""The value of a constant that only its type is known of."""


@dataclass(frozen=True, slots=True)
class Value:
    """A constant of the script: `text` spells it where the UDF is called. `value` may be `UNKNOWN_VALUE`."""

    text: str
    kind: Kind
    value: object = UNKNOWN_VALUE


def fits(operand: Column | Value, slot: str) -> bool:
    """Whether an operand may stand in a slot."""
    wanted = SLOTS[slot]
    if isinstance(wanted, Constant):
        return isinstance(operand, Value) and _is_constant(operand, wanted)
    return isinstance(operand, Column) and operand.kind in wanted


def _is_constant(operand: Value, wanted: Constant) -> bool:
    value = operand.value
    match wanted:
        case Constant.TEXT:
            return operand.kind is Kind.TEXT
        case Constant.SOME_TEXT:
            return isinstance(value, str) and value != ""
        case Constant.LENGTH:
            return _is_int(value) and isinstance(value, int) and value >= 1
        case Constant.NUMBER:
            return operand.kind in (Kind.INT, Kind.FLOAT) and (value is UNKNOWN_VALUE or _is_exact(value))
        case Constant.NOT_ZERO:
            return operand.kind in (Kind.INT, Kind.FLOAT) and _is_exact(value) and value != 0
        case Constant.TEXTS:
            return isinstance(value, tuple) and value != () and all(isinstance(v, str) for v in value)
        case Constant.INTS:
            return isinstance(value, tuple) and value != () and all(_is_int(v) for v in value)
        case Constant.PATTERN:
            return isinstance(value, str) and is_common_pattern(value)
        case Constant.REPLACEMENT:
            return isinstance(value, str) and not re.search(r"[\\$]", value)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31


def _is_exact(value: object) -> bool:
    """Whether comparing with it is the same in floats: above 2**53 they stand for several integers."""
    return isinstance(value, int | float) and abs(value) < 2**53


_CLASS = r"\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 _,;:@%=<>/.+*?()!])+\]"
_ATOM = rf"(?:[A-Za-z0-9 _,;:@%=<>/\"'!`.-]|\\[.+*?()\[\]{{}}|^$\\-]|{_CLASS})"
_COMMON = re.compile(rf"\^?(?:{_ATOM}\+?)+(?:\|(?:{_ATOM}\+?)+)*")
"""Characters, their classes, `+` and `|`: no class whose members differ (`\\w`, `\\s`, `\\d`), no group, nothing that
matches the empty text, and no `$`, which stands before a last line break as well in Python."""


def is_common_pattern(pattern: str) -> bool:
    """Whether a regular expression means the same to Python's `re` and to the crate `regex` of Daft."""
    return _COMMON.fullmatch(pattern) is not None and not ("|" in pattern and pattern.startswith("^"))
