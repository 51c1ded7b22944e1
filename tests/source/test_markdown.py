"""Guides are linted and fixed like scripts; what is no whole Python in them is left alone."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.helpers import BAD, lint, notebook

FIXTURES = Path(__file__).parents[2] / "fixtures" / "markdown"
GUIDES = sorted(path for path in FIXTURES.glob("*.md") if not path.name.endswith(".fixed.md"))


def found(folder: Path, *arguments: str) -> list[tuple[int, str, str]]:
    run = lint(folder, "check", "--format", "json", *arguments)
    assert run.returncode in (0, 1), run.stderr
    return [(f["line"], f["code"], f["level"]) for f in json.loads(run.stdout)["findings"]]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_what_is_found_in_a_guide(guide: Path) -> None:
    lines = guide.read_text(encoding="utf-8").splitlines()
    markers = [(number, re.search(r"# expect: (\S+) (\w+)", line)) for number, line in enumerate(lines, start=1)]
    expected = [(number, marker[1], marker[2]) for number, marker in markers if marker]
    assert found(FIXTURES, guide.name) == expected


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_fixed_guide(guide: Path, tmp_path: Path) -> None:
    shutil.copy(guide, tmp_path / "guide.md")
    run = lint(tmp_path, "fix", "--apply", "--unsafe", "--fail-on", "never", "guide.md")
    assert run.returncode == 0, run.stderr
    wanted = guide.with_suffix(".fixed.md")
    assert (tmp_path / "guide.md").read_bytes() == (wanted if wanted.exists() else guide).read_bytes()
    again = lint(tmp_path, "fix", "--apply", "--unsafe", "--fail-on", "never", "guide.md")
    assert again.stderr.startswith("Nothing to fix.")


def test_blocks_that_do_not_parse_are_noted_and_no_error() -> None:
    run = lint(FIXTURES, "check", "--verbose", "snippets.md")
    assert run.returncode == 0
    notes = [line for line in run.stderr.splitlines() if "left out" in line]
    assert [re.sub(r"parse: .*", "", line) for line in notes] == [
        "limit: snippets.md: line 6: left out, it does not ",
        "limit: snippets.md: line 13: left out, it does not ",
    ]
    assert lint(FIXTURES, "check", "snippets.md").stderr.startswith("daft-lint: note: 2 parts were left out")


def test_cells_that_do_not_parse_are_treated_alike(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text(notebook("x = (\n", BAD))
    assert found(tmp_path) == [(4, "DFT401", "error")]
    assert "limit: n.ipynb: cell 1, line " in lint(tmp_path, "check", "--verbose").stderr
    assert lint(tmp_path, "check").stderr.startswith("daft-lint: note: 1 part was left out")
    assert lint(tmp_path, "fix", "--apply", "--unsafe").returncode == 0
    assert found(tmp_path) == []


def test_a_file_that_is_no_text_or_no_notebook_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "g.md").write_bytes(b"daft udf repartition\n\xff\n```python\nimport daft\n```\n")
    (tmp_path / "n.ipynb").write_text("{import daft, repartition")
    run = lint(tmp_path, "check", "--format", "concise", "g.md", "n.ipynb")
    assert [line.split(" ")[:3:2] for line in run.stdout.splitlines()[:2]] == [
        ["g.md:2:1:", "DFT001"],
        ["n.ipynb:1:2:", "DFT001"],
    ]


def test_guides_of_a_folder_are_checked_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "g.md").write_text(f"```python\n{BAD}```\n")
    assert found(tmp_path) == []
    assert found(tmp_path, "g.md") == [(5, "DFT401", "error")]
    (tmp_path / "daft-lint.toml").write_text("markdown = true\n")
    assert found(tmp_path) == [(5, "DFT401", "error")]
    run = lint(tmp_path, "check", "-", "--stdin-filename", "x.md", stdin=f"```py\n{BAD}```\n")
    assert "x.md:5:4" in run.stdout


CODE = BAD.splitlines()
DOCSTRING = [*CODE[:3], "def f():", '    """Such as', "", "    ```", "    f()", "    ```", '    """', *CODE[3:]]


def block(lines: list[str], indent: str = "", fence: str = "```", info: str = "python") -> str:
    return "".join(f"{indent}{line}\n" for line in (fence + info, *lines, fence))


BLOCKS = {
    "backticks": (block(CODE), [5]),
    "tildes": (block(CODE, fence="~~~"), [5]),
    "a_fence_in_a_docstring": (block(DOCSTRING), [12]),
    "a_fence_in_a_docstring_in_a_list": ("- see\n\n" + block(DOCSTRING, "  "), [14]),
    "a_block_of_markdown": (block(block(CODE).splitlines(), fence="````", info="markdown"), []),
    "a_list": ("1. see\n\n" + block(CODE, "   "), [7]),
    "a_quote": (block(CODE, "> "), [5]),
    "a_quote_that_ends": ("> ```python\n> import daft\n\nText.\n\n" + block(CODE), [10]),
    "a_quote_in_a_quote_that_ends": ("> > ```python\n> > import daft\n> text\n\n" + block(CODE), [9]),
    "a_tab": ('=== "Python"\n\n' + block(CODE, "    "), [7]),
    "an_admonition": ("!!! note\n\n" + block(CODE, "    "), [7]),
    "quarto": (block(CODE, info="{python echo=false}"), [5]),
    "no_language": (block(CODE, info=""), []),
    "a_session": (block([f">>> {line}" for line in CODE if line]), []),
    "a_console": (block(CODE, info="pycon"), []),
    "no_end": ("```python\n" + BAD, [5]),
    "a_longer_end": ("```python\n" + BAD + "`````\n\n" + block(CODE), [5, 13]),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", BLOCKS)
def test_where_a_block_begins_and_ends(tmp_path: Path, name: str, ends: str) -> None:
    text, lines = BLOCKS[name]
    (tmp_path / "g.md").write_bytes(text.replace("\n", ends).encode())
    assert found(tmp_path, "g.md") == [(line, "DFT401", "error") for line in lines]
    lint(tmp_path, "fix", "--apply", "--unsafe", "g.md")
    fixed = text.replace("df.repartition", "df = df.repartition") if lines else text
    assert (tmp_path / "g.md").read_bytes() == fixed.replace("\n", ends).encode()
