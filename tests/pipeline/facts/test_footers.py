"""Facts from Parquet footers: what they say of rows, files and heavy columns, and how the linter uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.config import Config
from daft_lint.lint.engine import check_document
from daft_lint.pipeline.facts import footers
from daft_lint.pipeline.facts.footers import footer_facts
from daft_lint.pipeline.facts.settings import Footers
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Settings
from daft_lint.source.document import Document

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

HEAVY = 32 * 1024


@pytest.fixture
def table(tmp_path: Path) -> Path:
    folder = tmp_path / "table"
    (folder / "day=1").mkdir(parents=True)
    for name in ("a", "day=1/b"):
        rows = pa.table({"id": [1, 2, 3], "scan": [bytes([i]) * 40_000 for i in range(3)], "note": ["x"] * 3})
        parquet.write_table(rows, folder / f"{name}.parquet", compression="NONE", use_dictionary=False)
    return folder


def test_a_folder_a_wildcard_and_a_file(table: Path) -> None:
    whole = footer_facts([str(table)], ".", HEAVY, Footers.ALL)
    assert whole is not None
    assert (whole.rows, whole.files, whole.heavy, whole.light) == (6, 2, ("scan",), ("id", "note"))
    assert whole.row_bytes is not None
    assert 40_000 <= whole.row_bytes < 41_000
    top = footer_facts(["*.parquet"], str(table), HEAVY, Footers.ALL)
    assert top is not None
    assert (top.rows, top.files) == (3, 1)


def test_what_is_not_local_parquet_says_nothing(table: Path) -> None:
    (table / "broken.parquet").write_bytes(b"PAR1 no footer")
    (table / "data.csv").write_text("a\n1\n")
    for path in ("s3://bucket/x.parquet", "missing.parquet", "data.csv", "broken.parquet", str(table)):
        assert footer_facts([path], str(table), HEAVY, Footers.ALL) is None


def test_they_are_read_only_when_asked_for(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    script = b'import daft\n\ndf = daft.read_parquet("table")  # daft-lint: rows=5\ndf.show()\n'
    for wanted, files, heavy in (
        (Footers.NONE, None, {}),
        (Footers.NAMED, None, {}),
        (Footers.ALL, 2, {"scan": True, "id": False, "note": False}),
    ):
        document = Document.from_bytes("script.py", script)
        source = interpret(document, Settings(footers=wanted), Project()).steps[0].source
        assert source is not None
        # What the script says of its source outranks the files.
        assert (source.rows, source.partitions.count) == (5, files)
        assert {name: weight.heavy for name, weight in source.columns.items()} == heavy


@pytest.mark.parametrize("path", ["*.parquet", "table", "table/b.parquet", "s3://b/a.parquet", "a.csv"])
def test_only_a_file_that_is_named_is_read_by_default(path: str, table: Path) -> None:
    assert footer_facts([path], str(table.parent), HEAVY, Footers.NAMED) is None
    named = footer_facts(["a.parquet"], str(table), HEAVY, Footers.NAMED)
    assert named is not None
    assert named.rows == 3
    assert footer_facts(["a.parquet", path], str(table), HEAVY, Footers.NAMED) is None
    assert footer_facts(["a.parquet"], str(table), HEAVY, Footers.NONE) is None


def test_a_script_without_findings_has_no_footer_read(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table)
    read: list[str] = []
    monkeypatch.setattr(footers, "_footer", lambda file, state: read.append(file))
    silent = b'import daft\n\ndf = daft.read_parquet("a.parquet")\ndf.write_parquet("out")\n'
    assert check_document(Document.from_bytes("silent.py", silent), Config()).findings == ()
    assert read == []


def test_a_finding_is_judged_again_with_the_footer(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table)
    script = b"""import daft
from daft import DataType, Series

@daft.func.batch(return_dtype=DataType.int64())
def size(scan: Series) -> Series:
    return Series.from_pylist([len(b) for b in scan.to_pylist()])

df = daft.read_parquet("a.parquet").with_column("b", size(daft.col("scan").cast(DataType.binary())))
df.write_parquet("out")
"""
    document = Document.from_bytes("script.py", script)
    off = Config(settings=Settings(footers=Footers.NONE))
    assert "DFT101" in {finding.code for finding in check_document(document, off).findings}
    assert "DFT101" not in {finding.code for finding in check_document(document, Config()).findings}
