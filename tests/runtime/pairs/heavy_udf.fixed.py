"""e1: a UDF over a heavy column with no bound."""

import pathlib
import tempfile

import daft
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from daft import DataType, Series

ROWS, ROW_BYTES = 256, 100_000

path = pathlib.Path(tempfile.gettempdir()) / "heavy.parquet"
rng = np.random.default_rng(0)
blobs = pa.array([rng.bytes(ROW_BYTES) for _ in range(ROWS)], type=pa.binary())
pq.write_table(pa.table({"id": pa.array(range(ROWS)), "img": blobs}), path, compression="NONE")


@daft.func.batch(return_dtype=DataType.float64())
def brightness(img: Series) -> Series:
    arrays = [np.frombuffer(b, dtype=np.uint8).astype(np.float32) for b in img.to_pylist()]
    return Series.from_pylist([float(a.mean()) for a in arrays])


df = daft.read_parquet(str(path)).into_batches(32)
df = df.with_column("mean", brightness(df["img"])).select("id", "mean")
print(df.sort("id").to_pydict()["mean"][:3])
