"""Makes inputs: fixtures as scripts, notebooks, Markdown, configurations, baselines and cached results, with bytes,
tokens, lines, values and whole parts of the grammar changed; and the command lines that take them."""

from __future__ import annotations

import functools
import itertools
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import grammar

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
    '[tool.daft-lint]\nignore = ["DFT101"]\nfail-on = "error"\nlevel = "warning"\n',
    '[tool.daft-lint.per-file-ignores]\n"*.py" = ["DFT2"]\n',
    "[tool.daft-lint.cluster]\nnodes = 4\ntotal_concurrency = 16\ncpus_per_node = 8\ngpus_per_node = 0.5\n",
    '[tool.daft-lint.cluster]\nrunner = "native"\nnodes = 2\n',
    '[tool.daft-lint.sources]\n"s3://**" = { rows = 1000, heavy = ["img"], files = 1, row_bytes = 10 }\n',
    "[tool.daft-lint]\ntarget_batch_bytes = 1073741824\nheavy_row_bytes = 32768\nfacts = true\n",
    '[tool.daft-lint]\nsrc = ["."]\nexclude = ["x/", "*.md", "[a-"]\nmarkdown = true\n',
    '[tool.daft-lint]\ntarget-daft = "0.5"\nselect = ["ALL"]\nplugins = []\n',
    '[tool.daft-lint.verify]\nrunner = "ray"\nnodes = 2\ntimeout = 10\nmemory_limit = "2GiB"\n',
    '[project]\nname = "x"\ndependencies = ["daft>=0.4", "ray"]\n',
]
FACTS = "daft-lint.facts.toml"
_ODD = {
    b'"': [
        b'"**"',
        b'"[a-"',
        b'"!"',
        b'"../x"',
        b'"/"',
        b'""',
        b'"DFT"',
        b'"((((" ',
        b'"\\u0000"',
        b'"*" ',
        b'"\xc3\xa9"',
    ],
    b"0": [b"1", b"2", b"1_000", b"9223372036854775807", b"0x10", b"9" * 30],
    b"t": [b"true", b"false"],
}
"""Odd values, by what the value that they replace begins with: a quote, a digit, a letter."""
FORMS = ("text", "json", "concise", "sarif", "github", "gitlab", "junit", "markdown", "rdjson", "azure")
SAFE_AND_UNSAFE = ((), ("--unsafe",))


@dataclass(frozen=True)
class Input:
    """A folder to run in: file names with their bytes, and the command line.

    `may_write` are the files that the command may change or make. With `again`, that command line runs after it. With
    `spoil`, what the first run left in `spoiled` is changed, as this number says, and the command runs once more.
    """

    kind: str
    files: tuple[tuple[str, bytes], ...]
    arguments: tuple[str, ...]
    stdin: bytes = b""
    below: str = "."
    """The folder that the command runs in."""
    may_write: frozenset[str] = frozenset()
    again: tuple[str, ...] | None = None
    spoil: int | None = None
    spoiled: str = CACHE
    committed: tuple[tuple[str, bytes], ...] = ()
    """What a git repository held before."""
    host: bytes = b""
    """The file that a script was put into: each of its lines stays as it is."""


@functools.cache
def seeds() -> tuple[bytes, ...]:
    """The fixtures' texts."""
    return tuple(path.read_bytes() for path in sorted(FIXTURES.rglob("*.py")))


@functools.cache
def guides() -> tuple[bytes, ...]:
    """The guides of the fixtures."""
    return tuple(path.read_bytes() for path in sorted(FIXTURES.rglob("*.md")))


def make(random: random.Random) -> Input:
    """One input; the same for the same state of `random`."""
    kinds, weights = zip(*_KINDS.items(), strict=True)
    kind: str = random.choices(kinds, [weight for weight, _ in weights])[0]
    made: Input = _KINDS[kind][1](random)
    return made


