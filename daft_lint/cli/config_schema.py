"""`daft-lint config-schema`."""

from __future__ import annotations

import json

import click

from daft_lint.cli.output import CLEAN


@click.command("config-schema")
def config_schema() -> int:
    """Print the JSON Schema of the configuration, for editors that complete and check a daft-lint.toml."""
    from daft_lint.config.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return CLEAN
