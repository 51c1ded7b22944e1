"""Whether a file can ask an expression for its truth, before the parse."""

from __future__ import annotations

import functools

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog.history.lookup import namespaces
from daft_lint.source.origins import may_ask_an_expression
from daft_lint.source.python_words import Uses


def can_ask(uses: Uses, *, is_imported: bool) -> bool:
    """Whether an `if`, `and`, `not` or the like in a file may get an expression of Daft's; `is_imported`: others may
    call what the file defines."""
    return may_ask_an_expression(uses, _methods(), is_imported=is_imported)


@functools.cache
def _methods() -> frozenset[str]:
    """The methods of an expression that give one."""
    older = (name for methods in namespaces().values() for name in methods)
    return frozenset((*catalog.FUNCTIONS, *older, "alias", "name_", "otherwise", "when"))
