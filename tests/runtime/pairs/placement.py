"""e2: `into_batches` after the step that makes the data heavy."""

import pathlib
import tempfile

import daft
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from daft import DataType

ROWS, ROW_BYTES = 256, 100_000

path = pathlib.Path(tempfile.gettempdir()) / "heavy.parquet"
rng = np.random.default_rng(0)
blobs = pa.array([rng.bytes(ROW_BYTES) for _ in range(ROWS)], type=pa.binary())
pq.write_table(pa.table({"id": pa.array(range(ROWS)), "img": blobs}), path, compression="NONE")


@daft.func(return_dtype=DataType.tensor(DataType.float32()))
def inflate(b: bytes):
    return np.frombuffer(b, dtype=np.uint8).astype(np.float32)


@daft.func(return_dtype=DataType.float64())
def reduce(a: np.ndarray):
    return float(a.mean())


df = daft.read_parquet(str(path))
df = df.with_column("tensor", inflate(df["img"]))
df = df.into_batches(32)
print(len(df.select("id", reduce(df["tensor"]).alias("mean")).to_pydict()["mean"]))
