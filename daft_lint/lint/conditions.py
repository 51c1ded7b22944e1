"""On which paths a finding holds: on all that lead through its place, or under a condition, in words."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.pipeline.model import Decision, NodeRef, Operator, Pipeline, Step

ON_SOME = "on some paths"
"""Where no decision, and no two, tell the paths with the finding from those without it."""
_LONGEST = 60
"""Characters of a test that are quoted."""
_CASES = ("case ", "except")

_Key = tuple[object, bool]


def condition(found: Sequence[Pipeline], location: NodeRef) -> str | None:
    """When the finding of a rule at a location holds, from the pipelines that it was found in; None where it holds on
    every path from the branches before it to the same ends."""
    if not any(pipeline.decisions for pipeline in found):
        return None
    holding = {id(pipeline) for pipeline in found}
    ends = {pipeline.sink.step for pipeline in found}
    steps = dict.fromkeys(_step_at(pipeline, location.node) for pipeline in found)
    sharing = dict.fromkeys(other for step in steps for other in found[0].script_pipelines.sharing(step))
    silent = [other for other in sharing if id(other) not in holding and other.sink.step in ends]
    positive = _by_keys(pipeline.decisions for pipeline in found)
    negative = [taken for key, taken in _by_keys(p.decisions for p in silent).items() if key not in positive]
    return _explained(list(positive.values()), negative) if negative else None


def _step_at(pipeline: Pipeline, node: cst.CSTNode) -> Step:
    """The step that a node is part of; the last one where it stands somewhere else."""
    operator = operator_at(pipeline, node)
    return pipeline.sink.step if operator is None else operator.step


def operator_at(pipeline: Pipeline, node: cst.CSTNode) -> Operator | None:
    """The operator whose step a node is part of; None where it stands somewhere else."""
    for operator in pipeline.operators:
        call = operator.step.call.node
        if node is call or node is getattr(getattr(call, "func", None), "attr", None):
            return operator
        if any(e.location is not None and e.location.node is node for e in operator.step.walk()):
            return operator
    return None


def _key(decision: Decision) -> _Key:
    return decision.test, decision.holds


def _by_keys(taken: Iterable[Sequence[Decision]]) -> dict[frozenset[_Key], dict[_Key, Decision]]:
    """The decisions of each path, equal ones once."""
    keyed = ({_key(decision): decision for decision in decisions} for decisions in taken)
    return {frozenset(decisions): decisions for decisions in keyed}


def _explained(positive: Sequence[dict[_Key, Decision]], negative: Sequence[dict[_Key, Decision]]) -> str:
    """What tells the paths with the finding from those without."""
    own = _telling(positive, negative)
    if own is not None:
        return _worded(own)
    other = _telling(negative, positive)
    if other is not None:
        return "unless " + " and ".join(f"{'' if decision.holds else 'not '}{_quoted(decision)}" for decision in other)
    return ON_SOME


def _telling(
    paths: Sequence[dict[_Key, Decision]], others: Sequence[dict[_Key, Decision]]
) -> tuple[Decision, ...] | None:
    """The decision, or the two, that all the paths share and none of the others does."""
    shared = [key for key in paths[0] if all(key in path for path in paths)]
    known = {key for path in (*paths, *others) for key in path}
    excluded: dict[_Key, int] = {}
    for test, holds in shared:
        opposite = (test, not holds)
        mask = 0
        for number, other in enumerate(others):
            # Where the script knows the opposite, a path that has neither does not ask.
            if opposite in other if opposite in known else (test, holds) not in other:
                mask |= 1 << number
        if mask:
            excluded[test, holds] = mask
    everyone = (1 << len(others)) - 1
    for count in (1, 2):
        for keys in itertools.combinations(excluded, count):
            mask = 0
            for key in keys:
                mask |= excluded[key]
            if mask == everyone:
                return tuple(paths[0][key] for key in keys)
    return None


def _worded(decisions: Sequence[Decision]) -> str:
    cases = [_quoted(d) for d in decisions if d.text.startswith(_CASES)]
    when = [_quoted(d) for d in decisions if d.holds and not d.text.startswith(_CASES)]
    unless = [_quoted(d) for d in decisions if not d.holds]
    parts = [
        f"in {' and '.join(cases)}" if cases else "",
        f"when {' and '.join(when)}" if when else "",
        f"unless {' or '.join(unless)}" if unless else "",
    ]
    return " and ".join(part for part in parts if part)


def _quoted(decision: Decision) -> str:
    """The test as code; what is compared with None in words."""
    text, words = decision.text, ""
    if text.endswith(" is None"):
        text, words = text.removesuffix(" is None"), " is None"
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return f"`{text}`{words}"
