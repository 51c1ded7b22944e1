"""`daft-lint fix`: shows what would change, or writes it, and says what was done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from daft_lint.api.finding import SYNTAX_ERROR, Finding, Level
from daft_lint.dataclass import dataclass
from daft_lint.fix.diff import painted, unified_diff
from daft_lint.fix.interactive import asks
from daft_lint.fix.loop import Check, Overlay, fix_documents
from daft_lint.source.printable import count, visible, visible_lines, visible_path
from daft_lint.source.problems import Problem
from daft_lint.source.writing import write_atomically, write_report

if TYPE_CHECKING:
    from daft_lint.fix.results import FixedFile, FixReport
    from daft_lint.source.document import Document


class OutputError(Exception):
    """The file that `--output` names cannot be written; one line for the user."""


@dataclass(frozen=True, slots=True)
class FixOptions:
    """The flags of `daft-lint fix`; `--select` and `--ignore` are in the `check` that it is run with.

    `fails` says of a remaining finding whether it makes the exit status 1.
    """

    apply: bool = False
    diff: bool = False
    """Show the diff also where something is written."""
    unsafe: bool = False
    interactive: bool = False
    quiet: bool = False
    """No summary on stderr."""
    colour: bool = False
    """Paint the diffs."""
    stdin: bool = False
    """The one document came from standard input: `apply` writes its text to standard output."""
    output: str | None = None
    fails: Callable[[Finding], bool] = lambda finding: finding.level >= Level.WARNING


def run_fix(
    options: FixOptions,
    documents: Sequence[Document],
    check: Check,
    *,
    overlay: Overlay | None = None,
    others: Collection[str] = (),
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run `daft-lint fix` on documents, and on those of the `others` that a fix reaches, and return its exit status.

    Without `apply`: the diff on stdout (or in `output`), a summary on stderr, 1 if there is something to change. With
    `apply`: the files are written; 1 if findings that `fails` names remain. 2 if something could not be done.

    Raises `OutputError`, before anything is written.
    """
    out, err = stdout or sys.stdout, stderr or sys.stderr
    accept = asks(stdin or sys.stdin, err, colour=options.colour) if options.interactive else None
    report = fix_documents(documents, check, unsafe=options.unsafe, accept=accept, overlay=overlay, others=others)
    problems = list(report.problems)
    if options.diff or not options.apply:
        _show_diff(unified_diff(report), options, out)
    elif options.stdin:
        show(b"".join(file.after.raw for file in report.files), options.output, out)
    if options.apply and not options.stdin:
        problems += write(report)
    unwritten = {problem.path for problem in problems} - {problem.path for problem in report.problems}
    if not options.quiet:
        err.write(summary(report, applied=options.apply, unwritten=unwritten))
        err.write("" if options.unsafe else _left_unsafe(report))
    for problem in (*problems, *unparsed(report)):
        err.write(visible(f"daft-lint: {problem}") + "\n")
    if problems:
        return 2
    if not options.apply:
        return int(bool(report.changed))
    failing = sum(options.fails(finding) for file in report.files for finding in file.remaining)
    if failing and not options.quiet:
        remain = count(failing, "finding remains", "findings remain")
        err.write(f"{remain}; daft-lint check shows {'it' if failing == 1 else 'them'}.\n")
    return int(bool(failing))


def write(report: FixReport) -> list[Problem]:
    """Write every changed file; a file that cannot be written is one problem, the others are still done."""
    return [problem for file in report.changed if (problem := _write_file(file)) is not None]


def _write_file(file: FixedFile) -> Problem | None:
    try:
        write_atomically(file.path, file.before.raw, file.after.raw)
    except OSError as error:
        return Problem(file.path, f"not written: {error.strerror or error}")
    return None


def _show_diff(diff: str, options: FixOptions, stream: TextIO) -> None:
    if options.colour and options.output is None:
        stream.write(painted(visible_lines(diff)))
    else:
        show(diff.encode("utf-8", "replace"), options.output, stream)


def show(text: bytes, output: str | None, stream: TextIO) -> None:
    """Write to the file that `--output` names, else to the stream. Raises `OutputError`."""
    if output is not None:
        try:
            write_report(output, text)
        except OSError as error:
            raise OutputError(f"{output}: cannot be written: {error.strerror or error}") from None
        return
    if stream.isatty():
        stream.write(visible_lines(text.decode("utf-8", "replace")))
        return
    binary = getattr(stream, "buffer", None)
    if binary is None:
        stream.write(text.decode("utf-8", "replace"))
    else:  # past the text layer, which would change line breaks on Windows, and the text's own encoding
        stream.flush()
        binary.write(text)
        binary.flush()


def summary(report: FixReport, *, applied: bool, unwritten: Iterable[str] = ()) -> str:
    """What was done (or would be), per file and rule, one line each, and a last line with the totals."""
    not_written = set(unwritten)
    lines = []
    total = files = 0
    for path, counts in sorted(report.counts().items()):
        if path in not_written:
            continue
        for code, number in sorted(counts.items()):
            lines.append(f"{visible_path(path)}: {code} {count(number, 'fix', 'fixes')}")
            lines += [f"    unsafe: {why}" for why in _reasons(report, path, code)]
        total += sum(counts.values())
        files += 1
    if not total:
        return "Nothing to fix.\n" if not not_written else ""
    verb = "Applied" if applied else "Would apply"
    lines.append(f"{verb} {count(total, 'fix', 'fixes')} in {count(files, 'file')}.")
    return "\n".join(lines) + "\n"


def _reasons(report: FixReport, path: str, code: str) -> list[str]:
    """What the unsafe fixes of a rule in a file can change, each reason once."""
    fixes = (a for file in report.files if file.path == path for a in file.applied if a.code == code)
    return list(dict.fromkeys(a.why_unsafe for a in fixes if a.why_unsafe is not None))


def unparsed(report: FixReport) -> Iterator[Problem]:
    """The files that do not parse, and why."""
    for file in report.files:
        for finding in file.remaining:
            if finding.code == SYNTAX_ERROR:
                why = finding.observed.replace("This", "this", 1)
                yield Problem(file.path, f"not fixed: line {finding.span.line}: {why}")


def _left_unsafe(report: FixReport) -> str:
    """How many fixes wait for `--unsafe`."""
    fixes = (finding.fix for file in report.files for finding in file.remaining)
    unsafe = sum(fix is not None and not fix.safe for fix in fixes)
    if not unsafe:
        return ""
    what = count(unsafe, "unsafe fix is", "unsafe fixes are")
    return f"{what} left out; --unsafe shows what each can change.\n"
