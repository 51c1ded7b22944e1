"""Results of earlier runs count exactly as long as what they rest on is the same."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daft_lint.config import Config
from daft_lint.lint import runner
from daft_lint.lint.cache import Cache, open_cache
from daft_lint.lint.results import Report, SourceFile
from daft_lint.lint.runner import check_files
from daft_lint.pipeline.facts.settings import Footers
from daft_lint.source.digests import digest
from daft_lint.source.discovery import discover
from daft_lint.source.modules import Modules

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
HELPER = """import daft
import numpy as np

@daft.func.batch(return_dtype=daft.DataType.float32(){size})
def score(images: daft.Series):
    return [np.frombuffer(image, dtype=np.uint8).mean() for image in images.to_pylist()]
"""
SCRIPT = """import daft
from daft.functions import download
from helper import score

df = daft.read_parquet("s3://bucket/images.parquet")
df = df.with_column("image", download(daft.col("url")))
df = df.with_column("score", score(df["image"]))
df.write_parquet("out")
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper.py").write_text(HELPER.format(size=""))
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def look(config: Config, folder: Path | None = Path("cache")) -> tuple[Report, Cache | None]:
    cache = None if folder is None else open_cache(config, folder)
    return check_files(discover([Path()], config.file_filter).files, config, cache=cache), cache


def agree(tree: Path) -> Report:
    """What a run with the cache gives, which must be what one without gives."""
    config = Config(root=tree)
    with_cache, _ = look(config)
    assert with_cache == look(config, None)[0]
    return with_cache


def test_a_second_run_takes_everything_from_the_cache(tree: Path) -> None:
    config = Config(root=tree)
    first, _ = look(config)
    assert first.findings
    second, cache = look(config)
    assert second == first
    assert cache is not None
    assert not cache.stored, "the report of the whole run was enough"


def test_one_file_changed_leaves_the_others(tree: Path) -> None:
    config = Config(root=tree)
    look(config)
    (tree / "other.py").write_text("import daft\ndaft.read_parquet('a.parquet').repartition(8).show()\n")
    cache = open_cache(config, Path("cache"))
    assert cache is not None
    sources = [SourceFile(name, (tree / name).read_bytes()) for name in ("helper.py", "other.py", "script.py")]
    assert cache.report(sources, 3) is None
    assert [outcome is not None for outcome in cache.outcomes(sources)] == [True, False, True]
    assert look(config)[0] == look(config, None)[0]


def test_a_changed_module_that_was_imported_counts(tree: Path) -> None:
    before = agree(tree)
    (tree / "helper.py").write_text(HELPER.format(size=", batch_size=256"))
    after = agree(tree)
    assert [f.message for f in after.findings] != [f.message for f in before.findings]


def test_a_module_that_was_looked_for_and_appears_counts(tree: Path) -> None:
    (tree / "helper.py").rename(tree / "elsewhere.py")
    before = agree(tree)
    (tree / "elsewhere.py").rename(tree / "helper.py")
    after = agree(tree)
    assert after.findings != before.findings
    (tree / "helper.py").rename(tree / "elsewhere.py")
    assert agree(tree) == before


def test_the_footer_of_a_named_file_counts(tree: Path) -> None:
    """One batch of rows needs no `into_batches`, and so DFT101 says nothing of 40 rows."""
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    (tree / "script.py").write_text(SCRIPT.replace("s3://bucket/images.parquet", "images.parquet"))
    before = agree(tree)
    for rows in (100, 40):
        parquet.write_table(pa.table({"url": ["s3://bucket/a.png"] * rows}), tree / "images.parquet")
        after = agree(tree)
        assert [f.message for f in after.findings] != [f.message for f in before.findings]
        before = after
    (tree / "images.parquet").unlink()
    assert agree(tree).findings != before.findings


def test_configuration_and_rules_count(tree: Path) -> None:
    config = Config(root=tree)
    look(config)
    chosen = replace(config, select=("DFT2",))
    assert look(chosen)[0] == look(chosen, None)[0] != look(config)[0]


def test_nothing_is_kept_where_results_rest_on_more(tree: Path) -> None:
    config = Config(root=tree)
    footers = replace(config, settings=replace(config.settings, footers=Footers.ALL))
    assert open_cache(footers, tree / "cache") is None
    assert open_cache(replace(config, plugins=("some",)), tree / "cache") is None


