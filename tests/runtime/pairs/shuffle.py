"""e8: a `repartition` whose pieces the next one cuts again."""

import pathlib
import tempfile

import daft
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from daft import col

ROWS, FILES = 20_000, 16

folder = pathlib.Path(tempfile.gettempdir()) / "shuffle"
folder.mkdir(exist_ok=True)
rng = np.random.default_rng(0)
texts = [rng.bytes(500).hex() for _ in range(ROWS)]
table = pa.table({"id": pa.array(range(ROWS)), "text": texts})
for number in range(FILES):
    pq.write_table(table.slice(number * ROWS // FILES, ROWS // FILES), folder / f"{number}.parquet")

df = daft.read_parquet(f"{folder}/*.parquet")
df = df.repartition(16)
df = df.with_column("next", col("id") + 1)
df = df.repartition(8)
print(len(df.to_pydict()["next"]))
