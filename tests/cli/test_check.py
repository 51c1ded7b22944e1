"""`daft-lint check` as a user runs it: the real entry point, in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers import BAD, lint


def test_check_finds_and_fails(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    run = lint(tmp_path, "check")
    assert (run.returncode, run.stderr) == (1, "")
    assert "a.py:4:4: DFT401" in run.stdout
    assert lint(tmp_path, "check", "--fail-on", "never").returncode == 0
    assert lint(tmp_path, "check", "--ignore", "DFT4").returncode == 0
    found = json.loads(lint(tmp_path, "check", "--format", "json", "--select", "DFT401").stdout)
    assert [(f["code"], f["path"], f["line"]) for f in found["findings"]] == [("DFT401", "a.py", 4)]
    assert found["summary"]["errors"] == 1


def test_stdin_and_output(tmp_path: Path) -> None:
    run = lint(
        tmp_path, "check", "-", "--stdin-filename", "x/y.py", "--format", "json", "--output", "o.json", stdin=BAD
    )
    assert run.returncode == 1
    assert "x/y.py:4:4" in run.stdout
    assert json.loads((tmp_path / "o.json").read_text())["findings"][0]["path"] == "x/y.py"


def test_unparsable_text_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\ndaft.func(\n")
    run = lint(tmp_path, "check", "--format", "concise")
    assert run.returncode == 1
    assert run.stdout.startswith("a.py:2:10: error: DFT001 This file does not parse")


def test_no_comment_of_a_file_that_does_not_parse_is_said_to_be_unused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\ndaft.func(  # noqa: DFT101\n")
    run = lint(tmp_path, "check", "--format", "concise")
    assert [line.split()[2] for line in run.stdout.splitlines()[:-1]] == ["DFT001"]
    assert lint(tmp_path, "check", "--ignore", "DFT001").stdout == "No findings in 1 file.\n"


def test_paths_of_the_configured_src_are_relative_to_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "daft-lint.toml").write_text('src = ["."]\nper-file-ignores = {"quiet.py" = ["DFT"]}')
    (tmp_path / "jobs").mkdir()
    for name in ("a.py", "quiet.py", "jobs/b.py"):
        (tmp_path / name).write_text(BAD)
    found = json.loads(lint(tmp_path / "jobs", "check", "--format", "json").stdout)["findings"]
    assert {finding["path"] for finding in found} == {"../a.py", "b.py"}


def test_without_src_and_paths_the_working_directory_is_checked(tmp_path: Path) -> None:
    (tmp_path / "daft-lint.toml").write_text("fail-on = 'never'\n")
    (tmp_path / "jobs").mkdir()
    for name in ("a.py", "jobs/b.py"):
        (tmp_path / name).write_text(BAD)
    run = lint(tmp_path / "jobs", "check", "--format", "json")
    assert (run.returncode, paths_of(run.stdout)) == (0, ["b.py"])


def test_the_configuration_nearest_to_each_file_counts(tmp_path: Path) -> None:
    for folder in ("strict", "quiet", "quiet/below", "plain"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(BAD)
    (tmp_path / "daft-lint.toml").write_text("fail-on = 'never'\n")
    (tmp_path / "quiet/pyproject.toml").write_text("[tool.daft-lint]\nignore = ['discarded-dataframe']\n")
    (tmp_path / "plain/pyproject.toml").write_text("[project]\nname = 'daft-lint-user'\n")
    run = lint(tmp_path, "check", "--format", "json")
    assert (run.returncode, paths_of(run.stdout)) == (0, ["plain/a.py", "strict/a.py"])
    (tmp_path / "strict/daft-lint.toml").write_text("")
    assert lint(tmp_path, "check").returncode == 1, "fail-on is the file's own"
    assert lint(tmp_path, "check", "quiet/below/a.py").returncode == 0
    assert paths_of(lint(tmp_path, "check", "--config", "daft-lint.toml", "--format", "json").stdout) == [
        "plain/a.py", "quiet/a.py", "quiet/below/a.py", "strict/a.py",
    ]  # fmt: skip
    stdin = ("check", "-", "--stdin-filename")
    assert lint(tmp_path, *stdin, "quiet/new.py", stdin=BAD).stdout == "No findings in 1 file.\n"
    (tmp_path / "strict/daft-lint.toml").write_text("fail-on = 1\n")
    run = lint(tmp_path, "check")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"daft-lint: {tmp_path}/strict/daft-lint.toml: fail-on must be one of")


def test_what_one_file_leads_to_in_another_follows_the_other_file(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/daft-lint.toml").write_text("ignore = ['DFT401']\n")
    (tmp_path / "lib/__init__.py").write_text("")
    (tmp_path / "lib/steps.py").write_text("def cut(df):\n    df.repartition(8)\n    return df\n")
    (tmp_path / "a.py").write_text("import daft\nfrom lib.steps import cut\ncut(daft.read_parquet('s3://b/')).show()\n")
    assert lint(tmp_path, "check").stdout.startswith("No findings")
    (tmp_path / "lib/daft-lint.toml").write_text("")
    assert paths_of(lint(tmp_path, "check", "--format", "json").stdout) == ["lib/steps.py"]


def test_a_cached_run_over_several_configurations_is_the_same(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(BAD)
        (tmp_path / folder / "daft-lint.toml").write_text("")
    arguments = ("check", "--format", "json", "--cache-dir", "cache")
    first, second = lint(tmp_path, *arguments), lint(tmp_path, *arguments)
    assert first.stdout == second.stdout
    assert paths_of(second.stdout) == ["one/a.py", "two/a.py"]
    (tmp_path / "two/daft-lint.toml").write_text("ignore = ['DFT4']\n")
    assert paths_of(lint(tmp_path, *arguments).stdout) == ["one/a.py"]


@pytest.mark.parametrize("option", ["--select", "--ignore", "--extend-select"])
def test_a_rule_that_there_is_not_is_an_error_everywhere(tmp_path: Path, option: str) -> None:
    (tmp_path / "a.py").write_text(BAD)
    run = lint(tmp_path, "check", option, "DFT401,DFT999")
    assert (run.returncode, run.stdout) == (2, "")
    assert f"{option}: there is no rule DFT999; daft-lint explain lists all rules" in run.stderr
    key = option.removeprefix("--")
    for text in (f"{key} = ['discarded-datafram']", "per-file-ignores = {'*' = ['discarded-datafram']}"):
        (tmp_path / "daft-lint.toml").write_text(text)
        for command in (("check",), ("fix",), ("explain", "DFT401"), ("plan", "a.py")):
            run = lint(tmp_path, *command)
            assert (run.returncode, run.stdout) == (2, "")
            assert "there is no rule discarded-datafram; did you mean discarded-dataframe?" in run.stderr


def test_rules_are_selected_by_name_and_extended(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        BAD + "\n\n@daft.udf(return_dtype=daft.DataType.int64())\ndef same(x):\n    return x\n"
    )

    def codes(*arguments: str) -> set[str]:
        run = lint(tmp_path, "check", "--format", "json", *arguments)
        return {finding["code"] for finding in json.loads(run.stdout)["findings"]}

    assert codes() == {"DFT401"}
    assert codes("--select", "Deprecated-API") == {"DFT403"}
    assert codes("--extend-select", "deprecated-api") == {"DFT401", "DFT403"}
    assert codes("--extend-select", "dft403", "--ignore", "discarded-dataframe") == {"DFT403"}
    (tmp_path / "daft-lint.toml").write_text("extend-select = ['DFT403']\n")
    assert codes("--select", "DFT1") == {"DFT403"}


def test_exclude_adds_patterns_and_can_take_back_what_is_excluded_by_default(tmp_path: Path) -> None:
    for folder in ("build", "jobs", "old"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(BAD)
    (tmp_path / "daft-lint.toml").write_text("exclude = ['old/', '!build/']\n")
    assert paths_of(lint(tmp_path, "check", "--format", "json").stdout) == ["build/a.py", "jobs/a.py"]
    assert paths_of(lint(tmp_path, "check", "--format", "json", "--exclude", "jobs").stdout) == ["build/a.py"]
    assert paths_of(lint(tmp_path, "check", "--format", "json", "--exclude", "build").stdout) == ["jobs/a.py"]
    run = lint(tmp_path, "check", "--format", "json", "--force-exclude", "build/a.py", "old/a.py")
    assert paths_of(run.stdout) == ["build/a.py"]


def test_a_configuration_extends_another(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/base.toml").write_text(
        "exclude = ['/skip.py']\nextend-select = ['DFT403']\nfail-on = 'never'\n[cluster]\nnodes = 4\nrunner = 'ray'\n"
    )
    (tmp_path / "team").mkdir()
    (tmp_path / "team/daft-lint.toml").write_text("extend = '../shared/base.toml'\n[cluster]\nnodes = 8\n")
    for name in ("team/a.py", "team/skip.py", "shared/skip.py"):
        (tmp_path / name).write_text(BAD)
    run = lint(tmp_path, "check", "team", "shared", "--format", "json")
    assert paths_of(run.stdout) == ["shared/skip.py", "team/a.py", "team/skip.py"]
    run = lint(tmp_path / "team", "check", "../shared", ".", "--format", "json")
    assert (run.returncode, paths_of(run.stdout)) == (0, ["a.py", "skip.py"]), "patterns count from where they stand"
    (tmp_path / "shared/base.toml").write_text("extend = '../team/daft-lint.toml'\n")
    run = lint(tmp_path / "team", "check")
    assert (run.returncode, "extends this file" in run.stderr) == (2, True)


def paths_of(report: str) -> list[str]:
    return [finding["path"] for finding in json.loads(report)["findings"]]
