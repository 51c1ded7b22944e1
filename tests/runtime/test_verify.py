"""Verdicts on the native runner: a wrong rewrite is refuted, always; a script that fails twice is not "equal"."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.spec import RunOptions
from daft_lint_runtime.verify import CaseResult, VerifySummary, verify_case

from tests.runtime.runtime_cases import KEPT, finding, pair

NATIVE = RunOptions(runner="native", timeout=50)

SCRIPT = """
import daft

@daft.func.batch(return_dtype=daft.DataType.int64(), batch_size=64)
def double(x):
    return daft.Series.from_pylist([2 * v for v in x.to_pylist()])

df = daft.from_pydict({"x": list(range(100_000)), "g": [i % 7 for i in range(100_000)]})
df = df.into_batches(16)
df = df.with_column("y", double(df["x"]))
df.collect()
"""
RIGHT = SCRIPT.replace("into_batches(16)", "into_batches(640)")


def verify(before: str, after: str, tmp_path: Path, code: str = "DFT103", options: RunOptions = NATIVE) -> CaseResult:
    path = str(tmp_path / "script.py")
    case = VerifyCase(path, before.encode(), after.encode(), (finding(code, path, 9),))
    return verify_case(case, options)


def test_a_right_rewrite_is_confirmed(tmp_path: Path) -> None:
    result = verify(SCRIPT, RIGHT, tmp_path)
    (verdict,) = result.verdicts
    assert verdict.outcome in KEPT, verdict.reason
    calls = next(m for m in verdict.measures if m.title == "calls")
    assert calls.before > 3 * calls.after
    assert VerifySummary([result]).exit_code == 0


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (RIGHT.replace("\ndf.collect", "\ndf = df.where(df['x'] != 77)\ndf.collect"), "99,999 after"),
        (RIGHT.replace("2 * v for", "2 * v + (v == 54_321) for"), "1 of 100,000 rows differ"),
        (RIGHT.replace("\ndf.collect", "\ndf = df.select('x', df['g'].cast('int32'), 'y')\ndf.collect"), "g is Int32"),
        (RIGHT.replace("\ndf.collect", "\ndf = df.select('g').distinct()\ndf.collect"), "column x is gone"),
        (RIGHT.replace("\ndf.collect()", "\n"), "only the run before"),
        (RIGHT.replace("2 * v for", "1 // (v - 54_321) for"), "fails after the fix: "),
    ],
    ids=["dropped row", "changed value", "changed dtype", "lost columns", "no result", "failure"],
)
def test_a_wrong_rewrite_is_refuted(tmp_path: Path, wrong: str, reason: str) -> None:
    assert wrong != RIGHT
    result = verify(SCRIPT, wrong, tmp_path)
    (verdict,) = result.verdicts
    assert verdict.outcome == "refuted"
    assert reason in verdict.reason
    assert VerifySummary([result]).exit_code == 1


def test_lost_duplicates_in_a_written_file_are_refuted(tmp_path: Path) -> None:
    writes = SCRIPT.replace("df.collect()", f"df.select('g').write_parquet('{tmp_path}/out')")
    result = verify(writes, writes.replace(".select('g')", ".select('g').distinct()"), tmp_path)
    assert result.status == "refuted"
    assert "100,000 rows before, 7 after" in result.verdicts[0].reason
    assert not (tmp_path / "out").exists()


def test_an_order_that_the_script_asked_for_is_kept(tmp_path: Path) -> None:
    sorts = SCRIPT.replace("df.collect()", "df.sort('x').collect()")
    assert verify(sorts, sorts.replace("sort('x')", "sort('x', desc=True)"), tmp_path).status == "refuted"


def test_worse_is_refuted_though_the_rows_are_the_same(tmp_path: Path) -> None:
    result = verify(RIGHT, SCRIPT, tmp_path)
    assert result.verdicts[0].outcome == "refuted"
    assert "worse: calls" in result.verdicts[0].reason


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize("slows", [False, True])
def test_a_slower_or_faster_run_counts_only_where_another_one_is_as_well(
    always: bool, slows: bool, tmp_path: Path
) -> None:
    once = f"""
