"""Pipelines that no fixture knows: drawn at random, the same ones from the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

HEAD = """
import time

import daft
from daft import DataType, Series, col

"""
UDFS = {
    "batch": """
@daft.func.batch(return_dtype=DataType.int64(){options})
def {name}(x: Series) -> Series:
    time.sleep(0.02)
    return x
""",
    "row": """
@daft.func
def {name}(x: int) -> int:
    time.sleep(0.0001)
    return x
""",
    "class": """
@daft.cls
class {name}_class:
    @daft.method.batch(return_dtype=DataType.int64(){options})
    def {name}(self, x: Series) -> Series:
        time.sleep(0.02)
        return x


{name} = {name}_class().{name}
""",
}
ROWS = (60, 96, 250, 512, 900, 1000, 1536, 2000)
FILE_ROWS = (300, 640, 1200)
"""Rows of the Parquet files that sources read, each of one row group."""


@dataclass
class Drawn:
    """A pipeline: the UDFs that it calls and its statements, which run one query."""

    number: int
    random: Random
    folder: Path
    udfs: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def draw(self) -> Drawn:
        self.lines.append(f"df = {self.source()}")
        self.plain_steps(self.random.choice((0, 0, 1)))
        self.fan_out()
        self.plain_steps(self.random.choice((0, 1)))
        for _ in range(self.random.choice((1, 1, 2))):
            self.udf()
            self.plain_steps(self.random.choice((0, 0, 1)))
        self.lines.append("df.collect()")
        return self

    def source(self) -> str:
        rows = self.random.choice(ROWS)
        files = self.random.sample(FILE_ROWS, self.random.choice((1, 2, 3)))
        names = [str(self.folder / f"{count}.parquet") for count in files]
        return self.random.choice(
            (
                f"daft.range({rows})",
                f"daft.range(0, {rows}, 1, {self.random.choice((2, 3, 5))})",
                f'daft.from_pydict({{"id": list(range({rows}))}})',
                f'daft.read_parquet("{names[0]}")',
                f"daft.read_parquet({names!r})",
                f'daft.read_parquet("{self.folder}/*.parquet")',
            )
        )

    def fan_out(self) -> None:
        count = self.random.choice((2, 3, 4, 7, 8))
        rows = self.random.choice((16, 50, 64, 128, 250))
        """None in half of the pipelines: most scripts have none."""
        steps = ("", f".into_partitions({count})", f".repartition({count})", f".into_batches({rows})")
        (call,) = self.random.choices(steps, (4, 1, 2, 1))
        if call:
            self.lines.append(f"df = df{call}")

    def plain_steps(self, number: int) -> None:
        steps = (
            f'.with_column("c{len(self.lines)}", col("id") * 2)',
            '.where(col("id") >= 40)',
            '.select(*[name for name in df.column_names if name != "other"])',
            '.sort("id")',
            ".distinct()",
        )
        weights = (8, 2, 2, 1, 1)
        for call in self.random.choices(steps, weights, k=number):
            self.lines.append(f"df = df{call}")

    def udf(self) -> None:
        name = f"p{self.number:02}_{len(self.udfs)}"
        size = self.random.choice((None, 10, 32, 64, 100))
        kind = self.random.choices(tuple(UDFS), (6, 2, 2))[0]
        options = "" if size is None else f", batch_size={size}"
        self.udfs.append(name)
        self.definitions.append(UDFS[kind].format(name=name, options=options))
        self.lines.append(f'df = df.with_column("{name}", {name}(col("id")))')


def drawn(seed: int, count: int, folder: Path) -> Iterator[Drawn]:
    """So many pipelines; those of a smaller count are their beginning."""
    random = Random(seed)
    for number in range(count):
        yield Drawn(number, Random(random.random()), folder).draw()


def script(pipelines: list[Drawn]) -> str:
    """One script that runs some pipelines, one query each."""
    definitions = "\n".join(text for one in pipelines for text in one.definitions)
    return f"{HEAD}{definitions}\n\n" + "\n".join(line for one in pipelines for line in one.lines) + "\n"
