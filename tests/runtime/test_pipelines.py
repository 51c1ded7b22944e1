"""The pipelines of the fixtures: what they must raise, and what came out when their fixes were run on Ray."""

from __future__ import annotations

import pytest
from daft_lint_runtime.spec import RunOptions
from daft_lint_runtime.verify import verify_case

from tests.runtime.runtime_cases import expected, measured, pipeline, pipeline_cluster, pipeline_names

VERDICTS = {
    "actor_options": {"DFT301": "confirmed"},
    "actor_pool": {"DFT201": "confirmed"},
    "async_fetch": {"DFT203": "confirmed"},
    "audio_resample": {"DFT101": "confirmed", "DFT102": "confirmed", "DFT203": "confirmed"},
    "blob_batches": {"DFT103": "confirmed"},
    "dropped_step": {"DFT401": "confirmed"},
    "few_partitions": {"DFT202": "confirmed"},
    "http_download": {"DFT107": "harmless"},
    "image_embed": {"DFT101": "confirmed"},
    "image_files": {"DFT101": "confirmed", "DFT203": "confirmed"},
    "join_labels": {"DFT105": "confirmed"},
    "native_partitions": {"DFT204": "confirmed"},
    "pdf_chunks": {"DFT101": "confirmed"},
    "several_udfs": {"DFT101": "confirmed"},
    "video_frames": {"DFT101": "confirmed", "DFT105": "confirmed"},
    "web_archive_text": {"DFT101": "confirmed"},
}
"""Harmless is a rule without a fix, and without a measure that one run could show."""

EACH_RUN = ("blob_batches", "image_embed", "native_partitions")
"""Verified at each run of the tests; `make verify` takes all of them."""


def test_every_pipeline_has_its_verdicts() -> None:
    assert sorted(VERDICTS) == pipeline_names()
    for name, verdicts in VERDICTS.items():
        assert set(verdicts) == {code for _, code, _ in expected(name)}


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_the_linter_finds_what_is_marked(name: str) -> None:
    found = {(f.span.line, f.code, f.level.name.lower()) for f in pipeline(name).findings}
    assert found == expected(name)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in EACH_RUN else pytest.mark.slow) for n in sorted(VERDICTS)]
)
@pytest.mark.ray
def test_the_fix_holds_on_ray(name: str) -> None:
    result = verify_case(pipeline(name), RunOptions(timeout=90, cluster=pipeline_cluster(name)))
    assert {v.finding.code: v.outcome for v in result.verdicts} == VERDICTS[name], [v.reason for v in result.verdicts]
    assert all(c.equal for c in result.comparisons)
    for run, predicted in zip((result.before, result.after), result.case.predicted, strict=True):
        if run is not None and run.ok:
            assert measured(run, predicted) == dict(predicted)
    assert all(run.leftovers == 0 for run in (result.before, result.after) if run is not None)
