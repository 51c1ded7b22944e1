"""DFT410: a column of a type that the file format cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from daft_lint.api.column_types import ColumnType, type_before
from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Level, Observation, PipelineRule
from daft_lint.pipeline.model import Pipeline

_REFUSED = {
    "write_csv": r"(fixed_size_)?list\b|embedding\b|struct\b|map\b|(sparse_)?tensor\b|image\b|python\b",
    "write_json": r"((fixed_size_)?list\[|struct\[.*: |map\[.*: )*"
                  r"((fixed_size_)?binary\b|image\b|(sparse_)?tensor\b|embedding\b|python\b)|map\[python\]",
}  # fmt: skip
"""What the spellings of types begin with that Daft 0.7.26 does not write (docs/pages/measurements.md, e19)."""


class UnwritableType(PipelineRule):
    """`write_csv` of a list, an embedding, a struct, a map, a tensor, an image or Python objects; `write_json` of
    bytes, an image, a tensor, an embedding or Python objects, also inside of a list or struct.

    ## Why
    Daft has no form for them in such a file (experiment e19). `write_json` fails when the query starts; `write_csv`
    when the first rows reach it, after all that was done to make them. Parquet holds every type.

    ## Example

        @daft.func
        def vector(text: str) -> list[float]: ...

        df.with_column("vec", vector(col("text"))).write_csv("s3://lake/vectors")

    becomes

        df.with_column("vec", vector(col("text"))).write_parquet("s3://lake/vectors")

    or, where it has to be CSV,

        df = df.with_column("vec", serialize(vector(col("text")), "json"))
        df.write_csv("s3://lake/vectors")

    ## Fix
    None: another format, another type and no such column are all possible.

    ## Options
    None. Known are the types that functions make and that UDFs declare; what a source holds is not.
    """

    code = "DFT410"
    name = "unwritable-type"
    level = Level.ERROR
    trigger_words = ("write_csv", "write_json")
    ends = (
        Failure("DaftCoreException", "when the query starts"),
        Failure("ArrowInvalid", "when the first rows are written"),
        Failure("ModuleNotFoundError", "when the first rows are written and pyiceberg is not installed"),
    )

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each write."""
        sink = pipeline.sink
        refused = _REFUSED.get(sink.step.name)
        if refused is None:
            return
        found: dict[str, ColumnType] = {}
        for column in sink.columns_in:
            dtype = type_before(pipeline, sink.index, column)
            if dtype is not None and re.match(refused, dtype.name):
                found[column] = dtype
        if found:
            yield _observation(pipeline, found)


def _observation(pipeline: Pipeline, found: dict[str, ColumnType]) -> Observation:
    step = pipeline.sink.step
    columns = " and ".join(f"`{column}` is `{dtype.name}`" for column, dtype in found.items())
    first = next(iter(found))
    is_csv = step.name == "write_csv"
    other = f'`serialize(col("{first}"), "json")`' if is_csv else f'leave it out with `.exclude("{first}")`'
    return Observation(
        location=method_location(step),
        level=Level.ERROR,
        observed=f"{columns}, which `{step.name}` cannot write",
        impact="The run fails when the first rows reach the write, after the work that made them"
        if is_csv
        else "The query fails when it starts",
        suggestion=f"Write Parquet, or {other}",
        related=tuple(
            (dtype.made_by.location, f"`{column}` is made here")
            for column, dtype in found.items()
            if dtype.made_by.location is not None
        ),
    )
