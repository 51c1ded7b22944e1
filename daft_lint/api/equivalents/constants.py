"""Constants that a UDF reads: literals in its body, and names of the module that are given one once and for all."""

from __future__ import annotations

import ast

from daft_lint.api import cst
from daft_lint.api.equivalents.operands import Value
from daft_lint.api.equivalents.table import Kind
from daft_lint.api.nodes import code
from daft_lint.api.scopes import ModuleScopes
from daft_lint.api.udf_code import assigned_values, binding_of
from daft_lint.pipeline.model import NodeRef

_KINDS = {str: Kind.TEXT, bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT}


def literal(node: cst.BaseExpression) -> Value | None:
    """What a literal spells; None for anything else. A tuple or set of literals is spelled as a list."""
    if isinstance(node, cst.Name) and node.value not in ("True", "False"):
        return None
    try:
        value = ast.literal_eval(code(node).strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    if isinstance(node, cst.Tuple | cst.List | cst.Set):
        text = f"[{', '.join(code(element.value) for element in node.elements)}]"
        return Value(text, Kind.UNKNOWN, tuple(element for element in value))
    kind = _KINDS.get(type(value))
    return None if kind is None else Value(code(node), kind, value)


def outer_value(name: str, function: NodeRef, call: NodeRef) -> cst.BaseExpression | None:
    """What a name that a function reads from around it is given, once and for all; None where the call of the function
    sees another."""
    binding = binding_of(name, function)
    if binding is None or binding.location.cell is not call.cell:
        return None
    seen = binding_of(name, call)
    if seen is None or seen.location.node is not binding.location.node:
        return None
    scopes = ModuleScopes.of(call.cell)
    values = assigned_values(binding)
    if len(values) != 1 or name in scopes.rebound or name in scopes.mutated:
        return None
    if scopes.is_in_loop(values[0].node, binding.location.node):
        return None
    return values[0].node if isinstance(values[0].node, cst.BaseExpression) else None
