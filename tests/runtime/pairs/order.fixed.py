"""e4: a script that sorts its rows, which `repartition` then deals out anew."""

import daft

df = daft.range(1000).sort("id", desc=True)
df.repartition(4).collect()
