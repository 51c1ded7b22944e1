"""What Daft's API means, as data: sources, steps, functions, and the spellings of older versions."""

from daft_lint.pipeline.catalog import FUNCTIONS as FUNCTIONS
from daft_lint.pipeline.catalog import LEGACY_UDF_OPTIONS as LEGACY_UDF_OPTIONS
from daft_lint.pipeline.catalog import LEGACY_UDF_OPTIONS_SINCE as LEGACY_UDF_OPTIONS_SINCE
from daft_lint.pipeline.catalog import MAKES as MAKES
from daft_lint.pipeline.catalog import SOURCES as SOURCES
from daft_lint.pipeline.catalog import STEPS as STEPS
from daft_lint.pipeline.catalog import Version as Version
from daft_lint.pipeline.catalog import WeightEffect as WeightEffect
