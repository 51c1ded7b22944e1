"""The README and the site say what is so: every command and snippet is run, every link and generated page is built."""

from __future__ import annotations

import ast
import functools
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daft_lint.api.formula import BatchCost, PartitionPlan
from daft_lint.cli.app import COMMANDS
from daft_lint.lint import documentation
from daft_lint.lint.registry import rules

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import cli_page  # noqa: E402
import generate  # noqa: E402
import snippets  # noqa: E402

PAGES = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in snippets.page_files()}
FORMULA = ROOT / "docs" / "pages" / "javascripts" / "formula.js"


@pytest.mark.parametrize("page", PAGES)
def test_commands_print_what_the_page_says(page: str) -> None:
    if page in ("docs/pages/verify.md", "docs/pages/tune.md"):
        for module in ("daft", "ray", "pyarrow", "psutil", "PIL"):
            pytest.importorskip(module, reason="needs the extra `runtime`")
    wrong = snippets.wrong_output(PAGES[page])
    assert not wrong, "`make snippets` writes this into the page:\n" + "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES)
def test_examples_are_those_of_the_checkout(page: str) -> None:
    for block in snippets.blocks(PAGES[page]):
        assert snippets.example_of(block) in (None, block.body), f"`make snippets` updates {block.title}"


@pytest.mark.parametrize("page", [*PAGES, "configuration.in.md"])
def test_snippets_parse(page: str) -> None:
    text = PAGES.get(page) or (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert not snippets.unparsable(text)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    made = {f"docs/pages/{path}" for path in (*generate.pages(), *("assets/check.svg", "assets/plan.svg"))}
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", PAGES[page]):
        path = os.path.normpath((Path(page).parent / target).as_posix())
        assert path in made or (ROOT / path).exists(), target


def test_hooks_exist() -> None:
    import yaml

    there = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    found = 0
    for page, text in PAGES.items():
        for block in snippets.blocks(text):
            loaded = yaml.safe_load(block.body) if block.language == "yaml" else None
            for repository in loaded.get("repos", ()) if isinstance(loaded, dict) else ():
                for hook in repository["hooks"]:
                    assert hook["id"] in there, f"{page}: {hook['id']}"
                    found += 1
    assert found


def test_commands_in_running_text_exist() -> None:
    for page, text in PAGES.items():
        for name in re.findall(r"`daft-lint ([a-z][a-z-]*)", text):
            assert name in COMMANDS, f"{page}: daft-lint {name}"


def test_options_in_running_text_exist(tmp_path: Path) -> None:
    helps = (snippets.run(f"daft-lint {name} --help", tmp_path).stdout for name in COMMANDS)
    known = {option for text in helps for option in re.findall(r"--[a-z][a-z-]+", text)}
    for page, text in PAGES.items():
        prose = snippets.FENCE.sub("", text)
        for option in re.findall(r"`(?:[^`]* )?(--[a-z][a-z-]+)", prose):
            assert option in known | {"--version", "--update", "--strict", "--install-extension"}, f"{page}: {option}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(shell: str, tmp_path: Path) -> None:
    assert f"_DAFT_LINT_COMPLETE={shell}_source daft-lint" in PAGES["docs/pages/editors.md"]
    script = snippets.run("daft-lint", tmp_path, {"_DAFT_LINT_COMPLETE": f"{shell}_source"}).stdout
    assert f"{shell}_complete" in script
    typed = {"_DAFT_LINT_COMPLETE": f"{shell}_complete", "COMP_WORDS": "daft-lint exp", "COMP_CWORD": "1"}
    if shell == "fish":
        typed["COMP_CWORD"] = "exp"
    assert "explain" in snippets.run("daft-lint", tmp_path, typed).stdout


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("explain dft30", "DFT304"),
        ("check --select DFT1", "DFT107"),
        ("fix --ignore DFT4", "DFT401"),
        ("verify --h", "--html"),
        ("verify --compare s", "schema"),
        ("profile --run", "--runner"),
        ("tune --app", "--apply"),
    ],
)
def test_codes_and_what_the_runtime_takes_complete(typed: str, wanted: str, tmp_path: Path) -> None:
    words = {"COMP_WORDS": f"daft-lint {typed}", "COMP_CWORD": str(len(typed.split()))}
    asked = snippets.run("daft-lint", tmp_path, {"_DAFT_LINT_COMPLETE": "bash_complete", **words})
    assert f"plain,{wanted}" in asked.stdout.splitlines()


