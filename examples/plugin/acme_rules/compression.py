"""ACM101: Parquet files of the lake are compressed with zstd."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.edits import AddKeyword
from daft_lint.api.promises import Direction, Measure, Promise
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.pipeline.model import Script, Step


class ParquetWithoutZstd(ScriptRule):
    """A `write_parquet` that does not say how it compresses.

    ## Why
    Our lake keeps Parquet in zstd: its files are smaller than in snappy, which is what Daft writes by itself.

    ## Example

        df.write_parquet("s3://lake/pages")

    becomes

        df.write_parquet("s3://lake/pages", compression="zstd")

    ## Fix
    Adds the argument. It is safe: the rows that are read back are the same.

    ## Options
    None. Another compression that is given is left as it is.
    """

    code = "ACM101"
    name = "parquet-without-zstd"
    level = Level.ADVICE
    trigger_words = ("write_parquet",)
    fixable = True
    promises = (Promise(Measure.WRITTEN_BYTES, Direction.LOWER),)

    def check(self, script: Script) -> Iterator[Observation]:
        for step in script.steps:
            if step.name == "write_parquet" and not says_compression(step):
                yield Observation(
                    location=step.call,
                    level=self.level,
                    observed="`write_parquet` without `compression`",
                    impact="Daft writes snappy, and the files of the lake are zstd",
                    suggestion='Add `compression="zstd"`',
                    fix=Fix("Compress with zstd", (AddKeyword(step.call, "compression", '"zstd"'),)),
                )


def says_compression(step: Step) -> bool:
    """Whether the call gives `compression`: by its keyword, second by position, or where `*` hides what is given."""
    call = step.call.node
    if not isinstance(call, cst.Call):
        return True
    named = any(arg.star or (arg.keyword is not None and arg.keyword.value == "compression") for arg in call.args)
    return named or sum(arg.keyword is None for arg in call.args) > 1
