from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daft_lint import config
from daft_lint.api.finding import Level
from daft_lint.init.pre_commit import with_hook
from daft_lint.init.proposal import hook
from daft_lint.pipeline.model import Runner
from tests.helpers import ROOT, environment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Each with its entry's own style: what follows is checked by a YAML parser, and by pre-commit itself.
HOOKS = "https://github.com/pre-commit/pre-commit-hooks"
STYLES = {
    "at the margin": f"repos:\n- repo: {HOOKS}\n  rev: v1\n  hooks:\n  - id: check-yaml\n",
    "two deep": f"---\n# ours\nrepos:\n  - repo: {HOOKS}  # theirs\n    rev: v1\n    hooks:\n      - id: check-yaml\n",
    "four wide": f"repos:\n-   repo: {HOOKS}\n    rev: v1\n    hooks:\n    -   id: check-yaml\n        # args: [x]\n",
    "four deep": f"repos:\n    - repo: {HOOKS}\n      rev: v1\n      hooks:\n          - id: check-yaml\n",
    "followed by keys": (
        f"fail_fast: true\nrepos:\n  - repo: {HOOKS}\n    rev: v1\n    hooks: [{{id: check-yaml}}]\n"
        "  # - repo: local\n\n# for the service\nci:\n  skip: [a]\n"
    ),
    "apart": (
        f"repos:\n  - repo: {HOOKS}\n    rev: v1\n    hooks:\n      - id: check-yaml\n\n"
        f"  # second\n  - repo: {HOOKS}\n    rev: v2\n    hooks:\n      - id: check-toml\n\n"
        "exclude: |\n  (?x)^(\n  a)$\n"
    ),
    "a block of text": (
        f"repos:\n- repo: {HOOKS}\n  rev: v1\n  hooks:\n  - id: check-yaml\n    exclude: |-\n      (?x)^(\n\n"
        "      # y\n      )$\n"
    ),
    "one line an entry": f"repos:\n  - {{repo: {HOOKS}, rev: v1, hooks: [{{id: check-yaml}}]}}\n",
    "hooks first": f"repos:\n- hooks:\n    - id: check-yaml\n  repo: {HOOKS}\n  rev: v1\n",
    "nothing yet": "repos:\n",
    "quoted": f'"repos" :\n- repo: {HOOKS}\n  rev: v1\n  hooks:\n  - id: check-yaml\n',
}

SCRIPT = """import daft


@daft.cls(max_concurrency=12)
class Model:
    @daft.method.batch(batch_size=64)
    def run(self, image):
        return image


daft.set_runner_ray()
df = daft.read_parquet("s3://photos/*.parquet")
df = df.with_column("x", Model().run(df["image"]))
df.repartition(8)
df.write_parquet("s3://out")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.py").write_text("import polars\n", encoding="utf-8")
    return tmp_path


def init(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return init_from(None, folder, *arguments)


def init_from(record: str | None, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`init` of a copy that was installed with this `direct_url.json`; None: from a package index."""
    command = [sys.executable, "-m", "daft_lint", "init", *arguments]
    site = folder.parent / f"{folder.name}-site"
    metadata = site / "daft_lint-0.1.0.dist-info"
    metadata.mkdir(exist_ok=True, parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: daft-lint\nVersion: 0.1.0\n", encoding="utf-8")
    if record is not None:
        (metadata / "direct_url.json").write_text(record, encoding="utf-8")
    return subprocess.run(
        command, cwd=folder, env=environment(site), capture_output=True, text=True, check=False, encoding="utf-8"
    )


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".cache" not in str(path)}


def test_it_shows_and_writes_nothing(project: Path) -> None:
    before = everything(project)
    run = init(project)
    assert (run.returncode, run.stderr) == (0, "")
    assert "ray in 1" in run.stdout
    assert "s3://photos/*.parquet" in run.stdout
    assert "jobs/a.py:14:4: error: DFT401" in run.stdout
    assert "# total-concurrency = 12" in run.stdout
    assert "repo: local" in run.stdout
    assert "daft-lint check --format github" in run.stdout
    assert "init --write" in run.stdout
    assert everything(project) == before


