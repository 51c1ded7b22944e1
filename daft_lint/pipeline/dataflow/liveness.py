"""Which columns are read after a step: Daft's optimizer drops the others, and the UDFs that make them do not run."""

from __future__ import annotations

from collections.abc import Iterable

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import Expression, ExpressionKind, Projection, Reads, Step, StepKind, walk


@dataclass(frozen=True, slots=True)
class Needs:
    """The columns that are read: those of these names or, with `all_but`, every column but those."""

    names: frozenset[str] = frozenset()
    all_but: bool = False

    def has(self, name: str | None) -> bool:
        """Whether the column is read; one whose name is not known may be."""
        return name is None or (name in self.names) is not self.all_but

    def adding(self, names: Iterable[str]) -> Needs:
        """These and the named columns."""
        return Needs(self.names - set(names) if self.all_but else self.names | set(names), self.all_but)

    def without(self, names: Iterable[str]) -> Needs:
        """These without the named columns."""
        return Needs(self.names | set(names) if self.all_but else self.names - set(names), self.all_but)


EVERYTHING = Needs(all_but=True)

_READS_WHOLE_ROWS = frozenset({StepKind.SHUFFLE, StepKind.JOIN, StepKind.FILTER, StepKind.OTHER, StepKind.EXPLODE})
"""Kinds that read every column, or may, where they have no expressions of their own (`distinct()`, `drop_null()`)."""


def sink_needs(reads: Reads) -> Needs:
    """What a pipeline's end reads: `count_rows` and `schema` need no column."""
    return EVERYTHING if reads in (Reads.ALL, Reads.FEW) else Needs()


def needs_before(step: Step, after: Needs, *, runs_always: bool) -> Needs:
    """The columns that are read before a step, from those that are read after it.

    `runs_always`: all its outputs are evaluated whatever is read, since they decide how many rows there are.
    """
    if step.projection is Projection.UNKNOWN:
        return EVERYTHING
    if step.projection is Projection.DROP:
        return after.without(step.dropped)
    if step.projection is Projection.RENAME:
        old = [before for before, now in step.renamed.items() if after.has(now)]
        return after.without((*step.renamed, *step.renamed.values())).adding(old)
    if step.kind in _READS_WHOLE_ROWS and not step.outputs and not step.expressions and not _is_cross_join(step):
        return EVERYTHING
    live = [e for e in step.outputs if runs_always or e.spread or after.has(e.output)]
    kept = Needs() if step.projection is Projection.ONLY else after.without(_made(step.outputs))
    return _reading(kept, (*live, *step.expressions))


def _is_cross_join(step: Step) -> bool:
    """A join that compares no rows, and so reads no column of its own."""
    return step.kind is StepKind.JOIN and (step.options.get("how") == "cross" or step.name == "cross_join")


def _made(outputs: Iterable[Expression]) -> set[str]:
    return {e.output for e in outputs if not e.spread and e.output is not None}


def _reading(needs: Needs, expressions: Iterable[Expression]) -> Needs:
    names: set[str] = set()
    for expression in walk(expressions):
        if expression.kind is ExpressionKind.UNKNOWN or expression.name in (None, "*"):
            if expression.kind in (ExpressionKind.COLUMN, ExpressionKind.UNKNOWN) and not expression.inputs:
                return EVERYTHING
        elif expression.kind is ExpressionKind.COLUMN:
            names.add(str(expression.name))
    return needs.adding(names)
