"""e3: one piece, so that one task reads everything."""

import pathlib
import tempfile

import daft
from daft import DataType

folder = pathlib.Path(tempfile.gettempdir()) / "files"
folder.mkdir(exist_ok=True)
paths = []
for i in range(64):
    (folder / f"{i}.bin").write_bytes(bytes([i]) * 1000)
    paths.append(str(folder / f"{i}.bin"))


@daft.func(return_dtype=DataType.int64())
def read(path: str) -> int:
    with open(path, "rb") as file:
        return sum(file.read())


df = daft.from_pydict({"path": paths}).repartition(8)
print(sum(df.select(read(df["path"]).alias("total")).to_pydict()["total"]))
