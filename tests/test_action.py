"""The GitHub Action and the example workflows: every shell step runs here, as the runner runs it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.helpers import BAD, OFFLINE, SHIPPED, lint

yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are bash")

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
EXAMPLES = sorted((ROOT / "docs" / "ci").glob("*.yml"))
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Runner:
    """What a runner does with a composite action: resolves expressions, runs the steps, keeps their outputs."""

    folder: Path
    inputs: dict[str, str] = field(default_factory=dict)
    path: str = os.environ["PATH"]
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""
    ran: list[str] = field(default_factory=list)
    action: Path = ROOT

    def __post_init__(self) -> None:
        self.work, self.temporary = self.folder / "work", self.folder / "temp dir"
        self.work.mkdir(exist_ok=True)
        self.temporary.mkdir(exist_ok=True)
        self.summary = self.folder / "summary.md"
        self.summary.touch()

    def value(self, expression: str) -> str:
        """The value of an expression: a context's name, or a comparison of one with the empty text."""
        compared = re.fullmatch(r"(\S+) != ''", expression)
        if compared:
            return "true" if self.value(compared[1]) else ""
        scope, _, rest = expression.partition(".")
        if scope == "inputs":
            return self.inputs.get(rest, ACTION["inputs"][rest]["default"])
        if scope == "steps":
            step, _, name = rest.partition(".outputs.")
            return self.outputs.get(step, {}).get(name, "")
        assert expression == "github.action_path"
        return str(self.action)

    def run(self) -> int:
        """The exit status of the first step that fails, else 0."""
        for step in ACTION["runs"]["steps"]:
            condition = EXPRESSION.fullmatch(step.get("if", "${{ github.action_path }}"))
            assert condition is not None
            if self.value(condition[1]) and (status := self.step(step)):
                return status
        return 0

    def step(self, step: dict[str, Any]) -> int:
        output = self.folder / "output"
        output.write_text("")
        given = {key: EXPRESSION.sub(lambda m: self.value(m[1]), text) for key, text in step.get("env", {}).items()}
        environment = {
            "PATH": self.path,
            "HOME": str(self.folder),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **{key: value for key, value in os.environ.items() if key.startswith(("PIP_", "PYENV", "SSL_"))},
            **given,
        }
        # The command line of `shell: bash`, as GitHub documents it.
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
        run = subprocess.run(
            command, cwd=self.work, env=environment, capture_output=True, text=True, check=False, timeout=900
        )
        self.ran.append(step["name"])
        self.log += run.stdout + run.stderr
        pairs = (line.split("=", 1) for line in output.read_text().splitlines())
        self.outputs.setdefault(step.get("id", step["name"]), {}).update(dict(pairs))
        return run.returncode


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner on which `python -m venv` makes an environment whose pip only notes what it is asked to install (the
    network), and whose `daft-lint` is that of this checkout; `daft-lint verify` prints its arguments."""
    path = os.pathsep.join(str(ROOT / part) for part in (".", "rules", "runtime"))
    python = shlex.quote(sys.executable)
    tools = tmp_path / "tools"
    tools.mkdir()
    lint = f"""#!/bin/sh
if [ "$1" = verify ]; then
  shift
  printf '| argument |\\n|---|\\n'
  printf '| %s |\\n' "$@"
  exit "${{VERIFY_STATUS:-0}}"
