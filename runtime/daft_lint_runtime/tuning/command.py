"""`daft-lint tune`, once its options are read: finds the numbers, says what will be run, measures, reports, writes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from daft_lint.api.wording import counted
from daft_lint.config import Config
from daft_lint.source.document import Document
from daft_lint.source.printable import visible
from daft_lint.source.writing import write_atomically
from daft_lint_runtime.output import show, write
from daft_lint_runtime.progress import RunProgress
from daft_lint_runtime.spec import RunOptions, VerifyError
from daft_lint_runtime.tuning.choice import changes
from daft_lint_runtime.tuning.numbers import NumberKind, TunableNumber, edited, find_numbers
from daft_lint_runtime.tuning.results import TuneResult
from daft_lint_runtime.tuning.session import MOST_ROUNDS, TuneOptions, tune


@dataclass(frozen=True)
class TuneRequest:
    """The options of the command; see its help."""

    path: Path
    config: Config
    run: RunOptions
    only: tuple[str, ...] = ()
    values: tuple[int, ...] = ()
    rounds: int | None = None
    budget: float | None = None
    apply: bool = False


def tune_command(
    request: TuneRequest, *, form: str = "text", html: Path | None = None, output: Path | None = None
) -> int:
    """Tune and report; returns the exit status. Misuse is a `click.ClickException`."""
    try:
        document = _read(request.path)
        numbers = _numbers(document, request)
        listed = ", ".join(f"{n.name} = {n.value:,} ({n.place})" for n in numbers)
        where = "Daft's native runner" if request.run.runner == "native" else _place(request.run)
        click.echo(f"tune runs {visible(document.path)}, your code, many times on {where}: {visible(listed)}", err=True)
        options = TuneOptions(request.run, request.rounds or MOST_ROUNDS, request.budget, request.values)
        with RunProgress() as progress:
            result = tune(document, numbers, request.config, options, progress)
    except VerifyError as error:
        raise click.ClickException(str(error)) from None
    _report(result, form, output, html)
    return _apply(document, result, write=request.apply)


def _place(run: RunOptions) -> str:
    if run.cluster.address is not None:
        return f"the Ray at {run.cluster.address}"
    if run.cluster.nodes > 1:
        return f"a simulated Ray of {run.cluster.nodes} nodes"
    return "a private Ray"


def _read(path: Path) -> Document:
    """Raises `VerifyError` where the file cannot be read or cannot be run."""
    try:
        document = Document.read(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise VerifyError(f"{path}: {reason or error}") from None
    if document.kind == "markdown":
        raise VerifyError(f"{path}: only scripts and notebooks are run")
    return document


def _numbers(document: Document, request: TuneRequest) -> list[TunableNumber]:
    """The numbers to tune. Raises `VerifyError` where there are none."""
    found = find_numbers(document, request.config)
    left_out = list(found.skipped)
    chosen = []
    for number in found.numbers:
        if request.only and not any(number.answers_to(word) for word in request.only):
            continue
        reason = _unfit(number, request.run)
        if reason:
            left_out.append(f"{number.place}: {number.name} is left out: {reason}")
        else:
            chosen.append(number)
    for reason in left_out:
        click.echo(f"{visible(document.path)}: {visible(reason)}", err=True)
    if chosen:
        return chosen
    if request.only and found.numbers:
        there = ", ".join(f"{n.name} ({n.place})" for n in found.numbers)
        raise VerifyError(f"nothing to tune: --only {', '.join(request.only)} leaves none of {there}")
    kinds = ", ".join(NumberKind)
    raise VerifyError(f"{document.path}: nothing to tune: it spells out no number of {kinds} that would show here")


def _unfit(number: TunableNumber, run: RunOptions) -> str:
    """Why a run as asked would say nothing of a number."""
    if NumberKind.PARTITIONS not in number.kinds:
        return ""
    if run.limit_rows is not None:
        return "partition counts are not tuned on a sample, for they depend on all rows; leave --limit-rows out"
    if run.runner == "native":
        return "the native runner ignores partitions"
    return ""


def _apply(document: Document, result: TuneResult, *, write: bool) -> int:
    """Write the better numbers where asked; the exit status."""
    found = changes(result.numbers)
    if not found:
        return 0
    if result.together:
        click.echo(f"daft-lint: the numbers do not go together, and none is written: {result.together}", err=True)
        return 1
    if not write:
        click.echo(
            f"{counted(len(found), 'better number')}; --apply writes {'it' if len(found) == 1 else 'them'}.", err=True
        )
        return 1
    after = edited(document, [(tuned.number, choice.value) for tuned, choice in found])
    try:
        write_atomically(document.path, document.raw, after.raw)
    except OSError as error:
        raise click.ClickException(f"{document.path}: not written: {error.strerror or error}") from None
    for tuned, choice in found:
        line = f"{document.path}:{tuned.number.location}: {tuned.number.name} {tuned.number.value:,} → {choice.value:,}"
        click.echo(visible(line), err=True)
    return 0


def _report(result: TuneResult, form: str, output: Path | None, html: Path | None) -> None:
    from daft_lint_runtime.tuning import report

    if html is not None:
        write(html, report.as_html(result))
    if form != "json":
        show(lambda console: report.show(result, console), output)
    elif output is None:
        sys.stdout.write(report.as_json(result))
    else:
        write(output, report.as_json(result))
