"""Which fixes are offered: the script with the edit is interpreted again, and its effects are compared path by path.

A fix passes if no effect is worse on any path, no finding is new, its own is gone, and what it adds to a plan pays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from daft_lint.api.finding import FindingFix, Level
from daft_lint.dataclass import dataclass
from daft_lint.lint.results import Proposal, RawFinding
from daft_lint.pipeline.dataflow.effects import Change, Effects, Verdict, compare, effects_of, words
from daft_lint.pipeline.model import Pipeline, Script
from daft_lint.source.edit import Edit
from daft_lint.source.problems import ParseFailure

MAX_TRIALS = 48
"""Times that one file is interpreted again; fixes beyond that are not offered, and a limit says so."""


Findings = Counter[tuple[str, str]]
"""How many findings there are of a rule, by its code, about what stands there, as it is written."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a text does: the effects of each pipeline by its key, and the findings, each by the code of its rule and by
    what it is about, as that is written; `hidden` are those that yield to others."""

    paths: tuple[tuple[tuple[str, ...], Effects], ...]
    findings: Findings
    hidden: Findings

    @staticmethod
    def of(script: Script, findings: Findings, hidden: Findings) -> Outlook:
        return Outlook(tuple((_key(pipeline), effects_of(pipeline)) for pipeline in script.pipelines), findings, hidden)


Foresee = Callable[[Sequence[Edit]], Outlook]
"""What the file does with these edits made. Raises `ParseFailure` or `ValueError` where they cannot be made."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a trial said: `reason` completes "no fix: ", None where the fix passes."""

    reason: str | None
    changes: tuple[Change, ...] = ()


class Gate:
    """The fixes of one file, each tried on top of those that passed before it, the safe ones first."""

    def __init__(self, before: Callable[[], Outlook], foresee: Foresee, weighed: frozenset[str]) -> None:
        self._before = before
        self._foresee = foresee
        self._weighed = weighed
        self._trials = 0
        self.exhausted = False

    def settled(self, findings: Sequence[RawFinding]) -> list[RawFinding]:
        """The findings, each with the first of its proposals that passes, or with the reason why none does.

        A finding that the fix of another ends, of the same level or above, is left out: they are one.
        """
        chosen = {index: raw for index, raw in enumerate(findings) if not self._is_weighed(raw)}
        pending = [index for index in range(len(findings)) if index not in chosen]
        if pending:
            state = _State(self._before())
            for index in sorted(pending, key=lambda i: not findings[i].proposals[0].fix.safe):
                raw = findings[index]
                if not state.mends(raw):
                    chosen[index] = self._choose(raw, state)
            chosen = {i: raw for i, raw in chosen.items() if i in pending or not state.mends(raw)}
        return [_plain(chosen[index]) for index in sorted(chosen)]

    def _is_weighed(self, raw: RawFinding) -> bool:
        return bool(raw.proposals) and raw.finding.code in self._weighed

    def _choose(self, raw: RawFinding, state: _State) -> RawFinding:
        reasons: list[str] = []
        for proposal in raw.proposals:
            known = state.known.get(proposal.fix.edits)
            if known is not None:
                return _offering(raw, proposal, known)
            verdict = self._try(raw, proposal.fix, state)
            if verdict.reason is None:
                state.known[proposal.fix.edits] = words(verdict.changes)
                return _offering(raw, proposal, words(verdict.changes))
            reasons.append(verdict.reason)
        return _without_fix(raw, reasons[0])

    def _try(self, raw: RawFinding, fix: FindingFix, state: _State) -> _Verdict:
        """The fix on top of those that passed; on its own where it changes the same bytes as one of them."""
        if self._trials >= MAX_TRIALS:
            self.exhausted = True
            return _Verdict("too many fixes of one file to try each")
        self._trials += 1
        alone = any(_overlap(edit, old) for edit in fix.edits for old in state.edits)
        base = state.first if alone else state.now
        edits = fix.edits if alone else tuple(dict.fromkeys((*state.edits, *fix.edits)))
        try:
            after = self._foresee(edits)
        except (ParseFailure, ValueError) as error:
            return _Verdict(f"the result does not parse: {error}")
        verdict = _weigh(raw, base, after)
        if verdict.reason is None and not alone:
            for ended in _ended(base.findings, after.findings):
                state.ended[ended] = max(raw.finding.level, state.ended.get(ended, raw.finding.level))
            state.edits, state.now = edits, after
        return verdict