fi
PYTHONPATH={shlex.quote(path)} exec {python} -m daft_lint "$@"
"""
    pip = f'#!/bin/sh\nprintf "%s\\n" "$@" >> {shlex.quote(str(tmp_path / "installed"))}\n'
    for name, text in (("lint", lint), ("pip", pip)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    made = tools / "python"
    made.write_text(
        '#!/bin/sh\n[ "$1 $2 $3" = "-m venv --system-site-packages" ] || exit 9\nmkdir -p "$4/bin"\n'
        f'cp {shlex.quote(str(tools))}/lint "$4/bin/daft-lint"\ncp {shlex.quote(str(tools))}/pip "$4/bin/python"\n'
    )
    made.chmod(0o755)
    return Runner(tmp_path, path=os.pathsep.join([str(tools), os.environ["PATH"]]))


def installed(runner: Runner) -> str:
    return (runner.folder / "installed").read_text().splitlines()[-1]


def test_every_step_is_a_shell_step_and_takes_inputs_by_its_environment() -> None:
    assert set(ACTION["inputs"]) == {"paths", "fail-on", "verify", "version"}
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        # An expression in the script itself would run what an input says.
        assert "${{" not in step["run"]


def test_findings_become_annotations_a_sarif_file_and_a_table(runner: Runner) -> None:
    (runner.work / "a b.py").write_text(BAD)
    (runner.work / "c.py").write_text(BAD)
    runner.inputs = {"paths": "a b.py\n"}
    assert runner.run() == 1
    assert runner.ran == ["Install daft-lint", "Check", "Annotate and summarize", "Result"]
    assert "\n::error file=a b.py,line=4," in runner.log
    assert "4 | df.repartition(8)" in runner.log
    sarif = json.loads(Path(runner.outputs["check"]["sarif"]).read_text())
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["DFT401"]
    assert "| error | DFT401 discarded-dataframe | <code>a b.py:4:4</code> |" in runner.summary.read_text()
    assert runner.outputs["check"]["status"] == "1"
    assert installed(runner) == str(ROOT)


def test_what_is_found_is_shown_and_does_not_fail_where_it_need_not(runner: Runner) -> None:
    (runner.work / "a.py").write_text(BAD)
    runner.inputs = {"fail-on": "never", "version": "0.1.0"}
    assert runner.run() == 0
    assert "::error file=a.py" in runner.log
    assert installed(runner) == "daft-lint==0.1.0"


def test_a_clean_tree_passes(runner: Runner) -> None:
    (runner.work / "a.py").write_text("import daft\n")
    assert runner.run() == 0
    assert "::error" not in runner.log
    assert "No findings" in runner.summary.read_text()


def test_inputs_are_no_code_and_no_options(runner: Runner) -> None:
    (runner.work / "a.py").write_text(BAD)
    for paths in ("$(touch stolen)", "`touch stolen`", "a.py; touch stolen", "--output=stolen", "*.py"):
        runner.inputs = {"paths": paths, "version": "$(touch stolen)", "verify": "$(touch stolen)"}
        assert runner.run() == 2
    assert sorted(path.name for path in runner.work.iterdir()) == ["a.py"]


def commands(log: str) -> list[str]:
    """The commands that a runner obeys in a step's output: lines that begin with `::`, after white space, and `##[`
    anywhere in a line; none between `::stop-commands::token` and `::token::`."""
    found: list[str] = []
    token = ""
    for line in log.splitlines():
        if token:
            token = "" if line.strip() == f"::{token}::" else token
            continue
        match = re.match(r"\s*::([\w-]+)[^:]*::(.*)", line) or re.search(r"##\[([\w-]+)[^\]]*\](.*)", line)
        if match and match[1] == "stop-commands":
            token = match[2]
        elif match:
            found.append(match[0].strip())
    assert not token
    return found


def test_what_files_say_is_no_command_to_the_runner(runner: Runner) -> None:
    names = ("::error::a.py", "##[add-mask]b.py", "c\n::stop-commands::x.py")
    for name in names:
        (runner.work / name).write_text(BAD.replace("8)", "8)  # ##[add-mask]d ::error::e"))
    (runner.work / "::warning::f.py").symlink_to("nowhere")
    runner.inputs = {"verify": "::error::g.py\n"}
    assert runner.run() == 1
    obeyed = commands(runner.log)
    assert len(obeyed) == len(names)
    assert all(re.match(r"::error file=\S+,line=4,", command) for command in obeyed), obeyed
    assert "::error::a.py:4:4: DFT401" in runner.log
    assert "| ::error::g.py |" in runner.log
    assert "c\n::stop" not in runner.log + runner.summary.read_text()


@pytest.mark.parametrize(
    "path", ["a b.py", "it's.py", 'say "a".py', "$HOME.py", "a;b&c|d.py", "*.py", "-x.py", "\u00e9 \u202e.py", "-"]
)
def test_a_path_is_taken_as_it_is(runner: Runner, path: str) -> None:
    (runner.work / path).write_text(BAD)
    (runner.work / "other.py").write_text(BAD)
    runner.inputs = {"paths": f"\n{path}\n\n"}
    assert runner.run() == 1
    sarif = json.loads(Path(runner.outputs["check"]["sarif"]).read_text())
    (result,) = sarif["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert os.path.normpath(unquote(uri)) == path
    assert len(commands(runner.log)) == 1


def test_verify_puts_its_table_into_the_summary(runner: Runner) -> None:
    (runner.work / "a.py").write_text("import daft\n")
    runner.inputs = {"verify": "jobs/a b.py\n-x.py\n\n", "version": "0.1.0"}
    assert runner.run() == 0
    assert runner.ran[-2:] == ["Verify", "Result"]
    table = "| argument |\n|---|\n| --format |\n| markdown |\n| jobs/a b.py |\n| ./-x.py |\n"
    assert f"## daft-lint verify\n\n{table}" in runner.summary.read_text()
    assert installed(runner) == "daft-lint[runtime]==0.1.0"


def test_a_refuted_fix_fails_the_job(runner: Runner) -> None:
    (runner.work / "a.py").write_text("import daft\n")
    environment = STEPS["Verify"]["env"]
    runner.inputs = {"verify": "a.py"}
    STEPS["Verify"]["env"] = {**environment, "VERIFY_STATUS": "1"}
    try:
        assert runner.run() == 1
    finally:
        STEPS["Verify"]["env"] = environment
    assert runner.ran[-2:] == ["Verify", "Result"]


def test_the_command_that_verifies_takes_what_the_action_gives_it() -> None:
    command = pytest.importorskip("daft_lint_runtime.cli").verify
    form = next(parameter for parameter in command.params if parameter.name == "form")
    assert "markdown" in form.type.choices
    assert command.params[0].nargs == -1


@pytest.mark.slow
def test_the_installation_is_real(tmp_path: Path) -> None:
    """The environment and the package of this checkout, by pip; skipped where pip reaches no index."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__", "*.tmp"))
        else:
            shutil.copy(ROOT / name, checkout / name)
    runner = Runner(tmp_path, action=checkout)
    (runner.work / "a.py").write_text(BAD)
    status = runner.run()
    if runner.ran == ["Install daft-lint"] and OFFLINE.search(runner.log) and not os.environ.get("CI"):
        pytest.skip("pip reaches no index here")
    assert (status, runner.ran[-1]) == (1, "Result"), runner.log
    assert "::error file=a.py" in runner.log


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_use_what_there_is(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    jobs = workflow.get("jobs", {key: job for key, job in workflow.items() if str(key).startswith("daft-")})
    steps = [step for job in jobs.values() for step in job.get("steps", [])]
    for step in steps:
        if "daft-lint@" in step.get("uses", ""):
            assert set(step["with"]) <= set(ACTION["inputs"])
    used = set(re.findall(r"steps\.lint\.outputs\.(\w+)", text))
    assert used <= set(ACTION["outputs"])
    assert jobs


def test_the_gitlab_jobs_commands_write_what_they_hand_over(tmp_path: Path) -> None:
    job = yaml.safe_load((ROOT / "docs" / "ci" / "gitlab-ci.yml").read_text(encoding="utf-8"))["daft-lint"]
    (tmp_path / "a.py").write_text(BAD)
    commands = [shlex.split(line.split(" > ")[0]) for line in job["script"] if line.startswith("daft-lint ")]
    assert [lint(tmp_path, *command[1:]).returncode for command in commands] == [0, 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a.py", *job["artifacts"]["reports"].values()])


PLACEHOLDER = re.compile(r"\b(?:OWNER|REVISION|ADDRESS_OF_\w+)\b")
SHOWN = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"), *EXAMPLES])


@pytest.mark.parametrize("page", SHOWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_line_that_waits_for_an_address_says_what_for(page: Path) -> None:
    """The address is known as soon as pyproject.toml has it; then every page has it too."""
    address = re.search(
        r'^(?:Source|Repository) = "https://([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    for line in page.read_text(encoding="utf-8").splitlines():
        if PLACEHOLDER.search(line):
            assert address is None, line
            assert re.search(r" # .*(?:repository|of it)", line), line
        elif "daft-lint@" in line or re.search(r"- repo: (?!local)", line):
            assert address is not None, line
            assert address[1].partition("/")[2] in line
