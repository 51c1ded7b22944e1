"""e3: too many pieces for the batch size of the UDF."""

import daft
from daft import DataType, Series


@daft.cls(max_concurrency=2)
class Model:
    def __init__(self):
        self.bias = 1

    @daft.method.batch(return_dtype=DataType.int64(), batch_size=64)
    def predict(self, x: Series) -> Series:
        return Series.from_pylist([v + self.bias for v in x.to_pylist()])


model = Model()
df = daft.from_pydict({"x": list(range(512))})
df = df.repartition(64)
print(sum(df.select(model.predict(df["x"]).alias("y")).to_pydict()["y"]))
