"""What `daft-lint fix --unsafe --apply` writes gives the rows of the original, on the native runner and on a private
Ray: scripts that make their own data, and the older spellings of a UDF, which the installed Daft still runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("daft")
pytest.importorskip("ray")

from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.spec import RunOptions
from daft_lint_runtime.verify import verify_case

ROOT = Path(__file__).parent.parent
PIPELINES = ROOT / "fixtures" / "pipelines"
LEGACY = ROOT / "fixtures" / "rules" / "DFT403"
CONFIG = re.compile(r"^# daft-lint\.toml:\n((?:# .*\n)+)", re.MULTILINE)
ON_NATIVE = (
    *(PIPELINES / f"{name}.py" for name in ("image_embed", "audio_resample", "blob_batches")),
    LEGACY / "found_init_args.py",
    LEGACY / "found_imported_udf.py",
)
ON_RAY = (LEGACY / "found_class_udf.py", LEGACY / "found_function_udf.py")


def fixed(script: Path, folder: Path, *options: str) -> VerifyCase:
    """The script and what the command makes of a copy of it, with the configuration that its comments hold."""
    if block := CONFIG.search(script.read_text(encoding="utf-8")):
        lines = (line.removeprefix("# ") for line in block[1].splitlines())
        (folder / "daft-lint.toml").write_text("\n".join(lines), encoding="utf-8")
    copy = folder / script.name
    shutil.copyfile(script, copy)
    before = copy.read_bytes()
    path = os.pathsep.join(str(ROOT / part) for part in (".", "rules", "runtime"))
    command = [sys.executable, "-m", "daft_lint", "fix", "--unsafe", "--apply", "--fail-on", "never", *options]
    environment = {**os.environ, "PYTHONPATH": path}
    run = subprocess.run([*command, str(copy)], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    after = copy.read_bytes()
    assert after != before, run.stderr
    return VerifyCase(str(copy), before, after, ())


def assert_same_rows(script: Path, folder: Path, options: RunOptions) -> None:
    select = ("--select", "DFT403") if script.parent == LEGACY else ()
    result = verify_case(fixed(script, folder, *select), options)
    assert result.comparisons, result.problem
    assert all(comparison.equal for comparison in result.comparisons), result.comparisons


@pytest.mark.parametrize("script", ON_NATIVE, ids=lambda path: path.stem)
def test_the_rows_are_the_same_on_the_native_runner(script: Path, tmp_path: Path) -> None:
    assert_same_rows(script, tmp_path, RunOptions(runner="native", timeout=90))


@pytest.mark.ray
@pytest.mark.parametrize("script", ON_RAY, ids=lambda path: path.stem)
def test_the_rows_are_the_same_on_ray(script: Path, tmp_path: Path) -> None:
    assert_same_rows(script, tmp_path, RunOptions(runner="ray", timeout=120))
