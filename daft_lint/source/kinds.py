"""The kinds of files that hold Python, by their names."""

from __future__ import annotations

from typing import Literal

Kind = Literal["python", "notebook", "markdown"]

SUFFIXES = (".py", ".pyi", ".ipynb")
MARKDOWN_SUFFIXES = (".md", ".markdown", ".qmd")


def kind_of(path: str) -> Kind:
    """The kind of a file that is given: what is neither a notebook nor Markdown is read as Python."""
    name = path.lower()
    if name.endswith(".ipynb"):
        return "notebook"
    return "markdown" if name.endswith(MARKDOWN_SUFFIXES) else "python"
