from __future__ import annotations

import pytest

from daft_lint.api.finding import Finding, Span
from daft_lint.api.rule import Level
from daft_lint.config import Config, Selection
from daft_lint.lint.suppressions import Suppressions
from daft_lint.source.document import Document
from tests.helpers import notebook


def finding(line: int, code: str = "DFT101", end: int | None = None) -> Finding:
    return Finding(code, "n", Level.WARNING, Span("a.py", None, line, 1, end or line, 2), "s", "c", "w")


def table(text: str) -> Suppressions:
    return Suppressions(Document.from_bytes("a.py", text.encode()))


@pytest.mark.parametrize(
    ("text", "line", "hidden"),
    [
        ("x = 1  # noqa\n", 1, True),
        ("x = 1  # NOQA: E501, DFT1\n", 1, True),
        ("x = 1  # noqa: E501\n", 1, False),
        ("x = 1  # noqa: DFT2\n", 1, False),
        ("x = 1  # daft-lint: ignore[DFT101, DFT2] because\n", 1, True),
        ("x = 1  # daft-lint: ignore[heavy-udf-without-batches] because\n", 1, True),
        ("x = 1  # daft-lint: ignore[DFT2, heavy-udf-without-batches] because\n", 1, True),
        ("x = 1  # daft-lint: ignore[heavy-shuffle] because\n", 1, False),
        ("# daft-lint: ignore-file[heavy-udf-without-batches]\nx = 1\n", 2, True),
        ("x = 1  # daft-lint: ignore\n", 1, True),
        ("x = '# noqa'\n", 1, False),
        ("x = (\n  1\n)  # noqa: DFT101\n", 2, True),
        ("x = (  # noqa: DFT101\n  1\n)\n", 2, True),
        ("x = (\n  1,  # noqa: DFT101\n  2\n)\n", 3, False),
        ("x = (\n  1,  # noqa: DFT101\n  2\n)\n", 2, True),
        ("# daft-lint: ignore-file[DFT1] old\nx = 1\ny = 1\n", 3, True),
        ("x = 1\n# daft-lint: ignore-file[DFT1]\n", 1, False),
        ("x = 1\ny = 2  # noqa: DFT101\n", 1, False),
    ],
)
def test_what_a_comment_hides(text: str, line: int, hidden: bool) -> None:
    assert table(text).hides(finding(line)) is hidden


def test_unused_ones_are_advice() -> None:
    text = "a = 1  # noqa: DFT101, DFT201, E1\nb = 1  # noqa\nc = 1  # daft-lint: ignore[nonsense]\n"
    found = table(text)
    assert found.hides(finding(1))
    unused = list(found.unused(Selection(Config())))
    assert [(f.code, f.level, f.span.line) for f in unused] == [
        ("DFT002", Level.ADVICE, 3),
        ("DFT002", Level.ADVICE, 1),
    ]
    assert "DFT201" in unused[1].message
    assert "DFT101" not in unused[1].message
    only = table("a = 1  # noqa: DFT201\n")
    assert list(only.unused(Selection(Config(select=("DFT1",))))) == []


@pytest.mark.parametrize("body", ["rows=many", "hi", ""])
def test_a_comment_that_is_not_understood_is_advice(body: str) -> None:
    (found,) = table(f"x = 1  # daft-lint: {body}\n").unused(Selection(Config()))
    assert (found.code, found.level) == ("DFT002", Level.ADVICE)
    assert "is not understood" in found.message


def test_a_name_is_removed_as_it_is_written() -> None:
    text = "a = 1  # daft-lint: ignore[heavy-shuffle, DFT101, no-such-rule] x\n"
    (wrong,) = table(text).unused(Selection(Config()))
    assert "no-such-rule is neither a rule's code nor its name" in wrong.message
    found = table(text.replace(", no-such-rule", ""))
    assert found.hides(finding(1))
    (unused,) = found.unused(Selection(Config()))
    assert "silences no finding of heavy-shuffle" in unused.message
    assert unused.fix is not None
    assert [edit.text for edit in unused.fix.edits] == ["# daft-lint: ignore[DFT101] x"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("x = 1  # noqa: F401, DFT101  # why", "x = 1  # noqa: F401  # why"),
        ("x = 1  # noqa:DFT101,E501", "x = 1  # noqa:E501"),
        ("x = 1  # daft-lint: ignore[DFT101]  because", "x = 1"),
        ("x = 1  # type: ignore  # noqa: DFT101", "x = 1  # type: ignore"),
        ("x = 1  # noqa: DFT101  # type: ignore[x]", "x = 1  # type: ignore[x]"),
        (
            "x = 1  # pragma: no cover  # daft-lint: ignore[DFT101] why  # pylint: disable=a",
            "x = 1  # pragma: no cover  # pylint: disable=a",
        ),
        ("x = 1\t# daft-lint: ignore[DFT101]: words", "x = 1"),
        ("x = 1\t\t# noqa: DFT101\t# nosec", "x = 1\t\t# nosec"),
        ("x = 1  # NOQA: dft101 -- old, (see there)", "x = 1  # -- old, (see there)"),
        ('x = """\n# noqa: DFT101\n"""  # noqa: DFT101', 'x = """\n# noqa: DFT101\n"""'),
        ("x = (  # noqa: DFT101\n    1  # fmt: skip # noqa: DFT101\n)", "x = (\n    1  # fmt: skip\n)"),
        ("if x:\n\t# daft-lint: ignore[DFT101]\n\tpass", "if x:\n\tpass"),
    ],
)
def test_what_other_tools_are_told_stays(line: str, left: str, newline: str) -> None:
    before, after = (f"é = 1\n{text}\n".replace("\n", newline) for text in (line, left))
    document = Document.from_bytes("a.py", before.encode())
    unused = Suppressions(document).unused(Selection(Config()))
    edits = [edit for one in unused if one.fix is not None for edit in one.fix.edits]
    assert edits
    assert document.edited(edits).raw.decode() == after


@pytest.mark.parametrize(("path", "safe"), [("a.py", False), ("a.ipynb", True), ("a.md", True)])
def test_only_what_can_be_imported_may_get_findings_from_elsewhere(path: str, safe: bool) -> None:
    code = "x = 1  # noqa: DFT101\n"
    text = {"a.py": code, "a.ipynb": notebook(code), "a.md": f"```python\n{code}```\n"}[path]
    (unused,) = Suppressions(Document.from_bytes(path, text.encode())).unused(Selection(Config()))
    assert unused.fix is not None
    assert unused.fix.safe is safe
