"""What `daft-lint check` can do besides reporting, as a user runs it."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jsonschema
import pytest

from daft_lint.config import ConfigError, parse
from tests.config.test_config import FULL
from tests.helpers import BAD, FIXABLE, FIXED, ROOT, RULE, environment, install, lint, python

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def test_check_fixes_what_is_safe_and_reports_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    (tmp_path / "b.py").write_text("import daft\n\ndf = daft.read_parquet('s3://b/')\ndf.repartition().show()\n")
    run = lint(tmp_path, "check", "--fix", "--format", "json")
    assert (tmp_path / "a.py").read_text() == FIXED
    assert [(f["path"], f["code"]) for f in json.loads(run.stdout)["findings"]] == [("b.py", "DFT404")]
    assert (run.returncode, run.stderr) == (1, "a.py: DFT204 1 fix\nApplied 1 fix in 1 file.\n")
    assert lint(tmp_path, "check", "--fix").stderr == "", "there is nothing left to fix"


def test_a_fix_alone_makes_the_exit_status_1_only_where_that_is_asked_for(tmp_path: Path) -> None:
    for option, status in (("--fix", 0), ("--exit-non-zero-on-fix", 1)):
        (tmp_path / "a.py").write_text(FIXABLE)
        run = lint(tmp_path, "check", "--fix", option)
        assert (run.returncode, run.stdout) == (status, "No findings in 1 file.\n")
        assert lint(tmp_path, "check", "--fix", option).returncode == 0
    for arguments in (("-",), ("--baseline", "known.json"), ("--since", "HEAD")):
        run = lint(tmp_path, "check", "--fix", *arguments, stdin=FIXABLE)
        assert (run.returncode, run.stdout, "--fix fixes whole files" in run.stderr) == (2, "", True)


UNUSED = """\
# daft-lint: ignore-file[DFT2] nothing
import daft

df = daft.read_parquet("s3://b/")  # noqa: DFT401, E501
df = df.where(df["a"] > 1)  # daft-lint: ignore[DFT401] a reason
df = df.where(df["a"] > 1)  # noqa: E501  # daft-lint: ignore[DFT401, DFT101] a reason  # kept
# daft-lint: ignore
df.repartition(8)  # daft-lint: ignore[DFT401, DFT101] a reason
df.write_parquet("o")  # noqa: DFT401 because
"""
NOT_UNUSED = """\
import daft

