"""Daft's own tests of an older version, rewritten by `daft-lint upgrade` and run on the newest Daft.

The test files that use an old spelling run on their own version, and rewritten on the newest one. `own_tests.tsv`
explains each test that passes on its own version and not rewritten, by a kind:

- `internal`: it is about what is not public, such as the text of an error or of a plan.
- `removed`: the newest Daft cannot do it at all, or no one spelling does for all that the test hands to it.
- `engine`: the same call gives something else.
- `hand`: there is an upgrade, which is written by hand: `upgrade` says so, or cannot see the place.

What is counted: a test with its parameters is one. It counts where it passes on its own version and an upgrade of it
exists: where it passes rewritten, or fails and no line of the first three kinds says why. The share is that of the
counted tests that pass rewritten, so `hand` and what no line explains lower it.

The tests come from Daft's repository: a clone that `DAFT_LINT_DAFT_REPOSITORY` names, or one that is made in the cache.
They run without a network, so that those that need one fail on their own version as well, and do not count.
"""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from api_history import releases
from api_history.releases import Version, spell

REPOSITORY = "https://github.com/Eventual-Inc/Daft"
TOOLS = "pytest pytest-timeout hypothesis httpx s3fs sqlalchemy tiktoken pytz tenacity lxml xxhash".split()
"""What Daft's tests import beside `releases.BASE`."""
EXCLUDED = frozenset("integration benchmarks microbenchmarks connect ray actor_pool".split())
"""Folders of tests that need a service, a cluster or a GPU."""
TABLE = Path(__file__).with_name("own_tests.tsv")
KINDS = ("removed", "engine", "hand", "internal")
UNCOUNTED = frozenset({"internal", "removed", "engine"})
"""Kinds of failures that no upgrade mends."""
TIMEOUT_S = 60
"""Of one test."""
_NOWHERE = "http://127.0.0.1:9"
OFFLINE = {
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), _NOWHERE),
    **dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1"),
}
"""Variables that keep a process off the network, but for servers of its own."""


@dataclass(frozen=True)
class Explanation:
    """A line of `own_tests.tsv`: why tests fail when rewritten.

    `pattern` is one of `file::name#number`; `version` is a version, or a pattern of several.
    """

    version: str
    pattern: str
    kind: str
    reason: str

    def covers(self, version: str, test: str) -> bool:
        return fnmatch.fnmatchcase(version, self.version) and fnmatch.fnmatchcase(test, self.pattern)


@dataclass(frozen=True)
class Outcome:
    """What came of the tests of a version: `before` on its own Daft, `after` rewritten on the newest one, by test."""

    version: str
    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def passing(self) -> list[str]:
        """Those that pass on their own version."""
        return [test for test, outcome in self.before.items() if outcome == "passed"]

    @property
    def counted(self) -> list[str]:
        """Of these, those that an upgrade exists for."""
        return [test for test in self.passing if self.after.get(test) == "passed" or not self._has_none(test)]

    @property
    def failing(self) -> list[str]:
        return [test for test in self.counted if self.after.get(test) != "passed"]

    @property
    def unexplained(self) -> list[str]:
        return [test for test in self.failing if not self._explanations(test)]

    @property
    def share(self) -> float:
        """Of the tests that count, those that pass rewritten."""
        return 1 - len(self.failing) / max(1, len(self.counted))

    def _has_none(self, test: str) -> bool:
        return any(line.kind in UNCOUNTED for line in self._explanations(test))

    def kinds(self) -> Counter[tuple[str, str]]:
        """How many of the tests that fail rewritten each explanation is of, by kind and reason."""
        failed = (test for test in self.passing if self.after.get(test) != "passed")
        firsts = (next(iter(self._explanations(test)), None) for test in failed)
        return Counter((e.kind, e.reason) for e in firsts if e is not None)

    def _explanations(self, test: str) -> list[Explanation]:
        return [line for line in explanations() if line.covers(self.version, test)]


def explanations() -> list[Explanation]:
    """The lines of `own_tests.tsv`. Raises `ValueError` for one of another kind or without a reason."""
    found = []
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for line in lines[1:]:
        version, pattern, kind, reason = line.split("\t")
        if kind not in KINDS or not reason:
            raise ValueError(f"{TABLE.name}: {line}")
        found.append(Explanation(version, pattern, kind, reason))
    return found


