"""e6: `max_concurrency` given to the constructor of a class that does not take it."""

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
df = daft.from_pydict({"x": list(range(128))})
print(sum(df.select(model.predict(df["x"]).alias("y")).to_pydict()["y"]))
