"""Which rows of the history speak of a name as it is written, and of a call with its arguments."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.catalog.history.changes import Change, ChangeKind, Version, by_name
from daft_lint.pipeline.catalog.history.rewrites import BoundCall, NotBound, bind, signature_of

NAMES = Path(__file__).with_name("api_names.tsv")
NEWEST: Version = (0, 7, 26)
"""The newest Daft that the tables know."""
_SAME_AS_DAFT = frozenset(
    {"io", "runners", "expressions", "dataframe", "session", "sql", "catalog", "udf", "file", "context"}
)
"""Modules whose functions are those of `daft` itself."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name of the newest Daft: the version it came with, and its parameters (None: it is no function)."""

    since: Version
    signature: str | None

    def takes_position(self, index: int) -> bool:
        """Whether so many arguments can be given by position."""
        if self.signature is None:
            return False
        parsed = signature_of(self.signature)
        return parsed.vararg is not None or index < len(parsed.posonlyargs) + len(parsed.args)


@functools.cache
def current_names() -> Mapping[str, Spelling]:
    """The public names of the newest Daft."""
    found = {}
    for line in NAMES.read_text(encoding="utf-8").splitlines()[1:]:
        name, since, _, signature = line.split("\t")
        first, second, third = map(int, since.split("."))
        found[name] = Spelling((first, second, third), signature if signature.startswith("(") else None)
    return found


def name_in_history(path: str) -> str | None:
    """The name that the history gives what `daft.io.read_lance` and its like lead to, None where nothing changed."""
    table = by_name()
    if path in table:
        return path
    parts = path.split(".")
    if len(parts) < 3:
        return None
    last = parts[-1]
    if parts[-2] in ("Expression", "DataFrame", "Window", "Catalog", "Table", "Session", "DataType"):
        short = f"{parts[-2]}.{last}"
    elif parts[1] in _SAME_AS_DAFT:
        short = f"daft.{last}"
    elif parts[1] == "functions":
        short = f"daft.functions.{last}"
    else:
        return None
    return short if short in table else None


@functools.cache
def namespaces() -> Mapping[str, Mapping[str, str]]:
    """The namespaces that expressions had, `str`, `url`, ..., with the method of today for each of theirs."""
    found: dict[str, dict[str, str]] = {}
    for name, rows in by_name().items():
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == "Expression":
            current = next((r.rewrite.to for r in rows if r.rewrite is not None and r.rewrite.to), f".{parts[2]}")
            found.setdefault(parts[1], {}).setdefault(parts[2], current.removeprefix("."))
    return found


def bound_to(
    change: Change,
    positional: Sequence[str],
    keywords: Mapping[str, str],
    *,
    is_statement: bool,
    expressions: frozenset[str],
) -> BoundCall:
    """The arguments of a call by the parameters of then. Raises `NotBound`."""
    signature = change.signature or _signature_of_siblings(change.name)
    if not signature:
        if positional and change.parameters:
            raise NotBound(change.name)
        signature = "(*args, **kwargs)"
    return bind(
        signature, positional, keywords, is_statement=is_statement, is_expression=lambda text: text in expressions
    )


def positions_of(change: Change) -> tuple[int | None, ...]:
    """Where a call of then can give each of the row's parameters by position; None where it cannot."""
    signature = change.signature or _signature_of_siblings(change.name)
    if not signature:
        return (None,) * len(change.parameters)
    parsed = signature_of(signature)
    names = [argument.arg for argument in (*parsed.posonlyargs, *parsed.args)]
    return tuple(names.index(name) if name in names else None for name in change.parameters)


def _signature_of_siblings(name: str) -> str:
    return next((row.signature for row in by_name()[name] if row.signature), "")


def may_concern(change: Change, positional: int, keywords: Set[str]) -> bool:
    """Whether `concerned` can hold of a call with so many arguments by position and these by keyword."""
    if change.kind is ChangeKind.DEFAULT or not change.parameters:
        return True
    signature = change.signature or _signature_of_siblings(change.name)
    by_position = signature_of(signature) if signature else None
    if by_position is not None and by_position.vararg is not None:
        return True
    given = any(at is not None and at < positional for at in positions_of(change))
    return given or not keywords.isdisjoint(change.parameters)


def concerned(change: Change, bound: BoundCall) -> bool:
    """Whether a call has to do with the parameters of the row."""
    if change.kind is ChangeKind.DEFAULT:
        return not any(name in bound.arguments for name in change.parameters)
    if not change.parameters:
        return True
    given = {name: bound.arguments[name] for name in change.parameters if name in bound.arguments}
    if change.kind is ChangeKind.POSITION:
        return any(argument.position is not None for argument in given.values())
    renames = change.rewrite.renames if change.rewrite is not None else {}
    return any(argument.position is None or name not in renames for name, argument in given.items())
