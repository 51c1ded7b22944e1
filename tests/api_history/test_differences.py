"""Recording a package, comparing two snapshots, and what accounts for a difference."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from api_history import coverage, differences, names, releases
from api_history.coverage import Reviewed
from api_history.differences import Difference, between, spell_signature

from daft_lint.pipeline.catalog.history.changes import by_name

PACKAGE = '''
"""A package in the shape of Daft."""
import warnings
__version__ = "9.9.9"
__all__ = ["col", "read", "Series", "Expression", "old"]

class _Text:
    def split(self, pattern, regex=False): ...

class Expression:
    @property
    def str(self): return _Text()
    def alias(self, name, /, *, keep=True): ...
    def _private(self): ...

class Series:
    @staticmethod
    def from_pylist(data, name="x"): return Series()

def col(name): return Expression()
def read(path, *, io_config=None, **options): ...
def old():
    warnings.warn("`old` is deprecated", DeprecationWarning)
def hidden(): ...
'''


@pytest.fixture
def snapshot(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "daft").mkdir()
    (tmp_path / "daft" / "__init__.py").write_text(PACKAGE)
    (tmp_path / "daft" / "session.py").write_text("import no_such_module\n")
    found: dict[str, Any] = json.loads(releases.introspect(Path(sys.executable), tmp_path))
    return found


def test_a_snapshot_has_names_signatures_and_deprecations(snapshot: dict[str, Any]) -> None:
    found = snapshot["names"]

    assert snapshot["version"] == "9.9.9"
    assert found["daft.read"]["signature"] == [["path", "-", None], ["io_config", "=", "None"], ["options", "**", None]]
    assert found["Expression.alias"]["signature"] == [["name", "/", None], ["keep", "=", "True"]]
    assert found["Expression.str.split"]["signature"] == [["pattern", "-", None], ["regex", "-", "False"]]
    assert found["Series.from_pylist"]["kind"] == "static method"
    assert "deprecated" in found["daft.old"]["deprecated"]
    assert found["daft.read"]["deprecated"] == ""
    assert "daft.hidden" not in found
    assert "Expression._private" not in found


def test_a_module_whose_dependency_is_missing_is_told(snapshot: dict[str, Any]) -> None:
    assert snapshot["modules"] == {"daft": "", "daft.session": "ModuleNotFoundError"}


def test_described_names(snapshot: dict[str, Any]) -> None:
    found = names.described(snapshot)

    assert found["Expression.alias"] == "(name, *, keep=True)"
    assert found["Expression.str"] == "class"
    assert found["daft.session"] == "module"


def _snapshot(**signatures: list[list[Any]]) -> dict[str, Any]:
    entries = {
        f"daft.{name}": {"kind": "function", "is": f"daft.{name}", "signature": signature}
        for name, signature in signatures.items()
    }
    return {"version": "0", "modules": {}, "names": entries}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([["a", "-", None]], [["a", "-", None]], []),
        ([["a", "-", None]], [["b", "-", None]], [("parameter removed", "a"), ("required", "b")]),
        ([["a", "-", "1"]], [["a", "-", "2"]], [("default", "a")]),
        ([["a", "-", "1"]], [["a", "-", None]], [("required", "a")]),
        ([["a", "-", None]], [["a", "=", None]], [("keyword only", "a")]),
        ([["a", "-", None]], [["a", "/", None]], [("position only", "a")]),
        ([["a", "-", "1"]], [["b", "-", "1"], ["a", "-", "1"]], [("parameter added", "b"), ("position", "a")]),
        ([["_a", "-", "1"]], [], []),
        ([], [["k", "**", None]], [("parameter added", "k")]),
    ],
)
def test_differences_of_a_signature(old: list[Any], new: list[Any], expected: list[tuple[str, str]]) -> None:
    found = between(_snapshot(f=old), _snapshot(f=new), (1, 0, 0))

    assert sorted((difference.what, difference.parameter) for difference in found) == sorted(expected)


def test_a_name_that_comes_and_one_that_goes() -> None:
    found = between(_snapshot(f=[], g=[]), _snapshot(g=[], h=[]), (1, 0, 0))

    assert [(d.what, d.paths, d.breaking) for d in found] == [
        ("added", ("daft.h",), False),
        ("removed", ("daft.f",), True),
    ]


def test_signatures_are_spelled_as_python_does() -> None:
    signature = [["a", "-", None], ["b", "-", "1"], ["c", "=", "None"], ["d", "**", None]]

    assert spell_signature(signature) == "(a, b=1, *, c=None, **d)"


def test_a_row_accounts_for_its_version_only() -> None:
    assert by_name()["daft.coalesce"][0].changed == (0, 7, 0)
    removed = Difference((0, 7, 0), "removed", ("daft.coalesce", "daft.expressions.coalesce"))
    again = Difference((0, 8, 0), "removed", ("daft.coalesce",))

    assert coverage.unexplained([removed, again]) == [again]


def test_a_parameter_that_no_row_names_is_not_accounted_for() -> None:
    other = Difference((0, 7, 0), "parameter removed", ("daft.read_lance",), "asof")

    assert coverage.unexplained([other]) == [other]


def test_a_reviewed_line_covers_all_paths_of_a_difference_or_nothing() -> None:
    line = Reviewed((1, 0, 0), "daft.a.*|B.*", "*", "internal")

    assert line.covers(Difference((1, 0, 0), "removed", ("B.x", "daft.a.x")))
    assert not line.covers(Difference((1, 0, 0), "removed", ("B.x", "daft.x")))
    assert not line.covers(Difference((1, 0, 1), "removed", ("B.x",)))


def test_reviewed_lines_have_a_reason() -> None:
    lines = coverage.reviewed()

    assert lines
    assert all(line.reason for line in lines)


def test_versions() -> None:
    assert releases.parse("0.7.26") == (0, 7, 26)
    assert releases.spell((0, 7, 26)) == "0.7.26"
    assert releases.distribution((0, 4, 18)) == "getdaft"
    assert releases.distribution((0, 5, 0)) == "daft"


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAFT_LINT_API_CACHE", str(tmp_path))

    assert releases.cache() == tmp_path


@pytest.mark.parametrize("name", ["record.py", "runner.py"])
def test_what_runs_beside_an_old_daft_imports_nothing_of_the_project(name: str) -> None:
    tree = ast.parse(Path(differences.__file__).with_name(name).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert not [module for module in imported if module.startswith(("daft_lint", "api_history"))]
