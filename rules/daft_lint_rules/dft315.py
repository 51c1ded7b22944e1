"""DFT315: a class of UDFs that is called with columns before it is an object."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.edits import ReplaceNode
from daft_lint.api.nodes import code, enclosing
from daft_lint.api.promises import Changes, Failure
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.pipeline.model import Construction, NodeRef, Script


class ClassNotInstantiated(ScriptRule):
    """A `daft.cls` class that is called with a column where a DataFrame takes an expression: `Model(col("text"))`.

    ## Why
    The call makes an object of the class, with the column as an argument of its `__init__`, and an object is no
    expression: `select`, `with_column` and `where` raise a TypeError, `with_columns` an AttributeError (experiment
    e19). It is the object that is called with columns.

    ## Example

        df = df.with_column("label", Classifier(col("text")))

    becomes

        df = df.with_column("label", Classifier()(col("text")))

    Make the object once, above the pipeline, where it is used several times.

    ## Fix
    Makes the object in place, where `__init__` takes no argument. It is safe: without it the line fails.

    ## Options
    None.
    """

    code = "DFT315"
    name = "class-not-instantiated"
    level = Level.ERROR
    trigger_words = ("cls",)
    fixable = True
    changes = Changes.RESULTS
    ends = (Failure("TypeError", "when the line runs"),)

    def check(self, script: Script) -> Iterator[Observation]:
        """One observation for each call."""
        seen: set[NodeRef] = set()
        calls = {id(step.call.node) for step in script.steps}
        for made in script.constructions:
            if made.decorator is None or made.call in seen or not _is_argument(made.call, calls):
                continue
            seen.add(made.call)
            yield _observation(made)


def _observation(made: Construction) -> Observation:
    assert isinstance(made.call.node, cst.Call)
    function = NodeRef(made.call.cell, made.call.node.func)
    text = f"{code(function.node)}()"
    fix = Fix(f"Make an object: `{text}`", (ReplaceNode(function, text),))
    return Observation(
        location=made.call,
        level=Level.ERROR,
        observed=f"`{made.name}` is called with its columns before there is an object of it",
        impact="The call makes an object, which is no expression: Daft raises a TypeError",
        suggestion=f"Write `{text}(...)`, or make the object above",
        related=((made.definition, f"`{made.name}` is defined here"),),
        fix=fix if not made.parameters and not made.takes_any else None,
    )


def _is_argument(call: NodeRef, steps: set[int]) -> bool:
    """Whether an object stands where a DataFrame takes an expression, by itself or in a list or dictionary."""
    for node in enclosing(call):
        if isinstance(node, cst.Call):
            return id(node) in steps
        if not isinstance(node, cst.Arg | cst.List | cst.Element | cst.Dict | cst.DictElement):
            return False
    return False
