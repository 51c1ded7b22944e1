"""What runs have learned of UDFs, as the file of facts keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from daft_lint_runtime.facts import described, short_name, udf_facts, updated
from daft_lint_runtime.harness import Run, RunStatus, UdfCallRecord
from daft_lint_runtime.profile import SourceProfile, profile_script, sources_seen
from daft_lint_runtime.spec import RunOptions

from daft_lint.config import parse
from tests.runtime.conftest import RunScript

NOTHING = {field.name: 0 for field in fields(UdfCallRecord)}


def run_of(root: Path, calls: Sequence[tuple[int, float, int]], udf: str = "score") -> Run:
    """A run with calls of a UDF: the rows, seconds and process of each."""
    records = tuple(
        UdfCallRecord(**{**NOTHING, "udf": udf, "file": str(root / "job.py"), "kind": "", "node": "", "actor": "",
                         "began": number, "rows": rows, "seconds": seconds, "pid": pid})
        for number, (rows, seconds, pid) in enumerate(calls)
    )  # fmt: skip
    return Run("run", "ray", RunStatus.OK, "", root, 1.0, 0, 0, calls=records)


def test_full_batches_count_and_the_first_of_each_process_does_not(tmp_path: Path) -> None:
    calls = [(64, 9.0, 1), (64, 0.2, 1), (64, 8.0, 2), (64, 0.4, 2), (7, 0.001, 1)]
    facts = udf_facts(run_of(tmp_path, calls), tmp_path)
    assert facts == {"job.py:score": {"seconds-per-batch": 0.3, "batch-rows": 64}}


def test_where_each_process_made_one_call_all_count(tmp_path: Path) -> None:
    facts = udf_facts(run_of(tmp_path, [(64, 0.2, 1), (64, 0.4, 2)]), tmp_path)
    assert facts["job.py:score"]["seconds-per-batch"] == 0.3


@pytest.mark.parametrize(("slow", "skewed"), [(1.0, True), (0.3, False)])
def test_one_slow_batch_of_many_is_skew(slow: float, skewed: bool, tmp_path: Path) -> None:
    calls = [(64, 0.1, 1)] * 10 + [(64, slow, 1)]
    assert udf_facts(run_of(tmp_path, calls), tmp_path)["job.py:score"].get("skewed", False) is skewed


@pytest.mark.parametrize(
    ("qualified", "short"),
    [("score", "score"), ("Model.__call__", "Model"), ("Model.embed", "Model.embed"), ("main.<locals>.score", "score")],
)
def test_names_are_those_of_the_linter(qualified: str, short: str) -> None:
    assert short_name(qualified) == short


def test_facts_of_other_scripts_stay(tmp_path: Path) -> None:
    file = tmp_path / "daft-lint.facts.toml"
    file.write_text('[sources."a/*"]\nrows = 7\nheavy = ["x"]\n[udfs."job.py:old"]\nseconds-per-batch = 2.0\n')
    file.write_text(updated(file, {"b/*": {"rows": 8}}, udf_facts(run_of(tmp_path, [(64, 0.2, 1)]), tmp_path)))
    file.write_text(updated(file, {"b/*": {"rows": 9}}, {}))
    settings = parse(file.read_text(), file).settings
    assert [(pattern, facts.rows, facts.heavy) for pattern, facts in settings.sources] == [
        ("a/*", 7, ("x",)),
        ("b/*", 9, ()),
    ]
    assert {name: facts.seconds_per_batch for name, facts in settings.udfs} == {
        f"{tmp_path}/job.py:old": 2.0,
        f"{tmp_path}/job.py:score": 0.2,
    }


def test_what_verify_has_not_seen_of_a_source_stays(tmp_path: Path) -> None:
    file = tmp_path / "daft-lint.facts.toml"
    file.write_text('[sources."a/*"]\nrows = 7\nfiles = 3\nheavy = ["x"]\n')
    file.write_text(updated(file, {}, {}, {"a/*": {"rows": 8}, "b/*": {"rows": 9, "row-bytes": 4}}))
    found = dict(parse(file.read_text(), file).settings.sources)
    assert (found["a/*"].rows, found["a/*"].files, found["a/*"].heavy) == (8, 3, ("x",))
    assert (found["b/*"].rows, found["b/*"].row_bytes) == (9, 4)


HEAD = """
import tempfile
import daft
from daft import DataType, col

