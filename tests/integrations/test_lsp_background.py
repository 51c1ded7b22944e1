"""The process that works for the language server."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="needs the extra `lsp`")

from daft_lint.integrations.lsp.background import Background, Jobs, Stopped

TEXT = b'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\ndf.repartition(8)\ndf.show()\n'

HEAVY = b"""import daft

@daft.func
def size(image: bytes) -> int:
    return len(image)

df = daft.read_parquet("s3://b/one.parquet")
df = df.with_column("image", daft.functions.download(daft.col("url")))
df.with_column("size", size(daft.col("image"))).write_parquet("s3://b/out")
"""


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
            since = background.drop()
            time.sleep(0.5)
            assert not long.done(), "it is in its parser, and tries no fix"
            background.end(0)
            assert background.process is first
            background.end(since)
            with pytest.raises(Stopped):
                long.result()
        assert background.call("check", {"a.py": TEXT}).value["a.py"], "in a new process"
        assert background.process is not first
    finally:
        background.stop()
    with pytest.raises(Stopped):
        background.call("check", {})


def test_what_nobody_waits_for_is_left_before_the_next_trial_of_a_fix(tmp_path: Path) -> None:
    jobs = Jobs(plugins=False)
    path = str(tmp_path / "a.py")
    found = jobs.found({path: HEAVY})[path]
    assert ["DFT101", None] in [[finding.code, finding.fix] for finding in found]
    jobs.dropped = True
    assert jobs.found({path: HEAVY + b"\n"})[path], "it tries none"
    with pytest.raises(Stopped):
        jobs.check({path: HEAVY})
    jobs.dropped = False
    assert [finding.code for finding in jobs.check({path: HEAVY})[path] if finding.fix is not None] == ["DFT101"]
