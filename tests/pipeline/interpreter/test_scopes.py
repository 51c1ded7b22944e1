"""Names where branches and loops meet."""

from __future__ import annotations

from collections.abc import Sequence

from daft_lint.pipeline.interpreter.scopes import LayeredDict, Scope
from daft_lint.pipeline.interpreter.values import DataFrame, Literal, alternatives, choice
from daft_lint.source.document import Document
from tests.pipeline.chains import files


def values_left(values: Sequence[object | None]) -> object:
    return choice(value for value in values if value is not None)


def test_branches_merge_what_they_wrote() -> None:
    names = LayeredDict()
    names.set("a", Literal(1))
    names.set("b", Literal(1))
    branches = []
    for value in (Literal(2), Literal(3)):
        names.push()
        names.set("a", value)
        branches.append(names.pop())
    names.merge_branches([*branches, {}], values_left)
    assert alternatives(names.get("a")) == (Literal(2), Literal(3), Literal(1))
    assert names.get("b") == Literal(1)


def test_a_branch_that_need_not_run_leaves_what_was_there() -> None:
    names = LayeredDict()
    names.set("a", Literal(1))
    names.merge_branches([{}, {"a": Literal(2), "new": Literal(3)}], values_left)
    assert alternatives(names.get("a")) == (Literal(1), Literal(2))
    assert names.get("new") == Literal(3)


def test_a_loop_is_taken_to_run_for_the_dataframe_that_it_rebinds() -> None:
    before, after = DataFrame(files().step), DataFrame(files().step)
    names = LayeredDict()
    names.set("df", before)
    names.set("n", Literal(1))
    names.push_loop()
    names.set("df", after)
    names.set("n", Literal(2))
    assert names.get_below("df") is before
    names.merge_loop()
    assert names.get("df") is after
    assert alternatives(names.get("n")) == (Literal(1), Literal(2))


def test_global_names_are_the_modules() -> None:
    (cell,) = Document.from_bytes("a.py", b"x = 1\n").cells
    module = Scope(cell, "a.py")
    function = module.child()
    function.global_names |= {"x"}
    function.set("x", Literal(2))
    function.set("y", Literal(3))
    assert module.get("x") == Literal(2)
    assert module.get("y") is None
    assert function.get("x") == Literal(2)
    assert function.root() is module