def test_a_command_that_crashes_gets_into_no_page() -> None:
    crash = "Traceback (most recent call last)"
    script = f'```text title="daft-lint.toml"\nselect = ["{crash}"]\n```\n'
    with pytest.raises(RuntimeError, match="crashes"):
        snippets.updated(f"{script}\n```console\n$ daft-lint check\n```\n")


def test_a_page_that_is_wrong_is_found() -> None:
    page = '```python title="a.py"\nx = 1\n```\n\n```console\n$ daft-lint check a.py\nNo findings.\n```\n'
    assert len(snippets.wrong_output(page)) == 1
    assert snippets.wrong_output(snippets.updated(page)) == []
    assert snippets.unparsable("```python\nx = = 1\n```\n")
    assert snippets.unparsable("```toml\n[tool.daft-lint]\nselekt = []\n```\n")
    assert snippets.unparsable("```text\n[tool.ruff.lint\n```\n")
    assert snippets.says("a\n…\nd\n", "a\nb\nc\nd\n")
    assert not snippets.says("a\nd\n", "a\nb\nd\n")


def test_a_rule_s_page_is_what_explain_prints() -> None:
    for rule in rules():
        page = generate.rule_page(rule)
        for paragraph in re.findall(r"^\w.*$", documentation.page(rule), re.M):
            assert paragraph in page, f"{rule.code}: {paragraph}"
        assert "## A script that it finds" in page, rule.code
        assert "## A script that it leaves alone" in page, rule.code
        assert "# expect:" not in page


def test_indented_code_becomes_a_fenced_block() -> None:
    text = "a\n\n    x = 1\n\n    y = 2\n\nb\n\n```python\n    z\n```"
    assert generate.fenced_examples(text) == "a\n\n```python\nx = 1\n\ny = 2\n```\n\nb\n\n```python\n    z\n```"


def test_every_rule_s_documentation_has_its_sections() -> None:
    for rule in rules():
        text = documentation.text(rule)
        found = re.findall(r"^## (.*)$", text, re.M)
        assert found == ["Why", "Example", "Fix", "Options"], rule.code


def test_the_reference_names_every_key() -> None:
    reference = generate.configuration_reference()
    for prefix in ("", "cluster", 'sources."x"', 'udfs."x"', "verify"):
        for key in generate.known_keys(prefix):
            assert key in generate.TABLES or f"| `{key}` |" in reference
    for table in generate.TABLES:
        assert f"### `[tool.daft-lint.{table}" in reference
    assert '"repartition"' in reference or "`repartition`" in reference
    assert "| `warning` | The lowest level that makes the exit status 1" in reference


def test_the_page_of_the_command_line_has_every_option_with_its_meaning(tmp_path: Path) -> None:
    page = cli_page.cli_page()
    root = click.Context(cli_page.cli, info_name="daft-lint")
    for name in COMMANDS:
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert f"```text\ndaft-lint {name} [OPTIONS]" in section
        for option in cli_page.options_of(cli_page.command_of(root, name)):
            assert option.help, f"{name} {option.opts[0]} says nothing"
            assert re.search(rf"^\| <code>.*{re.escape(option.opts[0])}\b", section, re.M), option.opts
        shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", snippets.run(f"daft-lint {name} --help", tmp_path).stdout))
        assert shown - set(re.findall(r"--[a-z][a-z-]+", section)) == {"--help"}


def test_the_versions_are_those_of_the_project() -> None:
    page = generate.versions_page()
    assert "| Python | 3.10, 3.11, 3.12, 3.13, 3.14 |" in page
    assert "| Daft that scripts are for | 0.3.0 to " in page
    assert re.search(r"\| Daft and Ray that were measured \| Daft 0\.\d+\.\d+ and Ray 2\.\d+ \|", page)
    for package in ("`libcst>=1.5`", "`pygls>=2.0`", "`daft[ray]>=0.7`"):
        assert package in page


def test_the_readme_has_every_rule() -> None:
    assert snippets.with_rules(PAGES["README.md"]) == PAGES["README.md"], "`make snippets` updates it"
    assert "| DFT101 |" in PAGES["README.md"]


