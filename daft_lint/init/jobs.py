"""What a project's job files say of its cluster: manifests of KubeRay, scripts that submit to Ray or start it, images,
files with environment variables. They are read as text; nothing of them runs."""

from __future__ import annotations

import math
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from daft_lint.dataclass import dataclass
from daft_lint.init.outline import Entry, documents
from daft_lint.source.discovery import DEFAULT_EXCLUDES, ENVIRONMENT_MARKS

MAX_BYTES = 1024 * 1024
"""Larger files are not looked into."""
MAX_FILES = 500
"""So many files are looked into; whole trees of manifests say nothing of one cluster."""
MAX_DEPTH = 4
"""Folders below the project's that are looked into."""
KEYS = ("runner", "nodes", "cpus-per-node", "gpus-per-node")
"""The keys of `[tool.daft-lint.cluster]` that job files have facts for."""

_MANIFEST = re.compile(r".+\.ya?ml")
_SHELL = re.compile(
    r".+\.(sh|bash|zsh|env)|\.env[\w.-]*|(Dock|Contain)erfile[\w.-]*|.+\.[Dd]ockerfile|Makefile|Justfile"
)
_RUNNER = re.compile(
    r"""(?m)^(?![ \t]*\#).*?\bDAFT_RUNNER\b["']?(?:[ \t]*[:=][ \t]*|[ \t]+|[ \t]*\n[ \t]*value:[ \t]*)["']?"""
    r"""(?P<runner>ray|native)\b"""
)
_SUBMIT = re.compile(r"(?m)^(?![ \t]*#).*?\bray[ \t]+job[ \t]+submit\b")
_START = re.compile(r"(?m)^(?![ \t]*#).*?\bray[ \t]+start\b(?P<options>(?:[^\n;&|]|(?<=\\)\n)*)")
_COUNT = re.compile(r"--num-(?P<what>cpus|gpus)[ \t=\\\n]+[\"']?(?P<count>[0-9]{1,6})(?![0-9])")
_RAY_KINDS = frozenset({"RayCluster", "RayJob", "RayService"})
_NUMBER = re.compile("[0-9]{1,6}")
_QUANTITY = re.compile(r"(?P<number>[0-9]{1,6}(?:\.[0-9]+)?)(?P<milli>m?)")


@dataclass(frozen=True, slots=True)
class JobFact:
    """A value for a key of `[tool.daft-lint.cluster]`; `origin` is the file and the line that say so."""

    key: str
    value: str | int
    origin: str


def job_facts(root: Path) -> tuple[JobFact, ...]:
    """What the job files below a folder say, by key, file and line."""
    found: list[JobFact] = []
    for file in list(_files(root))[:MAX_FILES]:
        text = _text(file)
        if text:
            found += _facts(text, file.relative_to(root).as_posix(), manifest=bool(_MANIFEST.fullmatch(file.name)))
    return tuple(sorted(dict.fromkeys(found), key=lambda fact: KEYS.index(fact.key)))


