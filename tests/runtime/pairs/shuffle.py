"""e8: a `repartition` whose pieces the next one cuts again."""

import pathlib
import tempfile

import daft
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from daft import col

ROWS = 20_000

path = pathlib.Path(tempfile.gettempdir()) / "shuffle.parquet"
rng = np.random.default_rng(0)
texts = [rng.bytes(500).hex() for _ in range(ROWS)]
pq.write_table(pa.table({"id": pa.array(range(ROWS)), "text": texts}), path)

df = daft.read_parquet(str(path))
df = df.repartition(16)
df = df.with_column("next", col("id") + 1)
df = df.repartition(8)
print(len(df.to_pydict()["next"]))