def test_it_writes_a_configuration_that_check_reads(project: Path) -> None:
    run = init(project, "--write")
    assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "written: daft-lint.toml")
    read = config.load(project)
    assert (read.src, read.fail_on, read.settings.cluster.runner) == (("jobs",), Level.WARNING, Runner.RAY)
    # What is commented out is right too.
    text = (project / "daft-lint.toml").read_text(encoding="utf-8")
    all_on = "\n".join(line.removeprefix("# ") for line in text.splitlines())
    assert config.parse(all_on, Path("daft-lint.toml")).settings.sources[0][0] == "s3://photos/*.parquet"
    again = init(project, "--write")
    assert again.returncode == 2
    assert "already has a configuration" in again.stderr
    assert (project / "daft-lint.toml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_it_appends_to_a_pyproject(project: Path, end: str) -> None:
    before = f'[project]{end or chr(10)}dependencies = ["daft>=0.7.3"]{end}'.encode()
    (project / "pyproject.toml").write_bytes(before)
    (project / ".github" / "workflows").mkdir(parents=True)
    run = init(project, "--write")
    assert run.returncode == 0
    assert "0.7.3 or newer" in run.stdout
    after = (project / "pyproject.toml").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\r\n") == (after.count(b"\n") if end == "\r\n" else 0)
    assert tomllib.loads(after.decode())["tool"]["daft-lint"]["src"] == ["jobs"]
    assert (
        (project / ".github" / "workflows" / "daft-lint.yml").read_text(encoding="utf-8").startswith("name: daft-lint")
    )
    assert sorted(path.name for path in project.iterdir()) == [".github", "jobs", "other", "pyproject.toml"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tool = { x = { y = 1 } }\n", "no table can be appended to it: "),
        ("[project\n", "no table can be appended to it: "),
    ],
)
def test_it_breaks_no_pyproject(project: Path, text: str, words: str) -> None:
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    run = init(project, "--write")
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert words in line
    assert (project / "pyproject.toml").read_text(encoding="utf-8") == text
    assert words in init(project).stdout


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("requirements/base.txt", "daft>=0.6.5 ; python_version > '3.9'\n"),
        ("setup.cfg", "[options]\ninstall_requires =\n    numpy\n    daft[ray]>=0.6.5\n"),
    ],
)
def test_a_requirement_that_check_does_not_read_becomes_the_target(project: Path, file: str, text: str) -> None:
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text(text, encoding="utf-8")
    run = init(project, "--write")
    assert f"Daft             0.6.5 or newer, by {file}\n" in run.stdout
    assert config.load(project).target_daft == "0.6.5"


def test_a_requirement_that_check_reads_itself_is_shown_and_not_written(project: Path) -> None:
    (project / "requirements.txt").write_text("# ours\nnumpy\ndaft[ray]==0.6.5  # pinned\n", encoding="utf-8")
    run = init(project, "--write")
    assert "Daft             0.6.5 or newer\n" in run.stdout
    assert config.load(project).target_daft is None


def test_it_overwrites_no_table(project: Path) -> None:
    text = "[tool.daft-lint]\nignore = ['DFT4']\n"
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    run = init(project, "--write")
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert (project / "pyproject.toml").read_text(encoding="utf-8") == text
    assert init(project).returncode == 0


def put_below(style: str, before: bytes, after: bytes) -> None:
    """Nothing but the hook was added, as the last entry."""
    yaml = pytest.importorskip("yaml")
    start = next((n for n, pair in enumerate(zip(before, after, strict=False)) if len(set(pair)) > 1), len(before))
    assert after.endswith(before[start:]), "a byte of the file is another"
    old, new = (yaml.safe_load(raw.decode("utf-8-sig")) for raw in (before, after))
    (*others, entry) = new.pop("repos")
    assert others == (old.pop("repos") or [])
    assert new == old
    assert (entry["repo"], entry["hooks"][0]["id"]) == ("local", "daft-lint")
    above = after.replace(b"\r", b"").partition(b"repo: local")[0].rstrip(b"- ")
    assert above.endswith(b"\n\n") == (style == "apart")


@pytest.mark.parametrize("style", STYLES)
def test_it_puts_the_hook_below_those_that_are_there(project: Path, style: str) -> None:
    file = project / ".pre-commit-config.yaml"
    file.write_text(STYLES[style], encoding="utf-8")
    run = init(project, "--write")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("written: daft-lint.toml\nwritten: .pre-commit-config.yaml\n")
    after = file.read_bytes()
    put_below(style, STYLES[style].encode(), after)
    pytest.importorskip("pre_commit.clientlib").load_config(str(file))  # raises for what pre-commit does not take
    again = init(project, "--write")
    assert (again.returncode, file.read_bytes()) == (2, after)
    assert "pre-commit       yes, with daft-lint" in again.stdout


