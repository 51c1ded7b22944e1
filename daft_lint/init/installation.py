"""How this copy of daft-lint was installed, so that another one can be had from the same place."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution

from daft_lint import __version__
from daft_lint.dataclass import dataclass

NAME = "daft-lint"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an installation comes from, by PEP 610. `url` is a direct reference (PEP 508), "" for a package index;
    `missing` says in words why no other machine can install the same; "" where one can."""

    url: str = ""
    missing: str = ""

    def requirement(self, extra: str = "", *, pinned: bool = True) -> str:
        """What to give an installer. `pinned`: the same version; a direct reference always means one."""
        name = f"{NAME}[{extra}]" if extra else NAME
        if self.url:
            return f"{name} @ {self.url}"
        return f"{name}=={__version__}" if pinned else name


def how_to_add(extra: str) -> str:
    """What to type for this copy with an extra."""
    found = origin()
    if found.missing and not found.url:
        return f"pip install '.[{extra}]' in its checkout: {found.missing}"
    return f"pip install '{found.requirement(extra, pinned=False)}'"


def origin() -> Origin:
    """The origin of the copy that runs."""
    try:
        text = distribution(NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return Origin(missing="this copy of daft-lint was not installed by an installer")
    if text is None:
        return Origin()
    try:
        return _origin(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return Origin(missing="the record of where this copy of daft-lint comes from cannot be read")


def _origin(record: dict[str, object]) -> Origin:
    """By the fields of `direct_url.json`. Raises `KeyError` and `TypeError` for what is none."""
    url, vcs = str(record["url"]), record.get("vcs_info")
    if isinstance(vcs, dict):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    folder = record.get("subdirectory")
    if folder:
        url += f"#subdirectory={folder}"
    if "://" in url and url.partition("://")[0].rpartition("+")[2] == "file":
        return Origin(url, f"this copy of daft-lint was installed from {record['url']}, which only this machine has")
    return Origin(url)