df = daft.read_parquet("s3://b/")  # noqa: E501
df = df.where(df["a"] > 1)
df = df.where(df["a"] > 1)  # noqa: E501  # kept
df.repartition(8)  # daft-lint: ignore[DFT401] a reason
df.write_parquet("o")  # because
"""


@pytest.mark.parametrize("encode", [str.encode, lambda text: text.replace("\n", "\r\n").encode("utf-8-sig")])
def test_unused_suppressions_are_removed_and_nothing_else(tmp_path: Path, encode: object) -> None:
    assert callable(encode)
    (tmp_path / "a.py").write_bytes(encode(UNUSED))
    assert lint(tmp_path, "fix", "--apply").stderr.startswith("Nothing to fix."), "another file may lead to a finding"
    assert lint(tmp_path, "fix", "--apply", "--unsafe").returncode == 0
    assert (tmp_path / "a.py").read_bytes() == encode(NOT_UNUSED)
    assert lint(tmp_path, "check").stdout == "No findings in 1 file.\n"


def test_files_and_settings_are_shown(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    for name in ("a.py", "jobs/b.py"):
        (tmp_path / name).write_text(BAD)
    (tmp_path / "jobs/daft-lint.toml").write_text(FULL.replace('exclude = ["old/"]', ""))
    assert lint(tmp_path, "check", "--show-files").stdout == "a.py\njobs/b.py\n"
    shown = lint(tmp_path, "check", "--show-settings", "--select", "discarded-dataframe", "jobs").stdout
    assert shown.startswith(f"# {tmp_path}/jobs/daft-lint.toml\n")
    settings = tomllib.loads(shown)
    assert settings["select"] == ["DFT401"], "with the command line's options, codes for names"
    assert settings["cluster"] == {"nodes": 4, "total-concurrency": 16, "runner": "native"}
    assert settings["sources"] == {"s3://b/*.parquet": {"rows": 1_000_000, "row-bytes": 4096, "heavy": ["img"]}}
    assert settings["per-file-ignores"] == {"tests/*": ["DFT2"]}
    assert parse(shown, Path("daft-lint.toml")).settings.cluster.nodes == 4, "what is shown can be read"


def test_a_preview_rule_runs_where_preview_is_on_or_its_code_is_selected(tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    install(plugins, "mine", RULE.replace('    code = "', '    preview = True\n    code = "'))
    (tmp_path / "a.py").write_text(BAD)

    def codes(configuration: str, *options: str) -> list[str]:
        (tmp_path / "daft-lint.toml").write_text(f"plugins = ['mine']\n{configuration}")
        run = python(tmp_path, "-m", "daft_lint", "check", "a.py", "--format", "json", *options, path=plugins)
        return sorted({finding["code"] for finding in json.loads(run.stdout)["findings"]})

    assert codes("") == codes("select = ['DFT4', 'ACM1']") == ["DFT401"]
    assert codes("preview = true") == codes("", "--preview") == ["ACM101", "DFT401"]
    assert codes("preview = true", "--no-preview") == ["DFT401"]
    assert codes("select = ['ACM101']") == codes("select = ['every-file']") == ["ACM101"]
    assert codes("preview = true\nselect = ['DFT4']") == ["DFT401"]
    run = python(tmp_path, "-m", "daft_lint", "explain", "ACM101", path=plugins)
    assert "has no fix, preview." in run.stdout


def schema(folder: Path) -> dict[str, object]:
    found = json.loads(lint(folder, "config-schema").stdout)
    assert isinstance(found, dict)
    return found


def test_the_schema_takes_what_the_linter_takes(tmp_path: Path) -> None:
    validator = jsonschema.Draft7Validator(schema(tmp_path))
    validator.check_schema(validator.schema)
    page = (ROOT / "docs/configuration.in.md").read_text(encoding="utf-8")
    block = page.split("```toml\n")[1].split("```")[0]
    for table in (
        tomllib.loads(FULL.replace("total_concurrency", "total-concurrency")),
        tomllib.loads(block)["tool"]["daft-lint"],
    ):
        assert [error.message for error in validator.iter_errors(table)] == []
    assert "lowest level that is shown" in validator.schema["properties"]["level"]["description"]


@pytest.mark.parametrize(
    "text",
    [
        "selct = []", "select = 1", 'select = ["E 5"]', "[cluster]\nnodes = 0", "[cluster]\nnodes = true",
        "[cluster]\nrunner = 'spark'", "cluster = 1", "[sources.x]\nheavy = 'a'", "fail-on = 'no'", "preview = 1",
        "[per-file-ignores]\nx = 'DFT1'", "[verify]\ntimeout = -1", "[verify.sources]\nx = 1", "target-daft = 'new'",
        "fan-out = 'split'", "[sources.x]\nrows = -1",
    ],
)  # fmt: skip
def test_the_schema_refuses_what_the_linter_refuses(tmp_path: Path, text: str) -> None:
    from daft_lint.config.schema import json_schema

    with pytest.raises(ConfigError):
        parse(text, tmp_path / "daft-lint.toml")
    assert not jsonschema.Draft7Validator(json_schema()).is_valid(tomllib.loads(text))


def test_statistics_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD + "df.repartition(4)\n")
    found = json.loads(lint(tmp_path, "check", "--statistics", "--format", "json").stdout)
    assert found["statistics"] == [{"code": "DFT401", "name": "discarded-dataframe", "findings": 2}]
    assert found["summary"]["errors"] == 2


def test_quiet_and_colour(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    run = lint(tmp_path, "check", "-q", "--format", "concise")
    assert (run.stdout.count("\n"), run.stderr, run.returncode) == (1, "", 1)
    assert lint(tmp_path, "check", "-q", "--select", "DFT1").stdout == ""
    assert "\x1b[" in lint(tmp_path, "check", "--color", "always").stdout, "whatever NO_COLOR says"
    assert "\x1b[" not in lint(tmp_path, "check", "--color", "never").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
def test_watch_checks_again_when_a_file_or_the_configuration_changes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "daft-lint.toml").write_text("")
    command = [sys.executable, "-m", "daft_lint", "check", "--watch", "--format", "concise", "--no-cache"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=lambda: [lines.put(line) for line in process.stdout or ()], daemon=True)
        reader.start()
        try:
            assert "DFT401" in lines.get(timeout=120)
            assert lines.get(timeout=120).startswith("1 finding")
            (tmp_path / "a.py").write_text(BAD.replace("df.repartition(8)\n", ""))
            assert lines.get(timeout=120) == "No findings in 1 file.\n"
            (tmp_path / "b.py").write_text(BAD)
            assert "b.py:4:4: error: DFT401" in lines.get(timeout=120)
            assert lines.get(timeout=120).startswith("1 finding")
            (tmp_path / "daft-lint.toml").write_text("ignore = ['DFT4']\n")
            assert lines.get(timeout=120) == "No findings in 2 files.\n"
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=120) == 130
        reader.join(timeout=120)


def test_nothing_to_check_is_a_warning(tmp_path: Path) -> None:
    run = lint(tmp_path, "check")
    assert (run.returncode, run.stdout) == (0, "No findings in 0 files.\n")
    assert run.stderr.startswith("daft-lint: warning: no Python files")


@pytest.mark.parametrize("command", ["verify", "profile", "tune"])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_of_the_runtime_s_commands_needs_no_daft(tmp_path: Path, command: str, option: str) -> None:
    missing = "import sys\nsys.modules['daft'] = sys.modules['ray'] = None\n"
    code = missing + "from daft_lint.cli import main\nmain(sys.argv[1:])"
    run = python(tmp_path, "-c", code, command, option, path=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"Usage: daft-lint {command} [OPTIONS]")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_in_a_terminal_text_wraps_at_words_and_explain_is_laid_out(tmp_path: Path) -> None:
    import os
    import pty

    (tmp_path / "a.py").write_text(BAD)

    def shown(*arguments: str) -> str:
        ours, theirs = pty.openpty()
        surroundings = {**environment(), "COLUMNS": "50", "TERM": "xterm", "NO_COLOR": ""}
        command = [sys.executable, "-m", "daft_lint", *arguments]
        with subprocess.Popen(command, cwd=tmp_path, env=surroundings, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            parts = []
            while True:
                try:
                    part = os.read(ours, 65536)
                except OSError:
                    break
                if not part:
                    break
                parts.append(part)
            process.wait()
        os.close(ours)
        return b"".join(parts).decode().replace("\r\n", "\n")

    plain = shown("check", "--color", "never", "a.py").splitlines()
    notes = plain[plain.index(next(line for line in plain if line.startswith("  = "))) : -2]
    assert len(notes) > 3
    assert all(line.startswith(("  = ", "    ")) and len(line) <= 50 for line in notes)
    assert "\x1b[31m-df.repartition(8)\x1b[0m" in shown("fix", "--unsafe", "a.py")
    pytest.importorskip("rich")
    page = shown("explain", "DFT401")
    assert "## Why" not in page
    assert "Why" in page


def test_interactive_says_what_its_keys_do(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FIXABLE)
    run = lint(tmp_path, "fix", "--interactive", stdin="?\ny\n")
    assert run.stderr.count("y: apply this fix; n: leave it out;") == 2
    assert (tmp_path / "a.py").read_text() == FIXED
