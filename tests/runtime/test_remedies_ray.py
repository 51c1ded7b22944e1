"""The table "Where `into_batches` does harm", with the tool's own choice beside: the batches that look right make
something worse on Ray, and what `fix --unsafe` writes in their place does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.harness import Run, run_text, workspace
from daft_lint_runtime.private_ray import PrivateRay
from daft_lint_runtime.spec import ClusterSpec, RunOptions
from daft_lint_runtime.verify import CaseResult, judged_case

from daft_lint import config as configuration
from daft_lint.fix.loop import fix_documents
from daft_lint.lint.engine import check_document
from daft_lint.source.document import Document

pytestmark = [pytest.mark.ray, pytest.mark.facts]

OPTIONS = RunOptions(timeout=300, cluster=ClusterSpec(nodes=2, cpus_per_node=1))
CONFIG = configuration.parse("[cluster]\nnodes = 2\ntotal_concurrency = 2\n", Path("daft-lint.toml"))

HEAD = """
import time
import daft
from daft import DataType, col
from daft.functions import rpad

daft.set_runner_ray()


@daft.func(return_dtype=DataType.binary())
def render(k: int) -> bytes:
    return bytes(200_000)


@daft.func.batch(return_dtype=DataType.int64(), batch_size=16)
def weigh(image):
    return [sum(one[:4]) % 251 for one in image.to_pylist()]


"""
MODEL = """@daft.cls
class Model:
    def __init__(self):
        time.sleep(0.5)

    @daft.method.batch(return_dtype=DataType.int64())
    def score(self, image):
        return [sum(one[:4]) % 251 for one in image.to_pylist()]


"""


@dataclass(frozen=True)
class Case:
    """A script, the batches that look right in it, and what a run says of them."""

    script: str
    batches: str
    harm: str

    @property
    def with_batches(self) -> str:
        return self.script.replace("#HERE", self.batches)

    @property
    def by_the_tool(self) -> str:
        """The script after `fix --unsafe`."""
        document = Document.from_bytes("script.py", self.script.encode())
        report = fix_documents([document], lambda d: check_document(d, CONFIG).findings, unsafe=True)
        assert report.problems == ()
        return report.files[0].after.raw.decode()


PICTURES = 'df = daft.from_pydict({"id": list(range(256))}).with_column("image", render(col("id")))\n'
BATCHES = "df = df.into_batches(16)"
CASES = {
    "a model without bounds": Case(
        HEAD + MODEL + PICTURES + "#HERE\n"
        'df = df.with_column("score", Model().score(col("image"))).select("id", "score")\n'
        'df.write_parquet("out")\n',
        BATCHES,
        "model loads",
    ),
    "between a sort and a write": Case(
        HEAD + PICTURES + 'df = df.sort("id", desc=True)\n#HERE\n'
        'df = df.with_column("bytes", weigh(col("image"))).select("id", "bytes")\n'
        'df.write_parquet("out")\n',
        BATCHES,
        "though the script sorts",
    ),
    "behind a heavy into_partitions": Case(
        HEAD + PICTURES + "df = df.into_partitions(8)\n#HERE\n"
        'df = df.with_column("bytes", weigh(col("image"))).select("id", "bytes").collect()\n',
        BATCHES,
        "object store",
    ),
    "before a write of light rows": Case(
        HEAD + PICTURES + '#HERE\ndf = df.with_column("bytes", weigh(col("image"))).select("id", "bytes")\n'
        'df.write_parquet("out")\n',
        BATCHES,
        "files written",
    ),
}


@dataclass(frozen=True)
class Runs:
    base: Path
    ray: PrivateRay

    def run(self, label: str, text: str) -> Run:
        return run_text(label, str(self.base / "script.py"), text.encode(), "ray", OPTIONS, self.base, self.ray)

    def judged(self, before: Run, script: str, text: str, *, fixed: bool = False) -> CaseResult:
        document = Document.from_bytes("script.py", script.encode())
        findings = tuple(f for f in check_document(document, CONFIG).findings if f.fix is not None) if fixed else ()
        case = VerifyCase(str(self.base / "script.py"), script.encode(), text.encode(), findings, against="other.py")
        return judged_case(case, (before,), (self.run("after", text),), OPTIONS)


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with workspace() as base, PrivateRay(base) as ray:
        ray.session(OPTIONS.cluster, base)
        yield Runs(base, ray)


def said(result: CaseResult) -> str:
    return " ".join((result.reason, *(c.message for c in result.comparisons)))


@pytest.mark.parametrize("name", CASES)
def test_batches_do_harm_and_what_the_tool_writes_does_not(runs: Runs, name: str) -> None:
    case = CASES[name]
    before = runs.run("before", case.script)
    assert before.ok, before.stderr
    batches = runs.judged(before, case.script, case.with_batches)
    assert batches.status in ("refuted", "confirmed, but"), said(batches)
    assert case.harm in said(batches), said(batches)
    written = case.by_the_tool
    if written != case.script:
        chosen = runs.judged(before, case.script, written, fixed=True)
        # Heavy rows that go to actors, or are sorted in several partitions, pass the object store: a price, and named.
        assert chosen.status != "refuted", (written, said(chosen))
        assert case.harm not in said(chosen).partition("; but ")[2], (written, said(chosen))