def by_key(facts: Iterable[JobFact]) -> Mapping[str, Mapping[str | int, Sequence[str]]]:
    """For each key the values that are named, each with its origins."""
    found: defaultdict[str, defaultdict[str | int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        found[fact.key][fact.value].append(fact.origin)
    return found


def settled(facts: Iterable[JobFact]) -> Mapping[str, JobFact]:
    """The facts that no job file contradicts, by key, each as the first file has it."""
    return {
        key: JobFact(key, value, origins[0])
        for key, values in by_key(facts).items()
        if len(values) == 1
        for value, origins in values.items()
    }


def in_words(facts: Iterable[JobFact]) -> str:
    """The facts with their origins: `nodes 2 (k8s/ray.yaml:14)`; where files differ, each value."""
    named = (
        f"{key} " + " or ".join(f"{value} ({', '.join(origins[:2])})" for value, origins in values.items())
        for key, values in by_key(facts).items()
    )
    return ", ".join(named)


def _files(root: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        # A hidden folder is of a tool: what CI tests with is no cluster.
        inner[:] = sorted(
            name
            for name in inner
            if depth < MAX_DEPTH
            and not name.startswith(".")
            and name not in DEFAULT_EXCLUDES
            and not any(os.path.exists(os.path.join(folder, name, mark)) for mark in ENVIRONMENT_MARKS)
        )
        yield from (Path(folder, name) for name in sorted(names) if _MANIFEST.fullmatch(name) or _SHELL.fullmatch(name))


def _text(file: Path) -> str:
    try:
        if file.is_file() and file.stat().st_size <= MAX_BYTES:
            return file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
    return ""


def _facts(text: str, name: str, *, manifest: bool) -> Iterator[JobFact]:
    def origin(offset: int) -> str:
        return f"{name}:{text.count(chr(10), 0, offset) + 1}"

    for match in _RUNNER.finditer(text):
        yield JobFact("runner", match["runner"], origin(match.end()))
    for match in _SUBMIT.finditer(text):
        yield JobFact("runner", "ray", origin(match.end()))
    for match in _START.finditer(text):
        for count in _COUNT.finditer(match["options"]):
            if int(count["count"]):  # 0: a head that takes no tasks
                at = origin(match.start("options") + count.start())
                yield JobFact(f"{count['what']}-per-node", int(count["count"]), at)
    if manifest and "ray.io/" in text:
        for entries in documents(text):
            yield from _of_manifest(entries, name)


def _of_manifest(entries: Sequence[Entry], name: str) -> Iterator[JobFact]:
    """The cluster of one of KubeRay's resources: the groups of nodes that take tasks, where they are alike."""
    if not any(entry.path == ("kind",) and entry.value in _RAY_KINDS for entry in entries):
        return
    groups = _groups(entries)
    numbers = [_replicas(group) for group in groups]
    at = next((entry.line for entry in entries if entry.path == ("kind",)), 1)
    if groups and all(number is not None for number in numbers) and (counted := sum(n or 0 for n in numbers)):
        yield JobFact("nodes", counted, f"{name}:{_line(groups[-1], 'replicas', at)}")
    for key, start, limit in (
        ("cpus-per-node", "num-cpus", "cpu"),
        ("gpus-per-node", "num-gpus", "nvidia.com/gpu"),
    ):
        used = [group for group, number in zip(groups, numbers, strict=True) if number != 0]
        amounts = {_amount(group, start, limit) for group in used}
        if len(amounts) == 1 and (amount := amounts.pop()):
            yield JobFact(key, amount, f"{name}:{_line(used[-1], start, _line(used[-1], limit, at))}")


_Group = Mapping[str, Entry]
"""The sizes of a group of nodes, and what Ray has on each, by their last key."""
_SIZES = frozenset({"replicas", "minReplicas", "maxReplicas", "numOfHosts"})
_STARTED = frozenset({"num-cpus", "num-gpus"})
_LIMITS = ("containers", 0, "resources", "limits")
"""Where the limits of a pod's first container stand, which is Ray's."""


def _groups(entries: Sequence[Entry]) -> list[_Group]:
    """The groups of nodes that take tasks: the head, unless it has no CPU for them, and the workers'."""
    head: dict[str, Entry] | None = None
    workers: dict[int, dict[str, Entry]] = {}
    for entry in entries:
        *above, key = entry.path
        counts = (key in _STARTED and above[-1:] == ["rayStartParams"]) or tuple(above[-4:]) == _LIMITS
        if "workerGroupSpecs" in above[:-1]:
            index = above[above.index("workerGroupSpecs") + 1]
            if isinstance(index, int):
                group = workers.setdefault(index, {})
                if counts or (key in _SIZES and above[-1] == index):
                    group[str(key)] = entry
        elif "headGroupSpec" in above:
            head = {} if head is None else head
            if counts:
                head[str(key)] = entry
    groups = [workers[index] for index in sorted(workers)]
    takes_tasks = head is not None and ("num-cpus" not in head or head["num-cpus"].value != "0")
    return [head, *groups] if takes_tasks and head is not None else list(groups)


def _replicas(group: _Group) -> int | None:
    """How many nodes a group has; None where that changes, or a template fills it in. A head has no such number."""
    if not _SIZES & group.keys():
        return 1
    least, most = (group[key].value if key in group else None for key in ("minReplicas", "maxReplicas"))
    if least != most and least is not None and most is not None:
        return None
    number = group["replicas"].value if "replicas" in group else least or "0"
    hosts = group["numOfHosts"].value if "numOfHosts" in group else "1"
    known = all(_NUMBER.fullmatch(text) for text in (number, hosts))
    return int(number) * int(hosts) if known else None


def _amount(group: _Group, start: str, limit: str) -> int | None:
    """What Ray is started with, else the container's limit, rounded up as KubeRay does."""
    entry = group.get(start) or group.get(limit)
    match = _QUANTITY.fullmatch(entry.value) if entry is not None else None
    if match is None:
        return None
    return math.ceil(float(match["number"]) / (1000 if match["milli"] else 1))


def _line(group: _Group, key: str, otherwise: int) -> int:
    return group[key].line if key in group else otherwise
