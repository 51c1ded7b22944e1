"""The Dockerfile: built and run where Docker is, else read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.helpers import BAD, ROOT

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = re.findall(r"^([A-Z]+) (.*)$", TEXT.replace("\\\n", " "), re.M)


def test_it_copies_what_there_is_and_all_that_the_package_is_built_of() -> None:
    copied = [word for name, given in INSTRUCTIONS if name == "COPY" for word in given.split()[:-1]]
    assert [word for word in copied if not (ROOT / word).exists()] == []
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    built = re.search(r"^packages = \[(.*)\]$", project[project.index("[tool.hatch.build.targets.wheel]") :], re.M)
    assert built is not None
    assert {part.split("/")[0] for part in re.findall(r'"([^"]+)"', built[1])} < set(copied)


def test_it_begins_with_a_python_that_is_supported_and_does_not_run_as_root() -> None:
    names = [name for name, _ in INSTRUCTIONS]
    assert set(names) <= {"FROM", "RUN", "COPY", "USER", "WORKDIR", "ENTRYPOINT"}
    version = re.fullmatch(r"python:(3\.\d+)-slim", INSTRUCTIONS[0][1])
    assert version is not None
    assert f"Python :: {version[1]}" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert names.index("USER") > max(index for index, name in enumerate(names) if name == "RUN")
    assert json.loads(dict(INSTRUCTIONS)["ENTRYPOINT"]) == ["daft-lint"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("docker") is None, reason="needs docker")
def test_the_image_checks_standard_input() -> None:
    built = subprocess.run(["docker", "build", "--quiet", str(ROOT)], capture_output=True, text=True, check=False)
    if built.returncode and re.search("daemon|dial tcp|timeout", built.stderr):
        pytest.skip("Docker does not run, or reaches no registry")
    assert built.returncode == 0, built.stderr
    command = ["docker", "run", "--rm", "--interactive", built.stdout.strip(), "check", "-"]
    run = subprocess.run(command, input=BAD, capture_output=True, text=True, check=False)
    assert (run.returncode, "DFT401" in run.stdout) == (1, True), run.stderr
