"""DFT506: a UDF for what an expression does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from daft_lint.api.edits import AddImport, ReplaceNode
from daft_lint.api.nodes import modules_of, udf_related
from daft_lint.api.promises import Direction, Measure, Promise
from daft_lint.api.rule import Fix, Level, Observation, Prescan, ScriptRule, in_pipelines
from daft_lint.api.udf_code import udf_calls_of
from daft_lint.pipeline.model import NodeRef, Script, Udf, UdfKind

if TYPE_CHECKING:
    from daft_lint.api.equivalents import Equal

COSTS = {
    UdfKind.FUNC: "a row at a time: 500,000 times `lower()` took 2.7 s",
    UdfKind.APPLY: "with Python's values: 500,000 times `lower()` took 0.16 s",
}
BATCH_COST = "with Python's values: 500,000 times `lower()` took 0.24 s"
_TAKES_TIME = re.compile(r"\b(?:time\.time|perf_counter|timeit|monotonic|process_time)\b|^%%?time", re.MULTILINE)
_COLUMN = re.compile(r"""\b(?:\w+\.)*col\(\s*["'](?P<by_name>\w+)["']\s*\)|\b\w+\[\s*["'](?P<by_key>\w+)["']\s*\]""")
_NOISE = re.compile(r"\s+|\.cast\((?:int|float|str)\)|\.(?:str|list|dt|float|json)(?=\.)")
_SINGLE_CALL = re.compile(r"(?P<column><\w+>)\.(?P<name>\w+)\(\)")
MAX_SHOWN = 120
"""Characters of an expression that a message shows."""


class PythonForBuiltin(ScriptRule):
    """A call of a UDF, or an `apply`, whose body does what an expression of Daft's does: methods of `str`, arithmetic,
    comparisons, `len`, `sum` of a list, `in`, f-strings, `re` with plain patterns, parts of dates, a lookup in a small
    table, a field of JSON.

    Known are functions, lambdas and batch UDFs that return one expression of their parameters, after a guard against
    None or with names on the way. What has other statements, options that say more than how it is run (`on_error`,
    ...), default arguments, methods, or globals that change is left alone. So is a call of a parameter or of a loop's
    variable, which stands for whichever function it is given, and a UDF in a script that takes times and applies the
    expression to the same column as well: it compares the two. One that compares forms of UDFs with each other is not:
    what it finds slow is not Daft.

    ## Why
    Daft hands each value to Python and back: 500,000 times `lower()` took 2.7 s as a `daft.func`, 0.24 s as a
    `daft.func.batch`, 0.16 s as an `apply`, and 0.03 s as an expression (experiment e11). Nor can Daft push a UDF down
    into a scan.

    ## Example

        @daft.func
        def size(text: str) -> int:
            if text is None:
                return 0
            return len(text)

        df = df.with_column("size", size(col("text")))

    becomes

        df = df.with_column("size", col("text").length().cast(int).fill_null(0))

    ## Fix
    Writes the expression in the place of the call; the UDF stays where it is. It is safe only where nulls, types and
    edge cases come out the same: for each translation a test runs both over values at the edges. Unsafe, and the fix
    says why:

    - a UDF without a guard against None: it fails where the expression is null;
    - numbers, whose type the annotation does not tell: integers wrap where they overflow, and NaN counts as larger than
      any number;
    - `strip()`, which leaves U+001C to U+001F as they are, divisions by zero, and what else the tests show to differ;
    - a UDF with a `batch_size`, which bounds the rows of the steps before it as well.

    Letters that are newer than the Unicode of the script's Python have no capitals there.

    There is none for a Daft before 0.7, where the name or the type of the column would change, or where the UDF's
    `batch_size` bounds a heavy UDF before it. Decoding and resizing of images is left alone: only a PNG comes out as
    with Pillow, a JPEG or a resized image has other pixels. So are `//` and `%`, which round towards zero for negative
    numbers.

    ## Options
    None.
    """

    code = "DFT506"
    name = "python-for-builtin"
    level = Level.WARNING
    trigger_words = ("func", "udf", "apply")
    fixable = True
    knows_versions = True
    promises = (Promise(Measure.UDF_ROWS, Direction.LOWER),)

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        return in_pipelines(prescan, cls.trigger_words)

    def check(self, script: Script) -> Iterator[Observation]:
        """One observation for each call."""
        calls = tuple(udf_calls_of(script))
        if not calls:
            return
        # Late: seven modules that only a script with UDFs needs.
        from daft_lint.api.equivalents import equivalent_of

        target = script.settings.target_daft
        for call, udf in calls:
            equal = equivalent_of(udf, call)
            if equal is not None and call.location is not None and not _is_compared(equal.text, call.location):
                yield _observation(udf, call.location, equal, target is None or target >= (0, 7, 0))


def _is_compared(text: str, call: NodeRef) -> bool:
    """Whether a script that takes times applies the expression to the column as well: it compares the two."""
    sources = [module.cell.source.decode("utf-8", "replace") for module in modules_of(call)]
    if not any(_TAKES_TIME.search(source) for source in sources):
        return False
    wanted = _plain(text)
    single = _SINGLE_CALL.fullmatch(wanted)
    spelled = {wanted, *([f"{single['name']}({single['column']})"] if single is not None else [])}
    return any(spelling in source for source in map(_plain, sources) for spelling in spelled)


def _plain(text: str) -> str:
    """Without what differs between spellings of one expression: of its columns, namespaces, quotes and types."""
    text = _COLUMN.sub(lambda match: f"<{match['by_name'] or match['by_key']}>", text)
    return _NOISE.sub("", text).replace("'", '"')


def _said_once(reasons: Sequence[str]) -> list[str]:
    """Without a reason that a longer one holds already."""
    return [reason for reason in reasons if not any(reason != other and reason in other for other in reasons)]


def _observation(udf: Udf, location: NodeRef, equal: Equal, has_spelling: bool) -> Observation:
    shown = equal.text if len(equal.text) <= MAX_SHOWN and "\n" not in equal.text else ""
    name = f"`{udf.name}`" if udf.name.isidentifier() else "The function"
    fix = None
    if equal.writable and has_spelling:
        imports = tuple(AddImport(location, module, imported) for module, imported in equal.imports)
        why = "; ".join(_said_once(equal.differs)) or None
        fix = Fix("Write the expression in place of the UDF", (ReplaceNode(location, equal.text), *imports), why)
    written = f"`{shown}`" if shown else "the expression"
    if not equal.writable and has_spelling:
        written = f"an expression like {written}, and see to nulls and to its type" if shown else written
    return Observation(
        location=location,
        level=Level.WARNING,
        observed=f"{name} does in Python what an expression of Daft's does",
        impact=f"Daft calls it {COSTS.get(udf.kind, BATCH_COST)}, as an expression 0.03 s",
        suggestion=f"Write {written}" if has_spelling else f"From Daft 0.7 on, write {written}",
        related=udf_related(udf),
        fix=fix,
    )
