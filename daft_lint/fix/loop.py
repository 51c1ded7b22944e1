"""`daft-lint fix`: apply fixes to a fixed point, show what changed, and write files so that each is old or new.

A fix is applied whole or not at all. Fixes that touch the same bytes wait for the next pass. What a pass made is kept
only if it parses, compiles where the original did, and has every comment of the original.
"""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
import secrets
import stat
import sys
import tokenize
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from daft_lint.api.edits import Edit
from daft_lint.api.finding import Level
from daft_lint.report import visible, visible_lines
from daft_lint.source.writing import leads_out, write_report

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.api.finding import Finding, FindingFix, FixEdit
    from daft_lint.source.document import Cell, Document

MAX_PASSES = 10
_TOP_LEVEL_AWAIT = 0x2000  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT: notebooks await in cells
_IMPORT = re.compile(r"\s*(?:from\s+\S+\s+)?import\s[^\n]*\s*\Z")

Observe = Callable[["Document"], "Iterable[Finding]"]
"""What the engine finds in a document, with fixes whose edits are true to the text that it is given."""

Overlay = Callable[["Mapping[str, Document]"], None]
"""Is told before each pass what the documents are now, by path, so that the engine reads those and not the disk."""

Accept = Callable[["Finding", str], bool]
"""Whether to apply the fix of a finding, given its unified diff (`--interactive`)."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that could not be done to a file; one line for the user."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class Applied:
    """A fix that was applied. `line` is in the text of the pass that applied it; `also` are other files it changed."""

    path: str
    code: str
    name: str
    title: str
    line: int
    why_unsafe: str | None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file before and after. `remaining` is what is found in the fixed text, whether fixable or not."""

    before: Document
    after: Document
    applied: tuple[Applied, ...]
    remaining: tuple[Finding, ...]

    @property
    def path(self) -> str:
        return self.before.path

    @property
    def changed(self) -> bool:
        return self.before.raw != self.after.raw


@dataclass(frozen=True, slots=True)
class FixReport:
    """All files in the order given, and what went wrong on the way."""

    files: tuple[FixedFile, ...]
    problems: tuple[Problem, ...]

    @property
    def changed(self) -> tuple[FixedFile, ...]:
        return tuple(file for file in self.files if file.changed)

    def counts(self) -> dict[str, Counter[str]]:
        """How many fixes of each rule, by the file whose finding they mend."""
        return {file.path: Counter(a.code for a in file.applied) for file in self.files if file.applied}


def fix_documents(
    documents: Sequence[Document],
    observe: Observe,
    *,
    unsafe: bool = False,
    accept: Accept | None = None,
    overlay: Overlay | None = None,
) -> FixReport:
    """Apply fixes until nothing changes, at most `MAX_PASSES` times.

    Without `overlay`, a fix that a file wants in another is only applied while that other file is as it was read.

    A file whose fixes undo each other, or do not come to an end, is left as it was and reported as a problem.
    """
    work = _Work({document.path: _State(document) for document in documents}, observe, unsafe, accept, overlay)
    for _ in range(MAX_PASSES):
        if not work.run_pass():
            break
    else:
        work.give_up_unfinished()
    return work.report()


@dataclass(slots=True)
class _State:
    """Where one document is on its way."""

    before: Document
    now: Document = field(init=False)
    seen: set[bytes] = field(default_factory=set)
    applied: list[Applied] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    dirty: bool = True
    given_up: bool = False

    def __post_init__(self) -> None:
        self.now = self.before
        self.seen.add(self.before.raw)

    @property
    def is_original(self) -> bool:
        return self.now.raw == self.before.raw


_Location = tuple[str, "int | None"]


@dataclass(frozen=True, slots=True)
class _Candidate:
    finding: Finding
    fix: FindingFix
    key: tuple[object, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(edit.path for edit in self.fix.edits))

    @property
    def order(self) -> tuple[object, ...]:
        first = min((edit.cell or 0, edit.start, edit.end) for edit in self.fix.edits)
        return (self.finding.span.path, *first, self.finding.code, self.fix.title)


