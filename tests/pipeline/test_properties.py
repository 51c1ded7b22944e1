"""Generated programs: the interpreter takes any, and what is found does not hang on how a pipeline is spelled."""

# ruff: noqa: E501, RUF005  # tables of templates read best one a line
from __future__ import annotations

import functools
import sysconfig
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daft_lint import config as configuration
from daft_lint.lint import engine
from daft_lint.pipeline.interpreter.interpreter import Interpreter
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.model import Settings
from daft_lint.source.document import Document

CONFIG = configuration.parse('ignore = ["DFT503"]', Path("daft-lint.toml"))
"""DFT503 asks whether anything else can read what is collected, which a helper's other callers can."""
ANY = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))

UDFS = """
@{daft}.func
def label(image: bytes) -> str:
    return str(len(image))

@{daft}.func.batch(return_dtype={daft}.DataType.int64(), batch_size=32)
def size(image):
    return [len(x) for x in image.to_pylist()]

@{daft}.cls(max_concurrency=4, gpus=1)
class Embed:
    def __init__(self, name="a"):
        self.name = name

    @{daft}.method.batch(return_dtype={daft}.DataType.embedding({daft}.DataType.float32(), 8), batch_size=64)
    def __call__(self, image):
        return image

@{daft}.udf(return_dtype={daft}.DataType.python(), concurrency=2)
def legacy(image):
    return image

def shorten(x: str):
    return x[:3]

embed = Embed()
"""
SOURCES = (
    '{daft}.read_parquet("s3://bucket/*.parquet")',
    '{daft}.read_parquet("one.parquet")',
    '{daft}.from_glob_path("s3://bucket/**/*.jpg")',
    '{daft}.from_pydict({{"url": ["a", "b"], "image": [b"", b""]}})',
    "{daft}.range(1000)",
)
LINKS = (
    '.with_column("image", {daft}.functions.download({daft}.col("url")))',
    '.with_column("image", {daft}.col("image").image.decode())',
    '.with_columns({{"label": label({daft}.col("image")), "size": size({daft}.col("image"))}})',
    '.with_column("size", size({daft}.col("image")))',
    '.with_column("embedding", embed({daft}.col("image")))',
    '.with_column("old", legacy({daft}.col("image")))',
    '.with_column("short", {daft}.col("label").apply(shorten, return_dtype={daft}.DataType.string()))',
    '.where({daft}.col("size") > 10)',
    '.select("url", "image", size({daft}.col("image")).alias("size"))',
    '.exclude("image")',
    ".repartition(8)",
    ".repartition(1000)",
    ".into_partitions(4)",
    ".into_batches(16)",
    ".into_batches(100)",
    ".limit(1000)",
    '.sort("url")',
    ".distinct()",
    '.explode("image")',
    ".collect()",
    '.join({daft}.read_parquet("labels.parquet"), on="url")',
    '.concat({daft}.read_parquet("more.parquet"))',
    '.groupby("url").agg({daft}.col("size").sum())',
)
SINKS = ('.write_parquet("out")', ".show()", ".to_pydict()", ".count_rows()", ".limit(3).collect()")


@dataclass(frozen=True)
class Chain:
    """A pipeline as its partitions, with `{daft}` for the module's name."""

    source: str
    links: tuple[str, ...]
    sink: str

    def chained(self, daft: str = "daft", links: Sequence[str] | None = None) -> str:
        return (self.source + "".join(self.links if links is None else links)).format(daft=daft)


CHAINS = st.builds(
    Chain,
    st.sampled_from(SOURCES),
    st.lists(st.sampled_from(LINKS), max_size=7).map(tuple),
    st.sampled_from(SINKS),
)


def program(body: str, daft: str = "daft", imports: str | None = None) -> str:
    head = imports or (f"import daft as {daft}\n" if daft != "daft" else "import daft\n")
    return head + UDFS.format(daft=daft) + body


def one_chain(chain: Chain) -> str:
    return program(chain.chained() + chain.sink + "\n")


def in_parentheses(chain: Chain) -> str:
    links = "".join(f"    {link}\n" for link in (*chain.links, chain.sink))
    return program(f"(\n    {chain.source}\n{links})\n".format(daft="daft"))


