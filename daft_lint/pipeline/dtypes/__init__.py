"""Declared types: what `daft.DataType.…`, a `return_dtype` or an annotation says of the size of a column's rows.

A `DType` keeps bounds on the bytes of one row where the type gives them, and what its nature says where it does not:
images, binary and tensors of unknown shape are bulky; text, scalars, embeddings and file references are not; of lists
of numbers of unknown length, and of Python objects, nothing is known.
"""

from daft_lint.pipeline.dtypes.annotations import from_annotation as from_annotation
from daft_lint.pipeline.dtypes.dtype import UNKNOWN as UNKNOWN
from daft_lint.pipeline.dtypes.dtype import DType as DType
from daft_lint.pipeline.dtypes.dtype import from_value as from_value
from daft_lint.pipeline.dtypes.dtype import make as make