class _Work:
    def __init__(
        self,
        states: dict[str, _State],
        observe: Observe,
        unsafe: bool,
        accept: Accept | None,
        overlay: Overlay | None,
    ) -> None:
        self.states = states
        self.observe = observe
        self.unsafe = unsafe
        self.accept = accept
        self.overlay = overlay
        self.problems: dict[Problem, None] = {}
        self.refused: set[tuple[object, ...]] = set()

    def run_pass(self) -> bool:
        """One pass over the documents that changed in the last. Returns whether any changed now."""
        self._look()
        candidates: list[_Candidate] = []
        for state in self.states.values():
            if not state.given_up:
                candidates += self._candidates(state)
        chosen = self._without_overlaps(sorted(candidates, key=lambda c: c.order))
        new = self._guarded([c for c in chosen if self._is_accepted(c)])
        for path, document in new.items():
            self._advance(self.states[path], document)
        return bool(new)

    def _look(self) -> None:
        """Observe what has changed, and with an overlay also what may rest on a changed file."""
        changed = any(state.dirty for state in self.states.values())
        if changed and self.overlay is not None:
            self.overlay({path: state.now for path, state in self.states.items()})
        for state in self.states.values():
            if state.dirty or (changed and self.overlay is not None and state.findings):
                state.findings = tuple(self.observe(state.now))
                state.dirty = False

    def _candidates(self, state: _State) -> list[_Candidate]:
        found = []
        for finding in state.findings:
            fix = finding.fix
            if fix is None or not fix.edits or not (fix.safe or self.unsafe):
                continue
            candidate = _Candidate(finding, fix, _key(state.now, finding, fix))
            if candidate.key not in self.refused and self._is_reachable(state, candidate):
                found.append(candidate)
        return found

    def _is_reachable(self, state: _State, candidate: _Candidate) -> bool:
        """All files of the fix are at hand, and as the engine saw them: it reads other files from the disk."""
        for path in candidate.paths:
            other = self.states.get(path)
            if other is None:
                self._refuse(candidate, f"the fix also changes {path}, which is not among the files to fix")
                return False
            if other.given_up or (other is not state and self.overlay is None and not other.is_original):
                return False
        return True

    def _without_overlaps(self, candidates: Iterable[_Candidate]) -> list[_Candidate]:
        taken: dict[_Location, list[FixEdit]] = {}
        chosen = []
        known = set()
        for candidate in candidates:
            same = (candidate.finding.code, candidate.fix.edits)
            if same in known:  # one finding, raised from two files
                continue
            known.add(same)
            if any(_conflict(edit, old) for edit in candidate.fix.edits for old in taken.get(_place(edit), ())):
                continue
            chosen.append(candidate)
            for edit in candidate.fix.edits:
                taken.setdefault(_place(edit), []).append(edit)
        return chosen

    def _is_accepted(self, candidate: _Candidate) -> bool:
        if self.accept is None:
            return True
        new, reason = self._try([candidate])
        if reason is not None:
            return True  # refused with its reason when it is applied
        if self.accept(candidate.finding, "".join(_diff(self.states[path].now, after) for path, after in new.items())):
            return True
        self.refused.add(candidate.key)
        return False

    def _apply(self, candidates: Iterable[_Candidate]) -> dict[str, Document]:
        edits: dict[str, dict[FixEdit, None]] = {}
        for candidate in candidates:
            for edit in candidate.fix.edits:
                edits.setdefault(edit.path, {})[edit] = None
        changed = {}
        for path, of_path in edits.items():
            document = self.states[path].now
            after = apply_edits(document, list(of_path))
            if after.raw != document.raw:
                changed[path] = after
        return changed

    def _guarded(self, candidates: list[_Candidate]) -> dict[str, Document]:
        """What the candidates make of the documents, without those that break something."""
        new, reason = self._try(candidates)
        if reason is not None:
            good: list[_Candidate] = []
            new = {}
            for candidate in candidates:
                more, reason = self._try([*good, candidate])
                if reason is None:
                    good.append(candidate)
                    new = more
                else:
                    self._refuse(candidate, f"the fix is not applied: {reason}")
            candidates = good
        for candidate in candidates:
            self._record(candidate)
        return new

    def _try(self, candidates: Iterable[_Candidate]) -> tuple[dict[str, Document], str | None]:
        """What the candidates make of the documents, and what is wrong with it."""
        from daft_lint.source.document import ParseFailure

        try:
            new = self._apply(candidates)
        except (ParseFailure, ValueError) as error:  # ValueError: text that the file's encoding has no bytes for
            return {}, str(error)
        reasons = (damage(self.states[path].now, document) for path, document in new.items())
        return new, next(filter(None, reasons), None)

    def _record(self, candidate: _Candidate) -> None:
        finding, fix = candidate.finding, candidate.fix
        path = finding.span.path
        also = tuple(other for other in candidate.paths if other != path)
        state = self.states.get(path) or self.states[candidate.paths[0]]
        line = finding.span.line
        state.applied.append(Applied(path, finding.code, finding.name, fix.title, line, fix.why_unsafe, also))

    def _refuse(self, candidate: _Candidate, reason: str) -> None:
        self.refused.add(candidate.key)
        span = candidate.finding.span
        self._problem(span.path, f"line {span.line}: {candidate.finding.code}: {reason}")

    def _problem(self, path: str, message: str) -> None:
        self.problems[Problem(path, message)] = None

    def _advance(self, state: _State, document: Document) -> None:
        state.now = document
        state.dirty = True
        if document.raw in state.seen:
            self._give_up(state, "its fixes undo each other")
        state.seen.add(document.raw)

    def give_up_unfinished(self) -> None:
        for state in self.states.values():
            if state.dirty and not state.given_up:
                self._give_up(state, f"its fixes come to no end in {MAX_PASSES} passes")

    def _give_up(self, state: _State, reason: str) -> None:
        codes = ", ".join(sorted({applied.code for applied in state.applied}))
        self._problem(state.before.path, f"left as it was: {reason} ({codes})")
        partners = {path for applied in state.applied for path in (applied.path, *applied.also)}
        for path, other in self.states.items():
            shares = any(state.before.path in applied.also for applied in other.applied)
            if other is state or path in partners or shares:
                other.now, other.applied, other.dirty, other.given_up = other.before, [], True, True

    def report(self) -> FixReport:
        self._look()
        files = tuple(FixedFile(s.before, s.now, tuple(s.applied), s.findings) for s in self.states.values())
        return FixReport(files, tuple(self.problems))


