"""The weight of every column of a script's DataFrames.

What is known of a `ColumnLineage` comes forward from declared types and functions, and backward from the UDFs and
functions that read it. Both hold for the data whatever path it takes, so each is weighed once for all pipelines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from daft_lint.pipeline.catalog import WeightEffect
from daft_lint.pipeline.dataflow.functions import ai_udf, function_spec, input_keywords
from daft_lint.pipeline.dataflow.lineage import ColumnLineage, ColumnSet, UnlistedColumns
from daft_lint.pipeline.dataflow.name_hints import looks_heavy, looks_light, names_embedding, names_thumbnail
from daft_lint.pipeline.dataflow.resolved import ResolvedStep
from daft_lint.pipeline.facts.settings import DEFAULT_HEAVY_ROW_BYTES
from daft_lint.pipeline.model import (
    Expression,
    ExpressionKind,
    Parameter,
    Projection,
    Step,
    StepKind,
    Strength,
    Udf,
    Weight,
)

_MAX_PASSES = 8
"""Each pass can only mark lineages that were unknown before; scripts need two or three."""

_MAX_HOPS = 8
"""Aliases and parts of a column up to which its declared type is looked for."""

_RGB_BYTES = 3
"""Bytes a pixel of what images mostly are; the mode of a resized one is not in the script."""

_SAME_DATA = frozenset({"alias", "fill_null", "coalesce"})
"""Functions behind which a light column says that what they read is light as well."""

_COLLECTING = frozenset({"list_agg", "list_agg_distinct", "to_list"})
"""Functions that make a list of any number of values."""

_DECODES_IMAGES = frozenset({"decode_image"})
_DECODES = frozenset({"decode", "try_decode"})
_CODEC_ARGUMENTS = ("0", "charset", "codec")
_TEXT_CODECS = frozenset({"utf-8", "utf8"})


class Weights:
    """The lineages of all steps' columns, weighed. `order` has every step after its parents."""

    def __init__(self, order: Iterable[ResolvedStep], heavy_row_bytes: int = DEFAULT_HEAVY_ROW_BYTES) -> None:
        self._heavy_row_bytes = heavy_row_bytes
        self._lineages: list[ColumnLineage] = []
        self._heavy_uses: list[tuple[ColumnLineage, Weight]] = []
        self._light_uses: list[ColumnLineage] = []
        self._made: dict[tuple[ResolvedStep, Expression], ColumnLineage] = {}
        self._columns: dict[ResolvedStep, ColumnSet] = {}
        self._udfs: dict[Expression, Udf | None] = {}
        for step in order:
            self._columns[step] = self._columns_after(step)
        self._apply_evidence()

    def columns(self, step: ResolvedStep) -> ColumnSet:
        """The columns behind a step."""
        return self._columns[step]

    def lineage(self, step: ResolvedStep, expression: Expression) -> ColumnLineage | None:
        """What an expression of the step makes."""
        return self._made.get((step, expression))

    def udf(self, expression: Expression) -> Udf | None:
        """The UDF that an expression calls, AI functions included; the same object each time."""
        if expression.udf is not None:
            return expression.udf
        if expression not in self._udfs:
            self._udfs[expression] = ai_udf(expression)
        return self._udfs[expression]

    # Columns

    def _columns_after(self, step: ResolvedStep) -> ColumnSet:
        if not step.parents:
            return self._source_columns(step.step)
        before = self._joined(step) if len(step.parents) > 1 else self._columns[step.parents[0]]
        self._evaluate(step, before)
        after = self._projected(step, before)
        if len(step.parents) > 1:
            after.changed = None
        return after

    def _source_columns(self, step: Step) -> ColumnSet:
        source = step.source
        if source is None:
            return ColumnSet({}, UnlistedColumns(step))
        hinted = source.names_hint
        listed: dict[str, ColumnLineage | None] = {
            name: self._add(ColumnLineage(step, weight, name_hint=name if hinted else None))
            for name, weight in source.columns.items()
        }
        return ColumnSet(
            listed, None if source.closed else UnlistedColumns(step, hinted=hinted, light=source.rest_light)
        )

    def _joined(self, resolved: ResolvedStep) -> ColumnSet:
        step, sides = resolved.step, [self._columns[parent] for parent in resolved.parents]
        if step.kind is StepKind.JOIN:
            how = step.options.get("how", "inner")
            return sides[0] if how in ("semi", "anti") else self._side_by_side(step, sides)
        if step.kind is StepKind.UNION:
            return self._concatenated(step, sides)
        return sides[0]

    def _side_by_side(self, step: Step, sides: list[ColumnSet]) -> ColumnSet:
        """All sides' columns; the first side that has a name keeps it, the other's gets Daft's `right.` before it."""
        listed: dict[str, ColumnLineage | None] = {}
        for columns in sides:
            for name, lineage in columns.known():
                listed[f"right.{name}" if name in listed else name] = lineage
        is_open = any(columns.unlisted is not None for columns in sides)
        return ColumnSet(listed, UnlistedColumns(step, tuple(sides)) if is_open else None)

    def _concatenated(self, step: Step, sides: list[ColumnSet]) -> ColumnSet:
        listed: dict[str, ColumnLineage | None] = {}
        for name, first in sides[0].known():
            others = (self._lookup(side, name) for side in sides[1:])
            found = [first, *(other for other in others if other is not None and other is not first)]
            listed[name] = self._concatenated_column(step, tuple(found))
        is_open = any(columns.unlisted is not None for columns in sides)
        return ColumnSet(listed, UnlistedColumns(step, tuple(sides)) if is_open else None)

    def _concatenated_column(self, step: Step, lineages: tuple[ColumnLineage, ...]) -> ColumnLineage:
        if len(lineages) == 1:
            return lineages[0]
        return self._add(ColumnLineage(step, inputs=lineages, keeps_weight=True, same_data=True, all_inputs=True))

    def _projected(self, resolved: ResolvedStep, before: ColumnSet) -> ColumnSet:
        step = resolved.step
        if step.projection is Projection.UNKNOWN:
            return ColumnSet({}, UnlistedColumns(step))
        if step.projection is Projection.DROP:
            return ColumnSet({**before.listed, **dict.fromkeys(step.dropped)}, before.unlisted, step.dropped)
        if step.projection is Projection.RENAME:
            return self._renamed(step, before)
        return self._with_outputs(resolved, before)

    def _renamed(self, step: Step, before: ColumnSet) -> ColumnSet:
        moved = {new: self._lookup(before, old) for old, new in step.renamed.items()}
        listed = {**before.listed, **dict.fromkeys(step.renamed), **moved}
        return ColumnSet(listed, before.unlisted, (*step.renamed, *moved))

    def _with_outputs(self, resolved: ResolvedStep, before: ColumnSet) -> ColumnSet:
        step = resolved.step
        only = step.projection is Projection.ONLY
        everything = any(e.kind is ExpressionKind.COLUMN and e.name == "*" for e in step.outputs)
        if not only and not step.outputs:
            return ColumnSet(before.listed, before.unlisted, ())
        listed: dict[str, ColumnLineage | None] = {} if only and not everything else dict(before.listed)
        unlisted = None if only and not everything else before.unlisted
        changed = []
        unnamed = False
        for expression in step.outputs:
            if expression.kind is ExpressionKind.COLUMN and expression.name == "*":
                continue
            name = expression.output
            if name is None or expression.spread:
                unnamed = True
            else:
                listed[name] = self._made[resolved, expression]
                changed.append(name)
        if unnamed:
            unlisted = UnlistedColumns(step, () if only and not everything else (before,))
        return ColumnSet(listed, unlisted, None if only else tuple(changed))

    def _lookup(self, columns: ColumnSet, name: str) -> ColumnLineage | None:
        if name in columns.listed:
            return columns.listed[name]
        if columns.unlisted is None:
            return None
        return self._unlisted_column(columns.unlisted, name)

    def _unlisted_column(self, unlisted: UnlistedColumns, name: str) -> ColumnLineage:
        """A column that nothing has named before, from the one place that it can come from."""
        found = unlisted.columns.get(name)
        if found is None:
            found = self._inherited(unlisted, name)
            if found is None:
                own = Weight.LIGHT if unlisted.light else Weight.UNKNOWN
                found = self._add(ColumnLineage(unlisted.step, own, name_hint=name if unlisted.hinted else None))
            unlisted.columns[name] = found
        return found

    def _inherited(self, unlisted: UnlistedColumns, name: str) -> ColumnLineage | None:
        step = unlisted.step
        if step.kind is StepKind.UNION and unlisted.parents:
            found = (self._lookup(columns, name) for columns in unlisted.parents)
            lineages = tuple(dict.fromkeys(s for s in found if s is not None))
            return self._concatenated_column(step, lineages) if lineages else None
        for columns in unlisted.parents:
            lineage = next((s for n, s in columns.known() if n == name), None)
            if lineage is not None:
                return lineage
        open_parents = [parent for parent in unlisted.parents if parent.unlisted is not None]
        if step.kind is StepKind.JOIN and len(open_parents) == 1 and name not in open_parents[0].listed:
            return self._lookup(open_parents[0], name)
        return None

    # Expressions

    def _add(self, lineage: ColumnLineage) -> ColumnLineage:
        self._lineages.append(lineage)
        return lineage

    def _evaluate(self, step: ResolvedStep, columns: ColumnSet) -> None:
        for expression in step.step.walk():
            inputs = tuple(self._made[step, child] for child in expression.inputs)
            self._made[step, expression] = self._lineage_of(step.step, expression, inputs, columns)
            self._note_uses(expression, inputs)

    def _lineage_of(
        self, step: Step, expression: Expression, inputs: tuple[ColumnLineage, ...], columns: ColumnSet
    ) -> ColumnLineage:
        if expression.kind is ExpressionKind.COLUMN:
            found = None if expression.name in (None, "*") else self._lookup(columns, str(expression.name))
            if found is None or expression.weight.heavy is not None:
                return self._add(ColumnLineage(step, expression.weight, () if found is None else (found,)))
            return found
        if expression.kind is ExpressionKind.LITERAL:
            return self._add(ColumnLineage(step, Weight.LIGHT))
        udf = self.udf(expression)
        if udf is not None:
            own = expression.weight if expression.weight.heavy is not None else udf.returns
            unsized = udf.unsized_output
            if unsized and names_embedding(expression.output or ""):
                own, unsized = Weight.LIGHT, False
            return self._add(ColumnLineage(step, own, inputs, unsized_udf=udf.name if unsized else None))
        if expression.weight.heavy is not None or expression.kind is not ExpressionKind.FUNCTION:
            return self._add(ColumnLineage(step, expression.weight, inputs))
        return self._function_lineage(step, expression, inputs)

    def _function_lineage(self, step: Step, expression: Expression, inputs: tuple[ColumnLineage, ...]) -> ColumnLineage:
        spec = function_spec(expression)
        effect = WeightEffect.UNKNOWN if spec is None else spec.effect
        if effect is WeightEffect.HEAVY and spec is not None and not _works_on_thumbnails(expression):
            return self._add(ColumnLineage(step, Weight.of(Strength.PROOF, spec.reason, expression.location), inputs))
        if effect in (WeightEffect.HEAVY, WeightEffect.LIGHT) or _makes_text(expression):
            return self._add(ColumnLineage(step, Weight.LIGHT, inputs))
        if expression.name == "resize":
            return self._add(ColumnLineage(step, self._resized(expression), inputs[:1], keeps_weight=True))
        if expression.name == "alias" and len(inputs) == 1:
            return inputs[0]
        declared = None if not inputs else _declared_field(expression, inputs[0])
        if declared is not None:
            return self._add(ColumnLineage(step, declared, inputs))
        if effect is WeightEffect.KEEPS or (effect is WeightEffect.ELEMENT and not _names_light_field(expression)):
            return self._add(
                ColumnLineage(
                    step,
                    inputs=inputs,
                    keeps_weight=True,
                    same_data=expression.name in _SAME_DATA,
                    collects=expression.name in _COLLECTING,
                )
            )
        return self._add(ColumnLineage(step, inputs=inputs))

    def _resized(self, expression: Expression) -> Weight:
        """The weight of images of a known size; where it is not known, they are as heavy as what they are made of."""
        width = expression.options.get("w", expression.options.get("0"))
        height = expression.options.get("h", expression.options.get("1"))
        if not isinstance(width, int) or not isinstance(height, int):
            return Weight.UNKNOWN
        row_bytes = width * height * _RGB_BYTES
        if row_bytes < self._heavy_row_bytes:
            return Weight(heavy=False, row_bytes=row_bytes)
        reason = f"`resize` makes images of {width} x {height} pixels"
        return Weight.of(Strength.PROOF, reason, expression.location, row_bytes)

    def _note_uses(self, expression: Expression, inputs: tuple[ColumnLineage, ...]) -> None:
        udf = self.udf(expression)
        if udf is not None:
            for index, (lineage, keyword) in enumerate(zip(inputs, input_keywords(expression), strict=True)):
                self._note_parameter(lineage, udf, udf.parameter(index, keyword))
            return
        spec = function_spec(expression)
        if spec is None or not inputs or _works_on_thumbnails(expression):
            return
        if spec.takes_heavy:
            reason = f"`{expression.name}` reads it"
            self._heavy_uses.append((inputs[0], Weight.of(Strength.STRONG, reason, expression.location)))
        elif spec.heavy_read:
            self._light_uses.append(inputs[0])
        elif (
            spec.effect is WeightEffect.DECLARED and expression.weight.heavy and expression.weight.evidence is not None
        ):
            evidence = expression.weight.evidence
            self._heavy_uses.append((inputs[0], Weight(True, evidence, expression.weight.row_bytes)))

    def _note_parameter(self, lineage: ColumnLineage, udf: Udf, parameter: Parameter | None) -> None:
        if parameter is None:
            return
        if parameter.weight.heavy:
            weight = parameter.weight
            if weight.evidence is None:
                weight = Weight.of(Strength.STRONG, f"`{udf.name}` takes it as heavy data", None, weight.row_bytes)
            self._heavy_uses.append((lineage, weight))
        elif parameter.weight.heavy is False or parameter.opens:
            self._light_uses.append(lineage)

    # Evidence

    def _resolve(self) -> None:
        for lineage in self._lineages:
            lineage.resolve()

    def _apply_evidence(self) -> None:
        """Apply the evidence, the strongest first: heavy uses until nothing changes, then light uses, then names."""
        uses = sorted(self._heavy_uses, key=lambda use: -(use[1].evidence.strength if use[1].evidence else 0))
        for _ in range(_MAX_PASSES):
            self._resolve()
            if not self._mark_heavy(uses):
                break
        self._mark_light()
        for lineage in self._lineages:
            if lineage.name_hint is not None and lineage.own_weight.heavy is None and looks_heavy(lineage.name_hint):
                lineage.own_weight = Weight.of(Strength.HINT, f"its name is `{lineage.name_hint}`", lineage.step.call)
        self._resolve()

    def _mark_heavy(self, uses: list[tuple[ColumnLineage, Weight]]) -> bool:
        marked = False
        for lineage, weight in uses:
            if lineage.weight.heavy is None:
                for origin in lineage.origins(light=False):
                    origin.own_weight = weight
                    marked = True
        return marked

    def _mark_light(self) -> None:
        for lineage in self._light_uses:
            if lineage.weight.heavy is None:
                for origin in lineage.origins(light=True):
                    origin.own_weight = Weight.LIGHT
        self._resolve()


