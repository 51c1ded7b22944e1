"""A small builder of steps for the tests of the model: no LibCST parsing needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import libcst as cst

from daft_lint.pipeline import catalog
from daft_lint.pipeline.model import (
    Count,
    Expression,
    ExpressionKind,
    NodeRef,
    Parameter,
    Partitions,
    Projection,
    Source,
    SourceKind,
    Step,
    StepKind,
    Strength,
    Udf,
    UdfKind,
    Weight,
)

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

CELL = cast("Cell", object())
HEAVY = Weight.of(Strength.STRONG, "its annotation is `bytes`")


def location() -> NodeRef:
    return NodeRef(CELL, cst.Name("x"))


def column(name: str | None) -> Expression:
    return Expression(ExpressionKind.COLUMN, location(), name, output=name)


def function(name: str, *inputs: Expression, weight: Weight = Weight.UNKNOWN, **options: object) -> Expression:
    output = inputs[0].output if inputs else name
    return Expression(ExpressionKind.FUNCTION, location(), name, inputs, options=options, output=output, weight=weight)


def udf(
    name: str = "f",
    takes: Weight = Weight.UNKNOWN,
    returns: Weight = Weight.UNKNOWN,
    *,
    batch_size: int | None = None,
    opens: bool = False,
    is_generator: bool = False,
    unsized_output: bool = False,
) -> Udf:
    return Udf(
        name,
        UdfKind.FUNC_BATCH,
        parameters=(Parameter("x", takes, opens),),
        returns=returns,
        batch_size=None if batch_size is None else Count(batch_size),
        is_generator=is_generator,
        unsized_output=unsized_output,
    )


def call(made: Udf, *inputs: Expression) -> Expression:
    return Expression(ExpressionKind.UDF, location(), inputs=inputs, udf=made, output=inputs[0].output)


class Chain:
    """A DataFrame under construction; each method gives the next one."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def then(
        self,
        name: str,
        *,
        others: tuple[Chain, ...] = (),
        count: int | None = None,
        outputs: tuple[Expression, ...] = (),
        reads: tuple[Expression, ...] = (),
        **options: object,
    ) -> Chain:
        spec = catalog.STEPS[name]
        return Chain(
            Step(
                name,
                spec.kind,
                location(),
                parents=(self.step, *(other.step for other in others)),
                count=None if count is None else Count(count),
                outputs=outputs,
                expressions=reads,
                projection=spec.projection,
                reads=spec.reads,
                options=options,
            )
        )

    def with_column(self, name: str | None, made: Expression) -> Chain:
        return self.then("with_column", outputs=(replace(made, output=name),))

    def select(self, *made: Expression) -> Chain:
        return self.then("select", outputs=made)

    def exclude(self, *names: str) -> Chain:
        return Chain(
            Step(
                "exclude", StepKind.PROJECT, location(), parents=(self.step,), projection=Projection.DROP, dropped=names
            )
        )

    def rename(self, old: str, new: str) -> Chain:
        step = Step(
            "with_column_renamed",
            StepKind.PROJECT,
            location(),
            parents=(self.step,),
            projection=Projection.RENAME,
            renamed={old: new},
        )
        return Chain(step)

    def where(self, *read: str) -> Chain:
        return self.then("where", reads=tuple(column(name) for name in read))


def files(*, partitions: Partitions = Partitions.ONE, rows: int | None = None, **columns: Weight) -> Chain:
    source = Source("read_parquet", ("a.parquet",), partitions, rows, columns=columns, names_hint=True)
    return Chain(Step("read_parquet", StepKind.SOURCE, location(), source=source))


def memory(*, rows: int | None = None, closed: bool = True, **columns: Weight) -> Chain:
    source = Source("from_pydict", (), Partitions.ONE, rows, columns=columns, closed=closed)
    return Chain(Step("from_pydict", StepKind.SOURCE, location(), source=source))


def parameter() -> Chain:
    return Chain(Step("parameter", StepKind.SOURCE, location(), source=Source("parameter", kind=SourceKind.PARAMETER)))