def script(random: random.Random) -> bytes:
    """A script: of bytes or of the grammar, from one fixture or from two, one behind the other."""
    raw = random.choice(seeds())
    if random.random() < 0.1:
        raw += random.choice(seeds())
    if random.random() < 0.5:
        raw = grammar.changed(random, raw, seeds())
        return mutated(random, raw) if random.random() < 0.2 else raw
    return mutated(random, raw)


def _by_bytes(random: random.Random) -> Input:
    raw = mutated(random, random.choice(seeds()))
    return Input("bytes", (("a.py", raw),), *command(random, "a.py", raw))


def _by_grammar(random: random.Random) -> Input:
    raw = random.choice(seeds())
    if random.random() < 0.2:
        raw += random.choice(seeds())
    raw = grammar.changed(random, raw, seeds())
    return Input("grammar", (("a.py", raw),), *command(random, "a.py", raw))


def _notebook(random: random.Random) -> Input:
    raw = notebook(random, script(random))
    return Input("notebook", (("a.ipynb", raw),), *command(random, "a.ipynb", raw))


def _markdown(random: random.Random) -> Input:
    name = random.choice(["a.md", "a.qmd", "a.markdown"])
    raw = mutated(random, random.choice(guides())) if random.random() < 0.3 else markdown(random, script(random))
    return Input("markdown", ((name, raw),), *command(random, name, raw))


def _config(random: random.Random) -> Input:
    # The table itself once and first, or no such file would be read further.
    name = random.choice(["pyproject.toml", "pyproject.toml", "daft-lint.toml", ".daft-lint.toml", FACTS])
    fitting = [text for text in _CONFIGS if name != FACTS or ".sources]" in text]
    fitting = [text for text in fitting if name == "pyproject.toml" or "[project]" not in text]
    chosen = random.sample(fitting, random.randint(1, min(4, len(fitting))))
    own = [text for text in chosen if text.startswith("[tool.daft-lint]")]
    text = "".join([*own[:1], *dict.fromkeys(t for t in chosen if t not in own)]).encode()
    if name != "pyproject.toml":
        text = text.replace(b"[tool.daft-lint]\n", b"").replace(b"[tool.daft-lint.", b"[")
    raw = random.choice(seeds())
    change = random.choice([mutated, with_other_values, with_odd_values, with_odd_values, with_odd_values])
    ignored = random.choice(["*.txt\n", "!\n", "[z-a]\n", "/x\\\n", "!a.py\n", "**/a*\n", "\ufeff# x\n", "\n" * 3])
    files = ((name, change(random, text)), ("a.py", raw), (".gitignore", mutated(random, ignored.encode())))
    arguments, stdin = command(random, "a.py", raw)
    if random.random() < 0.2:
        arguments, stdin = (*arguments, "--config", name), stdin
    return Input("config", files, arguments, stdin)


def _tree(random: random.Random) -> Input:
    """Modules that import each other, in packages or not, seen from the top or from below."""
    head = b"from b import *\nfrom . import b\nfrom .b import size\nfrom pkg.b import size, Embed\nimport b as b\n"
    first, second = head + script(random), random.choice([head, b"from a import *\n", b""]) + script(random)
    inside, below = random.choice(["", "pkg/", "pkg/sub/"]), random.choice([".", "pkg", "pkg/sub"])
    marks = [f"{folder}/__init__.py" for folder in ("pkg", "pkg/sub") if random.random() < 0.6]
    files = {"pkg/sub/x.txt": b"", **{mark: random.choice([b"", head]) for mark in marks}}
    files |= {f"{inside}a.py": first, f"{random.choice([inside, 'pkg/'])}b.py": second}
    up = "" if below == "." else "../" * (below.count("/") + 1)
    target = f"{up}{inside}a.py"
    arguments, stdin = command(random, target, first)
    return Input("tree", tuple(files.items()), arguments, stdin, below=below)


