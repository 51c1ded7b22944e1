"""The fenced blocks of the README and the site: runs them, and with `--update` writes the real output into the page.

- ```` ```python title="job.py" ````: a file that the page's commands see.
  One below `benchmarks/`, `examples/`, `fixtures/` or `docs/ci/` is the file of that name in the checkout.
- ```` ```console ````: lines with `$ daft-lint ...` and what they print, standard output and
  standard error together; a line with nothing but `…` stands for what is left out.
- ```` ```sh ````: commands to type. Those of daft-lint are run here, the others by `tests/test_page_commands.py`.
- `toml`, `yaml`, `json` and untitled `python` blocks are parsed, and `text` that is the TOML of another tool.
- Between `<!-- rules -->` and `<!-- /rules -->` stands the table of all rules.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from daft_lint import __version__  # noqa: E402
from daft_lint.config import ConfigError, parse  # noqa: E402
from daft_lint.lint import documentation  # noqa: E402
from daft_lint.lint.registry import documented_rules  # noqa: E402

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```$", re.M | re.S)
TITLE = re.compile(r'title="([^"]+)"')
RULES = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.S)
ELLIPSIS = "…"
SHOWN = ("benchmarks/", "examples/", "fixtures/", "docs/ci/")
"""Where the files of the checkout lie that pages show."""


@dataclass(frozen=True)
class Block:
    """A fenced block; `start:end` is its body in the page's text."""

    language: str
    title: str | None
    body: str
    start: int
    end: int


@dataclass(frozen=True)
class Command:
    """A command of a console block, what the page says that it prints, and where that stands in the page's text."""

    line: str
    expected: str
    start: int
    end: int


def page_files() -> list[Path]:
    """Every page that a person wrote."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "pages").rglob("*.md"))]


def blocks(text: str) -> Iterator[Block]:
    for match in FENCE.finditer(text):
        title = TITLE.search(match["info"])
        yield Block(
            match["language"], title.group(1) if title else None, match["body"], match.start("body"), match.end("body")
        )


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block. Raises `ValueError` for output that no command makes."""
    current: tuple[str, int] | None = None
    position = block.start
    for line in block.body.splitlines(keepends=True):
        if line.startswith("$ "):
            if current is not None:
                yield _command(block, *current, position)
            current = (line[2:].strip(), position + len(line))
        elif current is None:
            raise ValueError(f"a console block begins with a command, not with {line!r}")
        position += len(line)
    if current is not None:
        yield _command(block, *current, position)


def _command(block: Block, line: str, start: int, end: int) -> Command:
    return Command(line, block.body[start - block.start : end - block.start], start, end)


def write_files(text: str, folder: Path) -> None:
    """The page's titled blocks as files."""
    for block in blocks(text):
        if block.title is not None:
            target = folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.body, encoding="utf-8")


def run(line: str, folder: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a `daft-lint ...` command line in a folder, standard error among standard output."""
    words = shlex.split(line)
    if words[0] != "daft-lint":
        raise ValueError(f"only daft-lint is run: {line}")
    with tempfile.TemporaryDirectory() as site:
        return _run(words[1:], folder, Path(site), environment or {})


def _run(
    arguments: Sequence[str], folder: Path, site: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """As a reader's copy from a package index would: pages show no folder of the machine that writes them."""
    record = site / f"daft_lint-{__version__}.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: daft-lint\nVersion: {__version__}\n")
    path = os.pathsep.join([*(str(ROOT / part) for part in (".", "rules", "runtime")), str(site)])
    variables = {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "100", **environment}
    return subprocess.run(
        [sys.executable, "-m", "daft_lint", *arguments],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )


def says(expected: str, printed: str) -> bool:
    """Whether a command printed what the page says."""
    lines = (expected.rstrip("\n") + "\n").splitlines(keepends=True)
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == ELLIPSIS else re.escape(line) for line in lines)
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


def wrong_output(text: str) -> list[str]:
    """The commands of a page that print something else than it says, each with what they print."""
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(text, folder)
        for block in blocks(text):
            if block.language == "console":
                for command in commands(block):
                    printed = run(command.line, folder).stdout
                    if not says(command.expected, printed):
                        wrong.append(f"$ {command.line}\n{printed}")
            elif block.language == "sh":
                for line in lines_of(block):
                    if line.startswith("daft-lint "):
                        done = run(line, folder)
                        if done.returncode not in (0, 1) or "Traceback" in done.stdout:
                            wrong.append(f"{line}\n{done.stdout}")
    return wrong


