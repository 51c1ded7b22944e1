"""Which branches are taken together."""

from __future__ import annotations

import itertools

import pytest

from daft_lint.pipeline.dataflow.build import PipelineEnd, build_pipelines
from daft_lint.pipeline.dataflow.resolved import parents_first
from daft_lint.pipeline.dataflow.step_facts import ScriptContext
from daft_lint.pipeline.dataflow.variants import MAX_EXACT, MAX_VARIANTS, Variants
from daft_lint.pipeline.model import Branch, Decision, Reads, Step, StepKind
from tests.pipeline.chains import Chain, files, location
from tests.pipeline.dataflow.flows import names
from tests.work import lines_run


def merged(*ways: tuple[Chain, str, object]) -> Chain:
    """The frames, each with what is known where it is taken."""
    branches = tuple(
        Branch((Decision(location(), bool(value), subject, None, subject),), {subject: value})
        for _, subject, value in ways
    )
    parents = tuple(chain.step for chain, _, _ in ways)
    return Chain(Step("merge", StepKind.MERGE, location(), parents=parents, branches=branches))


def optional(chain: Chain, test: str) -> Chain:
    return merged((chain, test, False), (chain.where(test), test, True))


def variants(chain: Chain) -> list[dict[Step, int]]:
    return Variants(parents_first([chain.step])).of(chain.step)


def optional_steps(count: int) -> Chain:
    chain = files()
    for number in range(count):
        chain = optional(chain, f"t{number}")
    return chain.then("limit", count=1)


def test_without_branches_there_is_one_variant() -> None:
    assert variants(files().where("a")) == [{}]


def test_few_variants_are_all_taken_the_first_branch_first() -> None:
    found = variants(optional_steps(3))
    assert [tuple(reversed(one.values())) for one in found] == [
        tuple(reversed(values)) for values in itertools.product((0, 1), repeat=3)
    ]


def test_branches_on_one_test_are_taken_alike() -> None:
    assert len(variants(optional(optional(files(), "a"), "a"))) == 2
    opposite = merged((files(), "b", True), (files().where("x"), "b", False))
    assert len(variants(optional(optional(opposite, "b"), "c"))) == 4


@pytest.mark.parametrize("count", [5, 17, 40])
def test_any_two_optional_steps_are_taken_in_all_four_ways(count: int) -> None:
    found = variants(optional_steps(count))
    merges = list(found[0])
    for first, second in itertools.combinations(merges, 2):
        assert {(one[first], one[second]) for one in found} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert len(found) <= max(MAX_EXACT, 2 * count.bit_length() + 2)


def test_every_branch_of_many_wide_branchings_is_taken() -> None:
    chain = files()
    for number in range(12):
        chain = merged(*((chain.where(f"{number}.{way}"), f"m{number}", way) for way in range(7)))
    found = variants(chain)
    for merge in found[0]:
        assert {one[merge] for one in found} == set(range(7))
    assert len(found) <= 30


def test_branches_that_exclude_each_other_are_each_taken_once() -> None:
    chain = files()
    for number in range(40):
        # One mode at most: what is known of it differs.
        chain = merged((chain, f"not {number}", True), (chain.where(str(number)), "mode", number))
    found = variants(chain)
    assert all(sum(one.values()) <= 1 for one in found)
    assert {index for one in found for index, taken in enumerate(reversed(one.values())) if taken} == set(range(40))


def test_of_many_branches_that_exclude_each_other_some_are_taken_and_a_limit_says_so() -> None:
    ways = ((files().where(str(number)), "mode", number) for number in range(400))
    end = PipelineEnd(merged(*ways).then("limit", count=1).step, Reads.ALL)
    limits: list[str] = []
    assert MAX_VARIANTS <= len(build_pipelines([end], ScriptContext(), limits)) < 2 * MAX_VARIANTS
    assert limits == ["branches before `limit`"]


def test_a_branch_within_another_that_is_seldom_taken_occurs() -> None:
    chain = files()
    for number in range(20):
        inner = merged(*((chain.where(f"{number}.{way}"), f"i{number}", way) for way in range(3)))
        chain = optional(chain, f"t{number}")
        chain = merged(
            (chain, f"o{number}", 0), (chain.where("x"), f"o{number}", 1), (inner.where("y"), f"o{number}", 2)
        )
    order = parents_first([chain.step])
    found = Variants(order).of(chain.step)
    for merge in (step for step in order if step.kind is StepKind.MERGE):
        assert {one[merge] for one in found if merge in one} == set(range(len(merge.parents)))


def test_work_is_linear_in_the_optional_steps() -> None:
    def build(count: int) -> int:
        end = PipelineEnd(optional_steps(count).step, Reads.ALL)
        return lines_run(build_pipelines, [end], ScriptContext())

    assert build(240) < 5.5 * build(60)


def test_a_path_says_which_branches_it_takes() -> None:
    chain = optional(optional(files(), "a"), "b").then("limit", count=1)
    made = build_pipelines([PipelineEnd(chain.step, Reads.ALL)], ScriptContext())
    assert [names(one) for one in made] == [["read_parquet", *["where"] * taken, "limit"] for taken in (0, 1, 1, 2)]
    assert [[(d.text, d.holds) for d in one.decisions] for one in made] == [
        [("a", False), ("b", False)],
        [("a", True), ("b", False)],
        [("a", False), ("b", True)],
        [("a", True), ("b", True)],
    ]


def test_steps_above_all_branches_are_shared() -> None:
    source = files()
    made = build_pipelines([PipelineEnd(optional(source, "a").then("limit", count=1).step, Reads.ALL)], ScriptContext())
    assert {one.source.step for one in made} == {source.step}
