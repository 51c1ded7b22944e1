"""Actions become byte spans: in every chain style, with every comment kept and every other byte as it was."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from daft_lint.api.edits import (
    Action,
    AddImport,
    AddKeyword,
    InsertBefore,
    InsertCall,
    MoveCall,
    RemoveArgument,
    RemoveCall,
    ReplaceNode,
)
from daft_lint.fix.rendering import EditError, render
from daft_lint.pipeline.model import NodeRef
from daft_lint.source.edit import Edit


@dataclass(eq=False)
class Source:
    """The part of a cell that rendering needs, with LibCST's own positions: independent of `source.document`."""

    text: str
    number: int | None = None
    document = SimpleNamespace(layout=SimpleNamespace(uneditable=None))

    @cached_property
    def source(self) -> bytes:
        return self.text.encode()

    @cached_property
    def module(self) -> cst.Module:
        return cst.parse_module(self.source)

    @cached_property
    def _spans(self) -> dict[cst.CSTNode, tuple[int, int]]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        spans = wrapper.resolve(ByteSpanPositionProvider)
        return {node: (span.start, span.start + span.length) for node, span in spans.items()}

    def edit(self, start: int, end: int, text: str) -> Edit:
        return Edit("fixed.py", self.number, start, end, text)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        return self._spans[node]

    @cached_property
    def parents(self) -> dict[cst.CSTNode, cst.CSTNode]:
        return {child: node for node in self.nodes() for child in node.children}

    def nodes(self) -> list[cst.CSTNode]:
        found: list[cst.CSTNode] = []
        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            found.append(node)
            stack.extend(reversed(node.children))
        return found

    def find(self, code: str, nth: int = 0) -> NodeRef:
        """The nth expression whose code without parentheses of its own begins and ends as given:
        `code` is the whole code, or `head...tail`."""
        head, _, tail = code.partition("...")
        hits = []
        for node in self.nodes():
            if not isinstance(node, cst.BaseExpression):
                continue
            start, end = self.span(node)
            partition = self.source[start:end].decode()
            if partition == code or ("..." in code and partition.startswith(head) and partition.endswith(tail)):
                hits.append(node)
        assert hits, f"no node with the code {code!r}"
        return NodeRef(self, hits[nth])  # type: ignore[arg-type]

    def call(self, method: str, nth: int = 0) -> NodeRef:
        """The nth call of a method or function of that name."""
        hits = [n for n in self.nodes() if isinstance(n, cst.Call) and _called(n) == method]
        return NodeRef(self, hits[nth])  # type: ignore[arg-type]


def _called(call: cst.Call) -> str | None:
    function = call.func
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else None


def applied(source: Source, edits: Sequence[Edit]) -> str:
    result, at = b"", 0
    for edit in edits:
        result += source.source[at : edit.start] + edit.text.encode()
        at = edit.end
    return (result + source.source[at:]).decode()


def comments(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    stack: list[cst.CSTNode] = [cst.parse_module(text.encode())]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Comment):
            found[node.value] += 1
        stack.extend(node.children)
    return found


