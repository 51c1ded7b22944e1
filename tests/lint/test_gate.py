"""What is offered: the first remedy that makes no effect worse, and why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from daft_lint import config as configuration
from daft_lint.api.finding import Finding, FindingFix, Level, Span
from daft_lint.fix.loop import fix_documents
from daft_lint.lint.analysis import Analysis
from daft_lint.lint.engine import check_document
from daft_lint.lint.gate import MAX_TRIALS, MOST_OVERLAPPING, Gate
from daft_lint.lint.outlook import Counted, Outlook, harm_between
from daft_lint.lint.results import Proposal, RawFinding
from daft_lint.pipeline.dataflow.effects.effects import RowOrder
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Settings
from daft_lint.source.document import Document
from daft_lint.source.edit import Edit

HEAD = """
import daft
from daft import DataType, col
from daft.functions import decode_image, download

{setup}

@daft.func.batch(return_dtype=DataType.float64())
def blur(pictures: list[bytes]):
    return [float(len(p)) for p in pictures]

@daft.func(return_dtype=DataType.list(DataType.binary()))
def pages(pdf: bytes) -> list[bytes]:
    return split(pdf)

@daft.cls
class Tagger:
    def __init__(self):
        self.net = load()

    @daft.method.batch(return_dtype=DataType.int64())
    def tag(self, pictures: list[bytes]):
        return [self.net(p) for p in pictures]

"""
RAY = "daft.set_runner_ray()"
FACTS = "[cluster]\nnodes = 2\ntotal_concurrency = 4\n"


def config(facts: str = "") -> configuration.Config:
    from pathlib import Path

    return configuration.parse(facts, Path("daft-lint.toml"))


def findings(script: str, facts: str = "", setup: str = RAY) -> tuple[Finding, ...]:
    document = Document.from_bytes("a.py", (HEAD.format(setup=setup) + script).encode())
    return check_document(document, config(facts)).findings


def only(script: str, code: str, facts: str = "", setup: str = RAY) -> Finding:
    (finding,) = (found for found in findings(script, facts, setup) if found.code == code)
    return finding


def fixed(script: str, facts: str = "", setup: str = RAY) -> str:
    """The script after `fix --unsafe`, to the end."""
    head = HEAD.format(setup=setup)
    document = Document.from_bytes("a.py", (head + script).encode())
    checked = config(facts)
    report = fix_documents([document], lambda d: check_document(d, checked).findings, unsafe=True)
    assert not report.problems
    after = report.files[0].after
    scripts = [interpret(d, checked.settings, Project()) for d in (document, after)]
    assert harm_between(*scripts) == ()
    return after.raw.decode()


WRITES = "daft.read_parquet('a.parquet').with_column('b', blur(col('image'))).select('b').write_parquet('out')"


def test_files_of_light_rows_are_gathered_where_the_number_is_known() -> None:
    finding = only(WRITES, "DFT101")
    assert finding.fix is not None
    assert finding.fix.title.endswith("with `.into_partitions(1)` before the write")
    assert finding.fix.effects == ("1 -> many tasks", "up to 131,072 -> up to 115 rows a call")
    assert ".select('b').into_partitions(1).write_parquet('out')" in fixed(WRITES)


def test_there_is_no_fix_and_a_reason_where_it_is_not() -> None:
    finding = only(WRITES.replace("a.parquet", "a/"), "DFT101")
    assert finding.fix is None
    assert "no fix: it would write many files, one for each batch" in finding.suggestion
    assert ".into_partitions(2).write_parquet" in fixed(WRITES.replace("a.parquet", "a/"), FACTS)


MODEL = "df = daft.read_parquet('a.parquet')\ndf = df.with_column('t', Tagger().tag(col('image'))).to_pydict()"


def test_the_loads_of_a_model_are_bounded_with_the_batches_where_the_facts_give_a_number() -> None:
    text = fixed(MODEL, FACTS)
    assert "@daft.cls(max_concurrency=4)" in text
    assert "into_batches(64)" in text
    finding = only(MODEL, "DFT101")
    assert finding.fix is None
    assert "no fix: it would make many model loads, one for each batch, instead of 1" in finding.suggestion


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "df = daft.read_parquet('a/').sort('k')\n"
            "df.with_column('b', blur(col('image'))).select('b').write_parquet('out')",
            "lose the order of the `sort`",
        ),
        (
            "df = daft.read_parquet('a/').distinct('k')\ndf.with_column('b', blur(col('image'))).to_pydict()",
            "move the heavy column `image`",
        ),
        (
            "df = daft.read_video_frames('a.mp4', image_height=640, image_width=640)\n"
            "df.with_column('b', blur(col('data'))).to_pydict()",
            "move the heavy column `data`",
        ),
        (
            "df = daft.read_parquet('a/', checkpoint=kept)\ndf.with_column('b', blur(col('image'))).to_pydict()",
            "put `into_batches` behind a checkpoint",
        ),
    ],
)
def test_no_batches_where_they_do_harm(script: str, reason: str) -> None:
    assert all("into_batches" not in found.fix.title for found in findings(script) if found.fix is not None)
    assert any(reason in found.suggestion for found in findings(script) if found.code == "DFT101")
    assert "into_batches" not in fixed(script)


def test_a_sorted_file_stays_sorted_on_the_native_runner_too() -> None:
    script = "df = daft.read_parquet('a/').sort('k')\n"
    script += "df.with_column('b', blur(col('image'))).select('b').write_parquet('out')"
    assert "into_batches" not in fixed(script, setup="daft.set_runner_native()")


def test_the_batches_go_before_what_makes_the_pages_and_never_behind_the_explode() -> None:
    script = """