@pytest.mark.parametrize("change", ["crlf", "no end", "bom"])
@pytest.mark.parametrize("style", STYLES)
def test_the_ends_of_lines_and_of_the_file_are_kept(style: str, change: str) -> None:
    before = STYLES[style].encode()
    before = before.replace(b"\n", b"\r\n") if change == "crlf" else before
    before = before.removesuffix(b"\n") if change == "no end" else before
    before = b"\xef\xbb\xbf" + before if change == "bom" else before
    after = with_hook(before, hook())
    put_below(style, before, after)
    assert after.count(b"\r\n") == (after.count(b"\n") if change == "crlf" else 0)


@pytest.mark.parametrize("style", ["at the margin", "two deep", "four wide", "four deep"])
def test_the_hook_is_set_as_the_others_are(project: Path, style: str) -> None:
    file = project / ".pre-commit-config.yaml"
    file.write_text(STYLES[style], encoding="utf-8")
    init(project, "--write")

    lines = file.read_text(encoding="utf-8").splitlines()
    for key in ("repo:", "id:"):
        theirs, ours = ((line.index("-"), line.index(key)) for line in lines if line.strip(" -").startswith(key))
        assert theirs == ours


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("repos: []\n", "line 1: `repos:` is not followed by a list"),
        ("# empty\n", "it has no `repos:`"),
        ("- repo: local\n", "line 1 is neither a key nor a list entry"),
        ("repos:\n- repo: x\nrepos:\n- repo: y\n", "more than one `repos:`"),
        ("repos:\n- repo: x\n---\nrepos:\n- repo: y\n", "line 3 is neither"),
        ("repos:\n  a: 1\n", "line 2 does not begin a list entry"),
        ("repos:\n    - repo: x\n      rev: v1\n  - repo: y\n", "line 4 is indented less"),
        ("repos:\n  - {repo: x,\n  rev: v1}\n", "line 3 is indented less"),
        ("repos:\n- repo: x\n\trev: v1\n", "line 3 has a tab"),
        ("repos:\r- repo: x\r", "line 1 has a tab before its text, or a carriage return"),
        ("{repos: [{repo: x}]}\n", "line 1 is neither"),
        (b"repos:\n- repo: \xff\n", "it is not UTF-8"),
    ],
)
def test_it_leaves_alone_what_it_does_not_understand(project: Path, text: str | bytes, words: str) -> None:
    raw = text if isinstance(text, bytes) else text.encode()
    (project / ".pre-commit-config.yaml").write_bytes(raw)
    before = everything(project)
    run = init(project, "--write")
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert words in line
    assert ".pre-commit-config.yaml: " in line
    assert "nothing was written" in line
    assert everything(project) == before
    assert words in init(project).stdout


def test_it_adds_what_is_missing_to_a_project_that_has_a_configuration(project: Path) -> None:
    (project / "daft-lint.toml").write_text('src = ["jobs"]\n', encoding="utf-8")
    (project / ".pre-commit-config.yaml").write_text(STYLES["two deep"], encoding="utf-8")
    (project / ".github" / "workflows").mkdir(parents=True)
    run = init(project, "--write")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-2:] == [
        "written: .pre-commit-config.yaml",
        "written: .github/workflows/daft-lint.yml",
    ]
    assert (project / "daft-lint.toml").read_text(encoding="utf-8") == 'src = ["jobs"]\n'
    shown = init(project).stdout
    assert "repo: local" not in shown
    assert "runs-on" not in shown
    assert shown.endswith("Nothing was written: --write has nothing to add.\n")


