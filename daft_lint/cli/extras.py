"""Commands that need more than the core install."""

from __future__ import annotations

from importlib.util import find_spec

import click


def require_extra(module: str, extra: str, feature: str) -> None:
    """Raises a one-line error that says what to install, unless a module is installed. `feature` needs it."""
    if find_spec(module) is None:
        from daft_lint.init.installation import how_to_add

        raise click.ClickException(f"{feature} needs {module}: {how_to_add(extra)}")