df = daft.read_parquet('a.parquet').with_column('pdf', download(col('url')))
df = df.with_column('page', pages(col('pdf'))).explode('page')
df = df.with_column('image', decode_image(col('page'))).to_pydict()
"""
    text = fixed(script)
    assert "explode('page').into_batches" not in text
    assert "into_batches(64).with_column('pdf', download" in text
    assert text.count("into_batches") == 1


def test_an_author_s_repartition_is_not_replaced() -> None:
    script = "df = daft.read_parquet('a.parquet').repartition(8)\n"
    script += "df.with_column('d', download(col('url'))).with_column('b', blur(col('d'))).to_pydict()"
    assert ".repartition(8)" in fixed(script)


def test_the_fan_out_of_a_condition_is_left_alone_on_both_its_paths() -> None:
    script = """
def run(n: int):
    df = daft.read_parquet('a.parquet')
    if n > 1:
        df = df.repartition(n)
    df = df.with_column('d', download(col('url'))).with_column('b', blur(col('d')))
    df.select('b').write_parquet('out')
"""
    assert fixed(script).endswith(script)


def test_a_fix_is_no_worse_on_any_path() -> None:
    script = """
def run(ordered: bool):
    df = daft.read_parquet('a.parquet')
    if ordered:
        df = df.sort('at')
    df = df.with_column('d', download(col('url'))).with_column('b', blur(col('d')))
    df.select('b').write_parquet('out')
"""
    assert "into_batches" not in fixed(script)
    refused = "There is no fix: `.into_batches(64)` before `download` would lose the order of the `sort`"
    assert only(script, "DFT101").suggestion == refused


def test_a_heavy_into_partitions_moves_and_that_is_one_finding() -> None:
    script = """
df = daft.read_parquet('a.parquet').with_column('d', download(col('url'))).into_partitions(8)
df = df.with_column('b', blur(col('d'))).to_pydict()
"""
    (finding,) = findings(script)
    assert finding.code == "DFT105"
    text = fixed(script)
    assert "into_partitions(8).with_column('d', download" in text
    assert "into_batches" not in text


def test_what_one_edit_ends_is_one_finding() -> None:
    script = "df = daft.from_glob_path('a/*.png').with_column('d', download(col('path')))\n"
    script += "df.with_column('b', blur(col('d'))).to_pydict()"
    assert [found.code for found in findings(script)] == ["DFT101"]


def test_a_batch_size_that_a_function_gives_is_spelled_as_a_call_of_it() -> None:
    setup = "import os\n\ndef rows():\n    return int(os.environ.get('ROWS', '512'))\n"
    script = """
