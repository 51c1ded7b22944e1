"""Runs inputs through the command line in this process and says what each did wrong."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import hashlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tokenize
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree

from .inputs import CACHE, Input, make, mutated, with_other_values

SECONDS = 10
"""The longest that one input may take, of this process's CPU: a busy machine is no hang."""
WAIT = 6
"""How many times as long it may take by the clock: what waits for ever takes no CPU."""
COLLECT_EVERY = 250
"""Inputs between two collections of garbage: check leaves its trees to the oldest generation, which is seldom asked."""
SUPPRESSION = re.compile(r"#\s*noqa|daft-lint:\s*ignore", re.IGNORECASE)
CHECKSUM = 32
"""Bytes in front of a record of the cache."""

Seen = Callable[[int, "Input", "int | None"], None]
"""Called with each input's number, the input, and the exit status; before it runs, with None."""


class Hang(BaseException):
    """Raised by the alarm; no handler of ordinary exceptions catches it."""


class Wrong(Exception):
    """What an input did that it should not."""


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
        for name, raw in self.given.files:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(raw)
        said = f"in {self.given.below}: {self.given.arguments!r}\n\n{self.what}\n"
        (place / "what.txt").write_text(said, encoding="utf-8", errors="backslashreplace")
        (place / "stdin").write_bytes(self.given.stdin)


def generated(seed: int, number: int) -> Input:
    """Input `number` of the run with this seed."""
    return make(random.Random(f"{seed}/{number}"))


def run_all(
    seed: int, numbers: range, seen: Seen | None = None, make: Callable[[int, int], Input] = generated
) -> Iterator[Failure]:
    """Every input that went wrong; `make` makes the one with a number."""
    with scratch() as folder:
        for number in numbers:
            if number % COLLECT_EVERY == 0:
                gc.collect()
            given = make(seed, number)
            if seen is not None:
                seen(number, given, None)
            status: int | None = None
            try:
                status = run(given, folder)
            except Wrong as wrong:
                yield Failure(seed, number, given, str(wrong))
            if seen is not None and status is not None:
                seen(number, given, status)


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


def run(given: Input, folder: Path) -> int:
    """Run one input in `folder`; the exit status of its first command. Raises `Wrong`."""
    _lay_out(given, folder)
    before = contents(folder)
    os.chdir(folder / given.below)
    try:
        status = _expect(given, given.arguments)
        after = contents(folder)
        _only_what_may(given, before, after)
        if given.kind in ("apply", "ignores"):
            _kept(given, before, after)
        if given.kind == "apply" and "--interactive" not in given.arguments:
            again = _expect(given, given.arguments)
            if contents(folder) != after and 2 not in (status, again):
                raise Wrong("a second fix changes more")
        if given.again is not None and status != 2 and _expect(given, given.again) == 1:
            raise Wrong(f"{given.again} still finds something")
        if given.spoil is not None:
            spoil(folder / given.spoiled, random.Random(given.spoil))
            _expect(given, given.arguments)
            _only_what_may(given, before, contents(folder))
    finally:
        os.chdir(folder)
        shutil.rmtree(folder / CACHE, ignore_errors=True)
    return status


def _lay_out(given: Input, folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    for name, raw in given.committed:
        (folder / name).write_bytes(raw)
    if given.committed:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "x")):
            subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    for name, _ in given.committed:
        (folder / name).unlink()
    for name, raw in given.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of the folder but git's own."""
    found: dict[str, bytes] = {}
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = os.path.join(top, name)
            with open(path, "rb") as stream:
                found[os.path.relpath(path, folder)] = stream.read()
    return found


