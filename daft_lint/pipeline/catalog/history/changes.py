"""`api_history.tsv`: what changed in Daft's public API since 0.3, and the rewrites to the newest Daft.

`scripts/api_history` computes the differences of all published versions and fails on one that no row explains;
`make upgrade-proof` runs each row that has a rewrite on the older and, rewritten, on the newest Daft.
"""

from __future__ import annotations

import enum
import functools
from pathlib import Path

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.catalog.history.rewrites import Condition, Rewrite

TABLE = Path(__file__).with_name("api_history.tsv")
COLUMNS = ("name", "parameters", "kind", "deprecated", "changed", "since", "old_call", "equal", "signature", "rewrite")
"""The columns of the table before the last one, `note`."""

Version = tuple[int, int, int]


class ChangeKind(enum.Enum):
    """What happened to a spelling."""

    REMOVED = "removed"
    """No name of today has its place one to one."""
    RENAMED = "renamed"
    """The same thing has another name."""
    MOVED = "moved"
    """The same name is in another module or on another object."""
    KEYWORD = "keyword"
    """A parameter is gone, has another name, or is no longer taken by keyword or by position."""
    POSITION = "position"
    """A parameter stands at another position."""
    DEFAULT = "default"
    """What holds without the argument is other than before."""
    MEANING = "meaning"
    """The same call does something else."""
    REQUIRED = "required"
    """Subclasses must define the method; `parameters` are methods that a subclass has."""


class OldCall(enum.Enum):
    """What the newest Daft does with the old spelling."""

    FAILS = "fails"
    DIFFERS = "differs"
    """It runs, and does something else: nobody is told."""
    WORKS = "works"


class Equality(enum.Enum):
    """Whether the rewritten call gives what the old one gave, for every input."""

    ALWAYS = "equal"
    IF = "if"
    """Where the row's condition holds."""
    BUT = "but"
    """Except where the row says: the engine itself changed there, mostly by the fix of a bug."""
    NONE = "none"
    """There is no such call, and no rewrite."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the table.

    `name` is the old spelling as users write it: `daft.read_lance`, `Expression.str.split`, `DataFrame.sample`,
    `daft.File` for its constructor; `daft.io.read_lance` and other paths of the same function are meant as well.
    `parameters` are those concerned, empty for the whole name; a call is concerned where it gives one of them (one
    that is only renamed: by keyword), for `DEFAULT` where it gives none, for `POSITION` where it gives one by position.
    `deprecated` is the first version that warns, `changed` the first one where the old spelling is gone or means
    something else (None: not yet), `since` the first one that takes the rewritten call. `signature` is that of the last
    version with the old spelling, without `self`, to bind the arguments of a call; it is given where there is a
    rewrite. `exception` completes "equal but for". Of several rows with one name the first counts that concerns the
    call and whose condition holds; that of `none if` says which calls the row is about, and
    `but` an exception can have one as well, behind `; if`.
    """

    name: str
    parameters: tuple[str, ...]
    kind: ChangeKind
    deprecated: Version | None
    changed: Version | None
    since: Version | None
    old_call: OldCall
    equality: Equality
    condition: Condition | None
    exception: str
    signature: str
    rewrite: Rewrite | None
    note: str

    @property
    def is_silent(self) -> bool:
        """Whether the same call runs on both sides of the change, gives something else, and can be told by its
        arguments."""
        if self.kind is ChangeKind.MEANING:
            return self.old_call is OldCall.DIFFERS and self.condition is not None
        return self.old_call is OldCall.DIFFERS and self.kind in (ChangeKind.DEFAULT, ChangeKind.POSITION)

    @property
    def is_for_some_values(self) -> bool:
        """Whether the same call gives something else for some values, which its arguments do not tell."""
        return self.kind is ChangeKind.MEANING and self.old_call is OldCall.DIFFERS and self.condition is None


@functools.cache
def changes() -> tuple[Change, ...]:
    """All rows, in the order of the table. Raises `ValueError` with the line's number where one is malformed."""
    found = []
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if number == 1 or not line or line.startswith("#"):
            continue
        try:
            found.append(_change(line.split("\t")))
        except ValueError as error:
            raise ValueError(f"{TABLE.name}:{number}: {error}") from error
    return tuple(found)


@functools.cache
def by_name() -> dict[str, tuple[Change, ...]]:
    """The rows of each name."""
    found: dict[str, list[Change]] = {}
    for change in changes():
        found.setdefault(change.name, []).append(change)
    return {name: tuple(rows) for name, rows in found.items()}


def _change(cells: list[str]) -> Change:
    if len(cells) != len(COLUMNS) + 1:
        raise ValueError(f"{len(cells)} columns where there are {len(COLUMNS) + 1}")
    name, parameters, kind, deprecated, changed, since, old_call, equal, signature, rewrite, note = cells
    word, _, rest = equal.partition(" ")
    equality = Equality(word)
    said, _, condition = rest.rpartition("; if ") if equality is Equality.BUT and "; if " in rest else (rest, "", "")
    if equality in (Equality.IF, Equality.NONE):
        said, condition = "", rest.removeprefix("if ")
    change = Change(
        name=name,
        parameters=tuple(parameters.split(", ")) if parameters else (),
        kind=ChangeKind(kind),
        deprecated=_version(deprecated),
        changed=_version(changed),
        since=_version(since),
        old_call=OldCall(old_call),
        equality=equality,
        condition=Condition(condition) if condition else None,
        exception=said,
        signature=signature,
        rewrite=Rewrite.parse(rewrite) if rewrite else None,
        note=note,
    )
    if bool(rest) != (equality in (Equality.IF, Equality.BUT)) and not (
        equality is Equality.NONE and rest.startswith("if ")
    ):
        raise ValueError("`if` and `none if` have a condition, `but` an exception, the others nothing")
    if (equality is Equality.NONE) != (change.rewrite is None):
        raise ValueError("a row has a rewrite if it is equal, and a reason if it is not")
    if change.rewrite is None and not note:
        raise ValueError("no rewrite and no reason")
    if change.rewrite is not None and change.since is None:
        raise ValueError("a rewrite without the version that it needs")
    return change


def _version(text: str) -> Version | None:
    if not text:
        return None
    first, second, third = map(int, text.split("."))
    return first, second, third
