"""House rules for Daft pipelines."""

from acme_rules.compression import ParquetWithoutZstd

__all__ = ["ParquetWithoutZstd"]
