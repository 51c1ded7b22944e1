"""What the catalog says of older spellings and of the runners, against the installed Daft."""

from __future__ import annotations

import daft

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog.history.lookup import name_in_history, namespaces
from daft_lint.pipeline.model import Runner
from tests.pipeline.catalog.installed_daft import parameters


def test_legacy_options_of_udfs() -> None:
    old = {p.name for p in parameters(daft.udf)}
    assert catalog.LEGACY_UDF_OPTIONS.keys() == catalog.LEGACY_UDF_OPTIONS_SINCE.keys()
    for legacy, current in catalog.LEGACY_UDF_OPTIONS.items():
        assert legacy in old
        assert current in {p.name for p in parameters(daft.cls)}


def test_runners() -> None:
    for name, runner in catalog.RUNNERS.items():
        assert runner is (Runner.RAY if name.endswith("ray") else Runner.NATIVE)
        if "." not in name and not name.endswith("py"):
            assert callable(getattr(daft, name))
            assert getattr(daft.runners, name) is getattr(daft, name)


def test_namespaces_are_gone_and_their_functions_exist() -> None:
    for namespace, methods in namespaces().items():
        assert not hasattr(daft.Expression, namespace), namespace
        for name, current in methods.items():
            assert callable(getattr(daft.Expression, current)), name
            assert current in catalog.FUNCTIONS, name


def test_other_paths_of_a_name_are_the_same_name() -> None:
    assert name_in_history("daft.io.read_lance") == "daft.read_lance"
    assert name_in_history("daft.catalog.Catalog.from_iceberg") == "Catalog.from_iceberg"
    assert name_in_history("daft.functions.str.split") is None
    assert name_in_history("daft.range") is None
