"""DFT312: a return type that Daft does not take, or does not know."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.column_types import type_before
from daft_lint.api.edits import ReplaceNode
from daft_lint.api.nodes import code, method_location
from daft_lint.api.promises import Failure
from daft_lint.api.python_types import PythonType, python_type
from daft_lint.api.rule import Fix, Level, Observation, ScriptRule
from daft_lint.api.udf_code import decorator_keywords, function_of, qualified_name
from daft_lint.pipeline.model import NodeRef, Script, Step, Udf, UdfKind

_REFUSED = frozenset({"Optional", "Union", "List", "Dict", "Tuple", "Literal"})
"""Generics of `typing` that Daft 0.7.26 refuses as a return type."""
_TYPES = {
    "map[python]": "Write `return_dtype=DataType.struct({...})`, or `dict[str, int]` and the like where all values are"
    " of one type",
    "tensor[python]": "Write `return_dtype=DataType.embedding(DataType.float32(), n)`, or `DataType.tensor(...)`",
    "list[python]": "Write `list[str]` and the like",
}
_REFUSING = ("write_csv", "write_json")
"""Writes that fail for them (DFT410)."""
_BUILTIN = {"List": "list", "Dict": "dict", "Tuple": "tuple"}


class UdfReturnType(ScriptRule):
    """A row-wise UDF whose return type is missing, or a generic of `typing` that Daft refuses; and one whose type says
    so little (`-> dict`, `-> np.ndarray`, `DataType.python()`) that Python objects reach a file or a `collect()`.

    ## Why
    Daft takes the type of the new column from the return annotation, unless `return_dtype` gives it. With `Optional`,
    `List`, `Dict`, `Tuple`, `Union` or `Literal` of `typing` it raises a TypeError, with no annotation a ValueError, as
    soon as the function is used (experiment e19). `str | None` and `list[str]` work.

    Of `-> dict` Daft makes a Map of Python objects, of `-> np.ndarray` a Tensor of them. In a file each key, value and
    number is a pickle of its own (experiment e19), which only Daft can read.

    ## Example

        @daft.func
        def first(values: list[str]) -> Optional[str]:
            return values[0] if values else None

    becomes

        @daft.func
        def first(values: list[str]) -> str | None:
            return values[0] if values else None

    ## Fix
    Writes the type that Python has for it. It is safe: without it the script fails. There is none for a missing type, a
    `Literal`, or Python objects.

    ## Options
    None. Of Python objects that only a `show`, `to_pydict` or another UDF gets, nothing is said.
    """

    code = "DFT312"
    name = "udf-return-type"
    level = Level.ERROR
    trigger_words = ("func", "cls", "method")
    fixable = True
    ends = (Failure("TypeError", "when the function is used"), Failure("ValueError", "when the function is used"))

    def check(self, script: Script) -> Iterator[Observation]:
        seen: set[int] = set()
        for udf in script.udfs:
            function = function_of(udf)
            if function is None or id(function.node) in seen or not _takes_annotation(udf, function):
                continue
            seen.add(id(function.node))
            assert isinstance(function.node, cst.FunctionDef)
            observation = self._observation(udf, function, function.node)
            if observation is not None:
                yield observation
        yield from _python_objects(script)

    def _observation(self, udf: Udf, function: NodeRef, node: cst.FunctionDef) -> Observation | None:
        if node.returns is None:
            return Observation(
                location=NodeRef(function.cell, node.name),
                level=self.level,
                observed=f"`{udf.name}` has neither a return annotation nor a `return_dtype`",
                impact="Daft does not know the type of the column: using the function raises a ValueError",
                suggestion="Write `-> str` or what it returns",
            )
        annotation = NodeRef(function.cell, node.returns.annotation)
        generic = _refused(annotation)
        if generic is None:
            return None
        written = _written(annotation.node, annotation)
        return Observation(
            location=annotation,
            level=self.level,
            observed=f"`{udf.name}` is annotated to return `{code(annotation.node)}`",
            impact=f"Daft does not take `typing.{generic}` there: using the function raises a TypeError",
            suggestion=f"Write `{written}`" if written else "Write a `return_dtype`",
            fix=None
            if written is None
            else Fix(title=f"Write `{written}`", actions=(ReplaceNode(annotation, written),)),
        )


def _python_objects(script: Script) -> Iterator[Observation]:
    """Each UDF whose values are Python objects for Daft, and reach a file or a `collect`."""
    seen: set[NodeRef] = set()
    for pipeline in script.pipelines:
        step = pipeline.sink.step
        if not (step.name.startswith("write_") or step.name == "collect") or step.name in _REFUSING:
            continue
        for column in pipeline.sink.columns_in:
            kept = type_before(pipeline, pipeline.sink.index, column)
            udf = None if kept is None else kept.made_by.udf
            found = None if udf is None else python_type(udf)
            if udf is not None and found is not None and found.location not in seen:
                seen.add(found.location)
                yield _of_objects(udf, found, step)


def _of_objects(udf: Udf, found: PythonType, step: Step) -> Observation:
    return Observation(
        location=found.location,
        level=Level.ADVICE,
        observed=f"What `{udf.name}` returns is `{found.name}` for Daft, Python objects, and reaches `{step.name}`",
        impact="Daft pickles each key, value and number of them by itself, and only Daft can read a file of those",
        suggestion=_TYPES.get(found.name, "Give it the type of what it returns"),
        related=((method_location(step), f"`{step.name}` gets them"),),
    )


def _takes_annotation(udf: Udf, function: NodeRef) -> bool:
    """Whether Daft takes the type of the column from the annotation."""
    if udf.kind not in (UdfKind.FUNC, UdfKind.METHOD) or not isinstance(function.node, cst.FunctionDef):
        return False
    keywords = decorator_keywords(function.node)
    if keywords is None or keywords & {"return_dtype", "unnest"}:
        return False
    options = udf.options.node if udf.options is not None else None
    if isinstance(options, cst.Call):
        return not any(a.star or (a.keyword is not None and a.keyword.value == "return_dtype") for a in options.args)
    return True


def _refused(annotation: NodeRef) -> str | None:
    """The generic of `typing` that an annotation is."""
    node = annotation.node
    outer = node.value if isinstance(node, cst.Subscript) else node
    if not isinstance(outer, cst.Name | cst.Attribute):
        return None
    module, _, name = qualified_name(outer, annotation).rpartition(".")
    return name if module in ("typing", "typing_extensions") and name in _REFUSED else None


def _written(node: cst.CSTNode, place: NodeRef) -> str | None:
    """An annotation without generics of `typing`, None where it has none of Python's own."""
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        return None
    if not isinstance(node, cst.Subscript):
        outer = _refused(NodeRef(place.cell, node))
        return code(node) if outer is None else _BUILTIN.get(outer)
    generic = _refused(NodeRef(place.cell, node))
    indexes = [e.slice.value for e in node.slice if isinstance(e.slice, cst.Index)]
    parts = [_written(index, place) for index in indexes]
    if generic == "Literal" or len(indexes) != len(node.slice) or None in parts:
        return None
    inner = [part for part in parts if part is not None]
    if generic == "Optional":
        return f"{inner[0]} | None"
    if generic == "Union":
        return " | ".join(inner)
    outer_text = _BUILTIN.get(generic, "") if generic is not None else code(node.value)
    return f"{outer_text}[{', '.join(inner)}]"
