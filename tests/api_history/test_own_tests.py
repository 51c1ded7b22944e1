"""What is made of the outcomes of Daft's own tests; `python -m api_history own-tests` runs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from api_history import own_tests
from api_history.own_tests import Explanation, Outcome

REPORT = """<testsuites><testsuite>
<testcase classname="tests.sql.test_a" name="test_x[Utf8]"/>
<testcase classname="tests.sql.test_a" name="test_x[Int8]"><failure message="no"/></testcase>
<testcase classname="tests.sql.test_a" name="test_y"><skipped/></testcase>
<testcase classname="tests.sql.test_a" name="test_z"><error message="no"/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_read_by_function_and_number(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(REPORT)

    assert dict(own_tests.read_report(tmp_path / "junit.xml")) == {
        "tests/sql/test_a.py::test_x#1": "passed",
        "tests/sql/test_a.py::test_x#2": "failed",
        "tests/sql/test_a.py::test_y#1": "skipped",
        "tests/sql/test_a.py::test_z#1": "failed",
    }


def test_failures_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        Explanation("0.6.*", "a.py::in*", "internal", "x"),
        Explanation("0.6.1", "a.py::e#1", "engine", "y"),
        Explanation("0.6.1", "a.py::h#*", "hand", "z"),
    ]
    monkeypatch.setattr(own_tests, "explanations", lambda: lines)
    names = ("in#1", "e#1", "e#2", "h#1", "ok#1")
    before = {**dict.fromkeys((f"a.py::{name}" for name in names), "passed"), "a.py::bad#1": "failed"}
    outcome = Outcome("0.6.1", before, {"a.py::in#1": "passed", "a.py::e#1": "failed", "a.py::ok#1": "passed"})

    assert outcome.counted == ["a.py::in#1", "a.py::e#2", "a.py::h#1", "a.py::ok#1"]
    assert outcome.failing == ["a.py::e#2", "a.py::h#1"]
    assert outcome.unexplained == ["a.py::e#2"]
    assert outcome.share == pytest.approx(1 / 2)
    assert outcome.kinds() == {("engine", "y"): 1, ("hand", "z"): 1}


def test_an_explanation_is_of_one_version() -> None:
    line = Explanation("0.6.1", "tests/*.py::test_x#*", "engine", "y")

    assert line.covers("0.6.1", "tests/sql/test_a.py::test_x#12")
    assert not line.covers("0.6.2", "tests/sql/test_a.py::test_x#12")
    assert not line.covers("0.6.1", "tests/sql/test_a.py::test_xy#12")


def test_every_explanation_has_a_kind_and_a_reason() -> None:
    assert own_tests.explanations()


OLD = 'import daft\n\n\ndef test_it():\n    assert daft.col("a").str.upper()\n'


def test_the_tests_of_a_tag_are_fetched_and_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository, folder = tmp_path / "repository", tmp_path / "out"
    (repository / "tests" / "integration").mkdir(parents=True)
    (repository / "tests" / "test_old.py").write_text(OLD)
    (repository / "tests" / "test_new.py").write_text(OLD.replace(".str", ""))
    (repository / "tests" / "integration" / "test_service.py").write_text(OLD)
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["tag", "v0.6.1"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setenv("DAFT_LINT_DAFT_REPOSITORY", str(repository))

    own_tests.fetch_tests((0, 6, 1), folder)
    files = own_tests.test_files(folder)
    touched = own_tests.rewrite(folder, (0, 6, 1), (0, 7, 26), files)

    assert files == ["tests/test_new.py", "tests/test_old.py"]
    assert touched == ["tests/test_old.py"]
    assert (folder / "tests" / "test_old.py").read_text() == OLD.replace(".str", "")
