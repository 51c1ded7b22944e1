"""What the catalog says of the functions in an expression."""

from __future__ import annotations

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import FunctionSpec, WeightEffect
from daft_lint.pipeline.model import Count, Expression, ExpressionKind, Parameter, Strength, Udf, UdfKind, Weight


def function_spec(expression: Expression) -> FunctionSpec | None:
    """What the catalog says of a function call; None for any other expression, and for functions that it does not
    have."""
    if expression.kind is not ExpressionKind.FUNCTION or expression.name is None:
        return None
    return catalog.FUNCTIONS.get(expression.name)


def ai_udf(expression: Expression) -> Udf | None:
    """An AI function, which runs as a UDF, as one; None for any other expression."""
    spec = function_spec(expression)
    if spec is None or not spec.is_ai or expression.name is None:
        return None
    given = expression.options.get("batch_size")
    size = given if isinstance(given, int) and not isinstance(given, bool) else spec.ai_batch_size
    reason = f"`{expression.name}` takes images"
    weight = Weight.of(Strength.STRONG, reason, expression.location) if spec.takes_heavy else Weight.UNKNOWN
    return Udf(
        name=expression.name,
        kind=UdfKind.AI,
        options=expression.location,
        parameters=(Parameter("expr", weight),),
        returns=Weight.LIGHT if spec.effect is WeightEffect.LIGHT else Weight.UNKNOWN,
        batch_size=None if size is None else Count(size),
    )


def input_keywords(expression: Expression) -> tuple[str | None, ...]:
    """The keyword of each input of a UDF call, None by position."""
    missing = len(expression.inputs) - len(expression.keywords)
    return (*expression.keywords[: len(expression.inputs)], *(None for _ in range(missing)))
