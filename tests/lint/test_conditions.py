"""On which paths a finding holds, in words, and that variants find what every single path would."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daft_lint import config as configuration
from daft_lint.api.finding import Finding
from daft_lint.lint import engine
from daft_lint.lint.conditions import ON_SOME
from daft_lint.source.document import Document

CONFIGS = [
    configuration.parse(f'select = ["{code}"]', Path("daft-lint.toml"))
    for code in ("DFT101", "DFT106", "DFT107", "DFT203")
]
"""One rule each: a fix of one rule can end the findings of another, on the paths that it is offered for."""
HEAD = """\
import daft
from daft import col
from daft.functions import download


@daft.func
def size_of(data: bytes) -> int:
    return len(data)


@daft.func(return_dtype=daft.DataType.image("RGB"))
def render(scene: str):
    return draw(scene)


"""
CALL = 'df = df.with_column("k", size_of(col("data")))'
READ = 'df = df.with_column("data", download(col("path")))'
CUT = "df = df.repartition(8)"
BATCHES = "df = df.into_batches(16)"
KEEP = 'df = df.where(col("size") > 3)'


def script(body: Sequence[str], parameters: str) -> Document:
    lines = ['df = daft.from_glob_path("s3://b/*.png")', *body, 'df.write_parquet("out")']
    text = HEAD + f"def build({parameters}):\n" + "".join(f"    {line}\n" for line in lines)
    return Document.from_bytes("a.py", text.encode())


def findings_in(document: Document) -> list[Finding]:
    return [finding for config in CONFIGS for finding in engine.check_document(document, config).findings]


def findings(body: Sequence[str], parameters: str) -> list[Finding]:
    return findings_in(script(body, parameters))


def mended(document: Document, found: Finding) -> set[str]:
    """The codes of which nothing is left once the finding's fix is made."""
    if found.fix is None:
        return set()
    edited = document.edited(list(found.fix.edits))
    return {found.code} - {finding.code for finding in findings_in(edited)}


def condition(*body: str) -> str | None:
    (found,) = findings(body, "a, b, mode, n")
    assert found.condition is None or found.observed.endswith(f", {found.condition}")
    return found.condition


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ((KEEP, READ), None),
        (("if a:", f"    {KEEP}", READ), None),
        (("if a:", f"    {READ}"), None),
        (("if a:", f"    {CUT}", READ), "unless `a`"),
        (("if not a:", f"    {CUT}", READ), "when `a`"),
        (("if a is not None:", f"    {CUT}", READ), "when `a` is None"),
        (("if a != 3:", f"    {CUT}", READ), "when `a == 3`"),
        (("if a:", f"    {CUT}", "if b:", f"    {CUT}", READ), "unless `a` or `b`"),
        (("if a:", "    if b:", f"        {CUT}", READ), "unless `a` and `b`"),
        (("if a:", f"    {CUT}", "if not b:", f"    {CUT}", READ), "when `b` and unless `a`"),
        (("match mode:", '    case "x":', f"        {KEEP}", "    case _:", f"        {CUT}", READ), 'in `case "x"`'),
        (("try:", f"    {CUT}", "except ValueError:", f"    {KEEP}", READ), "in `except ValueError`"),
        ((f"df = df if a else {CUT.removeprefix('df = ')}", READ), "when `a`"),
        ((*(line for x in "abcd" for line in (f"if {x}(1):", f"    {CUT}")), READ), ON_SOME),
    ],
)
def test_when_a_finding_holds(body: tuple[str, ...], expected: str | None) -> None:
    assert condition(*body) == expected


def test_branches_that_exclude_each_other_are_not_taken_together() -> None:
    for first, second in (("a", "not a"), ("a is None", "a is not None"), ('a == "x"', 'a == "y"'), ("a", "a is None")):
        body = ("if {}:", f"    {KEEP}", "else:", f"    {CUT}", "if {}:", f"    {READ}")
        lines = [*(line.format(first) for line in body[:4]), *(line.format(second) for line in body[4:])]
        assert not findings(lines, "a"), (first, second)


def test_a_name_that_is_bound_anew_is_another_test() -> None:
    body = ("if a:", f"    {CUT}", "a = b()", "if not a:", f"    {READ}")
    assert condition(*body) == "unless `a`"


@pytest.mark.parametrize("count", ["n", "n > 1", "n is not None"])
def test_the_author_decides_on_a_cut_by_its_number(count: str) -> None:
    assert not findings((f"if {count}:", "    df = df.repartition(n)", READ), "n")
    assert not findings((f"if {count}:", "    df = df.into_batches(n)", READ), "n")
    assert findings((f"if {count}:", f"    {CUT}", READ), "n")


