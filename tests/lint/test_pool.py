"""Many processes find what one finds, in the same order, and the death of one costs its file alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from daft_lint.config import Config
from daft_lint.lint import pool, sequential
from daft_lint.lint.results import Outcome, SourceFile
from daft_lint.lint.runner import check_files
from daft_lint.source.discovery import discover

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
SMALL = b"import daft\ndf = daft.read_parquet('a.parquet')\ndf.repartition(8)\n"


def fixtures(config: Config) -> Sequence[Path]:
    return discover([FIXTURES / "DFT101", FIXTURES / "DFT402"], config.file_filter).files


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_make_no_difference(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    monkeypatch.setattr(pool, "start_method", lambda: method)
    config = Config(root=FIXTURES)
    files = fixtures(config)
    alone = check_files(files, config, jobs=1)
    assert alone.findings
    seen: list[tuple[int, int]] = []
    assert check_files(files, config, jobs=2, progress=lambda done, of: seen.append((done, of))) == alone
    assert seen[-1][0] == seen[-1][1]


def test_what_another_file_calls_counts_in_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lib.py").write_text(
        "import daft\n\ndef save(df: daft.DataFrame):\n    df.repartition(4).sort('a').write_parquet('out')\n"
    )
    Path("main.py").write_text("import daft\nfrom lib import save\nsave(daft.read_parquet('a.parquet'))\n")
    config = Config(root=tmp_path)
    files = [Path("lib.py"), Path("main.py")]
    assert check_files(files, config, jobs=2) == check_files(files, config, jobs=1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the fault is planted in a forked process")
def test_a_worker_that_dies_costs_its_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    check_one = sequential.check_one

    def dying(checker: object, source: SourceFile, *, of_many: bool) -> Outcome:
        if source.path == "bad.py":
            os.kill(os.getpid(), signal.SIGKILL)
        return check_one(checker, source, of_many=of_many)  # type: ignore[arg-type]

    monkeypatch.setattr(sequential, "check_one", dying)
    monkeypatch.setattr(pool, "start_method", lambda: "fork")
    sources = [SourceFile(f"{name}.py", SMALL) for name in ("a", "bad", "c", "d")]
    outcomes = pool.check_in_pool(sources, Config(), 2, None)
    assert [outcome.result.path for outcome in outcomes] == [source.path for source in sources]
    assert [bool(outcome.result.findings) for outcome in outcomes] == [True, False, True, True]
    (problem,) = outcomes[1].result.problems
    assert problem.path == "bad.py"
    assert "SIGKILL" in problem.message
    assert outcomes[1].result.failed


def test_a_pool_starts_only_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_cores", lambda: 4)
    assert pool.process_count([1000] * 10, 0) == 1
    assert pool.process_count([100_000] * 100, 0) == 4
    assert pool.process_count([10_000_000], 0) == 1, "one file is not divided"
    assert pool.process_count([1000] * 10, 3) == 3, "what the user asks for"