def _cache(random: random.Random) -> Input:
    arguments = ("check", "a.py", "--format", random.choice(FORMS), "--cache-dir", CACHE)
    return Input("cache", (("a.py", random.choice(seeds())),), arguments, spoil=random.randrange(2**32))


def _apply(random: random.Random) -> Input:
    """Fixes are written; a second run has nothing more to write."""
    name, raw = _document(random)
    arguments = ("fix", name, "--apply", *random.choice(SAFE_AND_UNSAFE), *random.choice([(), ("--diff",)]))
    stdin = b""
    if random.random() < 0.2:
        arguments, stdin = (
            ("fix", name, "--interactive", "--unsafe"),
            random.choice([b"", b"y\nn\n?\na\n", b"y\n" * 9, b"q\n"]),
        )
    return Input("apply", ((name, raw),), arguments, stdin, may_write=frozenset({name}))


def _ignores(random: random.Random) -> Input:
    name, raw = _document(random)
    arguments = ("check", name, "--add-ignores", "--reason", "known \u00e9", *random.choice([(), ("--select", "ALL")]))
    return Input("ignores", ((name, raw),), arguments, may_write=frozenset({name}))


def _known(random: random.Random) -> Input:
    """A baseline is written; what it knows is not found again, nor does a changed one end in anything but a line."""
    name, raw = _document(random)
    write = ("check", name, "--baseline", "known.json", "--update-baseline")
    may_write = frozenset({"known.json"})
    if random.random() < 0.5:
        again = ("check", name, "--baseline", "known.json", "--fail-on", "advice")
        return Input("known", ((name, raw),), write, again=again, may_write=may_write)
    return Input(
        "known", ((name, raw),), write, spoil=random.randrange(2**32), spoiled="known.json", may_write=may_write
    )


def _since(random: random.Random) -> Input:
    before = random.choice(seeds())
    after = random.choice([grammar.changed(random, before, seeds()), mutated(random, before)])
    if random.random() < 0.3:
        whole = notebook(random, before)
        return Input(
            "since",
            (("a.ipynb", mutated(random, whole)),),
            ("check", "--since", "HEAD"),
            committed=(("a.ipynb", whole),),
        )
    names = random.choice([("a.py", "a.py"), ("a.py", "b.py"), ("x y.py", "x\ty.py"), ("\u00e9.py", "-x.py")])
    arguments = ("check", "--since", "HEAD", "--format", random.choice(FORMS), ".")
    return Input("since", ((names[1], after),), arguments, committed=((names[0], before),))


def _other(random: random.Random) -> Input:
    """Commands that take no script, and options that take a file."""
    raw = script(random)
    words = [
        "DFT101",
        "dft401",
        "heavy-udf-without-batches",
        "DFT001",
        "DFT999",
        "",
        "\u00e9\n",
        "\x1b[31m",
        "--",
        "-x",
        "9" * 99,
    ]
    number = [str(random.choice([0, 1, 4, 64, 10**6, 10**30, -1])) for _ in range(4)]
    options = ("--rows", "--nodes", "--concurrency", "--batch-size")
    calls: list[tuple[str, ...]] = [
        ("explain", random.choice(words)), ("explain",), ("init",), (random.choice(words),),
        ("plan", random.choice(words)), ("partitions", *itertools.chain(*zip(options, number, strict=True))),
        ("check", "a.py", "--select", random.choice(words)), ("check", "a.py", "--ignore", random.choice(words)),
        ("check", "a.py", "--jobs", number[0]), ("check", random.choice(words)), ("fix", random.choice(words)),
        ("check", "a.py", "--statistics", "--output", "o"), ("fix", "a.py", "--unsafe", "--output", "o"),
        ("check", "a.py", "--format", random.choice(FORMS), "--output", "o"), ("check", "a.py", "--output", "a.py/o"),
        ("check", "a.py", "--since", random.choice(words)), ("check", "a.py", "--baseline", random.choice(words)),
        ("check", "-", "--stdin-filename", random.choice(words)), ("check", "--config", random.choice(words)),
        ("check", "--add-ignores", "--reason", random.choice(words), "b.py"), ("check", "--stdin-filename", "a.py"),
        ("check", "a.py", "--level", "error", "--fail-on", "never"),
        ("check", "a.py", "--cache-dir", random.choice(words[:4])),
    ]  # fmt: skip
    arguments = random.choice(calls)
    makes = {"o"} | {f"{word}/" for word in words[:4] if "--cache-dir" in arguments}
    return Input("other", (("a.py", raw),), arguments, raw, may_write=frozenset(makes))


