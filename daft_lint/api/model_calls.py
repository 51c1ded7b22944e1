"""Models that a batch UDF calls once for each of its rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from daft_lint.api import cst
from daft_lint.api.nodes import Cell, enclosing
from daft_lint.api.scopes import nodes_in
from daft_lint.api.udf_code import (
    binding_of,
    called_function,
    dotted,
    function_of,
    names_read,
    own_nodes,
    qualified_name,
    values_of,
)
from daft_lint.api.udf_rows import columns_of, is_column, row_names
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import NodeRef, Udf
from daft_lint.pipeline.udf_body.inference import ITSELF, batched_calls
from daft_lint.pipeline.udf_body.libraries import CACHE_NAMES

_MAX_HELPERS = 2
"""Helpers inside helpers that are followed."""
_MAX_STEPS = 6
"""Assignments that are followed from an argument back to the row."""
_SAME_MODEL = frozenset({"to", "eval", "cuda", "cpu", "half", "float", "bfloat16", "requires_grad_"})
"""Methods of a model that return it."""
_SEVERAL = re.compile(r"[^su]s_*\d*$|batch|list|several|stack|concat|split|chunked|findall|^cat$|[._]cat$")
"""How names of more than one input read, `sentences`, `frame_list`, `torch.stack`."""
_ONE_INPUT = re.compile(
    r"(input|token|pixel|id|feature|value|arg|byte|message|param|mask|sample|encoding|word|char|axis|dim|option|setting"
    r"|alia|len|canva|analysi)s_*\d*$|^(numpy|np|bytes)$"
)
"""Plurals that are one input of a model: `input_ids`, `pixel_values`, the `messages` of a conversation."""


def model_call_for_each_row(udf: Udf) -> NodeRef | None:
    """The first call, in the function of a batch UDF or in a helper of its file or class, of a model that could take
    many rows and gets one, in a loop over the rows; None where there is none. `map(model.encode, rows)` is one, too."""
    function = function_of(udf)
    if function is None:
        return None
    return next(_in_loops(function, columns_of(function.node)), None)


def _in_loops(function: NodeRef, columns: frozenset[str]) -> Iterator[NodeRef]:
    for node in own_nodes(function.node):
        if not isinstance(node, cst.Call):
            continue
        location = NodeRef(function.cell, node)
        if next(enclosing(location, cst.ExceptHandler), None) is not None:
            continue  # row by row only where the whole batch has failed
        if dotted(node.func) == "map" and len(node.args) == 2:
            if is_column(node.args[1].value, columns) and _is_model(node.args[0].value, location):
                yield location
            continue
        rows = row_names(location, function, columns)
        if rows is not None and _Arguments(function, rows).hold_one(node):
            found = _model_call(location, function, 0)
            if found is not None:
                yield found


def _model_call(location: NodeRef, function: NodeRef, depth: int) -> NodeRef | None:
    """The first call of a model that a call for one row comes to: itself, or one in a helper that it calls."""
    call = location.node
    assert isinstance(call, cst.Call)
    if _is_model(call.func, location):
        return location
    helper = called_function(call, location)
    if helper is None or helper.node is function.node or depth >= _MAX_HELPERS or _is_cached(helper.node):
        return None
    # Once for each helper: the ways to it through others multiply.
    return helper.cell.once((_model_call, helper.node, depth), lambda: _in_helper(helper, depth))


def _in_helper(helper: NodeRef, depth: int) -> NodeRef | None:
    arguments = _Arguments(helper, _parameters(helper.node))
    for node in own_nodes(helper.node):
        if (
            isinstance(node, cst.Call)
            and not _is_in_loop(NodeRef(helper.cell, node), helper)
            and arguments.hold_one(node)
        ):
            found = _model_call(NodeRef(helper.cell, node), helper, depth + 1)
            if found is not None:
                return found
    return None


def _is_cached(function: cst.CSTNode) -> bool:
    """Whether a decorator keeps what a function gave for the same row."""
    if not isinstance(function, cst.FunctionDef):
        return False
    decorators = (d.decorator for d in function.decorators)
    names = (dotted(d.func if isinstance(d, cst.Call) else d) for d in decorators)
    return any(CACHE_NAMES.search(name) for name in names)


def _parameters(function: cst.CSTNode) -> frozenset[str]:
    if not isinstance(function, cst.FunctionDef):
        return frozenset()
    return frozenset(p.name.value for p in (*function.params.posonly_params, *function.params.params)) - {"self"}


def _is_in_loop(location: NodeRef, function: NodeRef) -> bool:
    comprehensions = (cst.ListComp, cst.GeneratorExp, cst.SetComp, cst.DictComp)
    around = enclosing(location, cst.For, cst.While, *comprehensions, cst.FunctionDef, cst.Lambda)
    return next(around, None) is not function.node


def _is_model(callee: cst.BaseExpression, location: NodeRef) -> bool:
    """Whether what is called is a method of a model, or a model, that takes many inputs."""
    name = dotted(callee)
    owner, _, method = name.rpartition(".")
    return any(ITSELF in batched_calls(loader) for loader in _loaders(name, location, 0)) or any(
        method in batched_calls(loader) for loader in _loaders(owner, location, 0)
    )


def _loaders(name: str, location: NodeRef, depth: int) -> Iterator[str]:
    """The qualified names of the functions that load what a variable or an attribute of `self` holds."""
    if not name or depth > 2:
        return
    for value in (*values_of(name, location), *_first_of_several(name, location)):
        node = _unwrapped(value)
        if isinstance(node, cst.Call):
            yield qualified_name(node.func, value)
        elif isinstance(node, cst.Name | cst.Attribute) and dotted(node) != name:
            yield from _loaders(dotted(node), value, depth + 1)


def _unwrapped(value: NodeRef) -> cst.CSTNode:
    """The call that loads a model, without those that return it: `load().to(device)`, `torch.compile(load())`."""
    node = value.node
    while isinstance(node, cst.Call):
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _SAME_MODEL:
            node = node.func.value
        elif node.args and qualified_name(node.func, value) == "torch.compile":
            node = node.args[0].value
        else:
            break
    return node


def _first_of_several(name: str, location: NodeRef) -> Sequence[NodeRef]:
    """What is assigned to a name and others behind it, `self.model, _, self.preprocess = ...`."""
    owner: cst.CSTNode | None
    if name.startswith("self."):
        owner = next(enclosing(location, cst.ClassDef), None)
    else:
        binding = binding_of(name, location)
        owner = None if binding is None else binding.location.node
    if owner is None:
        return ()
    cell = location.cell
    return cell.once((_firsts_of_several, owner), lambda: _firsts_of_several(cell, owner)).get(name, ())


def _firsts_of_several(cell: Cell, owner: cst.CSTNode) -> Mapping[str, Sequence[NodeRef]]:
    """The names in a scope or class that several values are assigned to from the first on, with these values."""
    found: dict[str, list[NodeRef]] = defaultdict(list)
    for node in nodes_in(owner):
        if isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Tuple):
            for element in node.targets[0].target.elements[:1]:
                found[dotted(element.value)].append(NodeRef(cell, node.value))
    return found


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What the arguments of calls in a function hold, where `rows` are names that hold one row each."""

    function: NodeRef
    rows: frozenset[str]
    _known: dict[tuple[str, int], int] = field(default_factory=dict)

    def hold_one(self, call: cst.Call) -> bool:
        """Whether a call gets one row, or what is made of one, and nothing that may be several inputs."""
        found = [self._rows_in(argument.value, 0) for argument in call.args]
        return any(count == 1 for count in found) and max(found) == 1

    def _rows_in(self, node: cst.BaseExpression, depth: int) -> int:
        """0 for an expression that reads no row, 1 for one input that is made of it, 2 where it may be several."""
        names = {n.value: self._rows_of(n.value, depth) for n in names_read(node)}
        if not any(names.values()):
            return 2 if 2 in names.values() or _is_empty_list(node) else 0
        if 2 in names.values():
            return 2
        return 2 if any(_makes_several(part, names) for part in nodes_in(node)) else 1

    def _rows_of(self, name: str, depth: int) -> int:
        if name in self.rows:
            return 2 if _reads_as_several(name) else 1
        if depth >= _MAX_STEPS:
            return 2
        if (name, depth) not in self._known:
            found = max((self._rows_in(value, depth + 1) for value in self._assigned(name)), default=0)
            self._known[name, depth] = 2 if found and _reads_as_several(name) else found
        return self._known[name, depth]

    def _assigned(self, name: str) -> Iterator[cst.BaseExpression]:
        """What the function assigns to a name, alone or among others; what it takes from it again is left out."""
        for node in own_nodes(self.function.node):
            if isinstance(node, cst.Assign):
                for target in node.targets:
                    written = {n.value for n in names_read(target.target)}
                    if name in written and not any(n.value == name for n in names_read(node.value)):
                        yield node.value
            elif isinstance(node, cst.WithItem) and node.asname is not None and dotted(node.asname.name) == name:
                yield node.item
            elif isinstance(node, cst.NamedExpr) and dotted(node.target) == name:
                yield node.value


def _reads_as_several(name: str) -> bool:
    return _SEVERAL.search(name) is not None and _ONE_INPUT.search(name) is None


def _is_empty_list(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.List) and not node.elements


def _makes_several(node: cst.CSTNode, names: dict[str, int]) -> bool:
    """Whether a part of an expression makes several inputs of a row, or of several rows: a loop, a slice of the batch,
    `row["frames"]`, `text.split(".")`."""
    if isinstance(node, cst.BaseComp):
        return True
    if isinstance(node, cst.Attribute):
        return _reads_as_several(node.attr.value)
    if isinstance(node, cst.List):
        return sum(any(names.get(n.value) for n in names_read(e.value)) for e in node.elements) > 1
    if isinstance(node, cst.Subscript):
        return any(_is_several_index(element.slice, names) for element in node.slice)
    return isinstance(node, cst.Call) and _reads_as_several(dotted(node.func))


def _is_several_index(index: cst.BaseSlice, names: dict[str, int]) -> bool:
    if isinstance(index, cst.Index):
        key = index.value
        return isinstance(key, cst.SimpleString) and _reads_as_several(key.value.strip("\"'"))
    return any(names.get(n.value) for n in names_read(index))
