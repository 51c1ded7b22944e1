"""Runs inputs through the command line in this process and says what each did wrong."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .inputs import CACHE, Input, make, mutated, with_other_values

SECONDS = 10
"""The longest that one input may take."""
CHECKSUM = 32
"""Bytes in front of a record of the cache."""


class Hang(BaseException):
    """Raised by the alarm; no handler of ordinary exceptions catches it."""


@dataclass(frozen=True)
class Failure:
    """An input that did not end as it should: the number that makes it again, and what happened."""

    seed: int
    number: int
    given: Input
    what: str

    def save(self, folder: Path) -> None:
        """Write the input's files, its command line and what happened."""
        place = folder / f"{self.seed}-{self.number}"
        place.mkdir(parents=True, exist_ok=True)
        for name, raw in self.given.files:
            (place / name).write_bytes(raw)
        (place / "what.txt").write_text(f"{' '.join(self.given.arguments)}\n\n{self.what}\n", encoding="utf-8")
        (place / "stdin").write_bytes(self.given.stdin)


def generated(seed: int, number: int) -> Input:
    """Input `number` of the run with this seed."""
    return make(random.Random(f"{seed}/{number}"))


def run_all(seed: int, numbers: range) -> Iterator[Failure]:
    """Every input that went wrong."""
    with scratch() as folder:
        for number in numbers:
            given = generated(seed, number)
            what = run(given, folder)
            if what is not None:
                yield Failure(seed, number, given, what)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder to run in, with a cache folder of its own, as the working directory."""
    before, cache = os.getcwd(), os.environ.get("XDG_CACHE_HOME")
    base = Path(tempfile.mkdtemp(prefix="daft-lint-fuzz-"))
    work = base / "work"
    work.mkdir()
    os.environ["XDG_CACHE_HOME"] = str(base / "cache")
    os.chdir(work)
    try:
        yield work
    finally:
        os.chdir(before)
        if cache is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = cache
        shutil.rmtree(base, ignore_errors=True)


def run(given: Input, folder: Path) -> str | None:
    """Run one input in `folder`; what went wrong, None where all is well."""
    for entry in folder.iterdir():
        entry.unlink()
    for name, raw in given.files:
        (folder / name).write_bytes(raw)
    status, errors, failed = _in_process(given)
    if given.spoil is not None and failed is None:
        spoil(folder / CACHE, random.Random(given.spoil))
        status, errors, failed = _in_process(given)
        shutil.rmtree(folder / CACHE)
    if failed is not None:
        return failed
    if status not in (0, 1, 2):
        return f"exit status {status}\n{errors}"
    if "Traceback" in errors:
        return errors
    after = {entry.name: entry.read_bytes() for entry in folder.iterdir()}
    return None if after == dict(given.files) else f"files changed: {sorted(after)}"


def spoil(cache: Path, random: random.Random) -> None:
    """Change each record of a cache; most get the checksum of what they say now, or nothing would read further."""
    for record in sorted(cache.glob("*.json")):
        raw = record.read_bytes()
        text = random.choice([mutated, with_other_values, with_other_values])(random, raw[CHECKSUM:])
        checksum = hashlib.blake2b(text, digest_size=CHECKSUM // 2).hexdigest().encode()
        record.write_bytes((checksum if random.random() < 0.9 else raw[:CHECKSUM]) + text)


def _in_process(given: Input) -> tuple[int | None, str, str | None]:
    """The exit status, what was written to standard error, and the traceback where there was one."""
    from daft_lint.commands import run as run_command

    errors = io.BytesIO()
    streams = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BytesIO(given.stdin), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(errors, encoding="utf-8", write_through=True)
    try:
        with alarm(SECONDS):
            return run_command(given.arguments), errors.getvalue().decode("utf-8", "replace"), None
    except Hang:
        return None, "", f"more than {SECONDS} s\n{_tail()}"
    except BaseException:  # noqa: BLE001  # whatever leaves the command line is what the fuzzer looks for
        return None, "", _tail()
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams


def _tail() -> str:
    return "\n".join(traceback.format_exc().splitlines()[-40:])


@contextlib.contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Raise `Hang` in the main thread after this time."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
