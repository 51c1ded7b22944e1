"""Is a private Ray large enough for the actors that a script asks for?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from daft_lint_runtime.capacity import CPUS_PER_CORE, with_capacity
from daft_lint_runtime.case import VerifyCase
from daft_lint_runtime.cluster import usable_cpus
from daft_lint_runtime.spec import ClusterSpec

from daft_lint.config import Config
from tests.runtime.runtime_cases import finding

SCRIPT = """
import daft
from daft import DataType, Series

@daft.cls(max_concurrency={actors}{more})
class Model:
    @daft.method.batch(return_dtype=DataType.int64(), batch_size=16)
    def score(self, x: Series) -> Series:
        return x

df = daft.range(1024).repartition(64)
df.select(Model().score(df["id"])).collect()
"""


def case(actors: int, more: str = "") -> VerifyCase:
    return VerifyCase("script.py", SCRIPT.format(actors=actors, more=more).encode(), None)


def test_a_cluster_that_is_large_enough_stays() -> None:
    assert with_capacity(case(usable_cpus()), ClusterSpec(), Config()) == case(usable_cpus())
    assert with_capacity(case(4), ClusterSpec(nodes=4, cpus_per_node=1), Config()) == case(4)
    assert with_capacity(case(1000), ClusterSpec(address="auto"), Config()) == case(1000)


def test_actors_beyond_the_cores_get_cpus() -> None:
    given = with_capacity(case(usable_cpus() + 1), ClusterSpec(), Config())
    assert given.cluster == ClusterSpec(cpus_per_node=usable_cpus() + 1)
    assert "so that all actors start" in given.notes[0]


@pytest.mark.parametrize(
    ("actors", "more", "asked"),
    [
        (CPUS_PER_CORE * usable_cpus() + 1, "", ClusterSpec()),
        (2, "", ClusterSpec(cpus_per_node=1)),
        (2, ", gpus=1", ClusterSpec(nodes=2, gpus_per_node=0)),
    ],
)
def test_too_many_actors_are_told_of(actors: int, more: str, asked: ClusterSpec) -> None:
    given = with_capacity(case(actors, more), asked, Config())
    assert given.cluster is None
    assert f"asks for {actors} actors" in given.notes[0]
    assert "Daft waits 120 s" in given.notes[0]


def test_a_shortage_that_is_to_be_shown_stays() -> None:
    short = replace(case(usable_cpus() + 1), findings=(finding("DFT303", "script.py", 5),))
    assert with_capacity(short, ClusterSpec(), Config()) == short
