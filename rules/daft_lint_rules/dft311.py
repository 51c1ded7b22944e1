"""DFT311: a model that gets one row of the batch at a time."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.model_calls import model_call_for_each_row
from daft_lint.api.nodes import short_code
from daft_lint.api.promises import Direction, Measure, Promise, Role
from daft_lint.api.rows import has_few_rows
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.api.udf_code import function_of
from daft_lint.pipeline.model import NodeRef, Script, Udf, UdfKind

_BATCH = frozenset({UdfKind.FUNC_BATCH, UdfKind.METHOD_BATCH, UdfKind.LEGACY})


class ModelCalledPerRow(ScriptRule):
    """A batch UDF that runs its model in a loop over the rows.

    ## Why
    A model reads all its weights for each call, whether the call brings one row or many, and a GPU works on many rows
    at once. A network of two matrices, called by a batch UDF for each of 512 rows, took 0.68 s, with 64 rows a call
    0.16 s (experiment e30, on one thread of a CPU).

    ## Example

        @daft.cls
        class Embedder:
            def __init__(self):
                self.model = SentenceTransformer("all-MiniLM-L6-v2")

            @daft.method.batch(return_dtype=DataType.embedding(DataType.float32(), 384), batch_size=256)
            def embed(self, texts):
                return [self.model.encode(text) for text in texts.to_pylist()]

    becomes

        @daft.cls
        class Embedder:
            def __init__(self):
                self.model = SentenceTransformer("all-MiniLM-L6-v2")

            @daft.method.batch(return_dtype=DataType.embedding(DataType.float32(), 384), batch_size=256)
            def embed(self, texts):
                return self.model.encode(texts.to_pylist(), batch_size=64)

    A pipeline of transformers, YOLO and vLLM take a list as well, spaCy has `nlp.pipe(texts)`, and a network of PyTorch
    takes what `torch.stack` makes of the rows.

    ## Fix
    None: how rows of unequal length are padded, and how many fit into memory, is yours to know.

    ## Options
    None. Known are models that the script loads with sentence-transformers, transformers, vLLM, Ultralytics, spaCy,
    CLIP, timm, torchvision, Keras, scikit-learn (`joblib.load`) and their like. Where the model's API takes one input
    (Whisper, OCR, MediaPipe), where the loop gives it slices or the frames of one video or stands in an `except`, with
    `batch_size=1`, in asynchronous functions and for a few rows, nothing is said.
    """

    code = "DFT311"
    name = "model-called-per-row"
    level = Level.ADVICE
    trigger_words = ("batch", "udf")
    promises = (Promise(Measure.WALL, Direction.LOWER, Role.CONFIRMS, threshold=0.5),)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[NodeRef] = set()
        for udf in script.udfs:
            one_row = udf.batch_size is not None and udf.batch_size.value == 1
            if udf.kind not in _BATCH or udf.is_async or one_row:
                continue
            call = model_call_for_each_row(udf)
            if call is not None and call not in seen and not has_few_rows(udf, script):
                seen.add(call)
                yield self._observation(udf, call)

    def _observation(self, udf: Udf, call: NodeRef) -> Observation:
        function = function_of(udf)
        return Observation(
            location=call,
            level=self.level,
            observed=f"`{udf.name}` gets a batch and gives its model one row at a time: `{short_code(call.node)}`",
            impact="A model works on many rows in little more than the time of one: 512 rows took 0.68 s one by one,"
            " 64 at a time 0.16 s in our measurement",
            suggestion="Give it the rows of the batch in one call, in slices where they do not fit into memory",
            related=() if function is None else ((function, f"`{udf.name}` is a batch UDF"),),
        )