def fixed(source: Source, *actions: Action) -> str:
    edits = render(actions, lambda _: source)  # type: ignore[arg-type,return-value]
    assert list(edits) == sorted(edits)
    text = applied(source, edits)
    compile(text, "fixed.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert comments(text) >= comments(source.text), "a comment is lost"
    return text


BATCHES = "into_batches(64)"
LONG = "x" * 95
"""An argument that leaves no room for another call on the line."""

INSERTS: dict[str, tuple[str, Callable[[Source], NodeRef], str]] = {
    "name": ("x = df\n", lambda s: s.find("df"), "x = df.into_batches(64)\n"),
    "in line": (
        'x = daft.read("a").where(b).select(c)\n',
        lambda s: s.call("where"),
        'x = daft.read("a").where(b).into_batches(64).select(c)\n',
    ),
    "end of an inline chain": (
        'x = daft.read("a")  # note\n',
        lambda s: s.call("read"),
        'x = daft.read("a").into_batches(64)  # note\n',
    ),
    "own lines, middle": (
        'x = (\n    daft.read("a")  # source\n    # decode\n    .where(b)\n)\n',
        lambda s: s.call("read"),
        'x = (\n    daft.read("a")  # source\n    .into_batches(64)\n    # decode\n    .where(b)\n)\n',
    ),
    "own lines, end": (
        'x = (\n    daft.read("a")\n    .where(b)  # last\n    # end\n)\n',
        lambda s: s.call("where"),
        'x = (\n    daft.read("a")\n    .where(b)  # last\n    .into_batches(64)\n    # end\n)\n',
    ),
    "own lines, end, in an argument": (
        'f(\n    daft.read("a")\n    .where(b),  # last\n    1,\n)\n',
        lambda s: s.call("where"),
        'f(\n    daft.read("a")\n    .where(b)\n    .into_batches(64),  # last\n    1,\n)\n',
    ),
    "own lines, root name": (
        "x = (\n\tdf\n\t.where(b)\n)\n",
        lambda s: s.find("df"),
        "x = (\n\tdf\n\t.into_batches(64)\n\t.where(b)\n)\n",
    ),
    "carriage returns": (
        'x = (\r\n  daft.read("a") # é\r\n  .where(b)\r\n)\r\n',
        lambda s: s.call("read"),
        'x = (\r\n  daft.read("a") # é\r\n  .into_batches(64)\r\n  .where(b)\r\n)\r\n',
    ),
    "two links on one line": (
        'x = (\n    daft.read("a")\n    .where(b).select(c)\n)\n',
        lambda s: s.call("where"),
        'x = (\n    daft.read("a")\n    .where(b).into_batches(64).select(c)\n)\n',
    ),
    "single line in parentheses": (
        'x = (\n    daft.read("a")\n)\n',
        lambda s: s.call("read"),
        'x = (\n    daft.read("a").into_batches(64)\n)\n',
    ),
    "backslash": (
        'x = daft.read("a") \\\n    .where(b) \\\n    .select(c)  # end\n',
        lambda s: s.call("where"),
        'x = daft.read("a") \\\n    .where(b) \\\n    .into_batches(64) \\\n    .select(c)  # end\n',
    ),
    "backslash, end": (
        'x = daft.read("a") \\\n    .where(b)  # end\n',
        lambda s: s.call("where"),
        'x = daft.read("a") \\\n    .where(b) \\\n    .into_batches(64)  # end\n',
    ),
    "backslash, carriage returns, no last newline": (
        'x = daft.read("a")\\\r\n\t.where(b)',
        lambda s: s.call("where"),
        'x = daft.read("a")\\\r\n\t.where(b)\\\r\n\t.into_batches(64)',
    ),
    "dots at the end of lines": (
        "x = (df.\n     where(b).\n     select(c))\n",
        lambda s: s.call("where"),
        "x = (df.\n     where(b).\n     into_batches(64).\n     select(c))\n",
    ),
    "arguments over lines": (
        "x = df.where(\n    b,  # why\n).select(\n    c\n)\n",
        lambda s: s.call("where"),
        "x = df.where(\n    b,  # why\n).into_batches(64).select(\n    c\n)\n",
    ),
    "parenthesised value": (
        "x = (df).where(b)\n",
        lambda s: s.find("df"),
        "x = (df.into_batches(64)).where(b)\n",
    ),
    "nested chain": (
        "x = ((\n    df\n    .where(a)\n).select(b)\n  .limit(3))\n",
        lambda s: s.call("where"),
        "x = ((\n    df\n    .where(a)\n    .into_batches(64)\n).select(b)\n  .limit(3))\n",
    ),
    "ternary": (
        "x = a if b else c\n",
        lambda s: s.find("a if b else c"),
        "x = (a if b else c).into_batches(64)\n",
    ),
    "ternary in parentheses": (
        "x = (a if b else c).where(d)\n",
        lambda s: s.find("a if b else c"),
        "x = (a if b else c).into_batches(64).where(d)\n",
    ),
    "await": ("x = await f()\n", lambda s: s.find("await f()"), "x = (await f()).into_batches(64)\n"),
    "awaited call": ("x = await f()\n", lambda s: s.find("f()"), "x = await f().into_batches(64)\n"),
    "walrus": (
        "if (x := df.where(b)):\n    pass\n",
        lambda s: s.call("where"),
        "if (x := df.where(b).into_batches(64)):\n    pass\n",
    ),
    "walrus itself": (
        "print((x := df))\n",
        lambda s: s.find("x := df"),
        "print((x := df).into_batches(64))\n",
    ),
    "subscript": (
        'x = frames["a"].where(b)\n',
        lambda s: s.find('frames["a"]'),
        'x = frames["a"].into_batches(64).where(b)\n',
    ),
    "attribute": ("self.df.show()\n", lambda s: s.find("self.df"), "self.df.into_batches(64).show()\n"),
    "lambda": (
        "f = lambda d: d.where(b)\n",
        lambda s: s.call("where"),
        "f = lambda d: d.where(b).into_batches(64)\n",
    ),
    "comprehension": (
        "x = [d.where(b) for d in ds]\n",
        lambda s: s.call("where"),
        "x = [d.where(b).into_batches(64) for d in ds]\n",
    ),
    "f-string": (
        'print(f"{df.where(b)!r:>10}")\n',
        lambda s: s.call("where"),
        'print(f"{df.where(b).into_batches(64)!r:>10}")\n',
    ),
    "semicolons and form feed": (
        "z = 0\n\f\na = 1; x = df.where(b); y = 2\n",
        lambda s: s.call("where"),
        "z = 0\n\f\na = 1; x = df.where(b).into_batches(64); y = 2\n",
    ),
    "operator": ("x = a | b\n", lambda s: s.find("a | b"), "x = (a | b).into_batches(64)\n"),
    "decorator argument": (
        "@f(df.where(b))\ndef g(): pass\n",
        lambda s: s.call("where"),
        "@f(df.where(b).into_batches(64))\ndef g(): pass\n",
    ),
    "no last newline": ("df.where(b)", lambda s: s.call("where"), "df.where(b).into_batches(64)"),
    "a returned chain of a parameter that would become too long": (
        f"def f(df):\n    return df.where({LONG})  # note\n",
        lambda s: s.find("df", 1),
        f"def f(df):\n    df = df.into_batches(64)\n    return df.where({LONG})  # note\n",
    ),
    "a returned chain of a local name that would become too long": (
        f"def f(a):\n    df = a.b()\n    if a:\n        return df.where({LONG})\n",
        lambda s: s.find("df", 1),
        f"def f(a):\n    df = a.b()\n    if a:\n        df = df.into_batches(64)\n        return df.where({LONG})\n",
    ),
    "a returned chain of a global name would make it local": (
        f"def f():\n    return df.where({LONG})\n",
        lambda s: s.find("df"),
        f"def f():\n    return df.into_batches(64).where({LONG})\n",
    ),
    "a returned chain of a name that is declared global": (
        f"def f(a):\n    global df\n    df = a.b()\n    return df.where({LONG})\n",
        lambda s: s.find("df", -1),
        f"def f(a):\n    global df\n    df = a.b()\n    return df.into_batches(64).where({LONG})\n",
    ),
}


DEPTHS = pytest.mark.parametrize("depth", [0, 1, 2])


def nested(text: str, depth: int) -> str:
    """The text inside as many blocks; LibCST has the indentation of blocks apart from all other whitespace."""
    for level in range(depth):
        newline = "\r\n" if "\r\n" in text else "\n"
        lines = [f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True)]
        text = f"async def zz{level}():{newline}" + "".join(lines)
    return text


