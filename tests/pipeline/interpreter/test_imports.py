"""Names that other modules of the project define."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import (
    Expression,
    Settings,
)
from daft_lint.source.document import Document
from tests.pipeline.interpreter.scripts import UDF


def test_project_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path
    (root / "jobs").mkdir()
    (root / "jobs" / "__init__.py").write_text("")
    (root / "jobs" / "udfs.py").write_text(textwrap.dedent(UDF))
    (root / "jobs" / "config.py").write_text("ROWS = 8\n")
    (root / "jobs" / "main.py").write_text(
        textwrap.dedent(
            """
            import daft
            from .config import ROWS
            from jobs import udfs
            from jobs.udfs import size as measure

            df = daft.read_parquet("a.parquet").into_batches(ROWS)
            df = df.with_column("n", measure(df["image"])).with_column("m", udfs.size(df["image"]))
            df.write_parquet("out")
            """
        )
    )
    monkeypatch.chdir(root)
    found = interpret(Document.read(Path("jobs/main.py")), Settings(), Project())
    calls: list[Expression] = [e for s in found.steps for e in s.udf_calls()]
    assert [e.udf.name for e in calls if e.udf is not None] == ["size", "size"]
    assert [s.count.value for s in found.steps if s.count is not None] == [8]


def test_circular_imports_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path
    (root / "a.py").write_text("import daft\nfrom b import x\ny = x\n")
    (root / "b.py").write_text("import daft\nfrom a import y\nx = y\n")
    monkeypatch.chdir(root)
    assert interpret(Document.read(Path("a.py")), Settings(), Project()).steps == ()