def _document(random: random.Random) -> tuple[str, bytes]:
    """A script, a notebook or a guide."""
    kind = random.choices(["a.py", "a.ipynb", "a.md"], [6, 2, 2])[0]
    raw = grammar.changed(random, random.choice(seeds()), seeds()) if random.random() < 0.5 else script(random)
    if kind == "a.ipynb":
        return kind, notebook(random, raw)
    return kind, markdown(random, raw) if kind == "a.md" else raw


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
    arguments = ("check", "a.py", "--baseline", "known.json", "--format", random.choice(["text", "json"]))
    return Input("baseline", files, arguments)


def with_other_values(random: random.Random, raw: bytes) -> bytes:
    """JSON with some of its values replaced: it still parses, and is of another form."""
    values = _VALUE.findall(raw)
    if not values:
        return raw
    chosen = {random.randrange(len(values)) for _ in range(random.choice([1, 1, 2, 5]))}
    numbers = itertools.count()
    return _VALUE.sub(lambda found: random.choice(_VALUES) if next(numbers) in chosen else found.group(), raw)


def with_odd_values(random: random.Random, raw: bytes) -> bytes:
    """TOML with one or two values replaced by others of the same type."""
    values = len(_VALUE.findall(raw))
    chosen = {random.randrange(values) for _ in range(random.choice([0, 1, 1, 2]))} if values else set()
    numbers = itertools.count()

    def replaced(found: re.Match[bytes]) -> bytes:
        if next(numbers) not in chosen:
            return found.group()
        first = found.group()[:1]
        return random.choice(_ODD[b"0" if first.isdigit() else b"t" if first.isalpha() else b'"'])

    return _VALUE.sub(replaced, raw)


def command(random: random.Random, target: str, raw: bytes) -> tuple[tuple[str, ...], bytes]:
    """A command line over the file, and what it reads from standard input. None of them writes into the folder."""
    name = random.choices(["check", "plan", "fix"], [5, 1, 3])[0]
    if name == "plan":
        return ("plan", target, "--format", random.choice(["tree", "json", "mermaid"])), b""
    options = random.choice([(), ("--select", "ALL"), ("--select", "DFT1"), ("--ignore", "DFT2")])
    if name == "fix":
        options += random.choice([(), ("--unsafe",), ("--unsafe", "--diff")])
    else:
        options += random.choice([("--format", random.choice(FORMS)), ("--statistics",), ("-v",), ("--facts",)])
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
        prefix = random.choice([b"", b"", b"", b"> ", b"    ", b"1. ", b"- > ", b"\t", b">>> "])
        block = (
            fence
            + random.choice([b"python\n", b"py\n", b"\n", b"{python}\n", b"pycon\n"])
            + part
            + b"\n"
            + fence
            + b"\n"
        )
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

_KINDS: dict[str, tuple[int, Callable[[random.Random], Input]]] = {
    "bytes": (20, _by_bytes),
    "grammar": (24, _by_grammar),
    "notebook": (8, _notebook),
    "markdown": (8, _markdown),
    "config": (8, _config),
    "tree": (9, _tree),
    "baseline": (3, with_baseline),
    "cache": (4, _cache),
    "apply": (7, _apply),
    "ignores": (3, _ignores),
    "known": (2, _known),
    "since": (1, _since),
    "other": (3, _other),
}
"""How often each kind of input is made, and how."""
