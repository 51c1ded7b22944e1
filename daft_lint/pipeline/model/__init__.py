"""The pipeline model: what rules read.

The interpreter turns LibCST statements into `Step`s; `dataflow` turns every path from a source to a sink into a
`Pipeline` whose `Operator`s say what is known where: columns and their weight, rows, partitions, the batch bound.
All of it is immutable; what is not known is None (or `Weight.UNKNOWN`, `Partitions.UNKNOWN`), never a guess.

Units: rows and calls are counts, sizes are bytes.
"""

from daft_lint.pipeline.facts.settings import Cluster as Cluster
from daft_lint.pipeline.facts.settings import Runner as Runner
from daft_lint.pipeline.facts.settings import Settings as Settings
from daft_lint.pipeline.facts.settings import SourceFacts as SourceFacts
from daft_lint.pipeline.facts.settings import UdfFacts as UdfFacts
from daft_lint.pipeline.model.expressions import Count as Count
from daft_lint.pipeline.model.expressions import Evidence as Evidence
from daft_lint.pipeline.model.expressions import Expression as Expression
from daft_lint.pipeline.model.expressions import ExpressionKind as ExpressionKind
from daft_lint.pipeline.model.expressions import NodeRef as NodeRef
from daft_lint.pipeline.model.expressions import Parameter as Parameter
from daft_lint.pipeline.model.expressions import Strength as Strength
from daft_lint.pipeline.model.expressions import Udf as Udf
from daft_lint.pipeline.model.expressions import UdfKind as UdfKind
from daft_lint.pipeline.model.expressions import Weight as Weight
from daft_lint.pipeline.model.expressions import walk as walk
from daft_lint.pipeline.model.pipelines import DEFAULT_BATCH_ROWS as DEFAULT_BATCH_ROWS
from daft_lint.pipeline.model.pipelines import DEFAULT_MORSEL_ROWS as DEFAULT_MORSEL_ROWS
from daft_lint.pipeline.model.pipelines import DOWNLOAD_ROWS as DOWNLOAD_ROWS
from daft_lint.pipeline.model.pipelines import ApiUse as ApiUse
from daft_lint.pipeline.model.pipelines import Bound as Bound
from daft_lint.pipeline.model.pipelines import BoundKind as BoundKind
from daft_lint.pipeline.model.pipelines import Column as Column
from daft_lint.pipeline.model.pipelines import Constants as Constants
from daft_lint.pipeline.model.pipelines import Construction as Construction
from daft_lint.pipeline.model.pipelines import DiscardedStep as DiscardedStep
from daft_lint.pipeline.model.pipelines import ExpressionTest as ExpressionTest
from daft_lint.pipeline.model.pipelines import HeavyOperation as HeavyOperation
from daft_lint.pipeline.model.pipelines import Operator as Operator
from daft_lint.pipeline.model.pipelines import Pipeline as Pipeline
from daft_lint.pipeline.model.pipelines import PythonTest as PythonTest
from daft_lint.pipeline.model.pipelines import ReadOnDataFrame as ReadOnDataFrame
from daft_lint.pipeline.model.pipelines import RunnerSetting as RunnerSetting
from daft_lint.pipeline.model.pipelines import Script as Script
from daft_lint.pipeline.model.pipelines import ScriptPipelines as ScriptPipelines
from daft_lint.pipeline.model.pipelines import Turn as Turn
from daft_lint.pipeline.model.pipelines import UdfCall as UdfCall
from daft_lint.pipeline.model.steps import REPARTITIONING as REPARTITIONING
from daft_lint.pipeline.model.steps import Branch as Branch
from daft_lint.pipeline.model.steps import Decision as Decision
from daft_lint.pipeline.model.steps import Partitions as Partitions
from daft_lint.pipeline.model.steps import PartitionsKind as PartitionsKind
from daft_lint.pipeline.model.steps import Projection as Projection
from daft_lint.pipeline.model.steps import Reads as Reads
from daft_lint.pipeline.model.steps import Source as Source
from daft_lint.pipeline.model.steps import SourceKind as SourceKind
from daft_lint.pipeline.model.steps import Step as Step
from daft_lint.pipeline.model.steps import StepKind as StepKind
