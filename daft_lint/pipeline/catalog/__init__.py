"""What Daft's API means to the pipeline model, as data.

Complete for Daft 0.7 and for the older spellings back to getdaft 0.3; `tests/pipeline/catalog` walks the installed Daft
and fails on a name that is missing here.
"""

from daft_lint.pipeline.catalog.functions import FUNCTIONS as FUNCTIONS
from daft_lint.pipeline.catalog.functions import MAKES as MAKES
from daft_lint.pipeline.catalog.functions import OUTPUT_NAMES as OUTPUT_NAMES
from daft_lint.pipeline.catalog.legacy import LEGACY_UDF_OPTIONS as LEGACY_UDF_OPTIONS
from daft_lint.pipeline.catalog.legacy import LEGACY_UDF_OPTIONS_SINCE as LEGACY_UDF_OPTIONS_SINCE
from daft_lint.pipeline.catalog.runners import RUNNERS as RUNNERS
from daft_lint.pipeline.catalog.runners import SETTLE_RUNNER as SETTLE_RUNNER
from daft_lint.pipeline.catalog.sources import FRAME_FUNCTIONS as FRAME_FUNCTIONS
from daft_lint.pipeline.catalog.sources import SOURCES as SOURCES
from daft_lint.pipeline.catalog.spec import KEYWORD_ONLY as KEYWORD_ONLY
from daft_lint.pipeline.catalog.spec import Argument as Argument
from daft_lint.pipeline.catalog.spec import ColumnArguments as ColumnArguments
from daft_lint.pipeline.catalog.spec import FrameFunctionSpec as FrameFunctionSpec
from daft_lint.pipeline.catalog.spec import FunctionSpec as FunctionSpec
from daft_lint.pipeline.catalog.spec import PartitionsFrom as PartitionsFrom
from daft_lint.pipeline.catalog.spec import RowsEffect as RowsEffect
from daft_lint.pipeline.catalog.spec import RowsFrom as RowsFrom
from daft_lint.pipeline.catalog.spec import SourceSpec as SourceSpec
from daft_lint.pipeline.catalog.spec import StepSpec as StepSpec
from daft_lint.pipeline.catalog.spec import WeightEffect as WeightEffect
from daft_lint.pipeline.catalog.steps import DAFT_ONLY_STEPS as DAFT_ONLY_STEPS
from daft_lint.pipeline.catalog.steps import GROUPED_STEPS as GROUPED_STEPS
from daft_lint.pipeline.catalog.steps import ITERATING_BUILTINS as ITERATING_BUILTINS
from daft_lint.pipeline.catalog.steps import STEPS as STEPS
from daft_lint.pipeline.facts.settings import Version as Version
