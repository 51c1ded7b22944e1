"""Fixes of generated programs: the text that comes out compiles and is settled, however the program is written."""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daft_lint import config as configuration
from daft_lint.api.finding import Finding
from daft_lint.fix.guards import damage
from daft_lint.fix.loop import fix_documents
from daft_lint.lint import engine
from daft_lint.lint.registry import rules
from daft_lint.source.document import Document
from tests.pipeline.test_properties import CHAINS, LINKS, SINKS, SOURCES, SPELLINGS, Chain, program

CONFIG = configuration.parse('select = ["ALL", "DFT403"]', Path("daft-lint.toml"))
YIELDS_TO = {rule.code: rule.yields_to for rule in rules()}
FEW = settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
FULL = Chain(SOURCES[0], (LINKS[0], LINKS[1], LINKS[3], LINKS[10]), SINKS[0])
"""Has findings with fixes of several rules."""


def in_line(chain: Chain) -> str:
    return chain.chained() + chain.sink


def continued(chain: Chain) -> str:
    return chain.source.format(daft="daft") + "".join(
        f" \\\n        {link}".format(daft="daft") for link in (*chain.links, chain.sink)
    )


def with_comments(chain: Chain) -> str:
    lines = [f"  {link}  # {number}" for number, link in enumerate((*chain.links, chain.sink))]
    return "\n".join((f"(  # first\n  {chain.source}", "  # about the next", *lines, ")")).format(daft="daft")


def nested(chain: Chain) -> str:
    return "(" * (len(chain.links) + 1) + "".join(
        f"{part})".format(daft="daft") for part in (chain.source, *chain.links)
    ) + chain.sink  # fmt: skip


CONTEXTS: dict[str, tuple[Callable[[Chain], str], str]] = {
    "comments": (with_comments, "df = {}\n"),
    "backslash": (continued, "df = {}\n"),
    "nested": (nested, "df = {}\n"),
    "semicolons": (in_line, "a = 1; df = {}; b = 2  # end\n"),
    "walrus": (in_line, "if (df := {}) is not None:\n    pass\n"),
    "comprehension": (in_line, "all_rows = [{} for _ in range(2)]\n"),
    "lambda": (in_line, "make = lambda: {}\nmake()\n"),
    "await": (in_line, "async def main(run):\n    return await run({})\n"),
    "f-string": (in_line, "print(f'''rows: {{{}}}''')\n"),
    "decorator": (in_line, "def keep(x):\n    return x\n\n@keep\ndef main():\n    return {}\n\nmain()\n"),
    "condition": (in_line, "import sys\ndf = {} if sys.argv else None\n"),
    "one line": (in_line, "if True: df = {}\n"),
    "argument": (in_line, "print(\n    1,\n    {},\n    # last\n)\n"),
}

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "tabs": lambda text: text.replace("    ", "\t").encode(),
    "cookie": lambda text: f"# -*- coding: latin-1 -*-\n# \xe9\n{text}".encode("latin-1"),
    "no last newline": lambda text: text.rstrip("\n").encode(),
    "form feed": lambda text: text.replace("\n\n", "\n\f\n", 1).encode(),
}


def comments(document: Document) -> Counter[str]:
    text = document.cells[0].source.decode()
    return Counter(t.string for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type == tokenize.COMMENT)


def assert_right(raw: bytes) -> bool:
    """Fix everything that can be fixed. Returns whether anything was."""
    before = Document.from_bytes("script.py", raw)

    def observe(document: Document) -> tuple[Finding, ...]:
        report = engine.check_document(document, CONFIG)
        assert report.problems == ()
        return report.findings

    report = fix_documents([before], observe, unsafe=True)
    shown = raw.decode("latin-1")
    assert report.problems == (), f"{report.problems}\n{shown}"
    after = report.files[0].after
    shown = f"{shown}\n----\n{after.raw.decode('latin-1')}"
    compile(after.raw, "script.py", "exec")
    assert damage(before, after) is None
    assert not comments(before) - comments(after), shown
    remaining = report.files[0].remaining
    assert not [finding for finding in remaining if finding.fix is not None], shown
    new = Counter(f.code for f in remaining) - Counter(f.code for f in observe(before))
    # A rule that yields to another speaks where the fix of that one has ended its finding.
    fixed = {applied.code for applied in report.files[0].applied}
    assert all(fixed.intersection(YIELDS_TO[code]) for code in new), f"{new}\n{shown}"
    assert after.raw.startswith(b"\xef\xbb\xbf") == raw.startswith(b"\xef\xbb\xbf")
    assert after.raw.endswith(b"\n") == raw.endswith(b"\n")
    if b"\r\n" in raw:
        assert after.raw.count(b"\n") == after.raw.count(b"\r\n"), shown
    assert fix_documents([after], observe, unsafe=True).changed == ()
    return bool(report.changed)


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS)
@FEW
@given(CHAINS, st.sampled_from(sorted(ENCODINGS)))
@example(FULL, "plain")
def test_fixes_are_right_in_every_spelling(spelling: str, chain: Chain, encoding: str) -> None:
    assert_right(ENCODINGS[encoding](SPELLINGS[spelling](chain)))


@pytest.mark.slow
@pytest.mark.parametrize("context", CONTEXTS)
@FEW
@given(CHAINS, st.sampled_from(sorted(ENCODINGS)))
@example(FULL, "plain")
@example(FULL, "crlf")
def test_fixes_are_right_in_every_place(context: str, chain: Chain, encoding: str) -> None:
    write, template = CONTEXTS[context]
    assert_right(ENCODINGS[encoding](program(template.format(write(chain)))))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_there_is_something_to_fix(encoding: str) -> None:
    for write, template in CONTEXTS.values():
        assert assert_right(ENCODINGS[encoding](program(template.format(write(FULL)))))
