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
@click.option(
    "--seconds-per-batch",
    type=click.FloatRange(min=0, min_open=True, max=10**6),
    help="Seconds of a call with a full batch, as `daft-lint profile` measures them: what a task costs is weighed "
    "against its work.",
)
@click.option("--skewed", is_flag=True, help="Some rows take many times as long as most: spread them in any case.")
def partitions(
    rows: int, nodes: int, concurrency: int, batch_size: int, seconds_per_batch: float | None, skewed: bool
) -> int:
    """Calculate how many partitions to feed a UDF with, and explain the result: the scaling guide's numbers, and
    beside them what to use."""
    from daft_lint.api.formula import BatchCost, PartitionPlan

    if skewed and seconds_per_batch is None:
        raise click.UsageError("--skewed needs --seconds-per-batch.")
    cost = None if seconds_per_batch is None else BatchCost(seconds_per_batch, skewed)
    click.echo(PartitionPlan.of(rows, nodes, concurrency, batch_size, cost).explain())
    return CLEAN
