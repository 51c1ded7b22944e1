"""Which files are parsed: too many at times, but never too few."""

from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.config import Config
from daft_lint.lint.registry import builtin_rules
from daft_lint.lint.results import SourceFile
from daft_lint.lint.runner import analyse
from daft_lint.source.modules import Modules
from daft_lint.source.prefilter import Prefilter, may_suppress

UDFS = "import daft\n\n@daft.func\ndef f(x: int) -> int:\n    return x\n"


def needs_analysis(path: str) -> bool:
    return Prefilter(Modules(), builtin_rules).needs_analysis(path, Path(path).read_bytes())


def test_a_module_that_is_imported_concerns_its_importers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jobs").mkdir()
    Path("jobs/__init__.py").write_text("from .again import f\n")
    Path("jobs/again.py").write_text("from .udfs import f\nfrom . import again\n")
    Path("jobs/udfs.py").write_text(UDFS)
    Path("jobs/plain.py").write_text("import daft\nimport jobs.plain\nROWS = 3\n")
    Path("with_udf.py").write_text("import daft\nfrom jobs import f\n\ndaft.range(3).select(f(daft.col('id')))\n")
    Path("without.py").write_text("import daft\nfrom jobs.plain import ROWS\n\nprint(daft.__version__, ROWS)\n")
    assert needs_analysis("jobs/udfs.py")
    assert needs_analysis("with_udf.py")
    assert not needs_analysis("without.py")


@pytest.mark.parametrize("module", ["steps.udfs", "udfs_of_steps"])
def test_a_script_in_a_package_looks_beside_itself(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("app", *module.split(".")).with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    Path("app/steps").mkdir(exist_ok=True)
    for name in ("app/__init__.py", "app/steps/__init__.py", "app/json.py", "app/steps/json.py"):
        Path(name).write_text(UDFS)
    file.write_text(UDFS)
    modules = Modules()
    assert modules.resolve(module, "app/main.py") == file.as_posix()
    assert modules.resolve(module, "app/steps/job.py") == file.as_posix()
    assert modules.resolve("json", "app/main.py") is None
    assert modules.resolve("steps.missing", "app/main.py") is None


def test_what_is_left_out_rests_on_what_it_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import daft\nfrom b import x\nfrom c import y\n\ndaft.range(x).collect()\n")
    Path("b.py").write_text("x = 1\n")
    (outcome,) = analyse([SourceFile("a.py", Path("a.py").read_bytes())], Config(), 1, None)
    assert set(outcome.modules) == {"b.py"}
    assert "./c.py" in outcome.looked_for


def test_a_script_that_does_not_parse_passes_the_prefilter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import daft\n\ndaft.range(3).show(\n")
    assert needs_analysis("a.py")


def test_rules_are_asked_for_where_daft_is_used_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []
    prefilter = Prefilter(Modules(), lambda: asked.append("rules") or builtin_rules())  # type: ignore[func-returns-value]
    for text in ("x = 1\n", "# daft\nimport os\n", "'import daft_sql'\n"):
        assert not prefilter.needs_analysis("a.py", text.encode())
    assert asked == []
    for _ in range(2):
        assert prefilter.needs_analysis("a.py", b"import daft\ndaft.read_parquet('a').repartition(8).show()\n")
    assert asked == ["rules"]


@pytest.mark.parametrize(
    ("text", "expected"), [("x  # noqa: DFT101", False), ("daft  # NOQA", True), ("# daft-lint: ignore[DFT101]", True)]
)
def test_may_suppress(text: str, expected: bool) -> None:
    assert may_suppress(text.encode()) is expected
