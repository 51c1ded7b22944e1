"""Functions of `daft.functions` and methods of Expression."""

from __future__ import annotations

from daft_lint.pipeline.catalog.spec import FunctionSpec, WeightEffect
from daft_lint.pipeline.model import DOWNLOAD_ROWS

_HEAVY_DOWNLOAD = FunctionSpec(
    WeightEffect.HEAVY,
    reason="`download` reads the bytes of each file into it",
    heavy_read=True,
    output_batch_rows=DOWNLOAD_ROWS,
)
_KEEPS = FunctionSpec(WeightEffect.KEEPS)
_LIGHT = FunctionSpec(WeightEffect.LIGHT)
_ELEMENT = FunctionSpec(WeightEffect.ELEMENT)
_DECLARED = FunctionSpec(WeightEffect.DECLARED)
_UNKNOWN = FunctionSpec(WeightEffect.UNKNOWN)
_IMAGE_IN = FunctionSpec(WeightEffect.LIGHT, takes_heavy=True)
_OPENS = FunctionSpec(WeightEffect.LIGHT, heavy_read=True)
_ROW_NUMBER = FunctionSpec(WeightEffect.LIGHT, numbers_rows=True)

_MEDIA: dict[str, FunctionSpec] = {
    "download": _HEAVY_DOWNLOAD,
    "decode_image": FunctionSpec(
        WeightEffect.HEAVY, reason="`decode_image` decodes an image into it", takes_heavy=True
    ),
    "decode_image_file": FunctionSpec(
        WeightEffect.HEAVY, reason="`decode_image_file` reads and decodes an image into it", heavy_read=True
    ),
    "video_frames": FunctionSpec(
        WeightEffect.HEAVY, reason="`video_frames` decodes a video into a list of frames", heavy_read=True
    ),
    "video_keyframes": FunctionSpec(
        WeightEffect.HEAVY, reason="`video_keyframes` decodes a video into a list of frames", heavy_read=True
    ),
    # Only in `daft.functions.video`.
    "get_video_frame_by_idx": FunctionSpec(
        WeightEffect.HEAVY, reason="`get_video_frame_by_idx` decodes a frame into it", heavy_read=True
    ),
    "resample": FunctionSpec(WeightEffect.HEAVY, reason="`resample` decodes audio into a tensor", heavy_read=True),
    # An image that `resize` made small stays small: these are no proof, but what they take is an image.
    **dict.fromkeys(
        ("convert_image", "crop", "encode_image", "image_to_tensor"), FunctionSpec(WeightEffect.KEEPS, takes_heavy=True)
    ),
    # `w` x `h` x the image's channels.
    "resize": FunctionSpec(WeightEffect.DECLARED, takes_heavy=True),
    **dict.fromkeys(
        ("image_attribute", "image_channel", "image_hash", "image_height", "image_mode", "image_width"), _IMAGE_IN
    ),
    # Takes bytes.
    "guess_mime_type": _IMAGE_IN,
    # They open the file for its header, and return a few numbers.
    **dict.fromkeys(
        ("audio_metadata", "hdf5_attrs", "hdf5_keys", "hdf5_metadata", "image_file_metadata", "video_metadata"), _OPENS
    ),
    # References, and what the object store knows of them.
    **dict.fromkeys(
        (
            "audio_file",
            "file",
            "file_exists",
            "file_path",
            "file_size",
            "hdf5_file",
            "image_file",
            "parse_url",
            "video_file",
        ),
        _LIGHT,
    ),
    # Returns the path that it wrote to.
    "upload": _LIGHT,
}

# Daft 0.7 wraps each in a `daft.cls` when it is called. The transformers provider declares a default `batch_size` of 16
# rows for images and 64 for text, but always passes its options, empty ones too, so that neither bounds a call (read in
# daft.ai.transformers.provider, 0.7.0 to 0.7.26); the other providers declare none for images. Only the `batch_size=`
# that a script gives does, and `classify_image`, `classify_text` and `prompt` use that inside the model alone.
_AI: dict[str, FunctionSpec] = {
    "embed_image": FunctionSpec(WeightEffect.LIGHT, is_ai=True, takes_heavy=True),
    "classify_image": FunctionSpec(WeightEffect.LIGHT, is_ai=True, takes_heavy=True),
    # Its messages may be text or images, so it says nothing of what it takes.
    "prompt": FunctionSpec(WeightEffect.LIGHT, is_ai=True),
    "embed_text": FunctionSpec(WeightEffect.LIGHT, is_ai=True),
    "classify_text": FunctionSpec(WeightEffect.LIGHT, is_ai=True),
    # Deprecated for `prompt` since 0.7. 1,024 rows with its default provider (vllm), 128 with openai.
    "llm_generate": FunctionSpec(WeightEffect.LIGHT, is_ai=True, ai_batch_size=1024),
}

_PASS_ON = """
    alias clip coalesce concat fill_null if_else max min otherwise over to_list to_struct value_counts when
    compress decode decompress deserialize encode serialize
    try_compress try_decode try_decompress try_deserialize try_encode
    list_agg_distinct list_append list_distinct list_filter list_flatten list_sort
"""
"""The rows stay as large as they were, or become as large as the largest input: values, bytes, lists."""

_PARTS = "chunk get map_get slice unnest"

