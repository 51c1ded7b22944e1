"""Makes inputs: fixtures as scripts, notebooks, Markdown, configurations, baselines and cached results, with bytes,
tokens, lines and values changed."""

from __future__ import annotations

import functools
import itertools
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures"
MAX_BYTES = 20_000
CACHE = "../kept"
"""The folder of the cache that an input with `spoil` runs with, from where it runs."""

_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")
_VALUE = re.compile(rb'"(?:[^"\\\\]|\\\\.)*"(?!\s*:)|-?\d+|null|true|false')
_VALUES = [b"null", b"true", b"-1", b"0", b"1e999", b"9" * 20, b'""', b'"\\ud800"', b'"\\u0000"', b"[]", b"{}"]
_SNIPPETS = [
    text.encode()
    for text in (
        "daft", "df", "col", ".", "(", ")", "[", "]", "{", "}", ":", ",", "=", "*", "**", "@", "#", "\\", "\n", "\t",
        "    ", '"', "'", '"""', "f'{", "}'", "lambda x: ", "await ", "yield ", "return ", "import daft\n",
        "from daft import *\n", ".repartition(8)", ".into_batches(64)", ".collect()", ".show()",
        ".into_partitions(0)", ".limit(1)", ".explode('x')", ".read_parquet('x')", "df = df.concat(df)\n",
        "df = df.join(df, on='a')\n", "e = e + e\n", "c = [*c, *c]\n", "@daft.func\n", "@daft.cls\n",
        "@daft.func.batch(return_dtype=daft.DataType.image())\n", "daft.set_runner_native()\n", "# noqa: DFT101\n",
        "# daft-lint: ignore[DFT101] why\n", "# daft-lint: ignore-file[DFT1]\n",
        "# daft-lint: rows=1_000_000 heavy=img files=1\n", "# daft-lint: rows=99999999999999999999999\n", "# noqa:\n",
        "1e999", "10**400", "-1", "0", "'\\N{x}'", "b'\\xff'", "0x", "1_0", "inf", "None", "True", "float('nan')",
        "*args", "**kwargs", "if x:\n    ", "else:\n    ", "for i in [1, 2, 3]:\n    ", "while True:\n    ",
        "try:\n    ", "except E:\n    ", "with a as b:\n    ", "match x:\n    case 1:\n        ", "class A(A):\n    ",
        "def f(x):\n    ", "global df\n", "del df\n", "%time ", "!ls\n", "%%bash\n", "```python\n", "```\n", "~~~\n",
        "> ", "- ", "\x00", "\x0c", "\r", "\ufeff", "\u2028", "é", "# -*- coding: latin-1 -*-\n", "# coding: utf-7\n",
        "# coding: rot13\n", "type X = int\n", ":=", "->", "...", ";", "~", "not ",
    )
]  # fmt: skip
_CONFIGS = [
    '[tool.daft-lint]\nselect = ["DFT1"]\n',
    '[tool.daft-lint]\nignore = ["DFT101"]\nfail-on = "error"\n',
    '[tool.daft-lint.per-file-ignores]\n"*.py" = ["DFT2"]\n',
    "[tool.daft-lint.cluster]\nnodes = 4\ntotal_concurrency = 16\ncpus_per_node = 8\ngpus_per_node = 0.5\n",
    '[tool.daft-lint.sources]\n"s3://**" = { rows = 1000, heavy = ["img"], files = 1, row_bytes = 10 }\n',
    "[tool.daft-lint]\ntarget_batch_bytes = 1073741824\nheavy_row_bytes = 32768\nfacts = true\n",
    '[tool.daft-lint]\nsrc = ["."]\nexclude = ["x/", "*.md", "[a-"]\nmarkdown = true\n',
]


@dataclass(frozen=True)
class Input:
    """A folder to run in: file names with their bytes, and the command line. With `spoil`, the command runs twice with
    a cache, and what the first run kept is changed, as this number says, before the second."""

    files: tuple[tuple[str, bytes], ...]
    arguments: tuple[str, ...]
    stdin: bytes = b""
    spoil: int | None = None


@functools.cache
def seeds() -> tuple[bytes, ...]:
    """The fixtures' texts."""
    return tuple(path.read_bytes() for path in sorted(FIXTURES.rglob("*.py")))


