"""LibCST's names, which import it when one is first asked for: rules are loaded for files that need no parse too."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libcst import *  # noqa: F403
else:

    def __getattr__(name):
        load()
        value = globals()[name] = getattr(sys.modules["libcst"], name)
        return value


def load() -> None:
    """Imports LibCST, if it is not imported yet, in half of the time that `import libcst` takes."""
    if "libcst" in sys.modules:
        return
    from daft_lint.dataclass import deferred_methods

    with deferred_methods("libcst"):
        import libcst  # noqa: F401  # for its effect: `cst` looks it up in `sys.modules`