@daft.func.batch(return_dtype=DataType.float64(), batch_size={})
def sharp(pictures: list[bytes]):
    return [1.0 for p in pictures]

df = daft.read_parquet('a.parquet').with_column('s', sharp(col('image'))).to_pydict()
"""
    assert "into_batches(rows())" in fixed(script.format("rows()"), setup=setup)
    direct = script.format("int(os.environ.get('ROWS', '512'))")
    assert "512)" not in fixed(direct, setup=setup).partition("df = ")[2]


REPARTITIONED = """
df = daft.read_parquet('a.parquet').with_column('d', download(col('url')))
df = df.with_column('image', decode(col('d'))).exclude('d').repartition(40)
df.with_column('b', blur(col('image'))).select('b').write_parquet('out')
"""
DECODES = RAY + "\n@daft.func(return_dtype=DataType.image())\ndef decode(jpeg: bytes):\n    return read(jpeg)\n"


def test_of_two_fixes_at_one_place_the_second_is_offered_only_if_it_is_behind_the_first() -> None:
    moved, left = (only(REPARTITIONED, code, setup=DECODES) for code in ("DFT105", "DFT101"))
    assert moved.fix is not None
    assert left.fix is None
    text = fixed(REPARTITIONED, setup=DECODES)
    assert "repartition(40).with_column('d', download" in text
    assert "into_batches" not in text


def test_findings_that_one_remedy_would_end_are_one_where_it_has_no_fix_too() -> None:
    script = WRITES.replace("'a.parquet').", "'a.parquet').with_column('image', download(col('url'))).")
    assert [f.code for f in findings(script, setup="import ray") if f.code in ("DFT203", "DFT101")] == ["DFT101"]
    spread = findings(script.replace("a.parquet", "a/"))
    (finding,) = (f for f in spread if f.code in ("DFT203", "DFT101"))
    assert finding.code == "DFT101"
    assert finding.fix is None


def test_the_advice_for_a_fan_out_behind_a_sort_keeps_its_order() -> None:
    script = """
df = daft.read_parquet('a.parquet').sort('k').with_column('d', download(col('url')))
df.with_column('b', blur(col('d'))).select('b').write_parquet('out')
"""
    assert only(script, "DFT203").suggestion.startswith("Write `.into_partitions(n)`, which keeps the order")


def test_the_advice_for_what_the_script_has_gathered_is_to_gather_it_later() -> None:
    script = "df = daft.read_parquet('a/').into_partitions(1).with_column('d', download(col('url')))\n"
    script += "df.with_column('b', blur(col('d'))).select('b').write_parquet('out')"
    assert only(script, "DFT203").suggestion.startswith("Put the `into_partitions(1)` behind it")


EXPLODED = """
df = daft.read_parquet('a/'){few}.explode('images').with_column('image', decode_image(col('images')))
df.with_column('b', blur(col('image'))).to_pydict()
"""


def test_batches_before_an_explode_count_by_the_rows_that_it_multiplies() -> None:
    finding = only(EXPLODED.format(few=""), "DFT101")
    assert finding.fix is not None
    multiplied = "up to 131,072 -> up to 115 rows that `explode` multiplies of `decode_image` and `blur`"
    assert multiplied in finding.fix.effects


def test_batches_that_bound_nothing_are_not_offered() -> None:
    finding = only(EXPLODED.format(few=".limit(100).collect()"), "DFT101")
    assert finding.fix is None
    assert finding.suggestion.endswith("(no fix: nothing would be better)")


def test_batches_go_before_the_first_step_that_opens_files_and_end_its_finding_too() -> None:
    script = """
from daft.functions import video_file, video_frames, video_metadata

