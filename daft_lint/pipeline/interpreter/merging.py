"""Where paths meet: several DataFrames become one, whose step is a MERGE of theirs; other values a `Choice`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from daft_lint.pipeline.interpreter.branchings import Branching
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    ENVIRONMENT,
    MAX_CHOICES,
    UNKNOWN,
    Choice,
    DataFrame,
    ListValue,
    Literal,
    Tail,
    choice,
    element_of,
    is_same,
    unsure,
)
from daft_lint.pipeline.model import Branch, Expression, NodeRef, Step, StepKind

MAX_INLINED = 16
"""Parents up to which a MERGE takes those of another in its place (`elif`, branches in branches)."""
CAPPED = "values of one name where branches meet"

Way = Sequence[tuple[Branching, int]]
"""What leads to a value: branchings, and the option that each takes."""

_PLAIN = (Literal, Tail, Expression, type(UNKNOWN), type(ENVIRONMENT))
"""Values that stay alternatives of which nobody asks how they came about."""


def meet(
    interpreter: InterpreterProtocol,
    values: Sequence[object | None],
    location: NodeRef,
    ways: Sequence[Way] = (),
    since: int = 0,
) -> object:
    """The one value that paths leave behind, None for a path that leaves none; UNKNOWN where none does.

    `ways` are what leads to each value, where that is known. A MERGE that is no older than `since`
    (`recorder.merges`) lies within the branching, and its parents are taken in its place.
    """
    present = [index for index, value in enumerate(values) if value is not None]
    if not present:
        return UNKNOWN
    first = values[present[0]]
    if all(values[index] is first for index in present):
        return first
    if all(_is_plain(values[index]) for index in present):
        return _chosen(interpreter, [values[index] for index in present])
    pairs = [(values[index], _branch_of(ways[index]) if ways else None) for index in present]
    return _meet(interpreter, pairs, location, since)


def meet_returned(
    interpreter: InterpreterProtocol, returned: Sequence[tuple[object, Way]], location: NodeRef, depth: int = 0
) -> object:
    """What a call gives, from what its `return`s give and the ways to them, of which the first `depth` parts are the
    same. Where there are many, those behind one branch meet first: the ways of N guards in a row hold N**2 tests."""
    pairs: list[tuple[object, Way]] = []
    for branch, group in itertools.groupby(returned, lambda pair: pair[1][depth : depth + 1]):
        behind = list(group)
        if len(behind) <= MAX_INLINED or not branch:
            pairs.extend((value, way[depth:]) for value, way in behind)
        elif len(behind) == len(returned):
            return meet_returned(interpreter, behind, location, depth + 1)
        else:
            pairs.append((meet_returned(interpreter, behind, location, depth + 1), branch))
    return meet(interpreter, [value for value, _ in pairs], location, [way for _, way in pairs])


def meet_results(
    interpreter: InterpreterProtocol, value: object, results: Sequence[object], node: cst.CSTNode, scope: Scope
) -> object:
    """What comes of a value that may be a choice, from what comes of each of its alternatives."""
    if not isinstance(value, Choice):
        return results[0]
    pairs = list(zip(results, value.branches or (None,) * len(results), strict=True))
    return _meet(interpreter, pairs, scope.location(node), len(interpreter.recorder.merges))


def loop_item(interpreter: InterpreterProtocol, values: object, location: NodeRef) -> object:
    """What a loop variable holds, whichever item it is."""
    if isinstance(values, ListValue) and any(isinstance(item, DataFrame) for item in values.items):
        return meet(interpreter, (*values.items, UNKNOWN) if values.open else values.items, location)
    return element_of(values)


def _meet(
    interpreter: InterpreterProtocol, pairs: Sequence[tuple[object, Branch | None]], location: NodeRef, since: int
) -> object:
    flat = list(_flat(pairs))
    frames = [(value.step, branch) for value, branch in flat if isinstance(value, DataFrame)]
    others = [(value, branch) for value, branch in flat if not isinstance(value, DataFrame)]
    if not frames:
        return _chosen(interpreter, [value for value, _ in flat], [branch for _, branch in flat])
    frame = _merged(interpreter, frames, location, since)
    if all(isinstance(value, Literal) and value.value is None for value, _ in others):
        return frame
    return _chosen(interpreter, [frame, *(value for value, _ in others)])


def _is_plain(value: object) -> bool:
    if isinstance(value, Choice):
        return not value.branches and all(isinstance(one, _PLAIN) for one in value.values)
    return isinstance(value, _PLAIN)


def _branch_of(way: Way) -> Branch:
    """The branches of a way as one."""
    found = Branch()
    for branching, option in way:
        joined = _joined(found, branching.branch(option))
        found = found if joined is None else joined
    return found


def _joined(outer: Branch, inner: Branch) -> Branch | None:
    """Both branches, one in the other; None where they exclude each other."""
    if any(outer.implies.get(subject, value) != value for subject, value in inner.implies.items()):
        return None
    decisions = dict.fromkeys((*outer.decisions, *inner.decisions))
    return Branch(tuple(decisions), {**outer.implies, **inner.implies})


def _flat(pairs: Iterable[tuple[object, Branch | None]]) -> Iterator[tuple[object, Branch | None]]:
    """The values with the alternatives of each choice in its place."""
    for value, branch in pairs:
        if not isinstance(value, Choice):
            yield value, branch
            continue
        for index, one in enumerate(value.values):
            inner = value.branches[index] if value.branches else None
            if branch is None or inner is None:
                yield one, None
            else:
                joined = _joined(branch, inner)
                if joined is not None:
                    yield one, joined


def _merged(
    interpreter: InterpreterProtocol,
    frames: Sequence[tuple[Step, Branch | None]],
    location: NodeRef,
    since: int,
) -> DataFrame:
    recorder = interpreter.recorder
    taken: list[tuple[Step, Branch | None]] = []
    for step, branch in frames:
        is_inner = step.kind is StepKind.MERGE and recorder.merges[step] >= since
        if is_inner and branch is not None and len(frames) + len(step.parents) <= MAX_INLINED:
            inner = ((parent, _joined(branch, own)) for parent, own in zip(step.parents, step.branches, strict=True))
            taken.extend((parent, joined) for parent, joined in inner if joined is not None)
        else:
            taken.append((step, branch))
    if any(branch is None for _, branch in taken):
        taken = [(step, None) for step in dict.fromkeys(step for step, _ in taken)]
    if all(step is taken[0][0] for step, _ in taken):
        return DataFrame(taken[0][0])
    own = object()
    branches = (Branch((), {own: number}) if branch is None else branch for number, (_, branch) in enumerate(taken))
    step = Step(
        "merge", StepKind.MERGE, location, parents=tuple(parent for parent, _ in taken), branches=tuple(branches)
    )
    recorder.merges[step] = len(recorder.merges)
    return DataFrame(step)


def _chosen(
    interpreter: InterpreterProtocol, values: Sequence[object], branches: Sequence[Branch | None] = ()
) -> object:
    """A choice of the values; one that is dropped is said so."""
    kept: list[object] = []
    ways: list[Branch | None] = []
    for index, value in enumerate(values):
        for one in value.values if isinstance(value, Choice) else (value,):
            if not any(is_same(one, other) for other in kept):
                kept.append(one)
                ways.append(branches[index] if branches else None)
    fixed = [value for value in kept if value is not ENVIRONMENT]
    if len(fixed) == 1 and len(kept) == 2:
        return unsure(fixed[0])
    if len(kept) > MAX_CHOICES:
        interpreter.recorder.limits[CAPPED] = None
    known = tuple(way for way in ways[:MAX_CHOICES] if way is not None)
    if 1 < len(kept) == len(values) and len(known) == len(kept):
        return Choice(tuple(kept), known)
    return choice(kept)