@DEPTHS
@pytest.mark.parametrize("name", INSERTS)
def test_insert_call(name: str, depth: int) -> None:
    before, after, expected = INSERTS[name]
    source = Source(nested(before, depth))
    assert fixed(source, InsertCall(after(source), BATCHES)) == nested(expected, depth)


REMOVALS: dict[str, tuple[str, str]] = {
    "in line": ("x = df.where(b).repartition(8).select(c)\n", "x = df.where(b).select(c)\n"),
    "end": ("x = df.where(b).repartition(8)  # note\n", "x = df.where(b)  # note\n"),
    "own line": (
        "x = (\n    df  # source\n    .repartition(8)\n    .where(b)\n)\n",
        "x = (\n    df  # source\n    .where(b)\n)\n",
    ),
    "own line, comments": (
        "x = (\n    df   # source\n    # cut it\n    .repartition(8)  # 8 workers\n    .where(b)\n)\n",
        "x = (\n    df   # source\n    # cut it\n    # 8 workers\n    .where(b)\n)\n",
    ),
    "own line, comment behind only": (
        "x = (\n    df\n    .repartition(8)  # 8 workers\n    .where(b)\n)\n",
        "x = (\n    df\n    # 8 workers\n    .where(b)\n)\n",
    ),
    "own line, link behind on the same line": (
        "x = (\n    df  # source\n    .repartition(8).where(b)\n)\n",
        "x = (\n    df  # source\n    .where(b)\n)\n",
    ),
    "last own line": (
        "x = (\n    df\n    .where(b)\n    .repartition(\n        8,  # workers\n    )\n)\n",
        "x = (\n    df\n    .where(b)\n    # workers\n)\n",
    ),
    "comment in the arguments, in line": (
        "if a:\n    x = df.repartition(\n        8,  # workers\n    ).where(b)\n",
        "if a:\n    # workers\n    x = df.where(b)\n",
    ),
    "backslash": (
        "x = df \\\n    .repartition(8) \\\n    .where(b)\n",
        "x = df \\\n    .where(b)\n",
    ),
    "backslash, end": ("x = df \\\n    .repartition(8)  # 8\ny = 1\n", "x = df  # 8\ny = 1\n"),
    "trailing dots": ("x = (df.\n     repartition(8).\n     where(b))\n", "x = (df.\n     where(b))\n"),
    "parenthesised function": ("x = (df.repartition)(8).where(b)\n", "x = df.where(b)\n"),
    "parenthesised value": ("x = (await f()).repartition(8)\n", "x = (await f())\n"),
    "carriage returns": (
        "x = (\r\n\tdf\r\n\t.repartition(8) # n\r\n\t.where(b)\r\n)\r\n",
        "x = (\r\n\tdf\r\n\t# n\r\n\t.where(b)\r\n)\r\n",
    ),
    "assigned to itself": ("a = 1\ndf = df.repartition(8)\nb = 2\n", "a = 1\nb = 2\n"),
    "assigned to itself, comments": (
        "# cut\ndf = df.repartition(\n    8,  # n\n)  # done\nb = 2\n",
        "# cut\n# n\n# done\nb = 2\n",
    ),
    "assigned to itself, attribute": ("self.df = self.df.repartition(8)\nb = 2\n", "b = 2\n"),
    "alone in its block": (
        "if a:\n    # why\n    df = df.repartition(8)  # n\nb = 2\n",
        "if a:\n    # why\n    pass  # n\nb = 2\n",
    ),
    "alone behind a colon": ("if a: df = df.repartition(8)\n", "if a: pass\n"),
    "between semicolons": ("a = 1; df = df.repartition(8); b = 2\n", "a = 1; b = 2\n"),
    "behind a semicolon": ("a = 1; df = df.repartition(8)  # n\n", "a = 1  # n\n"),
    "expression statement": ("df.repartition(8)\nb = 2\n", "b = 2\n"),
    "last line, no newline": ("a = 1\ndf = df.repartition(8)", "a = 1"),
    "annotated": ("a = 1\ndf: DataFrame = df.repartition(8)\nb = 2\n", "a = 1\nb = 2\n"),
    "between blank lines": ("a = 1\n\ndf = df.repartition(8)\n\nb = 2\n", "a = 1\n\nb = 2\n"),
    "below a blank line": ("a = 1\n\ndf = df.repartition(8)\nb = 2\n", "a = 1\n\nb = 2\n"),
    "a paragraph at the end": ("a = 1\n\ndf = df.repartition(8)\n", "a = 1\n"),
    "between a page break and a blank line": (
        "a = 1\n\f\ndf = df.repartition(8)\n\nb = 2\n",
        "a = 1\n\f\n\nb = 2\n",
    ),
    "assigned to another": ("x = df.repartition(8)\n", "x = df\n"),
}


