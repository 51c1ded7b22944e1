"""Numbers that come through other packages."""

from __future__ import annotations

from tests.pipeline.interpreter.scripts import read


def test_numbers_from_everywhere() -> None:
    found = read(
        """
        import argparse
        import os
        from dataclasses import dataclass
        from functools import partial
        import daft

        parser = argparse.ArgumentParser()
        parser.add_argument("--batch-size", type=int, default=48)
        args = parser.parse_args()

        @dataclass
        class Config:
            path: str
            parts: int = 12

        config = Config("a.parquet")
        SIZE, OTHER = 3, 4
        read = partial(daft.read_parquet, "a.parquet")
        df = read().into_batches(args.batch_size).repartition(config.parts)
        df = df.repartition(SIZE * OTHER + 1).into_batches(int(os.environ.get("N", "7"))).limit(min(9, 11))
        df.write_parquet("out")
        """
    )
    assert [s.count.value for s in found.steps if s.count is not None] == [48, 12, 13, 7, 9]
    names = [s.count.name for s in found.steps if s.count is not None]
    assert names[:2] == ["args.batch_size", "config.parts"]
