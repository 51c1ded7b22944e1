"""Fixes applied to a fixed point.

A fix is applied whole or not at all. Fixes that touch the same bytes wait for the next pass. What a pass made is kept
only if it parses, compiles where the original did, and has every comment of the original.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from daft_lint.api.finding import Finding, FindingFix
from daft_lint.dataclass import dataclass
from daft_lint.fix.diff import document_diff
from daft_lint.fix.guards import damage
from daft_lint.fix.results import Applied, FixedFile, FixReport
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit
from daft_lint.source.problems import ParseFailure, Problem

MAX_PASSES = 10
"""Passes in a row that leave no file with fewer findings or bytes than it had before. Those that do come to an end."""
_IMPORT = re.compile(r"\s*(?:from\s+\S+\s+)?import\s[^\n]*\s*\Z")

Check = Callable[[Document], Iterable[Finding]]
"""The findings in a document, with fixes whose edits are true to the text that it is given."""

Overlay = Callable[[Mapping[str, Document]], None]
"""Is told before each pass what the documents have become, by path, so that those are read and not the disk."""

Accept = Callable[[Finding, str], bool]
"""Whether to apply the fix of a finding, given its unified diff (`--interactive`)."""


def fix_documents(
    documents: Sequence[Document],
    check: Check,
    *,
    unsafe: bool = False,
    accept: Accept | None = None,
    overlay: Overlay | None = None,
    others: Collection[str] = (),
) -> FixReport:
    """Apply fixes until nothing changes, as long as that is in sight (`MAX_PASSES`).

    `others` are the paths of files that have no finding of their own, and that a fix of another file may change.

    Without `overlay`, a fix that a file wants in another is only applied while that other file is as it was read.

    A file whose fixes undo each other, or do not come to an end, is left as it was and reported as a problem.
    """
    loop = _FixLoop(documents, check, unsafe, accept, overlay, frozenset(others))
    passes = 0
    while loop.run_pass():
        passes = 0 if loop.came_nearer() else passes + 1
        if passes == MAX_PASSES:
            loop.give_up_unfinished()
            break
    return loop.report()


@dataclass(slots=True)
class _Progress:
    """Where one document is on its way."""

    before: Document
    current: Document = field(init=False)
    seen: set[bytes] = field(default_factory=set)
    applied: list[Applied] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    unchecked: bool = True
    """Its current text has not been checked."""
    given_up: bool = False
    fewest_findings: float = math.inf
    fewest_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.current = self.before
        self.seen.add(self.before.raw)
        self.fewest_bytes = len(self.before.raw)

    def came_nearer(self) -> bool:
        """Whether the last text that was checked had fewer findings, or the current one has fewer bytes, than any
        before."""
        findings, bytes = len(self.findings), len(self.current.raw)
        nearer = findings < self.fewest_findings or bytes < self.fewest_bytes
        self.fewest_findings, self.fewest_bytes = min(findings, self.fewest_findings), min(bytes, self.fewest_bytes)
        return nearer

    @property
    def is_original(self) -> bool:
        return self.current.raw == self.before.raw

    def reset(self) -> None:
        """Give the document up: it stays as it was."""
        self.current, self.applied, self.unchecked, self.given_up = self.before, [], True, True


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A fix that might be applied. `identity` says of it, pass after pass, that it is the same."""

    finding: Finding
    fix: FindingFix
    identity: tuple[object, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(edit.path for edit in self.fix.edits))

    @property
    def order(self) -> tuple[object, ...]:
        first = min((edit.cell or 0, edit.start, edit.end) for edit in self.fix.edits)
        return (self.fix.waits, self.finding.span.path, *first, self.finding.code, self.fix.title)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What candidates make of the documents, by path; `defect` is what is wrong with it, in words."""

    documents: Mapping[str, Document]
    defect: str | None = None


class _FixLoop:
    def __init__(
        self,
        documents: Sequence[Document],
        check: Check,
        unsafe: bool,
        accept: Accept | None,
        overlay: Overlay | None,
        others: frozenset[str],
    ) -> None:
        self.files = {document.path: _Progress(document) for document in documents}
        self.check = check
        self.unsafe = unsafe
        self.accept = accept
        self.overlay = overlay
        self.others = others
        self.problems: dict[Problem, None] = {}
        self.refused: set[tuple[object, ...]] = set()

    def run_pass(self) -> bool:
        """One pass over the documents that changed in the last. Returns whether any changed in this one."""
        self._check_changed()
        candidates: list[_Candidate] = []
        for file in tuple(self.files.values()):
            if not file.given_up:
                candidates += self._candidates(file)
        chosen = _without_overlaps(sorted(candidates, key=lambda c: c.order))
        changed = self._apply_guarded([c for c in chosen if self._is_accepted(c)])
        for path, document in changed.items():
            self._advance(self.files[path], document)
        return bool(changed)

    def _check_changed(self) -> None:
        """Check what has changed, and with an overlay also what may rest on a changed file."""
        changed = any(file.unchecked for file in self.files.values())
        if changed and self.overlay is not None:
            self.overlay({path: file.current for path, file in self.files.items()})
        for file in self.files.values():
            if file.unchecked or (changed and self.overlay is not None and file.findings):
                file.findings = tuple(self.check(file.current))
                file.unchecked = False

    def _candidates(self, file: _Progress) -> list[_Candidate]:
        found = []
        if file.findings and file.current.layout.uneditable is not None:
            self._report_problem(file.before.path, f"not fixed: {file.current.layout.uneditable}")
            return []
        for finding in file.findings:
            fix = finding.fix
            if fix is None or not fix.edits or not (fix.safe or self.unsafe):
                continue
            candidate = _Candidate(finding, fix, _identity(file.current, finding, fix))
            if candidate.identity not in self.refused and self._is_reachable(file, candidate):
                found.append(candidate)
        return found

    def _is_reachable(self, file: _Progress, candidate: _Candidate) -> bool:
        """All files of the fix are at hand, and as they were checked: without an overlay others are read from disk."""
        for path in candidate.paths:
            other = self.files.get(path) or self._fetched(path)
            if other is None:
                self._refuse(candidate, f"the fix also changes {path}, which is not among the files to fix")
                return False
            if other.given_up or (other is not file and self.overlay is None and not other.is_original):
                return False
        return True

    def _fetched(self, path: str) -> _Progress | None:
        """A file that has no finding of its own, with its text; None for one that is not to be fixed."""
        if path not in self.others:
            return None
        try:
            raw = Path(path).read_bytes()
        except OSError:
            return None
        file = self.files[path] = _Progress(Document.from_bytes(path, raw))
        file.unchecked = False
        return file

    def _is_accepted(self, candidate: _Candidate) -> bool:
        if self.accept is None:
            return True
        attempt = self._attempt([candidate])
        if attempt.defect is not None:
            return True  # refused with its reason when it is applied
        diffs = (document_diff(self.files[path].current, after) for path, after in attempt.documents.items())
        if self.accept(candidate.finding, "".join(diffs)):
            return True
        self.refused.add(candidate.identity)
        return False

    def _apply_guarded(self, candidates: list[_Candidate]) -> Mapping[str, Document]:
        """What the candidates make of the documents, without those that break something."""
        attempt = self._attempt(candidates)
        if attempt.defect is not None:
            good: list[_Candidate] = []
            attempt = _Attempt({})
            for candidate in candidates:
                with_candidate = self._attempt([*good, candidate])
                if with_candidate.defect is None:
                    good.append(candidate)
                    attempt = with_candidate
                else:
                    self._refuse(candidate, f"the fix is not applied: {with_candidate.defect}")
            candidates = good
        for candidate in candidates:
            self._record(candidate)
        return attempt.documents

    def _attempt(self, candidates: Iterable[_Candidate]) -> _Attempt:
        candidates = list(candidates)
        try:
            changed = self._edited(candidates)
        except (ParseFailure, ValueError) as error:  # ValueError: text that the file's encoding has no bytes for
            return _Attempt({}, str(error))
        defects = (
            damage(self.files[path].current, document, self._removed_comments(path, candidates))
            for path, document in changed.items()
        )
        return _Attempt(changed, next(filter(None, defects), None))

    def _removed_comments(self, path: str, candidates: Iterable[_Candidate]) -> Iterator[str]:
        """The comments that suppress nothing and are taken out of a file."""
        document = self.files[path].current
        sources = {cell.number: cell.source for cell in document.cells}
        for candidate in candidates:
            if not candidate.fix.removes_comments:
                continue
            for edit in candidate.fix.edits:
                raw = document.raw if edit.cell is None else sources[edit.cell]
                encoding = document.encoding if edit.cell is None else "utf-8"
                yield raw[edit.start : edit.end].decode(encoding, errors="replace").strip()

    def _edited(self, candidates: Iterable[_Candidate]) -> dict[str, Document]:
        """The documents that the candidates change, as they would be."""
        edits: dict[str, set[Edit]] = {}
        for candidate in candidates:
            for edit in candidate.fix.edits:
                edits.setdefault(edit.path, set()).add(edit)  # two findings that want the same get it once
        changed = {}
        for path, of_path in edits.items():
            before = self.files[path].current
            after = before.edited(of_path)
            if after.raw != before.raw:
                changed[path] = after
        return changed

    def _record(self, candidate: _Candidate) -> None:
        finding, fix = candidate.finding, candidate.fix
        path = finding.span.path
        also = tuple(other for other in candidate.paths if other != path)
        file = self.files.get(path) or self.files[candidate.paths[0]]
        line = finding.span.line
        file.applied.append(Applied(path, finding.code, finding.name, fix.title, line, fix.why_unsafe, also))

    def _refuse(self, candidate: _Candidate, reason: str) -> None:
        self.refused.add(candidate.identity)
        span = candidate.finding.span
        self._report_problem(span.path, f"line {span.line}: {candidate.finding.code}: {reason}")

    def _report_problem(self, path: str, message: str) -> None:
        self.problems[Problem(path, message)] = None

    def _advance(self, file: _Progress, document: Document) -> None:
        file.current = document
        file.unchecked = True
        if document.raw in file.seen:
            self._give_up(file, "its fixes undo each other")
        file.seen.add(document.raw)

    def came_nearer(self) -> bool:
        """Whether the last pass brought any document nearer to its end."""
        nearer = [file for file in self.files.values() if not file.given_up and file.came_nearer()]
        return bool(nearer)

    def give_up_unfinished(self) -> None:
        """Give up the documents that the last pass still changed."""
        for file in self.files.values():
            if file.unchecked and not file.given_up:
                self._give_up(file, f"its fixes come to no end in {MAX_PASSES} passes")

    def _give_up(self, file: _Progress, reason: str) -> None:
        """Leave a document as it was, with all that were changed together with it."""
        codes = ", ".join(sorted({applied.code for applied in file.applied}))
        self._report_problem(file.before.path, f"left as it was: {reason} ({codes})")
        partners = {path for applied in file.applied for path in (applied.path, *applied.also)}
        for path, other in self.files.items():
            shares = any(file.before.path in applied.also for applied in other.applied)
            if other is file or path in partners or shares:
                other.reset()

    def report(self) -> FixReport:
        """The outcome, with what is found in the texts as they are in the end."""
        self._check_changed()
        files = tuple(FixedFile(f.before, f.current, tuple(f.applied), f.findings) for f in self.files.values())
        return FixReport(files, tuple(self.problems))


def _without_overlaps(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """The candidates that can be applied in one pass; of two that conflict, the first."""
    taken: dict[tuple[str, int | None], list[Edit]] = {}
    chosen = []
    known = set()
    for candidate in candidates:
        same = (candidate.finding.code, candidate.fix.edits)
        if same in known:  # one finding, raised from two files
            continue
        known.add(same)
        if any(_conflict(edit, old) for edit in candidate.fix.edits for old in taken.get((edit.path, edit.cell), ())):
            continue
        chosen.append(candidate)
        for edit in candidate.fix.edits:
            taken.setdefault((edit.path, edit.cell), []).append(edit)
    return chosen


def _identity(document: Document, finding: Finding, fix: FindingFix) -> tuple[object, ...]:
    """Everything of a fix but its offsets, which move."""
    replaced: tuple[bytes, ...] = ()
    if document.kind != "notebook":
        replaced = tuple(document.raw[e.start : e.end] for e in fix.edits if e.path == document.path)
    texts = (e.text for e in fix.edits)
    return (finding.span.path, finding.span.cell, finding.code, finding.message, fix.title, *replaced, *texts)


def _conflict(new: Edit, old: Edit) -> bool:
    """The edits cannot be made in one pass. Equal ones can (two findings that want the same), and two imports."""
    if new.start == new.end == old.start == old.end and _IMPORT.match(new.text) and _IMPORT.match(old.text):
        return False
    return new.overlaps(old)
