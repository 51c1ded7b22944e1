"""The pages of the site that come from the code, as an MkDocs hook: nothing of them is written into the tree.

Each fact has one source: a rule's page is what `explain` prints and the fixtures that the tests run; the configuration
reference asks `daft_lint.config` itself for its keys and types; the pictures are drawn from the tool's own output.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import html
import io
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent


def importable() -> None:
    """Puts the checkout's packages on the path; MkDocs takes them off again after it has loaded a hook."""
    for folder in ("docs", "runtime", "rules", "."):
        if str(ROOT / folder) not in sys.path:
            sys.path.insert(0, str(ROOT / folder))


importable()

import cli_page  # noqa: E402
import snippets  # noqa: E402

from daft_lint import config  # noqa: E402
from daft_lint.api.rule import Level, Rule  # noqa: E402
from daft_lint.config import schema  # noqa: E402
from daft_lint.lint import documentation  # noqa: E402
from daft_lint.lint.registry import documented_rules  # noqa: E402
from daft_lint.pipeline import model  # noqa: E402
from daft_lint.pipeline.catalog.history import changes, lookup  # noqa: E402
from daft_lint.report import links  # noqa: E402

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

FIXTURES = ROOT / "fixtures" / "rules"
MARKER = re.compile(r" *# expect: .*$", re.M)
FAMILIES = {
    "DFT0": "Files and comments",
    "DFT1": "Streaming heavy data",
    "DFT2": "Fanning out light data",
    "DFT3": "UDF resources",
    "DFT4": "The API",
    "DFT5": "Work done twice, or for nothing",
}
LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.ADVICE: "advice"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """MkDocs's event: fills the navigation's "Rules" with every rule there is; links of reports lead to the site."""
    importable()
    config.site_url = f"{links.site()}/" if links.site() else None
    for entry in config.nav or []:
        if isinstance(entry, dict) and "Rules" in entry:
            entry["Rules"] = [
                "rules/index.md",
                *({f"{rule.code} {rule.name}": f"rules/{rule.code}.md"} for rule in documented_rules()),
            ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:  # the names are MkDocs's
    """MkDocs's event: adds the generated pages and pictures to those on disk."""
    from mkdocs.structure.files import File

    for path, content in {**pages(), **pictures()}.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """MkDocs's event: puts sections of the page of measurements where a page asks for them."""
    return re.sub(r"<!-- measured: (.+?) -->", lambda match: measured(match[1]), markdown)


def measured(section: str) -> str:
    """A section of the page of measurements, without its heading. Raises `ValueError` for one that is not there."""
    _, _, body = (ROOT / "docs" / "pages" / "measurements.md").read_text(encoding="utf-8").partition(f"## {section}\n")
    if not body:
        raise ValueError(f"measurements.md has no section {section}")
    return body.split("\n## ")[0].strip()


def pages() -> dict[str, str]:
    """The generated pages by their path in the site, in Markdown."""
    rules = documented_rules()
    found = {f"rules/{rule.code}.md": rule_page(rule) for rule in rules}
    found["rules/index.md"] = rules_index(rules)
    found["configuration.md"] = configuration_page()
    found["cli.md"] = cli_page.cli_page()
    found["versions.md"] = versions_page()
    found["map.md"] = map_page()
    found["changelog.md"] = of_the_checkout("CHANGELOG.md")
    found["contributing.md"] = of_the_checkout("CONTRIBUTING.md")
    return found


def rules_index(rules: Sequence[type[Rule]]) -> str:
    """The table of all rules."""
    parts = [
        "# Rules",
        "A code never changes its meaning. `select` and `ignore` take codes and their beginnings: `DFT1` is a family. "
        "The level is the highest that a rule reports at; weak evidence lowers it.",
    ]
    families = sorted({rule.code[:4] for rule in rules})
    for family in families:
        rows = ["| code | name | level | fix | what it finds |", "|---|---|---|---|---|"]
        for rule in rules:
            if rule.code.startswith(family):
                level = LEVELS[rule.level]
                chip = f'<span class="level {level}">{level}</span>'
                fix = "yes" if rule.fixable else ""
                what = documentation.summary(rule).replace("|", "\\|")
                rows.append(f"| [{rule.code}]({rule.code}.md) | {rule.name} | {chip} | {fix} | {what} |")
        parts += [f"## {family}: {FAMILIES.get(family, 'More')}", explained(rows)]
    return "\n\n".join(parts) + "\n"


def explained(rows: Sequence[str]) -> str:
    """A table whose last column is a text to read."""
    table = "\n".join(rows)
    return f'<div class="explained" markdown>\n\n{table}\n\n</div>'


def rule_page(rule: type[Rule]) -> str:
    """What `explain` prints, a fixture that it finds, with its fix, and one that it leaves alone."""
    parts = [fenced_examples(documentation.page(rule))]
    if "easured" in parts[0] or "measurement" in parts[0] or "experiment e" in parts[0]:
        parts.append("What was measured, and on what, is among the [measurements](../measurements.md).")
    found, fixed, silent = examples(rule.code)
    if found is not None:
        parts += ["## A script that it finds", code_block(annotated(found), "python")]
        if fixed is not None:
            difference = difflib.unified_diff(
                MARKER.sub("", found).splitlines(), MARKER.sub("", fixed).splitlines(), "before", "after", lineterm=""
            )
            parts += ["After `daft-lint fix --unsafe`:", code_block("\n".join(difference), "diff")]
    if silent is not None:
        parts += ["## A script that it leaves alone", code_block(MARKER.sub("", silent), "python")]
    return "\n\n".join(parts) + "\n"


def examples(code: str) -> tuple[str | None, str | None, str | None]:
    """The shortest fixture that is found (with a fix, where there is one), its fixed text, the shortest silent one."""
    scripts = [path for path in FIXTURES.glob(f"{code}/*.py") if not path.name.endswith(".fixed.py")]
    scripts.sort(key=lambda path: (path.stat().st_size, path.name))
    found = [path for path in scripts if path.name.startswith("found_")]
    with_fix = [path for path in found if path.with_suffix(".fixed.py").exists()]
    silent = [path for path in scripts if path.name.startswith("silent_")]
    best = next(iter(with_fix or found), None)
    fixed = best.with_suffix(".fixed.py") if best is not None and with_fix else None
    first, second, third = (
        None if path is None else path.read_text(encoding="utf-8") for path in (best, fixed, next(iter(silent), None))
    )
    return first, second, third


def annotated(script: str) -> str:
    """A fixture with its markers as a reader would write them: `# DFT101, warning`."""
    return re.sub(r"# expect: (DFT\d+) (\w+)", r"# \1, \2", script)


def code_block(text: str, language: str) -> str:
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def fenced_examples(markdown: str) -> str:
    """Blocks of code that are set off by indentation, as fenced ones, so that they are coloured."""
    lines = markdown.split("\n")
    made: list[str] = []
    block: list[str] = []
    inside_fence = False
    for line in [*lines, ""]:
        inside_fence ^= line.startswith("```")
        starts = line.startswith("    ") and (block or not made or not made[-1].strip())
        if not inside_fence and (starts or (block and not line.strip())):
            block.append(line[4:])
            continue
        if block:
            made += [code_block("\n".join(block).rstrip(), "python"), ""]
            block = []
        made.append(line)
    return "\n".join(made).rstrip()


# ---- the configuration


TABLES = ("cluster", "sources", "udfs", "verify")
"""The keys that are tables with keys of their own."""


def configuration_page() -> str:
    """The page on disk with the reference where it says `<!-- reference -->`."""
    text = (ROOT / "docs" / "configuration.in.md").read_text(encoding="utf-8")
    return text.replace("<!-- reference -->", configuration_reference())


def configuration_reference() -> str:
    """Every key with its type, default and meaning, asked of the code that reads them."""
    tables = (
        ("`[tool.daft-lint]`", "", (config.Config, model.Settings)),
        ("`[tool.daft-lint.cluster]`", "cluster", (model.Cluster,)),
        ('`[tool.daft-lint.sources."pattern"]`', 'sources."x"', (model.SourceFacts,)),
        ('`[tool.daft-lint.udfs."file.py:name"]`', 'udfs."x"', (model.UdfFacts,)),
        ("`[tool.daft-lint.verify]`", "verify", (config.VerifyConfig,)),
    )
    return "\n\n".join(f"### {title}\n\n{_key_table(prefix, classes)}" for title, prefix, classes in tables)


def _key_table(prefix: str, classes: Sequence[type]) -> str:
    described = {name: text for cls in classes for name, text in schema.field_docs(cls).items()}
    defaults: dict[str, Any] = {f.name: f.default for cls in classes for f in dataclasses.fields(cls)}
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key in known_keys(prefix):
        name = key.replace("-", "_")
        if not prefix and key in TABLES:
            continue
        if name not in described:
            raise ValueError(f"nothing stands below the field of the key {key}: say there what it means")
        meaning = " ".join(described[name].split())
        rows.append(f"| `{key}` | {wanted(prefix, key)} | {_default(defaults[name])} | {meaning} |".replace("\n", " "))
    return explained(rows)


def known_keys(prefix: str = "") -> tuple[str, ...]:
    """The keys of a table, as the message about an unknown key lists them."""
    message = _complaint(prefix, "zzzzzzzz", "1")
    return tuple(message.split("; known are ")[1].split(", "))


def wanted(prefix: str, key: str) -> str:
    """What a key takes, as the message about a wrong value says it."""
    message = _complaint(prefix, key, "{}") or _complaint(prefix, key, "1")
    if message.split(" must be ")[1].startswith("a table"):
        return "a table of patterns and " + ("lists of rules" if not prefix else "paths")
    return re.sub(r'"([^"]*)"', r"`\1`", message.split(" must be ")[1].rsplit(", not ", 1)[0])


def _complaint(prefix: str, key: str, value: str) -> str:
    header = f"[{prefix}]\n" if prefix else ""
    try:
        config.parse(f"{header}{key} = {value}\n", Path("daft-lint.toml"))
    except config.ConfigError as error:
        return str(error)
    return ""


def _default(value: object) -> str:
    if value is None or value == () or value is dataclasses.MISSING:
        return "none"
    if isinstance(value, Level):
        return f"`{value.name.lower()}`"
    if isinstance(value, tuple):
        return "`" + json.dumps(list(value)) + "`"
    return f"`{json.dumps(value)}`" if isinstance(value, str | bool) else f"`{value:_}`"


def versions_page() -> str:
    """Which versions of Python, Daft, Ray and other packages go with this one, as the project and its tables say."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", text) for text in project["classifiers"]]
    pythons = ", ".join(match[1] for match in named if match is not None)
    newest = ".".join(map(str, lookup.NEWEST))
    versions = [version for change in changes.changes() for version in (change.deprecated, change.changed) if version]
    oldest = ".".join(map(str, min(versions)))
    rows = [
        ("Python", pythons, "runs the linter; its syntax has to cover that of the scripts"),
        ("Daft that scripts are for", f"{oldest} to {newest}", f"what changed is known; newer ones count as {newest}"),
        ("Daft that `verify`, `profile` and `tune` run", _required("daft", project), "with the extra `runtime`"),
        ("Daft and Ray that they were tested with", _said("verify.md", r"Tested with (Daft .+ on Ray .+?):"),
         "other pairs were not tested"),
        ("Daft and Ray that were measured", _said("measurements.md", r"measured with (Daft [\d.]+ and Ray [\d.]+) on"),
         "what the numbers of messages and rules come from"),
    ]  # fmt: skip
    table = ["| | versions | what for |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    packages = ["| install | packages |", "|---|---|", f"| `daft-lint` | {_codes(project['dependencies'])} |"]
    for extra in USER_EXTRAS:
        packages.append(f"| `daft-lint[{extra}]` | {_codes(project['optional-dependencies'][extra])} |")
    return "\n\n".join([VERSIONS, "\n".join(table), "## Packages", "\n".join(packages)]) + "\n"


VERSIONS = """# Versions

The linter needs neither Daft nor Ray: it goes by the Daft that a project pins, requires or has installed, or by
[`target-daft`](configuration.md#keys). A rule about a call that this Daft lacks, or has no longer, says nothing."""
USER_EXTRAS = ("runtime", "lsp", "flake8")


def _required(name: str, project: Mapping[str, Any]) -> str:
    """The versions of a package that the extra `runtime` takes."""
    (found,) = (text for text in project["optional-dependencies"]["runtime"] if text.startswith(name))
    return f"`{found}`"


def _said(page: str, pattern: str) -> str:
    """What a page says of versions, in the group of the pattern. Raises `ValueError` where it says nothing."""
    match = re.search(pattern, of_the_checkout(f"docs/pages/{page}"))
    if match is None:
        raise ValueError(f"{page} does not say which Daft and Ray: {pattern}")
    return match[1]


def _codes(requirements: Sequence[str]) -> str:
    return ", ".join(f"`{one}`" for one in requirements)


PACKAGES = {
    "daft_lint": "The linter: knows Daft and LibCST, never imports daft, ray or a user's module.",
    "daft_lint/pipeline": "The model that rules read, and the interpreter that makes it.",
    "daft_lint/report": "How findings are written, a small module for each format.",
    "rules/daft_lint_rules": "The rules, one a file, and what they share.",
    "runtime/daft_lint_runtime": "Runs scripts on Daft and Ray, and measures.",
}


def map_page() -> str:
    """Every module and the first paragraph of its docstring."""
    parts = [
        "# Map of the house",
        "One direction, no way back: **text → tree → pipelines → findings → edits → text**. "
        "The texts are the first paragraphs of the modules' docstrings.",
    ]
    for folder in sorted({path.parent for top in PACKAGES for path in (ROOT / top).rglob("*.py")}):
        name = folder.relative_to(ROOT).as_posix()
        rows = ["| module | what |", "|---|---|"]
        for path in sorted(folder.glob("*.py")):
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            if doc:
                rows.append(
                    f"| `{path.name}` | {' '.join(doc.split(chr(10) * 2)[0].split())} |".replace("\\|", "\\\\|")
                )
        if len(rows) > 2:
            parts += [f"## `{name}`", *([PACKAGES[name]] if name in PACKAGES else []), "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def of_the_checkout(name: str) -> str:
    """A page of the checkout; its links to pages of the site become links within it, those to other files text."""
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"\]\(docs/pages/([\w-]+\.md)", r"](\1", text)
    return re.sub(r"\[([^\]]+)\]\((?!https?:|[\w-]+\.md|#)[^)]+\)", r"\1", text)


# ---- pictures


def pictures() -> dict[str, str]:
    """SVG pictures by their path in the site."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snippets.write_files(readme, folder)
        colour = {"FORCE_COLOR": "1", "NO_COLOR": ""}
        return {
            "assets/check.svg": terminal("daft-lint check embed.py --select DFT101", folder, colour),
            "assets/plan.svg": drawing(
                json.loads(snippets.run("daft-lint plan embed.py --format json", folder).stdout)
            ),
        }


def terminal(line: str, folder: Path, environment: Mapping[str, str]) -> str:
    """A terminal window with a command and what it prints, in colour."""
    from rich.console import Console
    from rich.text import Text

    printed = snippets.run(line, folder, environment).stdout
    console = Console(record=True, width=108, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ ", style="bold green") + Text(line, style="bold"))
    console.print(Text.from_ansi(printed.rstrip("\n")))
    svg = console.export_svg(title="daft-lint", unique_id="daft-lint")
    # No font from elsewhere: the page loads nothing that is not its own.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    return svg.replace("font-family: Fira Code, monospace", "font-family: ui-monospace, Menlo, Consolas, monospace")


WIDTH, HEIGHT, GAP = 640, 62, 30


def drawing(plan: Mapping[str, Any]) -> str:
    """A plan drawn from `plan --format json`: a box for each step, a thick line where heavy data flows."""
    steps = plan["pipelines"][0]["steps"]
    total = len(steps) * (HEIGHT + GAP) - GAP + 4
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" role="img"'
        ' aria-label="A plan: each step, and where heavy data flows">',
        "<style>text{font:14px ui-sans-serif,system-ui,sans-serif;fill:#1f2933}.name{font-weight:700}"
        ".note{fill:#52606d}rect{fill:#f5f7fa;stroke:#7b8794}.heavy{fill:#fff1e6;stroke:#d9480f}line{stroke:#7b8794;stroke-width:2}"
        "line.flow{stroke:#d9480f;stroke-width:9}</style>",
    ]
    for index, step in enumerate(steps):
        top = 2 + index * (HEIGHT + GAP)
        heavy = _heavy(step)
        parts.append(
            f'<rect class="{"heavy" if heavy else ""}" x="2" y="{top}" width="{WIDTH - 4}" height="{HEIGHT}" rx="8"/>'
        )
        parts.append(f'<text class="name" x="18" y="{top + 26}">{html.escape(_step_name(step))}</text>')
        parts.append(f'<text class="note" x="18" y="{top + 47}">{html.escape(_step_note(step))}</text>')
        if index + 1 < len(steps):
            below = top + HEIGHT
            flow = "flow" if heavy else ""
            parts.append(f'<line class="{flow}" x1="{WIDTH // 2}" y1="{below}" x2="{WIDTH // 2}" y2="{below + GAP}"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _heavy(step: Mapping[str, Any]) -> list[str]:
    return [column["column"] for column in step["heavy"]]


def _step_name(step: Mapping[str, Any]) -> str:
    count = "" if step["count"] is None else f"({step['count']})"
    udfs = "".join(f"  ·  {udf['name']}" for udf in step["udfs"])
    made = "".join(f"  ·  {name}" for name in step["inflates"])
    return f"{step['name']}{count}{made}{udfs}  ·  line {step['line']}"


def _step_note(step: Mapping[str, Any]) -> str:
    rows = "?" if step["rows"] is None else f"{step['rows']:,}"
    bounds = [call["bound"] for call in step["udfs"]] or [step["bound"]]
    bound = next((b for b in bounds if b is not None), None)
    calls = "no bound" if bound is None else f"{bound['rows'] or '?'} rows a call"
    heavy = "".join(f"  ·  {name} is heavy" for name in _heavy(step))
    return f"rows {rows}  ·  partitions {step['partitions']}  ·  {calls}{heavy}"
