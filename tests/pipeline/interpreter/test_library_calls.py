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


def test_settings_that_helpers_and_objects_hold() -> None:
    found = read(
        """
        import os
        import daft
        from omegaconf import OmegaConf
        from pydantic import BaseModel, Field

        def env_int(name, default):
            try:
                return int(os.environ[name])
            except (KeyError, ValueError):
                return default

        def env_size(name: str, default: int) -> int:
            value = os.getenv(name)
            return int(value) if value else default

        def env_rows(name, default):
            raw = os.environ.get(name)
            if raw is None or not raw.strip():
                return default
            return int(raw)

        class Sizes(BaseModel):
            batch: int = 48
            parts: int = Field(default=16, ge=1)
            rows: int = Field(24)

        sizes, hydra = Sizes(), OmegaConf.create({"udf": {"batch": 72}})
        df = daft.read_parquet("a")
        df = df.into_batches(env_int("A", 32)).into_batches(env_size("B", 33)).into_batches(env_rows("C", 34))
        df = df.into_batches(sizes.batch).into_batches(sizes.parts).into_batches(sizes.rows)
        df = df.into_batches(hydra.udf.batch).into_batches(int(os.environ["D"]) or 5).into_batches(int(os.environ["E"]))
        df.write_parquet("out")
        """
    )
    counts = [s.count.value for s in found.steps if s.count is not None]
    assert counts == [32, 33, 34, 48, 16, 24, 72, 5, None]


def test_the_module_of_daft_may_be_a_parameter() -> None:
    found = read(
        """
        def load(daft, path):
            return daft.read_parquet(path).into_batches(8)
        """
    )
    assert [step.name for step in found.steps] == ["read_parquet", "into_batches"]
