"""The JSON Schema of a daft-lint.toml, and of `tool.daft-lint` in a pyproject.toml, from the code that reads them."""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from daft_lint.config.kinds import schema_of
from daft_lint.config.loading import KEYS
from daft_lint.config.model import Config, VerifyConfig
from daft_lint.pipeline.facts.settings import Cluster, Settings, SourceFacts, UdfFacts

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The dialect that SchemaStore and editors take."""


def json_schema() -> dict[str, Any]:
    """The schema, each key with its meaning."""
    schema: dict[str, Any] = copy.deepcopy(schema_of(KEYS))
    properties = schema["properties"]
    _describe(properties, Config, Settings)
    _describe(properties["cluster"]["properties"], Cluster)
    _describe(properties["sources"]["additionalProperties"]["properties"], SourceFacts)
    _describe(properties["udfs"]["additionalProperties"]["properties"], UdfFacts)
    _describe(properties["verify"]["properties"], VerifyConfig)
    return {"$schema": DIALECT, "title": "Configuration of daft-lint", **schema}


def _describe(properties: dict[str, Any], *classes: type) -> None:
    meanings = {name: text for cls in classes for name, text in field_docs(cls).items()}
    for key, schema in properties.items():
        meaning = meanings.get(key.replace("-", "_"))
        if meaning is not None:
            properties[key] = {"description": " ".join(meaning.split()), **schema}


def field_docs(cls: type) -> Mapping[str, str]:
    """The strings that stand below the fields of a dataclass."""
    module = sys.modules[cls.__module__]
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
    found: dict[str, str] = {}
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = text.value.value
    return found