def test_the_traps_have_every_rule() -> None:
    page = (ROOT / "docs" / "pages" / "traps.md").read_text(encoding="utf-8")
    assert {rule.code for rule in rules()} - set(re.findall(r"rules/(DFT\d+)\.md", page)) == set()


def test_the_map_of_the_house_matches_the_code() -> None:
    section = PAGES["CONTRIBUTING.md"].split("## The map of the house")[1].split("\n## ")[0]
    places = [cell for row in re.findall(r"^\| (`.*?) \|", section, re.M) for cell in re.findall(r"`([^`]+)`", row)]
    assert len(places) > 15
    folder = ROOT
    for place in places:
        if "/" in place:
            folder = ROOT / Path(place).parent if Path(place).suffix else ROOT
        pattern = place.replace("…", "*").rstrip("/")
        here = folder / Path(pattern).name if Path(place).suffix else ROOT / pattern
        assert list(here.parent.glob(here.name)), place
    made = generate.map_page()
    for module in (ROOT / "daft_lint").rglob("*.py"):
        assert f"| `{module.name}` |" in made or not module.read_text().strip(), f"{module} has no docstring"


def test_the_rule_of_the_contributing_guide_works(tmp_path: Path) -> None:
    guide = PAGES["CONTRIBUTING.md"]
    (rule,) = (block.body for block in snippets.blocks(guide) if block.language == "python" and block.title is None)
    shutil.copytree(ROOT / "rules" / "daft_lint_rules", tmp_path / "rules" / "daft_lint_rules")
    (tmp_path / "rules" / "daft_lint_rules" / "dft900.py").write_text(rule)
    snippets.write_files(guide, tmp_path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path / "rules"), str(ROOT)))}
    command = [sys.executable, "-m", "daft_lint", "check", "script.py", "--select", "DFT900", "--format", "concise"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "script.py:4:36: advice: DFT900 `collect()` stands in the middle" in done.stdout, done.stderr


# ---- numbers that were measured

MEASURED = (ROOT / "docs" / "pages" / "measurements.md").read_text(encoding="utf-8")
QUANTITY = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?) (s|ms|KB|MB|GB)\b")
UNITS = {"s": ("time", 1.0), "ms": ("time", 1e-3), "KB": ("size", 1e3), "MB": ("size", 1e6), "GB": ("size", 1e9)}
ILLUSTRATED = {"5 s", "78 ms"}
"""A load of a model that DFT304 takes as an example, and its share of each of 64 rows."""


def quantities(text: str) -> Iterator[tuple[str, str, float, float]]:
    """The times and sizes in a text: as written, of what kind, in seconds or bytes, and half of the last digit."""
    for match in QUANTITY.finditer(text):
        number, (kind, scale) = match[1].replace(",", ""), UNITS[match[2]]
        digits = len(number.partition(".")[2])
        yield match[0], kind, float(number) * scale, 0.5 * 10**-digits * scale


