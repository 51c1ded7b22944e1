"""Spellings of older Daft versions, back to getdaft 0.3, and what took their place."""

from __future__ import annotations

from daft_lint.pipeline.catalog.spec import LegacySpec
from daft_lint.pipeline.facts.settings import Version

_FIRST = Version(0, 3, 0)
_EXPRESSION_METHODS_SINCE = Version(0, 6, 2)
"""Daft 0.6.2 brought `download`, `decode_image` and all their kin as methods and functions, and deprecated the
namespaces, which 0.7.0 removed (found in Daft's sources, release by release)."""


def _namespace(name: str, prefix: str, same: str = "", **renamed: str) -> dict[str, str]:
    """`name.method` to the current function: `prefix` and the method for each in `same`, and those in `renamed`."""
    current = {method: prefix + method for method in same.split()} | renamed
    return {f"{name}.{method}": function for method, function in current.items()}


LEGACY_METHODS: dict[str, str] = {
    **_namespace("url", "", "download upload"),
    **_namespace(
        "image",
        "image_",
        "attribute channel height mode width",
        decode="decode_image",
        encode="encode_image",
        resize="resize",
        crop="crop",
        to_mode="convert_image",
    ),
    **_namespace(
        "str",
        "",
        "capitalize concat contains count_matches endswith find ilike left length length_bytes like lower lpad lstrip "
        "normalize repeat replace reverse right rpad rstrip split startswith substr to_date to_datetime "
        "tokenize_decode tokenize_encode upper",
        match="regexp",
        extract="regexp_extract",
        extract_all="regexp_extract_all",
    ),
    **_namespace(
        "list",
        "list_",
        "bool_and bool_or count distinct join map max mean min sort sum",
        chunk="chunk",
        get="get",
        length="length",
        lengths="length",
        slice="slice",
        unique="list_distinct",
        value_counts="value_counts",
    ),
    **_namespace("struct", "", "get"),
    **_namespace("map", "map_", "get"),
    **_namespace(
        "dt",
        "",
        "date day day_of_month day_of_week day_of_year hour microsecond millisecond minute month nanosecond quarter "
        "second strftime time to_unix_epoch total_days total_hours total_microseconds total_milliseconds "
        "total_minutes total_nanoseconds total_seconds unix_date week_of_year year",
        truncate="date_trunc",
    ),
    **_namespace("float", "", "fill_nan is_inf is_nan not_nan"),
    **_namespace("embedding", "", "cosine_distance"),
    **_namespace("binary", "", "concat length slice"),
    **_namespace("partitioning", "partition_", "days hours iceberg_bucket iceberg_truncate months years"),
    **_namespace("json", "", query="jq"),
}
"""Expression namespaces to the current function: `url.download` to `download`, `image.decode` to `decode_image`."""

LEGACY_NAMESPACES = frozenset(name.partition(".")[0] for name in LEGACY_METHODS)
"""`url`, `image`, `str`, ...: the attributes of an Expression that held them."""

_NAMESPACE_SPECS: dict[str, LegacySpec] = {
    name: LegacySpec(current, _EXPRESSION_METHODS_SINCE, deprecated=_EXPRESSION_METHODS_SINCE, removed=Version(0, 7, 0))
    for name, current in LEGACY_METHODS.items()
}

_RUNNER_SINCE = Version(0, 6, 2)
_CLS_SINCE = Version(0, 6, 6)
_CPUS_SINCE = Version(0, 7, 6)

