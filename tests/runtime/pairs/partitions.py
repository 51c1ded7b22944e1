"""e5, e7: how many pieces sources and steps make, and how many rows reach a call."""

import pathlib
import tempfile

import daft
import pyarrow as pa
import pyarrow.parquet as pq
from daft import DataType, Series
from daft.functions import download

folder = pathlib.Path(tempfile.gettempdir()) / "pieces"
folder.mkdir(exist_ok=True)
for name in ("one", "many-1", "many-2", "many-3"):
    pq.write_table(pa.table({"id": range(300)}), folder / f"{name}.parquet")
(folder / "blob").write_bytes(b"blob")


@daft.func.batch(return_dtype=DataType.int64())
def from_range(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64())
def from_range_of_five(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64())
def from_one_file(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64(), batch_size=100)
def from_three_files(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64())
def behind_batches(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64(), batch_size=64)
def behind_uneven_batches(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64())
def behind_partitions(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64(), batch_size=20)
def behind_a_shuffle(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64())
def behind_a_limit(x: Series) -> Series:
    return x


@daft.func.batch(return_dtype=DataType.int64(), batch_size=512)
def behind_a_download(x: Series) -> Series:
    return Series.from_pylist([len(blob) for blob in x.to_pylist()])


if __name__ == "__main__":
    df = daft.range(1000)
    df.select(from_range(df["id"]).alias("y")).collect()
    df = daft.range(0, 1000, 1, 5)
    df.select(from_range_of_five(df["id"]).alias("y")).collect()
    df = daft.read_parquet(f"{folder}/one.parquet")  # daft-lint: rows=300 files=1
    df.select(from_one_file(df["id"]).alias("y")).collect()
    df = daft.read_parquet(f"{folder}/many-*.parquet")  # daft-lint: rows=900 files=3
    df.select(from_three_files(df["id"]).alias("y")).collect()
    df = daft.range(1024).into_batches(64)
    df.select(behind_batches(df["id"]).alias("y")).collect()
    df = daft.range(1000).into_batches(64)
    df.select(behind_uneven_batches(df["id"]).alias("y")).collect()
    df = daft.range(1000).into_partitions(7)
    df.select(behind_partitions(df["id"]).alias("y")).collect()
    df = daft.range(1000).repartition(7)
    df.select(behind_a_shuffle(df["id"]).alias("y")).collect()
    df = daft.range(1000).limit(333)
    df.select(behind_a_limit(df["id"]).alias("y")).collect()
    df = daft.from_pydict({"path": [str(folder / "blob")] * 300})
    df = df.with_column("blob", download(df["path"]))
    df.select(behind_a_download(df["blob"]).alias("y")).collect()
