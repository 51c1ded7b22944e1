import daft

df = daft.read_parquet("x")
df.repartition(8)
