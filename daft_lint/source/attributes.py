"""What a file has besides its bytes, owner and mode: extended attributes, access control lists among them.

Linux keeps both as attributes. Python can read them on no other system.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

_OF_THE_CONTENT = frozenset({"security.ima", "security.evm"})
"""The kernel's own sums over the file."""


def copy(source: Path, target: str) -> None:
    """Give `target` the attributes of `source` and no others, such as a list that its folder hands down.

    Raises `OSError` where they cannot be kept: without its list, the mode would let the group do more than before.
    """
    if sys.platform != "linux":
        return
    wanted, made = _read(source), _read(target)
    try:
        for name, value in wanted.items():
            if made.get(name) != value:
                os.setxattr(target, name, value)
        for name in made.keys() - wanted.keys():
            if not name.startswith("security."):
                os.removexattr(target, name)
    except OSError as error:
        reason = f"its extended attributes cannot be kept ({error.strerror})"
        raise OSError(errno.ENOTSUP, reason, str(source)) from None


def _read(path: Path | str) -> dict[str, bytes]:
    if sys.platform != "linux":
        return {}
    try:
        return {name: os.getxattr(path, name) for name in os.listxattr(path) if name not in _OF_THE_CONTENT}
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOSYS):
            return {}
        raise
