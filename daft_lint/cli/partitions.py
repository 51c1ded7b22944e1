"""`daft-lint partitions`."""

from __future__ import annotations

import click

from daft_lint.cli.output import CLEAN

_POSITIVE = click.IntRange(min=1)


@click.command()
@click.option("--rows", type=click.IntRange(min=0), required=True, help="The total number of rows.")
@click.option("--nodes", type=_POSITIVE, required=True, help="Nodes of the cluster.")
@click.option("--concurrency", type=_POSITIVE, required=True, help="Concurrent UDF calls on all nodes together.")
@click.option("--batch-size", type=_POSITIVE, required=True, help="Rows per call of the UDF.")
def partitions(rows: int, nodes: int, concurrency: int, batch_size: int) -> int:
    """Calculate how many partitions to feed a UDF with, and explain the result."""
    from daft_lint.api.formula import PartitionPlan

    click.echo(PartitionPlan.of(rows, nodes, concurrency, batch_size).explain())
    return CLEAN
