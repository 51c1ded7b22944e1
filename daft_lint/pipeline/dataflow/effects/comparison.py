"""What an edit makes of a pipeline's effects: each change better, worse or neither, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.dataflow.effects.amount import Amount, Verdict, fewer_is_better, more_is_better
from daft_lint.pipeline.dataflow.effects.effects import FULL_BATCH_SHARE, CallEffects, Effects, RowOrder
from daft_lint.pipeline.model import DOWNLOAD_ROWS


@dataclass(frozen=True, slots=True)
class Change:
    """One effect that differs. `words` says how (`1 -> 16 tasks`), `harm` completes "it would ..." where the change
    is for the worse, and `about` is the UDF or function that it is about, "" where it is the whole pipeline.
    `can_be_mended`: something else in the script can make good the harm."""

    verdict: Verdict
    words: str
    harm: str = ""
    about: str = ""
    can_be_mended: bool = False


def compare(before: Effects, after: Effects) -> tuple[Change, ...]:
    """What differs between the effects of a pipeline before and after an edit."""
    others = {(call.name, call.ordinal): call for call in after.calls}
    found: list[Change] = []
    for call in before.calls:
        other = others.get((call.name, call.ordinal))
        if other is not None:
            found += _of_call(call, other, before, moves_less=_moves_less(before, after))
    found += _files(before, after)
    if after.shuffles < before.shuffles:
        found.append(Change(Verdict.BETTER, f"{before.shuffles} -> {after.shuffles} shuffles"))
    found += _crossings(before, after)
    found += _order_and_author(before, after)
    return tuple(found)


def words(changes: Iterable[Change]) -> tuple[str, ...]:
    """What changes, each once; what is not so of all that anything changes for names what it is about."""
    changes = list(changes)
    abouts = dict.fromkeys(change.about for change in changes if change.about)
    own: dict[str, dict[str, None]] = {}
    for change in changes:
        own.setdefault(change.words, {}).update({change.about: None} if change.about else {})
    return tuple(
        text if names.keys() in (set(), abouts.keys()) else f"{text} of {' and '.join(f'`{name}`' for name in names)}"
        for text, names in own.items()
    )


_FAN_OUTS = frozenset({"repartition", "into_partitions"})
"""What an author says the number of tasks with."""


def _moves_less(before: Effects, after: Effects) -> bool:
    old, new = (Counter(crossing.column for crossing in effects.crossings) for effects in (before, after))
    return bool(old - new) and not new - old


def _of_call(before: CallEffects, after: CallEffects, plan: Effects, *, moves_less: bool) -> Iterator[Change]:
    if before.tasks is not None and after.tasks is not None:
        verdict = more_is_better(before.tasks, after.tasks)
        enough = (after.tasks.high is not None and after.tasks.high >= plan.capacity) or _fills_the_nodes(before, after)
        if verdict is Verdict.WORSE and enough:
            verdict = Verdict.UNKNOWN
        yield from _changed(verdict, before.tasks, after.tasks, "tasks", f"leave `{after.name}`", after.name)
    if before.nodes is not None and after.nodes is not None:
        verdict = more_is_better(before.nodes, after.nodes)
        yield from _changed(verdict, before.nodes, after.nodes, "nodes", f"leave `{after.name}`", after.name)
    if before.cut in _FAN_OUTS and after.cut == "into_batches" and not moves_less:
        harm = f"override the script's own `{before.cut}`"
        yield Change(Verdict.WORSE, f"the script's own `{before.cut}` no longer decides the tasks", harm)
    verdict = _rows_verdict(before, after, moves_less=moves_less)
    if before.rows.high != after.rows.high:
        yield from _changed(verdict, before.rows, after.rows, "rows a call", f"give `{after.name}`", after.name)
    else:
        yield from _multiplied(before, after, moves_less=moves_less)
    if before.loads is not None and after.loads is not None:
        verdict = _loads_verdict(before, after, before.loads, after.loads, plan.places)
        for change in _changed(verdict, before.loads, after.loads, "model loads", "make", after.name):
            bounding = "; a concurrency of n for the class would leave n" if change.harm and after.loads.by_rows else ""
            yield replace(change, harm=change.harm + bounding, can_be_mended=True)


def _multiplied(before: CallEffects, after: CallEffects, *, moves_less: bool) -> Iterator[Change]:
    """The rows that an `explode` makes those of a call of, where nothing bounds what it hands on."""
    old, new = before.multiplied, after.multiplied
    if old is not None and new is not None and before.asked is None and after.asked is None:
        counts = Amount.at_most(old), Amount.at_most(new)
        verdict = _rows_verdict(replace(before, rows=counts[0]), replace(after, rows=counts[1]), moves_less=moves_less)
        yield from _changed(verdict, *counts, "rows that `explode` multiplies", f"give `{after.name}`", after.name)


def _fills_the_nodes(before: CallEffects, after: CallEffects) -> bool:
    """Whether the same nodes work on batches of the UDF's own size: a partition feeds all calls of its node with them
    (docs/pages/measurements.md, e3: 4 partitions kept 16 actors on 4 nodes busy)."""
    nodes = after.nodes
    return after.asked is not None and nodes is not None and nodes.exact is not None and nodes == before.nodes


def _rows_verdict(before: CallEffects, after: CallEffects, *, moves_less: bool) -> Verdict:
    """Fewer rows are better, and as many as the UDF itself asks for. More are no harm

    - where they are as few as behind a `download`, and heavy data is moved less often, or more tasks share the work of
      a built-in function that a later `batch_size` held small;
    - where a batch of the same rows may be joined with a rest, in exchange for more tasks than there are known to be.
    """
    verdict = fewer_is_better(before.rows, after.rows)
    old, new = before.rows.high, after.rows.high
    if verdict is not Verdict.WORSE or old is None or new is None:
        return verdict
    if after.asked is not None and new <= after.asked:
        return Verdict.BETTER
    tasks = Verdict.SAME
    if before.tasks is not None and before.tasks.high is not None and after.tasks is not None:
        tasks = more_is_better(before.tasks, after.tasks)
    joined = tasks is Verdict.BETTER and new < old * (1 + FULL_BATCH_SHARE)
    spread = tasks is Verdict.BETTER and after.built_in
    return Verdict.UNKNOWN if joined or ((moves_less or spread) and new <= DOWNLOAD_ROWS) else verdict


def _loads_verdict(before: CallEffects, after: CallEffects, old: Amount, new: Amount, places: int) -> Verdict:
    """Loads that `max_concurrency` bounds are those of the actors that do the work: as many as it asks for, and fewer
    only where there is less to do at once."""
    if after.bounded_loads and before.bounded_loads and old != new:
        return Verdict.UNKNOWN
    if after.bounded_loads and not before.bounded_loads and old.high != new.high:
        return Verdict.BETTER if old.high is None or (new.high or 0) < old.high else Verdict.UNKNOWN
    verdict = fewer_is_better(old, new)
    if verdict is not Verdict.WORSE or after.bounded_loads:
        return Verdict.UNKNOWN if verdict is Verdict.WORSE else verdict
    small = new.high is not None and not new.by_rows and new.high <= places
    return Verdict.UNKNOWN if small and after.tasks is not None and after.tasks.exact is not None else verdict


def _files(before: Effects, after: Effects) -> Iterator[Change]:
    old, new = before.files, after.files
    if old is None or new is None:
        return
    verdict = fewer_is_better(old, new)
    if verdict is Verdict.WORSE and (after.heavy_files or (new.high is not None and new.high <= after.capacity)):
        verdict = Verdict.UNKNOWN
    for change in _changed(verdict, old, new, "files", "write"):
        gathering = "; `.into_partitions(k)` before the write would leave k" if change.harm and new.by_rows else ""
        yield replace(change, harm=change.harm + gathering, can_be_mended=True)


def _crossings(before: Effects, after: Effects) -> Iterator[Change]:
    old = Counter(crossing.column for crossing in before.crossings)
    new = Counter(crossing.column for crossing in after.crossings)
    for column in sorted(new - old):
        step = next(c for c in reversed(after.crossings) if c.column == column).step
        harm = f"move the heavy column `{column}` through the object store by `{step}`"
        yield Change(Verdict.WORSE, f"`{step}` moves the heavy column `{column}`", harm)
    for column in sorted(old - new):
        step = next(c for c in reversed(before.crossings) if c.column == column).step
        yield Change(Verdict.BETTER, f"`{step}` moves the heavy column `{column}` no more")


def _order_and_author(before: Effects, after: Effects) -> Iterator[Change]:
    if before.order is RowOrder.SORTED and after.order < before.order:
        yield Change(Verdict.WORSE, "the order of the `sort` is lost", "lose the order of the `sort`")
    elif after.order > before.order and after.order is RowOrder.SORTED:
        yield Change(Verdict.BETTER, "the order of the `sort` is kept")
    added = Counter(after.forbidden) - Counter(before.forbidden)
    for name in added:
        yield Change(Verdict.WORSE, f"`{name}` behind a checkpoint", f"put `{name}` behind a checkpoint")
    if before.cuts is not None and after.cuts != before.cuts:
        harm = "change a fan-out that the script decides by its own condition"
        yield Change(Verdict.WORSE, "the script's own fan-out", harm)
    if len(after.runs) == len(before.runs) and sum(after.runs) != sum(before.runs):
        verdict = Verdict.WORSE if sum(after.runs) > sum(before.runs) else Verdict.BETTER
        old, new = max(before.runs), max(after.runs)
        yield Change(verdict, f"{old:,} -> {new:,} runs of the same steps", "run the same steps more often")


def _changed(
    verdict: Verdict, before: Amount, after: Amount, noun: str, verb: str, about: str = ""
) -> Iterator[Change]:
    if verdict is Verdict.SAME or before.words() == after.words():
        return
    harm = f"{verb} {_harm(before, after, noun)}" if verdict is Verdict.WORSE else ""
    yield Change(verdict, f"{before.words()} -> {after.words()} {noun}", harm, about)


def _harm(before: Amount, after: Amount, noun: str) -> str:
    what = f"many {noun}, one for each batch" if after.by_rows else f"{after.words()} {noun}"
    if before == Amount.UNKNOWN or (before.high is None and before.low <= 1):
        return what
    return f"{what}{',' if after.by_rows else ''} instead of {before.words()}"
