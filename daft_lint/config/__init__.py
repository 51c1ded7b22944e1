"""The configuration: `[tool.daft-lint]` in a pyproject.toml, or a daft-lint.toml.

Nothing of LibCST is imported here, nor anything that a run without findings does not need.
"""

from daft_lint.config.loading import FACTS_FILE, footers_of, load, load_in, parse
from daft_lint.config.model import FAIL_ON, LEVELS, Config, Configured, VerifyConfig, fail_on_of, level_of
from daft_lint.config.nearest import NearestConfigs
from daft_lint.config.prefixes import OWN_LETTERS, is_prefix
from daft_lint.config.reader import ConfigError, did_you_mean
from daft_lint.config.selection import Selection

__all__ = [
    "FACTS_FILE",
    "FAIL_ON",
    "LEVELS",
    "OWN_LETTERS",
    "Config",
    "ConfigError",
    "Configured",
    "NearestConfigs",
    "Selection",
    "VerifyConfig",
    "did_you_mean",
    "fail_on_of",
    "footers_of",
    "is_prefix",
    "level_of",
    "load",
    "load_in",
    "parse",
]