def test_a_commented_hook_is_none(project: Path) -> None:
    text = STYLES["two deep"] + "  # - repo: daft-lint\n"
    (project / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")
    assert "written: .pre-commit-config.yaml" in init(project, "--write").stdout


def test_a_workflow_behind_a_link_is_not_written(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project / ".github").mkdir()
    (project / ".github" / "workflows").symlink_to(elsewhere, target_is_directory=True)
    run = init(project, "--write")
    assert run.returncode == 2
    assert "symbolic link (written: daft-lint.toml)" in run.stderr
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        (".gitlab-ci.yml", "codequality: gl-code-quality-report.json"),
        (".circleci/config.yml", "\ndaft-lint check\n"),
        ("Jenkinsfile", "\ndaft-lint check\n"),
    ],
)
def test_the_job_is_one_for_the_ci_that_is_there(project: Path, file: str, wanted: str) -> None:
    yaml = pytest.importorskip("yaml")
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text("a: 1\n", encoding="utf-8")
    shown = init(project).stdout
    assert wanted in shown
    assert f"\n# {file}, " in shown
    assert "runs-on" not in shown
    job = shown.split(f"# {file}, ")[1].partition("\n")[2].rpartition("Nothing was written")[0]
    assert yaml.safe_load(job)
    (project / file).write_text("a: pip install daft-lint\n", encoding="utf-8")
    assert "with daft-lint" in init(project).stdout
    assert wanted not in init(project).stdout


def test_the_hook_runs_as_the_shipped_one_does(project: Path) -> None:
    yaml = pytest.importorskip("yaml")
    shown = init(project).stdout.split("below repos:")[1].split("# .github")[0]
    ((ours,),) = (entry["hooks"] for entry in yaml.safe_load(shown))
    shipped = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (check,) = (one for one in shipped if one["id"] == "daft-lint-check")
    for key in ("entry", "language", "types_or", "require_serial"):
        assert ours[key] == check[key]


@pytest.mark.parametrize(
    ("shell", "asked"),
    [
        ("bash", 'COMP_WORDS=(daft-lint ch); COMP_CWORD=1; _daft_lint_completion daft-lint; echo "${COMPREPLY[@]}"'),
        (
            "zsh",
            'compadd() { print -r -- "${(P)@[-1]}" }; _describe() { print -rl -- "${(@P)4}" "${(@P)3}" }; '
            "words=(daft-lint ch); CURRENT=2; _daft_lint_completion; echo $_comps[daft-lint]",
        ),
        ("fish", 'complete -C "daft-lint ch"'),
    ],
)
def test_shells_complete_its_commands_by_the_line_of_the_page(tmp_path: Path, shell: str, asked: str) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    page = (ROOT / "docs" / "pages" / "editors.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^(.*_DAFT_LINT_COMPLETE={shell}_source daft-lint.*?)  +#", page, re.M)
    command = tmp_path / "daft-lint"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m daft_lint "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    start = "autoload -U compinit; compinit -u -D\n" if shell == "zsh" else ""
    run = subprocess.run(
        [found, "-c", f"{start}{line}\n{asked}"],
        env={**environment(), **path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "check" in run.stdout.replace("\n", " ").replace(":", " ").split(), run.stdout + run.stderr


@pytest.mark.parametrize(
    ("record", "requirement"),
    [
        (None, "daft-lint==0.1.0"),
        (
            '{"url": "https://git.example/d.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}',
            "daft-lint @ git+https://git.example/d.git@c0ffee",
        ),
        (
            '{"url": "https://git.example/m", "vcs_info": {"vcs": "git", "commit_id": "1"}, "subdirectory": "lint"}',
            "daft-lint @ git+https://git.example/m@1#subdirectory=lint",
        ),
        ('{"url": "https://files.example/d.whl", "archive_info": {}}', "daft-lint @ https://files.example/d.whl"),
        ('{"url": "file:///home/me/daft-lint", "dir_info": {"editable": true}}', None),
        ('{"url": "file:///home/me/d.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}', None),
        ("[]", None),
    ],
)
def test_it_names_where_this_copy_comes_from_or_says_what_is_missing(
    project: Path, record: str | None, requirement: str | None
) -> None:
    (project / ".pre-commit-config.yaml").write_text("repos:\n", encoding="utf-8")
    shown = init_from(record, project).stdout
    run = init_from(record, project, "--write")
    assert run.returncode == 0
    hooks = (project / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    if requirement is None:
        assert hooks == "repos:\n", "nothing that no other machine can install"
        assert "No hook and no CI job: " in shown
        assert "No hook and no CI job: " in run.stdout
        assert "pip install" not in shown
    else:
        assert f'["{requirement}"]' in hooks
        assert f'pip install "{requirement}"' in shown