def _only_what_may(given: Input, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    folders = tuple(name for name in given.may_write if name.endswith("/"))
    wrong = sorted(name for name in changed - given.may_write if not (folders and name.startswith(folders)))
    if wrong:
        raise Wrong(f"files changed: {wrong}")


def _kept(given: Input, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """No comment is lost by a fix, and no code changed by a suppression."""
    old, new = before.get("a.py"), after.get("a.py")
    if old is None or new is None or old == new:
        return
    tokens = tokens_of(old), tokens_of(new)
    if tokens[0] is None:
        return
    if tokens[1] is None:
        raise Wrong(f"what was written is no Python:\n{new.decode('utf-8', 'replace')}")
    lost_comments = Counter(tokens[0][1]) - Counter(tokens[1][1])
    # A suppression that silences nothing is taken out (DFT002).
    if given.kind == "apply" and any(not SUPPRESSION.search(comment) for comment in lost_comments):
        raise Wrong(f"comments are lost: {lost_comments}")
    if given.kind == "ignores" and tokens[0][0] != tokens[1][0]:
        raise Wrong("a suppression changed code")
    lines = iter(new.splitlines(keepends=True))
    if lost := next((line for line in given.host.splitlines(keepends=True) if line not in lines), None):
        raise Wrong(f"a line of other code is lost: {lost!r}")


def tokens_of(raw: bytes) -> tuple[list[str], list[str]] | None:
    """The code of a script by tokens, and its comments; None where it is no Python."""
    code: list[str] = []
    comments: list[str] = []
    try:
        for token in tokenize.tokenize(io.BytesIO(raw).readline):
            if token.type == tokenize.COMMENT:
                comments.append(token.string)
            elif token.type != tokenize.NL:
                code.append(token.string.rstrip("\r\n"))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    return code, comments


def spoil(left: Path, random: random.Random) -> None:
    """Change what a run left: each record of a cache, most of them with the checksum of what they say now, or nothing
    would read further; or a file."""
    if left.is_file():
        left.write_bytes(random.choice([mutated, with_other_values])(random, left.read_bytes()))
    for record in sorted(left.glob("*.json")):
        raw = record.read_bytes()
        text = random.choice([mutated, with_other_values, with_other_values])(random, raw[CHECKSUM:])
        checksum = hashlib.blake2b(text, digest_size=CHECKSUM // 2).hexdigest().encode()
        record.write_bytes((checksum if random.random() < 0.9 else raw[:CHECKSUM]) + text)


def _expect(given: Input, arguments: tuple[str, ...]) -> int:
    """Run a command line; its exit status. Raises `Wrong` for what no run may do."""
    status, out, errors = in_process(arguments, given.stdin)
    if status not in (0, 1, 2):
        raise Wrong(f"exit status {status}\n{errors}")
    for words in ("Traceback", "internal error", "rule failed"):
        if words in errors:
            raise Wrong(errors)
    if status == 2 and not errors.strip() and out.count("\n") < 3:
        raise Wrong("exit status 2, and not a word why")
    if given.kind == "grammar" and "too deep" in errors + out:
        raise Wrong(f"too deep, a script that is not: {errors}")
    if status != 2 and "--format" in arguments and "--output" not in arguments:
        _read_back(arguments[arguments.index("--format") + 1], out)
    return status


def _read_back(form: str, out: str) -> None:
    """A report for machines can be read by one."""
    try:
        if form in ("json", "sarif", "gitlab"):
            json.loads(out)
        elif form == "junit":
            ElementTree.fromstring(out.encode("utf-8", "surrogatepass"))
    except (ValueError, ElementTree.ParseError) as error:
        raise Wrong(f"no {form}: {error}\n{out[:2000]}") from None
    lines = out.splitlines()
    if form == "github" and not all(line.startswith("::") for line in lines[:-1]):
        raise Wrong(f"a line of its own:\n{out[:2000]}")
    if form == "markdown" and {line.count("|") for line in lines[2:]} - {6}:
        raise Wrong(f"no table:\n{out[:2000]}")


def in_process(arguments: tuple[str, ...], stdin: bytes = b"") -> tuple[int, str, str]:
    """The exit status and what was written to the two streams. Raises `Wrong` for what leaves the command line, and for
    what does not end."""
    from daft_lint.cli.app import run as run_command

    out, errors = io.BytesIO(), io.BytesIO()
    streams = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(errors, encoding="utf-8", write_through=True)
    try:
        with alarm():
            status = run_command(arguments)
        return status, out.getvalue().decode("utf-8", "replace"), errors.getvalue().decode("utf-8", "replace")
    except Hang as hang:
        _end_threads()
        raise Wrong(f"{hang}\n{_tail()}") from None
    except BaseException:  # noqa: BLE001  # whatever leaves the command line is what the fuzzer looks for
        raise Wrong(_tail()) from None
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams


def _tail() -> str:
    return "\n".join(traceback.format_exc().splitlines()[-40:])


@contextlib.contextmanager
def alarm() -> Iterator[None]:
    """Raise `Hang` in the main thread, which waits while another one works, after this time."""
    cpu, clock = time.process_time(), time.monotonic()

    def ring(_number: int, _frame: FrameType | None) -> None:
        worked, waited = time.process_time() - cpu, time.monotonic() - clock
        if worked > SECONDS or waited > SECONDS * WAIT:
            signal.setitimer(signal.ITIMER_REAL, 0)  # stacks take their time to read: no ring within this one
            places = "\n".join("".join(traceback.format_stack(frame, 8)) for frame in sys._current_frames().values())
            raise Hang(f"{worked:.1f} s of CPU, {waited:.1f} s by the clock, and no end\n{places}")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS / 10, SECONDS / 10)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _end_threads() -> None:
    """End daft-lint's thread that goes on when its main thread has given it up: the inputs after it want the CPU."""
    for thread in threading.enumerate():
        if not thread.name.startswith("daft-lint"):
            continue  # Daft's own, say, which nothing can end or wait for
        while thread.ident is None:  # given up while it was being started
            time.sleep(0.01)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
        thread.join(60)
