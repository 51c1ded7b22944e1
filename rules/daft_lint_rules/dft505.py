"""DFT505: what never runs."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import catalog, cst
from daft_lint.api.nodes import code, is_in_test_file, short_code, udf_related
from daft_lint.api.promises import Direction, Measure, Promise, Role, Symptom
from daft_lint.api.rule import Level, Observation, Prescan, ScriptRule, in_pipelines
from daft_lint.api.scopes import ModuleScopes
from daft_lint.api.side_effects import side_effect_of
from daft_lint.pipeline.model import NodeRef, Reads, Script, Step, StepKind, Udf

_UDFS = ("func", "cls", "udf", "method", "apply", "functions")
_ENDS = (StepKind.SOURCE, StepKind.SINK, StepKind.COLLECT, StepKind.MERGE)
"""What stands for no work that is left undone."""


class NeverRun(ScriptRule):
    """A UDF that uploads, writes or sends something and whose column nobody reads; and a DataFrame that nothing
    runs by the end of a script.

    ## Why
    Daft drops the columns that nobody reads, and the UDFs that make them: before `count_rows()`, or where a `select`
    leaves the column out, a UDF runs on no row (experiment e14). A plan without a sink runs nothing at all. In both
    cases the script ends without an error, and nothing was uploaded.

    ## Example

        df = df.with_column("done", upload(col("key")))
        print(df.count_rows())

    becomes

        df = df.with_column("done", upload(col("key"))).collect()
        print(df.count_rows())

    ## Fix
    None: what is to be run, and what is to be kept of it, only the author knows.

    ## Options
    None. What a UDF only returns does not count, nor does `print`; a frame in a notebook, one that a function returns
    and one whose variable is mentioned again are left alone.
    """

    code = "DFT505"
    name = "never-run"
    level = Level.WARNING
    trigger_words = tuple(sorted(name for name, spec in catalog.STEPS.items() if spec.lazy))
    promises = (Promise(Measure.CALLS, Direction.HIGHER, Role.CONFIRMS),)
    symptoms = (Symptom(Measure.CALLS, most=0.0),)

    @classmethod
    def can_match(cls, prescan: Prescan) -> bool:
        """The variables of a test's file are left alone; a UDF may do something there."""
        if prescan.is_of_tests and prescan.outside_tests.isdisjoint(_UDFS):
            return False
        return in_pipelines(prescan, cls.trigger_words)

    def check(self, script: Script) -> Iterator[Observation]:
        yield from _unread_effects(script)
        yield from _unrun_frames(script)


def _unread_effects(script: Script) -> Iterator[Observation]:
    """The calls whose column is read on no path, of UDFs that do more than return a value."""
    calls: dict[NodeRef, tuple[Udf, str]] = {}
    read: set[NodeRef] = set()
    for pipeline in script.pipelines:
        for operator in pipeline.operators:
            for call in operator.udf_calls:
                location = call.expression.location
                if location is None:
                    continue
                if call.read or pipeline.reads is Reads.NONE:
                    read.add(location)
                else:
                    calls.setdefault(location, (call.udf, pipeline.sink.step.name))
    for location, (udf, sink) in calls.items():
        effect = None if location in read else side_effect_of(udf)
        if effect is not None:
            yield Observation(
                location=location,
                level=Level.WARNING,
                observed=f"Nobody reads the column that `{udf.name}` makes",
                impact=f"`{sink}` does not run it, so `{short_code(effect.node)}` never happens: for none of 100 "
                "rows in our measurement",
                suggestion="`collect()` or write the column before",
                related=((effect, "what does not happen"), *udf_related(udf)),
            )


def _unrun_frames(script: Script) -> Iterator[Observation]:
    """The DataFrames that a variable holds and nothing reads."""
    seen: set[NodeRef] = set()
    continued = {id(parent) for step in script.steps for parent in step.parents}
    for step in script.steps:
        if id(step) in continued or step.kind in _ENDS:
            continue
        variable = _variable(step)
        if variable is None or variable in seen:
            continue
        seen.add(variable)
        udf = _first_udf(step)
        what = "None of its steps happens" if udf is None else f"`{udf.name}` is called for no row"
        yield Observation(
            location=variable,
            level=Level.WARNING,
            observed=f"Nothing runs the DataFrame `{code(variable.node)}`",
            impact=f"{what}: Daft runs a plan when a sink asks for its rows",
            suggestion="Write, `collect` or `show` it",
            related=() if udf is None else udf_related(udf),
        )


def _first_udf(step: Step) -> Udf | None:
    """A UDF of the plan that ends with a step."""
    pending, seen = [step], {id(step)}
    while pending:
        current = pending.pop()
        for call in current.udf_calls():
            if call.udf is not None:
                return call.udf
        for parent in current.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                pending.append(parent)
    return None


def _variable(step: Step) -> NodeRef | None:
    """The variable of a script that a step is assigned to; None where it is none, or where anything may read it."""
    cell = step.call.cell
    if cell.document.kind != "python" or is_in_test_file(step.call):
        return None
    assignment = cell.parents.get(step.call.node)
    if not isinstance(assignment, cst.Assign) or len(assignment.targets) != 1:
        return None
    target = assignment.targets[0].target
    scopes = ModuleScopes.of(cell)
    if not isinstance(target, cst.Name) or target.value.startswith("_") or target.value in scopes.rebound:
        return None
    if target.value in scopes.texts or scopes.mentions_after(target.value, assignment):
        return None
    scope = scopes.scope_of(target)
    is_read_again = len(scopes.names[target.value]) > 1 and scopes.is_in_loop(target, scope)
    return None if is_read_again or isinstance(scope, cst.ClassDef) else NodeRef(cell, target)
