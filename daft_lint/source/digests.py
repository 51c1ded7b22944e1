"""Digests of what was read."""

from __future__ import annotations

import hashlib

DIGEST_LENGTH = 32
"""Hexadecimal digits of a digest."""


def digest(content: bytes) -> str:
    """A digest of bytes, in hexadecimal digits."""
    return hashlib.blake2b(content, digest_size=DIGEST_LENGTH // 2).hexdigest()
