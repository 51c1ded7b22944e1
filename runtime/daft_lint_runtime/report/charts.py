"""The charts of the HTML page, as SVG: every colour is a CSS variable of the page, so that light and dark both work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from daft_lint.api.promises import Unit
from daft_lint_runtime.harness import OperatorStats, Run, UdfCallRecord
from daft_lint_runtime.measure import quantity

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 78, 110, 14, 30
LANES = 24
"""The most processes that are drawn in the picture of the calls."""


def _text(x: float, y: float, text: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {extra}>{escape(text)}</text>'


def _svg(height: float, body: Sequence[str], label: str, width: float = WIDTH) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(label)}" '
        f'style="max-width:{width:.0f}px">' + "".join(body) + "</svg>"
    )


def nice_step(top: float, steps: int = 4) -> float:
    """A round distance between ticks for an axis from 0 to `top`."""
    raw = max(top, 1e-9) / steps
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= raw)


def _byte_step(top: float) -> float:
    """Ticks at powers of two and their halves: bytes are shown in MiB and GiB."""
    raw = max(top, 2**20) / 4
    return float(2 ** math.ceil(math.log2(raw)))


def memory(before: Run, after: Run | None) -> str:
    """Private memory of the processes that work on rows over time, both runs on one axis."""
    lines = [(name, _timeline(run)) for name, run in (("before", before), ("after", after)) if run is not None]
    lines = [(name, points) for name, points in lines if points]
    if not lines:
        return ""
    longest = max(points[-1][0] for _, points in lines) or 1.0
    top = max(value for _, points in lines for _, value in points)
    step, height = _byte_step(top), 220
    ceiling = max(step * math.ceil(top / step), step)

    def x(seconds: float) -> float:
        return LEFT + seconds / longest * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return height - BOTTOM - value / ceiling * (height - TOP - BOTTOM)

    body = []
    tick = 0.0
    while tick <= ceiling:
        body.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        body.append(
            _text(LEFT - 8, y(tick) + 4, quantity(tick, Unit.BYTES) if tick else "0", 'class="tick" text-anchor="end"')
        )
        tick += step
    body += _time_axis(longest, x, height)
    for index, (name, points) in enumerate(lines):
        path = " ".join(f"{x(s):.1f},{y(v):.1f}" for s, v in points)
        body.append(f'<polyline class="line {name}" points="{path}"/>')
        where, peak = TOP + 14 + 34 * index, max(v for _, v in points)
        body.append(_text(WIDTH - RIGHT + 12, where, name, f'class="label {name}"'))
        body.append(_text(WIDTH - RIGHT + 12, where + 14, f"peak {quantity(peak, Unit.BYTES)}", 'class="tick"'))
    return _svg(height, body, "Memory of the processes that work on rows over time, before and after")


WORKERS = frozenset({"RaySwordfishActor", "UDFActor", "UDF process"})


def _timeline(run: Run) -> list[tuple[float, float]]:
    """Seconds and bytes, from the first moment at which a process that works on rows is there."""
    own = {call.pid for call in run.calls}
    points = []
    for when, used in run.samples:
        workers = [p for p in used if p[0] in own or p[1] in WORKERS]
        if workers:
            points.append((when, float(sum(p[2] for p in workers) + max(p[3] for p in workers))))
    return [(when - points[0][0], value) for when, value in points]


def _time_axis(longest: float, x: Any, height: float) -> list[str]:
    body, step, tick = [], nice_step(longest, 6), 0.0
    while tick <= longest:
        body.append(_text(x(tick), height - BOTTOM + 18, f"{tick:g} s", 'class="tick" text-anchor="middle"'))
        tick += step
    return body


def histogram(before: Run, after: Run | None) -> str:
    """How many UDF calls had how many rows: buckets by powers of two, a bar for each run."""
    groups = [("before", before.calls)] + ([("after", after.calls)] if after is not None else [])
    buckets = sorted({_bucket(c.rows) for _, calls in groups for c in calls})
    if not buckets:
        return ""
    buckets = list(range(buckets[0], buckets[-1] + 1))
    counts = {name: [sum(1 for c in calls if _bucket(c.rows) == b) for b in buckets] for name, calls in groups}
    top = max(max(values) for values in counts.values()) or 1
    height, slot = 200, (WIDTH - LEFT - RIGHT) / len(buckets)
    bar = min(slot * 0.8 / len(groups), 44)
    body = []
    step = max(nice_step(top), 1)
    tick = 0.0
    while tick <= top:
        y = height - BOTTOM - tick / top * (height - TOP - BOTTOM)
        body.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(_text(LEFT - 8, y + 4, f"{tick:,.0f}", 'class="tick" text-anchor="end"'))
        tick += step
    for i, bucket in enumerate(buckets):
        middle = LEFT + slot * (i + 0.5)
        body.append(_text(middle, height - BOTTOM + 18, _bucket_name(bucket), 'class="tick" text-anchor="middle"'))
        for g, (name, values) in enumerate(counts.items()):
            value = values[i]
            tall = value / top * (height - TOP - BOTTOM)
            left = middle + (g - len(groups) / 2) * bar
            title = f"<title>{escape(name)}: {value:,} calls of {escape(_bucket_name(bucket))} rows</title>"
            body.append(
                f'<rect class="bar {name}" x="{left + 1:.1f}" y="{height - BOTTOM - tall:.1f}" width="{bar - 2:.1f}" '
                f'height="{tall:.1f}" rx="2">{title}</rect>'
            )
    for g, name in enumerate(counts):
        body.append(_text(WIDTH - RIGHT + 12, TOP + 14 + 18 * g, name, f'class="label {name}"'))
    return _svg(height, body, "Rows per UDF call, before and after")


def _bucket(rows: int) -> int:
    return max(rows - 1, 0).bit_length()


def _bucket_name(bucket: int) -> str:
    high = 2**bucket
    low = high // 2 + 1
    return f"{high:,}" if low >= high else f"{low:,}–{high:,}"


def lanes(before: Run, after: Run | None) -> str:
    """Each process as a lane, each UDF call as a bar in it, from the first call of its run."""
    panels = [(name, run) for name, run in (("before", before), ("after", after)) if run is not None and run.calls]
    if not panels:
        return ""
    spans = {name: _span(run.calls) for name, run in panels}
    longest = max(end - start for start, end in spans.values()) or 0.001

    def x(seconds: float) -> float:
        return LEFT + 50 + seconds / longest * (WIDTH - LEFT - 60)

    body: list[str] = []
    y = 6.0
    for name, run in panels:
        start = spans[name][0]
        groups = _lanes(run.calls)
        nodes = sorted({key[0] for key in groups})
        said = f"{name}: {len(groups)} process{'es' if len(groups) != 1 else ''}"
        said += f" on {len(nodes)} node{'s' if len(nodes) != 1 else ''}" if any(nodes) else ""
        body.append(_text(0, y + 12, said, f'class="label {name}"'))
        y += 20
        for (node, pid), calls in list(groups.items())[:LANES]:
            title = f"node {nodes.index(node) + 1} · {pid}" if node else f"process {pid}"
            body.append(_text(LEFT + 42, y + 10, title, 'class="tick" text-anchor="end"'))
            body.append(f'<line class="grid" x1="{LEFT + 50}" x2="{WIDTH}" y1="{y + 13:.1f}" y2="{y + 13:.1f}"/>')
            body += _bars(calls, start, x, y, name)
            y += 16
        if len(groups) > LANES:
            body.append(_text(LEFT + 50, y + 10, f"and {len(groups) - LANES} more", 'class="tick"'))
            y += 16
        y += 8
    body += _time_axis(longest, x, y + BOTTOM - 6)
    return _svg(y + 20, body, "UDF calls of each process over time, before and after")


def _span(calls: Sequence[UdfCallRecord]) -> tuple[float, float]:
    return min(c.began for c in calls), max(c.began + c.seconds for c in calls)


def _lanes(calls: Sequence[UdfCallRecord]) -> dict[tuple[str, int], list[UdfCallRecord]]:
    groups: dict[tuple[str, int], list[UdfCallRecord]] = {}
    for call in sorted(calls, key=lambda c: (c.node, c.pid, c.began)):
        groups.setdefault((call.node, call.pid), []).append(call)
    return groups


def _bars(calls: Sequence[UdfCallRecord], start: float, x: Any, y: float, name: str) -> list[str]:
    """Calls that would fall on the same pixel are drawn as one."""
    body = []
    done = -1.0
    for call in calls:
        left, right = x(call.began - start), x(call.began + call.seconds - start)
        if right < done:
            continue
        left, right = max(left, done), max(right, left + 1.2)
        done = right
        title = f"<title>{escape(call.udf)}: {call.rows:,} rows, {call.seconds:.3f} s</title>"
        width = right - left
        body.append(
            f'<rect class="bar {name}" x="{left:.1f}" y="{y + 2:.1f}" width="{width:.1f}" height="10">{title}</rect>'
        )
    return body


# Plans


BOX_WIDTH, BOX_HEIGHT, GAP = 232, 46, 34


def plan(query: dict[str, Any], operators: Sequence[OperatorStats]) -> str:
    """A query's physical plan from its sources down to its result; an edge is as thick as the bytes that cross it."""
    if not query.get("physical"):
        return ""
    stats = {op.id: op for op in operators if op.query == query["index"]}
    heaviest = max((op.bytes_out for op in stats.values()), default=0)
    placed: list[tuple[dict[str, Any], float, int]] = []
    leaves = _place(query["physical"], 0, 0, placed)
    deepest = max(depth for _, _, depth in placed)
    body: list[str] = []
    where = {
        id(node): (10 + column * (BOX_WIDTH + 16), (deepest - depth) * (BOX_HEIGHT + GAP) + 6)
        for node, column, depth in placed
    }
    for node, _, _ in placed:
        left, top = where[id(node)]
        for child in node.get("children") or ():
            body += _edge(where[id(child)], (left, top), stats.get(int(child["id"])), heaviest)
    for node, _, _ in placed:
        body += _box(node, where[id(node)], stats.get(int(node["id"])))
    width = leaves * (BOX_WIDTH + 16) + 20
    return _svg((deepest + 1) * (BOX_HEIGHT + GAP) - GAP + 14, body, "Physical plan", max(width, BOX_WIDTH + 110))


