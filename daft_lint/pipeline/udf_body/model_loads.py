"""Which calls load a model or connect to something, and whether something keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from daft_lint.pipeline.model import NodeRef
from daft_lint.pipeline.udf_body import libraries
from daft_lint.source import cst
from daft_lint.source.syntax import dotted

if TYPE_CHECKING:
    from daft_lint.pipeline.udf_body.walk import BodyWalk


def loads_model(name: str) -> bool:
    """Whether a function, by its qualified name, loads a model."""
    owner, _, last = name.rpartition(".")
    if last in libraries.MODEL_LOADER_METHODS or (owner and last in libraries.MODEL_LOADING_METHODS):
        return not libraries.NOT_MODEL_NAMES.search(owner)
    return name in libraries.MODEL_LOADERS or libraries.TORCHVISION_MODEL.fullmatch(name) is not None


def connects(name: str) -> bool:
    """Whether a function, by its qualified name, makes a client or connects to a database."""
    return name in libraries.CLIENTS or name in libraries.CONNECTIONS


def note(walk: BodyWalk, node: cst.Call, made: list[NodeRef]) -> None:
    """A call that makes what is worth keeping; it counts where nothing keeps it."""
    location = NodeRef(walk.frame.resolver.cell, node)
    if not walk.frame.is_kept and location not in made:
        made.append(location)


def is_guard(test: cst.BaseExpression, params: Iterable[str]) -> bool:
    """Whether a condition asks for a thing that is kept: `if _model is None`, `if key not in CACHE`,
    `if not hasattr(w, "model")`."""
    tested: cst.BaseExpression | None = None
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        tested = test.expression
    elif isinstance(test, cst.Comparison):
        comparison = test.comparisons[0]
        if isinstance(comparison.operator, cst.Is):
            tested = test.left
        elif isinstance(comparison.operator, cst.NotIn):
            tested = comparison.comparator
    elif isinstance(test, cst.BooleanOperation):
        return is_guard(test.left, params) or is_guard(test.right, params)
    if isinstance(tested, cst.Call):
        return True
    while isinstance(tested, cst.Subscript):
        tested = tested.value
    root = dotted(tested).partition(".")[0] if tested is not None else ""
    return bool(root) and root not in params