def strings_of(path: Path) -> str:
    """All that a module can say: its string constants, docstrings included."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return "\n".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


RULE_FILES = sorted((ROOT / "rules" / "daft_lint_rules").rglob("*.py"))
RULES = {path.relative_to(ROOT).as_posix(): strings_of(path) for path in RULE_FILES}
TEXTS = {
    **{page: text for page, text in PAGES.items() if "benchmarks" not in page and "measurements" not in page},
    **RULES,
}
SOURCES = [path.read_text(encoding="utf-8") for top in ("daft_lint", "rules") for path in (ROOT / top).rglob("*.py")]


@pytest.mark.parametrize("name", TEXTS)
def test_numbers_are_those_that_were_measured(name: str) -> None:
    known = list(quantities(MEASURED))
    for written, kind, value, tolerance in quantities(TEXTS[name]):
        same = (abs(value - other) <= tolerance * 1.001 for _, sort, other, _ in known if sort == kind)
        assert written in ILLUSTRATED or any(same), f"{name}: {written} is not in docs/pages/measurements.md"


@pytest.mark.parametrize("name", TEXTS)
def test_rows_of_tables_are_those_that_were_measured(name: str) -> None:
    known = [cells(row) for row in re.findall(r"^\|.*\|$", MEASURED, re.M)]
    for line in re.findall(r"^ *(\|.*\d (?:s|MB) \|.*)$", TEXTS[name], re.M):
        numbers = [cell for cell in cells(line) if re.match(r"\d", cell)]
        label = next(cell for cell in cells(line)[::-1] if not re.match(r"\d", cell)).split(",")[0].split(" before")[0]
        rows = [row for row in known if any(label.split(" after")[0] in cell for cell in row)]
        assert any(in_order(numbers, row) for row in rows), f"{name}: {line} is not in docs/pages/measurements.md"


def cells(row: str) -> list[str]:
    return [cell.strip().replace("*", "") for cell in row.strip().strip("|").split("|")]


def in_order(few: Sequence[str], many: Sequence[str]) -> bool:
    rest = iter(many)
    return all(one in rest for one in few)


def test_experiments_that_the_code_names_are_on_the_page() -> None:
    named = {*re.findall(r"\b(?:experiment |measurements\.md, |`)(e\d+)\b", "\n".join(SOURCES))}
    there = {*re.findall(r"\be\d+\b", "\n".join(re.findall(r"^## .*$", MEASURED, re.M)))}
    assert {"e1", "e3"} <= named <= there
    assert not re.search(r"\b(?:facts|rules)\.md\b", "\n".join(SOURCES))


def test_a_number_that_was_not_measured_is_found() -> None:
    assert [kind for _, kind, *_ in quantities("23.3 s, 9,003 MB and 3.5 GB, e3 s")] == ["time", "size", "size"]
    assert not in_order(["29.7 s", "3,530 MB"], ["Ray", "29.7 s", "9,003 MB"])


# ---- the calculator

PLANS = st.tuples(
    *(st.integers(least, 10**9) | st.integers(least, 100) for least in (0, 1, 1, 1)),
    st.none() | st.integers(1, 10**7) | st.integers(1, 10**12),
    st.booleans(),
)
Plan = tuple[int, int, int, int, int | None, bool]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@settings(max_examples=10, deadline=None)
@given(st.lists(PLANS, min_size=1, max_size=400))
def test_the_calculator_computes_what_the_formula_does(cases: list[Plan]) -> None:
    script = (
        f"const {{partitionPlan}} = require({json.dumps(str(FORMULA))});"
        "const cases = JSON.parse(require('fs').readFileSync(0));"
        "const plain = (_, value) => typeof value === 'bigint' ? Number(value) : value;"
        "const big = value => typeof value === 'number' ? BigInt(value) : value;"
        "console.log(JSON.stringify(cases.map(c => partitionPlan(...c.map(big))), plain));"
    )
    done = subprocess.run(["node", "-e", script], input=json.dumps(cases), capture_output=True, text=True, check=True)
    for case, plan in zip(cases, json.loads(done.stdout), strict=True):
        *numbers, microseconds, skewed = case
        cost = None if microseconds is None else BatchCost(microseconds / 10**6, skewed)
        expected = PartitionPlan.of(*numbers, cost)
        assert [plan[name] for name in ("minimumRows", "maximum", "lower", "recommended", "use", "batchRows")] == [
            expected.minimum_rows,
            expected.maximum,
            expected.lower,
            expected.recommended,
            expected.use,
            expected.batch_rows,
        ]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. Strict: a link that leads nowhere is an error."""
    pytest.importorskip("mkdocs", reason="needs the extra `docs`")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_has_every_page_and_loads_nothing_from_elsewhere(site: Path) -> None:
    for rule in rules():
        page = (site / "rules" / rule.code / "index.html").read_text(encoding="utf-8")
        assert rule.name in page
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r"<(?:script|img|link|iframe)[^>]*?(?:src|href)=\"?(https?://[^\" >]+)", page.read_text("utf-8")
        )
        assert loaded == [], page
    for picture in ("check.svg", "plan.svg"):
        text = (site / "assets" / picture).read_text(encoding="utf-8")
        assert "url(" not in re.sub(r"url\(#", "", text)
        assert text.startswith("<svg")


