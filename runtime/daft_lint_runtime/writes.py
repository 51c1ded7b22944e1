"""Which of Daft's writes the harness can send to a place of its own, and where a text has others."""

from __future__ import annotations

import ast

FILE_WRITES = ("write_parquet", "write_csv", "write_json")
"""Writes of files under a folder, whose first argument is that folder: they are redirected."""

BLOCKED_WRITES = (
    "write_sql",
    "write_iceberg",
    "write_paimon",
    "write_deltalake",
    "write_sink",
    "write_lance",
    "write_turbopuffer",
    "write_clickhouse",
    "write_huggingface",
    "write_bigtable",
)
"""Writes to tables and services (Daft 0.7.26): redirecting them would need a service of the same kind."""

CATALOG_WRITES = (
    "write_table",
    "create_table",
    "create_table_if_not_exists",
    "drop_table",
    "create_namespace",
    "create_namespace_if_not_exists",
    "drop_namespace",
)
"""Changes to a catalog (Daft 0.7.26): functions of `daft`, methods of its Session and Catalog."""

UPLOAD = "upload"
"""Writes each value of a column as a file of a generated name; under a folder of its own it is redirected."""


def blocked_writes(text: bytes) -> list[tuple[int, str]]:
    """The lines (from 1) and names of the writes in a text that cannot be redirected; none where it does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return sorted((f.end_lineno or f.lineno, f.attr) for f in called if isinstance(f, ast.Attribute) and _blocked(f))


def _blocked(function: ast.Attribute) -> bool:
    """Names of catalogs are others' as well (`pq.write_table`), so that only Daft's own functions count here; the
    harness stops a method of a Session or a Catalog when it is called."""
    of_daft = isinstance(function.value, ast.Name) and function.value.id == "daft"
    return function.attr in BLOCKED_WRITES or (of_daft and function.attr in CATALOG_WRITES)
