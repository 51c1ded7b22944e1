"""What the names of columns say."""

from __future__ import annotations

import pytest

from daft_lint.pipeline.dataflow.name_hints import looks_heavy, looks_light


@pytest.mark.parametrize(
    "name",
    [
        "img",
        "image",
        "images",
        "frame",
        "image_bytes",
        "my_image",
        "imageData",
        "audio",
        "waveform",
        "img2",
        "pdf_bytes",
    ],
)
def test_names_of_heavy_columns(name: str) -> None:
    assert looks_heavy(name)


@pytest.mark.parametrize(
    "name",
    [
        "image_url",
        "image_path",
        "imagePath",
        "img_id",
        "num_frames",
        "frame_id",
        "frame_index",
        "audio_length",
        "bytes_count",
        "image_size_bytes",
        "image_hash",
        "video_title",
        "is_correct_no_image",
        "has_image",
        "data",
        "content",
        "label",
        "image_type",
        "img_emb_siglip2",
        "path_to_image",
        "7",
    ],
)
def test_names_of_light_columns(name: str) -> None:
    assert not looks_heavy(name)


@pytest.mark.parametrize(
    ("name", "light"), [("image_path", True), ("num_frames", True), ("label", True), ("image", False), ("data", False)]
)
def test_names_of_columns_that_are_light_whatever_else_they_say(name: str, light: bool) -> None:
    assert looks_light(name) is light
