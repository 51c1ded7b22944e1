"""What `check` says besides the findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.lint.unmatched_sources import unmatched_sources
from daft_lint.pipeline.facts.settings import SourceFacts
from tests.helpers import BAD, lint, notebook

CONFIG = """
[sources."s3://b/*.parquet"]
rows = 1
[sources."s3://b/pics/*.parquet"]
rows = 2
[sources."*"]
heavy = ["jpeg"]
"""
WARNING = (
    'daft-lint: warning: daft-lint.toml, sources."s3://b/pics/*.parquet": no checked file names pics, so these facts '
    "have no effect\n"
)


def test_facts_that_match_no_source_are_reported_where_all_files_are_checked(tmp_path: Path) -> None:
    (tmp_path / "daft-lint.toml").write_text(CONFIG)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.py").write_text(BAD)
    for arguments in ((), (".",), (str(tmp_path),), ("jobs", ".")):
        run = lint(tmp_path, "check", *arguments)
        assert (run.returncode, run.stderr) == (1, WARNING), arguments
    assert lint(tmp_path / "jobs", "check", "..").stderr == WARNING
    for arguments in (("jobs",), ("jobs/a.py",), ("-q",), ("--exclude", "x.py")):
        assert lint(tmp_path, "check", *arguments).stderr == "", arguments
    assert lint(tmp_path, "check", "-", stdin=BAD).stderr == ""
    (tmp_path / "constants.py").write_text("PICTURES = 'pics'\n")
    assert lint(tmp_path, "check").stderr == "", "the path may be put together"


def test_facts_of_an_extended_file_may_be_for_others(tmp_path: Path) -> None:
    (tmp_path / "daft-lint.toml").write_text('extend = "shared.toml"\n')
    (tmp_path / "shared.toml").write_text(CONFIG)
    (tmp_path / "a.py").write_text(BAD)
    assert lint(tmp_path, "check").stderr == ""


@pytest.mark.parametrize(
    ("pattern", "text", "part"),
    [
        ("s3://b/photo/*.parquet", "read('s3://b/photos/x.parquet')", "photo"),
        ("s3://b/photo/*.parquet", "BASE = 's3://b'; read(f'{BASE}/photo/{day}.parquet')", None),
        ("s3://b/photo*/x.parquet", "read('s3://b/photos/x.parquet')", None),
        ("s3://b/*.csv", "read('s3://b/x.parquet')", ".csv"),
        ("*", "", None),
        ("data/**", "Path('data') / name", None),
        ("data/[ab].parquet", "", None),
    ],
)
def test_a_part_of_the_path_that_nothing_names(pattern: str, text: str, part: str | None) -> None:
    found = [missing for _, missing in unmatched_sources([(pattern, SourceFacts(rows=1))], [text])]
    assert found == ([] if part is None else [part])


def test_what_is_left_out_is_noted_and_named_on_demand(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(notebook("import daft\n", "df = daft.read(\n", "x = = 1\n"))
    run = lint(tmp_path, "check")
    assert run.stderr == "daft-lint: note: 2 parts were left out or cut short; --verbose says which\n"
    assert run.returncode == 0
    assert lint(tmp_path, "check", "-q").stderr == ""
    verbose = lint(tmp_path, "check", "--verbose").stderr
    assert verbose.count("limit: ") == 2
    assert "note" not in verbose