class _State:
    """The edits that passed so far, and what the file does with them. `known` has what each fix that passed brings,
    `ended` the findings that they end, with the level of the finding that they are for."""

    def __init__(self, first: Outlook) -> None:
        self.first = first
        self.now = first
        self.edits: tuple[Edit, ...] = ()
        self.known: dict[tuple[Edit, ...], tuple[str, ...]] = {}
        self.ended: dict[tuple[str, str], Level] = {}

    def mends(self, raw: RawFinding) -> bool:
        """Whether a fix that passed, of a finding that is as serious, ends this one as well."""
        key = (raw.finding.code, raw.subject)
        level = self.ended.get(key)
        return level is not None and level >= raw.finding.level and not self.now.findings[key]


def _weigh(raw: RawFinding, before: Outlook, after: Outlook) -> _Verdict:
    changes: list[Change] = []
    grown = False
    for old, new in paired(before.paths, after.paths):
        if new is None:
            return _Verdict("a path of the script would be another")
        changes += compare(old, new)
        grown = grown or new.shuffles > old.shuffles
    # The last one is the most telling: order and checkpoints come behind numbers.
    worse = next((change for change in reversed(changes) if change.verdict is Verdict.WORSE), None)
    if worse is not None:
        return _Verdict(f"it would {worse.harm}")
    added = sorted(_by_code(after.findings) - _by_code(before.findings + before.hidden))
    if added:
        return _Verdict(f"{added[0]} would report what it makes")
    code = raw.finding.code
    if before.findings[code, raw.subject] and _by_code(after.findings)[code] >= _by_code(before.findings)[code]:
        return _Verdict("it would not end this finding")
    if grown and not any(change.verdict is Verdict.BETTER for change in changes):
        return _Verdict("nothing would be better")
    return _Verdict(None, tuple(changes))


def _ended(before: Findings, after: Findings) -> Iterator[tuple[str, str]]:
    """What findings are about that an edit ends: not what it only writes otherwise, of which a rule still speaks."""
    fewer = _by_code(before) - _by_code(after)
    gone = before - after
    numbers = _by_code(gone)
    return (key for key in gone if numbers[key[0]] == fewer[key[0]])


def _by_code(findings: Findings) -> Counter[str]:
    found: Counter[str] = Counter()
    for (code, _), number in findings.items():
        found[code] += number
    return found


def paired(
    before: Sequence[tuple[tuple[str, ...], Effects]], after: Sequence[tuple[tuple[str, ...], Effects]]
) -> Iterator[tuple[Effects, Effects | None]]:
    """The effects of each path before and after, by source, sink and decisions, and in the order of the script."""
    waiting: dict[tuple[str, ...], list[Effects]] = {}
    for key, effects in after:
        waiting.setdefault(key, []).append(effects)
    unmatched: list[Effects] = []
    for key, effects in before:
        same = waiting.get(key)
        if same:
            yield effects, same.pop(0)
        else:
            unmatched.append(effects)
    rest = [effects for left in waiting.values() for effects in left]
    # A call behind a path's last step, or before its first, gives it another name.
    for index, effects in enumerate(unmatched):
        yield effects, rest[index] if len(rest) == len(unmatched) else None


def harm_between(before: Script, after: Script) -> tuple[str, ...]:
    """What is worse on any path of an edited script, in words."""
    empty: Findings = Counter()
    old, new = (Outlook.of(script, empty, empty).paths for script in (before, after))
    pairs = ((effects, other) for effects, other in paired(old, new) if other is not None)
    changes = (change for effects, other in pairs for change in compare(effects, other))
    return tuple(change.words for change in changes if change.verdict is Verdict.WORSE)


def _key(pipeline: Pipeline) -> tuple[str, ...]:
    said = (f"{decision.text}={decision.holds}" for decision in pipeline.decisions)
    return (pipeline.source.step.name, pipeline.sink.step.name, *said)


def _overlap(new: Edit, old: Edit) -> bool:
    if new == old or (new.path, new.cell) != (old.path, old.cell):
        return False
    return max(new.start, old.start) <= min(new.end, old.end)


def _offering(raw: RawFinding, proposal: Proposal, effects: tuple[str, ...]) -> RawFinding:
    fix = replace(proposal.fix, effects=effects)
    return replace(raw, finding=replace(raw.finding, fix=fix, suggestion=proposal.suggestion))


def _without_fix(raw: RawFinding, reason: str) -> RawFinding:
    suggestion = raw.finding.suggestion
    why = f"no fix: {reason}"
    said = f"{suggestion} ({why})" if suggestion else why
    return replace(raw, finding=replace(raw.finding, fix=None, suggestion=said))


def _plain(raw: RawFinding) -> RawFinding:
    return replace(raw, proposals=()) if raw.proposals else raw
