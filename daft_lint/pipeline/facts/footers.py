"""Source facts from the footers of local Parquet files: no data is read, and nothing that is not on this machine."""

from __future__ import annotations

import functools
import glob
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from daft_lint.pipeline.facts.settings import Footers, SourceFacts
from daft_lint.source.digests import file_state

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

MAX_FILES = 1_000
"""A source of more files is not looked into: their footers would cost more than the check."""


MAX_NAMED_FILES = 100
"""The same where nobody asked for footers."""


def footer_facts(paths: Iterable[str], folder: str, heavy_row_bytes: int, wanted: Footers) -> SourceFacts | None:
    """What the footers say of a source: rows, files, bytes of a row, and which columns are heavy (their uncompressed
    size by the rows is `heavy_row_bytes` or more). None where a path is not local or no Parquet file, or not `wanted`,
    or where pyarrow is not installed. `folder` is where relative paths count from.
    """
    files = wanted_files(paths, folder, wanted)
    try:
        footers = [_footer(file, file_state(file)) for file in files]
    except _Unreadable:
        return None
    if not footers:
        return None
    rows = sum(footer.num_rows for footer in footers)
    sizes = column_sizes(footers)
    in_parts = any(footer.num_row_groups > 1 for footer in footers)
    heavy = tuple(name for name, size in sizes.items() if rows and size >= heavy_row_bytes * rows)
    return SourceFacts(
        rows=rows,
        files=len(files),
        row_bytes=sum(sizes.values()) // rows if rows else None,
        heavy=heavy,
        light=tuple(name for name in sizes if name not in heavy) if rows else (),
        largest_file=None if in_parts else max(footer.num_rows for footer in footers),
        in_parts=in_parts,
        origin="the files' footers",
    )


def wanted_files(paths: Iterable[str], folder: str, wanted: Footers) -> list[str]:
    """The files of a source whose footers are read; none where one of its paths is not to be looked into."""
    if wanted is Footers.NONE:
        return []
    paths = list(paths)
    if wanted is Footers.NAMED:
        named = [named_file(path, folder) for path in paths]
        files = [file for file in named if file is not None and os.path.isfile(file)]
        return files if len(files) == len(paths) <= MAX_NAMED_FILES else []
    files = [file for path in paths for file in local_files(path, folder)]
    return files if len(files) <= MAX_FILES else []


def named_file(path: str, folder: str) -> str | None:
    """The local Parquet file that a path names literally, whether there is one or not."""
    literal = path.endswith(".parquet") and "://" not in path and "\0" not in path and not glob.has_magic(path)
    return os.path.join(folder, path) if literal else None


@functools.cache
def can_read_footers() -> bool:
    """Whether pyarrow is installed, without which no footer is read."""
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


class _Unreadable(Exception):
    """No footer could be read."""


@functools.lru_cache(maxsize=MAX_FILES)
def _footer(file: str, state: str | None) -> FileMetaData:
    """A file's footer. A fix is weighed by many interpretations of its script: `state` is as the file was then."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise _Unreadable from None
    try:
        return parquet.read_metadata(file)
    except (OSError, pyarrow.ArrowException):
        raise _Unreadable from None


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