def _place(node: dict[str, Any], column: int, depth: int, placed: list[tuple[dict[str, Any], float, int]]) -> int:
    """Give the subtree columns from `column` on, one a leaf, and return the next free one."""
    children = node.get("children") or ()
    following = column
    for child in children:
        following = _place(child, following, depth + 1, placed)
    following = max(following, column + 1)
    placed.append((node, (column + following - 1) / 2, depth))
    return following


def _edge(start: tuple[float, float], end: tuple[float, float], op: OperatorStats | None, heaviest: int) -> list[str]:
    x1, y1 = start[0] + BOX_WIDTH / 2, start[1] + BOX_HEIGHT
    x2, y2 = end[0] + BOX_WIDTH / 2, end[1]
    size = op.bytes_out if op is not None else 0
    thick = 1.5 + (12.5 * size / heaviest if heaviest else 0)
    label = quantity(size, Unit.BYTES) if size else ""
    weight = "heavy" if heaviest and size > heaviest / 2 and size > 2**20 else ""
    return [
        f'<path class="edge {weight}" d="M{x1:.1f},{y1:.1f} C{x1:.1f},{y1 + GAP / 2:.1f} {x2:.1f},{y2 - GAP / 2:.1f} '
        f'{x2:.1f},{y2:.1f}" stroke-width="{thick:.1f}"/>',
        _text(max(x1, x2) + thick / 2 + 8, (y1 + y2) / 2 + 4, label, 'class="tick"'),
    ]


def _box(node: dict[str, Any], where: tuple[float, float], op: OperatorStats | None) -> list[str]:
    left, top = where
    name = str(node.get("name", "?"))
    shown = name if len(name) <= 30 else name[:29] + "…"
    facts = ""
    if op is not None:
        rows = op.rows_out or op.rows_in
        facts = f"{op.tasks:,} task{'s' if op.tasks != 1 else ''} · {rows:,} rows"
    udf = " udf" if "UDF" in name or "ActorPool" in name else ""
    return [
        f'<rect class="box{udf}" x="{left:.1f}" y="{top:.1f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>',
        _text(left + 12, top + 19, shown, 'class="name"') + f"<title>{escape(name)}</title>",
        _text(left + 12, top + 36, facts, 'class="tick"'),
    ]
