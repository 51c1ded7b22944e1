"""A remedy, and the same with what it would make worse mended: files gathered before a write, model loads bounded."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.edits import Action, AddKeyword, InsertCall
from daft_lint.api.rows import known_value
from daft_lint.api.rule import Fix, Remedy
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Cluster, NodeRef, Pipeline, Runner, Step, StepKind, Udf, UdfKind


@dataclass(frozen=True, slots=True)
class _Addition:
    """What is done besides a fix: the actions, and their words."""

    actions: tuple[Action, ...]
    words: str


def remedies(pipeline: Pipeline, first: Remedy, index: int) -> tuple[Remedy, ...]:
    """The remedy, and then what else may be offered where that is worse: with the files gathered, with the loads of the
    models bounded, with both. `index` is the operator that the rows reach first which the fix spreads anew."""
    if first.fix is None or pipeline.runner is Runner.NATIVE or index >= len(pipeline.operators):
        return (first,)
    reached = pipeline.operators[index]
    files = pipeline.script_pipelines.once(_gathered_files, reached.step)
    loads = pipeline.script_pipelines.once(_bounded_loads, reached.step)
    found = [first]
    for added in ((files,), (loads,), (files, loads)):
        given = [addition for addition in added if addition is not None]
        if len(given) == len(added):
            found.append(_with(first, first.fix, given))
    return tuple(found)


def _with(remedy: Remedy, fix: Fix, added: list[_Addition]) -> Remedy:
    words = " and ".join(addition.words for addition in added)
    actions = tuple(action for addition in added for action in addition.actions)
    title = f"{fix.title}, with {words}"
    return Remedy(f"{remedy.suggestion}, with {words}", Fix(title, (*fix.actions, *actions), fix.why_unsafe))


def _gathered_files(paths: tuple[Pipeline, ...], _step: Step) -> _Addition | None:
    """An `into_partitions` before each write, with as many partitions as there are without the fix (the fewest of all
    paths), else one a node; None where neither is known, or nothing is written."""
    counts: dict[NodeRef, int] = {}
    for path in paths:
        sink = path.sink
        if sink.step.kind is not StepKind.SINK or not sink.step.name.startswith("write_"):
            continue
        count = sink.partitions_in.count or path.cluster.nodes
        if count is None or sink.step.receiver is None:
            return None
        counts[sink.step.receiver] = min(count, counts.get(sink.step.receiver, count))
    if not counts:
        return None
    actions = tuple(InsertCall(receiver, f"into_partitions({count})") for receiver, count in counts.items())
    return _Addition(actions, f"`.into_partitions({next(iter(counts.values()))})` before the write")


def _bounded_loads(paths: tuple[Pipeline, ...], reached: Step) -> _Addition | None:
    """`max_concurrency` for each class behind the operator that has none; None where there is no such class, or where
    the cluster facts give no number."""
    actions: dict[NodeRef, Action] = {}
    words: list[str] = []
    for udf in _unbounded_classes(paths, reached):
        action = bounding(udf, paths[0].cluster)
        if action is None:
            return None
        if action.call not in actions:
            actions[action.call] = action
            words.append(f"`{action.name}={action.value}` on `{udf.name.partition('.')[0]}`")
    return _Addition(tuple(actions.values()), " and ".join(words)) if actions else None


def bounding(udf: Udf, cluster: Cluster) -> AddKeyword | None:
    """`max_concurrency` for a class that has none; None where the cluster facts give no number."""
    actors = _actors(udf, cluster)
    if actors is None or udf.options is None:
        return None
    return AddKeyword(udf.options, concurrency_option(udf), str(actors))


def concurrency_option(udf: Udf) -> str:
    """What the option is called that says how many instances of a class run at once."""
    return "concurrency" if udf.kind is UdfKind.LEGACY else "max_concurrency"


def _unbounded_classes(paths: tuple[Pipeline, ...], reached: Step) -> Iterator[Udf]:
    for path in paths:
        first = path.operator_of(reached)
        for operator in path.operators[first.index if first is not None else 0 :]:
            for call in operator.udf_calls:
                if call.udf.is_class and call.udf.max_concurrency is None and not call.udf.is_async:
                    yield call.udf


def _actors(udf: Udf, cluster: Cluster) -> int | None:
    """How many instances of a class the cluster can run at once: by the GPUs of a node where it asks for some, else in
    all; None where no node has as many."""
    wanted = known_value(udf.gpus)
    if wanted is not None and cluster.gpus_per_node is not None and cluster.nodes is not None:
        return cluster.nodes * int(cluster.gpus_per_node // wanted) or None
    return cluster.total_concurrency
