"""DFT308: a large object that a UDF captures."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.captures import Capture, captures_of
from daft_lint.api.promises import Direction, Measure, Promise, Role
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.pipeline.model import Runner, Script, Udf


class CapturedObject(ScriptRule):
    """A UDF that reads a loaded model, a table or a client from outside of its body, by itself or in an object, or is
    given one for its `__init__`.

    ## Why
    Daft pickles a UDF with the globals and closure variables that it reads, and on Ray that pickle goes into every
    task: with a module global of 100 MB, 4, 16 and 64 tasks took 6.2, 23.7 and 122 s, without it 0.06, 0.16 and 0.7 s
    (experiment e23). A client may not be picklable at all: then the script fails when it builds the expression.

    ## Example

        model = AutoModel.from_pretrained("bert-base-uncased")

        @daft.func
        def score(text: str) -> float:
            return float(model(text).mean())

    becomes

        @daft.cls(max_concurrency=4)
        class Score:
            def __init__(self):
                self.model = AutoModel.from_pretrained("bert-base-uncased")

            def __call__(self, text: str) -> float:
                return float(self.model(text).mean())

    or, for a function, a loader with `functools.cache` that the body calls: it is pickled by its name in a module, and
    loads once in each process.

    ## Fix
    None: it takes a new class, and its calls change with it.

    ## Options
    None. Looked at are the UDF, in a script that runs itself also the helpers that it calls, the objects that they read
    or are bound to, as far as `__init__` fills them, and the arguments of a `daft.cls` class. Plain constants,
    containers that the script spells out, functions, and files that are called after settings are no large objects. On
    the native runner nothing is sent, so the rule is silent where the script or the configuration names it.
    """

    code = "DFT308"
    name = "captured-object"
    level = Level.WARNING
    trigger_words = ("udf", "func", "cls", "apply")
    promises = (Promise(Measure.WALL, Direction.LOWER, Role.CONFIRMS, threshold=0.5),)

    def check(self, script: Script) -> Iterator[Observation]:
        if script.runner is Runner.NATIVE:
            return
        seen: set[object] = set()
        for udf in script.udfs:
            for capture in captures_of(udf, script.constructions):
                key = (udf.definition, capture.made)
                if capture.kind.is_picklable and key not in seen:
                    seen.add(key)
                    yield self._observation(udf, capture)

    def _observation(self, udf: Udf, capture: Capture) -> Observation:
        return Observation(
            location=capture.use,
            level=self.level,
            observed=capture.observed(udf),
            impact="It is pickled into every task of the UDF on Ray: with a global of 100 MB, 64 tasks took 122 s"
            " instead of 0.7 s in our measurement",
            suggestion="Make it in the `__init__` of a class with `@daft.cls`, or in a loader with `functools.cache`"
            " that the body calls",
            related=capture.related,
        )
