"""e6: more actors than the cluster can hold."""

import daft
from daft import DataType, Series


@daft.cls(max_concurrency=64, cpus=1)
class Model:
    def __init__(self):
        self.bias = 1

    @daft.method.batch(return_dtype=DataType.int64(), batch_size=16)
    def predict(self, x: Series) -> Series:
        return Series.from_pylist([v + self.bias for v in x.to_pylist()])


model = Model()
df = daft.range(64)
print(df.select(model.predict(df["id"]).alias("y")).agg(daft.col("y").sum()).to_pydict())
