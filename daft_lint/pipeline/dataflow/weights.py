"""The weight of every column of a script's DataFrames.

A `Strand` is one column's data from the step that makes it; renames and aliases share it. What is known of it comes
forward from declared types and functions, and backward from the UDFs and functions that read it. Both hold for the
data whatever path it takes, so strands are weighed once for all pipelines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import Effect, FunctionSpec
from daft_lint.pipeline.dataflow import name_hints
from daft_lint.pipeline.facts.settings import DEFAULT_HEAVY_ROW_BYTES
from daft_lint.pipeline.model import (
    Count,
    Expression,
    ExpressionKind,
    Parameter,
    Projection,
    Step,
    StepKind,
    Strength,
    Udf,
    UdfKind,
    Weight,
)

_MAX_PASSES = 8
"""Each pass can only mark strands that were unknown before; scripts need two or three."""

_RGB_BYTES = 3
"""Bytes a pixel of what images mostly are; the mode of a resized one is not in the script."""

_SAME_DATA = frozenset({"alias", "fill_null", "coalesce"})
"""Functions behind which a light column says that what they read is light as well."""


_DECODES = frozenset({"decode", "try_decode"})
_CODEC_ARGUMENTS = ("0", "charset", "codec")
_TEXT_CODECS = frozenset({"utf-8", "utf8"})


class ColumnLineage:
    """One column's data. `inputs` are what it is made of; `keeps` says that its weight is theirs, `multiplies` that a
    UDF makes heavy data out of a heavy input. `every`: evidence holds for all inputs (a `concat`)."""

    __slots__ = ("every", "hint", "inputs", "keeps", "multiplies", "own", "same", "step", "weight")

    def __init__(
        self,
        step: Step,
        own: Weight = Weight.UNKNOWN,
        inputs: tuple[ColumnLineage, ...] = (),
        *,
        keeps: bool = False,
        same: bool = False,
        every: bool = False,
        multiplies: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.step = step
        self.own = own
        self.inputs = inputs
        self.keeps = keeps
        self.same = same
        self.every = every
        self.multiplies = multiplies
        self.hint = hint
        self.weight = own

    def resolve(self) -> None:
        """Work out the weight from the inputs' weights."""
        self.weight = self.own
        if self.own.heavy is not None:
            return
        heavy = next((i.weight for i in self.inputs if i.weight.heavy), None)
        if self.keeps and heavy is not None:
            self.weight = heavy
        elif self.keeps and self.inputs and all(i.weight.heavy is False for i in self.inputs):
            self.weight = Weight.LIGHT
        elif self.multiplies is not None and heavy is not None:
            reason = f"`{self.multiplies}` turns heavy data into lists or tensors of unknown length"
            self.weight = Weight.of(Strength.STRONG, reason)

    def origins(self, *, light: bool) -> list[ColumnLineage]:
        """The strands that evidence about this one is about: back through what keeps the weight."""
        found: list[ColumnLineage] = []
        seen: set[int] = set()
        pending = [self]
        while pending:
            lineage = pending.pop()
            if id(lineage) in seen or lineage.own.heavy is not None:
                continue
            seen.add(id(lineage))
            behind = [i for i in lineage.inputs if i.weight.heavy is None] if lineage.keeps else []
            passes = bool(behind) and (lineage.every or len(behind) == 1) and (lineage.same or not light)
            if passes:
                pending.extend(behind)
            else:
                found.append(lineage)
        return found


class Unlisted:
    """Where columns that no step has named come from: a source, or a step after which anything may be there.

    `light`: all of them are, whatever their names.
    """

    __slots__ = ("columns", "hinted", "light", "parents", "step")

    def __init__(
        self, step: Step, parents: tuple[Table, ...] = (), *, hinted: bool = False, light: bool = False
    ) -> None:
        self.step = step
        self.parents = parents
        self.hinted = hinted
        self.light = light
        self.columns: dict[str, ColumnLineage] = {}


