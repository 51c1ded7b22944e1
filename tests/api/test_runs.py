"""What each sink of a script runs."""

from __future__ import annotations

from daft_lint.api.runs import may_both_run, runs_of
from daft_lint.pipeline.model import Script
from tests.pipeline.interpreter.scripts import script as interpreted


def _runs(text: str) -> list[tuple[str, list[str]]]:
    script: Script = interpreted(text)
    return [(run.sink.name, [step.name for step in run.steps]) for run in runs_of(script)]


def test_a_write_keeps_nothing_for_the_next() -> None:
    text = 'import daft\ndf = daft.read_csv("a.csv").limit(9)\ndf.write_csv("b")\ndf.write_csv("c")\n'
    assert _runs(text) == [("write_csv", ["read_csv", "limit"])] * 2


def test_to_pydict_keeps_its_rows_for_the_next() -> None:
    text = 'import daft\ndf = daft.read_csv("a.csv").limit(9)\ndf.to_pydict()\ndf.offset(2).write_csv("c")\n'
    assert _runs(text) == [("to_pydict", ["read_csv", "limit"]), ("write_csv", ["offset"])]


def test_branches_exclude_each_other() -> None:
    text = (
        "import sys\nimport daft\n"
        'df = daft.read_csv("a.csv")\n'
        'if sys.argv[1:]:\n    df.write_csv("b")\nelse:\n    df.write_parquet("c")\n'
        'df.write_json("d")\n'
    )
    first, second, third = (run.place for run in runs_of(interpreted(text)))
    assert not may_both_run(first, second)
    assert may_both_run(first, third)
    assert may_both_run(second, third)
