"""What a UDF's definition says: what it does with each parameter, what it returns, which models it loads.

A hand-written walk over the body that follows each parameter's rows through aliases, loops, comprehensions, containers
and helpers in view, to the calls that decode them (strong evidence that the column is heavy) or open what they point to
(a heavy read). A value that goes through a call that is not known is no longer followed: evidence may be missed, never
made up.
"""

from __future__ import annotations

from daft_lint.dataclass import dataclass
from daft_lint.pipeline import dtypes
from daft_lint.pipeline.dtypes import DType
from daft_lint.pipeline.model import NodeRef, Parameter, Strength, Weight
from daft_lint.pipeline.name_resolver import NameResolver
from daft_lint.pipeline.udf_body import libraries
from daft_lint.pipeline.udf_body.calls import call
from daft_lint.pipeline.udf_body.expressions import EXPRESSIONS
from daft_lint.pipeline.udf_body.statements import STATEMENTS
from daft_lint.pipeline.udf_body.tracking import Frame, Small
from daft_lint.pipeline.udf_body.walk import BodyWalk, Handlers
from daft_lint.source import cst

_BYTES = frozenset({"binary", "bytes", "list[binary]", "list[bytes]"})
"""Types whose rows may have any number of bytes."""
_HANDLERS = Handlers(STATEMENTS, {**EXPRESSIONS, cst.Call: call})


@dataclass(frozen=True, slots=True)
class UdfBody:
    """What the definition of a UDF says.

    `returns` is the weight by the declared type or the return annotation, `return_type` that type as it is spelled ("":
    not known). `unsized_output`: that type is numbers of
    unknown length (samples, pixels), so it is heavy where the UDF takes a heavy column; embeddings do not count.
    `model_loads` are the calls that load a model each time the body runs, with no cache, `connections` those that make
    a client or connect to a database; methods have them too.
    """

    parameters: tuple[Parameter, ...]
    returns: Weight
    return_type: str
    is_async: bool
    is_generator: bool
    unsized_output: bool
    model_loads: tuple[NodeRef, ...]
    connections: tuple[NodeRef, ...]


def examine(
    definition: cst.FunctionDef | cst.Lambda,
    resolver: NameResolver,
    *,
    skip_self: bool,
    heavy_row_bytes: int,
    declared: DType | None = None,
    batch: bool = False,
) -> UdfBody:
    """What a UDF's definition says of the columns that it takes and makes.

    `skip_self` leaves the first parameter out; `heavy_row_bytes` is the size of a row from which on a column is heavy;
    `declared` is the `return_dtype`, where one is given (its proof counts, not the annotation); `batch`: parameters
    are whole columns, so that `np.ndarray` says nothing of a row. Code that is not understood is passed over; nothing
    is raised.
    """
    parameters = _parameters(definition, skip_self)
    annotations = {p.name.value: _annotated_type(p, resolver, batch) for p in parameters}
    walk = BodyWalk(_HANDLERS, resolver, annotations, heavy_row_bytes)
    walk.examine(definition)
    returns, location, prefix = declared, NodeRef(resolver.cell, definition), "declared as "
    is_async = False
    if isinstance(definition, cst.FunctionDef):
        is_async = definition.asynchronous is not None
        # `DataType.python()` says nothing of a row, so the annotation counts
        if returns in (None, dtypes.UNKNOWN) and definition.returns is not None and not (batch and returns is None):
            returns = _type_of_a_row(definition.returns, resolver, batch)
            location, prefix = NodeRef(resolver.cell, definition.returns), "its UDF is annotated to return "
    weight = returns.weight(Strength.PROOF, location, heavy_row_bytes, prefix) if returns else Weight.UNKNOWN
    makes_embeddings = returns is not None and returns.unsized and walk.embeds
    if makes_embeddings or _returns_small(walk.frame, returns, heavy_row_bytes):
        weight = Weight.LIGHT
    elif weight.heavy is None and _returns_decoded(walk.frame):
        weight = Weight.of(Strength.STRONG, "its UDF returns what it decodes", NodeRef(resolver.cell, definition))
    return UdfBody(
        parameters=tuple(_parameter(p, annotations[p.name.value], walk, resolver) for p in parameters),
        returns=weight,
        return_type="" if returns is None or returns == dtypes.UNKNOWN else returns.text,
        is_async=is_async,
        is_generator=walk.frame.yields,
        unsized_output=returns is not None and returns.unsized and not makes_embeddings,
        model_loads=tuple(walk.model_loads),
        connections=tuple(walk.connections),
    )