def step_by_step(chain: Chain) -> str:
    lines = [f"df = {chain.source}", *(f"df = df{link}" for link in chain.links), f"df{chain.sink}"]
    return program("\n".join(lines).format(daft="daft") + "\n")


def a_name_a_step(chain: Chain) -> str:
    lines = [f"rows_0 = {chain.source}"]
    lines += [f"rows_{i + 1} = rows_{i}{link}" for i, link in enumerate(chain.links)]
    lines.append(f"rows_{len(chain.links)}{chain.sink}")
    return program("\n".join(lines).format(daft="daft") + "\n")


def under_an_alias(chain: Chain) -> str:
    return program(chain.chained("dd") + chain.sink + "\n", "dd")


def by_a_helper(chain: Chain) -> str:
    body = f"def prepare(rows):\n    return rows{''.join(chain.links)}\n\nprepare({chain.source}){chain.sink}\n"
    return program(body.format(daft="daft"))


def by_a_pipe(chain: Chain) -> str:
    body = f"def prepare(rows):\n    return rows{''.join(chain.links)}\n\n{chain.source}.pipe(prepare){chain.sink}\n"
    return program(body.format(daft="daft"))


def in_a_function(chain: Chain) -> str:
    lines = [f"df = {chain.source}", *(f"df = df{link}" for link in chain.links), f"df{chain.sink}"]
    body = "def run():\n" + "".join(f"    {line}\n" for line in lines) + "\nrun()\n"
    return program(body.format(daft="daft"))


def in_a_method(chain: Chain) -> str:
    lines = [f"self.df = {chain.source}", *(f"self.df = self.df{link}" for link in chain.links), f"self.df{chain.sink}"]
    body = "class Job:\n    def run(self):\n" + "".join(f"        {line}\n" for line in lines) + "\nJob().run()\n"
    return program(body.format(daft="daft"))


def in_the_main_guard(chain: Chain) -> str:
    body = f'if __name__ == "__main__":\n    {chain.chained()}{chain.sink}\n'
    return program(body)


SPELLINGS: dict[str, Callable[[Chain], str]] = {
    spelling.__name__: spelling
    for spelling in (
        in_parentheses, step_by_step, a_name_a_step, under_an_alias, by_a_helper, by_a_pipe, in_a_function, in_a_method,
        in_the_main_guard,
    )
}  # fmt: skip


def found(text: str) -> Counter[tuple[str, str]]:
    """The codes and levels of the findings."""
    report = engine.check_document(Document.from_bytes("script.py", text.encode()), CONFIG)
    assert report.problems == ()
    return Counter((finding.code, finding.level.name) for finding in report.findings)


@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(ANY, max_examples=15)
@given(CHAINS)
@example(Chain(SOURCES[0], (LINKS[0], LINKS[3]), SINKS[0]))
def test_findings_do_not_depend_on_the_spelling(spelling: str, chain: Chain) -> None:
    text = SPELLINGS[spelling](chain)
    assert found(text) == found(one_chain(chain)), text


def test_the_chains_have_findings() -> None:
    """The property above is worth something: what is compared is not always empty."""
    assert ("DFT101", "ADVICE") in found(one_chain(Chain(SOURCES[0], (LINKS[0], LINKS[3]), SINKS[0])))
    assert ("DFT105", "WARNING") in found(one_chain(Chain(SOURCES[0], (LINKS[0], LINKS[3], LINKS[10]), SINKS[0])))


# Any program

