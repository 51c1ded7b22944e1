"""From a keystroke to diagnostics, through the real language server.

    python benchmarks/keystrokes.py [--strokes 30] [--output FILE]

A file of fixtures with 500 lines, changed by one character at a time where a person types the next one after a second.
Seconds are by the clock of an idle machine, and of all of the server's processes by CPU, which no neighbour delays:
0.05 s of the clock are the pause that a stroke waits for another. The goal is 0.3 s.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import ENVIRONMENT, LINT, ROOT

LINES = 500
IDLE_SECONDS = 1.0
"""Between two strokes; fixes are tried after half of it."""


def text(seed: int) -> str:
    """Fixtures with findings, one behind the other, as many as fit."""
    paths = sorted((ROOT / "fixtures" / "rules").glob("*/found_*.py"))
    random.Random(seed).shuffle(paths)
    whole = ""
    for path in paths:
        part = path.read_text(encoding="utf-8")
        if "__future__" not in part and (whole + part).count("\n") <= LINES:
            whole += part
    return whole


class Server:
    """A server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        command = (*LINT, "server")
        self.process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.tell("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}}, number=1)
        self.wait(lambda message: message.get("id") == 1)
        self.tell("initialized", {})

    def tell(self, method: str, params: object, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **({} if number is None else {"id": number})}
        raw = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(raw) + raw)
        self.process.stdin.flush()

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that is wanted."""
        assert self.process.stdout is not None
        while True:
            length = 0
            while (line := self.process.stdout.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            message: dict[str, Any] = json.loads(self.process.stdout.read(length))
            if wanted(message):
                return message

    def diagnostics(self, version: int) -> int:
        """How many there are of a version, as soon as they are."""
        found = self.wait(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics"
                and message["params"].get("version") == version
            )
        )
        return len(found["params"]["diagnostics"])

    def cpu(self) -> float:
        """The CPU seconds of the server and of the processes that work for it, also of those that ended; 0 where there
        is no `/proc`."""
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                number, _, rest = path.read_text().partition(" ")
            except OSError:
                continue
            fields = rest.rpartition(")")[2].split()
            if self.process.pid in (int(number), int(fields[1])):
                ticks += sum(map(int, fields[11:15] if int(number) == self.process.pid else fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self.tell("shutdown", None, number=2)
        self.wait(lambda message: message.get("id") == 2)
        self.tell("exit", None)
        self.process.wait()


def measured(seed: int, strokes: int) -> str:
    """A line of the table."""
    whole = text(seed)
    lines = whole.splitlines()
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name))
        uri = (Path(name) / "a.py").as_uri()
        item = {"uri": uri, "languageId": "python", "version": 1, "text": whole}
        server.tell("textDocument/didOpen", {"textDocument": item})
        server.diagnostics(1)
        wall, cpu, found = [], [], 0
        for version in range(2, strokes + 2):
            time.sleep(IDLE_SECONDS)
            at = random.Random(version).randrange(len(lines))
            end = {"line": at, "character": len(lines[at])}
            change = {"range": {"start": end, "end": end}, "text": " "}
            lines[at] += " "
            busy, began = server.cpu(), time.monotonic()
            server.tell(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]},
            )
            found = server.diagnostics(version)
            wall.append(time.monotonic() - began)
            cpu.append(server.cpu() - busy)
        server.end()
    middle = statistics.median
    return f"{len(lines)} lines, {found} findings{middle(wall):>14.2f} s{middle(cpu):>8.2f} s CPU"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strokes", type=int, default=30)
    parser.add_argument("--output", type=Path, help="A file for the table.")
    given = parser.parse_args()
    said = [
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.0f} as it began; "
        f"median of {given.strokes} keystrokes to diagnostics; goal 0.30 s",
        *(measured(seed, given.strokes) for seed in (1, 2, 3)),
    ]
    print("\n".join(said))
    if given.output is not None:
        given.output.write_text("\n".join(said) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