def made_by_init(
    definition: cst.FunctionDef, resolver: NameResolver
) -> tuple[tuple[NodeRef, ...], tuple[NodeRef, ...]]:
    """The calls of an `__init__` that load a model for each instance, and those that make a client or connect to a
    database."""
    parameters = {p.name.value: None for p in _parameters(definition, skip_self=True)}
    walk = BodyWalk(_HANDLERS, resolver, parameters, 0, fresh_self=True)
    walk.examine(definition)
    return tuple(walk.model_loads), tuple(walk.connections)


def _returns_small(frame: Frame, returns: DType | None, heavy_row_bytes: int) -> bool:
    """Whether the body says that all it returns is small, where the type does not: `return f.read(16)`,
    `hashlib.md5(x).digest()`, `pickle.dumps(record)`, `{"meta": pickle.dumps(record)}`, `x.reshape(28, 28)`."""
    if returns is None or returns == dtypes.UNKNOWN or returns.unsized:
        small = Small.ARRAY
    elif returns.text in _BYTES or _is_heavy_by_its_bytes(returns, heavy_row_bytes):
        small = Small.BYTES
    else:
        return False
    made = {value.made_by for value in frame.returned}
    return small in made and made <= {small, Small.NEUTRAL}


def _is_heavy_by_its_bytes(returns: DType, heavy_row_bytes: int) -> bool:
    """A struct that no field makes heavy but those of bytes."""
    return bool(returns.parts) and all(
        part.text in _BYTES or part.is_heavy(heavy_row_bytes) is False for part in returns.parts
    )


def _parameters(definition: cst.FunctionDef | cst.Lambda, skip_self: bool) -> list[cst.Param]:
    """In the order of positions; `*columns` behind the named ones."""
    found = definition.params
    listed = [*found.posonly_params, *found.params]
    if skip_self:
        listed = listed[1:]
    if isinstance(found.star_arg, cst.Param):
        listed.append(found.star_arg)
    return [*listed, *found.kwonly_params]


def _returns_decoded(frame: Frame) -> bool:
    """Whether the body says that all it returns is an image that it has decoded."""
    made = {value.made_by for value in frame.returned} - {Small.NEUTRAL}
    return bool(made) and all(maker in libraries.IMAGE_MAKERS for maker in made)


def _annotated_type(parameter: cst.Param, resolver: NameResolver, batch: bool) -> DType | None:
    """The type of a row of the column that a parameter takes."""
    return _type_of_a_row(parameter.annotation, resolver, batch)


def _type_of_a_row(annotation: cst.Annotation | None, resolver: NameResolver, batch: bool) -> DType | None:
    """The type of a row of a column with this annotation."""
    annotated = dtypes.from_annotation(annotation, resolver)
    if not batch or annotated is None:
        return annotated
    # a batch function's list holds a row an element; an array is a whole column
    return annotated.element if annotated.element is not None and annotated.text.startswith("list") else None


def _is_small_vector(name: str, annotated: DType) -> bool:
    """Whether a parameter of arrays is called after what is short: `embeddings: list[np.ndarray]`."""
    numbers = annotated.unsized or (annotated.element is not None and annotated.element.unsized)
    return numbers and libraries.SMALL_VECTOR_NAMES.search(name) is not None


def _parameter(parameter: cst.Param, annotated: DType | None, walk: BodyWalk, resolver: NameResolver) -> Parameter:
    name = parameter.name.value
    weight = Weight.UNKNOWN
    if annotated is not None and not _is_small_vector(name, annotated):
        location = NodeRef(resolver.cell, parameter.annotation or parameter)
        prefix = f"the parameter `{name}` is annotated "
        weight = annotated.weight(Strength.STRONG, location, walk.heavy_row_bytes, prefix)
    found = walk.found.get(name)
    if found is not None and not weight.heavy:
        weight = Weight(heavy=True, evidence=found)
    return Parameter(name, weight, opens=name in walk.opens)
