from __future__ import annotations

import subprocess
from pathlib import Path

from daft_lint.fix.diff import unified_diff
from daft_lint.fix.loop import fix_documents
from tests.fix.fix_cases import python, replacing


def test_the_diff_applies(tmp_path: Path) -> None:
    before = "one = 1\r\n" + "x = 2\r\n" * 10 + "y = one"
    (tmp_path / "a.py").write_bytes(before.encode())
    report = fix_documents([python(before)], replacing("one", "two"))
    diff = unified_diff(report)
    assert diff.startswith("--- a/a.py\n+++ b/a.py\n@@ -1,4 +1,4 @@\n-one = 1\r\n+two = 1\r\n x = 2\r\n")
    assert diff.endswith("-y = one\n\\ No newline at end of file\n+y = two\n\\ No newline at end of file\n")
    (tmp_path / "d.diff").write_bytes(diff.encode())
    subprocess.run(["git", "apply", "d.diff"], cwd=tmp_path, check=True)
    assert (tmp_path / "a.py").read_bytes() == before.replace("one", "two").encode()


def test_a_byte_order_mark_and_the_encoding_are_shown_as_text() -> None:
    report = fix_documents([python(b"\xef\xbb\xbfone = 1\n")], replacing("one", "two"))
    assert "-\ufeffone = 1\n+\ufefftwo = 1\n" in unified_diff(report)
    latin = python("# coding: latin-1\none = 'é'\n".encode("latin-1"))
    assert "+two = 'é'\n" in unified_diff(fix_documents([latin], replacing("one", "two")))