df = daft.from_glob_path('a/*.mp4').with_column('v', video_file(col('path')))
df = df.with_column('m', video_metadata(col('v'))).with_column('f', video_frames(col('v'))).to_pydict()
"""
    (finding,) = (found for found in findings(script) if found.code in ("DFT203", "DFT106"))
    assert finding.level is Level.WARNING
    assert finding.fix is not None
    assert finding.suggestion == "Write `.into_batches(64)` before `video_metadata`"
    assert "into_batches(64).with_column('m'" in fixed(script)


REPEATED = {
    "DFT501": ("2 -> 1 runs of `ocr`", "{frame}df.write_parquet('out')\ndf.write_csv('also')"),
    "DFT503": ("all rows in memory -> those in flight", "{frame}df.collect().write_parquet('out')"),
    "DFT507": ("all columns -> 1 at the driver", "{frame}print(df.to_pandas()['t'])"),
}


@pytest.mark.parametrize("code", REPEATED)
def test_what_is_done_less_often_is_said_as_well(code: str) -> None:
    effect, script = REPEATED[code]
    frame = "df = daft.read_csv('a/').with_column('t', ocr(col('path')))\n"
    ocr = "@daft.func\ndef ocr(path: str) -> str:\n    with open(path) as text:\n        return text.read()\n"
    finding = only(script.format(frame=ocr + frame), code)
    assert finding.fix is not None
    assert finding.fix.effects == (effect,)


def test_what_is_collected_keeps_its_partitions_so_that_files_are_counted_behind_it() -> None:
    script = """
df = daft.read_parquet('a.parquet').with_column('d', download(col('url'))).with_column('b', blur(col('d')))
df = df.exclude('d').sort('b').collect()
df.write_parquet('out')
df.write_csv('also')
"""
    assert "would write unknown files instead of 1" in only(script, "DFT101").suggestion
    assert "into_batches" not in fixed(script)


def test_tasks_may_cost_a_built_in_function_as_many_rows_as_a_download_hands_on() -> None:
    script = """
df = daft.read_parquet('a.parquet').with_column('image', decode_image(download(col('url'))))
df.with_column('t', Small().tag(col('image'))).exclude('image').write_parquet('out')
"""
    small = (
        RAY
        + """

@daft.cls(max_concurrency=4)
class Small:
    def __init__(self):
        self.net = load()

    @daft.method.batch(return_dtype=DataType.string(), batch_size=4)
    def tag(self, pictures: list[bytes]):
        return self.net(pictures)