_CASTS = """
    cast try_cast
    as_binary as_bool as_date as_decimal128 as_duration as_embedding as_extension as_file as_fixed_size_binary
    as_fixed_size_list as_float16 as_float32 as_float64 as_image as_int16 as_int32 as_int64 as_int8 as_interval as_list
    as_map as_null as_python as_sparse_tensor as_string as_struct as_tensor as_time as_timestamp as_uint16 as_uint32
    as_uint64 as_uint8 as_union as_uuid
"""
"""`as_image()` and its like are `cast(DataType.image())`; new after 0.7.24."""

_TEXT = """
    ascii ascii_func capitalize chr_func concat_ws contains count_matches damerau_levenshtein_distance endswith find
    format hamming_distance_str ilike jaro_similarity jaro_winkler_similarity left length length_bytes
    levenshtein_distance like lower lpad lstrip normalize regexp regexp_count regexp_extract regexp_extract_all
    regexp_replace regexp_split repeat replace reverse right rpad rstrip soundex space split split_part startswith
    strip substr substring_index to_camel_case to_kebab_case to_snake_case to_title_case to_upper_camel_case
    to_upper_kebab_case to_upper_snake_case tokenize_decode tokenize_encode translate upper
    jq json_array_length json_object_keys json_tuple
"""
_NUMBERS = """
    abs arccos arccosh arcsin arcsinh arctan arctan2 arctanh between bin bitwise_and bitwise_or bitwise_xor cbrt ceil
    columns_avg columns_max columns_mean columns_min columns_sum conv cos cosh cot csc degrees e eq_null_safe exp expm1
    factorial fill_nan floor great_circle_distance hypot is_in is_inf is_nan is_null ln log log10 log1p log2 negate
    not_nan not_null pi pmod pow power radians random_int round sec seq shift_left shift_right sign sin sinh sqrt tan
    tanh try_divide uuid
    hash minhash simhash
    cosine_distance cosine_similarity dot_product euclidean_distance hamming_distance jaccard_similarity
    pearson_correlation
    list_bool_and list_bool_or list_contains list_count list_join list_max list_mean list_min list_sum map_keys
"""
_TIMES = """
    add_months convert_time_zone convert_timezone current_date current_timestamp current_timezone date date_add
    date_diff date_format date_from_unix_date date_sub date_trunc dateadd datediff datepart day day_of_month
    day_of_week day_of_year dayofmonth dayofyear extract_day_uuid7 extract_hour_uuid7 extract_minute_uuid7
    extract_month_uuid7 from_unixtime from_utc_timestamp hour last_day make_date make_timestamp make_timestamp_ltz
    microsecond millisecond minute month months_between nanosecond next_day quarter replace_time_zone second strftime
    time timestamp_micros timestamp_millis timestamp_seconds to_date to_datetime to_unix_epoch to_utc_timestamp
    total_days total_hours total_microseconds total_milliseconds total_minutes total_nanoseconds total_seconds trunc
    unix_date week_of_year weekofyear year
    partition_days partition_hours partition_iceberg_bucket partition_iceberg_truncate partition_months partition_years
"""
_AGGREGATE_NUMBERS = """
    approx_count_distinct approx_percentiles avg bool_and bool_or count count_distinct mean median percentile product
    skew stddev sum var dense_rank rank
"""

FUNCTIONS: dict[str, FunctionSpec] = {
    # Text is light, so what makes or reads text is.
    **dict.fromkeys(_TEXT.split(), _LIGHT),
    **dict.fromkeys(_NUMBERS.split(), _LIGHT),
    **dict.fromkeys(_TIMES.split(), _LIGHT),
    **dict.fromkeys(_AGGREGATE_NUMBERS.split(), _LIGHT),
    **dict.fromkeys(_PASS_ON.split(), _KEEPS),
    **dict.fromkeys(_PARTS.split(), _ELEMENT),
    **dict.fromkeys(_CASTS.split(), _DECLARED),
    **_MEDIA,
    **_AI,
    "explode": FunctionSpec(WeightEffect.ELEMENT),
    **dict.fromkeys(("any_value", "first_value", "lag", "last_value", "lead", "list_agg"), _KEEPS),
    **dict.fromkeys(("monotonically_increasing_id", "row_number"), _ROW_NUMBER),
    "string_agg": _LIGHT,
    # What they make is decided by a function or a program that they are given.
    **dict.fromkeys(("apply", "list_map", "run_process", "udf"), _UNKNOWN),
}
"""By the name of the function or Expression method. `if_else` and `otherwise` are methods only: of an Expression until
0.6.14, and of what `when` returns."""

_MAKES = {
    "binary": "download encode_image compress",
    "image": "convert_image crop decode_image decode_image_file get_video_frame_by_idx resize",
    "list[image]": "video_frames video_keyframes",
    "tensor": "image_to_tensor resample",
    "embedding": "embed_image embed_text",
    "list[string]": "regexp_extract_all regexp_split split json_object_keys",
    "list": "chunk list_agg list_agg_distinct list_append list_distinct list_filter list_sort minhash to_list"
    " tokenize_encode",
    "map": "value_counts",
    "struct": "parse_url to_struct",
}
MAKES: dict[str, str] = {name: dtype for dtype, names in _MAKES.items() for name in names.split()}
"""The type of what a function makes, where that is not a number, text or a moment; as `DType.text` spells it."""

OUTPUT_NAMES: dict[str, str] = {
    "dense_rank": "dense_rank",
    "monotonically_increasing_id": "monotonically_increasing_id",
    "rank": "rank",
    "row_number": "row_number",
    "to_list": "list",
    "to_struct": "struct",
}
"""The name of the column that a function makes where that is not its first input's. `get` of a struct takes the field's
name, `when(predicate, value)` that of `value`, a literal is called "literal"."""
