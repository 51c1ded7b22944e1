"""DFT309: a UDF that captures what no pickle takes."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.captures import captures_of
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Level, Observation, ScriptRule
from daft_lint.pipeline.model import Script


class UnpicklableCapture(ScriptRule):
    """A UDF that reads a lock, a queue, a database connection, a socket, an open file, a pool of threads or a generator
    from outside of its body, by itself, in a helper or in an object, or is given one for its `__init__`.

    ## Why
    Daft pickles a UDF with the globals and closure variables that it reads, on every runner, and none of these can be
    pickled: the script stops with a ValueError, "Daft functions must be serializable", where it builds the expression
    (experiment e19).

    ## Example

        db = sqlite3.connect("names.db")

        @daft.func
        def name_of(key: int) -> str:
            return db.execute("select name from people where id = ?", (key,)).fetchone()[0]

    becomes

        @daft.cls
        class Names:
            def __init__(self):
                self.db = sqlite3.connect("names.db")

            def __call__(self, key: int) -> str:
                return self.db.execute("select name from people where id = ?", (key,)).fetchone()[0]

    ## Fix
    None: it takes a new class, and its calls change with it.

    ## Options
    None. A function that is not decorated is pickled by its name where its module can be imported: something is said of
    it only in a script that runs itself.
    """

    code = "DFT309"
    name = "unpicklable-capture"
    level = Level.ERROR
    trigger_words = ("udf", "func", "cls", "apply")
    ends = (Failure("ValueError", "when the expression is built"),)

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[object] = set()
        for udf in script.udfs:
            for capture in captures_of(udf, script.constructions):
                key = (udf.definition, capture.made)
                if capture.kind.is_picklable or key in seen:
                    continue
                seen.add(key)
                yield Observation(
                    location=capture.use,
                    level=self.level,
                    observed=capture.observed(udf),
                    impact="Daft pickles it along with the UDF, and no pickle takes it: building the expression raises"
                    " a ValueError",
                    suggestion="Make it in the `__init__` of a class with `@daft.cls`",
                    related=capture.related,
                )
