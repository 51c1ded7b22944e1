"""Runs of small scripts for the tests of the runtime."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("daft", reason="the extra `runtime` is not installed")
pytest.importorskip("ray", reason="the extra `runtime` is not installed")

from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.harness import Run, run_text, workspace
from daft_lint_runtime.spec import RunOptions
from daft_lint_runtime.verify import CaseResult, verifier

RunScript = Callable[..., Run]
Verify = Callable[[VerifyCase], CaseResult]


@pytest.fixture(scope="module")
def verify() -> Iterator[Verify]:
    """What verifies a case, on one Ray for all of a module."""
    with verifier(RunOptions(timeout=60)) as verify:
        yield verify


@pytest.fixture
def base() -> Iterator[Path]:
    with workspace() as folder:
        yield folder


@pytest.fixture
def run_script(base: Path, tmp_path: Path) -> RunScript:
    """Runs a text on the native runner, or on a private Ray with `runner="ray"`; the rest are `RunOptions`."""

    def run(text: str, runner: str = "native", **options: Any) -> Run:
        path = tmp_path / "script.py"
        options.setdefault("timeout", 50.0)
        return run_text("run", str(path), textwrap.dedent(text).encode(), runner, RunOptions(**options), base)

    return run
