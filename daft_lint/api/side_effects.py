"""What a UDF does besides returning a value: files, requests, rows of a database."""

from __future__ import annotations

from daft_lint.api import cst
from daft_lint.api.nodes import enclosing
from daft_lint.api.udf_code import binding_of, called_function, function_of, own_nodes, qualified_name
from daft_lint.pipeline.model import NodeRef, Udf
from daft_lint.pipeline.udf_body.side_effects import CHANGING, CHANGING_METHODS, SENDING, WRITING_MODES
from daft_lint.source.syntax import constant

_MAX_DEPTH = 3
"""Helpers inside helpers that are followed."""
_ANSWERS = frozenset({"json", "text", "content", "iter_content", "iter_lines", "raw"})
"""What is read of the answer to a question."""


def side_effect_of(udf: Udf) -> NodeRef | None:
    """The first call in the body of a UDF, or in the functions of its file and class that it calls, that changes
    something outside of the process; None where there is none in view."""
    function = function_of(udf)
    return None if function is None else _effect_in(function, 0)


def _effect_in(function: NodeRef, depth: int) -> NodeRef | None:
    # Once for each function: the ways to it through others multiply.
    return function.cell.once((side_effect_of, function.node, depth), lambda: _first_effect(function, depth))


def _first_effect(function: NodeRef, depth: int) -> NodeRef | None:
    for node in own_nodes(function.node):
        if not isinstance(node, cst.Call):
            continue
        call = NodeRef(function.cell, node)
        if _changes(call):
            return call
        helper = called_function(node, call)
        if helper is not None and depth < _MAX_DEPTH and _effect_in(helper, depth + 1) is not None:
            return call
    return None


def _changes(call: NodeRef) -> bool:
    node = call.node
    assert isinstance(node, cst.Call)
    name = qualified_name(node.func, call)
    if name in SENDING:
        return not _is_answer_read(call)
    if isinstance(node.func, cst.Attribute) and not name and node.func.attr.value in CHANGING_METHODS:
        return bool(node.args) or node.func.attr.value == "unlink"
    if isinstance(node.func, cst.Name) and node.func.value == "open":
        return binding_of("open", call) is None and _is_written(node)
    return name in CHANGING


def _is_written(node: cst.Call) -> bool:
    """Whether `open` is given a mode that writes."""
    modes = [a.value for a in node.args if a.keyword is not None and a.keyword.value == "mode"]
    modes += [a.value for a in node.args[1:2] if a.keyword is None]
    mode = constant(modes[0]) if modes and isinstance(modes[0], cst.SimpleString) else ""
    return isinstance(mode, str) and not WRITING_MODES.isdisjoint(mode)


def _is_answer_read(call: NodeRef) -> bool:
    """Whether anything reads what a request gives back, more than whether it was a success."""
    around = list(enclosing(call))
    if isinstance(around[0], cst.Expr):
        return False
    if isinstance(around[0], cst.Attribute):
        return around[0].attr.value in _ANSWERS
    if not isinstance(around[0], cst.Assign) or not isinstance(around[0].targets[0].target, cst.Name):
        return True
    name = around[0].targets[0].target.value
    function = next((n for n in around if isinstance(n, cst.FunctionDef)), None)
    if function is None:
        return True
    reads = [n for n in own_nodes(function) if isinstance(n, cst.Attribute) and isinstance(n.value, cst.Name)]
    return not reads or any(n.attr.value in _ANSWERS for n in reads if getattr(n.value, "value", "") == name)
