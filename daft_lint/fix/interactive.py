"""`fix --interactive`: asks for each fix."""

from __future__ import annotations

from typing import TextIO

from daft_lint.api.finding import Finding
from daft_lint.fix.diff import painted
from daft_lint.fix.loop import Accept
from daft_lint.source.printable import visible, visible_lines, visible_path

_KEYS = "y: apply this fix; n: leave it out; a: apply it and all others; q: leave it out and all others; ?: this help"


def asks(stdin: TextIO, stderr: TextIO, *, colour: bool = False) -> Accept:
    """Ask for each fix: y applies it, n (or the end of the input) does not, a applies it and the rest, q ends; ? says
    what the keys do. `colour` paints the diff."""
    stderr.write(f"{_KEYS}\n")
    decided: list[bool] = []

    def accept(finding: Finding, diff: str) -> bool:
        if decided:
            return decided[0]
        fix = finding.fix
        note = f" (unsafe: {fix.why_unsafe})" if fix and fix.why_unsafe else ""
        title = fix.title if fix else ""
        location = f"{visible_path(finding.span.path)}:{finding.span.line}"
        shown = visible_lines(diff)
        stderr.write(painted(shown) if colour else shown)
        stderr.write(f"{location}: {finding.code} {visible(title + note)}\n")
        while True:
            stderr.write("Apply this fix? [y/n/a/q/?] ")
            stderr.flush()
            line = stdin.readline()
            answer = line.strip().lower()[:1]
            if not line or answer == "q":
                stderr.write("" if line else "\n")
                decided.append(False)
                return False
            if answer == "a":
                decided.append(True)
            if answer in ("y", "a"):
                return True
            if answer == "n":
                return False
            stderr.write(f"{_KEYS}\n")

    return accept