def lines_of(block: Block) -> list[str]:
    """The commands of an `sh` block: no comments, no empty lines."""
    stripped = (line.split("  #")[0].strip() for line in block.body.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def example_of(block: Block) -> str | None:
    """What the file of the checkout says that a block shows; None for a block that shows none."""
    if block.title is None or not block.title.startswith(SHOWN):
        return None
    return (ROOT / block.title).read_text(encoding="utf-8")


def updated(text: str) -> str:
    """The page with what its commands print and its examples say today, where it says something else.

    Raises `RuntimeError` for a command that crashes: no page is to show that.
    """
    for block in reversed(list(blocks(text))):
        example = example_of(block)
        if example is not None and example != block.body:
            text = text[: block.start] + example + text[block.end :]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(text, folder)
        found = [c for block in blocks(text) if block.language == "console" for c in commands(block)]
        printed = {command: run(command.line, folder).stdout for command in found}
    for command, output in printed.items():
        if "Traceback (most recent call last)" in output:
            raise RuntimeError(f"{command.line} crashes:\n{output}")
    for command in reversed(found):
        if not says(command.expected, printed[command]):
            text = text[: command.start] + printed[command].rstrip("\n") + "\n" + text[command.end :]
    return text


def with_rules(text: str) -> str:
    """The page with the table of all rules where it asks for one."""
    rows = ["| code | name | what it reports | level | fix |", "|---|---|---|---|---|"]
    for rule in documented_rules():
        said = documentation.summary(rule).replace("|", "\\|")
        first = re.split(r"(?<=[^.][.:]) (?=[A-Z(])", said)[0].rstrip(".:")
        notes = "" if rule.default else ", off unless selected"
        level = f"{rule.level.name.lower()}{notes}"
        rows.append(f"| {rule.code} | {rule.name} | {first} | {level} | {'yes' if rule.fixable else ''} |")
    table = "\n".join(rows)
    return RULES.sub(lambda _: f"\n{table}\n\n", text)


def unparsable(text: str) -> list[str]:
    """What of the page's Python, TOML, YAML and JSON does not parse, in words."""
    problems = ((block, _problem(block)) for block in blocks(text))
    return [f"{block.language}: {problem}\n{block.body}" for block, problem in problems if problem is not None]


def _problem(block: Block) -> Exception | None:
    try:
        _parse(block)
    except (SyntaxError, ValueError, ConfigError) as error:
        return error
    return None


def _parse(block: Block) -> None:
    if block.language in ("python", "py"):
        ast.parse(block.body)
    elif block.language == "json":
        json.loads(block.body)
    elif block.language == "toml":
        parse(_of_the_tool(block.body), Path("daft-lint.toml"))
    elif block.language == "text" and block.title is None and block.body.startswith("["):
        tomllib.loads(block.body)
    elif block.language in ("yaml", "yml"):
        import yaml

        try:
            yaml.safe_load(block.body)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from error


def _of_the_tool(text: str) -> str:
    """The daft-lint.toml that says what a pyproject.toml says. Raises `ValueError` for the tables of other tools."""
    lines = [line for line in text.splitlines() if line.strip() != "[tool.daft-lint]"]
    own = "\n".join(line.replace("[tool.daft-lint.", "[", 1) for line in lines)
    if "[tool." in own:
        raise ValueError('give blocks for other tools the language "text"')
    return own


def main() -> int:
    """Tells which pages are out of date and returns 1 if any is; with `--update` writes them instead."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("pages", nargs="*", type=Path)
    given = parser.parse_args()
    status = 0
    for page in given.pages or page_files():
        text = page.read_text(encoding="utf-8")
        if given.update:
            new = with_rules(updated(text))
            if new != text:
                page.write_text(new, encoding="utf-8")
                print(f"updated {page}")
        else:
            for problem in wrong_output(text) + unparsable(text):
                status = 1
                print(f"{page}:\n{problem}")
    return status


if __name__ == "__main__":
    sys.exit(main())
