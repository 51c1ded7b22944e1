"""DFT314: a null that reaches a UDF which fails on it."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api.nodes import short_code
from daft_lint.api.nulls import fails_on_none, null_from
from daft_lint.api.promises import Failure
from daft_lint.api.rule import Level, Observation, PipelineRule, level_for
from daft_lint.api.udf_code import decorator_keywords, function_of, given_options
from daft_lint.pipeline.model import Expression, NodeRef, Pipeline, Udf, UdfCall, UdfKind

_ROW_WISE = frozenset({UdfKind.FUNC, UdfKind.METHOD, UdfKind.APPLY})


class NullReachesUdf(PipelineRule):
    """A row-wise UDF that fails on None, behind a `download` or `decode_image` with `on_error="null"`.

    ## Why
    `on_error="null"` makes a null of each failure, so that one dead link does not end the run. Daft hands that null to
    the UDF as None, whose `len(data)`, `image.shape` or `Image.open(io.BytesIO(data))` raises, and that ends the run
    (experiment e26), wherever in the data the first dead link is.

    ## Example

        df = df.with_column("data", download(col("url"), on_error="null"))

        @daft.func
        def size(data: bytes) -> int:
            return len(data)

    becomes

        @daft.func
        def size(data: bytes | None) -> int | None:
            return None if data is None else len(data)

    or the nulls are dropped before, with `df.where(col("data").not_null())`.

    ## Fix
    None: what the UDF should return for a null, or whether the row should go, is your decision.

    ## Options
    None. A filter on the column, a test of the parameter, a `try` around the place and `on_error` of the UDF silence
    the rule; batch UDFs are not looked at.
    """

    code = "DFT314"
    name = "null-reaches-udf"
    level = Level.WARNING
    trigger_words = ("on_error",)
    ends = (
        Failure("DaftCoreException", "when a null reaches the UDF"),
        Failure("UDFException", "when a null reaches the UDF"),
        Failure("TypeError", "when a null reaches the UDF"),
        Failure("AttributeError", "when a null reaches the UDF"),
    )

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for each UDF call that a null reaches."""
        for operator in pipeline.operators:
            for call in operator.udf_calls:
                if not call.read or call.udf.kind not in _ROW_WISE or _handles_errors(call.udf):
                    continue
                found = _null_and_place(pipeline, operator.index, call)
                if found is not None:
                    yield _observation(pipeline, call, *found)


def _handles_errors(udf: Udf) -> bool:
    """Whether the UDF has an `on_error` of its own, or may have."""
    function, options = function_of(udf), given_options(udf)
    keywords = decorator_keywords(function.node) if function is not None else frozenset()
    return options is None or keywords is None or "on_error" in options | keywords


def _null_and_place(pipeline: Pipeline, index: int, call: UdfCall) -> tuple[Expression, str, NodeRef] | None:
    """What makes a null, the parameter that it reaches, and where the UDF fails on it."""
    function = function_of(call.udf)
    if function is None:
        return None
    expression = call.expression
    for position, given in enumerate(expression.inputs):
        keyword = expression.keywords[position] if position < len(expression.keywords) else None
        parameter = call.udf.parameter(position, keyword)
        null = null_from(pipeline, index, given) if parameter is not None else None
        if parameter is None or null is None:
            continue
        place = fails_on_none(function, parameter.name)
        if place is not None:
            return null, parameter.name, place
    return None


def _observation(pipeline: Pipeline, call: UdfCall, null: Expression, parameter: str, place: NodeRef) -> Observation:
    made = null.location
    related = () if made is None else ((made, "a failure becomes a null here"),)
    location = place
    if made is not None and made.cell.document is not place.cell.document:
        location, related = made, ((place, "it raises here"),)  # the script sends the null, not the module of the UDF
    return Observation(
        location=location,
        level=level_for(Level.WARNING, pipeline, None),
        observed=f"`{call.udf.name}` gets a null where `{null.name}` fails, and `{short_code(place.node)}` raises on"
        " None",
        impact='The first row that cannot be read ends the run, which `on_error="null"` was to prevent',
        suggestion=f"Write `if {parameter} is None: return None` first, or drop the nulls with a filter on"
        " `not_null()`",
        related=related,
    )
