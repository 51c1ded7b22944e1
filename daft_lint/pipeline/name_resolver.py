"""The names that a definition sees, for those who read annotations and bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import libcst as cst

    from daft_lint.source.document import Cell

USUAL_MODULES: Mapping[str, str] = {"np": "numpy", "npt": "numpy.typing", "Image": "PIL.Image", "tf": "tensorflow"}
"""What the names of modules stand for where no import is in view (an excerpt in a Markdown file)."""


class NameResolver(Protocol):
    """The names that a definition sees: its module's imports, functions and classes. Names are dotted: `Image.open`."""

    @property
    def cell(self) -> Cell:
        """The cell that the definition stands in."""

    def qualified(self, dotted: str) -> str | None:
        """The name by the imports in view, `PIL.Image.open` for `Image.open`; None where its root is not imported."""

    def function(self, dotted: str) -> tuple[cst.FunctionDef, NameResolver] | None:
        """The definition of a function or method (`self.method`) in view, and the names that it sees."""

    def classdef(self, dotted: str) -> tuple[cst.ClassDef, NameResolver] | None:
        """The definition of a class in view, and the names that it sees."""
