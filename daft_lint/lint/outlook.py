"""What a text does, as a fix is judged by it: the effects of its pipelines, and its findings by pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from daft_lint.api.edits import Action, places_in
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.dataflow.effects import Effects, Verdict, compare, effects_of
from daft_lint.pipeline.model import NodeRef, Pipeline, Script
from daft_lint.source import cst

Findings = Counter[tuple[str, str]]
"""How many findings there are of a rule, by its code, about what stands there, as it is written."""


class Counted(NamedTuple):
    """A finding of a script: the code of its rule, what it is about, as that is written, and the numbers of the
    pipelines that it was found in; where its rule asks the whole script, those in whose steps it stands, if any."""

    rule: str
    subject: str
    pipelines: frozenset[int] = frozenset()


Path = tuple[tuple[str, ...], Effects]
"""A pipeline's key (source, sink, decisions), and its effects."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a text does: its pipelines in the order of the script, and its findings; `hidden` are those that yield to
    others."""

    paths: tuple[Path, ...]
    shown: tuple[Counted, ...] = ()
    hidden: tuple[Counted, ...] = ()

    @staticmethod
    def of(script: Script, shown: Sequence[Counted] = (), hidden: Sequence[Counted] = ()) -> Outlook:
        paths = tuple((_key(pipeline), effects_of(pipeline)) for pipeline in script.pipelines)
        return Outlook(paths, tuple(shown), tuple(hidden))

    def findings(self, among: Collection[int] | None = None) -> Findings:
        """The findings, of the pipelines with these numbers where some are given."""
        return _count(self.shown, among)

    @property
    def of_the_script(self) -> Findings:
        """The findings that are about no single pipeline."""
        return Counter((one.rule, one.subject) for one in self.shown if not one.pipelines)

    def all_findings(self, among: Collection[int] | None = None) -> Findings:
        """As `findings`, with those that yield to others."""
        return _count(self.shown + self.hidden, among)


def _count(found: Iterable[Counted], among: Collection[int] | None) -> Findings:
    return Counter((one.rule, one.subject) for one in found if among is None or not one.pipelines.isdisjoint(among))


def by_code(findings: Findings) -> Counter[str]:
    """The number of the findings of each rule."""
    found: Counter[str] = Counter()
    for (code, _), number in findings.items():
        found[code] += number
    return found


def paired(before: Sequence[Path], after: Sequence[Path]) -> Iterator[tuple[int, int | None]]:
    """The numbers of each path before and after, by source, sink and decisions, and in the order of the script; None
    where there is no such path after."""
    waiting: dict[tuple[str, ...], list[int]] = {}
    for number, (key, _) in enumerate(after):
        waiting.setdefault(key, []).append(number)
    unmatched: list[int] = []
    for number, (key, _) in enumerate(before):
        same = waiting.get(key)
        if same:
            yield number, same.pop(0)
        else:
            unmatched.append(number)
    rest = [number for left in waiting.values() for number in left]
    # A call behind a path's last step, or before its first, gives it another name.
    for index, number in enumerate(unmatched):
        yield number, rest[index] if len(rest) == len(unmatched) else None


def harm_between(before: Script, after: Script) -> tuple[str, ...]:
    """What is worse on any path of an edited script, in words."""
    old, new = Outlook.of(before).paths, Outlook.of(after).paths
    pairs = ((old[number][1], new[other][1]) for number, other in paired(old, new) if other is not None)
    changes = (change for effects, other in pairs for change in compare(effects, other))
    return tuple(change.words for change in changes if change.verdict is Verdict.WORSE)


def _key(pipeline: Pipeline) -> tuple[str, ...]:
    said = (f"{decision.text}={decision.holds}" for decision in pipeline.decisions)
    return (pipeline.source.step.name, pipeline.sink.step.name, *said)


class TouchedPipelines:
    """Which pipelines of a script edits change, where that can be told from the steps that they stand in."""

    def __init__(self, script: Script) -> None:
        self._by_call: dict[cst.CSTNode, set[int]] = {}
        for number, pipeline in enumerate(script.pipelines):
            for operator in pipeline.operators:
                self._by_call.setdefault(operator.step.call.node, set()).add(number)

    def by(self, actions: Iterable[Action]) -> frozenset[int] | None:
        """The numbers of the pipelines that the actions change; None where one stands in no step, as one on a UDF's
        decorator or on a constant does."""
        touched: set[int] = set()
        for action in actions:
            for location in places_in(action):
                found = self.around(location)
                if found is None:
                    return None
                touched |= found
        return frozenset(touched)

    def around(self, location: NodeRef) -> set[int] | None:
        """The numbers of the pipelines in whose step a place stands; None for one in no step."""
        node: cst.CSTNode | None = location.node
        while node is not None and not isinstance(node, cst.BaseStatement):
            found = self._by_call.get(node)
            if found is not None:
                return found
            node = location.cell.parents.get(node)
        return None
