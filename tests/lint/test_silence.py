"""What bare trees tell: never that there is nothing where a rule has something to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.config import Config
from daft_lint.lint.engine import FEW, Checker
from daft_lint.lint.results import SourceFile
from daft_lint.lint.sequential import check_in_sequence

RULES = Path(__file__).parents[2] / "fixtures" / "rules"
FOUND = sorted(path for path in RULES.glob("*/found_*.py") if not path.name.endswith(".fixed.py"))
SILENT = (
    "import daft\n\n\ndef main(path: str) -> None:\n    daft.read_parquet(path).repartition(8).write_parquet('out')\n"
)
SPEAKING = "import daft\n\ndaft.read_parquet('a').repartition(8)\n"


@pytest.mark.parametrize("code", sorted({path.parent.name for path in FOUND}))
def test_a_script_with_findings_is_never_silent(code: str) -> None:
    checker = Checker(Config(select=("ALL",), preview=True))
    for path in FOUND:
        if path.parent.name == code:
            checker.speaking = 0
            assert checker.silence_of(path.as_posix(), path.read_bytes()) is None, path.name


def test_a_script_without_any_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    checker = Checker(Config())
    result = checker.silence_of("job.py", SILENT.encode())
    assert result is not None
    assert result.is_empty
    assert result == checker.check(checker.project.document_of("job.py", SILENT.encode()))
    for text in (SPEAKING, "import daft\n\ndaft.range(3).show(\n", f"{SILENT}# daft-lint: rows=3\n"):
        assert checker.silence_of("job.py", text.encode()) is None


def test_where_most_files_have_findings_they_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checker = Checker(Config())
    for _ in range(FEW + 1):
        assert checker.silence_of("job.py", SPEAKING.encode()) is None
    assert checker.silence_of("job.py", SILENT.encode()) is None
    assert checker.speaking == FEW + 1


def test_many_files_give_what_each_gives_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = [SILENT, SPEAKING] * FEW
    sources = [SourceFile(f"{number}.py", text.encode()) for number, text in enumerate(texts)]
    together = check_in_sequence(sources, Config(), None)
    alone = [check_in_sequence([source], Config(), None)[0] for source in sources]
    assert [one.result for one in together] == [one.result for one in alone]
    assert any(one.result.findings for one in alone)
    assert not all(one.result.findings for one in alone)
