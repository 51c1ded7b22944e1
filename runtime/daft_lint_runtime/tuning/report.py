"""What `tune` found: on a terminal, as JSON, and as one HTML page."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from markupsafe import Markup
from rich.console import Console
from rich.markup import escape as plain
from rich.table import Table

from daft_lint.api.promises import Unit
from daft_lint.api.wording import counted
from daft_lint.source.printable import visible
from daft_lint_runtime.measure import quantity
from daft_lint_runtime.report.html import template
from daft_lint_runtime.tuning.choice import choose, takes_more
from daft_lint_runtime.tuning.plateau import Standing, sentence
from daft_lint_runtime.tuning.results import TunedNumber, TuneResult

VERSION = 1
"""Of the JSON; raised when a field changes its meaning or goes away."""
NOISY = 0.15
"""The noise from which on values that differ by less than a fifth are not told apart."""
BAR = 28
"""Characters of the longest bar."""


@dataclass(frozen=True)
class Row:
    """A value that was measured, as texts. `style` is "better" on the plateau, "worse" beside it."""

    value: str
    ratio: str
    interval: str
    seconds: str
    memory: str
    rounds: int
    style: str
    standing: Standing


def rows(tuned: TunedNumber) -> list[Row]:
    return [_row(tuned, standing) for standing in tuned.plateau.standings]


def _row(tuned: TunedNumber, standing: Standing) -> Row:
    trial = tuned.trials[standing.value]
    marks = [word for word, holds in (
        ("as it is", standing.value == tuned.number.value), ("formula", standing.value in tuned.candidates.formula)
    ) if holds]  # fmt: skip
    more = " (more)" if not standing.slower and takes_more(tuned, standing.value) else ""
    return Row(
        value=f"{standing.value:,}" + (f" ({', '.join(marks)})" if marks else ""),
        ratio=f"{standing.ratio:.2f}",
        interval=f"{standing.low:.2f} to {standing.high:.2f}",
        seconds=f"{statistics.median(s for s in trial.seconds if s is not None):.2f}",
        memory=quantity(trial.peak, Unit.BYTES) + more,
        rounds=standing.rounds,
        style="worse" if standing.slower else "better",
        standing=standing,
    )


def problems(tuned: TunedNumber) -> list[tuple[str, str]]:
    """The values that are out of the question, and why."""
    return [(f"{value:,}", visible(t.problem)) for value, t in sorted(tuned.trials.items()) if t.problem]


def summary(tuned: TunedNumber) -> str:
    """The plateau in a sentence, with the noise that it was told apart from."""
    noise = tuned.plateau.noise
    hint = "; a longer query or a quieter machine tells more apart" if noise > NOISY else ""
    return f"{sentence(tuned.plateau)} (noise of a round: {noise * 100:.0f} %{hint})"


def advice(tuned: TunedNumber) -> str:
    choice = choose(tuned)
    if not choice.changes:
        return f"Keep {choice.value:,}: {choice.reason}"
    return f"Write {choice.value:,}: {choice.reason}"


# Terminal


def show(result: TuneResult, console: Console) -> None:
    for tuned in result.numbers:
        number = tuned.number
        head = f"[bold]{plain(visible(result.path))}:{number.location}  {plain(number.name)} = {number.value:,}[/]"
        used = f", {number.purpose}" if number.constant else ""
        console.print(f"{head}  [dim]{result.place}{plain(used)}[/]", highlight=False)
        console.print(_table(tuned))
        for value, problem in problems(tuned):
            console.print(f"  [red]{value}: {plain(problem)}[/]", highlight=False)
        console.print(f"  {summary(tuned)}", highlight=False)
        console.print(f"  [bold]{plain(advice(tuned))}[/]", highlight=False)
        console.print()
    for note in result.notes:
        console.print(plain(visible(note)), style="dim", highlight=False)
    console.print(f"{counted(result.rounds, 'round')} in {result.seconds:.0f} s", highlight=False)


def _table(tuned: TunedNumber) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("")
    table.add_column("time / best")
    for name in ("", "interval", "seconds", "memory of a worker"):
        table.add_column(name, justify="right")
    found = rows(tuned)
    longest = max(row.standing.ratio for row in found)
    for row in found:
        bar = "█" * max(round(row.standing.ratio / longest * BAR), 1)
        colour = "yellow" if row.standing.slower else "green"
        table.add_row(row.value, f"[{colour}]{bar}[/]", row.ratio, row.interval, row.seconds, row.memory)
    return table


# JSON


def as_json(result: TuneResult) -> str:
    data = {
        "version": VERSION,
        "path": result.path,
        "place": result.place,
        "rounds": result.rounds,
        "seconds": round(result.seconds, 3),
        "notes": list(result.notes),
        "numbers": [_number(tuned) for tuned in result.numbers],
    }
    return json.dumps(data, indent=2) + "\n"


def _number(tuned: TunedNumber) -> dict[str, Any]:
    choice = choose(tuned)
    return {
        "cell": tuned.number.literal.cell.number,
        "line": tuned.number.line,
        "name": tuned.number.name,
        "uses": [str(use) for use in tuned.number.uses],
        "present": tuned.number.value,
        "formula": list(tuned.candidates.formula),
        "plateau": list(tuned.plateau.values),
        "noise": tuned.plateau.noise,
        "summary": sentence(tuned.plateau),
        "choice": {"value": choice.value, "changes": choice.changes, "reason": choice.reason},
        "values": [
            {
                **asdict(standing),
                "seconds": [s for s in tuned.trials[standing.value].seconds if s is not None],
                "memory_bytes": tuned.trials[standing.value].peak,
            }
            for standing in tuned.plateau.standings
        ],
        "problems": dict(problems(tuned)),
    }


# HTML


def as_html(result: TuneResult) -> str:
    numbers = [
        {
            "tuned": tuned,
            "sentence": summary(tuned),
            "advice": advice(tuned),
            "rows": rows(tuned),
            "problems": problems(tuned),
            "chart": Markup(chart(tuned)),
        }
        for tuned in result.numbers
    ]
    return template("tune.html.j2").render(result=result, numbers=numbers)


WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, MIDDLE = 78, 20, 14, 210
"""The upper panel, down to `MIDDLE`, is time; below it is memory."""


def chart(tuned: TunedNumber) -> str:
    """Time over the best with its interval (logarithmic), and memory of a worker, of each value; the plateau on its own
    ground."""
    standings = tuned.plateau.standings
    top = max(1.1, *(s.high for s in standings))
    low = min(1.0, *(s.low for s in standings))
    slot = (WIDTH - LEFT - RIGHT) / len(standings)
    most = max(tuned.trials[s.value].peak for s in standings) or 1.0

    def y(ratio: float) -> float:
        return MIDDLE - math.log(ratio / low) / math.log(top / low) * (MIDDLE - TOP - 10)

    body = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(1):.1f}" y2="{y(1):.1f}"/>',
        _text(LEFT - 8, y(1) + 4, "1.00", "end"),
        _text(LEFT - 8, y(top) + 4, f"{top:.2f}", "end"),
        _text(LEFT - 8, TOP + 30, "time", "end"),
        _text(LEFT - 8, MIDDLE + 40, "memory", "end"),
    ]
    for index, standing in enumerate(standings):
        memory = tuned.trials[standing.value].peak
        body += _column(standing, LEFT + slot * index, slot, memory, memory / most, y)
    label = f"Time and memory by {tuned.number.name}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}" style="max-width:{WIDTH}px">'
        + "".join(body)
        + "</svg>"
    )


def _column(standing: Standing, left: float, slot: float, memory: float, share: float, y: Any) -> Sequence[str]:
    style, middle = ("slower" if standing.slower else "equal"), left + slot / 2
    tall = share * 60
    said = f"{standing.value:,}: {standing.ratio:.2f} ({standing.low:.2f} to {standing.high:.2f})"
    ground = (
        []
        if standing.slower
        else [f'<rect class="ground" x="{left:.1f}" y="{TOP}" width="{slot:.1f}" height="{MIDDLE - TOP}"/>']
    )
    return [
        *ground,
        f'<line class="whisker {style}" x1="{middle:.1f}" x2="{middle:.1f}" y1="{y(standing.low):.1f}" '
        f'y2="{y(standing.high):.1f}"/>',
        f'<circle class="{style}" cx="{middle:.1f}" cy="{y(standing.ratio):.1f}" r="5"><title>{said}</title></circle>',
        _text(middle, MIDDLE + 16, f"{standing.value:,}", "middle"),
        f'<rect class="spread" x="{middle - 12:.1f}" y="{HEIGHT - 18 - tall:.1f}" width="24" height="{tall:.1f}"/>',
        _text(middle, HEIGHT - 4, quantity(memory, Unit.BYTES), "middle"),
    ]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
