"""`daft-lint server`."""

from __future__ import annotations

import click

from daft_lint.cli import options
from daft_lint.cli.extras import require_extra
from daft_lint.cli.output import CLEAN


@click.command()
@click.option("--stdio", is_flag=True, help="Use standard input and output, which is also the default.")
@options.no_plugins_option
def server(stdio: bool, no_plugins: bool) -> int:
    """Serve editors over the Language Server Protocol: findings while you type, fixes and hovers."""
    require_extra("pygls", "lsp", "the language server")
    from daft_lint.integrations.lsp.server import serve

    serve(plugins=not no_plugins)
    return CLEAN
