"""Plans whose source has a checkpoint, and what Daft refuses in them."""

from daft_lint.pipeline.dataflow.checkpoints import has_checkpoint as has_checkpoint
from daft_lint.pipeline.dataflow.checkpoints import is_rejected as is_rejected