@DEPTHS
@pytest.mark.parametrize("name", REMOVALS)
def test_remove_call(name: str, depth: int) -> None:
    before, expected = REMOVALS[name]
    source = Source(nested(before, depth))
    assert fixed(source, RemoveCall(source.call("repartition"))) == nested(expected, depth)


def test_remove_call_leaves_what_a_notebook_shows() -> None:
    source = Source("a = 1\ndf.repartition(8)\n", number=3)
    assert fixed(source, RemoveCall(source.call("repartition"))) == "a = 1\ndf\n"


MOVES: dict[str, tuple[str, Callable[[Source], NodeRef], str]] = {
    "in line": (
        "x = df.where(b).with_column(c).into_batches(8).select(d)\n",
        lambda s: s.call("where"),
        "x = df.where(b).into_batches(8).with_column(c).select(d)\n",
    ),
    "own lines with comments": (
        (
            "x = (\n    df  # source\n    # inflate\n    .with_column(c)  # big\n    # cut\n"
            "    .into_batches(8)  # small\n    # end\n    .select(d)\n)\n"
        ),
        lambda s: s.find("df"),
        (
            "x = (\n    df  # source\n    # cut\n    .into_batches(8)  # small\n    # inflate\n"
            "    .with_column(c)  # big\n    # end\n    .select(d)\n)\n"
        ),
    ),
    "last, arguments over lines": (
        "x = (\n    df\n    .with_column(c)\n    .into_batches(\n        8,  # small\n    )\n)\n",
        lambda s: s.find("df"),
        "x = (\n    df\n    .into_batches(\n        8,  # small\n    )\n    .with_column(c)\n)\n",
    ),
    "own line to in line": (
        "x = (\n    df.with_column(c)\n    # cut\n    .into_batches(8)  # small\n)\n",
        lambda s: s.find("df"),
        "x = (\n    df.into_batches(8).with_column(c)\n    # cut\n    # small\n)\n",
    ),
    "backslash": (
        "x = df \\\n    .with_column(c) \\\n    .into_batches(8)\n",
        lambda s: s.find("df"),
        "x = df \\\n    .into_batches(8) \\\n    .with_column(c)\n",
    ),
    "statement above statement": (
        "df = read()\n# inflate\ndf = df.with_column(c)  # big\n# cut\ndf = df.into_batches(8)  # small\ndf.show()\n",
        lambda s: s.find("df", 2),
        "df = read()\n# cut\ndf = df.into_batches(8)  # small\n# inflate\ndf = df.with_column(c)  # big\ndf.show()\n",
    ),
    "paragraph above paragraph": (
        "df = read()\n\n# inflate\ndf = df.with_column(c)\n\n# cut\ndf = df.into_batches(8)\n\ndf.show()\n",
        lambda s: s.find("df", 2),
        "df = read()\n\n# cut\ndf = df.into_batches(8)\n\n# inflate\ndf = df.with_column(c)\n\ndf.show()\n",
    ),
    "head of a paragraph": (
        "df = read()\n\ndf = df.with_column(c)\n\ndf = df.into_batches(8)\ndf.show()\n",
        lambda s: s.find("df", 2),
        "df = read()\n\ndf = df.into_batches(8)\ndf = df.with_column(c)\n\ndf.show()\n",
    ),
    "paragraph into a paragraph": (
        "df = read()\ndf = df.with_column(c)\n\ndf = df.into_batches(8)\n\ndf.show()\n",
        lambda s: s.find("df", 2),
        "df = read()\ndf = df.into_batches(8)\ndf = df.with_column(c)\n\ndf.show()\n",
    ),
    "annotated statement above annotated statement": (
        "df: D = df.with_column(c)\ndf: D = df.into_batches(8)  # small\ndf.show()\n",
        lambda s: s.find("df", 1),
        "df: D = df.into_batches(8)  # small\ndf: D = df.with_column(c)\ndf.show()\n",
    ),
    "statement above statement, no last newline": (
        "if a:\n\tdf = df.with_column(c)\n\tdf = df.into_batches(8)",
        lambda s: s.find("df", 1),
        "if a:\n\tdf = df.into_batches(8)\n\tdf = df.with_column(c)",
    ),
    "statement into a chain": (
        "x = read().with_column(c)\nx = x.into_batches(8)  # small\nx.show()\n",
        lambda s: s.call("read"),
        "x = read().into_batches(8).with_column(c)\n# small\nx.show()\n",
    ),
    "statement into another block": (
        "df = df.with_column(c)\nif a:\n    df = df.into_batches(8)\n",
        lambda s: s.find("df", 1),
        "df = df.into_batches(8).with_column(c)\nif a:\n    pass\n",
    ),
    "to where it is": (
        "x = df.into_batches(8)\n",
        lambda s: s.find("df"),
        "x = df.into_batches(8)\n",
    ),
    "after a ternary": (
        "y = a if b else c\nx = y.with_column(d).into_batches(8)\n",
        lambda s: s.find("a if b else c"),
        "y = (a if b else c).into_batches(8)\nx = y.with_column(d)\n",
    ),
}


