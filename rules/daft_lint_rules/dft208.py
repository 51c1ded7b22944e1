"""DFT208: frames that are decoded and then thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.nodes import method_location
from daft_lint.api.promises import Direction, Measure, Promise, Role
from daft_lint.api.rule import Level, Observation, PipelineRule, Sinks, level_for
from daft_lint.api.udf_code import dotted
from daft_lint.pipeline.model import Expression, ExpressionKind, Operator, Pipeline, StepKind

_KEEPS_FRAMES = frozenset({StepKind.PROJECT, StepKind.FILTER, StepKind.BATCHES, StepKind.REPARTITION})
_KEY_FRAME, _INTERVAL = "is_key_frame", "sample_interval_seconds"
_COUNTED = frozenset({"frame_index", "frame_time"})


class DecodeThenSample(PipelineRule):
    """A filter behind `read_video_frames` that keeps key frames, or each n-th frame, which the source could do.

    ## Why
    `read_video_frames` decodes, resizes and hands on every frame, and the filter drops most of them: Daft pushes no
    filter into that source. Of a video of one minute, 640 x 360 pixels, `where(col("is_key_frame"))` took 6.8 s and
    `is_key_frame=True`, with which the decoder skips the others, 0.4 s; every 30th frame 3.3 s, with
    `sample_interval_seconds=1.0` 0.9 s (experiment e25).

    ## Example

        df = daft.read_video_frames("s3://clips/*.mp4", image_height=360, image_width=640)
        df = df.where(col("is_key_frame"))

    becomes

        df = daft.read_video_frames(
            "s3://clips/*.mp4", image_height=360, image_width=640, is_key_frame=True
        )

    ## Fix
    None: with `is_key_frame=True` the `frame_index` counts the key frames alone, and an interval in seconds takes each
    n-th frame only where the frame rate is known and constant.

    ## Options
    None. A range of times or indexes is no such filter: the source has no argument for it.
    """

    code = "DFT208"
    name = "decode-then-sample"
    level = Level.ADVICE
    trigger_words = ("read_video_frames",)
    sinks = Sinks.ALL_ROWS
    promises = (Promise(Measure.WALL, Direction.LOWER, Role.CONFIRMS, threshold=0.5),)

    def check(self, pipeline: Pipeline) -> Iterator[Observation]:
        """One observation for the first such filter."""
        source = pipeline.source.step
        if source.source is None or source.source.name != "read_video_frames" or _samples(source.call.node):
            return
        for operator in pipeline.operators[1:]:
            if operator.step.kind not in _KEEPS_FRAMES:
                return
            option = _option(operator) if operator.step.kind is StepKind.FILTER else None
            if option is not None and _on_all_paths(pipeline, operator):
                yield _observation(pipeline, operator, option)
                return


def _samples(call: cst.CSTNode) -> bool:
    """Whether the source is given one of the two already, or may be."""
    if not isinstance(call, cst.Call):
        return True
    names = {a.keyword.value for a in call.args if a.keyword is not None}
    return bool(names & {_KEY_FRAME, _INTERVAL}) or any(a.star for a in call.args) or len(call.args) - len(names) > 3


def _option(filtering: Operator) -> str | None:
    """The argument of `read_video_frames` that does what a filter does."""
    for expression in filtering.step.expressions:
        columns = {e.location.node: e for e in expression.walk() if e.location is not None}
        for part in _conjuncts(None if expression.location is None else expression.location.node):
            found = columns.get(part)
            if found is not None and _is_column(found, {_KEY_FRAME}):
                return f"{_KEY_FRAME}=True"
            if isinstance(part, cst.Comparison) and _is_modulo(part.left, columns) and _is_equal(part):
                return f"{_INTERVAL}=..."
    return None


def _conjuncts(node: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    """The parts of `a & b & (c == True)`, the comparison with True taken off."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitAnd):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif isinstance(node, cst.Comparison) and _is_equal(node) and dotted(node.comparisons[0].comparator) == "True":
        yield node.left
    elif node is not None:
        yield node


def _is_equal(node: cst.Comparison) -> bool:
    return len(node.comparisons) == 1 and isinstance(node.comparisons[0].operator, cst.Equal)


def _is_modulo(node: cst.BaseExpression, columns: dict[cst.CSTNode, Expression]) -> bool:
    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Modulo):
        return False
    counted = columns.get(node.left)
    return counted is not None and _is_column(counted, _COUNTED)


def _is_column(expression: Expression, names: frozenset[str] | set[str]) -> bool:
    return expression.kind is ExpressionKind.COLUMN and expression.name in names


def _on_all_paths(pipeline: Pipeline, operator: Operator) -> bool:
    """Whether nothing reads the frames that the filter drops."""
    paths = pipeline.script_pipelines.sharing(pipeline.source.step)
    return all(path.operator_of(operator.step) is not None for path in paths)


def _observation(pipeline: Pipeline, operator: Operator, option: str) -> Observation:
    key = option.startswith(_KEY_FRAME)
    return Observation(
        location=method_location(operator.step),
        level=level_for(Level.ADVICE, pipeline, None),
        observed="This keeps the key frames of what `read_video_frames` has decoded"
        if key
        else "This keeps each n-th of the frames that `read_video_frames` has decoded",
        impact="Every frame is decoded, resized and handed on first: "
        + (
            "6.8 s, with `is_key_frame=True` 0.4 s in our measurement"
            if key
            else "3.3 s, with an interval 0.9 s in our measurement"
        ),
        suggestion=f"Give `{option}` to `read_video_frames`"
        + (", and note that `frame_index` then counts key frames" if key else ", the seconds between two frames"),
        related=((pipeline.source.step.call, "the frames are decoded here"),),
    )
