"""What `verify` says of each rule: of a small script with its finding, run on the native runner, or of a pipeline of
the fixtures, run on Ray; and why it can say nothing of the rest."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest
from daft_lint_runtime.cases import linted_case
from daft_lint_runtime.spec import RunOptions
from daft_lint_runtime.verify import verify_case

from daft_lint.config import parse
from daft_lint.lint.registry import rules
from tests.runtime.runtime_cases import KEPT
from tests.runtime.test_pipelines import VERDICTS


class Effect(NamedTuple):
    """A script with one finding, and what the verdict on it says; `fixed` is whether the rule has a fix for it."""

    script: str
    says: str
    fixed: bool = False


TEXTS = 'df = daft.from_pydict({"t": ["a", "B", None], "n": [1, 2, 3]})'
EFFECTS = {
    "DFT302": Effect(
        """
        @daft.func(max_concurrency=4)
        def double(n: int) -> int:
            return n * 2 + len(str(n))

        df.select(double(col("n"))).collect()
        """,
        "the failure is gone: ValueError",
        fixed=True,
    ),
    "DFT306": Effect(
        """
        @daft.func
        def ask(n: int) -> int:
            return asyncio.get_event_loop().run_until_complete(asyncio.sleep(0, n))

        df.select(ask(col("n"))).collect()
        """,
        "no current event loop",
    ),
    "DFT309": Effect(
        """
        lock = threading.Lock()

        @daft.func
        def count(n: int) -> int:
            with lock:
                return len(str(n))

        df.select(count(col("n"))).collect()
        """,
        "must be serializable",
    ),
    "DFT312": Effect(
        """
        @daft.func
        def half(n: int) -> Optional[str]:
            return hex(n)

        df.select(half(col("n"))).collect()
        """,
        "the failure is gone: TypeError",
        fixed=True,
    ),
    "DFT314": Effect(
        """
        @daft.func
        def size(data: bytes) -> int:
            return zlib.crc32(data)

        urls = daft.from_pydict({"url": ["/nowhere/a.txt", "/nowhere/b.txt"]})
        urls.select(size(col("url").download(on_error="null"))).collect()
        """,
        "TypeError",
    ),
    "DFT315": Effect(
        """
        @daft.cls
        class Hexed:
            def __call__(self, n: int) -> str:
                return hex(n)

        df.select(Hexed(col("n"))).collect()
        """,
        "wrong input type",
        fixed=True,
    ),
    "DFT401": Effect('df.where(col("n") > 1)\ndf.collect()', "the fix takes effect", fixed=True),
    "DFT402": Effect(
        'df.write_parquet("out")\ndf = df.read_parquet("out/*.parquet")\ndf.collect()',
        "the failure is gone: AttributeError",
        fixed=True,
    ),
    "DFT404": Effect("df.repartition().collect()", "TypeError"),
    "DFT405": Effect('df.select(col("t").str.lower()).collect()', "the failure is gone: AttributeError", fixed=True),
    "DFT406": Effect('df.where(col("t") == None).collect()', "the fix takes effect", fixed=True),
    "DFT407": Effect(
        'df.where(col("n") > 1 and col("t") == "a").collect()', "the failure is gone: ValueError", fixed=True
    ),
    "DFT408": Effect('df.groupby(col("t").download()).agg(col("n").sum()).collect()', "Cannot start a runtime"),
    "DFT410": Effect('df.select(col("t").split("x")).write_csv("out")', "No module named 'pyiceberg'"),
    "DFT412": Effect('df.join(df, on="n", how="outer", strategy="broadcast").collect()', "ValueError"),
    "DFT502": Effect(
        """
        @daft.func.batch(return_dtype=DataType.int64())
        def weigh(n):
            return [zlib.crc32(str(v).encode()) for v in n.to_pylist()]

        df.with_column("w", weigh(col("n"))).with_column("odd", weigh(col("n")) % 2).collect()
        """,
        "measured: calls",
    ),
    "DFT505": Effect(
        """
        @daft.func
        def log(n: int) -> int:
            with open("log.txt", "a") as file:
                return file.write(str(n))

        df = df.with_column("logged", log(col("n")))
        print(df.count_rows())
        """,
        "measured: calls 0",
    ),
}
"""With these lines before each script: its imports, and a DataFrame of three rows."""
IMPORTS = "import asyncio\nimport threading\nimport zlib\nfrom typing import Optional\n\nimport daft\n"
IMPORTS += "from daft import DataType, col\n\n"

TIME = "no fix: the time of a remedy by hand is measured with `--against`"
WITHOUT = {
    "DFT104": "calls and their sizes: tests/runtime/test_promises.py judges both",
    "DFT106": "tests/runtime/test_verify_ray.py runs it",
    "DFT205": "tests/runtime/test_verify_ray.py runs it",
    "DFT207": "tests/runtime/test_remedies_ray.py counts files; a preview",
    "DFT208": TIME,
    "DFT303": "`verify` gives a script the CPUs that it asks for",
    "DFT304": "no fix: e9 counts the loads",
    "DFT307": TIME,
    "DFT308": TIME,
    "DFT310": "needs a GPU",
    "DFT311": TIME,
    "DFT313": "no fix: no run shows that a value was to be another one",
    "DFT403": "tests/test_fixed_rows.py runs it",
    "DFT409": "`verify` chooses the runner, so that setting it has no effect",
    "DFT411": "`make upgrade-proof` runs each change on both sides of it; a preview",
    "DFT413": "no fix: e29 runs each step behind a source with a checkpoint",
    "DFT504": TIME,
}


def test_every_rule_has_an_effect_or_a_reason() -> None:
    on_ray = {code for verdicts in VERDICTS.values() for code in verdicts}
    codes = {rule.code for rule in rules()}
    assert set(EFFECTS) | set(WITHOUT) | on_ray == codes
    assert not set(WITHOUT) & (set(EFFECTS) | on_ray)


def test_the_time_of_a_remedy_by_hand_is_promised() -> None:
    by_code = {rule.code: rule for rule in rules()}
    for code, reason in WITHOUT.items():
        promised = {promise.measure.title for promise in by_code[code].promises}
        assert (reason is TIME) == (promised == {"time of the queries"}), code


@pytest.mark.parametrize("code", sorted(EFFECTS))
@pytest.mark.facts
def test_a_run_shows_what_the_rule_says(code: str, tmp_path: Path) -> None:
    effect = EFFECTS[code]
    path = tmp_path / "script.py"
    path.write_text(IMPORTS + TEXTS + "\n" + textwrap.dedent(effect.script), encoding="utf-8")
    case = linted_case(path, parse(f'select = ["{code}"]\ntarget-daft = "0.7.26"\n', tmp_path / "daft-lint.toml"))
    assert {finding.code for finding in case.findings} == {code}
    assert (case.fixed is not None) is effect.fixed
    result = verify_case(case, RunOptions(runner="native", timeout=90))
    for verdict in result.verdicts:
        assert verdict.outcome in KEPT, (result.problem, verdict)
        assert effect.says in verdict.reason