def _place(edit: FixEdit) -> _Location:
    return edit.path, edit.cell


def _key(document: Document, finding: Finding, fix: FindingFix) -> tuple[object, ...]:
    """What says of a fix, pass after pass, that it is the same: not its offsets, which move."""
    replaced: tuple[bytes, ...] = ()
    if document.kind != "notebook":
        replaced = tuple(document.raw[e.start : e.end] for e in fix.edits if e.path == document.path)
    texts = (e.text for e in fix.edits)
    return (finding.span.path, finding.span.cell, finding.code, finding.message, fix.title, *replaced, *texts)


def _conflict(new: FixEdit, old: FixEdit) -> bool:
    """The edits cannot be made in one pass. Equal ones can (two findings that want the same), and two imports."""
    if new == old:
        return False
    if new.start == new.end == old.start == old.end:
        return not (_IMPORT.match(new.text) and _IMPORT.match(old.text))
    if new.start == new.end or old.start == old.end:
        return max(new.start, old.start) <= min(new.end, old.end)
    return max(new.start, old.start) < min(new.end, old.end)


def apply_edits(document: Document, edits: Sequence[FixEdit]) -> Document:
    """The document with the edits, which do not overlap, applied.

    Edits of a notebook are spans of a cell's source (UTF-8), all others of the file's own bytes.
    """
    ordered = sorted(edits, key=lambda e: (e.cell or 0, e.start, e.end, e.text))
    if document.kind == "notebook":
        by_number = {cell.number: cell for cell in document.cells}
        by_cell: dict[Cell, list[Edit]] = {}
        for edit in ordered:
            by_cell.setdefault(by_number[edit.cell], []).append(Edit(edit.start, edit.end, edit.text))
        raw = document.replace(by_cell)
    else:
        raw = splice(document.raw, ordered, _encoding(document))
    return type(document).from_bytes(document.path, raw)


def splice(source: bytes, edits: Sequence[FixEdit], encoding: str) -> bytes:
    """`source` with sorted edits that do not overlap applied."""
    pieces, at = [], 0
    for edit in edits:
        pieces += [source[at : edit.start], edit.text.encode(encoding)]
        at = edit.end
    return b"".join([*pieces, source[at:]])


def _encoding(document: Document) -> str:
    """The encoding of the file's text: of a .py file, as its cookie says; else UTF-8."""
    if document.kind != "python":
        return "utf-8"
    encoding, _ = tokenize.detect_encoding(io.BytesIO(document.raw).readline)
    return "utf-8" if encoding == "utf-8-sig" else encoding


# guards


def damage(before: Document, after: Document) -> str | None:
    """What is wrong with the text that fixes made, in words; None where nothing is."""
    if len(before.cells) != len(after.cells):
        return "the code blocks of the file are no longer the same"
    for old, new in zip(before.cells, after.cells, strict=True):
        if old.source != new.source and (reason := _cell_damage(old, new)):
            return reason
    return None