NAMES = ("df", "rows", "x", "cols", "e", "f")
_SUITE = functools.partial(st.lists, max_size=3)
EXPRESSIONS = st.recursive(
    st.sampled_from(
        (
            *NAMES,
            "1",
            "0",
            "-1",
            "64.5",
            '"image"',
            "None",
            "True",
            "daft",
            "col",
            "size",
            "embed",
            "Embed",
            "label",
            "self.df",
        )
        + tuple(source.format(daft="daft") for source in SOURCES)
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, link: a + link.format(daft="daft"), inner, st.sampled_from(LINKS + SINKS)),
        st.builds("{}({}, {})".format, inner, inner, inner),
        st.builds("{}({}, *{}, key={}, **{})".format, inner, inner, inner, inner, inner),
        st.builds("{}.pipe({})".format, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("[{}, *{}]".format, inner, inner),
        st.builds("{{{}: {}, **{}}}".format, inner, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} and not {} or {})".format, inner, inner, inner),
        st.builds("({} < {} == {})".format, inner, inner, inner),
        st.builds("[{} for x in {} if {}]".format, inner, inner, inner),
        st.builds("{{{}: x for x, f in {}}}".format, inner, inner),
        st.builds("(lambda x, *f, e={}: {})".format, inner, inner),
        st.builds("(x := {})".format, inner),
        st.builds('f"{{{}}}b"'.format, st.sampled_from(NAMES)),
        st.builds("daft.func({}, batch_size={})".format, inner, inner),
        st.builds("functools.partial({}, {})".format, inner, inner),
    ),
    max_leaves=8,
)
SIMPLE = st.one_of(
    st.builds("{} = {}".format, st.sampled_from((*NAMES, "self.df", "x, f", "*x, f", "cols[0]", "df.a.b")), EXPRESSIONS),
    st.builds("{} += {}".format, st.sampled_from(NAMES), EXPRESSIONS),
    st.builds("x: {} = {}".format, EXPRESSIONS, EXPRESSIONS),
    EXPRESSIONS,
    st.builds("return {}".format, EXPRESSIONS),
    st.builds("assert {}".format, EXPRESSIONS),
    st.sampled_from(("pass", "break", "continue", "raise", "global df", "import daft as x", "from daft import *", "del df")),
    st.builds("yield {}".format, EXPRESSIONS),
)  # fmt: skip


def block(lines: Sequence[str]) -> str:
    return "".join(f"    {line}\n" for text in lines or ["pass"] for line in text.splitlines())


STATEMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(lambda e, a, b: f"if {e}:\n{block(a)}else:\n{block(b)}", EXPRESSIONS, _SUITE(inner), _SUITE(inner)),
        st.builds(lambda e, a: f"for x in {e}:\n{block(a)}", EXPRESSIONS, _SUITE(inner)),
        st.builds(lambda e, a: f"while {e}:\n{block(a)}", EXPRESSIONS, _SUITE(inner)),
        st.builds(lambda a, b: f"try:\n{block(a)}except E as x:\n{block(b)}finally:\n{block(b)}", _SUITE(inner), _SUITE(inner)),
        st.builds(lambda e, a: f"with {e} as x:\n{block(a)}", EXPRESSIONS, _SUITE(inner)),
        st.builds(lambda e, a: f"match {e}:\n    case [x, *f]:\n    {block(a).replace(chr(10), chr(10) + '    ')}\n", EXPRESSIONS, _SUITE(inner)),
        st.builds(lambda n, e, a: f"def {n}(x, df: daft.DataFrame, *f, e={e}):\n{block(a)}", st.sampled_from(NAMES), EXPRESSIONS, _SUITE(inner)),
        st.builds(lambda e, a: f"@{e}\ndef size(image: bytes, *args):\n{block(a)}", EXPRESSIONS, _SUITE(inner)),
        st.builds(lambda e, a: f"class Embed({e}):\n{block(a)}", EXPRESSIONS, _SUITE(inner)),
        st.builds(lambda e, a: f"@{e}\nclass Embed:\n    def __init__(self, df):\n    {block(a).replace(chr(10), chr(10) + '    ')}\n", EXPRESSIONS, _SUITE(inner)),
    ),
    max_leaves=10,
)  # fmt: skip


@ANY
@given(st.lists(STATEMENTS, max_size=6))
def test_any_program_comes_to_an_end(statements: list[str]) -> None:
    text = program("\n".join(statements) + "\n", imports="import daft\nimport functools\nfrom daft import col\n")
    document = Document.from_bytes("script.py", text.encode())
    report = engine.check_document(document, CONFIG)
    assert report.problems == ()
    interpreter = Interpreter(Settings(), Project(), "script.py")
    if not [finding for finding in report.findings if finding.code == "DFT001"]:
        interpreter.run(document)
        assert interpreter.work <= 2 * interpreter.max_work


@functools.cache
def library() -> list[Path]:
    """A sample of the standard library: the same files each time."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    small = [path for path in sorted(folder.glob("*.py")) if path.stat().st_size < 30_000]
    return small[::24]


def test_any_python_is_interpreted() -> None:
    for path in library():
        document = Document.read(path)
        Interpreter(Settings(), Project(), str(path)).run(document)