import os, time
flag = {str(tmp_path / "flag")!r}
if {always} or not os.path.exists(flag):
    open(flag, "w").close()
    slow = daft.func.batch(return_dtype=daft.DataType.int64())(lambda x: time.sleep(7) or x)
    daft.range(1).select(slow(daft.col("id"))).collect()
"""
    plain = "import daft\ndaft.range(1).select(daft.col('id')).collect()\n"
    path = str(tmp_path / "script.py")
    told: list[str] = []
    texts = [plain.encode(), (plain + once).encode()]
    case = VerifyCase(path, *(texts if slows else reversed(texts)), against="other.py")
    options = dataclasses.replace(NATIVE, compare="none")
    result = verify_case(case, options, told.append)
    assert result.status == (("refuted" if slows else "confirmed") if always else "harmless")
    assert ("time of the queries" in result.reason) is always
    assert told[2:] == [f"{path}: {label} (once more, for the time)" for label in ("before", "after")]


HELD = """
import daft
from daft import DataType, Series

kept = []

@daft.func.batch(return_dtype=DataType.int64(), batch_size={batch})
def double(x: Series) -> Series:
    kept.append(b"x" * {held})
    return Series.from_pylist([2 * v for v in x.to_pylist()])

df = daft.range(64)
df.select(double(df["id"])).collect()
"""
MEGABYTES = 2**20


@pytest.mark.parametrize(("code", "refuted"), [("DFT101", True), ("DFT102", True), ("DFT103", False)])
def test_more_memory_of_a_worker_refutes_a_fix_for_heavy_data(tmp_path: Path, code: str, refuted: bool) -> None:
    before, after = HELD.format(batch=64, held=MEGABYTES), HELD.format(batch=16, held=100 * MEGABYTES)
    texts = (after, before) if code == "DFT103" else (before, after)
    (verdict,) = verify(*texts, tmp_path, code=code).verdicts
    if refuted:
        assert (verdict.outcome, verdict.reason[:36]) == ("refuted", "same rows, but worse: memory of a wo")
    else:
        assert verdict.outcome in KEPT


def test_less_memory_of_a_worker_is_enough(tmp_path: Path) -> None:
    before, after = HELD.format(batch=16, held=100 * MEGABYTES), HELD.format(batch=16, held=MEGABYTES)
    (verdict,) = verify(before, after, tmp_path, code="DFT101").verdicts
    assert (verdict.outcome, verdict.reason[:30]) == ("confirmed", "same rows; memory of a worker ")


def test_a_little_more_memory_is_noise(tmp_path: Path) -> None:
    before, after = HELD.format(batch=16, held=MEGABYTES), HELD.format(batch=16, held=5 * MEGABYTES)
    (verdict,) = verify(before, after, tmp_path, code="DFT101").verdicts
    assert verdict.outcome == "harmless", verdict.reason


def test_nothing_moved_is_harmless(tmp_path: Path) -> None:
    result = verify(SCRIPT, SCRIPT + "\n# no change\n", tmp_path)
    assert result.verdicts[0].outcome == "harmless"
    assert VerifySummary([result]).exit_code == 0


def test_a_script_that_fails_before_and_after_is_failing(tmp_path: Path) -> None:
    broken = SCRIPT + "\nraise RuntimeError('always')\n"
    result = verify(broken, broken + "\n", tmp_path)
    assert (result.status, result.verdicts[0].outcome) == ("failing", "failing")
    assert "RuntimeError: always" in result.verdicts[0].reason
    assert VerifySummary([result]).exit_code == 1


def test_results_that_change_by_themselves_are_found_by_another_run(tmp_path: Path) -> None:
    random = SCRIPT.replace("2 * v for", "random.random() * 1e9 // 1 + v for").replace(
        "import daft", "import daft, random"
    )
    random = random.replace("100_000", "500").replace("[random", "[int(random").replace("+ v for", "+ v) for")
    again = verify(random, random + "\n", tmp_path)
    assert again.status == "harmless"
    assert again.unsteady == ("result 1 (line 11)",)
    fewer = verify(random, random.replace("500", "499"), tmp_path)
    assert fewer.status == "refuted"
    steady = verify(random.replace("int(random.random() * 1e9 // 1 + v)", "2 * v"), random, tmp_path)
    assert steady.status == "refuted"
    assert steady.unsteady == ()
    by_schema = verify(random, random + "\n", tmp_path, options=dataclasses.replace(NATIVE, compare="schema"))
    assert by_schema.status == "harmless"
    assert by_schema.verdicts[0].reason.startswith("same schema, nothing moved")
    assert again.verdicts[0].reason.startswith("same as far as compared, nothing moved")


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("# same", "", "harmless"),
        ("2 * v for", "2 * v + (v == 77) for", "refuted"),
        ("% 7 for", "% 8 for", "refuted"),
        ("sort('x')", "sort('x', desc=True)", "refuted"),
    ],
)
def test_what_stands_beside_a_random_column_is_compared(tmp_path: Path, old: str, new: str, status: str) -> None:
    drawn = "df.with_column('id', daft.functions.uuid()).sort('x')"
    sampled = SCRIPT.replace("100_000", "500").replace("df.collect()", f"{drawn}.collect()  # same")
    assert old in sampled
    result = verify(sampled, sampled.replace(old, new), tmp_path)
    assert result.status == status
    assert len(result.unsteady) == 1
    writes = sampled.replace(".collect()", f".write_parquet('{tmp_path}/out')")
    assert verify(writes, writes.replace(old, new), tmp_path).status == status


def test_a_memory_limit_shows_that_the_fix_survives(tmp_path: Path) -> None:
    hungry = SCRIPT.replace("import daft\n", "import daft, time\nheld = bytearray(b'x') * 900_000_000\ntime.sleep(2)\n")
    options = dataclasses.replace(NATIVE, memory_limit=700 * 2**20)
    result = verify(hungry, SCRIPT, tmp_path, code="DFT101", options=options)
    assert result.before is not None
    assert result.before.status == "memory limit"
    assert result.verdicts[0].outcome == "confirmed"
    assert "the failure is gone" in result.verdicts[0].reason


@pytest.mark.parametrize(
    ("name", "code", "at"),
    [("constructor", "DFT301", "max_concurrency"), ("sync_concurrency", "DFT302", "max_concurrency")],
)
def test_a_failure_that_is_gone_is_confirmed(name: str, code: str, at: str) -> None:
    result = verify_case(pair(name, code, at), NATIVE)
    (verdict,) = result.verdicts
    assert verdict.outcome == "confirmed"
    assert "max_concurrency" in verdict.reason


def test_a_dropped_step_takes_effect(tmp_path: Path) -> None:
    before = SCRIPT.replace("df = df.into_batches(16)", "df.where(df['g'] == 1)")
    after = before.replace("df.where(", "df = df.where(")
    result = verify(before, after, tmp_path, code="DFT401")
    assert result.verdicts[0].outcome == "confirmed"
    assert "takes effect" in result.verdicts[0].reason
    assert verify(before, before + "\n", tmp_path, code="DFT401").verdicts[0].outcome == "harmless"


def test_a_script_that_writes_elsewhere_is_not_run(tmp_path: Path) -> None:
    result = verify(SCRIPT + "\ndf.write_iceberg(table)\n", RIGHT, tmp_path)
    assert result.status == "failing"
    assert "write_iceberg cannot be redirected" in result.problem
    assert result.before is None
