"""The arguments of a call."""

from __future__ import annotations

from dataclasses import field

import libcst as cst

from daft_lint.dataclass import dataclass


@dataclass(slots=True, eq=False)
class Arguments:
    """The evaluated arguments of a call, each with its node.

    `open`: there may be more (`*args` or `**kwargs` of unknown content).
    """

    positional: list[tuple[object, cst.BaseExpression]] = field(default_factory=list)
    keywords: dict[str, tuple[object, cst.BaseExpression]] = field(default_factory=dict)
    open: bool = False

    def get(self, index: int | None, keyword: str) -> tuple[object, cst.BaseExpression] | None:
        """The argument of a parameter, None where it is not given; `index` is None for a parameter by keyword only."""
        if keyword in self.keywords:
            return self.keywords[keyword]
        return self.positional[index] if index is not None and index < len(self.positional) else None

    def value(self, index: int | None, keyword: str) -> object | None:
        """The value of the argument of a parameter, None where it is not given."""
        found = self.get(index, keyword)
        return None if found is None else found[0]

    def keyword(self, name: str) -> object | None:
        """The value of a keyword argument, None where it is not given."""
        found = self.keywords.get(name)
        return None if found is None else found[0]

    def first(self) -> object | None:
        """The value of the first positional argument, None where there is none."""
        return self.positional[0][0] if self.positional else None

    def positional_values(self) -> list[object]:
        return [value for value, _ in self.positional]

    def keyword_values(self) -> dict[str, object]:
        return {name: value for name, (value, _) in self.keywords.items()}

    def values(self) -> list[object]:
        """All of them, those by position first."""
        return [value for value, _ in self.positional] + [value for value, _ in self.keywords.values()]
