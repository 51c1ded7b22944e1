"""Results on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from daft_lint.source.printable import visible
from daft_lint_runtime import measure
from daft_lint_runtime.harness import Run
from daft_lint_runtime.verdict import Moved, Verdict, quantity
from daft_lint_runtime.verify import CaseResult, Summary

STYLES = {"confirmed": "bold green", "harmless": "bold cyan", "refuted": "bold red", "failing": "bold red"}
OUTPUT_LINES = 12
"""Lines of each of a failed script's outputs that are shown."""


def _plain(text: str) -> str:
    """A text of the script's as it is: no markup, and no control characters that a terminal would obey."""
    return escape(visible(text))


def show(summary: Summary, console: Console, verbose: bool = False) -> None:
    for result in summary.results:
        _show_case(result, console, verbose)
    counts: dict[str, int] = {}
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
    if result.before is not None:
        console.print(_table(result))
    for comparison in result.comparisons:
        if not comparison.equal or verbose or comparison.kind in ("unspecified", "skipped"):
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
    said = f"[{STYLES[outcome]}]{outcome}[/], {_plain(verdict.reason)}"
    console.print(f"  {finding.code} line {finding.span.line}: {said}", highlight=False)


def _table(result: CaseResult) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("")
    for name in ("before", "after", "after / before"):
        table.add_column(name, justify="right")
    if any(result.case.predicted):
        table.add_column("predicted", justify="right")
    for row in measured_rows(result):
        table.add_row(*row[: len(table.columns)])
    return table


def measured_rows(result: CaseResult) -> list[tuple[str, ...]]:
    """Title, before, after, ratio, prediction: the verdicts' measures once each, then those of every run."""
    moved: dict[str, Moved] = {}
    udfs: dict[str, tuple[str, ...]] = {}
    for verdict in result.verdicts:
        for m in verdict.measures:
            title = f"{m.title} ({m.unit})" if m.unit == "bytes" and m.title == "largest call" else m.title
            moved.setdefault(title, m)
            udfs.setdefault(title, verdict.udfs)
    rows: list[tuple[str, ...]] = []
    for title, m in moved.items():
        sign = {1: "[green]", -1: "[red]", 0: "[dim]"}[m.direction]
        ratio = (
            ""
            if m.ratio is None or result.after is None
            else f"{sign}{m.ratio:{'.2f' if m.ratio >= 0.01 or not m.ratio else '.1g'}}[/]"
        )
        after = quantity(m.after, m.unit) if result.after is not None else ""
        rows.append((title, quantity(m.before, m.unit), after, ratio, predicted(result, m, udfs[title])))
    before, after_run = result.before, result.after
    assert before is not None
    for title, unit, of in (
        ("wall", "s", lambda r: round(r.wall, 1)),
        ("queries", "s", lambda r: round(measure.query_seconds(r), 1)),
        ("CPU", "s", lambda r: round(sum(r.cpu.values()), 1)),
        ("peak of all processes", "bytes", lambda r: r.peak),
    ):
        old, new = of(before), of(after_run) if after_run is not None else None
        if after_run is not None and not after_run.ok:
            new = None
        ratio = f"[dim]{new / old:.2f}[/]" if new is not None and old and before.ok else ""
        shown = quantity(new, unit) if new is not None else after_run.status if after_run is not None else ""
        rows.append((title, quantity(old, unit) if before.ok else before.status, shown, ratio, ""))
    return rows


def predicted(result: CaseResult, moved: Moved, udfs: Sequence[str]) -> str:
    """What was foreseen of a measure, before and after; `?` where the model could not say."""
    if moved.unit == "bytes":
        return ""
    sides = []
    for side in result.case.predicted:
        values = [side[key] for name in udfs if (key := (name.rpartition(".")[2], moved.title)) in side]
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