def test_no_markup_is_left_on_a_page(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = re.sub(r"<(pre|script|style)\b.*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.S)
        shown = re.sub(r"<[^>]*>", "", re.sub(r"<code\b.*?</code>", "code", text, flags=re.S))
        left = re.search(r"^ *(?::[ \u00a0]+\S|#{1,6} |\|.*\|$|!!! |```).*", shown, re.M)
        assert left is None, f"{page.relative_to(site)}: {left and left[0]}"


PHONE = """<!doctype html>FRAMES
<pre id="seen">waiting</pre>
<script>
window.addEventListener("load", () => {
  const seen = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument;
    const line = element => parseFloat(frame.contentWindow.getComputedStyle(element).lineHeight);
    seen[frame.getAttribute("src")] = {
      wide: page.documentElement.scrollWidth,
      pictures: [...page.querySelectorAll("img.picture")].map(image => image.clientWidth),
      answers: [...page.querySelectorAll(".answer")].map(one => one.clientHeight / line(one)),
      read: [...page.querySelectorAll(".explained td:last-child")].map(one => one.clientWidth),
    };
  }
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_the_site_can_be_read_on_a_phone(site: Path) -> None:
    pages = ["/", "/formula/", "/verify/", "/rules/", "/configuration/", "/cli/", "/rules/DFT101/"]
    frames = "".join(f'<iframe src="{page}" width="390" height="800"></iframe>' for page in pages)
    driver = PHONE.replace("FRAMES", frames)
    with served(site, driver) as address:
        page = in_browser(f"{address}/driver.html")
    match = re.search(r'<pre id="seen">(.*?)</pre>', page, re.S)
    assert match is not None, page[-500:]
    seen = json.loads(match[1])
    assert {name: one["wide"] for name, one in seen.items() if one["wide"] > 390} == {}
    assert min(width for one in seen.values() for width in one["pictures"]) > 600
    assert seen["/formula/"]["answers"] == [pytest.approx(1, abs=0.1)]
    assert min(width for one in seen.values() for width in one["read"]) > 200


DRIVER = """<!doctype html><iframe src="/formula/" width="900" height="900"></iframe>
<pre id="seen">waiting</pre>
<script>
document.querySelector("iframe").addEventListener("load", event => {
  const page = event.target.contentDocument;
  const seen = [];
  for (const typed of CASES) {
    ["rows", "nodes", "concurrency", "batch-size"].forEach((name, index) => {
      const input = page.querySelector(`.calculator [name="${name}"]`);
      input.value = typed[index];
      input.dispatchEvent(new Event("input", {bubbles: true}));
    });
    seen.push([...page.querySelectorAll(".calculator output p")].map(p => p.textContent)
      .concat([...page.querySelectorAll(".calculator dd.number")].map(d => d.textContent)));
  }
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_the_calculator_answers_as_one_types(site: Path) -> None:
    cases = [["1_000_000", "4", "16", "64"], ["0", "1", "1", "1"], ["many", "4", "16", "64"], ["5,000", "3", "7", "10"]]
    driver = DRIVER.replace("CASES", json.dumps(cases))

    with served(site, driver) as address:
        page = in_browser(f"{address}/driver.html")
        asked = in_browser(f"{address}/formula/?rows=16384&nodes=4&concurrency=16&batch-size=64")
    match = re.search(r'<pre id="seen">(.*?)</pre>', page, re.S)
    assert match is not None, page[-500:]
    seen = json.loads(match[1])
    for typed, answer in zip(cases, seen, strict=True):
        if typed[0] == "many":
            assert len(answer) == 1
            assert "Whole numbers" in answer[0]
            continue
        numbers = [int(text.replace("_", "").replace(",", "")) for text in typed]
        plan = PartitionPlan.of(*numbers)
        wanted = [plan.minimum_rows, plan.maximum, plan.lower, plan.recommended, plan.use, plan.batch_rows]
        assert answer == [f".repartition({plan.use})", *(f"{number:,}" for number in wanted)]
    assert f".repartition({PartitionPlan.of(16384, 4, 16, 64).use})" in asked


class served:
    """The site on a port of its own, with one page more."""

    def __init__(self, site: Path, driver: str) -> None:
        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/driver.html":
                    return super().do_GET()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(driver.encode())
                return None

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on the terminal."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(site)))
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def in_browser(address: str) -> str:
    """The page as headless Chromium has it after its scripts have run. On a busy machine a start can hang: then it is
    started once more."""
    quiet = "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
    for seconds in (30, 90):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", *quiet.split()]
            command += [f"--user-data-dir={profile}", "--virtual-time-budget=5000", "--dump-dom", address]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            browser = subprocess.Popen(command, text=True, start_new_session=True, **pipes)
            try:
                return browser.communicate(timeout=seconds)[0]
            except subprocess.TimeoutExpired:
                os.killpg(browser.pid, signal.SIGKILL)
                browser.communicate()
    raise AssertionError(f"Chromium does not answer for {address}")
