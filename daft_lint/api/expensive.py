"""Which UDFs are worth a fan-out for their work alone, however light the rows are."""

from __future__ import annotations

from daft_lint.api import cst
from daft_lint.api.rows import known_value
from daft_lint.api.udf_code import function_of, own_nodes, qualified_name
from daft_lint.pipeline.model import NodeRef, Udf, UdfKind
from daft_lint.pipeline.udf_body.model_loads import loads_model
from daft_lint.pipeline.udf_body.waiting import REQUESTS


def why_expensive(udf: Udf) -> str | None:
    """What makes each call of a UDF slow, so that it completes "`f` ...": a model, an AI provider, a server's answer.
    None where nothing in view does, and for asynchronous UDFs, which wait for many rows at once."""
    if udf.kind is UdfKind.AI:
        return "asks an AI provider for each row"
    if udf.is_async:
        return None
    if known_value(udf.gpus) is not None:
        return "works on a GPU"
    if _loads_model_in_init(udf):
        return "runs a model"
    function = function_of(udf)
    if function is not None and _calls(function, REQUESTS):
        return "waits for an answer from the network for each row"
    return None


def _loads_model_in_init(udf: Udf) -> bool:
    node = None if udf.definition is None else udf.definition.node
    if udf.definition is None or not isinstance(node, cst.ClassDef):
        return False
    inits = (s for s in node.body.body if isinstance(s, cst.FunctionDef) and s.name.value == "__init__")
    cell = udf.definition.cell
    return any(
        isinstance(part, cst.Call) and loads_model(qualified_name(part.func, NodeRef(cell, part)))
        for init in inits
        for part in own_nodes(init)
    )


def _calls(function: NodeRef, names: frozenset[str]) -> bool:
    """Whether a function's own code calls one of these functions, by qualified name."""
    return any(
        isinstance(part, cst.Call) and qualified_name(part.func, NodeRef(function.cell, part)) in names
        for part in own_nodes(function.node)
    )
