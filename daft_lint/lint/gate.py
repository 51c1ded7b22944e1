"""Which fixes are offered: the script with the edit is interpreted again, and its effects are compared path by path.

A fix passes if no effect is worse on any path, no finding is new, its own is gone, and what it adds to a plan pays.
Fixes that change no pipeline in common are tried in one text, each judged by its own pipelines, and so are those of one
kind of which one passed that did no more than end its finding and take a shuffle away: the cost of a file is that of
the kinds of fixes in its most crowded pipeline, not of all its findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from daft_lint.api.finding import Level
from daft_lint.dataclass import dataclass
from daft_lint.lint.outlook import Findings, Outlook, by_code, paired
from daft_lint.lint.results import Proposal, RawFinding
from daft_lint.pipeline.dataflow.effects import Change, Effects, Verdict, compare, words
from daft_lint.source.edit import Edit
from daft_lint.source.problems import ParseFailure

MAX_TRIALS = 48
"""Times that one file is interpreted again; fixes beyond that are not offered, and a limit says so."""
FEWEST_TRIALS = 4
MOST_OVERLAPPING = 4
"""Fixes of bytes that another one changes that are tried alone: 40 calls of UDFs in each other are 40 such."""
MAX_WORK = 8_000
"""Lines and operators that the trials of one file go through, where that leaves `FEWEST_TRIALS`: some 2.5 s of UDFs in
a row, of which each is looked into by each trial. `fix` tries the others when it has made what passed."""

_FIRST = "the fix of another finding changes this place first"

Foresee = Callable[[Sequence[Edit]], Outlook]
"""What the file does with these edits made. Raises `ParseFailure` or `ValueError` where they cannot be made."""
_Kind = tuple[str, str, frozenset[int] | None]
"""Of a fix the code of its rule, its title and the pipelines that it changes."""
FixedLater = Callable[[Sequence[Edit]], Findings]
"""The findings that have a fix once these edits are made. Raises the same."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a trial said: `reason` completes "no fix: ", None where the fix passes."""

    reason: str | None
    changes: tuple[Change, ...] = ()
    is_harm: bool = False
    can_be_mended: bool = False
    """The script can do something about what would be worse, so that the advice stands."""


