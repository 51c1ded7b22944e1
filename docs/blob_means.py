"""Expands blobs of a Parquet file to float32 and keeps their means: every blob of a row group at once."""

import pathlib
import tempfile

import daft
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from daft import DataType, col

ROWS = 384
FOLDER = pathlib.Path(tempfile.gettempdir()) / "blob-means"


def make_blobs() -> None:
    FOLDER.mkdir(exist_ok=True)
    blobs = [np.random.default_rng(row).bytes(1_000_000) for row in range(ROWS)]
    table = pa.table({"id": pa.array(range(ROWS)), "blob": pa.array(blobs, type=pa.binary())})
    pq.write_table(table, FOLDER / "blobs.parquet")


@daft.func.batch(return_dtype=DataType.tensor(DataType.float32()))
def expand(blobs: daft.Series) -> list[np.ndarray]:
    return [np.frombuffer(blob, dtype=np.uint8).astype(np.float32) for blob in blobs.to_pylist()]


@daft.func.batch(return_dtype=DataType.float64())
def mean(tensors: daft.Series) -> list[float]:
    return [float(tensor.mean()) for tensor in tensors.to_pylist()]


if __name__ == "__main__":
    if not FOLDER.exists():
        make_blobs()
    df = daft.read_parquet(f"{FOLDER}/*.parquet")  # daft-lint: rows=384 files=1
    df = df.with_column("pixels", expand(col("blob")))
    df = df.with_column("mean", mean(col("pixels")))
    df.select("id", "mean").write_parquet(str(FOLDER / "means"))
