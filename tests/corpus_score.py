"""Precision and recall of `daft-lint check` on the labels of public code, `tests/corpus/labels.tsv`.

`DAFT_LINT_CORPUS=<folder> python -m tests.corpus_score` checks the labelled files in the checkouts of that folder and
compares. `tests/corpus/README.md` says how the labels came about and what the columns hold.
"""

from __future__ import annotations

import ast
import csv
import functools
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import click

from daft_lint.lint.registry import documented_rules
from tests.corpus_table import FOLDER, check, checkout

LABELS = Path(__file__).parent / "corpus" / "labels.tsv"

LEVELS = ("error", "warning", "advice")
MAY = "may"
"""The level of a label that counts neither way."""
NOTHING = "-"
"""The code of a row that says that nothing is to be found in a file."""

NEAR = 2
"""Lines by which a finding may miss its label where the file does not parse, so that statements are not known."""


class Place(NamedTuple):
    """A line of a file, or of a cell of a notebook (from 1, all cells counted; 0 outside of notebooks)."""

    path: str
    cell: int
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.cell}:{self.line}" if self.cell else f"{self.path}:{self.line}"


class Label(NamedTuple):
    """A finding that is wanted at one of its places, the best first."""

    repository: str
    path: str
    places: tuple[Place, ...]
    codes: tuple[str, ...]
    levels: tuple[str, ...]
    note: str


class Found(NamedTuple):
    """A finding of the linter."""

    repository: str
    place: Place
    code: str
    level: str


@dataclass
class Score:
    """How findings and labels meet. Without findings, or without labels, a ratio is None."""

    hits: list[tuple[Label, Found]] = field(default_factory=list)
    misses: list[Label] = field(default_factory=list)
    false_alarms: list[Found] = field(default_factory=list)

    def precision(self, *, level: str | None = None, code: str | None = None) -> tuple[int, int]:
        """Right findings and all findings, of one level or code as the linter gave it."""
        right = sum(_is(found, level, code) for _, found in self.hits)
        return right, right + sum(_is(found, level, code) for found in self.false_alarms)

    def recall(self, *, level: str | None = None, code: str | None = None) -> tuple[int, int]:
        """Labels that were found and all labels, of one level or code as the label has it first."""
        found = sum(_wants(label, level, code) for label, _ in self.hits)
        return found, found + sum(_wants(label, level, code) for label in self.misses)

    def other_levels(self) -> Iterator[tuple[Label, Found]]:
        """Findings at the right place with a level that the label does not hold."""
        return ((label, found) for label, found in self.hits if found.level not in label.levels)


def _is(found: Found, level: str | None, code: str | None) -> bool:
    return level in (None, found.level) and code in (None, found.code)


def _wants(label: Label, level: str | None, code: str | None) -> bool:
    return level in (None, label.levels[0]) and code in (None, label.codes[0])


# Labels


class Table(NamedTuple):
    """What `labels.tsv` holds: every labelled file by repository, and the labels."""

    files: dict[str, tuple[str, ...]]
    labels: tuple[Label, ...]


COLUMNS = ("repository", "commit", "path", "line", "code", "level", "first", "second", "note")


