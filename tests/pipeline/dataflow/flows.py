"""Pipelines of chains, for the tests of the dataflow."""

from __future__ import annotations

from daft_lint.pipeline.dataflow.build import PipelineEnd, build_pipelines
from daft_lint.pipeline.dataflow.step_facts import ScriptContext
from daft_lint.pipeline.model import Operator, Pipeline, Reads, UdfCall
from tests.pipeline.chains import Chain


def flow(*ends: Chain, reads: Reads = Reads.ALL, context: ScriptContext | None = None) -> tuple[Pipeline, ...]:
    return build_pipelines([PipelineEnd(chain.step, reads) for chain in ends], context or ScriptContext())


def one(chain: Chain, reads: Reads = Reads.ALL, context: ScriptContext | None = None) -> Pipeline:
    (pipeline,) = flow(chain, reads=reads, context=context)
    return pipeline


def calls(pipeline: Pipeline) -> list[UdfCall]:
    return [made for operator in pipeline.operators for made in operator.udf_calls]


def names(pipeline: Pipeline) -> list[str]:
    return [operator.step.name for operator in pipeline.operators]


def last(chain: Chain, context: ScriptContext | None = None) -> Operator:
    return one(chain, context=context).sink
