"""DataFrames where branches meet."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.model import StepKind
from tests.pipeline.interpreter.scripts import paths, script
from tests.work import lines_run

READ = 'df = daft.read_parquet("a.parquet")\n'
WRITE = 'df.write_parquet("out")\n'


def middles(text: str) -> list[list[str]]:
    """The steps of each path between its source and its sink."""
    return [path[1:-1] for path in paths(script(text))]


def test_a_method_of_a_merged_frame_makes_one_step() -> None:
    found = script(f"{READ}import sys\nif sys.argv:\n    df = df.limit(1)\ndf = df.distinct()\n{WRITE}")
    assert [step.name for step in found.steps] == ["read_parquet", "limit", "distinct", "write_parquet"]
    (distinct,) = (step for step in found.steps if step.name == "distinct")
    assert distinct.parents[0].kind is StepKind.MERGE
    assert [[d.holds for d in branch.decisions] for branch in distinct.parents[0].branches] == [[False], [True]]


def test_every_branch_of_a_chain_is_kept() -> None:
    branches = "".join(f"{'el' * bool(n)}if x() == {n}:\n    df = df.limit({n})\n" for n in range(30))
    assert len(middles(f"{READ}{branches}else:\n    df = df.distinct()\n{WRITE}")) == 31


def test_every_return_is_kept() -> None:
    returns = "".join(f"    if mode == {n}:\n        return df.limit({n})\n" for n in range(9))
    text = f"def pick(df, mode):\n{returns}    return df\n{READ}df = pick(df, x())\n{WRITE}"
    assert middles(text) == [*[["limit"]] * 9, []]


def test_every_case_and_handler_is_kept() -> None:
    cases = "".join(f"    case {n}:\n        df = df.limit({n})\n" for n in range(5))
    assert middles(f"{READ}match x():\n{cases}{WRITE}") == [[], *[["limit"]] * 5]
    handlers = "".join(f"except E{n}:\n    df = df.limit({n})\n" for n in range(5))
    assert middles(f"{READ}try:\n    df = df.distinct()\n{handlers}{WRITE}") == [["distinct"], *[["limit"]] * 5]


def test_a_frame_that_need_not_be_bound_is_the_frame() -> None:
    assert middles(f"df = None\nif x():\n    {READ}{WRITE}") == [[]]
    assert middles(
        f"def load():\n    if x():\n        return None\n    {READ}    return df\nload().limit(2).write_parquet('o')\n"
    ) == [["limit"]]


def test_attributes_merge_too() -> None:
    text = """
        class Job:
            def __init__(self, small):
                self.df = daft.read_parquet("a.parquet")
                if small:
                    self.df = self.df.limit(1)

        Job(x()).df.write_parquet("out")
    """
    assert middles(text) == [[], ["limit"]]


def test_what_nobody_reads_behind_its_branches_ends_nothing() -> None:
    found = middles(f"{READ}if x():\n    df = df.limit(1)\n    {WRITE}")
    assert found == [["limit"]]


@pytest.mark.parametrize("make", ["f = lambda: df.limit(1)", "def f():\n        return df.limit(1)"])
def test_a_closure_sees_the_branch_that_it_was_made_in(make: str) -> None:
    text = f"{READ}if x():\n    df = df.distinct()\n    {make}\nelse:\n    f = None\nf().write_parquet('out')\n"
    assert middles(text) == [["distinct", "limit"]]
    again = f"{READ}if x():\n    df = df.distinct()\n    {make}\ndf = df.sample(0.5)\nf().write_parquet('out')\n"
    assert middles(again) == [["sample", "limit"], ["distinct", "sample", "limit"]]


def test_a_choice_of_functions_keeps_its_branches() -> None:
    text = f"""
{READ}
if x:
    f = lambda: df.limit(1)
    df = df.distinct()
else:
    f = lambda: df.sample(0.5)
f().write_parquet("out")
"""
    assert middles(text) == [["distinct", "limit"], ["sample"]]


def test_what_may_differ_from_call_to_call_is_decided_each_time() -> None:
    twice = "if {0}:\n    df = df.limit(1)\nif {0}:\n    df = df.distinct()\n"
    assert len(middles(READ + twice.format("x()") + WRITE)) == 4
    assert len(middles(READ + twice.format("len(x) > 1") + WRITE)) == 2
    between = "if x:\n    df = df.limit(1)\nx = y()\nif x:\n    df = df.distinct()\n"
    assert len(middles(READ + between + WRITE)) == 4


def test_the_work_of_optional_steps_is_linear() -> None:
    def work(count: int) -> int:
        steps = "".join(f"if x({n}):\n    df = df.limit({n})\n" for n in range(count))
        return lines_run(script, READ + steps + WRITE)

    assert work(160) < 5.5 * work(40)


@pytest.mark.parametrize("word", ["if", "elif"])
def test_the_work_of_returns_behind_guards_is_linear(word: str) -> None:
    def work(count: int) -> int:
        guards = "".join(f"    {word if n else 'if'} x == {n}:\n        return df.limit({n})\n" for n in range(count))
        return lines_run(script, f"import daft\ndef f(df, x):\n{guards}    return df\n" + call)

    call = "f(daft.read_parquet('in'), y).write_parquet('out')\n"
    assert work(160) < 5.5 * work(40)
