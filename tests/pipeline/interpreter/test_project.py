"""The files of a project, each evaluated once by what the project is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from daft_lint.pipeline.interpreter.project import MAX_FOREIGN_BYTES, MAX_MODULES, Project
from daft_lint.pipeline.interpreter.scopes import LayeredDict, Scope
from daft_lint.pipeline.interpreter.values import Literal
from daft_lint.source.document import Document


class Evaluator:
    """Binds `x` to the number of the evaluation, and notes which documents it is given."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(self, document: Document, on_scope: Callable[[Scope], None]) -> LayeredDict:
        self.paths.append(document.path)
        scope = Scope(document.cells[0], document.path)
        on_scope(scope)
        scope.set("x", Literal(len(self.paths)))
        heap = LayeredDict()
        heap.set(("object", "x"), Literal(len(self.paths)))
        return heap


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_module_is_evaluated_once(folder: Path) -> None:
    (folder / "sizes.py").write_text("x = 1\n")
    project, evaluate = Project(), Evaluator()
    first = project.scope_of("sizes", "main.py", evaluate)
    assert first is not None
    assert project.scope_of("sizes", "other.py", evaluate) is first
    assert first.get("x") == Literal(1)
    assert project.heap == {("object", "x"): Literal(1)}
    assert evaluate.paths == ["sizes.py"]


def test_a_module_that_is_not_there_or_cannot_be_read() -> None:
    project, evaluate = Project(), Evaluator()
    assert project.scope_of("missing", "main.py", evaluate) is None
    Path("huge.py").write_bytes(b"#" * 1_000_000)
    assert project.scope_of("huge", "main.py", evaluate) is None
    assert evaluate.paths == []


def test_the_oldest_module_is_forgotten(folder: Path) -> None:
    for number in range(MAX_MODULES + 1):
        (folder / f"m{number}.py").write_text("x = 1\n")
    project, evaluate = Project(), Evaluator()
    for number in range(MAX_MODULES + 1):
        assert project.scope_of(f"m{number}", "main.py", evaluate) is not None
    assert "m0.py" not in project.scopes
    assert len(project.scopes) == MAX_MODULES


def test_modules_that_wait_for_one_another_are_kept(folder: Path) -> None:
    depth = MAX_MODULES + 8
    for number in range(depth):
        (folder / f"m{number}.py").write_text("x = 1\n")
    project = Project()
    evaluate = Evaluator()

    def importing(document: Document, on_scope: Callable[[Scope], None]) -> LayeredDict:
        heap = evaluate(document, on_scope)
        number = int(document.path[1:-3]) + 1
        if number < depth:
            assert project.scope_of(f"m{number}", document.path, importing) is not None
        return heap

    assert project.scope_of("m0", "main.py", importing) is not None
    assert len(evaluate.paths) == depth
    assert len(project.scopes) == MAX_MODULES


def test_too_deep_a_module_is_evaluated_again(folder: Path) -> None:
    (folder / "deep.py").write_text("x = 1\n")
    project = Project()

    def too_deep(document: Document, on_scope: Callable[[Scope], None]) -> LayeredDict:
        raise RecursionError

    with pytest.raises(RecursionError):
        project.scope_of("deep", "main.py", too_deep)
    assert project.scope_of("deep", "main.py", Evaluator()) is not None


def test_the_source_of_another_package_is_read_only_as_far_as_settings_go(folder: Path) -> None:
    large = "x = 1  # " + "a" * (MAX_FOREIGN_BYTES // 2)
    for name in ("settings", "large_1", "large_2", "large_3"):
        (folder / f"{name}.py").write_text("x = 1\n" if name == "settings" else large)
    (folder / "jobs.py").write_text(f"import daft\n{large}")
    project, evaluate = Project(), Evaluator()
    asked = ("settings", "large_1", "large_2", "large_3", "jobs")
    assert [project.scope_of(name, "main.py", evaluate) is not None for name in asked] == [
        True,
        True,
        False,
        False,
        True,
    ]
    project.begin()
    assert project.scope_of("large_3", "other.py", evaluate) is not None
