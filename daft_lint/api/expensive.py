"""Which UDFs are worth a fan-out for their work alone, however light the rows are."""

from __future__ import annotations

from daft_lint.api.requests import request_in
from daft_lint.api.rows import known_value
from daft_lint.pipeline.model import Udf, UdfKind


def why_expensive(udf: Udf) -> str | None:
    """What makes each call of a UDF slow, so that it completes "`f` ...": a model, an AI provider, a server's answer.
    None where nothing in view does, and for asynchronous UDFs, which wait for many rows at once."""
    if udf.kind is UdfKind.AI:
        return "asks an AI provider for each row"
    if udf.is_async:
        return None
    if known_value(udf.gpus) is not None:
        return "works on a GPU"
    if udf.init_model_loads:
        return "runs a model"
    if request_in(udf) is not None:
        return "waits for an answer from the network for each row"
    return None
