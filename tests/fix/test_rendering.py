"""Actions become byte spans: in every chain style, with every comment kept and every other byte as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from daft_lint.api.edits import (
    InsertCall,
    MoveCall,
    RemoveCall,
)
from daft_lint.fix.rendering import EditError, render
from daft_lint.pipeline.model import NodeRef
from tests.fix.rendering import BATCHES, DEPTHS, LONG, Source, applied, fixed, nested

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
