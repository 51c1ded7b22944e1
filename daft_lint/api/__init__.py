"""What a rule imports, ours and those of plugins."""

from daft_lint.source import cst as cst
