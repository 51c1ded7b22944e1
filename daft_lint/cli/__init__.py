"""The entry point of the command line. `--version` is answered before anything else is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence

YOUNG_OBJECTS = 200_000
"""Objects that are made and kept between two garbage collections of the youngest generation; Python's default is
700."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs `daft-lint` and ends the process: 0 clean, 1 findings at or above `--fail-on`, 2 misuse."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"] and sys.stdout is not None:
        from daft_lint import __version__

        try:
            print(f"daft-lint {__version__}", flush=True)
        except OSError as error:
            from daft_lint.cli.output import output_failed

            sys.exit(output_failed(error))
        sys.exit(0)
    try:
        import gc

        # Imported modules stay, and a tree of LibCST is ten thousand objects without a cycle: collect less often.
        gc.set_threshold(YOUNG_OBJECTS)
        from daft_lint.cli.app import run

        status = run(given)
        # What the process leaves is the system's to take back: else its end walks all objects, several times.
        gc.freeze()
    except KeyboardInterrupt:
        status = 130  # an interrupt while modules are imported ends as `run` ends a later one
    sys.exit(status)
