"""DFT304: a model that is loaded, or a client that is made, in every call."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.nodes import short_code, udf_related
from daft_lint.api.rows import is_row_wise
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.pipeline.model import NodeRef, Script, Udf


class ModelLoadedPerCall(ScriptRule):
    """A UDF without state whose body loads a model: `from_pretrained`, `torch.load`, `SentenceTransformer(...)`,
    `YOLO(...)`, `load_model` and the like. A synchronous row-wise one that makes a client or connects to a database,
    such as `boto3.client(...)`, `OpenAI()` or `psycopg.connect(...)`, is *advice*.

    ## Why
    The body of a `daft.func` runs for every row, that of a `daft.func.batch` or a legacy function UDF for every
    batch: 256 rows in calls of 16 loaded 16 times, where a `daft.cls` with one actor loaded once (experiment e9), in
    its `__init__`. On Ray that takes `max_concurrency`: without it `__init__` runs in the tasks (DFT305). A model that
    takes 5 s to load from the disk's cache costs 5 s per call: at 64 rows per call that is 78 ms for each row before
    any work is done, and on a GPU each load takes memory again.

    ## Example

        @daft.func.batch(return_dtype=DataType.embedding(DataType.float32(), 384), batch_size=64)
        def embed(text: daft.Series):
            model = SentenceTransformer("all-MiniLM-L6-v2")
            return model.encode(text.to_pylist())

    becomes

        @daft.cls(max_concurrency=4)
        class Embedder:
            def __init__(self):
                self.model = SentenceTransformer("all-MiniLM-L6-v2")

            @daft.method.batch(return_dtype=DataType.embedding(DataType.float32(), 384), batch_size=64)
            def embed(self, text: daft.Series):
                return self.model.encode(text.to_pylist())

    ## Fix
    None: it takes a new class, and its calls change with it.

    ## Options
    None. A load that is cached is left alone: `functools.lru_cache` or `cache` on the function that loads, or a module
    global that it fills.
    """

    code = "DFT304"
    name = "model-loaded-per-call"
    level = Level.WARNING
    trigger_words = ("udf", "func", "apply")

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for udf in script.udfs:
            made = () if udf.is_class else udf.model_loads or _connections(udf)
            if not made or id(made[0].node) in seen:
                continue
            seen.add(id(made[0].node))
            yield self._observation(udf) if udf.model_loads else self._of_connection(udf, made[0])

    def _observation(self, udf: Udf) -> Observation:
        first, *others = udf.model_loads
        often = "row" if is_row_wise(udf) else "batch"
        more = "" if not others else f" and {len(others)} more"
        return Observation(
            location=first,
            level=self.level,
            observed=f"`{udf.name}`, a stateless `{udf.kind.value}`, loads a model in its body:"
            f" `{short_code(first.node)}`{more}",
            impact=f"The body runs once for every {often}, and so does the load: it costs seconds and the model's"
            " memory each time",
            suggestion="Write a class with `@daft.cls(max_concurrency=...)` that loads it in `__init__`, once for each"
            " actor",
            related=udf_related(udf) + tuple((location, "another model is loaded here") for location in others),
        )

    def _of_connection(self, udf: Udf, made: NodeRef) -> Observation:
        return Observation(
            location=made,
            level=Level.ADVICE,
            observed=f"`{udf.name}`, a stateless `{udf.kind.value}`, connects in its body: `{short_code(made.node)}`",
            impact="The body runs once for every row, and each run sets a connection up that is used once",
            suggestion="Write a class with `@daft.cls(max_concurrency=...)` that makes it in `__init__`, once for each"
            " actor, or a loader with `functools.cache`",
            related=udf_related(udf),
        )


def _connections(udf: Udf) -> tuple[NodeRef, ...]:
    return udf.connections if is_row_wise(udf) and not udf.is_async else ()
