"""Digests of what was read, and the state of what is too large to be read."""

from __future__ import annotations

import os

DATA_SUFFIX = ".parquet"
"""What the names of data files end in."""

DIGEST_LENGTH = 32
"""Hexadecimal digits of a digest."""


def digest(content: bytes) -> str:
    """A digest of bytes, in hexadecimal digits."""
    # Late: it loads OpenSSL, and only a cache asks for digests.
    import hashlib

    return hashlib.blake2b(content, digest_size=DIGEST_LENGTH // 2).hexdigest()


def file_state(path: str) -> str | None:
    """The size and time of a file, None where there is none: of a data file they stand for its content."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return f"{status.st_size} {status.st_mtime_ns}"
