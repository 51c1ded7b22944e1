"""`check --why`: what is missing, and how to state it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from daft_lint.cli.check import check
from tests.helpers import notebook

SCRIPT = """import daft
from daft import col
from daft.functions import download

df = daft.read_parquet("s3://a/listing/")
df = df.with_column("n", col("x") + 1)
df = df.with_column("d", download(col("url")))
df.write_parquet("out")
df.where(col("x") > 3).show()
daft.read_parquet("s3://b/").repartition(8).write_parquet("shuffled")
df.sort("x").write_parquet("sorted")
"""


UDFS = """import daft
from daft import col


@daft.cls(max_concurrency=2)
class Reader:
    @daft.method
    def size(self, path: str) -> int:
        with open(path, "rb") as f:
            return len(f.read())


df = daft.read_parquet("s3://a/*.parquet").repartition(8)
df.with_column("n", Reader().size(col("path"))).write_parquet("out")
"""


@pytest.fixture(autouse=True)
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "job.py").write_text(SCRIPT)


@pytest.mark.parametrize(
    ("rule", "line", "said"),
    [
        ("DFT203", 7, ["DFT203 is reported here as advice", "may be one partition"]),
        ("DFT203", 6, ["nothing in view shows that the step opens a file", "files=1", 'runner = "ray"']),
        ("DFT101", 6, ["`x` may be", "`# daft-lint: heavy=n` on the line of `read_parquet`", "daft-lint profile"]),
        ("too-many-partitions", 10, ["rows=1_000_000", "batch_size", "`max_concurrency`", "`nodes` in"]),
        ("DFT203", 9, ["it gets a few rows only"]),
        ("DFT203", 11, ["DFT105 has the word on this line"]),
        ("DFT203", 2, ["no step of a pipeline in view stands on line 2"]),
        ("DFT404", 6, ["daft-lint explain DFT404"]),
    ],
)
def test_what_is_missing(rule: str, line: int, said: list[str]) -> None:
    result = CliRunner().invoke(check, ["--why", rule, f"job.py:{line}"])
    assert result.exit_code == 0, result.output
    for words in said:
        assert words in result.output


@pytest.mark.parametrize("line", [5, 6, 7, 10])
def test_the_lines_of_a_udf_stand_for_the_steps_that_call_it(line: int) -> None:
    Path("udfs.py").write_text(UDFS)
    result = CliRunner().invoke(check, ["--why", "DFT203", f"udfs.py:{line}"])
    assert "its rows come in 8 partitions" in result.output


def test_the_lines_of_a_udf_tell_what_is_reported_where_it_is_called() -> None:
    Path("udfs.py").write_text(UDFS.replace('/*.parquet").repartition(8)', '/one.parquet")'))
    result = CliRunner().invoke(check, ["--why", "DFT203", "udfs.py:7"])
    assert "DFT203 is reported on line 14, where it is called" in result.output


def test_a_rule_that_is_not_selected() -> None:
    result = CliRunner().invoke(check, ["--why", "DFT203", "--ignore", "DFT203", "job.py:7"])
    assert "DFT203 is not selected" in result.output


@pytest.mark.parametrize("arguments", [["DFT203", "job.py"], ["DFT203", "job.py:1", "b.py:2"], ["DFT999", "job.py:1"]])
def test_misuse(arguments: list[str]) -> None:
    result = CliRunner().invoke(check, ["--why", *arguments])
    assert result.exit_code != 0


def test_a_place_as_a_finding_shows_it() -> None:
    Path("job.ipynb").write_text(
        notebook("import daft", "x = 1", 'df = daft.read_parquet("x")\ndf.repartition(8)\ndf.show()')
    )
    for place in ("job.ipynb:cell 3:2:4", "job.ipynb:3:2"):
        result = CliRunner().invoke(check, ["--why", "DFT401", place])
        assert result.output.startswith("job.ipynb:cell 3:2: DFT401 discarded-dataframe\n   = DFT401 is reported here")
    assert "no step of a pipeline" in CliRunner().invoke(check, ["--why", "DFT401", "job.ipynb:2:2"]).output
    result = CliRunner().invoke(check, ["--why", "DFT203", "job.py:7:25"])
    assert result.output.startswith("job.py:7: DFT203 ")