def run(version: Version, newest: Version, part: tuple[int, int], texts: Sequence[str]) -> Outcome:
    """Run the test files of a version that have an old spelling, of these every `part[1]`th from `part[0]` on (from 1),
    and whose path holds one of `texts`. Raises `CalledProcessError` where something cannot be fetched, `RuntimeError`
    where no test could be run, mostly because a `conftest.py` imports what the environment lacks."""
    home = releases.cache() / "own-tests" / spell(version)
    old, new = home / "old", home / "new"
    shutil.rmtree(home, ignore_errors=True)
    fetch_tests(version, old)
    chosen = [f for f in test_files(old) if not texts or any(text in f for text in texts)][part[0] - 1 :: part[1]]
    shutil.copytree(old, new)
    python = releases.base_python("tests", TOOLS)
    releases.installed(version)
    releases.installed(newest)
    touched = rewrite(new, version, newest, chosen)
    before = run_pytest(python, old, version, touched)
    if touched and not before:
        raise RuntimeError(f"no test of Daft {spell(version)} could be run")
    after = run_pytest(python, new, newest, touched)
    return Outcome(spell(version), before, after)


def fetch_tests(version: Version, folder: Path) -> None:
    """Put the folder `tests` of a version into `folder`."""
    repository = os.environ.get("DAFT_LINT_DAFT_REPOSITORY")
    tag = f"v{spell(version)}"
    if repository is None:
        clone = releases.cache() / "daft-tests" / tag
        if not clone.exists():
            partial = clone.with_name(clone.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            options = ["--quiet", "--depth", "1", "--filter=blob:none", "--no-checkout", "--branch", tag]
            subprocess.run(["git", "clone", *options, REPOSITORY, partial], check=True)
            partial.rename(clone)
        repository = str(clone)
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", repository, "archive", tag, "tests"], check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)


def test_files(folder: Path) -> list[str]:
    """The test files below `folder / "tests"`, by their path from `folder`."""
    paths = sorted(path.relative_to(folder) for path in (folder / "tests").rglob("test_*.py"))
    return [path.as_posix() for path in paths if path.parts[1] not in EXCLUDED]


def rewrite(folder: Path, version: Version, newest: Version, chosen: Sequence[str]) -> list[str]:
    """Upgrade the chosen files, and what they share; those that have an old spelling."""
    (folder / "pyproject.toml").write_text("[tool.daft-lint]\n")
    shared = [p.relative_to(folder).as_posix() for p in (folder / "tests").rglob("*.py") if "test_" not in p.name]
    files = [*chosen, *shared]
    report = folder / "report.json"
    command = [sys.executable, "-m", "daft_lint", "upgrade", "--from", spell(version), "--to", spell(newest)]
    done = subprocess.run(
        [*command, "--unsafe", "--apply", "--report", "json", "--output", report, *files],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode > 1:
        raise RuntimeError(done.stderr)
    found = json.loads(report.read_text(encoding="utf-8"))
    touched = {*found["files_to_change"], *(left["path"] for left in found["left"] if left["code"] == "DFT405")}
    return [file for file in chosen if file in touched]


def run_pytest(python: Path, folder: Path, version: Version, files: Sequence[str]) -> dict[str, str]:
    """The outcome of each test: all files in one process, and where that dies, each file in its own."""
    if not files:
        return {}
    found = _outcomes(python, folder, version, files)
    if found is None:
        found = {}
        for file in files:
            found |= _outcomes(python, folder, version, [file]) or {}
    return found


def _outcomes(python: Path, folder: Path, version: Version, files: Sequence[str]) -> dict[str, str] | None:
    """None where the process left no report."""
    report = folder / "junit.xml"
    report.unlink(missing_ok=True)
    site = releases.environment(releases.installed(version))
    path = os.pathsep.join((site["PYTHONPATH"], str(Path(__file__).parent)))
    subprocess.run(
        [
            *(str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"),
            *("--rootdir", str(folder), "-c", os.devnull),
            # Of thousands of failures the tracebacks take minutes to print.
            *("--tb", "no", "-p", "internals", "--timeout", str(TIMEOUT_S), "--junitxml", str(report), *files),
        ],
        cwd=folder,
        env={**site, **OFFLINE, "PYTHONPATH": path, "DAFT_RUNNER": "native", "DAFT_PROGRESS_BAR": "0"},
        check=False,
        capture_output=True,
    )
    return dict(read_report(report)) if report.exists() else None


def read_report(report: Path) -> Iterator[tuple[str, str]]:
    """`file::name#number` and the outcome of each test of a JUnit report.

    Tests with parameters are numbered: their names have types in them, which each version spells in another way.
    """
    numbers: Counter[str] = Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        outcomes = {child.tag for child in case} & {"failure", "error", "skipped"}
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '').partition('[')[0]}"
        numbers[name] += 1
        yield f"{name}#{numbers[name]}", "skipped" if outcomes == {"skipped"} else "failed" if outcomes else "passed"
