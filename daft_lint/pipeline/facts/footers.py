"""Source facts from the footers of local Parquet files: no data is read, and nothing that is not on this machine."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from daft_lint.pipeline.facts.settings import SourceFacts

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

MAX_FILES = 1_000
"""A source of more files is not looked into: their footers would cost more than the check."""


def footer_facts(paths: Iterable[str], folder: str, heavy_row_bytes: int) -> SourceFacts | None:
    """What the footers say of a source: rows, files, bytes of a row, and which columns are heavy (their uncompressed
    size by the rows is `heavy_row_bytes` or more). None where a path is not local or no Parquet file, or where pyarrow
    is not installed. `folder` is where relative paths count from.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return None
    files = [file for path in paths for file in local_files(path, folder)]
    if not files or len(files) > MAX_FILES:
        return None
    try:
        footers = [parquet.read_metadata(file) for file in files]
    except (OSError, pyarrow.ArrowException):
        return None
    rows = sum(footer.num_rows for footer in footers)
    sizes = column_sizes(footers)
    heavy = tuple(name for name, size in sizes.items() if rows and size >= heavy_row_bytes * rows)
    return SourceFacts(
        rows=rows,
        files=len(files),
        row_bytes=sum(sizes.values()) // rows if rows else None,
        heavy=heavy,
        light=tuple(name for name in sizes if name not in heavy) if rows else (),
        origin="the files' footers",
    )


def local_files(path: str, folder: str) -> list[str]:
    """The Parquet files that a local path, folder or wildcard stands for."""
    if "://" in path:
        return []
    path = os.path.join(folder, path)
    if os.path.isdir(path):
        path = os.path.join(path, "**", "*.parquet")
    found = glob.glob(path, recursive=True) if glob.has_magic(path) else [path]
    return sorted(file for file in found if file.endswith(".parquet") and os.path.isfile(file))


def column_sizes(footers: Iterable[FileMetaData]) -> dict[str, int]:
    """Uncompressed bytes of each top-level column."""
    sizes: dict[str, int] = {}
    for footer in footers:
        for group in range(footer.num_row_groups):
            chunks = footer.row_group(group)
            for index in range(chunks.num_columns):
                chunk = chunks.column(index)
                name = chunk.path_in_schema.partition(".")[0]
                sizes[name] = sizes.get(name, 0) + chunk.total_uncompressed_size
    return sizes