def _makes_text(expression: Expression) -> bool:
    """Whether it is a `decode("utf-8")`, which makes text of bytes; the other codecs (base64, hex, zstd, ...) make
    bytes."""
    if expression.name not in _DECODES:
        return False
    given = [expression.options.get(name) for name in _CODEC_ARGUMENTS]
    return any(isinstance(codec, str) and codec.lower() in _TEXT_CODECS for codec in given)


def _works_on_thumbnails(expression: Expression) -> bool:
    """Whether it decodes images that are small by the name of their column."""
    names = (*expression.columns(), expression.output or "")
    return expression.name in _DECODES_IMAGES and any(names_thumbnail(name) for name in names if name is not None)


def _declared_field(expression: Expression, struct: ColumnLineage) -> Weight | None:
    """The weight of the field that a `get` takes, where the struct's type declares it."""
    name = next((expression.options[key] for key in ("0", "key", "name") if key in expression.options), None)
    if expression.name != "get" or not isinstance(name, str):
        return None
    for _ in range(_MAX_HOPS):
        fields = struct.own_weight.fields
        if fields is not None:
            return fields.get(name)
        if not struct.keeps_weight or len(struct.inputs) != 1:
            break
        (struct,) = struct.inputs
    return None


def _names_light_field(expression: Expression) -> bool:
    """Whether it takes a field whose name says that it is small, whatever else the struct holds:
    `col("out")["label"]`."""
    options: Mapping[str, object] = expression.options
    return any(isinstance(value, str) and looks_light(value) for value in options.values())
