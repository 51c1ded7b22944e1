from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT, RULE, install, python

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXAMPLE = ROOT / "examples" / "plugin"
SCRIPT = 'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\ndf.write_parquet("s3://lake/a")\n'


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder with the example plugin installed as its pyproject.toml says."""
    table = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))
    ((name, value),) = table["project"]["entry-points"]["daft_lint.rules"].items()
    install(tmp_path / "site", name, EXAMPLE / "acme_rules", value)
    return tmp_path / "site"


def lint(folder: Path, site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-m", "daft_lint", *arguments, path=site)


def project(folder: Path, plugins: str = '["acme_rules"]', more: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "daft-lint.toml").write_text(f"plugins = {plugins}\n{more}", encoding="utf-8")
    (folder / "a.py").write_text(SCRIPT, encoding="utf-8")
    return folder


def test_a_plugin_runs_where_it_is_named_and_only_there(tmp_path: Path, example: Path) -> None:
    project(tmp_path)
    named = lint(tmp_path, example, "check", "a.py", "--format", "concise")
    assert "a.py:4:1: advice: ACM101" in named.stdout, named.stderr
    for run in (
        lint(tmp_path, example, "check", "a.py", "--no-plugins", "--format", "concise"),
        lint(tmp_path, example, "check", "a.py", "--ignore", "ACM1", "--format", "concise"),
    ):
        assert "ACM101" not in run.stdout
        assert (run.returncode, run.stderr) == (0, "")
    (tmp_path / "daft-lint.toml").write_text("", encoding="utf-8")
    assert "ACM101" not in lint(tmp_path, example, "check", "a.py").stdout


def test_init_shows_their_findings_unless_they_must_not_run(tmp_path: Path, example: Path) -> None:
    project(tmp_path)
    assert "ACM101" in lint(tmp_path, example, "init").stdout
    without = lint(tmp_path, example, "init", "--no-plugins")
    assert (without.returncode, "ACM101" in without.stdout) == (0, False)


def test_what_the_commands_do_for_ours_they_do_for_a_plugin(tmp_path: Path, example: Path) -> None:
    project(tmp_path, more='per-file-ignores = { "b.py" = ["ACM1"] }\n')
    only = lint(tmp_path, example, "check", "a.py", "--select", "ACM", "--format", "concise")
    assert only.stdout.count("ACM101") == 1
    assert "zstd" in lint(tmp_path, example, "explain", "acm101").stdout
    assert "ACM101  parquet-without-zstd" in lint(tmp_path, example, "explain").stdout
    (tmp_path / "b.py").write_text(SCRIPT, encoding="utf-8")
    assert "ACM101" not in lint(tmp_path, example, "check", "b.py").stdout
    fixed = lint(tmp_path, example, "fix", "a.py", "--apply", "--select", "ACM101")
    assert fixed.returncode == 0, fixed.stderr
    assert 'df.write_parquet("s3://lake/a", compression="zstd")' in (tmp_path / "a.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("comment", ["# noqa: ACM101", "# daft-lint: ignore[ACM101] as it was"])
def test_its_findings_are_silenced_as_ours_are(tmp_path: Path, example: Path, comment: str) -> None:
    project(tmp_path)
    (tmp_path / "a.py").write_text(SCRIPT.rstrip("\n") + f"  {comment}\n", encoding="utf-8")
    run = lint(tmp_path, example, "check", "a.py", "--format", "concise")
    assert "ACM101" not in run.stdout
    assert "DFT002" not in run.stdout
    (tmp_path / "a.py").write_text(f"import daft\n\nx = 1  {comment}\n", encoding="utf-8")
    assert "a.py:3:8: advice: DFT002" in lint(tmp_path, example, "check", "a.py", "--format", "concise").stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_module\n", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(0)\n", "cannot be imported: SystemExit"),
        ("x = 1\n", "its module has no rule"),
        (RULE.replace("ACM101", "DFT101"), "reserved for daft-lint's own rules"),
        (RULE.replace("ACM101", "A1"), "three capital letters and three digits"),
        (RULE.replace("every-file", "EveryFile"), "kebab-case"),
        (RULE.replace("every-file", "discarded-dataframe"), "two rules have the name discarded-dataframe"),
        (RULE.replace('trigger_words = ("daft",)', 'trigger_words = ["daft"]'), "its trigger_words are not a tuple"),
        (RULE.replace('trigger_words = ("daft",)', ""), "it has no trigger_words"),
        (RULE.replace("level = Level.ADVICE", 'level = "advice"'), "its level is not a daft_lint.api.rule.Level"),
        (RULE.replace("def check(", "def chekc("), "it has no check method"),
        (RULE.replace('"""Reports every file."""', ""), "it has no docstring"),
        (
            RULE + "\n\nclass Other(Mine):\n    '''Another.'''\n    name = 'other-rule'\n",
            "two rules have the code ACM101",
        ),
    ],
)
def test_a_plugin_that_breaks_the_contract_is_one_line_and_2(tmp_path: Path, text: str, words: str) -> None:
    install(tmp_path / "site", "mine", text)
    run = lint(project(tmp_path, '["mine"]'), tmp_path / "site", "check", "a.py")
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert words in run.stderr
    assert lint(tmp_path, tmp_path / "site", "check", "a.py", "--no-plugins").returncode == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise KeyError('oops')", "ACM101 failed: KeyError: 'oops'"),
        ("return None", "ACM101 failed: TypeError"),
        ("yield 'a finding'", "ACM101 failed"),
    ],
)
def test_a_rule_that_fails_hides_no_other_finding(tmp_path: Path, body: str, words: str) -> None:
    text = RULE.split("        for step in script.steps")[0] + f"        {body}\n"
    install(tmp_path / "site", "mine", text)
    folder = project(tmp_path / "project", '["mine"]')
    (folder / "a.py").write_text(SCRIPT + "df.repartition(8)\n", encoding="utf-8")
    for arguments in (("check", "."), ("check", "a.py")):
        run = lint(folder, tmp_path / "site", *arguments, "--format", "concise")
        assert "DFT401" in run.stdout
        assert words in run.stderr
        assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)


def test_a_name_that_is_not_installed(tmp_path: Path, example: Path) -> None:
    run = lint(project(tmp_path, '["acme_rule"]'), example, "check", "a.py")
    assert run.returncode == 2
    assert "did you mean acme_rules?" in run.stderr


def test_the_example_passes_its_own_tests(tmp_path: Path, example: Path) -> None:
    tests = str(EXAMPLE / "tests")
    run = python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", tests, path=example)
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('compression="zstd")', 'compression="gzip")'), "expected"),
        (('trigger_words = ("write_parquet",)', 'trigger_words = ("never",)'), "none of the trigger words"),
        (("'\"zstd\"'", "'\"zstd\"  # x'"), ""),
    ],
)
def test_the_universal_assertions_see_what_is_wrong(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    """A fixture that asks for something else, a rule that sees nothing, a fix that breaks the file."""
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    changed = 0
    for path in (
        copy / "acme_rules" / "compression.py",
        copy / "tests" / "fixtures" / "ACM101" / "found_copy.fixed.py",
    ):
        text = path.read_text(encoding="utf-8")
        changed += change[0] in text
        path.write_text(text.replace(*change), encoding="utf-8")
    assert changed
    install(tmp_path / "site", "acme_rules", copy / "acme_rules")
    tests = str(copy / "tests")
    run = python(
        tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", tests, path=tmp_path / "site"
    )
    assert run.returncode == 1, run.stdout
    assert words in run.stdout


def test_our_rules_use_only_what_is_documented_for_the_rules_of_others() -> None:
    page = (ROOT / "docs" / "pages" / "writing-rules.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"\bdaft_lint(?:\.\w+)+", page))
    documented |= {f"daft_lint.api.{name}" for name in re.findall(r"from daft_lint\.api import (\w+)", page)}
    used: set[str] = set()
    for path in (ROOT / "rules" / "daft_lint_rules").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for name in names:
                taken = f"{module}.{name.name}" if module else name.name
                if not taken.startswith("daft_lint."):
                    continue
                assert not any(part.startswith("_") for part in taken.split(".")), f"{path.name}: {taken}"
                used.add(taken if module == "daft_lint.api" else module or taken)
    assert "daft_lint.api.nodes" in used
    assert used <= documented
    assert all(name.startswith("daft_lint.api") or name == "daft_lint.pipeline.model" for name in used)


def test_no_rule_of_ours_imports_another() -> None:
    folder = ROOT / "rules" / "daft_lint_rules"
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        for other in re.findall(r"daft_lint_rules\.(\w+)", path.read_text(encoding="utf-8")):
            assert other == own, f"{path} imports {other}"
