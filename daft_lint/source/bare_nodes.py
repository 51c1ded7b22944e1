"""LibCST nodes without the checks that LibCST makes of each, and with one whitespace, comma or colon for all of a kind:
a tenth of the time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from daft_lint.source import cst

_GIVEN = {
    "AnnAssign": ("target", "annotation", "value"),
    "Arg": ("value", "keyword", "star"),
    "Assert": ("test", "msg"),
    "Call": ("func", "args"),
    "ClassDef": ("name", "body", "bases", "keywords", "decorators", "type_parameters"),
    "CompFor": ("target", "iter", "ifs", "inner_for_in", "asynchronous"),
    "ExceptHandler": ("body", "type", "name"),
    "ExceptStarHandler": ("body", "type", "name"),
    "For": ("target", "iter", "body", "orelse", "asynchronous"),
    "FormattedString": ("parts", "start", "end"),
    "FormattedStringExpression": ("expression", "conversion", "format_spec"),
    "FunctionDef": ("name", "params", "body", "decorators", "returns", "asynchronous", "type_parameters"),
    "If": ("test", "body", "orelse"),
    "ImportAlias": ("name", "asname"),
    "ImportFrom": ("module", "names", "relative"),
    "Index": ("value", "star"),
    "MatchAs": ("pattern", "name"),
    "MatchCase": ("pattern", "body", "guard"),
    "MatchClass": ("cls", "patterns", "kwds"),
    "MatchMapping": ("elements", "rest"),
    "MatchOrElement": ("pattern", "separator"),
    "MatchStar": ("name",),
    "Param": ("name", "annotation", "default", "star"),
    "Parameters": ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg", "posonly_ind"),
    "Raise": ("exc", "cause"),
    "Return": ("value",),
    "Slice": ("lower", "upper", "step"),
    "Try": ("body", "handlers", "orelse", "finalbody"),
    "TryStar": ("body", "handlers", "orelse", "finalbody"),
    "TypeAlias": ("name", "value", "type_parameters"),
    "TypeParam": ("param", "default", "star"),
    "TypeParameters": ("params",),
    "TypeVar": ("name", "bound"),
    "While": ("test", "body", "orelse"),
    "With": ("items", "body", "asynchronous"),
    "WithItem": ("item", "asname"),
    "Yield": ("value",),
}
"""The fields that are given to a node, in order; of others those that have no default."""


class BareNodes:
    """By the name of a class of LibCST's, a function that makes one of the fields in `_GIVEN`.

    Raises `AttributeError` for a class that this LibCST does not have.
    """

    def __init__(self) -> None:
        self.open: list[tuple[()]] = [()]
        """What the expressions that are made next have as their opening parentheses: their statement's `Unwritten`."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        made = self.__dict__[name] = _maker(getattr(cst, name), self.open)
        return made


class Unwritten(tuple[()]):
    """Stands for the opening parentheses of each expression of a bare statement, until that is completed."""

    complete: Callable[[], None]
    """Gives the statement's nodes what only LibCST's parser tells. Raises `CannotComplete`."""


class CannotComplete(Exception):
    """A bare tree cannot be given what it lacks: its document has to be parsed as a whole."""


class _Given(dict[type, tuple[str, ...]]):
    def __missing__(self, kind: type) -> tuple[str, ...]:
        given = _GIVEN.get(kind.__name__)
        if given is None:
            given = tuple(f.name for f in dataclasses.fields(kind) if _default(f) is dataclasses.MISSING)
        self[kind] = given
        return given


GIVEN = _Given()
"""By class, the fields that a bare tree fills as LibCST's parser does; of others it has the defaults."""


def _maker(kind: type[Any], opening: list[tuple[()]]) -> Callable[..., Any]:
    given = GIVEN[kind]
    space: dict[str, Any] = {"kind": kind, "new": object.__new__, "opening": opening}
    lines = [f"def make({', '.join(given)}):", " node = new(kind)"]
    for field in dataclasses.fields(kind):
        name = field.name
        space[f"set_{name}"] = getattr(kind, name).__set__
        if name not in given:
            space[f"value_{name}"] = _default(field)
        value = name if name in given else "opening[0]" if name == "lpar" and _default(field) == () else f"value_{name}"
        lines.append(f" set_{name}(node, {value})")
    exec("\n".join([*lines, " return node"]), space)  # of the names of LibCST's fields alone
    made: Callable[..., Any] = space["make"]
    return made


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
