"""The process that works for the language server."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="needs the extra `lsp`")

from daft_lint.integrations.lsp.background import Background, Stopped

TEXT = b'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\ndf.repartition(8)\ndf.show()\n'


def test_nothing_is_imported_from_the_folder_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pickle", "queue", "site", "daft_lint", "libcst", "sitecustomize", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    background = Background(plugins=False)
    try:
        done = background.call("check", {"a.py": TEXT})
    finally:
        background.stop()
    assert [finding.code for finding in done.value["a.py"]] == ["DFT401"]
    assert not (tmp_path / "imported").exists()


def test_a_job_that_goes_wrong_is_said_and_the_next_one_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    background = Background(plugins=False)
    try:
        with pytest.raises(RuntimeError, match="KeyError"):
            background.call("fixed", {"a.py": TEXT}, "b.py", False)
        first = background.process
        assert background.call("check", {"a.py": TEXT}).value["a.py"]
        assert background.process is first
        with ThreadPoolExecutor(1) as threads:
            long = threads.submit(background.call, "check", {"a.py": TEXT + b"x = f(1, [2, 3], a.b.c)\n" * 12_000})
            while background.since is None:
                time.sleep(0.01)
            background.drop_useless()
            assert not long.done(), "it has not gone on for long enough"
            monkeypatch.setattr("daft_lint.integrations.lsp.background.USELESS_AFTER", 0)
            background.drop_useless()
            with pytest.raises(Stopped):
                long.result()
        assert background.call("check", {"a.py": TEXT}).value["a.py"], "in a new process"
    finally:
        background.stop()
    with pytest.raises(Stopped):
        background.call("check", {})
