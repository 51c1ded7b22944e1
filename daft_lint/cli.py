"""The command line's entry. `--version` is answered before anything else is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs `daft-lint` and ends the process: 0 clean, 1 findings at or above `--fail-on`, 2 misuse."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        from daft_lint import __version__

        print(f"daft-lint {__version__}")
        sys.exit(0)
    from daft_lint.commands import run

    sys.exit(run(given))
