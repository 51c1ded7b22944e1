"""What a column's name says of its weight: the weakest evidence, for columns of file sources only."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_MEDIA = frozenset(
    [
        "img",
        "imgs",
        "image",
        "images",
        "picture",
        "pictures",
        "photo",
        "photos",
        "frame",
        "frames",
        "pixel",
        "pixels",
        "audio",
        "audios",
        "video",
        "videos",
        "waveform",
        "waveforms",
        "wav",
        "mp",
        "tensor",
        "tensors",
        "spectrogram",
        "spectrograms",
        "png",
        "jpeg",
        "jpg",
        "pdf",
    ]
)
_BULK = frozenset(["bytes", "blob", "blobs"])
_CARRIERS = frozenset(["data", "raw", "array", "arrays", "binary", "buffer", "content", "contents"])
"""Heavy behind a word for media only: `image_data`, but not `data`."""

_LIGHT_ANYWHERE = frozenset(
    [
        "path",
        "paths",
        "url",
        "urls",
        "uri",
        "uris",
        "id",
        "ids",
        "num",
        "n",
        "count",
        "counts",
        "total",
        "has",
        "is",
        "no",
        "size",
        "sizes",
        "length",
        "len",
        "name",
        "names",
        "title",
        "titles",
        "caption",
        "captions",
        "label",
        "labels",
        "hash",
        "type",
        "types",
        "format",
        "index",
        "idx",
        "key",
        "keys",
        "max",
        "min",
        "avg",
        "mean",
        "per",
        "file",
        "files",
        "embedding",
        "embeddings",
        "text",
    ]
)


def words_of(name: str) -> list[str]:
    """The words of a column's name, in lower case: `imageURL_2` gives `image`, `url`, `2`."""
    return [word.lower() for word in _WORD.findall(name)]


def looks_heavy(name: str) -> bool:
    """The name's last word is one for heavy data and none of its words says that it is about something small."""
    words = [word for word in words_of(name) if not word.isdigit()]
    if not words or any(word in _LIGHT_ANYWHERE for word in words):
        return False
    last, before = words[-1], words[:-1]
    return last in _MEDIA or last in _BULK or (last in _CARRIERS and any(word in _MEDIA for word in before))


def looks_light(name: str) -> bool:
    """One of the name's words says that it is about something small: `image_path`, `num_frames`."""
    return any(word in _LIGHT_ANYWHERE for word in words_of(name))


def names_embedding(name: str) -> bool:
    """A word of the name is `embedding`, or short for it: arrays of unknown length in such a column are vectors."""
    return any(word in ("emb", "embed", "embedding", "embeddings") for word in words_of(name))


def names_thumbnail(name: str) -> bool:
    """One of the name's words says that its images are of a few thousand pixels."""
    return any(word in ("thumbnail", "thumbnails", "thumb", "thumbs", "icon", "icons") for word in words_of(name))