def _cell_damage(old: Cell, new: Cell) -> str | None:
    if _parses(old) and not _parses(new):
        return "the result does not parse"
    if _compiles(old) and not _compiles(new):
        return "the result does not compile"
    lost = _comments(old) - _comments(new)
    if lost:
        return f"the comment {next(iter(lost))!r} would be lost"
    return None


def _parses(cell: Cell) -> bool:
    from daft_lint.source.document import ParseFailure

    try:
        cell.module  # noqa: B018  parses on first use
    except ParseFailure:
        return False
    return True


def _compiles(cell: Cell) -> bool:
    flags = _TOP_LEVEL_AWAIT if cell.number is not None else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # As text: the source is UTF-8, whatever a cookie in it says.
            compile(cell.source.decode("utf-8"), "<fix>", "exec", flags=flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _comments(cell: Cell) -> Counter[str]:
    """The comments of a cell; with the tokenizer where it can, since that is faster than the tree."""
    if b"#" not in cell.source:
        return Counter()
    try:
        tokens = tokenize.generate_tokens(io.StringIO(cell.source.decode("utf-8"), newline="").readline)
        return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        return Counter(_tree_comments(cell.module))


def _tree_comments(module: cst.Module) -> Iterable[str]:
    import libcst as cst

    stack: list[cst.CSTNode] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Comment):
            yield node.value
        stack.extend(node.children)


# diff


def unified_diff(report: FixReport) -> str:
    """The unified diff of all changed files; of a notebook, one for each cell."""
    return "".join(_diff(file.before, file.after) for file in report.changed)


def _diff(before: Document, after: Document) -> str:
    if before.kind != "notebook":
        encoding = _encoding(before)
        return _diff_text(before.path, before.raw.decode(encoding), after.raw.decode(encoding))
    return "".join(
        _diff_text(f"{before.path}:cell {old.number}", old.source.decode("utf-8"), new.source.decode("utf-8"))
        for old, new in zip(before.cells, after.cells, strict=True)
    )


