from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.lint.registry import documented_rules
from tests.helpers import lint


def test_the_table_has_every_rule(tmp_path: Path) -> None:
    rows = lint(tmp_path, "explain").stdout.splitlines()
    assert [row.split()[:2] for row in rows] == [[rule.code, rule.name] for rule in documented_rules()]
    assert rows[0] == f"DFT001  {'syntax-error':<{max(len(rule.name) for rule in documented_rules())}}  error"


@pytest.mark.parametrize(
    ("asked", "head"),
    [
        ("dft401", "# DFT401 discarded-dataframe\n\nAt most error; has a fix."),
        ("Discarded-DataFrame", "# DFT401 discarded-dataframe\n"),
        ("DFT001", "# DFT001 syntax-error\n\nAt most error; has no fix.\n\nA file that does not parse"),
        ("unused-suppression", "# DFT002 unused-suppression\n\nAt most advice; has a fix."),
    ],
)
def test_a_page_is_found_by_code_and_by_name(tmp_path: Path, asked: str, head: str) -> None:
    assert lint(tmp_path, "explain", asked).stdout.startswith(head)
