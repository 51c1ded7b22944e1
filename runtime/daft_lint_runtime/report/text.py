"""Results on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from daft_lint.api.promises import Measure, Unit
from daft_lint.source.printable import visible
from daft_lint_runtime.compare.rows import ComparisonKind
from daft_lint_runtime.effects import MeasuredChange
from daft_lint_runtime.harness import Run
from daft_lint_runtime.measure import quantity
from daft_lint_runtime.verdict import Outcome, Verdict
from daft_lint_runtime.verify import CaseResult, VerifySummary

STYLES = {
    Outcome.CONFIRMED: "bold green",
    Outcome.COSTLY: "bold yellow",
    Outcome.MECHANISM: "bold cyan",
    Outcome.HARMLESS: "bold cyan",
    Outcome.REFUTED: "bold red",
    Outcome.FAILING: "bold red",
}
COLOURS = {1: "green", -1: "red", 0: "dim"}
"""By the direction in which a measure moved."""
OUTPUT_LINES = 12
"""Lines of each of a failed script's outputs that are shown."""


def _plain(text: str) -> str:
    """A text of the script's as it is: no markup, and no control characters that a terminal would obey."""
    return escape(visible(text))


def show(summary: VerifySummary, console: Console, verbose: bool = False) -> None:
    for result in summary.results:
        _show_case(result, console, verbose)
    counts: dict[Outcome, int] = {}
    for result in summary.results:
        counts[result.status] = counts.get(result.status, 0) + 1
    said = ", ".join(f"[{STYLES[status]}]{n} {status}[/]" for status, n in counts.items())
    console.print(
        f"{len(summary.results)} script{'s' if len(summary.results) != 1 else ''}: {said or 'nothing to verify'}"
    )


def _show_case(result: CaseResult, console: Console, verbose: bool) -> None:
    style = STYLES[result.status]
    console.print(
        f"[bold]{_plain(result.case.path)}[/]  [{style}]{result.status}[/]  {_setting(result)}", highlight=False
    )
    if result.problem:
        console.print(f"  {_plain(result.problem)}", style="red", highlight=False)
    for note in result.case.notes:
        console.print(f"  {_plain(note)}", style="dim", highlight=False)
    for verdict in result.verdicts:
        _show_verdict(verdict, console)
    if result.reason:
        console.print(f"  as a whole: {_plain(result.reason)}", highlight=False)
    if result.before is not None:
        console.print(_table(result))
    for comparison in result.comparisons:
        if not comparison.equal or verbose or comparison.kind in (ComparisonKind.UNSPECIFIED, ComparisonKind.SKIPPED):
            sign = "=" if comparison.equal else "≠"
            console.print(f"  {sign} {_plain(comparison.what)}: {_plain(comparison.message)}", highlight=False)
            for row in comparison.only_before:
                console.print(f"    - {_plain(row)}", style="red", highlight=False)
            for row in comparison.only_after:
                console.print(f"    + {_plain(row)}", style="green", highlight=False)
    for run in (result.before, result.after):
        if run is not None:
            _show_run(run, console, verbose, not result.passed)
    console.print()


def _setting(result: CaseResult) -> str:
    run = result.after or result.before
    if run is None:
        return ""
    return f"[dim]{location_of(run)}, {result.seconds:.0f} s[/]"


def location_of(run: Run) -> str:
    """The runner of a run, with the size of Ray where it was reached."""
    if run.runner == "native":
        return "native runner"
    nodes, cpus, gpus = (run.cluster.get(name, 0) for name in ("nodes", "cpus", "gpus"))
    if not nodes:
        return "Ray"
    each = f"{cpus / nodes:.0f} CPUs" + (f" and {gpus / nodes:g} GPUs" if gpus else "")
    return f"Ray, {nodes:.0f} × {each}"


def _show_verdict(verdict: Verdict, console: Console) -> None:
    finding, outcome = verdict.finding, verdict.outcome
    said = f"[{STYLES[outcome]}]{outcome}[/]: {_plain(verdict.reason)}"
    console.print(f"  {finding.code} line {finding.span.line}: {said}", highlight=False)


