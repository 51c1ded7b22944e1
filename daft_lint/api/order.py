"""Row order: whether an edit that loses it would be noticed."""

from daft_lint.pipeline.dataflow.order import order_seen as order_seen
