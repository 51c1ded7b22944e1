"""Requirements of Daft in pyproject.toml and `requirements*.txt`, raised to a version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from daft_lint.pipeline.facts.settings import Version
from daft_lint.pipeline.facts.target import oldest, range_of

_QUOTED = re.compile(r"""(?P<quote>["'])(?P<requirement>(?i:get)?(?i:daft)\s*(?:\[[^\]"']*\])?[^"'\n]*)(?P=quote)""")
_POETRY = re.compile(
    r"""(?m)^(?P<key>daft\s*=\s*(?:\{[^}\n]*version\s*=\s*)?)(?P<quote>["'])(?P<spec>[^"'\n]*)(?P=quote)"""
)
_LINE = re.compile(r"(?mi)^(?P<requirement>(?:get)?daft\s*(?:\[[^\]\n]*\])?[^#;\n\\]*?)(?P<rest>\s*(?:[#;\\].*)?)$")
_NAME = re.compile(r"(?i)(?:get)?daft\s*(?P<extras>\[[^\]]*\])?\s*(?P<clauses>[^;]*)(?P<marker>;.*)?\Z")


def requirement_files(folder: Path) -> Iterator[Path]:
    """The files of a folder that can require Daft."""
    for file in (folder / "pyproject.toml", *sorted(folder.glob("requirements*.txt"))):
        if file.is_file():
            yield file


def raised_text(file: Path, text: str, version: Version) -> str:
    """The text of the file with every requirement of Daft at least at the version; all else as it is.

    A file with hashes is a lock file, and stays.
    """
    if file.suffix == ".txt":
        if "--hash" in text:  # what pip-compile or `uv export` locked: the hashes are those of the old version
            return text
        return _LINE.sub(lambda m: raised(m.group("requirement"), version) + m.group("rest"), text)
    text = _QUOTED.sub(lambda m: m["quote"] + raised(m["requirement"], version) + m["quote"], text)
    return _POETRY.sub(lambda m: f"{m['key']}{m['quote']}{_clauses(m['spec'], version)}{m['quote']}", text)


def raised(requirement: str, version: Version) -> str:
    """`daft[ray]>=0.6,<0.7` as `daft[ray]>=0.7.26`; what is no requirement of Daft as it is."""
    match = _NAME.match(requirement)
    if match is None or not re.fullmatch(r"|[\s(]*[<>=!~^*\d].*", match["clauses"]):
        return requirement
    wanted = _clauses(match["clauses"].strip(), version)
    if wanted == match["clauses"].strip():
        return requirement
    marker = match["marker"] or ""
    return f"daft{match['extras'] or ''}{wanted}{' ' + marker if marker else ''}"


def _clauses(clauses: str, version: Version) -> str:
    first = oldest(f"daft{clauses}")
    allowed = range_of(f"daft{clauses}")
    fits = allowed.newest is None or allowed.newest >= version
    if first is not None and first >= version and fits:
        return clauses
    spelled = ".".join(map(str, version))
    if re.match(r"\s*===?", clauses):
        return f"=={spelled}"
    parts = [clause.strip() for clause in clauses.split(",")]
    kept = [part for part in parts if part.startswith("!=") or (fits and part.startswith("<"))]
    return ",".join([f">={spelled}", *kept])
