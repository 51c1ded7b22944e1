from __future__ import annotations

import os
from pathlib import Path

import pytest

from daft_lint.config import Config
from daft_lint.lint.engine import Checker, check_document
from daft_lint.source import cst
from daft_lint.source.document import Document


def test_a_module_that_is_imported_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("helper.py").write_text("import daft\n\n@daft.func\ndef f(x: int) -> int:\n    return x\n")
    Path("a.py").write_text("import daft\nfrom helper import f\ndf = daft.range(3)\ndf.select(f(df['id'])).show()\n")
    parsed: list[object] = []
    parse = cst.parse_module
    monkeypatch.setattr(cst, "parse_module", lambda *a: (parsed.append(a[0]), parse(*a))[1])
    checker = Checker(Config(root=tmp_path))
    for path in ("a.py", "helper.py"):
        document = checker.project.document_of(path, Path(path).read_bytes())
        checker.check(document)
        checker.project.release(document)
    assert len(parsed) == 2
    files, looked_for = checker.modules.looked_into("a.py")
    assert set(files) == {"helper.py"}
    assert "helper.py" in {os.path.normpath(path) for path in looked_for}


def test_facts_about_no_source_are_reported() -> None:
    text = b"""import daft
# daft-lint: rows=100
SIZE = 3

df = daft.read_parquet("a.parquet")  # daft-lint: rows=1000
df = df.where(daft.col("x") > SIZE)  # daft-lint: rows=5
# daft-lint: rows=7
daft.read_parquet("b.parquet").write_parquet("x")


def load():
    return daft.read_parquet(  # daft-lint: rows=9
        "c.parquet",
    )
"""
    report = check_document(Document.from_bytes("a.py", text), Config())
    found = [(finding.code, finding.span.line) for finding in report.findings if finding.code == "DFT002"]
    assert found == [("DFT002", 2), ("DFT002", 6)]
