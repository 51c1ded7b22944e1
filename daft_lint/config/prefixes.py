"""Prefixes of rule codes, as `select` and `ignore` take them."""

from __future__ import annotations

import re
from collections.abc import Iterable

OWN_LETTERS = "DFT"
"""The letters that the codes of the rules that come with the linter begin with; each plugin has three others."""
ALL = "ALL"
"""The prefix of every code."""


def is_prefix(code: str, *, foreign: bool = False) -> bool:
    """Whether a text is a rule code or the beginning of one, such as `D` or `DFT1`; `ALL` stands for every rule.

    `foreign`: codes of plugins count too, such as `ACM1`.
    """
    if foreign and not code.startswith(OWN_LETTERS):
        return re.fullmatch("[A-Z]{1,3}|[A-Z]{3}[0-9]{1,3}", code) is not None
    return code == ALL or (
        bool(code) and len(code) <= 6 and OWN_LETTERS.startswith(code[:3]) and (len(code) <= 3 or code[3:].isdecimal())
    )


def is_selector(text: str, *, foreign: bool = False) -> bool:
    """Whether a text can select rules: a prefix of codes, in any case, or what looks like a rule's name."""
    return is_prefix(text.upper(), foreign=foreign) or re.fullmatch("[A-Za-z0-9]+(-[A-Za-z0-9]+)+", text) is not None


def longest(prefixes: Iterable[str], code: str) -> int | None:
    """The length of the longest prefix of a code, None where there is none; `ALL` is a prefix of every code, of length
    0."""
    lengths = [0 if prefix == ALL else len(prefix) for prefix in prefixes if prefix == ALL or code.startswith(prefix)]
    return max(lengths, default=None)
