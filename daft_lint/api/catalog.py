"""What Daft's API means, as data: steps, functions, and the spellings of older versions."""

from daft_lint.pipeline.catalog import FUNCTIONS as FUNCTIONS
from daft_lint.pipeline.catalog import LEGACY as LEGACY
from daft_lint.pipeline.catalog import LEGACY_EXPRESSION_METHODS as LEGACY_EXPRESSION_METHODS
from daft_lint.pipeline.catalog import LEGACY_FUNCTIONS as LEGACY_FUNCTIONS
from daft_lint.pipeline.catalog import LEGACY_METHODS as LEGACY_METHODS
from daft_lint.pipeline.catalog import LEGACY_NAMESPACES as LEGACY_NAMESPACES
from daft_lint.pipeline.catalog import LEGACY_UDF_OPTIONS as LEGACY_UDF_OPTIONS
from daft_lint.pipeline.catalog import STEPS as STEPS
from daft_lint.pipeline.catalog import LegacySpec as LegacySpec
from daft_lint.pipeline.catalog import Version as Version
from daft_lint.pipeline.catalog import WeightEffect as WeightEffect
