"""Where columns come from: the data behind each, and which columns there are behind each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from daft_lint.pipeline.model import Step, Strength, Weight


class ColumnLineage:
    """One column's data, from the step that makes it; renames and aliases share it.

    `inputs` are what it is made of. `keeps_weight`: its weight is theirs. `same_data`: where it is light, so are they.
    `all_inputs`: evidence about it holds for all of them, not only for a single one (a `concat`). `collects`: a row
    holds any number of theirs. `unsized_udf` is the name of the UDF that makes numbers of unknown length of them.
    `name_hint` is the column's name where that is a hint. `own_weight` is what is known of it by itself, `weight` what
    `resolve` makes of that and of the inputs' weights.
    """

    __slots__ = (
        "all_inputs",
        "collects",
        "inputs",
        "keeps_weight",
        "name_hint",
        "own_weight",
        "same_data",
        "step",
        "unsized_udf",
        "weight",
    )

    def __init__(
        self,
        step: Step,
        own_weight: Weight = Weight.UNKNOWN,
        inputs: tuple[ColumnLineage, ...] = (),
        *,
        keeps_weight: bool = False,
        same_data: bool = False,
        all_inputs: bool = False,
        collects: bool = False,
        unsized_udf: str | None = None,
        name_hint: str | None = None,
    ) -> None:
        self.step = step
        self.own_weight = own_weight
        self.inputs = inputs
        self.keeps_weight = keeps_weight
        self.same_data = same_data
        self.all_inputs = all_inputs
        self.collects = collects
        self.unsized_udf = unsized_udf
        self.name_hint = name_hint
        self.weight = own_weight

    def resolve(self) -> None:
        """Work out the weight from the inputs' weights."""
        self.weight = self.own_weight
        if self.own_weight.heavy is not None:
            return
        heavy = next((i.weight for i in self.inputs if i.weight.heavy), None)
        if self.keeps_weight and heavy is not None:
            self.weight = replace(heavy, row_bytes=None) if self.collects else heavy
        elif self.keeps_weight and self.inputs and all(i.weight.heavy is False for i in self.inputs):
            self.weight = Weight.LIGHT
        elif self.unsized_udf is not None and heavy is not None:
            reason = f"`{self.unsized_udf}` turns heavy data into lists or tensors of unknown length"
            self.weight = Weight.of(Strength.STRONG, reason)

    def origins(self, *, light: bool) -> list[ColumnLineage]:
        """The lineages that evidence about this one is about, back through what keeps the weight; `light`: the evidence
        is that it is light, which says less of what it is made of."""
        found: list[ColumnLineage] = []
        seen: set[int] = set()
        pending = [self]
        while pending:
            lineage = pending.pop()
            if id(lineage) in seen or lineage.own_weight.heavy is not None:
                continue
            seen.add(id(lineage))
            behind = [i for i in lineage.inputs if i.weight.heavy is None] if lineage.keeps_weight else []
            passes = bool(behind) and (lineage.all_inputs or len(behind) == 1) and (lineage.same_data or not light)
            if passes:
                pending.extend(behind)
            else:
                found.append(lineage)
        return found


class UnlistedColumns:
    """Where columns that no step has named come from: a source, or a step behind which anything may be there.

    `parents` are the columns of the DataFrames that they may come from, `columns` those that were asked for. `hinted`:
    their names count as hints. `light`: all of them are light, whatever their names.
    """

    __slots__ = ("columns", "hinted", "light", "parents", "step")

    def __init__(
        self, step: Step, parents: tuple[ColumnSet, ...] = (), *, hinted: bool = False, light: bool = False
    ) -> None:
        self.step = step
        self.parents = parents
        self.hinted = hinted
        self.light = light
        self.columns: dict[str, ColumnLineage] = {}


class ColumnSet:
    """The columns behind a step: the listed ones (None: dropped), and where others come from (None: there are none).

    `changed` are the names that differ from the columns of the first parent; None where all may.
    """

    __slots__ = ("changed", "listed", "unlisted")

    def __init__(
        self,
        listed: dict[str, ColumnLineage | None],
        unlisted: UnlistedColumns | None,
        changed: tuple[str, ...] | None = None,
    ) -> None:
        self.listed = listed
        self.unlisted = unlisted
        self.changed = changed

    def known(self) -> Iterator[tuple[str, ColumnLineage]]:
        """Every column that is known to be there."""
        for name, lineage in self.listed.items():
            if lineage is not None:
                yield name, lineage
        if self.unlisted is not None:
            for name, lineage in self.unlisted.columns.items():
                if name not in self.listed:
                    yield name, lineage
