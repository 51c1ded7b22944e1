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


def blocked_writes(text: bytes) -> list[tuple[int, str]]:
    """The lines (from 1) and names of the writes in a text that cannot be redirected; none where it does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return sorted(
        (c.lineno, c.func.attr) for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr in BLOCKED_WRITES
    )
