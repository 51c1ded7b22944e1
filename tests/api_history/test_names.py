"""The Daft that is installed against `api_names.tsv` and the tables of changes."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from api_history import coverage, names, releases

pytestmark = pytest.mark.skipif(importlib.util.find_spec("daft") is None, reason="Daft is not installed")


@pytest.fixture(scope="module")
def installed() -> dict[str, Any]:
    snapshot: dict[str, Any] = json.loads(releases.introspect(Path(sys.executable)))
    return snapshot


def test_the_table_knows_every_public_name_and_signature(installed: dict[str, Any]) -> None:
    """Fails with a Daft that is newer than the tables: run `make api-history`, and review what it lists."""
    known, there = names.known(), names.described(installed)

    assert sorted(there.keys() - known.keys()) == []
    assert sorted(known.keys() - there.keys()) == []
    assert {name: there[name] for name in there if there[name] != known[name]} == {}


def test_every_deprecation_has_a_row(installed: dict[str, Any]) -> None:
    assert coverage.undocumented_deprecations(installed) == {}
