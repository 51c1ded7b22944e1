"""What `upgrade` makes of the old text of each proof is the new text, which was run to the same output."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from api_history.proof import Pair, pairs

from daft_lint.config import Config
from daft_lint.fix.loop import fix_documents
from daft_lint.fix.upgrade import newest
from daft_lint.lint.project_checker import ProjectChecker
from daft_lint.lint.registry import upgrading_rules
from daft_lint.source.document import Document

NOT_FOLLOWED = {
    "Series": "the interpreter does not follow the values inside of a UDF",
    "File": "the interpreter does not follow the values inside of a UDF",
    "DataType": "types are no receivers of the interpreter",
    "Table": "a table handed over by another library is not known to be Daft's",
}
"""The owners of rows that `upgrade` leaves, and why."""


def upgraded(pair: Pair) -> str:
    text = pair.script(pair.old.lstrip("\n"))
    config = replace(
        Config(Path.cwd()),
        select=tuple(rule.code for rule in upgrading_rules()),
        target_daft=f"=={newest()}",
        written_for="==" + ".".join(map(str, min(pair.on))),
    )
    checker = ProjectChecker(config)
    document = Document.from_bytes("script.py", text.encode())
    report = fix_documents([document], checker.observe, unsafe=True, overlay=checker.overlay)
    return report.files[0].after.text


def wanted(pair: Pair) -> str:
    """The frames of the old text, and the new text."""
    old = pair.old.lstrip("\n")
    return pair.script(old).removesuffix(old) + pair.new.lstrip("\n")


PAIRS = [pair for pair in pairs() if pair.rows[0].partition(".")[0] not in NOT_FOLLOWED]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.id)
def test_the_old_text_becomes_the_new_one(pair: Pair) -> None:
    assert upgraded(pair) == wanted(pair)