class Gate:
    """The fixes of one file, each tried on top of those that passed before it, the safe ones first."""

    def __init__(
        self,
        before: Callable[[], Outlook],
        foresee: Foresee,
        fixed_later: FixedLater | None,
        weighed: frozenset[str],
        size: int,
    ) -> None:
        """`size` is the number of lines of the file, and of operators of its pipelines."""
        self._most = min(MAX_TRIALS, max(FEWEST_TRIALS, MAX_WORK // size))
        self._before = before
        self._foresee = foresee
        self._fixed_later = fixed_later
        self._weighed = weighed
        self._trials = 0
        self._overlapping = 0
        self.exhausted = False

    def settled(self, findings: Sequence[RawFinding]) -> list[RawFinding]:
        """The findings, each with the first of its proposals that passes, or with the reason why none does.

        A finding that the fix of another ends, of the same level or above, is left out: they are one.
        """
        chosen = {index: raw for index, raw in enumerate(findings) if not self._is_weighed(raw)}
        pending = [index for index in range(len(findings)) if index not in chosen]
        if pending:
            state = _State(self._before())
            waiting = [
                _Candidate(index, findings[index])
                for index in sorted(pending, key=lambda i: not findings[i].proposals[0].fix.safe)
            ]
            everyone = list(waiting)
            while waiting:
                self._round(waiting, state)
                chosen |= {one.index: one.settled for one in waiting if one.settled is not None}
                waiting = [one for one in waiting if one.settled is None and not state.mends(one.raw)]
            chosen = {i: raw for i, raw in chosen.items() if i in pending or not state.mends(raw)}
            _hand_up(chosen, state)
            _leave_out_the_same(chosen, [one for one in everyone if one.advised])
            self._let_wait(chosen, state)
        return [_plain(chosen[index]) for index in sorted(chosen)]

    def _let_wait(self, chosen: dict[int, RawFinding], state: _State) -> None:
        """Fixes of bytes that another one changes come in a later pass, if they are offered there still."""
        waiting = [i for i, raw in chosen.items() if raw.finding.fix is not None and raw.finding.fix.waits]
        if not waiting or self._fixed_later is None:
            return
        try:
            later = self._fixed_later(state.edits)
        except (ParseFailure, ValueError):
            later = Counter()
        for i in waiting:
            if not later[chosen[i].key]:
                chosen[i] = _without_fix(chosen[i], f"{_FIRST}, and behind it this one is not offered")

    def _is_weighed(self, raw: RawFinding) -> bool:
        return bool(raw.proposals) and raw.finding.code in self._weighed

    def _round(self, waiting: Sequence[_Candidate], state: _State) -> None:
        """The next proposals of as many candidates as can be told apart, in one text: those that change no pipeline in
        common, or only with others of their kind. Others keep their turn."""
        if self._trials >= self._most:
            self._refuse(waiting, state)
            return
        together: list[_Candidate] = []
        taken: dict[int, _Kind | None] = {}
        for one in waiting:
            if one.settle_known(state):
                continue
            touched = one.proposal.pipelines
            if touched is None or state.overlaps(one.edits):
                # Whatever stands behind it may depend on it.
                if together:
                    break
                self._try_alone(one, state)
                return
            alike = one.kind if one.kind in state.plain else None
            is_free = all(number not in taken or (alike is not None and taken[number] == alike) for number in touched)
            if is_free and not any(a.overlaps(b) for a in one.edits for o in together for b in o.edits):
                together.append(one)
                taken |= dict.fromkeys(touched, alike)
            else:
                taken |= dict.fromkeys(touched, None)
        if together:
            self._try(together, state)

    def _refuse(self, waiting: Sequence[_Candidate], state: _State) -> None:
        """Those for which no trial is left."""
        for one in waiting:
            while one.settled is None and not state.mends(one.raw) and not one.settle_known(state):
                self._try_alone(one, state)

    def _try(self, together: Sequence[_Candidate], state: _State) -> None:
        """Several proposals on top of those that passed. What cannot be laid to one of them is looked for in halves."""
        edits = tuple(dict.fromkeys((*state.edits, *(edit for one in together for edit in one.edits))))
        after = self._tried(edits)
        if isinstance(after, str) and len(together) == 1:
            together[0].refuse(_Verdict(after))
            return
        shares = None if isinstance(after, str) else _shares(together, state, after)
        if shares is None or isinstance(after, str):
            middle = len(together) // 2
            self._try(together[:middle], state)
            self._try(together[middle:], state)
            return
        passed: list[tuple[_Candidate, _Share, _Verdict]] = []
        for one, share in zip(together, shares, strict=True):
            verdict = _weigh(one.raw, share)
            if verdict.reason is None:
                passed.append((one, share, verdict))
            else:
                left = share.after  # of what is as it was on some path there is more to say
                one.refuse(verdict, Counter(key for key in _ended(share.before, left) if not left[key]))
        if len(passed) == len(together):
            for one, share, verdict in passed:
                state.accept(one, share)
                one.offer(verdict, state)
            state.advance(edits, after)
        elif passed:
            self._try([one for one, _, _ in passed], state)

    def _try_alone(self, one: _Candidate, state: _State) -> None:
        """A proposal whose reach is not known, or that changes the same bytes as one that passed: the latter on its
        own, for the two cannot be made both."""
        if not state.overlaps(one.edits):
            self._try([one], state)
            return
        self._overlapping += 1
        after = self._tried(one.edits) if self._overlapping <= MOST_OVERLAPPING else _FIRST
        verdict = _Verdict(after) if isinstance(after, str) else _weigh(one.raw, _whole(state.first, after))
        if verdict.reason is None:
            one.offer(verdict, state, waits=True)
        else:
            one.refuse(verdict)

    def _tried(self, edits: Sequence[Edit]) -> Outlook | str:
        """What the file does with these edits; the reason where that cannot be known."""
        if self._trials >= self._most:
            self.exhausted = True
            return "too many fixes of one file to try each"
        self._trials += 1
        try:
            return self._foresee(edits)
        except (ParseFailure, ValueError) as error:
            return f"the result does not parse: {error}"


class _Candidate:
    """A finding on its way through its proposals; `settled` is what becomes of it."""

    def __init__(self, index: int, raw: RawFinding) -> None:
        self.index = index
        self.raw = raw
        self.settled: RawFinding | None = None
        self.would_end: Findings = Counter()
        self.advised = False
        self._refusals: list[_Verdict] = []

    @property
    def proposal(self) -> Proposal:
        """The one that is to be tried next."""
        return self.raw.proposals[len(self._refusals)]

    @property
    def edits(self) -> tuple[Edit, ...]:
        return self.proposal.fix.edits

    @property
    def kind(self) -> _Kind:
        return self.raw.finding.code, self.proposal.fix.title, self.proposal.pipelines

    def settle_known(self, state: _State) -> bool:
        """Takes the proposal if the same edits passed for another finding."""
        known = state.known.get(self.edits)
        if known is not None:
            self.settled = _offering(self.raw, self.proposal, known)
        return known is not None

    def refuse(self, verdict: _Verdict, would_end: Findings | None = None) -> None:
        """Goes on to the next proposal, if there is one; `would_end` is what this one would have ended."""
        if not self._refusals and would_end is not None:
            self.would_end = would_end
        self._refusals.append(verdict)
        if len(self._refusals) == len(self.raw.proposals):
            told = self._refusal()
            self.advised = told.can_be_mended
            self.settled = _without_fix(self.raw, told.reason or "", advised=told.can_be_mended)

    def _refusal(self) -> _Verdict:
        """The one that is told: of the first proposal, or what is left to say of it once the rest is mended."""
        first = self.raw.proposals[0].suggestion
        told = zip(self._refusals, self.raw.proposals, strict=True)
        same = [verdict for verdict, proposal in told if proposal.suggestion.startswith(first)]
        return next((v for v in same if v.is_harm and not v.can_be_mended), same[0])

    def offer(self, verdict: _Verdict, state: _State, *, waits: bool = False) -> None:
        """Takes the proposal, which passed; `waits`: behind one that changes the same bytes."""
        said = words(verdict.changes)
        if not waits:
            state.known[self.edits] = said
        self.settled = _offering(self.raw, self.proposal, said, waits=waits)


class _State:
    """The edits that passed so far, and what the file does with them. `known` has what each fix that passed brings,
    `ended` the findings that they end, with the level of the finding that they are for, `ended_by` with its number;
    `plain` are the kinds of which one did no more than end its own finding and take as many shuffles from each of its
    pipelines."""

    def __init__(self, first: Outlook) -> None:
        self.first = first
        self.advance((), first)
        self.known: dict[tuple[Edit, ...], tuple[str, ...]] = {}
        self.ended: dict[tuple[str, str], Level] = {}
        self.ended_by: dict[tuple[str, str], int] = {}
        self.plain: dict[_Kind, int] = {}

    def advance(self, edits: tuple[Edit, ...], now: Outlook) -> None:
        """These edits passed."""
        self.edits, self.now, self.found = edits, now, now.findings()

    def accept(self, one: _Candidate, share: _Share) -> None:
        """Notes the findings that the fix of this one ends."""
        level = one.raw.finding.level
        all_ended = set(_ended(share.before, share.after))
        for ended in all_ended:
            self.ended[ended] = max(level, self.ended.get(ended, level))
            self.ended_by.setdefault(ended, one.index)
        taken = {old.shuffles - new.shuffles for old, new in share.effects if new is not None}
        if len(taken) == 1 and one.kind not in self.plain and _is_plain(share, [one], shuffles=max(taken)):
            self.plain[one.kind] = max(taken)

    def overlaps(self, edits: Sequence[Edit]) -> bool:
        return any(edit.overlaps(old) for edit in edits for old in self.edits)

    def mends(self, raw: RawFinding) -> bool:
        """Whether a fix that passed, of a finding that is as serious, ends this one as well."""
        level = self.ended.get(raw.key)
        return level is not None and level >= raw.finding.level and not self.found[raw.key]


class _Share(NamedTuple):
    """What of a trial one fix answers for: the effects of its pipelines, None where a path would be another, and the
    findings in them; `known` are those before, with those that yield to others."""

    effects: tuple[tuple[Effects, Effects | None], ...]
    before: Findings
    after: Findings
    known: Findings


_Pairs = Sequence[tuple[int, int | None]]
"""The numbers of each path before and after a trial, as `paired` has them."""


def _whole(before: Outlook, after: Outlook) -> _Share:
    """All of a trial: the share of a fix that was tried by itself."""
    pairs = tuple(paired(before.paths, after.paths))
    return _Share(_effects(pairs, before, after), before.findings(), after.findings(), before.all_findings())


def _share(pipelines: frozenset[int], pairs: _Pairs, before: Outlook, after: Outlook) -> _Share:
    """The share of a fix that changes these pipelines."""
    own = [pair for pair in pairs if pair[0] in pipelines]
    among = frozenset(new for _, new in own if new is not None)
    found = before.findings(pipelines), after.findings(among), before.all_findings(pipelines)
    return _Share(_effects(own, before, after), *found)


def _effects(pairs: _Pairs, before: Outlook, after: Outlook) -> tuple[tuple[Effects, Effects | None], ...]:
    return tuple((before.paths[old][1], None if new is None else after.paths[new][1]) for old, new in pairs)


def _shares(together: Sequence[_Candidate], state: _State, after: Outlook) -> list[_Share] | None:
    """Each fix's share of a trial of several; None where something changed that is in none of them, or in no
    pipeline, or of which it cannot be told to which it belongs."""
    before = state.now
    if len(together) == 1:
        return [_whole(before, after)]
    pairs = tuple(paired(before.paths, after.paths))
    kinds: dict[_Kind, list[_Candidate]] = {}
    for one in together:
        kinds.setdefault(one.kind, []).append(one)
    own: dict[_Candidate, _Share] = {}
    for kind, alike in kinds.items():
        share = _share(kind[-1] or frozenset(), pairs, before, after)
        shuffles = state.plain.get(kind)
        if len(alike) == 1:
            own[alike[0]] = share
        elif shuffles is not None and _is_plain(share, alike, shuffles=shuffles):
            own |= _parts(share, alike, shuffles=shuffles)
        else:
            return None
    shares = [own[one] for one in together]
    touched = [one.proposal.pipelines or frozenset() for one in together]
    rest = _share(frozenset(range(len(before.paths))).difference(*touched), pairs, before, after)
    if _changes(rest) or by_code(rest.after) - by_code(rest.known) or len(before.paths) != len(after.paths):
        return None
    if by_code(after.of_the_script) - by_code(before.of_the_script):
        return None
    if any(
        state.found[one.raw.key] and not share.before[one.raw.key] for one, share in zip(together, shares, strict=True)
    ):
        return None
    return shares


def _is_plain(share: _Share, alike: Sequence[_Candidate], *, shuffles: int) -> bool:
    """Whether fixes of one kind do no more than end their own findings, all of them, and take as many shuffles each
    from each of their pipelines."""
    fewer = shuffles * len(alike)
    return (
        shuffles >= 0
        and all(new is not None and new.shuffles == old.shuffles - fewer for old, new in share.effects)
        and not any(compare(replace(old, shuffles=new.shuffles), new) for old, new in share.effects if new is not None)
        and not by_code(share.after) - by_code(share.known)
        # By number: calls in each other are about what is written otherwise once the first is fixed.
        and by_code(share.before) - by_code(share.after) == Counter({alike[0].kind[0]: len(alike)})
    )


def _parts(share: _Share, alike: Sequence[_Candidate], *, shuffles: int) -> Iterator[tuple[_Candidate, _Share]]:
    """The shares of fixes of one kind in what they do together, as if made one after the other."""
    for number, one in enumerate(alike):
        effects = tuple(
            (
                replace(old, shuffles=old.shuffles - shuffles * number),
                None if new is None else replace(new, shuffles=old.shuffles - shuffles * (number + 1)),
            )
            for old, new in share.effects
        )
        before = Counter({one.raw.key: 1}) if share.before[one.raw.key] else Counter[tuple[str, str]]()
        yield one, share._replace(effects=effects, before=before, after=Counter())


def _changes(share: _Share) -> list[Change]:
    return [change for old, new in share.effects if new is not None for change in compare(old, new)]


def _harm(changes: Sequence[Change]) -> Change | None:
    """The last one is the most telling: order and checkpoints come behind numbers."""
    return next((change for change in reversed(changes) if change.verdict is Verdict.WORSE), None)


def _weigh(raw: RawFinding, share: _Share) -> _Verdict:
    if any(new is None for _, new in share.effects):
        return _Verdict("a path of the script would be another")
    changes = _changes(share)
    worse = _harm(changes)
    if worse is not None:
        return _Verdict(f"it would {worse.harm}", is_harm=True, can_be_mended=worse.can_be_mended)
    added = sorted(by_code(share.after) - by_code(share.known))
    if added:
        return _Verdict(f"{added[0]} would report what it makes")
    code = raw.finding.code
    if share.before[code, raw.subject] and by_code(share.after)[code] >= by_code(share.before)[code]:
        return _Verdict("it would not end this finding")
    grown = [(old, new) for old, new in share.effects if new is not None and new.shuffles > old.shuffles]
    if grown and not any(change.verdict is Verdict.BETTER for old, new in grown for change in compare(old, new)):
        return _Verdict("nothing would be better")
    return _Verdict(None, tuple(changes))


def _ended(before: Findings, after: Findings) -> Iterator[tuple[str, str]]:
    """What findings are about that an edit ends: not what it only writes otherwise, of which a rule still speaks."""
    fewer = by_code(before) - by_code(after)
    gone = before - after
    numbers = by_code(gone)
    return (key for key in gone if numbers[key[0]] == fewer[key[0]])


def _offering(raw: RawFinding, proposal: Proposal, effects: tuple[str, ...], *, waits: bool = False) -> RawFinding:
    fix = replace(proposal.fix, effects=effects, waits=waits)
    return replace(raw, finding=replace(raw.finding, fix=fix, suggestion=proposal.suggestion))


def _hand_up(chosen: dict[int, RawFinding], state: _State) -> None:
    """A finding with no fix takes over the one that ends it from a finding that is less serious: they are one."""
    for index, raw in list(chosen.items()):
        giver = chosen.get(state.ended_by.get(raw.key, index))
        if giver is None or giver is raw or raw.finding.fix is not None or state.found[raw.key]:
            continue
        if giver.finding.fix is not None and giver.finding.level < raw.finding.level:
            del chosen[state.ended_by[raw.key]]
            taken = replace(raw.finding, fix=giver.finding.fix, suggestion=giver.finding.suggestion)
            chosen[index] = replace(raw, finding=taken)


def _leave_out_the_same(chosen: dict[int, RawFinding], advised: Sequence[_Candidate]) -> None:
    """Findings with no fix that one remedy would end together are one, where that remedy stands as advice."""
    for one in advised:
        if one.index not in chosen:
            continue
        for index in [i for i, found in chosen.items() if i != one.index and found.finding.fix is None]:
            found = chosen[index]
            is_ended = one.would_end[found.key] and _share_a_path(one.raw, found)
            if is_ended and found.finding.level <= one.raw.finding.level:
                del chosen[index]


def _share_a_path(one: RawFinding, other: RawFinding) -> bool:
    """Whether the first fixes of two findings are about a path in common; True where that cannot be told."""
    paths = [proposals[0].pipelines for proposals in (one.proposals, other.proposals) if proposals]
    known = [path for path in paths if path is not None]
    return len(known) < 2 or not known[0].isdisjoint(known[1])


_ADVISED = {"Write ": "", "Move ": "moving ", "Give ": "giving "}
"""What advice begins with, and how a sentence about it does."""


def _without_fix(raw: RawFinding, reason: str, *, advised: bool = True) -> RawFinding:
    """The finding with the reason why it has no fix; what would do harm is not `advised` either."""
    suggestion = raw.finding.suggestion
    why = f"no fix: {reason}"
    said = f"{suggestion} ({why})" if suggestion else why
    begin = next((word for word in _ADVISED if suggestion.startswith(word)), None)
    if begin is not None and not advised and reason.startswith("it would "):
        said = f"There is no fix: {_ADVISED[begin]}{suggestion.removeprefix(begin)} {reason.removeprefix('it ')}"
    return replace(raw, finding=replace(raw.finding, fix=None, suggestion=said))


def _plain(raw: RawFinding) -> RawFinding:
    return replace(raw, proposals=()) if raw.proposals else raw
