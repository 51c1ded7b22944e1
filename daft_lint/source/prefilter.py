"""Which files can have a finding: asked once a file, before the parse, which is most of what a check costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ast

    from daft_lint.source.modules import Modules
    from daft_lint.source.prescan import Prescan


class Matcher(Protocol):
    """A rule, as far as it is asked before the parse."""

    def can_match(self, prescan: Prescan) -> bool:
        """Whether what stands in a file can give a finding."""


class Prefilter:
    """Tells files that can have a finding from those that need no analysis, by what they and the modules of the tree
    that they import hold.

    `matchers` gives the rules that run. It is called when the first file uses Daft: they are imported for nothing else.
    """

    def __init__(self, modules: Modules, matchers: Callable[[], Iterable[Matcher]]) -> None:
        # Late, as below: most runs end at the bytes, and `mentions_daft` needs nothing of this.
        from daft_lint.source.modules import TransitiveCheck

        self.load_matchers = matchers
        self.last: Prescan | None = None
        self.using_daft = TransitiveCheck(modules, imports_daft)
        self.matching = TransitiveCheck(modules, self.can_match)

    def needs_analysis(self, path: str, raw: bytes) -> bool:
        """Whether a file can have a finding, from the cheapest question to the dearest."""
        if not mentions_daft(raw) or b"import" not in raw:
            return False
        from daft_lint.source.prescan import Prescan

        prescan = self.last = Prescan(path, raw)
        if not self.using_daft.holds(prescan):
            return False
        return self.matching.holds(prescan) or (prescan.is_broken and imports_daft(prescan))

    def parsed(self, raw: bytes) -> ast.Module | None:
        """Python's own tree of the script that was asked about last; None for another text."""
        return self.last.tree if self.last is not None and self.last.raw is raw else None

    @cached_property
    def matchers(self) -> tuple[Matcher, ...]:
        return tuple(self.load_matchers())

    def can_match(self, prescan: Prescan) -> bool:
        """Whether some rule can find something in what stands in a file itself."""
        return any(matcher.can_match(prescan) for matcher in self.matchers)


def mentions_daft(raw: bytes) -> bool:
    """Whether the word is in a file: one without it can neither use Daft nor silence a finding."""
    # From the end: CPython looks for a `d` that way, and for the far more frequent `t` from the front.
    return raw.rfind(b"daft") >= 0


def may_suppress(raw: bytes) -> bool:
    """Whether a file may hold a suppression of this tool's."""
    return mentions_daft(raw) and (b"noqa" in raw.lower() or b"daft-lint:" in raw)


def imports_daft(prescan: Prescan) -> bool:
    """Whether a file imports Daft by its name: whatever one does with Daft begins so, in the file or in a module that
    it imports."""
    return any(one.level == 0 and one.module.partition(".")[0] == "daft" for one in prescan.imports)