class Table:
    """The columns after a step: the listed ones (None: dropped), and where others come from (None: there are none).

    `changed` are the names that differ from the table of the first parent; None where it has to be read whole.
    """

    __slots__ = ("changed", "listed", "unlisted")

    def __init__(
        self, listed: dict[str, ColumnLineage | None], unlisted: Unlisted | None, changed: tuple[str, ...] | None = None
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


def ai_udf(expression: Expression) -> Udf | None:
    """An AI function, which runs as a UDF, as one; None for any other expression."""
    if expression.kind is not ExpressionKind.FUNCTION or expression.name is None:
        return None
    spec = catalog.FUNCTIONS.get(expression.name)
    if spec is None or not spec.is_ai:
        return None
    given = expression.options.get("batch_size")
    size = given if isinstance(given, int) and not isinstance(given, bool) else spec.ai_batch_size
    reason = f"`{expression.name}` takes images"
    weight = Weight.of(Strength.STRONG, reason, expression.location) if spec.takes_heavy else Weight.UNKNOWN
    return Udf(
        name=expression.name,
        kind=UdfKind.AI,
        options=expression.location,
        parameters=(Parameter("expr", weight),),
        returns=Weight.LIGHT if spec.effect is Effect.LIGHT else Weight.UNKNOWN,
        batch_size=None if size is None else Count(size),
    )


def spec_of(expression: Expression) -> FunctionSpec | None:
    """What the catalog says of a function call."""
    if expression.kind is not ExpressionKind.FUNCTION or expression.name is None:
        return None
    return catalog.FUNCTIONS.get(expression.name)


class Weights:
    """The strands of all steps, weighed. `order` has every step after its parents."""

    def __init__(self, order: Iterable[Step], heavy_row_bytes: int = DEFAULT_HEAVY_ROW_BYTES) -> None:
        self._heavy_row_bytes = heavy_row_bytes
        self._lineages: list[ColumnLineage] = []
        self._heavy_uses: list[tuple[ColumnLineage, Weight]] = []
        self._light_uses: list[ColumnLineage] = []
        self._made: dict[tuple[Step, Expression], ColumnLineage] = {}
        self._tables: dict[Step, Table] = {}
        self._udfs: dict[Expression, Udf | None] = {}
        for step in order:
            self._tables[step] = self._table_after(step)
        self._settle()

    def table(self, step: Step) -> Table:
        """The columns after a step."""
        return self._tables[step]

    def lineage(self, step: Step, expression: Expression) -> ColumnLineage | None:
        """What an expression of the step makes."""
        return self._made.get((step, expression))

    def udf(self, expression: Expression) -> Udf | None:
        """The UDF that an expression calls, AI functions included; the same object each time."""
        if expression.udf is not None:
            return expression.udf
        if expression not in self._udfs:
            self._udfs[expression] = ai_udf(expression)
        return self._udfs[expression]

    # Tables

    def _table_after(self, step: Step) -> Table:
        if not step.parents:
            return self._source_table(step)
        before = self._joined(step) if len(step.parents) > 1 else self._tables[step.parents[0]]
        for expression in (*step.outputs, *step.expressions):
            self._evaluate(step, expression, before)
        after = self._projected(step, before)
        if len(step.parents) > 1:
            after.changed = None
        return after

    def _source_table(self, step: Step) -> Table:
        source = step.source
        if source is None:
            return Table({}, Unlisted(step))
        hinted = source.names_hint
        listed: dict[str, ColumnLineage | None] = {
            name: self._add(ColumnLineage(step, weight, hint=name if hinted else None))
            for name, weight in source.columns.items()
        }
        return Table(listed, None if source.closed else Unlisted(step, hinted=hinted, light=source.rest_light))

    def _joined(self, step: Step) -> Table:
        tables = [self._tables[parent] for parent in step.parents]
        if step.kind is StepKind.JOIN:
            how = step.options.get("how", "inner")
            return tables[0] if how in ("semi", "anti") else self._side_by_side(step, tables)
        if step.kind is StepKind.UNION:
            return self._stacked(step, tables)
        return tables[0]

    def _side_by_side(self, step: Step, tables: list[Table]) -> Table:
        """All sides' columns; the first side that has a name keeps it, the other's gets Daft's `right.` before it."""
        listed: dict[str, ColumnLineage | None] = {}
        for table in tables:
            for name, lineage in table.known():
                listed[f"right.{name}" if name in listed else name] = lineage
        is_open = any(table.unlisted is not None for table in tables)
        return Table(listed, Unlisted(step, tuple(tables)) if is_open else None)

    def _stacked(self, step: Step, tables: list[Table]) -> Table:
        listed: dict[str, ColumnLineage | None] = {}
        for name, first in tables[0].known():
            found = [first, *(s for t in tables[1:] if (s := self._lookup(t, name)) is not None and s is not first)]
            listed[name] = self._stack(step, tuple(found))
        is_open = any(table.unlisted is not None for table in tables)
        return Table(listed, Unlisted(step, tuple(tables)) if is_open else None)

    def _stack(self, step: Step, lineages: tuple[ColumnLineage, ...]) -> ColumnLineage:
        if len(lineages) == 1:
            return lineages[0]
        return self._add(ColumnLineage(step, inputs=lineages, keeps=True, same=True, every=True))

    def _projected(self, step: Step, before: Table) -> Table:
        if step.projection is Projection.UNKNOWN:
            return Table({}, Unlisted(step))
        if step.projection is Projection.DROP:
            return Table({**before.listed, **dict.fromkeys(step.dropped)}, before.unlisted, step.dropped)
        if step.projection is Projection.RENAME:
            return self._renamed(step, before)
        return self._with_outputs(step, before)

    def _renamed(self, step: Step, before: Table) -> Table:
        moved = {new: self._lookup(before, old) for old, new in step.renamed.items()}
        listed = {**before.listed, **dict.fromkeys(step.renamed), **moved}
        return Table(listed, before.unlisted, (*step.renamed, *moved))

    def _with_outputs(self, step: Step, before: Table) -> Table:
        only = step.projection is Projection.ONLY
        everything = any(e.kind is ExpressionKind.COLUMN and e.name == "*" for e in step.outputs)
        if not only and not step.outputs:
            return Table(before.listed, before.unlisted, ())
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
                listed[name] = self._made[step, expression]
                changed.append(name)
        if unnamed:
            unlisted = Unlisted(step, () if only and not everything else (before,))
        return Table(listed, unlisted, None if only else tuple(changed))

    def _lookup(self, table: Table, name: str) -> ColumnLineage | None:
        if name in table.listed:
            return table.listed[name]
        if table.unlisted is None:
            return None
        return self._unlisted_column(table.unlisted, name)

    def _unlisted_column(self, unlisted: Unlisted, name: str) -> ColumnLineage:
        """A column that nothing has named before, from the one place that it can come from."""
        found = unlisted.columns.get(name)
        if found is None:
            found = self._inherited(unlisted, name)
            if found is None:
                own = Weight.LIGHT if unlisted.light else Weight.UNKNOWN
                found = self._add(ColumnLineage(unlisted.step, own, hint=name if unlisted.hinted else None))
            unlisted.columns[name] = found
        return found

    def _inherited(self, unlisted: Unlisted, name: str) -> ColumnLineage | None:
        step = unlisted.step
        if step.kind is StepKind.UNION and unlisted.parents:
            found = (self._lookup(table, name) for table in unlisted.parents)
            lineages = tuple(dict.fromkeys(s for s in found if s is not None))
            return self._stack(step, lineages) if lineages else None
        for table in unlisted.parents:
            lineage = next((s for n, s in table.known() if n == name), None)
            if lineage is not None:
                return lineage
        open_parents = [t for t in unlisted.parents if t.unlisted is not None]
        if step.kind is StepKind.JOIN and len(open_parents) == 1 and name not in open_parents[0].listed:
            return self._lookup(open_parents[0], name)
        return None

    # Expressions

    def _add(self, lineage: ColumnLineage) -> ColumnLineage:
        self._lineages.append(lineage)
        return lineage

    def _evaluate(self, step: Step, root: Expression, table: Table) -> None:
        for expression in root.walk():
            if (step, expression) not in self._made:
                inputs = tuple(self._made[step, child] for child in expression.inputs)
                self._made[step, expression] = self._lineage_of(step, expression, inputs, table)
                self._note_uses(expression, inputs)

    def _lineage_of(
        self, step: Step, expression: Expression, inputs: tuple[ColumnLineage, ...], table: Table
    ) -> ColumnLineage:
        if expression.kind is ExpressionKind.COLUMN:
            found = None if expression.name in (None, "*") else self._lookup(table, str(expression.name))
            if found is None or expression.weight.heavy is not None:
                return self._add(ColumnLineage(step, expression.weight, () if found is None else (found,)))
            return found
        if expression.kind is ExpressionKind.LITERAL:
            return self._add(ColumnLineage(step, Weight.LIGHT))
        udf = self.udf(expression)
        if udf is not None:
            own = expression.weight if expression.weight.heavy is not None else udf.returns
            return self._add(ColumnLineage(step, own, inputs, multiplies=udf.name if udf.multiplies else None))
        if expression.weight.heavy is not None or expression.kind is not ExpressionKind.FUNCTION:
            return self._add(ColumnLineage(step, expression.weight, inputs))
        return self._function_lineage(step, expression, inputs)

    def _function_lineage(self, step: Step, expression: Expression, inputs: tuple[ColumnLineage, ...]) -> ColumnLineage:
        spec = spec_of(expression)
        effect = Effect.UNKNOWN if spec is None else spec.effect
        if effect is Effect.HEAVY and spec is not None:
            return self._add(ColumnLineage(step, Weight.of(Strength.PROOF, spec.reason, expression.location), inputs))
        if effect is Effect.LIGHT or _makes_text(expression):
            return self._add(ColumnLineage(step, Weight.LIGHT, inputs))
        if expression.name == "resize":
            return self._add(ColumnLineage(step, self._resized(expression), inputs[:1], keeps=True))
        if expression.name == "alias" and len(inputs) == 1:
            return inputs[0]
        if effect is Effect.KEEPS or (effect is Effect.ELEMENT and not _names_light_field(expression)):
            return self._add(ColumnLineage(step, inputs=inputs, keeps=True, same=expression.name in _SAME_DATA))
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
            for index, (lineage, keyword) in enumerate(zip(inputs, keywords_of(expression), strict=True)):
                self._note_parameter(lineage, udf, udf.parameter(index, keyword))
            return
        spec = spec_of(expression)
        if spec is None or not inputs:
            return
        if spec.takes_heavy:
            reason = f"`{expression.name}` reads it"
            self._heavy_uses.append((inputs[0], Weight.of(Strength.STRONG, reason, expression.location)))
        elif spec.heavy_read:
            self._light_uses.append(inputs[0])
        elif spec.effect is Effect.DECLARED and expression.weight.heavy and expression.weight.evidence is not None:
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

    def _settle(self) -> None:
        """Apply evidence by use until nothing changes, then light uses, then names: the strongest first."""
        uses = sorted(self._heavy_uses, key=lambda use: -(use[1].evidence.strength if use[1].evidence else 0))
        for _ in range(_MAX_PASSES):
            self._resolve()
            if not self._mark(uses):
                break
        self._mark_light()
        for lineage in self._lineages:
            if lineage.hint is not None and lineage.own.heavy is None and name_hints.looks_heavy(lineage.hint):
                lineage.own = Weight.of(Strength.HINT, f"its name is `{lineage.hint}`", lineage.step.call)
        self._resolve()

    def _mark(self, uses: list[tuple[ColumnLineage, Weight]]) -> bool:
        marked = False
        for lineage, weight in uses:
            if lineage.weight.heavy is None:
                for origin in lineage.origins(light=False):
                    origin.own = weight
                    marked = True
        return marked

    def _mark_light(self) -> None:
        for lineage in self._light_uses:
            if lineage.weight.heavy is None:
                for origin in lineage.origins(light=True):
                    origin.own = Weight.LIGHT
        self._resolve()


def keywords_of(expression: Expression) -> tuple[str | None, ...]:
    """The keyword of each input of a UDF call, None by position."""
    missing = len(expression.inputs) - len(expression.keywords)
    return (*expression.keywords[: len(expression.inputs)], *(None for _ in range(missing)))


def _makes_text(expression: Expression) -> bool:
    """`decode("utf-8")` makes text of bytes; the other codecs (base64, hex, zstd, ...) make bytes."""
    if expression.name not in _DECODES:
        return False
    given = [expression.options.get(name) for name in _CODEC_ARGUMENTS]
    return any(isinstance(codec, str) and codec.lower() in _TEXT_CODECS for codec in given)


def _names_light_field(expression: Expression) -> bool:
    """`col("out")["label"]`: a field whose name says that it is small, whatever else the struct holds."""
    options: Mapping[str, object] = expression.options
    return any(isinstance(value, str) and name_hints.looks_light(value) for value in options.values())
