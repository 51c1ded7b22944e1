"""e9: how often a model is loaded in the body of a function, and in the `__init__` of a class."""

import pathlib
import tempfile

import daft
from daft import DataType, col

ROWS, BATCH = 256, 16

folder = pathlib.Path(tempfile.mkdtemp())


def load(by: str) -> float:
    with (folder / by).open("a") as loads:
        loads.write("x")
    return 2.0


@daft.func.batch(return_dtype=DataType.float64(), batch_size=BATCH)
def per_call(x: daft.Series):
    model = load("function")
    return [value * model for value in x.to_pylist()]


@daft.cls(max_concurrency=1)
class Model:
    def __init__(self):
        self.model = load("class")

    @daft.method.batch(return_dtype=DataType.float64(), batch_size=BATCH)
    def per_actor(self, x: daft.Series):
        return [value * self.model for value in x.to_pylist()]


df = daft.range(ROWS)
for udf in (per_call, Model().per_actor):
    df.with_column("y", udf(col("id"))).collect()
print(len((folder / "function").read_text()), len((folder / "class").read_text()))
