"""`api_history.tsv`, its language, and what the table says against the list of today's names."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from api_history import names

from daft_lint.pipeline.catalog.history.changes import Change, ChangeKind, Equality, changes
from daft_lint.pipeline.catalog.history.lookup import bound_to, concerned, may_concern
from daft_lint.pipeline.catalog.history.rewrites import Condition, NotBound, Rewrite, bind, signature_of

SIGNATURE = "(path, start=0, end=None, *, mode='r')"
WITH_REWRITE = [row for row in changes() if row.rewrite is not None]


def _id(row: Change) -> str:
    return f"{row.name}({', '.join(row.parameters)}) {row.rewrite.text if row.rewrite else ''}"


def test_it_loads_without_a_dependency() -> None:
    code = (
        "import sys; from daft_lint.pipeline.catalog.history.changes import changes; assert changes();"
        "print([m for m in ('libcst', 'click', 'daft', 'tomli', 'pathspec') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("row", changes(), ids=_id)
def test_versions_are_in_order(row: Change) -> None:
    if row.deprecated is not None and row.changed is not None:
        assert row.deprecated <= row.changed
    if row.kind is not ChangeKind.MEANING:
        assert row.changed is not None or row.deprecated is not None


@pytest.mark.parametrize("row", WITH_REWRITE, ids=_id)
def test_a_rewrite_speaks_of_parameters_of_the_old_signature(row: Change) -> None:
    assert row.rewrite is not None
    if row.rewrite.respelled or row.rewrite.defined:
        return
    parsed = signature_of(row.signature)
    known = {a.arg for a in (*parsed.posonlyargs, *parsed.args, *parsed.kwonlyargs)}
    known |= {a.arg for a in (parsed.vararg, parsed.kwarg) if a is not None}
    if parsed.kwarg is None:
        assert row.rewrite.slots() <= known
        assert set(row.parameters) <= known | set(row.rewrite.pins)


@pytest.mark.parametrize("row", WITH_REWRITE, ids=_id)
def test_a_rewrite_gives_what_the_newest_signature_takes(row: Change) -> None:
    """Keywords by their names, and what stays positional at the same place."""
    assert row.rewrite is not None
    if row.rewrite.respelled or row.rewrite.template or row.rewrite.is_udf:
        return
    new = _newest(row)
    old = signature_of(row.signature)
    takes = [a.arg for a in (*new.posonlyargs, *new.args) if a.arg not in ("self", "cls")]
    by_keyword = {*takes, *(a.arg for a in new.kwonlyargs)}
    order = [a.arg for a in (*old.posonlyargs, *old.args)]
    stays = order[: order.index(row.rewrite.named_from)] if row.rewrite.named_from else order
    stays = [name for name in stays if name not in row.rewrite.drops and not name.startswith("_")]
    rewritten = [row.rewrite.renames.get(name, name) for name in stays]
    if new.vararg is None:
        assert rewritten == takes[: len(rewritten)]
    if new.kwarg is None:
        assert {*row.rewrite.renames.values(), *row.rewrite.pins} <= by_keyword


@pytest.mark.parametrize("row", WITH_REWRITE, ids=_id)
def test_the_rewritten_call_was_there_in_the_version_of_the_row(row: Change) -> None:
    assert row.rewrite is not None
    if row.rewrite.respelled or row.rewrite.is_udf or row.rewrite.defined:
        return
    target = row.rewrite.to or row.rewrite.template.partition("(")[0] or row.name
    target = target.replace("{self}", row.name.partition(".")[0])
    target = row.name.partition(".")[0] + target if target.startswith(".") else target
    since = names.since()
    spelled = target if target in since else f"{target.removeprefix('daft.')}.__init__"

    assert row.since is not None
    assert row.since >= since[spelled]


def _newest(row: Change) -> ast.arguments:
    assert row.rewrite is not None
    target = row.rewrite.to or row.name
    if target.startswith("."):
        owner = row.name.split(".")[0]
        target = owner + target
    known = names.known()
    for name in (target, f"{target.removeprefix('daft.')}.__init__"):
        if known.get(name, "").startswith("("):
            return signature_of(_without_objects(known[name]))
    raise AssertionError(f"{target} is no name of the newest Daft")


def _without_objects(signature: str) -> str:
    """Defaults that are no Python (`<daft.datatype.MediaType object>`) as None."""
    parts = signature.split("<")
    return parts[0] + "".join("None" + part.split(">", 1)[1] for part in parts[1:])


@pytest.mark.parametrize("row", [row for row in changes() if row.equality is Equality.IF], ids=_id)
def test_a_condition_is_a_condition(row: Change) -> None:
    """It asks known questions, about parameters of the signature."""
    assert row.condition is not None
    if not row.signature:
        return
    parsed = signature_of(row.signature)
    parameters = [a.arg for a in (*parsed.posonlyargs, *parsed.args, *parsed.kwonlyargs)]
    assert row.condition.holds(bind(row.signature, [], dict.fromkeys(parameters, "1"))) in (True, False)
    asked = {n.args[0].id for n in ast.walk(ast.parse(row.condition.text)) if _is_question(n)}
    assert asked <= {*parameters, *([parsed.vararg.arg] if parsed.vararg else [])}


def _is_question(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and bool(node.args)


@pytest.mark.parametrize(
    ("positional", "keywords", "condition", "expected"),
    [
        (["p"], {}, "value(start) is None", False),
        (["p"], {}, "value(end) is None", True),
        (["p", "n"], {}, "value(start) >= 0", False),
        (["p", "n"], {}, "not value(start) >= 0", False),
        (["p", "3"], {}, "number(start) and value(start) >= 0", True),
        (["p", "-3"], {}, "number(start) and value(start) >= 0", False),
        (["p", "True"], {}, "number(start)", False),
        (["p", "True"], {}, "boolean(start)", True),
        (["p"], {"mode": "'w'"}, "value(mode) in ('w', 'a')", True),
        (["p"], {"mode": "m"}, "value(mode) in ('w', 'a')", False),
        (["p"], {"mode": "m"}, "given(mode) and not by_position(mode)", True),
        (["p", "0"], {}, "count() == 2", True),
        (["[a, b]"], {}, "listing(path)", True),
        (["files"], {}, "listing(path)", False),
        (["DataType.python()"], {}, '"python" in text(path)', True),
    ],
)
def test_conditions(positional: list[str], keywords: dict[str, str], condition: str, expected: bool) -> None:
    assert Condition(condition).holds(bind(SIGNATURE, positional, keywords)) is expected


@pytest.mark.parametrize(
    ("rewrite", "positional", "keywords", "expected"),
    [
        ("rename start=first", ["p", "1"], {}, ["p", "1"]),
        ("rename start=first", ["p"], {"start": "1"}, ["p", "first=1"]),
        ("drop end", ["p", "1", "2"], {"mode": "m"}, ["p", "1", "mode=m"]),
        ("pin mode='w'", ["p"], {}, ["p", "mode='w'"]),
        ("pin mode='w'", ["p"], {"mode": "m"}, ["p", "mode=m"]),
        ("name start", ["p", "1", "2"], {}, ["p", "start=1", "end=2"]),
        ("drop start; name end", ["p", "1", "2"], {}, ["p", "end=2"]),
        ("rename end=stop; name start", ["p", "1", "2"], {}, ["p", "start=1", "stop=2"]),
    ],
)
def test_arguments(rewrite: str, positional: list[str], keywords: dict[str, str], expected: list[str]) -> None:
    assert Rewrite.parse(rewrite).arguments(bind(SIGNATURE, positional, keywords)) == expected


def test_an_argument_before_others_is_not_dropped_silently() -> None:
    with pytest.raises(NotBound):
        Rewrite.parse("drop start").arguments(bind(SIGNATURE, ["p", "1", "2"], {}))


@pytest.mark.parametrize(
    ("template", "positional", "expected"),
    [
        ("call f({path}, {start} + {end})", ["p", "1", "2"], "f(p, 1 + 2)"),
        ("call f({path}, {start} + {end})", ["p", "a - b", "-2"], "f(p, (a - b) + (-2))"),
        ("call f({start}, k={path})", ["a or b", "c - d"], "f(c - d, k=a or b)"),
        ("call {self}.f({mode})", ["p"], "x.f('r')"),
    ],
)
def test_templates(template: str, positional: list[str], expected: str) -> None:
    assert Rewrite.parse(template).called("x", bind(SIGNATURE, positional, {})) == expected


def test_the_rest_of_the_positions_in_a_template() -> None:
    bound = bind("(*items)", ["'a'", "'b'"], {})

    assert Rewrite.parse("call f({items*daft.col})").called("", bound) == "f(daft.col('a'), daft.col('b'))"
    assert Rewrite.parse("call f({items*})").called("", bound) == "f('a', 'b')"


@pytest.mark.parametrize("positional", [[], ["p", "1", "2", "3"]])
def test_a_call_that_does_not_fit_is_not_bound(positional: list[str]) -> None:
    with pytest.raises(NotBound):
        bind(SIGNATURE, positional, {})


@pytest.mark.parametrize("text", ["move .x", "to .x; to .y", "call f(); drop a", "drop", "udf x"])
def test_what_is_no_rewrite(text: str) -> None:
    with pytest.raises(ValueError, match=r"step|alone"):
        Rewrite.parse(text)


def test_a_row_that_cannot_concern_a_call_is_told_without_the_texts_of_its_arguments() -> None:
    ruled_out = 0
    for row in changes():
        for positional in range(5):
            for keywords in ((), ("other",), *((name,) for name in row.parameters)):
                given, texts = [f"x{i}" for i in range(positional)], dict.fromkeys(keywords, "1")
                may = may_concern(row, positional, set(keywords))
                ruled_out += not may
                try:
                    bound = bound_to(row, given, texts, is_statement=False, expressions=frozenset())
                except NotBound:
                    assert row.parameters or may, row
                    continue
                assert may or not concerned(row, bound), row
    assert ruled_out > 200
