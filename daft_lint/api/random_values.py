"""UDFs that draw random values: two runs of them do not make the same rows."""

from __future__ import annotations

from daft_lint.api import cst
from daft_lint.api.nodes import enclosing, is_mentioned
from daft_lint.api.udf_code import called_function, dotted, function_of, own_nodes, qualified_name
from daft_lint.pipeline.model import NodeRef, Udf

_DRAWN = frozenset(
    f"{module}.{name}"
    for module, names in {
        "random": "random randint randrange uniform gauss normalvariate choice choices sample shuffle getrandbits",
        "numpy.random": "rand randn randint random random_sample choice normal uniform permutation shuffle",
        "torch": "rand randn randint randperm",
        "uuid": "uuid1 uuid4",
    }.items()
    for name in names.split()
)
_GENERATORS = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"})
"""They draw other values each time where they get no seed."""
_SEEDS = ("seed", "manual_seed", "set_seed", "seed_everything", "default_rng", "RandomState", "Generator")
_WORDS = (b"rand", b"uuid")
"""One of them stands in a file that draws a value."""
_MAX_HELPERS = 2
"""Helpers inside helpers that are followed."""


def random_draw(udf: Udf) -> NodeRef | None:
    """The first call in the function of a UDF, or in a helper of its file or class, that draws a random value with no
    seed in the file; None where there is none. What only says how long to wait is none."""
    function = function_of(udf)
    if function is None:
        return None
    if not is_mentioned(function.cell, _WORDS):
        return None
    return function.cell.once((random_draw, function.node), lambda: _drawn(function, 0))


def _drawn(function: NodeRef, depth: int) -> NodeRef | None:
    for node in own_nodes(function.node):
        if not isinstance(node, cst.Call):
            continue
        location = NodeRef(function.cell, node)
        name = qualified_name(node.func, location)
        if _may_differ(name, node, function) and not _is_pause(location):
            return location
        helper = called_function(node, location) if depth < _MAX_HELPERS else None
        found = None if helper is None or helper.node is function.node else _drawn(helper, depth + 1)
        if found is not None:
            return found
    return None


def _may_differ(name: str, call: cst.Call, function: NodeRef) -> bool:
    """Whether a call of this qualified name gives another value each time."""
    if name.startswith("uuid."):
        return name in _DRAWN
    return (name in _DRAWN or (name in _GENERATORS and not call.args)) and not _is_seeded(function)


def _is_pause(location: NodeRef) -> bool:
    return any(
        isinstance(above, cst.Call) and dotted(above.func).rpartition(".")[2] == "sleep"
        for above in enclosing(location)
    )


def _is_seeded(function: NodeRef) -> bool:
    """Whether something in the file sets a seed."""
    source = function.cell.source
    return any(f"{name}(".encode() in source and f"{name}()".encode() not in source for name in _SEEDS)
