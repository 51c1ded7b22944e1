"""What bare trees tell: what whole parses do, to the byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daft_lint.config import Config
from daft_lint.lint.engine import FEW, Checker
from daft_lint.lint.results import SourceFile
from daft_lint.lint.sequential import check_in_sequence
from daft_lint.source.deep import run_deep

RULES = Path(__file__).parents[2] / "fixtures" / "rules"
FOUND = sorted(path for path in RULES.glob("*/found_*.py") if not path.name.endswith(".fixed.py"))
SILENT = (
    "import daft\n\n\ndef main(path: str) -> None:\n    daft.read_parquet(path).repartition(8).write_parquet('out')\n"
)
SPEAKING = "import daft\n\ndaft.read_parquet('a').repartition(8)\n"
NO_LINE_END = "import daft\n\ndf = daft.read_parquet('a').repartition(8)  # a comment"


@pytest.mark.parametrize("code", sorted({path.parent.name for path in FOUND}))
def test_a_script_gives_what_its_whole_parse_gives(code: str) -> None:
    config = Config(select=("ALL",), preview=True)
    bare, whole = Checker(config), Checker(config)

    def compare() -> None:
        for path in FOUND:
            if path.parent.name == code:
                raw = path.read_bytes()
                found = bare.analyse_bare(path.as_posix(), raw)
                assert found in (None, whole.analyse(whole.project.document_of(path.as_posix(), raw))), path.name
                assert found is not None or b"daft-lint" in raw, path.name

    run_deep(compare)


@pytest.mark.parametrize("text", [SILENT, SPEAKING, NO_LINE_END, SPEAKING.replace("'a'", "'a' 'b'")])
def test_nothing_is_parsed_as_a_whole(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    checker = Checker(Config())
    result = checker.analyse_bare("job.py", text.encode())
    assert result is not None
    assert result.is_empty is (text is SILENT)
    assert result == checker.analyse(checker.project.document_of("job.py", text.encode()))


@pytest.mark.parametrize("text", [f"{SILENT}# daft-lint: rows=3\n", SPEAKING.replace("\n", "\r\n")])
def test_what_a_bare_tree_cannot_tell_is_parsed(text: str) -> None:
    assert Checker(Config()).analyse_bare("job.py", text.encode()) is None


def test_rules_of_plugins_get_whole_parses() -> None:
    config = replace(Config(), plugins=("somebodys_rules",))
    assert Checker(config).analyse_bare("job.py", SPEAKING.encode()) is None


def test_a_file_that_does_not_parse_says_so() -> None:
    result = Checker(Config()).analyse_bare("job.py", b"import daft\n\ndaft.range(3).show(\n")
    assert result is not None
    assert [raw.finding.code for raw in result.findings] == ["DFT001"]


def test_many_files_give_what_each_gives_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = [SILENT, SPEAKING] * FEW
    sources = [SourceFile(f"{number}.py", text.encode()) for number, text in enumerate(texts)]
    together = check_in_sequence(sources, Config(), None)
    alone = [check_in_sequence([source], Config(), None)[0] for source in sources]
    assert [one.result for one in together] == [one.result for one in alone]
    assert any(one.result.findings for one in alone)
    assert not all(one.result.findings for one in alone)
