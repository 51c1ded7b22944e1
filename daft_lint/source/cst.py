"""LibCST's names, which import it when one is first asked for: rules are loaded for files that need no parse too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libcst import *  # noqa: F403
else:

    def __getattr__(name):
        import libcst

        value = globals()[name] = getattr(libcst, name)
        return value
