"""The catalog against the installed Daft: no name is missing, none is invented."""

from __future__ import annotations

import inspect

import daft
from daft.dataframe.dataframe import GroupedDataFrame

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog.history.changes import by_name
from tests.pipeline.catalog.installed_daft import F, col, names, resolve

INTERPRETED = """
    DataFrame DataType Expression Schema Series Window cls col element execution_config_ctx func functions interval
    lit method set_execution_config sql_expr udaf udf
"""
"""What the interpreter reads by itself: columns, types, UDFs, settings."""

CONNECTIONS = """
    AzureConfig CosConfig GCSConfig GooseFSConfig GravitinoConfig HTTPConfig HdfsConfig HuggingFaceConfig IOConfig
    S3Config S3Credentials TosConfig UnityConfig
"""

VALUES = """
    AudioFile File Hdf5File ImageFile ImageFormat ImageMode ImageProperty MediaType TimeUnit UnionMode VideoFile
    ResourceRequest open_file
"""
"""Types of values, and of files within a UDF."""

SESSIONS = """
    Catalog Identifier Session Table attach attach_catalog attach_function attach_provider attach_table attach_view
    create_namespace create_namespace_if_not_exists create_table create_table_if_not_exists create_temp_table
    create_temp_view current_catalog current_model current_namespace current_provider current_session
    detach_catalog detach_function detach_provider detach_table drop_namespace drop_table get_aggregate_function
    get_catalog get_function get_provider get_table has_catalog has_namespace has_provider has_table list_catalogs
    list_tables session set_catalog set_model set_namespace set_provider set_session write_table
"""
"""Sessions, catalogs and their tables: what they read comes from a source that is not known."""

ENGINE = """
    CheckpointConfig CheckpointStore IdempotentCommit KeyFilteringSettings attach_subscriber detach_subscriber
    with_subscriber metrics load_extension get_loaded_extension_paths register_viz_hook refresh_logger
    get_context get_or_create_runner get_or_infer_runner_type planning_config_ctx set_planning_config
"""
"""Checkpoints, events, extensions, display, planning."""

MODULES = "context datasets io runners DataSink DataSource DataSourceTask"
"""Modules, and the interfaces of sources and sinks."""

NO_PIPELINE = {*CONNECTIONS.split(), *VALUES.split(), *SESSIONS.split(), *ENGINE.split(), *MODULES.split()}
"""What means nothing to a pipeline."""

PLAIN = {"as_py", "column_name", "is_column", "is_literal", "name", "to_arrow_expr"}
"""Methods of an Expression that say something of it, and make no other."""

NOT_IN_FUNCTIONS = {"if_else", "otherwise", "get_video_frame_by_idx"}
"""Of a legacy Expression, of what `when` returns, and in `daft.functions.video` only."""


def test_every_name_in_daft_is_known() -> None:
    known = catalog.SOURCES.keys() | catalog.FRAME_FUNCTIONS.keys() | catalog.RUNNERS.keys() | NO_PIPELINE
    assert set(daft.__all__) - known - set(INTERPRETED.split()) == set()


def test_every_name_in_daft_io_is_known() -> None:
    unknown = {n for n in daft.io.__all__ if ("range" if n == "_range" else n) not in catalog.SOURCES} - NO_PIPELINE
    assert unknown == set()


def test_lists_of_other_names_are_current() -> None:
    there = set(daft.__all__) | set(daft.io.__all__)
    assert ({*INTERPRETED.split()} | NO_PIPELINE) - there == set()


def test_every_dataset_is_known() -> None:
    found = {f"datasets.{n}" for n in daft.datasets.__all__ if not inspect.ismodule(getattr(daft.datasets, n))}
    for name in daft.datasets.__all__:
        module = getattr(daft.datasets, name)
        if inspect.ismodule(module):
            found |= {f"datasets.{name}.{n}" for n in module.__all__ if callable(getattr(module, n))}
    known = {n for n in catalog.SOURCES.keys() | catalog.FRAME_FUNCTIONS.keys() if n.startswith("datasets.")}
    assert found == known


def test_sources_exist() -> None:
    for name in [*catalog.SOURCES, *catalog.FRAME_FUNCTIONS]:
        assert callable(resolve(name)), name


def test_every_dataframe_method_is_known() -> None:
    assert names(daft.DataFrame) == catalog.STEPS.keys()


def test_every_grouped_method_is_known() -> None:
    gone = {n for n, rows in by_name().items() if any(r.changed and not r.parameters for r in rows)}
    legacy = {n.partition(".")[2] for n in gone if n.startswith("GroupedDataFrame.agg_")}
    fields = {"df", "group_by"}
    assert names(GroupedDataFrame) - fields == catalog.GROUPED_STEPS.keys() - legacy
    assert legacy <= catalog.GROUPED_STEPS.keys()


def test_every_function_and_expression_method_is_known() -> None:
    current = set(F.__all__) | (names(daft.Expression) - PLAIN)
    assert current == catalog.FUNCTIONS.keys() - NOT_IN_FUNCTIONS


def test_functions_outside_of_daft_functions() -> None:
    from daft.functions import video

    assert callable(video.get_video_frame_by_idx)
    assert callable(F.when(col("p"), col("x")).otherwise)
    assert set(catalog.FUNCTIONS) >= NOT_IN_FUNCTIONS
