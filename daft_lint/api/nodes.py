"""Nodes as they are written, what encloses them, whose rows a step has, and the places that go with a finding."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.pipeline.model import NodeRef, Operator, SourceKind, Step, Udf
from daft_lint.source import cst
from daft_lint.source.code import code as code
from daft_lint.source.completion import completed as completed
from daft_lint.source.document import Cell as Cell
from daft_lint.source.problems import ParseFailure
from daft_lint.source.pytest_names import is_test_file


def short_code(node: cst.CSTNode, width: int = 40) -> str:
    """A node as it is written, on one line and no longer than `width` characters."""
    text = " ".join(code(node).split())
    return text if len(text) <= width else text[: width - 1] + "…"


def is_mentioned(cell: Cell, words: tuple[bytes, ...]) -> bool:
    """Whether one of the words stands in the file of a cell; looked for once, whatever its number of UDFs."""
    return cell.once((is_mentioned, words), lambda: any(word in cell.document.raw for word in words))


def enclosing(location: NodeRef, *kinds: type[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """What encloses a node, innermost first, up to its module: expressions, statements, functions, ...

    `kinds` are the types of node that are asked for (none: all of them). Nothing for a node that is not in the tree of
    its cell.
    """
    parents = location.cell.parents
    node = parents.get(location.node)
    while node is not None:
        if not kinds or isinstance(node, kinds):
            yield node
        node = parents.get(node)


def modules_of(location: NodeRef) -> Iterator[NodeRef]:
    """The modules of a location's file: one for a .py file, one for each cell of a notebook or block of a Markdown
    file; those that do not parse are left out."""
    for cell in location.cell.document.cells:
        try:
            module = cell.module
        except ParseFailure:  # a cell of shell commands
            continue
        yield NodeRef(cell, module)


def has_open_parameter(step: Step) -> bool:
    """Whether the rows of a step come from a DataFrame parameter with no caller in view."""
    waiting, seen = [step], {id(step)}
    while waiting:
        current = waiting.pop()
        if current.source is not None and current.source.kind is SourceKind.PARAMETER:
            return True
        for parent in current.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)
    return False


def source_label(operator: Operator) -> str:
    """What a source is called where it is a related place."""
    source = operator.step.source
    if source is None:
        return f"`{operator.step.name}` keeps the partitions that it had"
    if source.kind is SourceKind.PARAMETER:
        return "the DataFrame comes in here; no caller is in view"
    return f"the source, `{source.name}`"


def udf_related(udf: Udf) -> tuple[tuple[NodeRef, str], ...]:
    """The definition of a UDF as a related place."""
    return () if udf.definition is None else ((udf.definition, f"`{udf.name}` is defined here"),)


def method_location(step: Step) -> NodeRef:
    """The method's name in the step's call: where a finding about the step itself points, also in a long chain."""
    node = step.call.node
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return NodeRef(step.call.cell, node.func.attr)
    return step.call


def is_in_test_file(location: NodeRef) -> bool:
    """Whether a place is in a file that pytest collects by its default names."""
    return is_test_file(location.cell.document.path)


def replaceable(location: NodeRef) -> bool:
    """Whether a number can be written in the place of an argument and mean the same for every caller.

    A literal, a variable or arithmetic on them can be replaced; a parameter, an attribute (`args.n`, `self.n`) or a
    call (`os.environ.get(...)`) cannot: others decide what it is.
    """
    return _is_plain(location.node) and not (_names(location.node) & _parameters_around(location))


def _is_plain(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.BinaryOperation):
        return _is_plain(node.left) and _is_plain(node.right)
    return isinstance(node, cst.Integer | cst.Name)


def _names(node: cst.CSTNode) -> frozenset[str]:
    if isinstance(node, cst.Name):
        return frozenset({node.value})
    return frozenset().union(*(_names(child) for child in node.children))


def _parameters_around(location: NodeRef) -> frozenset[str]:
    """The parameters of the functions that hold a place."""
    functions = (node for node in enclosing(location) if isinstance(node, cst.FunctionDef | cst.Lambda))
    return frozenset(p.name.value for function in functions for p in _all_parameters(function.params))


def _all_parameters(parameters: cst.Parameters) -> list[cst.Param]:
    found = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
    found += [p for p in (parameters.star_arg, parameters.star_kwarg) if isinstance(p, cst.Param)]
    return found