@DEPTHS
@pytest.mark.parametrize("name", MOVES)
def test_move_call(name: str, depth: int) -> None:
    before, after, expected = MOVES[name]
    source = Source(nested(before, depth))
    assert fixed(source, MoveCall(source.call("into_batches"), after(source))) == nested(expected, depth)


def test_move_call_between_cells() -> None:
    first, second = Source("df = read()\n", number=1), Source("df = df.into_batches(8)\ndf.show()\n", number=2)
    sources = {first: first, second: second}
    action = MoveCall(second.call("into_batches"), first.call("read"))
    edits = render((action,), lambda cell: sources[cell])  # type: ignore[index]
    assert applied(first, [edit for edit in edits if edit.cell == 1]) == "df = read().into_batches(8)\n"
    assert applied(second, [edit for edit in edits if edit.cell == 2]) == "df.show()\n"
    with pytest.raises(EditError):
        render((action,), lambda _: first)  # type: ignore[arg-type,return-value]


REPLACEMENTS: dict[str, tuple[str, str, str, str]] = {
    "number": ("df.repartition(8)\n", "8", "100", "df.repartition(100)\n"),
    "sum in a product": ("x = 2 * n\n", "n", "a + b", "x = 2 * (a + b)\n"),
    "sum as an argument": ("f(n, 1)\n", "n", "a + b", "f(a + b, 1)\n"),
    "sum with parentheses": ("x = 2 * (n)\n", "n", "a + b", "x = 2 * (a + b)\n"),
    "ternary called on": ("x = n.show()\n", "n", "a if b else c", "x = (a if b else c).show()\n"),
    "callee": ('x = df.read("a")\n', "df.read", "daft.read", 'x = daft.read("a")\n'),
    "lambda called": ("x = f(1)\n", "f", "lambda y: y", "x = (lambda y: y)(1)\n"),
    "tuple as an argument": ("f(n)\n", "n", "1, 2", "f((1, 2))\n"),
    "comment inside": ("x = f(g(\n    1,  # one\n))\n", "g(...)", "2", "# one\nx = f(2)\n"),
    "whole call, comment kept": (
        "x = g(\n    1,  # one\n)\n",
        "g(...)",
        "h(\n    1,  # one\n)",
        "x = h(\n    1,  # one\n)\n",
    ),
    "line breaks": ("x = f(n)\r\n", "n", "g(\n    1\n)", "x = f(g(\r\n    1\r\n))\r\n"),
    "await": ("x = n.a\n", "n", "await f()", "x = (await f()).a\n"),
}


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_replace_node(name: str) -> None:
    before, node, new, expected = REPLACEMENTS[name]
    source = Source(before)
    assert fixed(source, ReplaceNode(source.find(node), new)) == expected