LEGACY: dict[str, LegacySpec] = {
    **_NAMESPACE_SPECS,
    "str.split": LegacySpec(
        "split",
        _EXPRESSION_METHODS_SINCE,
        "with `regex=True` it is `regexp_split`",
        deprecated=_EXPRESSION_METHODS_SINCE,
        removed=Version(0, 7, 0),
        one_to_one=False,
    ),
    "str.replace": LegacySpec(
        "replace",
        _EXPRESSION_METHODS_SINCE,
        "with `regex=True` it is `regexp_replace`",
        deprecated=_EXPRESSION_METHODS_SINCE,
        removed=Version(0, 7, 0),
        one_to_one=False,
    ),
    "list.lengths": LegacySpec(
        "length", _EXPRESSION_METHODS_SINCE, deprecated=Version(0, 3, 6), removed=Version(0, 6, 0)
    ),
    "json.query": LegacySpec("jq", Version(0, 5, 4), deprecated=Version(0, 5, 4), removed=Version(0, 6, 0)),
    # Methods of an Expression.
    "Expression.agg_list": LegacySpec(
        "list_agg", Version(0, 6, 2), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    "Expression.agg_set": LegacySpec(
        "list_agg_distinct", Version(0, 6, 2), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    "Expression.agg_concat": LegacySpec(
        "string_agg", Version(0, 6, 2), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    "Expression.negative": LegacySpec(
        "negate", Version(0, 4, 8), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    "Expression.signum": LegacySpec("sign", _FIRST, deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)),
    "Expression.url_parse": LegacySpec(
        "parse_url", Version(0, 6, 2), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    "Expression.if_else": LegacySpec(
        "when",
        Version(0, 6, 4),
        "`p.if_else(a, b)` is `when(p, a).otherwise(b)`",
        deprecated=Version(0, 6, 4),
        removed=Version(0, 7, 0),
        one_to_one=False,
    ),
    "Expression.to_struct": LegacySpec(
        "functions.to_struct", Version(0, 6, 2), "was a static method", removed=Version(0, 6, 0), one_to_one=False
    ),
    # Methods of a GroupedDataFrame; those of the same names on a DataFrame are current.
    "GroupedDataFrame.agg_list": LegacySpec(
        "list_agg", Version(0, 6, 2), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    "GroupedDataFrame.agg_set": LegacySpec(
        "list_agg_distinct", Version(0, 6, 2), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    "GroupedDataFrame.agg_concat": LegacySpec(
        "string_agg", Version(0, 6, 2), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    # Functions in `daft.`.
    "coalesce": LegacySpec(
        "functions.coalesce", Version(0, 6, 2), deprecated=Version(0, 6, 2), removed=Version(0, 7, 0)
    ),
    "list_": LegacySpec(
        "functions.to_list",
        Version(0, 6, 2),
        "`list_` took names as strings",
        deprecated=Version(0, 6, 2),
        removed=Version(0, 7, 0),
        one_to_one=False,
    ),
    "struct": LegacySpec(
        "functions.to_struct",
        Version(0, 6, 2),
        "`struct` took names as strings",
        deprecated=Version(0, 6, 2),
        removed=Version(0, 7, 0),
        one_to_one=False,
    ),
    "to_struct": LegacySpec("functions.to_struct", Version(0, 6, 2), removed=Version(0, 6, 0), one_to_one=False),
    "register_table": LegacySpec("attach_table", Version(0, 4, 5), removed=Version(0, 5, 0), one_to_one=False),
    "context.set_runner_ray": LegacySpec("set_runner_ray", _RUNNER_SINCE, removed=Version(0, 7, 0)),
    "context.set_runner_native": LegacySpec("set_runner_native", _RUNNER_SINCE, removed=Version(0, 7, 0)),
    "context.set_runner_py": LegacySpec(
        "set_runner_native",
        _RUNNER_SINCE,
        "the Python runner is gone; the native runner took its place",
        removed=Version(0, 5, 0),
        one_to_one=False,
    ),
    "functions.llm_generate": LegacySpec(
        "functions.prompt",
        Version(0, 6, 8),
        "its options are those of a provider",
        deprecated=Version(0, 7, 0),
        one_to_one=False,
    ),
    # UDFs. The old decorator still works in 0.7; 0.8 is to remove it.
    "udf": LegacySpec(
        "func.batch",
        _CLS_SINCE,
        "a function becomes `daft.func.batch`; a class `daft.cls`, with `daft.method.batch` on its `__call__`",
        deprecated=Version(0, 7, 0),
        one_to_one=False,
    ),
    "with_init_args": LegacySpec(
        "cls", _CLS_SINCE, "an instance of a `daft.cls` class takes them: `Model(...)`", one_to_one=False
    ),
    "with_concurrency": LegacySpec(
        "cls", _CLS_SINCE, "becomes `max_concurrency` of the `daft.cls` decorator", one_to_one=False
    ),
    "override_options": LegacySpec(
        "cls", _CLS_SINCE, "its options belong to the decorator; `cpus` needs 0.7.6", one_to_one=False
    ),
    "udf(concurrency)": LegacySpec(
        "max_concurrency", _CLS_SINCE, "at most so many, where `concurrency` was exactly so many", one_to_one=False
    ),
    "udf(num_gpus)": LegacySpec("gpus", _CLS_SINCE, "on `daft.func` since 0.7.6"),
    "udf(num_cpus)": LegacySpec("cpus", _CPUS_SINCE),
    "udf(memory_bytes)": LegacySpec(None, _FIRST, "no equal; bound what runs at once by `max_concurrency`"),
}
"""By how `LegacyUse.name` spells them: `url.download` (a namespace and its method), `Expression.if_else`, `udf` and
`context.set_runner_ray` (names in `daft.`), `with_init_args` (a method of a legacy UDF), `udf(num_gpus)` (an option of
`daft.udf`). `current` is of the same sort: a method, a name in `daft.`, an option."""

LEGACY_EXPRESSION_METHODS = frozenset(
    name.removeprefix("Expression.") for name in LEGACY if name.startswith("Expression.")
)
"""Methods of an Expression itself."""

LEGACY_FUNCTIONS = frozenset(
    name for name, spec in LEGACY.items() if "." not in name and (spec.current or "").startswith("functions.")
)
"""Functions that were in `daft.`, where those of `daft.functions` took their place."""

LEGACY_UDF_OPTIONS: dict[str, str] = {"concurrency": "max_concurrency", "num_gpus": "gpus", "num_cpus": "cpus"}
"""Legacy UDF options to the current ones: `concurrency` to `max_concurrency`, `num_gpus` to `gpus`."""
