"""Scripts as the interpreter understands them."""

from __future__ import annotations

import textwrap

from daft_lint.pipeline.interpreter.interpreter import Interpreter, interpret
from daft_lint.pipeline.interpreter.project import Project
from daft_lint.pipeline.interpreter.values import literal_value
from daft_lint.pipeline.model import (
    Script,
    Settings,
    Step,
    StepKind,
)
from daft_lint.source.document import Document


def read(text: str, path: str = "script.py") -> Script:
    document = Document.from_bytes(path, textwrap.dedent(text).encode())
    return interpret(document, Settings(), Project())


def chain(step: Step) -> list[str]:
    """The names of a step and those before it, the source first."""
    names = [step.name]
    while step.parents:
        step = step.parents[0]
        names.append(step.name)
    return names[::-1]


def sinks(script: Script) -> list[list[str]]:
    return [chain(s) for s in script.steps if s.kind is StepKind.SINK]


def paths(script: Script) -> list[list[str]]:
    """The names of the steps of each pipeline."""
    return [[operator.step.name for operator in pipeline.operators] for pipeline in script.pipelines]


UDF = """
    import daft
    from daft import col

    @daft.func.batch(return_dtype=daft.DataType.int64(), batch_size=32)
    def size(image):
        return [len(x) for x in image.to_pylist()]
"""


def script(text: str) -> Script:
    return read(textwrap.dedent(UDF) + textwrap.dedent(text))


def constant_in(expression: str, definitions: str = "") -> object:
    """The constant that an expression is known to be, None where it is not known."""
    text = f"{textwrap.dedent(definitions)}\nfound = ({expression})\n"
    document = Document.from_bytes("script.py", text.encode())
    interpreter = Interpreter(Settings(), Project(), document.path)
    interpreter.run(document)
    return literal_value(interpreter.root_scope.get("found"))
