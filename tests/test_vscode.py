"""What the extension for VS Code declares is what its code uses. Its own tests run with `make vscode`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from daft_lint import __version__
from tests.helpers import ROOT

EXTENSION = ROOT / "editors" / "vscode"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
LOCK: dict[str, Any] = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
SOURCES = {file.name: file.read_text(encoding="utf-8") for file in sorted((EXTENSION / "src").glob("*.ts"))}
CODE = "\n".join(SOURCES.values())
COMMANDS = {command["command"]: command["title"] for command in MANIFEST["contributes"]["commands"]}
SETTINGS = MANIFEST["contributes"]["configuration"]["properties"]
PAGES = (EXTENSION / "README.md", ROOT / "docs" / "pages" / "editors.md")


def test_commands_are_declared_registered_and_on_the_pages() -> None:
    assert COMMANDS.keys() == set(re.findall(r'registerCommand\("([^"]+)"', CODE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for title in COMMANDS.values():
            assert f"daft-lint: {title}" in text, f"{page.name}: {title}"
    shown = {item["command"] for items in MANIFEST["contributes"]["menus"].values() for item in items}
    assert shown
    assert shown <= COMMANDS.keys()


def test_settings_are_declared_used_and_on_the_page() -> None:
    read = {f"daft-lint.{key}" for key in re.findall(r'settings\(\)\.get<\w+>\("(\w+)"', CODE)}
    assert read == SETTINGS.keys()
    text = PAGES[0].read_text(encoding="utf-8")
    for key, schema in SETTINGS.items():
        assert f"`{key}`" in text
        assert schema["markdownDescription"]
        default = json.dumps(schema["default"])
        used = re.findall(rf'get<\w+>\("{key.partition(".")[2]}", ([^)]+)\)', CODE)
        assert set(used) == {default}, f"{key}: the code falls back to {used}, the manifest to {default}"


def test_every_name_of_ours_in_the_code_is_declared() -> None:
    others = {"daft-lint.plan", "daft-lint.status", "daft-lint.exe"}
    named = set(re.findall(r'"(daft-lint\.\w+)"', CODE))
    assert others <= named
    assert named <= COMMANDS.keys() | SETTINGS.keys() | others


def test_the_version_is_that_of_daft_lint() -> None:
    assert {MANIFEST["version"], LOCK["version"], LOCK["packages"][""]["version"]} == {__version__}


def test_the_licence_is_ours() -> None:
    assert MANIFEST["license"] == "Apache-2.0"
    assert (EXTENSION / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_what_it_is_built_from_is_pinned() -> None:
    pinned = MANIFEST["devDependencies"]
    assert not MANIFEST.get("dependencies"), "the package is one bundle"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values()), pinned
    assert LOCK["packages"][""]["devDependencies"] == pinned
    assert {name: LOCK["packages"][f"node_modules/{name}"]["version"] for name in pinned} == pinned


@pytest.mark.parametrize("folder", [EXTENSION, EXTENSION / "trial"])
def test_the_lock_has_checksums_and_no_addresses(folder: Path) -> None:
    packages = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    locked = [package for path, package in packages.items() if path]
    assert locked
    assert all("integrity" in package and "resolved" not in package for package in locked)


def test_nothing_is_built_against_a_newer_vs_code_than_is_asked_for() -> None:
    assert MANIFEST["engines"]["vscode"] == f"^{MANIFEST['devDependencies']['@types/vscode']}"


def test_only_modules_that_need_it_import_vs_code() -> None:
    """The others are what the tests of the extension can run."""
    pure = {name for name, text in SOURCES.items() if 'from "vscode"' not in text}
    assert {"comments.ts", "drawing.ts", "locate.ts", "plan.ts", "process.ts", "rules.ts"} == pure
    for name in pure:
        for imported in re.findall(r'from "\./(\w+)"', SOURCES[name]):
            assert f"{imported}.ts" in pure, f"{name} imports {imported}"


def test_the_codes_that_no_comment_answers_are_ours() -> None:
    from daft_lint.adoption.ignores import NOT_SUPPRESSED

    (listed,) = re.findall(r"NOT_SILENCED\b.* = new Set\(\[(.*?)\]\)", SOURCES["comments.ts"])
    assert set(re.findall(r"DFT\d{3}", listed)) == NOT_SUPPRESSED


def stub(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(("node", "built"), [(None, False), ("exit 1", False), ("exit 0", True)])
def test_ci_builds_it_where_there_is_npm_with_a_node_that_will_do(
    node: str | None, built: bool, tmp_path: Path
) -> None:
    for tool in ("sh", "dirname"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    stub(tmp_path, "make", 'echo "make $*"')
    stub(tmp_path, "id", "echo 1000")
    if node is not None:
        stub(tmp_path, "npm", "")
        stub(tmp_path, "node", node)
    done = subprocess.run(
        [str(ROOT / ".ci" / "run")], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    assert last == "make test test-lowest dist"
    assert first == (
        "make vscode" if built else "no npm with Node 20.19 or newer: the extension for VS Code is not built"
    )
