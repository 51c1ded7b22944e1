"""What the catalog says of older spellings and of the runners, against the installed Daft."""

from __future__ import annotations

from collections.abc import Iterator

import daft
from daft.dataframe.dataframe import GroupedDataFrame

from daft_lint.pipeline import catalog
from daft_lint.pipeline.model import Runner
from tests.pipeline.catalog.installed_daft import F, parameters, resolve


def test_legacy_options_of_udfs() -> None:
    old = {p.name for p in parameters(daft.udf)}
    for legacy, current in catalog.LEGACY_UDF_OPTIONS.items():
        assert legacy in old
        assert current in {p.name for p in parameters(daft.cls)}
        assert catalog.LEGACY[f"udf({legacy})"].current == current
    assert "memory_bytes" in old
    assert catalog.LEGACY["udf(memory_bytes)"].current is None


def test_runners() -> None:
    for name, runner in catalog.RUNNERS.items():
        assert runner is (Runner.RAY if name.endswith("ray") else Runner.NATIVE)
        if "." not in name and not name.endswith("py"):
            assert callable(getattr(daft, name))
            assert getattr(daft.runners, name) is getattr(daft, name)


def legacy(prefix: str) -> Iterator[tuple[str, catalog.LegacySpec]]:
    for name, spec in catalog.LEGACY.items():
        if name.startswith(prefix):
            yield name[len(prefix) :], spec


UDF_METHODS = {"with_init_args", "with_concurrency", "override_options"}


def test_namespaces_are_gone_and_their_functions_exist() -> None:
    assert catalog.LEGACY_METHODS.keys() <= catalog.LEGACY.keys()
    for name, current in catalog.LEGACY_METHODS.items():
        namespace = name.partition(".")[0]
        assert namespace in catalog.LEGACY_NAMESPACES
        assert not hasattr(daft.Expression, namespace), namespace
        assert callable(getattr(daft.Expression, current)), name
        assert current in catalog.FUNCTIONS
        assert catalog.LEGACY[name].current == current


def test_old_methods_are_gone_and_the_current_ones_exist() -> None:
    for prefix, owner in (("Expression.", daft.Expression), ("GroupedDataFrame.", GroupedDataFrame)):
        for name, spec in legacy(prefix):
            assert not hasattr(owner, name), name
            current = str(spec.current).removeprefix("functions.")
            assert hasattr(owner, current) or hasattr(F, current), name


def test_legacy_expression_methods_and_functions() -> None:
    assert {name for name, _ in legacy("Expression.")} == catalog.LEGACY_EXPRESSION_METHODS
    assert {"coalesce", "list_", "struct", "to_struct"} == catalog.LEGACY_FUNCTIONS
    for name in catalog.LEGACY_FUNCTIONS:
        assert not hasattr(daft, name)
        assert callable(resolve(str(catalog.LEGACY[name].current)))


def test_old_names_in_daft() -> None:
    others = ("Expression.", "GroupedDataFrame.", "udf(")
    names_in_daft = catalog.LEGACY.keys() - catalog.LEGACY_METHODS.keys() - UDF_METHODS
    for name in sorted(n for n in names_in_daft if not n.startswith(others)):
        spec, found = catalog.LEGACY[name], daft
        for part in name.split("."):
            found = getattr(found, part, None)
        assert (found is None) == (spec.removed is not None), name
        assert callable(daft.func.batch if spec.current == "func.batch" else resolve(str(spec.current))), name


def test_old_methods_of_udfs_still_work() -> None:
    from daft.udf import UDF

    for name in UDF_METHODS:
        assert callable(getattr(UDF, name))
        assert catalog.LEGACY[name].removed is None
        assert not catalog.LEGACY[name].one_to_one


def test_versions_are_in_order() -> None:
    for name, spec in catalog.LEGACY.items():
        assert (0, 3, 0) <= spec.since <= (0, 8, 0), name
        if spec.deprecated and spec.removed:
            assert spec.deprecated < spec.removed, name
        assert spec.one_to_one or spec.note or spec.current in ("functions.to_struct", "attach_table"), name