"""
    )
    finding = only(script, "DFT101", FACTS, small)
    assert finding.fix is not None
    assert "1 -> 2 nodes" in finding.fix.effects


def test_fixes_of_pipelines_of_their_own_are_all_tried_however_many_there_are() -> None:
    pair = "t{0} = daft.read_parquet('s3://a/{0}').into_batches(64).repartition(8)\nt{0}.write_parquet('s3://b/{0}')\n"
    found = findings("".join(map(pair.format, range(4 * MAX_TRIALS))))
    assert [(one.code, one.fix is None) for one in found] == [("DFT205", False)] * 4 * MAX_TRIALS


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Edit]]:
    """The edits of each trial."""
    tried: list[Sequence[Edit]] = []
    foreseen = Analysis.foreseen

    def counting(self: Analysis, edits: Sequence[Edit], settings: Settings) -> Outlook:
        tried.append(edits)
        return foreseen(self, edits, settings)

    monkeypatch.setattr(Analysis, "foreseen", counting)
    return tried


LOWER = "@daft.func\ndef lower(text: str) -> str:\n    return text.lower() if text is not None else None\n\n"


def test_fixes_in_each_other_are_tried_a_few_times_and_looked_ahead_for_once(tried: list[Sequence[Edit]]) -> None:
    call = f"users.select({'lower(' * 20}users['mail']{')' * 20}).write_parquet('out')\n"
    found = findings(f"{LOWER}users = daft.read_json('s3://a/*.jsonl')\n{call}")
    assert [one.code for one in found].count("DFT506") == 20
    assert any(one.fix is not None for one in found)
    assert len(tried) <= 2 * (2 + MOST_OVERLAPPING)


def test_fixes_in_each_other_are_all_made_in_the_end() -> None:
    begin = f"{LOWER}users = daft.read_json('s3://a/*.jsonl')\n"
    script = f"{begin}users.select({'lower(' * 12}users['mail']{')' * 12}).write_parquet('out')\n"
    assert fixed(script).endswith(f"{begin}users.select(users['mail']{'.lower()' * 12}).write_parquet('out')\n")


def test_calls_in_a_row_of_one_expression_are_fixed_in_one_pass(tried: list[Sequence[Edit]]) -> None:
    calls = [f".apply(lambda m: m.replace('{i}', '') if m is not None else None, DataType.string())" for i in range(40)]
    begin = "users = daft.read_json('s3://a/*.jsonl')\nusers.select(users['mail']"
    found = findings(f"{begin}{''.join(calls)}).write_parquet('out')\n")
    assert [(one.code, one.fix is None) for one in found] == [("DFT506", False)] * 40
    assert [len(edits) for edits in tried] == [1, 40]
    replaced = "".join(f".replace('{i}', '')" for i in range(40))
    after = fixed(f"{begin}{''.join(calls)}).write_parquet('out')\n")
    assert after.endswith(f"{begin}{replaced}).write_parquet('out')\n")


def test_fixes_of_one_kind_say_what_each_of_them_changes(tried: list[Sequence[Edit]]) -> None:
    calls = "".join(f".repartition({number})" for number in range(2, 32))
    found = findings(f"daft.read_parquet('s3://a/*.parquet'){calls}.write_parquet('out')\n")
    effects = [one.fix.effects for one in found if one.fix is not None and one.code == "DFT205"]
    assert effects == [(f"{number} -> {number - 1} shuffles",) for number in range(30, 1, -1)]
    assert [len(edits) for edits in tried] == [1, 29]


def test_fixes_that_change_no_pipeline_are_tried_each() -> None:
    edits = [Edit("a.py", None, at, at, "import m\n") for at in (0, 9, 18)]
    fixes = [FindingFix("Import m", None, (edit,)) for edit in edits]
    raws = [
        RawFinding(
            Finding("XYZ001", "xyz", Level.WARNING, Span("a.py", None, line, 1, line, 2), f"{line}", "", ""),
            proposals=(Proposal(fix, "", frozenset()),),
            subject=f"{line}",
        )
        for line, fix in enumerate(fixes, 1)
    ]

    def found(left: Sequence[RawFinding]) -> Outlook:
        return Outlook((), tuple(Counted("XYZ001", raw.subject) for raw in left))

    def foresee(made: Sequence[Edit]) -> Outlook:
        return found([raw for raw, edit in zip(raws, edits, strict=True) if edit not in made])

    gate = Gate(lambda: found(raws), foresee, None, frozenset({"XYZ001"}), 1)
    assert [raw.finding.fix is not None for raw in gate.settled(raws)] == [True] * 3


def test_of_fixes_of_one_kind_the_one_that_does_harm_is_found(
    tried: list[Sequence[Edit]], monkeypatch: pytest.MonkeyPatch
) -> None:
    foreseen = Analysis.foreseen

    def with_harm(self: Analysis, edits: Sequence[Edit], settings: Settings) -> Outlook:
        after = foreseen(self, edits, settings)
        if not any(edit.text == ".replace('5', '')" for edit in edits):
            return after
        paths = tuple((key, replace(effects, order=RowOrder.NONE)) for key, effects in after.paths)
        return replace(after, paths=paths)

    monkeypatch.setattr(Analysis, "foreseen", with_harm)
    calls = [f".apply(lambda m: m.replace('{i}', '') if m is not None else None, DataType.string())" for i in range(16)]
    begin = "users = daft.read_json('s3://a/*.jsonl').sort('mail')\nusers.with_column('m', users['mail']"
    found = findings(f"{begin}{''.join(calls)}).write_parquet('out')\n")
    without = [one.suggestion for one in found if one.code == "DFT506" and one.fix is None]
    assert len(without) == 1
    assert "would lose the order of the `sort`" in without[0]
    assert len(tried) < 16
