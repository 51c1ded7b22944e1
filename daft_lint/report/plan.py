"""The pipelines of a script as the interpreter understood them, step by step: as a tree, JSON or a Mermaid graph.

`?` stands for what is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.dataflow.effects import Prediction, predict
from daft_lint.pipeline.model import (
    Bound,
    BoundKind,
    Count,
    NodeRef,
    Operator,
    Partitions,
    PartitionsKind,
    Pipeline,
    Reads,
    Script,
    UdfCall,
    Weight,
)
from daft_lint.source.document import Cell
from daft_lint.source.positions import Positions
from daft_lint.source.printable import count, visible

FORMATS = ("tree", "json", "mermaid")


@dataclass(frozen=True, slots=True)
class ClusterFact:
    """What is known of the cluster: a key of `[tool.daft-lint.cluster]`, its value, and who says so."""

    key: str
    value: str | int | float
    origin: str
    configured: bool
    """It counts; else it stands in a job file alone, and no rule goes by it."""


def render(script: Script, form: str = "tree", cluster: Sequence[ClusterFact] = ()) -> str:
    """The pipelines of a script. Raises `ValueError` for a form that is not one of `FORMATS`."""
    lines = _Lines()
    plan = [_pipeline(pipeline, lines) for pipeline in script.pipelines]
    if form == "json":
        facts = [asdict(fact) for fact in cluster]
        document = {"version": 1, "pipelines": plan, "cluster_facts": facts, "limits": list(script.limits_hit)}
        return json.dumps(document, indent=2) + "\n"
    if form == "mermaid":
        return _mermaid(plan)
    if form != "tree":
        raise ValueError(f"no form {form!r}; known are {', '.join(FORMATS)}")
    return _known_cluster(cluster) + _tree(plan) + "".join(f"limit: {visible(limit)}\n" for limit in script.limits_hit)


def _known_cluster(facts: Sequence[ClusterFact]) -> str:
    used = ", ".join(f"{fact.key} {fact.value} ({fact.origin})" for fact in facts if fact.configured)
    other = ", ".join(f"{fact.key} {fact.value} ({fact.origin})" for fact in facts if not fact.configured)
    rows = [f"cluster: {used}"] if used else []
    rows += [f"only in job files, so that no rule goes by it: {other}"] if other else []
    return "".join(f"{visible(row)}\n" for row in rows) + ("\n" if rows else "")


def outline(pipeline: Pipeline, last: Operator) -> str:
    """A pipeline from its source to the operator `last`, as the tree shows it."""
    lines = _Lines()
    steps = [_operator(operator, lines) for operator in pipeline.operators[: last.index + 1]]
    return "\n".join(_branches(steps)) + "\n"


class _Lines:
    """The lines of nodes; the positions of each cell are worked out once."""

    def __init__(self) -> None:
        self.positions: dict[Cell, Positions] = {}

    def of(self, location: NodeRef) -> dict[str, object]:
        import libcst as cst

        cell = location.cell
        if cell not in self.positions:
            self.positions[cell] = Positions(cell)
        positions = self.positions[cell]
        node = location.node
        # A chain begins at its source; a step is where its own name stands.
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            node = node.func.attr
        line, _ = cell.document.location(cell, *positions.line_column(positions.span(node)[0]))
        found: dict[str, object] = {"path": cell.document.path, "line": line}
        return {**found, "cell": cell.number} if cell.document.kind == "notebook" else found


def _pipeline(pipeline: Pipeline, lines: _Lines) -> dict[str, object]:
    cluster = pipeline.cluster
    return {
        "runner": pipeline.runner.value,
        "runner_is_set": pipeline.runner_is_set,
        "reads": pipeline.reads.value,
        "open_parameter": pipeline.open_parameter,
        "cluster": {
            "nodes": cluster.nodes,
            "total_concurrency": cluster.total_concurrency,
            "cpus_per_node": cluster.cpus_per_node,
            "gpus_per_node": cluster.gpus_per_node,
        },
        "steps": [
            _operator(operator, lines, foreseen)
            for operator, foreseen in zip(pipeline.operators, predict(pipeline), strict=True)
        ],
    }


def _operator(operator: Operator, lines: _Lines, foreseen: Prediction | None = None) -> dict[str, object]:
    step = operator.step
    described: dict[str, object] = {
        "name": step.name,
        "kind": step.kind.value,
        **lines.of(step.call),
        "stage": operator.stage,
        "rows": operator.rows_out,
        "partitions": _partitions(operator.partitions_out),
        "bound": _bound(operator.bound),
        "count": _count(step.count),
        "paths": list(step.source.paths) if step.source else [],
        "heavy": [_heavy(column.name, column.weight) for column in operator.heavy_columns_out()],
        "udfs": [_udf(call) for call in operator.udf_calls],
        "inflates": [
            heavy_operation.expression.name
            for heavy_operation in operator.heavy_operations
            if heavy_operation.weight.heavy
        ],
        "opens": [
            heavy_operation.expression.name
            for heavy_operation in operator.heavy_operations
            if heavy_operation.heavy_read
        ],
    }
    if foreseen is not None:
        described["predicted"] = {
            "tasks": foreseen.tasks,
            "nodes": foreseen.nodes,
            "largest_batches": {udf.name: udf.largest_batch for udf in foreseen.udfs},
        }
    return described


def _heavy(name: str, weight: Weight) -> dict[str, object]:
    evidence = weight.evidence
    return {
        "column": name,
        "evidence": evidence.strength.name.lower() if evidence else None,
        "why": evidence.reason if evidence else None,
        "row_bytes": weight.row_bytes,
    }


def _udf(call: UdfCall) -> dict[str, object]:
    udf = call.udf
    return {
        "name": udf.name,
        "kind": udf.kind.value,
        "heavy": call.is_heavy,
        "takes": [column.name for column in call.heavy],
        "opens": call.opens,
        "read": call.read,
        "batch_size": _count(udf.batch_size),
        "max_concurrency": _count(udf.max_concurrency),
        "gpus": _count(udf.gpus),
        "bound": _bound(call.bound),
    }


def _count(number: Count | None) -> int | str | None:
    """The number, `?` if it is given but unknown, None if it is not given."""
    return None if number is None else "?" if number.value is None else number.value


def _partitions(partitions: Partitions) -> int | str:
    if partitions.count is not None:
        return partitions.count
    return 1 if partitions.kind is PartitionsKind.ONE else "many" if partitions.kind is PartitionsKind.MANY else "?"


def _bound(bound: Bound) -> dict[str, object] | None:
    if bound.kind is BoundKind.NONE:
        return None
    return {"kind": bound.kind.value, "rows": bound.rows, "by": bound.by.name if bound.by is not None else None}


_READS = {
    Reads.ALL.value: "all rows",
    Reads.FEW.value: "a few rows",
    Reads.COUNT.value: "the number of rows",
    Reads.NONE.value: "nothing",
}

_UNNAMED = {
    BoundKind.UDF.value: "by its own batch_size",
    BoundKind.LOOSE.value: "by default_morsel_size",
    BoundKind.BATCHES.value: "by default_morsel_size",
}
"""What bounds the rows of a call if no step does."""


def _known(value: object) -> str:
    return "?" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _head(step: dict[str, object]) -> str:
    number = step["count"]
    where = f"cell {step['cell']}, line" if "cell" in step else "line"
    called = "" if number is None else f"({_known(number)})"
    return f"{step['name']}{called}  {where} {step['line']}"


def _facts(step: dict[str, object]) -> str:
    bound = step["bound"]
    batch = "no bound"
    if isinstance(bound, dict):
        by = f"by {bound['by']}" if bound["by"] else _UNNAMED.get(str(bound["kind"]), str(bound["kind"]))
        batch = f"at most {_known(bound['rows'])} rows a call ({by})"
    return f"rows {_known(step['rows'])}, partitions {_known(step['partitions'])}, {batch}"


def _notes(step: dict[str, object]) -> list[str]:
    """Details of a step besides its name and numbers."""
    notes: list[str] = []
    paths, heavy, udfs = step["paths"], step["heavy"], step["udfs"]
    assert isinstance(paths, list)
    assert isinstance(heavy, list)
    assert isinstance(udfs, list)
    if paths:
        notes.append("paths: " + ", ".join(map(str, paths)))
    for column in heavy:
        size = f", {column['row_bytes']:,} bytes a row" if column["row_bytes"] else ""
        notes.append(f"heavy: {column['column']} ({column['evidence'] or '?'}: {column['why'] or '?'}{size})")
    inflates, opens = step["inflates"], step["opens"]
    assert isinstance(inflates, list)
    assert isinstance(opens, list)
    if inflates:
        notes.append(f"makes heavy data: {', '.join(map(str, inflates))}")
    if opens:
        notes.append(f"opens what its column points to: {', '.join(map(str, opens))}")
    for udf in udfs:
        options = [
            f"{key}={_known(udf[key])}" for key in ("batch_size", "max_concurrency", "gpus") if udf[key] is not None
        ]
        takes = f" takes {', '.join(udf['takes'])}" if udf["takes"] else ""
        traits = (("heavy", udf["heavy"]), ("opens what it is given", udf["opens"]), ("not read", not udf["read"]))
        kind = ", ".join([udf["kind"], *(trait for trait, holds in traits if holds)])
        notes.append(f"udf: {udf['name']} [{kind}]{takes} {' '.join(options)}")
    return [visible(note.rstrip()) for note in notes]


def _steps(pipeline: dict[str, object]) -> list[dict[str, object]]:
    steps = pipeline["steps"]
    assert isinstance(steps, list)
    return steps


def _tree(plan: Sequence[dict[str, object]]) -> str:
    if not plan:
        return "No pipeline was found.\n"
    rows: list[str] = []
    for number, pipeline in enumerate(plan, start=1):
        set_by = "set by the script" if pipeline["runner_is_set"] else "the target"
        parameter = "; its rows come from a parameter with no caller in view" if pipeline["open_parameter"] else ""
        rows.append(
            f"pipeline {number} of {len(plan)}: {count(len(_steps(pipeline)), 'step')}, runner {pipeline['runner']} "
            f"({set_by}), sink reads {_READS[str(pipeline['reads'])]}{parameter}"
        )
        rows += [*_branches(_steps(pipeline)), ""]
    return "\n".join(rows)


def _branches(steps: Sequence[dict[str, object]]) -> list[str]:
    rows: list[str] = []
    for index, step in enumerate(steps):
        last = index + 1 == len(steps)
        rows.append(f"{'└─' if last else '├─'} {visible(_head(step))}: {_facts(step)}")
        rows += [f"{'   ' if last else '│  '}    {note}" for note in _notes(step)]
    return rows


def _mermaid(plan: Sequence[dict[str, object]]) -> str:
    rows = ["flowchart TD"]
    for number, pipeline in enumerate(plan, start=1):
        rows.append(f'    subgraph p{number}["pipeline {number}"]')
        steps = _steps(pipeline)
        for index, step in enumerate(steps):
            text = "<br/>".join(_escaped(line) for line in (_head(step), _facts(step), *_notes(step)))
            rows.append(f'    p{number}s{index}["{text}"]')
            if index:
                rows.append(f"    p{number}s{index - 1} --> p{number}s{index}")
        rows.append("    end")
    return "\n".join(rows) + "\n"


def _escaped(text: str) -> str:
    """A label's text: Mermaid reads HTML there, and `#` as the start of an entity."""
    return "".join(f"#{ord(c)};" if c in '#&<>"`' else c for c in visible(text))