def make(random: random.Random) -> Input:
    """One input; the same for the same state of `random`."""
    kinds = ["script", "notebook", "markdown", "config", "tree", "baseline", "cache"]
    kind = random.choices(kinds, [10, 3, 3, 2, 2, 1, 1])[0]
    if kind == "baseline":
        return with_baseline(random)
    if kind == "cache":
        files = (("a.py", random.choice(seeds())),)
        form = random.choice(["text", "json", "concise", "sarif", "github", "gitlab", "junit", "markdown"])
        return Input(files, ("check", "a.py", "--format", form, "--cache-dir", CACHE), spoil=random.randrange(2**32))
    script = mutated(random, random.choice(seeds()))
    files: list[tuple[str, bytes]] = []
    if kind == "script":
        files.append(("a.py", script))
    elif kind == "notebook":
        files.append(("a.ipynb", notebook(random, script)))
    elif kind == "markdown":
        files.append(("a.md", markdown(random, script)))
    elif kind == "config":
        text = "".join(random.sample(_CONFIGS, random.randint(1, 3))).encode()
        name = random.choice(["pyproject.toml", "daft-lint.toml"])
        if name == "daft-lint.toml":
            text = text.replace(b"[tool.daft-lint]\n", b"").replace(b"[tool.daft-lint.", b"[")
        files += [(name, mutated(random, text)), ("a.py", random.choice(seeds()))]
    else:
        other = b"from b import *\nfrom . import b\nfrom b import size, Embed\nimport b as b\n" + script
        files += [("a.py", other), ("b.py", mutated(random, random.choice(seeds())))]
    target = files[-1][0] if kind != "tree" else "a.py"
    return Input(tuple(files), *command(random, target, dict(files)[target]))


def with_baseline(random: random.Random) -> Input:
    """A script and a baseline, changed, that is of the right form to begin with."""
    codes = ["DFT101", "DFT102", "DFT401", "XYZ001"]
    findings = [
        {
            "path": random.choice(["a.py", "b.py", "../a.py", ""]),
            "code": random.choice(codes),
            "fingerprint": f"{random.getrandbits(128):032x}",
            "line": "df.show()",
        }
        for _ in range(random.randint(0, 4))
    ]
    raw = json.dumps({"version": 1, "findings": findings}, indent=random.choice([None, 2])).encode()
    spoiled = random.choice([mutated, with_other_values])(random, raw)
    files = (("a.py", random.choice(seeds())), ("known.json", spoiled))
    return Input(files, ("check", "a.py", "--baseline", "known.json", "--format", random.choice(["text", "json"])))


def with_other_values(random: random.Random, raw: bytes) -> bytes:
    """JSON with some of its values replaced: it still parses, and is of another form."""
    values = _VALUE.findall(raw)
    if not values:
        return raw
    chosen = {random.randrange(len(values)) for _ in range(random.choice([1, 1, 2, 5]))}
    numbers = itertools.count()
    return _VALUE.sub(lambda found: random.choice(_VALUES) if next(numbers) in chosen else found.group(), raw)


def command(random: random.Random, target: str, raw: bytes) -> tuple[tuple[str, ...], bytes]:
    """A command line over the file, and what it reads from standard input. None of them writes into the folder."""
    name = random.choices(["check", "plan", "fix"], [5, 1, 3])[0]
    if name == "plan":
        return ("plan", target, "--format", random.choice(["tree", "json", "mermaid"])), b""
    options = random.choice([(), ("--select", "ALL"), ("--select", "DFT1"), ("--ignore", "DFT2")])
    if name == "fix":
        options += random.choice([(), ("--unsafe",), ("--unsafe", "--diff")])
    else:
        options += random.choice([(), ("--format", "json"), ("--format", "concise"), ("--statistics",), ("-v",)])
    if random.random() < 0.2:
        return (name, "-", "--stdin-filename", target, *options), raw
    return (name, random.choice([target, "."]), *options), b""


def notebook(random: random.Random, script: bytes) -> bytes:
    """A notebook with the script in its cells; the JSON itself is mutated now and then."""
    text = script.decode("utf-8", "replace")
    cells: list[dict[str, object]] = []
    for part in text.split("\n\n"):
        source: object = part.splitlines(keepends=True) if random.random() < 0.7 else part
        kind = "markdown" if random.random() < 0.1 else "code"
        cells.append({"cell_type": kind, "metadata": {}, "source": source, "outputs": [], "execution_count": None})
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    indent = random.choice([None, 1, 2])
    raw = json.dumps(whole, indent=indent, ensure_ascii=random.random() < 0.5).encode("utf-8", "replace")
    return mutated(random, raw) if random.random() < 0.4 else raw


