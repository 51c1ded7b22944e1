"""DFT305: a class whose model is loaded again for each task."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.nodes import short_code
from daft_lint.api.promises import Direction, Measure, Promise, Symptom
from daft_lint.api.remedies import bounding, concurrency_option
from daft_lint.api.rows import FEW_ROWS, reads_few
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule, level_for
from daft_lint.api.udf_code import given_options
from daft_lint.pipeline.model import NodeRef, Operator, PartitionsKind, Pipeline, Runner, Script, Udf


class ClassWithoutMaxConcurrency(ScriptRule):
    """A class whose `__init__` loads a model, makes a client or connects to a database, with no `max_concurrency`, on
    Ray, where more than one partition, or an unknown number of them, reaches it.

    A model is a *warning*, a client or a connection *advice*; one level lower where neither the script nor the
    configuration names the Ray runner.

    ## Why
    With `max_concurrency`, Daft starts that many actors, each of which runs `__init__` once and lives as long as the
    query. Without it, `__init__` runs in the tasks: 64 tasks loaded the model 61 times, with `max_concurrency=2` twice
    (experiment e20). How many tasks share a load differs from plan to plan.

    ## Example

        @daft.cls(gpus=1)
        class Embedder:
            def __init__(self):
                self.model = SentenceTransformer("all-MiniLM-L6-v2")

    becomes, on a cluster with 8 GPUs,

        @daft.cls(gpus=1, max_concurrency=8)
        class Embedder:
            def __init__(self):
                self.model = SentenceTransformer("all-MiniLM-L6-v2")

    ## Fix
    Adds `max_concurrency`: the GPUs of the cluster by those of an instance, else the calls that the cluster can run at
    once. Without these facts there is none.

    ## Options
    - `[tool.daft-lint.cluster]`: `runner`, `nodes`, `gpus_per_node`, `total_concurrency`.

    On the native runner a class is made once, and asynchronous methods load in each task with the option as well: the
    rule is silent there. So it is where a loader keeps its model (`functools.cache`, a class attribute), where the
    option is given and None, and where a sample is all that is read.
    """

    code = "DFT305"
    name = "class-without-max-concurrency"
    level = Level.WARNING
    trigger_words = ("cls", "udf")
    fixable = True
    promises = (Promise(Measure.MODEL_LOADS, Direction.LOWER),)
    symptoms = (Symptom(Measure.MODEL_LOADS, least=2),)

    def check(self, script: Script) -> Iterator[Observation]:
        if script.runner is Runner.NATIVE:
            return
        misplaced = {c.definition for c in script.constructions if _passes_concurrency(c.keywords, c.parameters)}
        seen: set[object] = set()
        for pipeline in script.pipelines:
            if reads_few(pipeline):
                continue
            for operator in pipeline.operators:
                for call in operator.udf_calls:
                    udf = call.udf
                    if call.read and udf.definition not in seen | misplaced and _loads_again(udf, operator):
                        seen.add(udf.definition)
                        yield self._observation(udf, operator, pipeline)

    def _observation(self, udf: Udf, operator: Operator, pipeline: Pipeline) -> Observation:
        made, option, name = _made(udf)[0], concurrency_option(udf), udf.name.partition(".")[0]
        is_on_ray = pipeline.runner_is_set or pipeline.cluster.runner is Runner.RAY
        level = level_for(self.level if udf.init_model_loads else Level.ADVICE, pipeline, None)
        count = operator.partitions_in.count
        reached = (
            "partitions" if operator.partitions_in.kind is PartitionsKind.MANY else "an unknown number of partitions"
        )
        action = bounding(udf, pipeline.cluster)
        assert udf.options is not None
        return Observation(
            location=udf.options,
            level=level if is_on_ray else level.lowered(),
            observed=f"`{name}` has no `{option}`, and {reached if count is None else f'{count:,} partitions'}"
            f" reach{'es' if count is None and reached.startswith('an') else ''} it",
            impact=f"On Ray its `__init__`, and so `{short_code(made.node)}`, runs again in the tasks: 61 times in 64"
            " tasks, with two actors twice in our measurement",
            suggestion=f"Write `{option}={action.value}`"
            if action is not None
            else f"Write `{option}=n`, with the number of instances that the cluster can run at once",
            related=((made, "it is made here"), (operator.step.call, "its rows come in here")),
            fix=None if action is None else Fix(f"Add `{option}={action.value}` to `{name}`", (action,)),
        )


def _passes_concurrency(keywords: tuple[str, ...], parameters: tuple[str, ...]) -> bool:
    """Whether a constructor gets the option that belongs to the decorator (DFT301)."""
    return any(k in keywords and k not in parameters for k in ("max_concurrency", "concurrency"))


def _made(udf: Udf) -> tuple[NodeRef, ...]:
    return (*udf.init_model_loads, *udf.init_connections)


def _loads_again(udf: Udf, operator: Operator) -> bool:
    if not _made(udf) or udf.is_async or udf.max_concurrency is not None or udf.options is None:
        return False
    options = given_options(udf)
    if options is None or options & {"max_concurrency", "concurrency"}:
        return False
    few = operator.rows_in is not None and operator.rows_in <= FEW_ROWS
    return operator.partitions_in.kind is not PartitionsKind.ONE and not few
