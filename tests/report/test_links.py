"""Links to the pages of rules: none before the site has an address, the right ones once it has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daft_lint.report import links
from tests.helpers import BAD, lint

SITE = "https://docs.example.org/daft-lint"
PAGE = f"{SITE}/rules/DFT401/"


def reports(folder: Path) -> tuple[str, dict[str, str], str]:
    """The text in colour, the addresses of the rules in SARIF, and reviewdog's JSON."""
    (folder / "a.py").write_text(BAD)
    text = lint(folder, "check", "--color", "always").stdout
    rules = json.loads(lint(folder, "check", "--format", "sarif").stdout)["runs"][0]["tool"]["driver"]["rules"]
    addresses = {rule["id"]: rule["helpUri"] for rule in rules if "helpUri" in rule}
    return text, addresses, lint(folder, "check", "--format", "rdjson").stdout


def test_every_rule_has_a_link_where_the_site_has_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(links.VARIABLE, f"{SITE}/")
    text, addresses, reviewdog = reports(tmp_path)
    assert f"\x1b]8;;{PAGE}\x1b\\\x1b[1;31mDFT401\x1b[0m\x1b]8;;\x1b\\ discarded-dataframe" in text
    assert addresses["DFT401"] == PAGE
    assert addresses["DFT001"] == f"{SITE}/rules/DFT001/"
    assert json.loads(reviewdog)["diagnostics"][0]["code"] == {"value": "DFT401", "url": PAGE}
    assert links.rule_page("ACM101") is None


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "https://a\x1b]8;;b"])
def test_what_is_no_address_makes_no_link(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(links.VARIABLE, address)
    text, addresses, reviewdog = reports(tmp_path)
    assert "\x1b]8;" not in text
    assert addresses == {}
    assert json.loads(reviewdog)["diagnostics"][0]["code"] == {"value": "DFT401"}