def _table(result: CaseResult) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("")
    for name in ("before", "after", "after / before"):
        table.add_column(name, justify="right")
    if any(result.case.predicted):
        table.add_column("predicted", justify="right")
    for row in measure_rows(result):
        ratio = f"[{COLOURS[row.direction]}]{row.ratio}[/]" if row.ratio else ""
        table.add_row(*(row.title, row.before, row.after, ratio, row.predicted)[: len(table.columns)])
    return table


@dataclass(frozen=True)
class MeasureRow:
    """A line of the table of measures, as texts. `direction` is that of a promised measure (see `MeasuredChange`)."""

    title: str
    before: str
    after: str
    ratio: str
    direction: int = 0
    predicted: str = ""


def measure_rows(result: CaseResult) -> list[MeasureRow]:
    """The verdicts' measures once each, then those of every run."""
    promised: dict[Measure, tuple[MeasuredChange, Verdict]] = {}
    for verdict in result.verdicts:
        for change in verdict.measures:
            promised.setdefault(change.promise.measure, (change, verdict))
    rows = [_promised_row(result, change, verdict.udfs) for change, verdict in promised.values()]
    shown = [e for e in result.effects if e.promise.measure not in promised and (e.before or e.after)]
    rows += [_promised_row(result, effect, ()) for effect in shown]
    for title, unit, of in (
        ("wall", Unit.SECONDS, lambda r: round(r.wall, 1)),
        ("CPU", Unit.SECONDS, lambda r: round(sum(r.cpu.values()), 1)),
        ("peak of all processes", Unit.BYTES, lambda r: float(r.peak)),
    ):
        rows.append(_run_row(result, title, unit, of))
    return rows


def _promised_row(result: CaseResult, change: MeasuredChange, udfs: Sequence[str]) -> MeasureRow:
    before, after = (quantity(value, change.unit) for value in (change.before, change.after))
    if result.after is None:
        after = ratio = ""
    elif change.ratio is None:
        ratio = ""
    else:
        ratio = _ratio(change.ratio)
    return MeasureRow(change.title, before, after, ratio, change.direction, predicted(result, change, udfs))


def _ratio(ratio: float) -> str:
    """A ratio with as many digits as it is read with."""
    if ratio >= 100:
        return f"{ratio:,.0f}"
    return f"{ratio:.2f}" if ratio >= 0.01 or not ratio else f"{ratio:.1g}"


def _run_row(result: CaseResult, title: str, unit: Unit, of: Callable[[Run], float]) -> MeasureRow:
    before, after = result.before, result.after
    assert before is not None
    old = of(before) if before.ok else None
    new = of(after) if after is not None and after.ok else None
    ratio = _ratio(new / old) if new is not None and old else ""
    shown_before = str(before.status) if old is None else quantity(old, unit)
    shown_after = quantity(new, unit) if new is not None else "" if after is None else str(after.status)
    return MeasureRow(title, shown_before, shown_after, ratio)


def predicted(result: CaseResult, change: MeasuredChange, udfs: Sequence[str]) -> str:
    """What was foreseen of a measure, before and after; `?` where the model could not say."""
    sides = []
    for side in result.case.predicted:
        keys = ((name.rpartition(".")[2], change.promise.measure) for name in udfs)
        values = [side[key] for key in keys if key in side]
        sides.append(f"{max(values):,}" if values else "?")
    shown = sides if result.after is not None else sides[:1]
    return "" if set(shown) == {"?"} else " → ".join(shown)


def _show_run(run: Run, console: Console, verbose: bool, explain: bool) -> None:
    if not run.ok:
        console.print(f"  [red]{run.label}: {run.status}[/]: {_plain(run.message)}", highlight=False)
        for text in (run.stdout, run.stderr) if explain or verbose else ():
            for line in text.splitlines()[-OUTPUT_LINES:]:
                console.print(f"    [dim]{_plain(line)}[/]", highlight=False)
    if run.leftovers:
        console.print(f"  {run.label}: {run.leftovers} processes outlived the script and were ended", style="yellow")
    if verbose or not run.ok:
        for note in run.notes:
            console.print(f"  {run.label}: {_plain(note)}", style="dim", highlight=False)
