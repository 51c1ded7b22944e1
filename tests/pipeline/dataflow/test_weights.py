from __future__ import annotations

import pytest

from daft_lint.pipeline import dtypes
from daft_lint.pipeline.dataflow.build import PipelineEnd, build_pipelines
from daft_lint.pipeline.dataflow.step_facts import ScriptContext
from daft_lint.pipeline.interpreter.interpreter import interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Column, Pipeline, Reads, Settings, Strength, UdfCall, Weight
from daft_lint.source.document import Document
from tests.pipeline.chains import HEAVY, Chain, call, column, files, function, memory, parameter, udf


def built(chain: Chain) -> Pipeline:
    return build_pipelines([PipelineEnd(chain.step, Reads.ALL)], ScriptContext())[-1]


def columns(chain: Chain) -> dict[str, Column]:
    return dict(built(chain).sink.columns_out)


def last_call(chain: Chain) -> UdfCall:
    return built(chain).sink.udf_calls[-1]


def strength(weight: Weight) -> Strength | None:
    return None if weight.evidence is None else weight.evidence.strength


def test_a_download_is_heavy_from_its_own_step() -> None:
    chain = files().with_column("b", function("download", column("image_url")))
    made = columns(chain)["b"]
    assert (made.weight.heavy, strength(made.weight), made.inflated_by) == (True, Strength.PROOF, chain.step)
    (heavy_operation,) = built(chain).sink.heavy_operations
    assert heavy_operation.heavy_read


def test_what_a_udf_does_with_a_column_is_evidence_back_to_its_source() -> None:
    source = files()
    chain = source.rename("data", "d").with_column("e", function("fill_null", column("d")))
    made = last_call(chain.with_column("y", call(udf(takes=HEAVY), column("e"))))
    assert made.inflating is source.step
    assert [c.name for c in made.heavy] == ["e"]
    assert made.evidence is not None
    assert made.evidence.strength is Strength.STRONG


def test_evidence_never_speaks_against_what_is_known_to_be_light() -> None:
    made = last_call(memory(path=Weight.LIGHT).with_column("y", call(udf(takes=HEAVY), column("path"))))
    assert not made.is_heavy


def test_a_udf_is_heavy_by_what_a_later_one_does_with_its_output() -> None:
    first = memory(path=Weight.LIGHT).with_column("x", call(udf("load", opens=True), column("path")))
    pipeline = built(first.with_column("y", call(udf(takes=HEAVY), column("x"))))
    load, reader = (made for operator in pipeline.operators for made in operator.udf_calls)
    assert load.opens
    assert load.makes.heavy
    assert load.inflating is reader.inflating is first.step


def test_a_udf_that_turns_heavy_data_into_lists() -> None:
    chain = files(pdf=HEAVY).with_column("pages", call(udf(unsized_output=True), column("pdf")))
    assert columns(chain)["pages"].weight.heavy
    light = files(text=Weight.LIGHT).with_column("pages", call(udf(unsized_output=True), column("text")))
    assert columns(light)["pages"].weight.heavy is None


def test_names_are_hints_for_file_sources_where_nothing_else_is_known() -> None:
    made = last_call(files().with_column("y", call(udf(), column("image"))))
    assert made.evidence is not None
    assert made.evidence.strength is Strength.HINT
    for source in (memory(closed=False), parameter()):
        assert not last_call(source.with_column("y", call(udf(), column("image")))).is_heavy
    for said in (udf(takes=Weight.LIGHT), udf(opens=True)):
        assert not last_call(files().with_column("y", call(said, column("image")))).is_heavy


def test_a_declared_type_says_what_the_source_holds() -> None:
    proof = Weight.of(Strength.PROOF, "its type is declared")
    source = files()
    chain = source.with_column("t", function("cast", column("t"), weight=proof))
    assert columns(chain)["t"].inflated_by is source.step


def test_image_functions_and_ai_functions_take_heavy_columns() -> None:
    source = files()
    chain = source.with_column("w", function("image_width", column("scan")))
    assert columns(chain)["scan"].inflated_by is source.step
    made = last_call(source.with_column("e", function("embed_image", column("scan"), batch_size=8)))
    assert (made.udf.name, made.is_heavy, made.bound.rows) == ("embed_image", True, 8)
    assert made.makes.heavy is False


