"""Facts from Parquet footers: what they say of rows, files and heavy columns, and how the linter uses them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daft_lint.config import FACTS_FILE, Config, load
from daft_lint.lint.engine import check_document
from daft_lint.pipeline.facts import footers
from daft_lint.pipeline.facts.footers import footer_facts
from daft_lint.pipeline.facts.settings import Footers
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Settings, Source, SourceFacts
from daft_lint.source.document import Document

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

HEAVY = 32 * 1024
ROWS = 200


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


def test_the_footer_of_today_outranks_what_an_earlier_run_has_learned(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table)
    stale = SourceFacts(rows=1_000_000, files=7, row_bytes=8, heavy=("id", "gone"), light=("scan",))
    settings = Settings(learned=(("a.parquet", stale), ("s3://b/*", stale)))

    def source(read: str, **facts: tuple[tuple[str, SourceFacts], ...]) -> Source:
        document = Document.from_bytes("script.py", f"import daft\n\ndf = {read}\ndf.show()\n".encode())
        found = interpret(document, replace(settings, **facts), Project()).steps[0].source
        assert found is not None
        return found

    today = source('daft.read_parquet("a.parquet")')
    assert (today.rows, today.partitions.count) == (3, 1)
    heavy = {name: weight.heavy for name, weight in today.columns.items()}
    assert heavy == {"scan": True, "id": False, "note": False, "gone": True}
    # Where no file lies in front of us, what was learned is all there is; the configuration outranks both.
    assert source('daft.read_parquet("s3://b/a.parquet")').rows == 1_000_000
    said = (("a.parquet", SourceFacts(rows=5)), ("s3://b/*", SourceFacts(row_bytes=9)))
    assert source('daft.read_parquet("a.parquet")', sources=said).rows == 5
    assert source('daft.read_parquet("s3://b/a.parquet")', sources=said).rows == 1_000_000


@pytest.mark.parametrize(("learned", "today", "found"), [(16_384, 100, True), (100, 16_384, False), (100, 100, True)])
def test_a_file_that_has_changed_since_it_was_learned_is_read(
    learned: int, today: int, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partitions need 64 x 16 / 4 rows: 32 are right for 16,384 rows and too many for 100, whatever was seen before."""
    monkeypatch.chdir(tmp_path)
    parquet.write_table(pa.table({"number": range(today)}), tmp_path / "numbers.parquet")
    (tmp_path / FACTS_FILE).write_text(f'[sources."numbers.parquet"]\nrows = {learned}\n')
    (tmp_path / "daft-lint.toml").write_text("[cluster]\nnodes = 4\ntotal-concurrency = 16\n")
    script = b"""import daft
from daft import DataType, Series

@daft.func.batch(return_dtype=DataType.int64(), batch_size=64)
def f(number: Series) -> Series:
    return number

df = daft.read_parquet("numbers.parquet").repartition(32)
df.with_column("b", f(daft.col("number"))).write_parquet("out")
"""
    findings = check_document(Document.from_bytes("script.py", script), load(tmp_path)).findings
    assert ("DFT201" in {finding.code for finding in findings}) is found


@pytest.mark.parametrize("path", ["*.parquet", "table", "table/b.parquet", "s3://b/a.parquet", "a.csv"])
def test_only_a_file_that_is_named_is_read_by_default(path: str, table: Path) -> None:
    assert footer_facts([path], str(table.parent), HEAVY, Footers.NAMED) is None
    named = footer_facts(["a.parquet"], str(table), HEAVY, Footers.NAMED)
    assert named is not None
    assert named.rows == 3
    assert footer_facts(["a.parquet", path], str(table), HEAVY, Footers.NAMED) is None
    assert footer_facts(["a.parquet"], str(table), HEAVY, Footers.NONE) is None


SCRIPT = """import argparse
import os
from pathlib import Path

import daft
from daft import DataType, Series

DATA = Path("table")
parser = argparse.ArgumentParser()
parser.add_argument("--scans", default="table/a.parquet")
args = parser.parse_args()


@daft.func.batch(return_dtype=DataType.int64())
def size(scan: Series) -> Series:
    return Series.from_pylist([len(b) for b in scan.to_pylist()])


def main(named: str = "table/a.parquet") -> None:
    df = daft.read_parquet({path}).with_column("bytes", size(daft.col("scan")))
    df.write_parquet("out")


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    "path",
    [
        '"table/a.parquet"',
        'DATA / "a.parquet"',
        'str(DATA / "a.parquet")',
        'DATA.joinpath("a.parquet").as_posix()',
        'Path(__file__).resolve().parent / "table" / "a.parquet"',
        'os.path.join(os.path.dirname(os.path.abspath(__file__)), "table", "a.parquet")',
        'f"{DATA}/a.parquet"',
        "args.scans",
        "named",
    ],
)
def test_what_only_the_footer_tells_is_found(path: str, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    rows = pa.table({"scan": [bytes(40_000)] * ROWS})
    parquet.write_table(rows, table / "a.parquet", compression="NONE", use_dictionary=False)
    document = Document.from_bytes("script.py", SCRIPT.replace("{path}", path).encode())
    off = Config(settings=Settings(footers=Footers.NONE))
    assert check_document(document, off).findings == ()
    (finding,) = check_document(document, Config()).findings
    assert finding.code == "DFT101"
    assert "heavy: declared by the files' footers" in finding.observed


@pytest.mark.parametrize("path", ['"table/c.parquet"', '"table/*.parquet"', '"table"', 'DATA / "a.csv"'])
def test_a_script_that_names_no_file_that_is_here_is_looked_at_once(
    path: str, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)
    read: list[str] = []
    monkeypatch.setattr(footers, "_footer", lambda file, state: read.append(file))
    looks: list[Footers] = []
    monkeypatch.setattr(
        "daft_lint.pipeline.interpreter.interpreter.interpret",
        lambda document, settings, project: looks.append(settings.footers) or interpret(document, settings, project),
    )
    document = Document.from_bytes("script.py", SCRIPT.replace("{path}", path).encode())
    assert check_document(document, Config()).findings == ()
    assert (read, looks) == ([], [Footers.NONE])


def test_without_pyarrow_a_script_is_looked_at_once(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    monkeypatch.setattr("daft_lint.lint.analysis.can_read_footers", lambda: False)
    read: list[str] = []
    monkeypatch.setattr(footers, "_footer", lambda file, state: read.append(file))
    document = Document.from_bytes("script.py", SCRIPT.replace("{path}", '"table/a.parquet"').encode())
    assert check_document(document, Config()).findings == ()
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