def test_insert_before() -> None:
    source = Source("if a:\n\t(df\n\t .repartition(8))  # cut\n")
    assert fixed(source, InsertBefore(source.call("repartition"), "df = ")) == (
        "if a:\n\tdf = (df\n\t .repartition(8))  # cut\n"
    )


KEYWORDS: dict[str, tuple[str, str]] = {
    "no arguments": ("f()\n", "f(n=1)\n"),
    "blank": ("f( )\n", "f(n=1 )\n"),
    "comment only": ("f(  # c\n)\n", "f(n=1  # c\n)\n"),
    "positional": ("f(a)\n", "f(a, n=1)\n"),
    "trailing comma": ("f(a,)\n", "f(a, n=1,)\n"),
    "own lines": ("f(\n    a,\n    b,  # b\n    # end\n)\n", "f(\n    a,\n    b,  # b\n    n=1,\n    # end\n)\n"),
    "own lines, no comma": ("f(\n    a,\n    b\n)\n", "f(\n    a,\n    b,\n    n=1\n)\n"),
    "own lines, no comma, comment": ("f(\n    a  # a\n)\n", "f(\n    a,  # a\n    n=1\n)\n"),
    "carriage returns": ("f(\r\n\ta,\r\n)\r\n", "f(\r\n\ta,\r\n\tn=1,\r\n)\r\n"),
    "hugging": ("f(a,\n  b)\n", "f(a,\n  b,\n  n=1)\n"),
    "stars": ("f(*a, **k)\n", "f(*a, **k, n=1)\n"),
    "generator": ("f(x for x in y)\n", "f((x for x in y), n=1)\n"),
    "value over lines": ("f(g(\n    a,\n))\n", "f(g(\n    a,\n), n=1)\n"),
    "there already": ("f(a, n=2)\n", "f(a, n=1)\n"),
    "there already, the same": ("f(a, n=1)\n", "f(a, n=1)\n"),
    "parenthesised argument": ("f((a))\n", "f((a), n=1)\n"),
    "comment behind an argument in line": ("f(a  # a\n)\n", "f(a, n=1  # a\n)\n"),
}


@DEPTHS
@pytest.mark.parametrize("name", KEYWORDS)
def test_add_keyword(name: str, depth: int) -> None:
    before, expected = KEYWORDS[name]
    source = Source(nested(before, depth))
    assert fixed(source, AddKeyword(source.call("f"), "n", "1")) == nested(expected, depth)


@pytest.mark.parametrize(
    ("before", "find", "expected"),
    [
        ("@daft.cls\nclass A: pass\n", "daft.cls", "@daft.cls(n=1, m=2)\nclass A: pass\n"),
        ("@cls  # c\nclass A: pass\n", "cls", "@cls(n=1, m=2)  # c\nclass A: pass\n"),
        ("@daft.cls()\nclass A: pass\n", "daft.cls()", "@daft.cls(n=1, m=2)\nclass A: pass\n"),
        (
            "a = 1\n@other\n@daft.func\ndef f(): pass\n",
            "daft.func",
            "a = 1\n@other\n@daft.func(n=1, m=2)\ndef f(): pass\n",
        ),
        ("@daft.cls(gpus=1)\nclass A: pass\n", "daft.cls(gpus=1)", "@daft.cls(gpus=1, n=1, m=2)\nclass A: pass\n"),
    ],
)
def test_add_keywords_to_a_decorator(before: str, find: str, expected: str) -> None:
    source = Source(before)
    location = source.find(find)
    assert fixed(source, AddKeyword(location, "n", "1"), AddKeyword(location, "m", "2")) == expected


def test_add_keyword_to_the_decorator_node_itself() -> None:
    source = Source("@daft.cls\nclass A: pass\n")
    node = next(n for n in source.nodes() if isinstance(n, cst.Decorator))
    assert fixed(source, AddKeyword(NodeRef(source, node), "n", "1")).startswith("@daft.cls(n=1)\n")  # type: ignore[arg-type]