def _diff_text(name: str, before: str, after: str) -> str:
    name = visible(name.lstrip("/"))
    lines = difflib.unified_diff(_lines(before), _lines(after), fromfile=f"a/{name}", tofile=f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """The lines with their `\\n`: a form feed or `\\x85` ends none."""
    return text.splitlines(keepends=True) if "\n" not in text else re.findall(r"[^\n]*\n|[^\n]+\Z", text)


# writing


def write(report: FixReport) -> list[Problem]:
    """Write every changed file; a file that cannot be written is one problem, the others are still done."""
    return [problem for file in report.changed if (problem := _write_file(file)) is not None]


def _write_file(file: FixedFile) -> Problem | None:
    try:
        write_atomically(file.path, file.before.raw, file.after.raw)
    except OSError as error:
        return Problem(file.path, f"not written: {error.strerror or error}")
    return None


def write_atomically(path: str, before: bytes, after: bytes) -> None:
    """Replace the file's content so that at every moment it is the old or the new one.

    Symbolic links are followed within their tree; mode and owner are kept.

    Raises:
        OSError: the file or its folder is read-only, the file is no longer as it was read, or it is a link out of the
            tree.
    """
    if leads_out(path):
        raise OSError(None, "a symbolic link that leads out of the tree", path)
    real = Path(os.path.realpath(path))
    status = real.stat()
    if not status.st_mode & 0o222 or not os.access(real, os.W_OK):
        raise PermissionError(None, "the file is read-only", path)
    if not real.parent.stat().st_mode & 0o222 or not os.access(real.parent, os.W_OK):
        raise PermissionError(None, "its folder is read-only", path)
    if real.read_bytes() != before:
        raise OSError(None, "the file has changed since it was read", path)
    # Named before it is made, so that an interrupt at any moment finds it and takes it away.
    temporary = str(real.parent / f".{real.name}.{secrets.token_hex(8)}.daft-lint-tmp")
    try:
        with open(temporary, "xb", opener=_private) as stream:
            stream.write(after)
            stream.flush()
            _keep_owner(stream.fileno(), temporary, status)
            os.fsync(stream.fileno())
        if real.read_bytes() != before:
            raise OSError(None, "the file has changed since it was read", path)
        os.replace(temporary, real)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(real.parent)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _keep_owner(descriptor: int, temporary: str, status: os.stat_result) -> None:
    if hasattr(os, "fchown"):
        made = os.fstat(descriptor)
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    os.chmod(temporary, stat.S_IMODE(status.st_mode))  # after the owner: a change of owner clears set-id bits


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a power cut, where the system can open folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# the command


class OutputError(Exception):
    """The file that `--output` names cannot be written; one line for the user."""


@dataclass(frozen=True, slots=True)
class FixOptions:
    """The flags of `daft-lint fix`; `--select` and `--ignore` are in the `observe` that it is run with.

    `fail_on` is the level from which a remaining finding makes the exit status 1 (None: no level does).
    """

    apply: bool = False
    diff: bool = False
    """Show the diff also where something is written."""
    unsafe: bool = False
    interactive: bool = False
    stdin: bool = False
    """The one document came from standard input: `apply` writes its text to standard output."""
    output: str | None = None
    fail_on: Level | None = Level.WARNING


def run_fix(
    options: FixOptions,
    documents: Sequence[Document],
    observe: Observe,
    *,
    overlay: Overlay | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run `daft-lint fix` on documents and return its exit status.

    Without `apply`: the diff on stdout (or in `output`), a summary on stderr, 1 if there is something to change. With
    `apply`: the files are written; 1 if findings at or above `fail_on` remain. 2 if something could not be done.

    Raises `OutputError`, before anything is written.
    """
    out, err = stdout or sys.stdout, stderr or sys.stderr
    accept = _asker(stdin or sys.stdin, err) if options.interactive else None
    report = fix_documents(documents, observe, unsafe=options.unsafe, accept=accept, overlay=overlay)
    problems = list(report.problems)
    if options.diff or not options.apply:
        _show(unified_diff(report).encode("utf-8", "replace"), options.output, out)
    elif options.stdin:
        _show(b"".join(file.after.raw for file in report.files), options.output, out)
    if options.apply and not options.stdin:
        problems += write(report)
    unwritten = {problem.path for problem in problems} - {problem.path for problem in report.problems}
    err.write(summary(report, applied=options.apply, unwritten=unwritten))
    if not options.unsafe:
        err.write(_left_unsafe(report))
    for problem in problems:
        err.write(visible(f"daft-lint: {problem}") + "\n")
    if problems:
        return 2
    if options.apply:
        return int(options.fail_on is not None and _remains(report, options.fail_on))
    return int(bool(report.changed))


def _remains(report: FixReport, fail_on: Level) -> bool:
    return any(finding.level >= fail_on for file in report.files for finding in file.remaining)


def _show(text: bytes, output: str | None, stream: TextIO) -> None:
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
        for code, count in sorted(counts.items()):
            lines.append(f"{visible(path)}: {code} {count} {_plural(count, 'fix', 'fixes')}")
            lines += [f"    unsafe: {why}" for why in _reasons(report, path, code)]
        total += counts.total() if hasattr(counts, "total") else sum(counts.values())
        files += 1
    if not total:
        return "Nothing to fix.\n" if not not_written else ""
    verb = "Applied" if applied else "Would apply"
    lines.append(f"{verb} {total} {_plural(total, 'fix', 'fixes')} in {files} {_plural(files, 'file', 'files')}.")
    return "\n".join(lines) + "\n"


def _reasons(report: FixReport, path: str, code: str) -> list[str]:
    """What the unsafe fixes of a rule in a file can change, each reason once."""
    fixes = (a for file in report.files if file.path == path for a in file.applied if a.code == code)
    return list(dict.fromkeys(a.why_unsafe for a in fixes if a.why_unsafe is not None))


def _left_unsafe(report: FixReport) -> str:
    """How many fixes wait for `--unsafe`."""
    fixes = (finding.fix for file in report.files for finding in file.remaining)
    count = sum(fix is not None and not fix.safe for fix in fixes)
    if not count:
        return ""
    return f"{count} unsafe {_plural(count, 'fix is', 'fixes are')} left out; --unsafe shows what each can change.\n"


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _asker(stdin: TextIO, stderr: TextIO) -> Accept:
    """Ask for each fix: y applies it, n (or the end of the input) does not, a applies it and the rest, q ends."""
    decided: list[bool] = []

    def accept(finding: Finding, diff: str) -> bool:
        if decided:
            return decided[0]
        fix = finding.fix
        note = f" (unsafe: {fix.why_unsafe})" if fix and fix.why_unsafe else ""
        title = fix.title if fix else ""
        location = visible(f"{finding.span.path}:{finding.span.line}")
        stderr.write(f"{visible_lines(diff)}{location}: {finding.code} {visible(title + note)}\n")
        while True:
            stderr.write("Apply this fix? [y/n/a/q] ")
            stderr.flush()
            line = stdin.readline()
            answer = line.strip().lower()[:1]
            if not line or answer == "q":
                decided.append(False)
                return False
            if answer == "a":
                decided.append(True)
            if answer in ("y", "a"):
                return True
            if answer == "n":
                return False

    return accept
