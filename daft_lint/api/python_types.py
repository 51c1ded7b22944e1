"""UDFs whose values Daft keeps as Python objects, since nothing says of what type they are."""

from __future__ import annotations

from daft_lint.api import cst
from daft_lint.api.udf_code import function_of, qualified_name
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import NodeRef, Udf, UdfKind

_ANNOTATED = {
    "dict": "map[python]",
    "list": "list[python]",
    "tuple": "list[python]",
    "set": "python",
    "object": "python",
    "typing.Any": "python",
    "numpy.ndarray": "tensor[python]",
}
"""What Daft 0.7.26 makes of a return annotation that says no more (experiment e19)."""
_DECLARED = frozenset({"daft.DataType.python", "daft.datatype.DataType.python"})


@dataclass(frozen=True, slots=True)
class PythonType:
    """The type of a column of Python objects, `map[python]`, and the annotation or `return_dtype` that makes it one."""

    name: str
    location: NodeRef


def python_type(udf: Udf) -> PythonType | None:
    """What makes the values of a UDF Python objects for Daft; None where nothing does, or it is not in view."""
    function = function_of(udf)
    holders = [] if udf.options is None else [udf.options]
    if function is not None and isinstance(function.node, cst.FunctionDef):
        holders += [NodeRef(function.cell, decorator.decorator) for decorator in function.node.decorators]
    for holder in holders:
        call = holder.node.decorator if isinstance(holder.node, cst.Decorator) else holder.node
        for argument in call.args if isinstance(call, cst.Call) else ():
            if argument.star or (argument.keyword is not None and argument.keyword.value == "unnest"):
                return None
            if argument.keyword is not None and argument.keyword.value == "return_dtype":
                return _declared(NodeRef(holder.cell, argument.value))
    if (
        udf.kind not in (UdfKind.FUNC, UdfKind.METHOD)
        or function is None
        or not isinstance(function.node, cst.FunctionDef)
    ):
        return None
    returns = function.node.returns
    return None if returns is None else _annotated(NodeRef(function.cell, returns.annotation))


def _declared(value: NodeRef) -> PythonType | None:
    node = value.node
    is_python = isinstance(node, cst.Call) and not node.args and qualified_name(node.func, value) in _DECLARED
    return PythonType("python", value) if is_python else None


def _annotated(annotation: NodeRef) -> PythonType | None:
    node = annotation.node
    if not isinstance(node, cst.Name | cst.Attribute):
        return None
    name = qualified_name(node, annotation) or (node.value if isinstance(node, cst.Name) else "")
    dtype = _ANNOTATED.get(name)
    return None if dtype is None else PythonType(dtype, annotation)