def test_an_explode_of_heavy_lists_is_an_inflation() -> None:
    chain = files(frames=HEAVY).then("explode", outputs=(column("frames"),))
    assert len(built(chain).sink.heavy_operations) == 1
    light = files(ids=Weight.LIGHT).then("explode", outputs=(column("ids"),))
    assert not built(light).sink.heavy_operations


def test_columns_of_both_sides_of_a_join() -> None:
    right = files(img=HEAVY, id=Weight.LIGHT)
    joined = memory(id=Weight.LIGHT).then("join", others=(right,), reads=(column("id"),))
    made = columns(joined)["img"]
    assert (made.weight.heavy, made.inflated_by) == (True, joined.step)
    semi = memory(id=Weight.LIGHT).then("join", others=(right,), reads=(column("id"),), how="semi")
    assert "img" not in columns(semi)


def test_evidence_reaches_both_sides_of_a_union() -> None:
    left, right = files(), files()
    chain = left.then("concat", others=(right,)).with_column("y", call(udf(takes=HEAVY), column("x")))
    made = build_pipelines([PipelineEnd(chain.step, Reads.ALL)], ScriptContext())
    assert [p.sink.udf_calls[0].inflating for p in made] == [left.step, right.step]


def test_select_leaves_only_its_columns() -> None:
    operator = built(files(b=HEAVY).select(column("a"), column("image"))).sink
    assert set(operator.columns_out) == {"a", "image"}


@pytest.mark.parametrize(("side", "heavy"), [(512, True), (100, False), (None, True)])
def test_resize_makes_what_its_size_says(side: int | None, heavy: bool) -> None:
    source = files(image=HEAVY)
    made = columns(source.with_column("small", function("resize", column("image"), w=side, h=side)))["small"]
    assert made.weight.heavy is heavy
    assert made.inflated_by is (source.step if heavy else None)
    assert made.weight.row_bytes == (None if side is None else side * side * 3)


def test_a_field_whose_name_is_light_is_not_as_heavy_as_its_struct() -> None:
    source = files(out=HEAVY)
    label = source.with_column("a", function("get", column("out"), key="label"))
    image = source.with_column("a", function("get", column("out"), key="image"))
    assert columns(label)["a"].weight.heavy is None
    assert columns(image)["a"].weight.heavy


@pytest.mark.parametrize("is_listed", [False, True])
@pytest.mark.parametrize(("field", "heavy"), [("codec", False), ("poster", True), ("other", True)])
def test_a_field_is_as_heavy_as_its_own_type(field: str, heavy: bool, is_listed: bool) -> None:
    info = dtypes.make(
        "struct", ({"codec": dtypes.make("string", (), {}), "poster": dtypes.make("binary", (), {})},), {}
    )
    declared = dtypes.make("list", (info,), {}) if is_listed else info
    probe = udf("probe", returns=declared.weight(Strength.PROOF, None, 1024))
    made = files().with_column("info", call(probe, column("path")))
    if is_listed:
        made = made.with_column("info", function("explode", column("info")))
    made = made.with_column("alias", column("info"))
    assert columns(made.with_column("a", function("get", column("alias"), **{"0": field})))["a"].weight.heavy is heavy


def test_a_list_of_any_number_has_no_size_a_row() -> None:
    image = Weight.of(Strength.PROOF, "it is an image", None, 150_528)
    (listed,) = (columns(files(x=image).with_column("a", function("list_agg", column("x"))))["a"].weight,)
    assert (listed.heavy, listed.row_bytes) == (True, None)


def test_a_source_whose_other_columns_are_light() -> None:
    text = "import daft\nfrom daft.datasets import lerobot\nlerobot.read_episodes('a').sort('image').collect()"
    document = Document.from_bytes("a.py", text.encode())
    (pipeline,) = interpret(document, Settings(), Project()).pipelines
    assert pipeline.sink.columns_out["image"].weight.heavy is False
