"""What the catalog says of functions, against the installed Daft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import daft
import pytest
from daft import DataType
from daft.ai.protocols import (
    ImageClassifier,
    ImageClassifierDescriptor,
    ImageEmbedder,
    ImageEmbedderDescriptor,
)
from daft.ai.provider import Provider
from daft.ai.typing import EmbeddingDimensions

from daft_lint.pipeline import catalog
from daft_lint.pipeline.catalog import FunctionSpec, WeightEffect
from tests.pipeline.catalog.installed_daft import F, col

if TYPE_CHECKING:
    from daft import DataFrame


def test_only_utf_8_is_decoded_to_text() -> None:
    frame = daft.from_pydict({"x": [b"aa=="]})
    kinds = {
        codec: frame.select(F.decode(col("x"), codec)).schema()["x"].dtype for codec in ("utf-8", "utf8", "base64")
    }
    assert kinds == {"utf-8": DataType.string(), "utf8": DataType.string(), "base64": DataType.binary()}


def test_names_of_outputs() -> None:
    window = daft.Window().partition_by("g").order_by("x")
    made = {
        "to_struct": F.to_struct(col("x")),
        "to_list": F.to_list(col("x"), col("y")),
        "monotonically_increasing_id": F.monotonically_increasing_id(),
        "row_number": F.row_number().over(window),
        "rank": F.rank().over(window),
        "dense_rank": F.dense_rank().over(window),
    }
    assert {name: e.name() for name, e in made.items()} == catalog.OUTPUT_NAMES
    assert F.when(col("p"), col("x")).otherwise(col("y")).name() == "x"
    assert F.get(col("s"), "field").name() == "field"
    assert daft.lit(1).name() == "literal"


def type_of(expression: Any) -> str:
    frame = daft.from_pydict({"path": ["a"], "bytes": [b"a"], "n": [1]})
    image = DataType.image("RGB")
    frame = frame.with_columns({"image": F.decode_image(col("bytes")).cast(image), "file": F.file(col("path"))})
    return str(frame.select(expression.alias("out")).schema()["out"].dtype)


MEDIA_CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "download": (lambda: F.download(col("path")), "Binary"),
    "decode_image": (lambda: F.decode_image(col("bytes")), "Image"),
    "decode_image_file": (lambda: F.decode_image_file(F.image_file(col("path"))), "Image"),
    "video_frames": (lambda: F.video_frames(F.video_file(col("path"))), "List[Struct"),
    "video_keyframes": (lambda: F.video_keyframes(F.video_file(col("path"))), "List[Image"),
    "convert_image": (lambda: F.convert_image(col("image"), "L"), "Image"),
    "crop": (lambda: F.crop(col("image"), (0, 0, 1, 1)), "Image"),
    "encode_image": (lambda: F.encode_image(col("image"), "png"), "Binary"),
    "image_to_tensor": (lambda: F.image_to_tensor(col("image")), "Tensor"),
    "resize": (lambda: F.resize(col("image"), 32, 32), "Image[RGB; 32 x 32]"),
    "image_width": (lambda: F.image_width(col("image")), "UInt32"),
    "image_hash": (lambda: F.image_hash(col("image")), "Binary[8]"),
    "video_metadata": (lambda: F.video_metadata(F.video_file(col("path"))), "Struct"),
    "image_file_metadata": (lambda: F.image_file_metadata(F.image_file(col("path"))), "Struct"),
    "file": (lambda: F.file(col("path")), "File"),
    "video_file": (lambda: F.video_file(col("path")), "File"),
    "file_size": (lambda: F.file_size(col("file")), "UInt64"),
    "upload": (lambda: F.upload(col("bytes"), "/nowhere"), "String"),
    "guess_mime_type": (lambda: F.guess_mime_type(col("bytes")), "String"),
}


@pytest.mark.parametrize("name", MEDIA_CALLS)
def test_what_media_functions_make(name: str) -> None:
    call, expected = MEDIA_CALLS[name]
    made = type_of(call())
    assert made.startswith(expected), made
    heavy = any(word in made.replace("Binary[8]", "") for word in ("Binary", "Image", "Tensor"))
    assert heavy == (catalog.FUNCTIONS[name].effect in (WeightEffect.HEAVY, WeightEffect.KEEPS, WeightEffect.DECLARED))


def test_specs_of_functions_are_whole() -> None:
    for name, spec in catalog.FUNCTIONS.items():
        assert (spec.effect is WeightEffect.HEAVY) == bool(spec.reason), name
        assert spec.ai_batch_size is None or spec.is_ai, name
    for source in catalog.SOURCES.values():
        assert all(source.heavy.values())


@dataclass
class _Descriptor:
    """What both descriptors share; the options are those of the call."""

    options: dict[str, Any]

    def get_provider(self) -> str:
        return "counting"

    def get_model(self) -> str:
        return "counting"

    def get_options(self) -> dict[str, Any]:
        return self.options


class CountingEmbedder(ImageEmbedder):
    """Embeds an image as the number of images in the call."""

    def embed_image(self, images: list[Any]) -> Any:
        import numpy as np

        return [np.array([len(images)], dtype=np.float32) for _ in images]


class CountingEmbedderDescriptor(_Descriptor, ImageEmbedderDescriptor):
    def instantiate(self) -> CountingEmbedder:
        return CountingEmbedder()

    def get_dimensions(self) -> EmbeddingDimensions:
        return EmbeddingDimensions(size=1, dtype=DataType.float32())


class CountingClassifier(ImageClassifier):
    """Labels an image with the number of images in the call."""

    def classify_image(self, images: list[Any], labels: Any) -> list[str]:
        return [str(len(images)) for _ in images]


class CountingClassifierDescriptor(_Descriptor, ImageClassifierDescriptor):
    def instantiate(self) -> CountingClassifier:
        return CountingClassifier()


class Counting(Provider):
    @property
    def name(self) -> str:
        return "counting"

    def get_image_embedder(self, model: str | None = None, **options: Any) -> Any:
        return CountingEmbedderDescriptor(options)

    def get_image_classifier(self, model: str | None = None, **options: Any) -> Any:
        return CountingClassifierDescriptor(options)


@pytest.fixture
def images() -> DataFrame:
    numpy = pytest.importorskip("numpy")
    pixels = [numpy.zeros((2, 2, 3), dtype=numpy.uint8)] * 50
    frame: DataFrame = daft.from_pydict({"image": pixels}).select(col("image").cast(DataType.image("RGB")))
    return frame


def test_batch_size_of_embed_image(images: DataFrame) -> None:
    spec: FunctionSpec = catalog.FUNCTIONS["embed_image"]
    assert spec.ai_batch_size is None
    for options, rows in (({}, 50), ({"batch_size": 8}, 8)):
        made = images.select(F.embed_image(col("image"), provider=Counting(), **options)).to_pydict()["image"]
        assert max(int(vector[0]) for vector in made) == rows


def test_batch_size_of_classify_image_bounds_no_call(images: DataFrame) -> None:
    pytest.importorskip("PIL")
    label = F.classify_image(col("image"), ["a"], provider=Counting(), batch_size=8)
    assert set(images.select(label).to_pydict()["image"]) == {"50"}


def test_types_that_functions_make() -> None:
    assert set(catalog.MAKES) <= set(catalog.FUNCTIONS)
    frame = daft.from_pydict({"s": ["a,b"], "l": [[1, 2]], "b": [b"x"]})
    made = {
        "split": F.split(col("s"), ","),
        "regexp_extract_all": F.regexp_extract_all(col("s"), "a"),
        "list_sort": F.list_sort(col("l")),
        "to_list": F.to_list(col("s"), col("s")),
        "value_counts": F.value_counts(col("l")),
        "to_struct": F.to_struct(col("s")),
        "compress": F.compress(col("b"), "gzip"),
        "download": F.download(col("s")),
        "minhash": F.minhash(col("s"), num_hashes=4, ngram_size=1),
    }
    for name, expression in made.items():
        kind = str(frame.select(expression.alias("x")).schema()["x"].dtype).lower()
        assert kind.startswith(catalog.MAKES[name].partition("[")[0]), name
