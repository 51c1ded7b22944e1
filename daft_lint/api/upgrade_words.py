"""Which files can have a use that a row of the API's history speaks of: told by their words, without a parse."""

from __future__ import annotations

import ast
import functools

from daft_lint.api.rule import Prescan
from daft_lint.api.upgrades import NEVER_CURRENT, Standing, is_namespace
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.catalog.history.changes import Change, ChangeKind, OldCall, changes
from daft_lint.pipeline.catalog.history.lookup import positions_of
from daft_lint.source.python_words import Uses

_NOT_SEEN = ("Series.", "File.", "DataType.", "DataSink.", "DataSourceTask.", "Subscriber.")
"""Objects that the interpreter does not follow."""


def trigger_words(standing: Standing) -> tuple[str, ...]:
    """A word of each use that can stand so."""
    return tuple(sorted({min(mention.words) for mention in _mentions(standing)}))


def mentions(prescan: Prescan, standing: Standing) -> bool:
    """Whether a text has all words of some use that can stand so, and its calls the arguments that make it so."""
    words = prescan.identifiers
    return any(mention.words <= words and mention.sign.may_be_given(prescan.uses) for mention in _mentions(standing))


class _Mention:
    """What a text holds that a row of the history can speak of: words, and what stands around them."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.words = _words(change)

    @functools.cached_property
    def sign(self) -> _Sign:
        """It is asked for where a text has the words: to work it out is most of what a row costs."""
        return _sign(self.change)


@dataclass(frozen=True, slots=True)
class _Sign:
    """What stands around a name that a row of the history speaks of; for a row about `parameters` a call with one of
    them, each with its position (None: by keyword alone). `by_keyword`: they can be given so."""

    name: str = ""
    parameters: tuple[tuple[str, int | None], ...] = ()
    by_keyword: bool = True
    namespace: str = ""
    """That of an expression, before the name."""
    is_function: bool = False
    """It is a function of a module."""
    in_tuples: bool = False
    """What it speaks of are arguments in literal tuples."""
    is_namespace: bool = False
    """It is one of an expression, with no call of a method behind it."""

    def may_be_given(self, uses: Uses | None) -> bool:
        if uses is None:
            return True
        if self.is_namespace:
            return self.name in uses.ends
        if self.namespace and not uses.may_chain(self.namespace, self.name):
            return False
        if self.is_function and not uses.has_star and self.name not in uses.of_modules:
            return False
        if self.in_tuples and self.name not in uses.loose:
            return any(isinstance(one, (ast.List, ast.Tuple, ast.Constant)) for one in uses.given.get(self.name, ()))
        if not self.parameters:
            return True
        return any(
            (self.by_keyword and parameter in uses.words)
            or (position is not None and uses.may_give(self.name, position))
            for parameter, position in self.parameters
        )


@functools.cache
def _mentions(standing: Standing) -> tuple[_Mention, ...]:
    found = []
    for change in changes():
        is_changed = change.is_silent or change.is_for_some_values
        if is_changed is not (standing is Standing.CHANGED) or change.name.startswith(_NOT_SEEN):
            continue
        is_meant = change.kind is ChangeKind.MEANING and change.condition is None
        if is_meant and not change.is_for_some_values and change.name not in NEVER_CURRENT:
            continue
        if standing is Standing.REMOVED and change.old_call is OldCall.WORKS:
            continue
        found.append(_Mention(change))
    return tuple(found)


def _words(change: Change) -> frozenset[str]:
    if change.kind is ChangeKind.REQUIRED:
        return frozenset(change.parameters)
    words = {part for part in change.name.split(".")[1:] if part not in ("context", "expressions", "io", "catalog")}
    only_by_keyword = change.kind is ChangeKind.KEYWORD and len(change.parameters) == 1
    if only_by_keyword and change.rewrite is not None and change.rewrite.renames:
        words |= set(change.parameters)
    return frozenset(words)


def _sign(change: Change) -> _Sign:
    if change.kind is ChangeKind.REQUIRED:
        return _Sign()
    renames = change.rewrite.renames if change.rewrite is not None else {}
    is_given = change.kind in (ChangeKind.KEYWORD, ChangeKind.POSITION, ChangeKind.MEANING)
    by_position = change.kind is ChangeKind.POSITION
    positions = zip(change.parameters, positions_of(change), strict=True) if is_given else ()
    owner, _, name = change.name.rpartition(".")
    return _Sign(
        name,
        tuple((p, None if p in renames and not by_position else at) for p, at in positions),
        not by_position,
        namespace=owner.partition(".")[2] if owner.startswith("Expression.") else "",
        is_function=owner.partition(".")[0] == "daft" and not name[:1].isupper() and owner.islower(),
        in_tuples=change.name in NEVER_CURRENT,
        is_namespace=is_namespace(change),
    )