ARGUMENTS: dict[str, tuple[str, str]] = {
    "only": ("f(n=1)\n", "f()\n"),
    "only, own line": ("f(\n    n=1,\n)\n", "f()\n"),
    "only, comment": ("f(\n    n=1,  # one\n)\n", "f(\n    # one\n)\n"),
    "first": ("f(n=1, a=2)\n", "f(a=2)\n"),
    "middle": ("f(a, n=1, b=2)\n", "f(a, b=2)\n"),
    "last": ("f(a, n=1)\n", "f(a)\n"),
    "last, trailing comma": ("f(a, n=1,)\n", "f(a,)\n"),
    "own line": ("f(\n    a,  # a\n    n=1,\n    b=2,\n)\n", "f(\n    a,  # a\n    b=2,\n)\n"),
    "own line, comments": (
        "f(\n    a,  # a\n    # why\n    n=1,  # one\n    b=2,\n)\n",
        "f(\n    a,  # a\n    # why\n    # one\n    b=2,\n)\n",
    ),
    "own line, last, no comma": ("f(\n    a,  # a\n    n=1  # one\n)\n", "f(\n    a  # a\n    # one\n)\n"),
    "own line, first": ("f(\n    n=1,\n    b=2,\n)\n", "f(\n    b=2,\n)\n"),
    "comment in its value": ("f(a, n=g(\n    1,  # one\n), b=2)\n", "# one\nf(a, b=2)\n"),
    "before stars": ("f(n=1, **k)\n", "f(**k)\n"),
    "carriage returns": ("f(\r\n\ta,\r\n\tn=1\r\n)\r\n", "f(\r\n\ta\r\n)\r\n"),
}


@DEPTHS
@pytest.mark.parametrize("name", ARGUMENTS)
def test_remove_argument(name: str, depth: int) -> None:
    before, expected = ARGUMENTS[name]
    source = Source(nested(before, depth))
    assert fixed(source, RemoveArgument(source.call("f"), "n")) == nested(expected, depth)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("f(n=1, m=2)\n", "f()\n"),
        ("f(a, n=1, m=2)\n", "f(a)\n"),
        ("f(n=1, a=3, m=2)\n", "f(a=3)\n"),
        ("f(\n    n=1,  # one\n    m=2,  # two\n    a=3,\n)\n", "f(\n    # one\n    # two\n    a=3,\n)\n"),
    ],
)
def test_remove_two_arguments(before: str, expected: str) -> None:
    source = Source(before)
    call = source.call("f")
    assert fixed(source, RemoveArgument(call, "n"), RemoveArgument(call, "m")) == expected


def test_rename_an_argument() -> None:
    source = Source("@f(num_gpus=1,  # one\n   concurrency=4)\ndef g(): pass\n")
    call = source.call("f")
    actions = (
        RemoveArgument(call, "num_gpus"),
        AddKeyword(call, "gpus", "1"),
        RemoveArgument(call, "concurrency"),
        AddKeyword(call, "max_concurrency", "4"),
    )
    assert fixed(source, *actions) == "@f(gpus=1,  # one\n   max_concurrency=4)\ndef g(): pass\n"