def read(path: Path = LABELS) -> Table:
    """The table. Raises ValueError for a row of another form."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if tuple(rows[0]) != COLUMNS:
        raise ValueError(f"{path}: the columns are {rows[0]}")
    files: dict[str, dict[str, None]] = {}
    labels = []
    for row in rows[1:]:
        repository, _, name, lines, code, level, _, _, note = row
        files.setdefault(repository, {})[name] = None
        if code == NOTHING:
            continue
        levels = tuple(level.split("/"))
        if not set(levels) <= {*LEVELS, MAY}:
            raise ValueError(f"{path}: {name}: no level {level!r}")
        places = tuple(_place(name, text) for text in lines.split(","))
        labels.append(Label(repository, name, places, tuple(code.split("|")), levels, note))
    return Table({repository: tuple(names) for repository, names in files.items()}, tuple(labels))


def _place(path: str, text: str) -> Place:
    """A place as the column `line` has it: `line`, `cell:line`, `path:line` or `path:cell:line`."""
    *before, line = text.split(":")
    cell = int(before.pop()) if before and before[-1].isdigit() else 0
    return Place(before[0] if before else path, cell, int(line))


# Statements


@functools.cache
def statements(file: Path, cell: int) -> tuple[tuple[int, int], ...] | None:
    """First and last line of each statement: of a compound one its head, decorators included. None if unparsable."""
    try:
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(_cell(text, cell) if cell else text)
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None
    return tuple(_spans(tree))


def _cell(text: str, number: int) -> str:
    """The source of one cell, its magics as empty statements."""
    source = json.loads(text)["cells"][number - 1]["source"]
    lines = (source if isinstance(source, str) else "".join(source)).splitlines()
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


def _spans(tree: ast.AST) -> Iterator[tuple[int, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        start, end = _first_line(node), node.end_lineno or node.lineno
        body: list[ast.stmt] | None = getattr(node, "body", None)
        if body:
            end = max(node.lineno, _first_line(body[0]) - 1)
        yield start, end


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def is_near(root: Path, wanted: Place, seen: Place) -> bool:
    """Whether both are in one statement, the innermost; in a file that does not parse, within `NEAR` lines."""
    if (wanted.path, wanted.cell) != (seen.path, seen.cell):
        return False
    if wanted.line == seen.line:
        return True
    known = statements(root / wanted.path, wanted.cell)
    if known is None:
        return abs(wanted.line - seen.line) <= NEAR
    around = [span for span in known if span[0] <= wanted.line <= span[1]]
    if not around:
        return False
    start, end = min(around, key=lambda span: span[1] - span[0])
    return start <= seen.line <= end


# Matching


def compare(root: Path, labels: Sequence[Label], found: Iterable[Found], *, families: bool = False) -> Score:
    """Each finding takes one label at most, and each label one finding: the same line first, then its statement.

    `families` takes any code of a family (DFT1, DFT2, ...) for another of the same.
    """
    score = Score()
    open_labels = list(labels)
    waiting = list(found)
    for same_line in (True, False):
        rest = []
        for finding in waiting:
            label = _label_for(root, open_labels, finding, same_line=same_line, families=families)
            if label is None:
                rest.append(finding)
                continue
            open_labels.remove(label)
            if MAY not in label.levels:
                score.hits.append((label, finding))
        waiting = rest
    score.false_alarms = waiting
    score.misses = [label for label in open_labels if MAY not in label.levels]
    return score


def _label_for(root: Path, labels: Sequence[Label], finding: Found, *, same_line: bool, families: bool) -> Label | None:
    """The label that the finding meets: one that counts before one that may."""
    meeting = [
        label
        for label in labels
        if any(code == finding.code or (families and code[:4] == finding.code[:4]) for code in label.codes)
        and any(place == finding.place if same_line else is_near(root, place, finding.place) for place in label.places)
    ]
    return min(meeting, key=lambda label: MAY in label.levels, default=None)


# Running


def findings(root: Path, repository: str, paths: tuple[str, ...], *, tree: bool = False) -> list[Found]:
    """What a check of these files, or of the whole `tree`, says of them, run in the root of the checkout.

    What it says of other files is left out: nobody has labelled those. Raises RuntimeError where the check fails.
    """
    run = check(root, (".",) if tree else paths)
    if run.returncode not in (0, 1):
        raise RuntimeError(f"{repository}: {run.stderr.strip()}")
    return [
        Found(
            repository,
            Place(finding["path"], finding.get("cell", 0), finding["line"]),
            finding["code"],
            finding["level"],
        )
        for finding in json.loads(run.stdout)["findings"]
        if finding["path"] in paths
    ]


def merged(scores: Iterable[Score]) -> Score:
    """All of them as one."""
    total = Score()
    for score in scores:
        total.hits += score.hits
        total.misses += score.misses
        total.false_alarms += score.false_alarms
    return total


def built_codes() -> frozenset[str]:
    """The codes that the installed linter can report."""
    return frozenset(rule.code for rule in documented_rules())


def wanted_codes(text: str) -> tuple[str, ...] | None:
    """Prefixes of the codes that count; None for all. `built` is those of the installed linter."""
    if text == "all":
        return None
    return tuple(sorted(built_codes())) if text == "built" else tuple(text.split(","))


def restricted(table: Table, codes: tuple[str, ...] | None) -> tuple[Label, ...]:
    """The labels with one of the codes."""
    if codes is None:
        return table.labels
    return tuple(label for label in table.labels if any(code.startswith(codes) for code in label.codes))


# Printing


def percent(part: tuple[int, int]) -> str:
    right, of = part
    return f"{right / of:6.1%} ({right}/{of})" if of else "     - (0/0)"


def report(score: Score) -> Iterator[str]:
    """The table by level and by code, then each false alarm, each miss and each other level, one a line."""
    yield f"{'':8} {'precision':>18} {'recall':>18}"
    for level in LEVELS:
        yield f"{level:8} {percent(score.precision(level=level)):>18} {percent(score.recall(level=level)):>18}"
    yield f"{'all':8} {percent(score.precision()):>18} {percent(score.recall()):>18}"
    codes = {label.codes[0] for label in (*(label for label, _ in score.hits), *score.misses)}
    codes |= {found.code for found in (*(found for _, found in score.hits), *score.false_alarms)}
    for code in sorted(codes):
        yield f"{code:8} {percent(score.precision(code=code)):>18} {percent(score.recall(code=code)):>18}"
    for found in sorted(score.false_alarms):
        yield f"false alarm: {found.repository} {found.place} {found.code} {found.level}"
    for label in sorted(score.misses):
        yield (
            f"miss: {label.repository} {label.places[0]} {'|'.join(label.codes)} {'/'.join(label.levels)}: {label.note}"
        )
    for label, found in sorted(score.other_levels()):
        yield f"level: {found.repository} {found.place} {found.code} {found.level}, wanted {'/'.join(label.levels)}"


@click.command()
@click.option("--codes", default="all", help="`all`, `built` (those of this linter), or prefixes with commas between.")
@click.option("--families", is_flag=True, help="Take any code of a family (DFT1, DFT2, ...) for another of it.")
@click.option("--trees", is_flag=True, help="Check whole repositories, not the labelled files alone.")
@click.option("--labels", type=click.Path(path_type=Path, exists=True), default=LABELS, help="The table of labels.")
def main(codes: str, families: bool, trees: bool, labels: Path) -> None:
    """Hold `daft-lint check` to the labels, in the checkouts of the folder that DAFT_LINT_CORPUS names."""
    if FOLDER not in os.environ:
        raise click.UsageError(f"{FOLDER} names no folder with checkouts")
    folder = Path(os.environ[FOLDER])
    table = read(labels)
    wanted = wanted_codes(codes)
    counted = restricted(table, wanted)
    scores = []
    for repository, paths in table.files.items():
        root = checkout(folder, repository)
        if not root.is_dir():
            click.echo(f"no checkout of {repository}", err=True)
            continue
        here = [label for label in counted if label.repository == repository]
        seen = findings(root, repository, paths, tree=trees)
        shown = [found for found in seen if wanted is None or found.code.startswith(wanted)]
        scores.append(compare(root, here, shown, families=families))
    for line in report(merged(scores)):
        click.echo(line)


if __name__ == "__main__":
    sys.exit(main())