def test_no_fix_cuts_again_what_the_author_cuts() -> None:
    read = 'df = daft.read_parquet("s3://b/light").select("path")'
    use = 'df = df.with_column("n", render(col("path")))'
    (found,) = findings((read, "if n > 1:", "    df = df.repartition(n)", use), "n")
    assert (found.code, found.condition, found.fix) == ("DFT101", "unless `n <= 1`", None)


# Against every single path

_PLAIN = st.sampled_from([KEEP, CUT, BATCHES, READ, CALL])
_Block = tuple[str, ...]


def _indented(blocks: Sequence[_Block]) -> _Block:
    return tuple(f"    {line}" for block in blocks for line in block) or ("    pass",)


@st.composite
def _branches(draw: st.DrawFn, inner: st.SearchStrategy[_Block]) -> _Block:
    bodies = st.lists(inner, max_size=2).map(_indented)
    flags = draw(st.permutations(["a", "b", "c", "not a", "not b"]))
    lines = [f"if {flags[0]}:", *draw(bodies)]
    for flag in flags[1 : 1 + draw(st.integers(0, 2))]:
        lines += [f"elif {flag}:", *draw(bodies)]
    if draw(st.booleans()):
        lines += ["else:", *draw(bodies)]
    return tuple(lines)


_LINE = _PLAIN.map(lambda line: (line,))
_BODY = st.lists(st.recursive(_LINE, _branches, max_leaves=6), min_size=1, max_size=5)


def _assignments() -> Iterator[Mapping[str, bool]]:
    for values in itertools.product((False, True), repeat=3):
        yield dict(zip("abc", values, strict=True))


def _decided(line: str, values: Mapping[str, bool]) -> str:
    """The line with the flags in its test as constants."""
    if line.lstrip().startswith(("if ", "elif ")):
        return re.sub(r"\b[abc]\b(?=:)", lambda flag: str(values[flag[0]]), line)
    return line


def _runs(body: Sequence[str], values: Mapping[str, bool]) -> set[int]:
    """The numbers of the lines that run."""
    ran: set[int] = set()
    text = "\n".join(
        f"{line[: len(line) - len(line.lstrip())]}ran.add({n})" if line.lstrip().startswith(("df", "pass")) else line
        for n, line in enumerate(body)
    )
    exec(text, {**values, "ran": ran})  # the lines of this file
    return ran


def _holds(condition: str | None, values: Mapping[str, bool]) -> bool | None:
    """What a condition says of the values of the flags; None where it says nothing."""
    if condition is None:
        return True
    if condition == ON_SOME:
        return None
    text = re.sub(r"unless (.*)", r"not (\1)", condition).replace("when ", "").replace("`", "")
    return bool(eval(text, dict(values)))  # a condition over three flags


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(_BODY)
@example([(CALL,), ("if a:", f"    {CALL}")])
@example(
    [
        (CALL,),
        ("if b:", f"    {CUT}", f"    {KEEP}", "elif not a:", f"    {CALL}"),
        ("if not a:", f"    {CALL}", f"    {CALL}"),
        (
            "if a:",
            "    if b:",
            f"        {KEEP}",
            f"        {BATCHES}",
            "elif not b:",
            "    if not a:",
            f"        {KEEP}",
        ),
    ]
)
def test_variants_find_what_each_path_does(blocks: list[_Block]) -> None:
    body = [line for block in blocks for line in block]
    together = {(f.code, f.span.line): f for f in findings(body, "a, b, c")}
    each = {
        tuple(values.items()): {
            (f.code, f.span.line): f for f in findings([_decided(line, values) for line in body], "x")
        }
        for values in _assignments()
    }
    missed = set().union(*(found.keys() for found in each.values())) - together.keys()
    # One edit that mends several is one finding.
    whole = script(body, "a, b, c")
    assert all(any(code in mended(whole, found) for found in together.values()) for code, _ in missed)
    first_line = HEAD.count("\n") + 3
    for key, found in together.items():
        assert found.level == max(one[key].level for one in each.values() if key in one)
        passing = [values for values in _assignments() if key[1] - first_line in _runs(body, values)]
        expected = {tuple(values.items()): key in each[tuple(values.items())] for values in passing}
        said = {tuple(values.items()): _holds(found.condition, values) for values in passing}
        if found.condition == ON_SOME:
            assert len(set(expected.values())) == 2
        else:
            assert said == expected, found.condition