def markdown(random: random.Random, script: bytes) -> bytes:
    """A guide with the script in fenced blocks."""
    fence = random.choice([b"```", b"~~~", b"````"])
    parts = [b"# Guide\n"]
    for part in script.split(b"\n\n"):
        prefix = random.choice([b"", b"", b"", b"> ", b"    ", b"1. "])
        block = fence + random.choice([b"python\n", b"py\n", b"\n", b"{python}\n"]) + part + b"\n" + fence + b"\n"
        parts.append(b"".join(prefix + line for line in block.splitlines(keepends=True)))
    return b"Text.\n\n".join(parts)


def mutated(random: random.Random, raw: bytes) -> bytes:
    """The text with a few changes; now and then with none."""
    for _ in range(random.choice([0, 1, 1, 2, 3, 5, 8, 13])):
        raw = random.choice(_MUTATIONS)(random, raw)[:MAX_BYTES]
    return raw


def _at(random: random.Random, raw: bytes) -> int:
    return random.randint(0, len(raw))


def _byte(random: random.Random, raw: bytes) -> bytes:
    at = _at(random, raw)
    return raw[:at] + bytes([random.randrange(256)]) + raw[at + random.randint(0, 1) :]


def _cut(random: random.Random, raw: bytes) -> bytes:
    start = _at(random, raw)
    return raw[:start] + raw[start + random.randint(1, 40) :]


def _truncated(random: random.Random, raw: bytes) -> bytes:
    return raw[: _at(random, raw)]


def _inserted(random: random.Random, raw: bytes) -> bytes:
    at = _at(random, raw)
    return raw[:at] + random.choice(_SNIPPETS) * random.choice([1, 1, 1, 2, 30, 300]) + raw[at:]


def _line_inserted(random: random.Random, raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    at = random.randint(0, len(lines))
    indent = b" " * (len(lines[at]) - len(lines[at].lstrip(b" "))) if at < len(lines) else b""
    return b"".join([*lines[:at], indent + random.choice(_SNIPPETS) + b"\n", *lines[at:]])


def _lines_moved(random: random.Random, raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    start, to = random.randint(0, len(lines)), random.randint(0, len(lines))
    taken = lines[start : start + random.randint(1, 6)]
    rest = lines[:start] + lines[start + len(taken) :]
    return b"".join([*rest[:to], *taken, *rest[to:]])


def _lines_repeated(random: random.Random, raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    start = random.randint(0, len(lines))
    taken = lines[start : start + random.randint(1, 6)]
    return b"".join([*lines[:start], *(taken * random.choice([2, 2, 5, 50])), *lines[start + len(taken) :]])


def _indented(random: random.Random, raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    start = random.randint(0, len(lines))
    end = start + random.randint(1, 20)
    head = random.choice([b"if x:\n", b"for i in y:\n", b"def g(df):\n", b"class K:\n", b"with z:\n", b""])
    return b"".join([*lines[:start], head, *(b"    " + line for line in lines[start:end]), *lines[end:]])


def _tokens_swapped(random: random.Random, raw: bytes) -> bytes:
    tokens = _TOKEN.findall(raw)
    if len(tokens) < 2:
        return raw
    for _ in range(random.randint(1, 4)):
        first, second = random.randrange(len(tokens)), random.randrange(len(tokens))
        tokens[first], tokens[second] = tokens[second], tokens[first]
    return b"".join(tokens)


def _name_replaced(random: random.Random, raw: bytes) -> bytes:
    names = re.findall(rb"[A-Za-z_]\w*", raw)
    if not names:
        return raw
    old, new = random.choice(names), random.choice(names)
    return re.sub(rb"\b" + old + rb"\b", new, raw, count=random.choice([1, 0]))


def _spliced(random: random.Random, raw: bytes) -> bytes:
    other = random.choice(seeds()).splitlines(keepends=True)
    lines = raw.splitlines(keepends=True)
    start = random.randint(0, len(other))
    at = random.randint(0, len(lines))
    return b"".join([*lines[:at], *other[start : start + random.randint(1, 30)], *lines[at:]])


def _other_line_ends(random: random.Random, raw: bytes) -> bytes:
    return raw.replace(b"\n", random.choice([b"\r\n", b"\r", b"\n\n"]))


def _other_encoding(random: random.Random, raw: bytes) -> bytes:
    text = raw.decode("utf-8", "replace")
    return text.encode(random.choice(["utf-16", "latin-1", "utf-8-sig", "utf-7", "cp1252"]), "replace")


_MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _byte, _cut, _truncated, _inserted, _inserted, _line_inserted, _line_inserted, _lines_moved, _lines_moved,
    _lines_repeated, _indented, _tokens_swapped, _tokens_swapped, _name_replaced, _name_replaced, _spliced, _spliced,
    _other_line_ends, _other_encoding,
)  # fmt: skip
