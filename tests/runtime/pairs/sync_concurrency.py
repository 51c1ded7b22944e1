"""e6: `max_concurrency` on a synchronous function."""

import daft


@daft.func(max_concurrency=4)
def double(x: int) -> int:
    return 2 * x


df = daft.from_pydict({"x": list(range(128))})
print(sum(df.select(double(df["x"]).alias("y")).to_pydict()["y"]))