def records(tree: Path) -> list[Path]:
    return sorted((tree / "cache").glob("*.daft-lint.json"))


def test_a_corrupt_record_is_ignored_and_rebuilt(tree: Path) -> None:
    expected = agree(tree)
    for spoil in (
        lambda raw: raw[:-7],
        lambda raw: b"",
        lambda raw: raw.replace(b"DFT", b"XXX"),
        lambda raw: b"\0" * 99,
    ):
        for record in records(tree):
            record.write_bytes(spoil(record.read_bytes()))
        assert agree(tree) == expected
    second, cache = look(Config(root=tree))
    assert cache is not None
    assert not cache.stored
    assert second == expected


@pytest.mark.parametrize("value", ['{"entries": 3}', "[]", '{"entries": {"script.py": [1, 2]}}', "[" * 5000])
def test_a_record_that_is_not_what_it_should_be_is_ignored(tree: Path, value: str) -> None:
    expected = agree(tree)
    for record in records(tree):
        record.write_bytes(digest(value.encode()).encode() + value.encode())
    assert agree(tree) == expected


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_no_link_is_followed(tree: Path) -> None:
    outside = tree / "outside"
    outside.mkdir()
    (tree / "cache").symlink_to(outside)
    agree(tree)
    assert not list(outside.iterdir())
    (tree / "cache").unlink()
    agree(tree)
    precious = tree / "precious.txt"
    precious.write_text("keep")
    for record in records(tree):
        record.unlink()
        record.symlink_to(precious)
    agree(tree)
    assert precious.read_text() == "keep"
    assert not any(record.is_symlink() for record in records(tree))


def test_the_oldest_records_go_first(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(tree)
    old = tree / "cache" / "old.daft-lint.json"
    old.write_bytes(b"x" * 5000)
    os.utime(old, (1, 1))
    (tree / "cache" / "not-ours.json").write_bytes(b"x" * 5000)
    kept = sum(record.stat().st_size for record in records(tree) if record != old)
    monkeypatch.setattr("daft_lint.lint.cache.MAX_FOLDER_BYTES", kept + 2500)
    (tree / "script.py").write_text(SCRIPT + "\n")
    agree(tree)
    assert not old.exists()
    assert (tree / "cache" / "not-ours.json").exists()


def test_fixtures_are_the_same_with_and_without(tmp_path: Path) -> None:
    config = Config(root=FIXTURES)
    files = discover([FIXTURES / "DFT101", FIXTURES / "DFT401", FIXTURES / "DFT203"], config.file_filter).files
    expected = check_files(files, config)
    assert expected.findings
    for _ in range(2):
        assert check_files(files, config, cache=open_cache(config, tmp_path)) == expected
    for record in tmp_path.glob("*-*.daft-lint.json"):
        record.unlink()
    assert check_files(files, config, cache=open_cache(config, tmp_path)) == expected, "from what each file gave"


@pytest.mark.parametrize("when", ["after", "between"])
def test_a_module_that_is_edited_while_a_check_runs_is_checked_again(
    tree: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """The digest that is kept is of the text that was read, not of the one that lies there when the run ends."""
    edited = HELPER.format(size=", batch_size=64")
    honest = runner.analyse
    if when == "after":

        def analyse(*given: Any) -> Any:
            outcomes = honest(*given)
            (tree / "helper.py").write_text(edited)
            return outcomes

        monkeypatch.setattr(runner, "analyse", analyse)
    else:
        read = Modules.read

        def edit_and_read(self: Modules, file: str) -> bytes | None:
            (tree / file).write_text((tree / file).read_text() + "# edited\n")
            return read(self, file)

        monkeypatch.setattr(Modules, "read", edit_and_read)
    config = Config(root=tree)
    check_files(["script.py"], config, cache=open_cache(config, Path("cache")))
    monkeypatch.undo()
    monkeypatch.chdir(tree)
    (tree / "helper.py").write_text(edited)
    cached = check_files(["script.py"], config, cache=open_cache(config, Path("cache")))
    assert cached == check_files(["script.py"], config)
