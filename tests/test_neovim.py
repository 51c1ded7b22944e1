"""The language server in a real Neovim, with the configuration that the page on editors shows for its version."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT, environment

sys.path.insert(0, str(ROOT / "docs"))

import snippets

pytestmark = pytest.mark.slow
pytest.importorskip("pygls", reason="needs the extra `lsp`")

PAGE = (ROOT / "docs" / "pages" / "editors.md").read_text(encoding="utf-8")
DISCARDED = 'import daft\n\ndf = daft.read_parquet("s3://b/*.parquet")\ndf.repartition(8)\ndf.show()\n'
ASK = """
local function act()
  vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end)
  local found = vim.diagnostic.get(0)
  local document = vim.lsp.util.make_text_document_params()
  local function ask(method, params)
    params.textDocument = document
    for _, answer in pairs(vim.lsp.buf_request_sync(0, method, params, 60000) or {}) do
      return answer.result
    end
  end
  local cursor = { line = 3, character = 4 }
  local context = { diagnostics = {}, only = { "quickfix" } }
  local fixes = ask("textDocument/codeAction", { range = { start = cursor, ["end"] = cursor }, context = context })
  local hover = ask("textDocument/hover", { position = { line = 4, character = 0 } })
  vim.lsp.util.apply_workspace_edit(fixes[1].edit, "utf-16")
  vim.wait(60000, function() return #vim.diagnostic.get(0) == 0 end)
  return {
    found = vim.tbl_map(function(one) return { one.lnum, one.col, one.code, one.source, one.severity } end, found),
    titles = vim.tbl_map(function(fix) return fix.title end, fixes),
    hover = hover.contents.value,
    fixed = vim.api.nvim_buf_get_lines(0, 0, -1, false),
    left = #vim.diagnostic.get(0),
  }
end
local ran, result = pcall(act)
vim.fn.writefile({ vim.fn.json_encode(ran and result or { failed = tostring(result) }) }, "result.json")
vim.cmd("qall!")
"""


def neovims() -> list[str]:
    """The Neovims of this machine: on PATH, and those that DAFT_LINT_NEOVIM lists."""
    listed = os.environ.get("DAFT_LINT_NEOVIM", "").split(os.pathsep)
    return [*filter(None, (shutil.which("nvim"), *listed))]


def version(nvim: str) -> tuple[int, int]:
    printed = subprocess.run([nvim, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.match(r"NVIM v(\d+)\.(\d+)", printed)
    assert match, printed
    return int(match[1]), int(match[2])


def configuration(of: tuple[int, int]) -> str:
    """The block below the newest "From VERSION on" that the version has."""
    since = [tuple(map(int, found)) for found in re.findall(r"^From (\d+)\.(\d+) on", PAGE, re.M)]
    blocks = [block.body for block in snippets.blocks(PAGE) if block.language == "lua"]
    assert len(since) == len(blocks) == 2
    fitting = [(first, block) for first, block in zip(since, blocks, strict=True) if first <= of]
    if not fitting:
        pytest.skip(f"Neovim {of} is older than what the page is for")
    return max(fitting)[1]


@pytest.mark.parametrize("nvim", neovims() or [pytest.param("", marks=pytest.mark.skip(reason="needs Neovim"))])
def test_findings_fixes_and_hovers(nvim: str, tmp_path: Path) -> None:
    (tmp_path / "init.lua").write_text(configuration(version(nvim)), encoding="utf-8")
    (tmp_path / "ask.lua").write_text(ASK, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "job.py").write_text(DISCARDED, encoding="utf-8")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    server = bin_folder / "daft-lint"
    server.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m daft_lint "$@"\n', encoding="utf-8")
    server.chmod(0o755)
    own = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    path = os.pathsep.join([str(bin_folder), os.environ["PATH"]])
    done = subprocess.run(
        [nvim, "--headless", "-u", "init.lua", "-i", "NONE", "-n", "job.py", "-c", "luafile ask.lua"],
        cwd=tmp_path,
        env={**environment(), **own, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (tmp_path / "result.json").exists(), done.stdout + done.stderr
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert "failed" not in result, result
    assert result["found"] == [[3, 3, "DFT401", "daft-lint", 1]]
    assert [title for title in result["titles"] if title.startswith("DFT401: Assign the result back to `df`")]
    assert "read_parquet" in result["hover"]
    assert result["fixed"] == DISCARDED.replace("df.rep", "df = df.rep").splitlines()
    assert result["left"] == 0
