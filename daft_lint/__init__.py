"""A linter and codemod for Daft pipelines."""

__version__ = "0.1.0"