IMPORTS: dict[str, tuple[str, str]] = {
    "after imports": ("import daft  # d\nx = 1\n", "import daft  # d\nfrom daft.functions import download\nx = 1\n"),
    "there": ("from daft.functions import download\nx = 1\n", "from daft.functions import download\nx = 1\n"),
    "there among others": (
        "from daft.functions import (\n    a,\n    download,\n)\nx = 1\n",
        "from daft.functions import (\n    a,\n    download,\n)\nx = 1\n",
    ),
    "under another name": (
        "from daft.functions import download as d\nx = 1\n",
        "from daft.functions import download as d\nfrom daft.functions import download\nx = 1\n",
    ),
    "after the docstring": (
        '"""Doc."""\r\nx = 1\r\n',
        '"""Doc."""\r\n\r\nfrom daft.functions import download\r\nx = 1\r\n',
    ),
    "after the future": (
        '"""Doc."""\nfrom __future__ import annotations\nx = 1\n',
        '"""Doc."""\nfrom __future__ import annotations\nfrom daft.functions import download\nx = 1\n',
    ),
    "shebang": (
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nx = 1\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nfrom daft.functions import download\nx = 1\n",
    ),
    "not an import in a function": (
        "import daft\ndef f():\n    import os\n",
        "import daft\nfrom daft.functions import download\ndef f():\n    import os\n",
    ),
    "semicolon": (
        "import os; import daft\nx = 1\n",
        "import os; import daft\nfrom daft.functions import download\nx = 1\n",
    ),
    "no last newline": ("import daft", "import daft\nfrom daft.functions import download"),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_add_import(name: str) -> None:
    before, expected = IMPORTS[name]
    source = Source(before)
    action = AddImport(NodeRef(source, source.module), "daft.functions", "download")  # type: ignore[arg-type]
    assert fixed(source, action, action) == expected


def test_edits_that_meet_are_an_error() -> None:
    source = Source("x = df.repartition(8)\n")
    with pytest.raises(EditError):
        fixed(source, RemoveCall(source.call("repartition")), ReplaceNode(source.find("8"), "9"))


def test_a_node_of_another_tree_is_an_error() -> None:
    source = Source("x = df.repartition(8)\n")
    with pytest.raises((EditError, KeyError)):
        fixed(source, InsertCall(NodeRef(source, cst.Name("df")), BATCHES))  # type: ignore[arg-type]


COMMENT = st.sampled_from(["", "  # note", " #é", "  # type: ignore"])
OWN_COMMENT = st.sampled_from(["", "# above\n", "# one\n\n# two\n"])
ARGUMENT = st.sampled_from(["", "8", '"# no comment"', "(\n  1, # in\n)", "lambda d: d.where(1)", "[d.x() for d in e]"])


@st.composite
def chains(draw: st.DrawFn) -> str:
    """A chain in one of the styles, with comments wherever that style lets one stand."""
    style = draw(st.sampled_from(["line", "inline", "backslash", "inline-brackets", "dots"]))
    indent = draw(st.sampled_from(["    ", "\t", "  "]))
    steps = [f"s{i}({draw(ARGUMENT)})" for i in range(draw(st.integers(1, 5)))]
    root = draw(st.sampled_from(["df", "daft.read('x')", "self.df", "frames[0]", "(df)", "f(a)(b)"]))
    tail = draw(COMMENT)
    if style == "inline":
        text = f"x = {root}." + ".".join(steps) + tail
    elif style == "inline-brackets":
        text = f"x = ({root}." + ".".join(steps) + f"{tail}\n)" + draw(COMMENT)
    elif style == "backslash":
        text = f"x = {root}" + "".join(f" \\\n{indent}.{step}" for step in steps) + tail
    elif style == "dots":
        text = f"x = ({root}" + "".join(f".\n{indent}{step}" for step in steps) + f"{tail}\n)"
    else:
        lines = [root + draw(COMMENT)]
        for step in steps:
            above = draw(OWN_COMMENT)
            lines.append(
                above.replace("#", f"{indent}#").removeprefix(indent)
                + (indent if above else "")
                + f".{step}{draw(COMMENT)}"
            )
        text = f"x = (\n{indent}" + f"\n{indent}".join(lines) + "\n)" + tail
    before = draw(st.sampled_from(["", "# top\n", "y = 1\n", "\f\n"]))
    text = before + text + draw(st.sampled_from(["", "\n", "\nz = 2  # end\n", "\n# last"]))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@settings(max_examples=150, deadline=None)
@given(chains(), st.data())
def test_inserting_and_removing_gives_back_the_original(text: str, data: st.DataObject) -> None:
    source = Source(text)
    links = [n for n in source.nodes() if isinstance(n, cst.Call) and (_called(n) or "").startswith("s")]
    node = data.draw(st.sampled_from(links))
    with_call = Source(fixed(source, InsertCall(NodeRef(source, node), "marker(64)")))  # type: ignore[arg-type]
    again = fixed(with_call, RemoveCall(with_call.call("marker")))
    assert again == text


@settings(max_examples=150, deadline=None)
@given(chains(), st.data())
def test_removing_or_moving_any_link_keeps_the_comments_and_the_rest(text: str, data: st.DataObject) -> None:
    source = Source(text)
    links = [n for n in source.nodes() if isinstance(n, cst.Call) and (_called(n) or "").startswith("s")]
    node = data.draw(st.sampled_from(links))
    location = NodeRef(source, node)  # type: ignore[arg-type]
    below: list[cst.BaseExpression] = []
    value = node.func
    while isinstance(value, cst.Attribute | cst.Call):
        value = value.value if isinstance(value, cst.Attribute) else value.func
        if not isinstance(value, cst.Attribute):
            below.append(value)
    action: Action = RemoveCall(location)
    names = [_called(n) for n in links]
    expected = [n for n in names if n != _called(node)]
    target = data.draw(st.sampled_from([None, *(b for b in below if isinstance(b, cst.Call) and b in links)]))
    if target is not None:
        action = MoveCall(location, NodeRef(source, target))  # type: ignore[arg-type]
        expected = names[:]
    after = fixed(source, action)
    result = Source(after)
    kept = [_called(n) for n in result.nodes() if isinstance(n, cst.Call) and (_called(n) or "").startswith("s")]
    assert Counter(kept) == Counter(expected)
    assert ("\r\n" in after) == ("\r\n" in text) or "\n" not in after
    assert after.count("\n") - after.count("\r\n") == (0 if "\r\n" in text else after.count("\n"))
