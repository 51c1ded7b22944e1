"""e3: `into_batches` below the batch size of the UDF that it feeds."""

import daft
from daft import DataType, Series


@daft.func.batch(return_dtype=DataType.int64(), batch_size=64)
def double(x: Series) -> Series:
    return Series.from_pylist([2 * v for v in x.to_pylist()])


df = daft.from_pydict({"x": list(range(512))}).into_batches(64)
print(sum(df.select(double(df["x"]).alias("y")).to_pydict()["y"]))