@daft.func.batch(return_dtype=DataType.int64())
def f(x):
    return x

{made}
df = daft.read_parquet({path!r})
"""


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ('df.with_column("y", f(col("id"))).write_parquet("out")', (1000, 16)),
        ('df.select(f(col("id"))).collect()', (1000, None)),
        ('df.with_column("y", f(col("id"))).agg(col("y").sum()).collect()', (1000, None)),
        ('df.with_column("y", f(col("id"))).where(col("id") < 10).collect()', None),
        ('df.limit(10).with_column("y", f(col("id"))).collect()', None),
        ('df.join(df, on="id").collect()', None),
        ("df.count_rows()", None),
    ],
)
def test_rows_count_only_where_all_of_a_source_was_read(
    query: str, seen: tuple[int, int | None] | None, run_script: RunScript, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"id": range(1000), "other": range(1000)}), tmp_path / "source.parquet")
    path = str(tmp_path / "source.parquet")
    run = run_script(HEAD.format(made="", path=path) + query)
    assert run.ok, run.message
    expected = () if seen is None else (SourceProfile(path, seen[0], None, seen[1]),)
    assert sources_seen(run) == expected


@pytest.mark.parametrize(
    "made",
    [
        'daft.range(1000).write_parquet("made")\ndaft.read_parquet("made").collect()',
        """
import pyarrow as pa, pyarrow.parquet as pq
path = tempfile.mkdtemp() + "/x.parquet"
pq.write_table(pa.table({"id": range(1000)}), path)
daft.read_parquet(path).collect()
""",
    ],
)
def test_what_the_script_itself_has_made_is_no_source(made: str, run_script: RunScript) -> None:
    run = run_script(HEAD.format(made=made, path="x").rpartition("df =")[0])
    assert run.ok, run.message
    assert len(run.sources) == 1
    assert sources_seen(run) == ()


def test_a_profile_takes_the_size_of_rows_from_what_stands_in_for_a_source(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": range(1000), "scan": [b"x" * 40_000] * 1000}), tmp_path / "sample.parquet")
    for path, known in (("s3://bucket/x.parquet", {}), (str(tmp_path / "sample.parquet"), {"rows": 1000, "files": 1})):
        script = tmp_path / "script.py"
        script.write_text(HEAD.format(made="", path=path) + "df.show()")
        options = RunOptions(runner="native", sources={"s3://*": str(tmp_path / "sample.parquet")})
        (source,) = profile_script(script, options).sources
        facts = source.facts(32 * 1024)
        assert facts.pop("row-bytes") == pytest.approx(40_012, abs=20)
        assert facts == {**known, "heavy": ["scan"]}


def test_what_stands_in_for_a_source_says_nothing_of_it(run_script: RunScript, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": range(1000)}), tmp_path / "sample.parquet")
    text = HEAD.format(made="", path="s3://bucket/x.parquet") + "df.collect()"
    run = run_script(text, sources={"s3://*": str(tmp_path / "sample.parquet")})
    assert run.ok, run.message
    assert sources_seen(run) == ()


def test_a_file_that_is_no_toml_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "daft-lint.facts.toml"
    file.write_bytes(b"\xff[")
    assert "[sources" in updated(file, {"a": {"rows": 1}}, {})


def test_what_was_learned_is_said() -> None:
    assert described(["a"], ["b", "c"]) == "1 source, 2 UDFs"
    assert described([], ["b"]) == "1 UDF"
