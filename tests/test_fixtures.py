"""What every example must survive, whatever its rule: fixtures/rules/<CODE>/*.py, each in every variation.

`daft_lint.testing` says how fixtures are written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.api.rule import Rule
from daft_lint.testing import Fixture, Fixtures

FIXTURES = Fixtures(Path(__file__).parent.parent / "fixtures" / "rules")


@pytest.mark.parametrize("fixture", FIXTURES.fixtures(), ids=str)
def test_fixture(fixture: Fixture) -> None:
    fixture.check()


def test_the_fixtures_are_complete() -> None:
    FIXTURES.check_complete()


@pytest.mark.parametrize("rule", FIXTURES.rules(), ids=lambda rule: rule.code)
def test_each_rule_has_eight_scripts_that_it_finds_and_eight_that_it_leaves_alone(rule: type[Rule]) -> None:
    mine = [fixture.is_found for fixture in FIXTURES.fixtures() if fixture.code == rule.code]
    assert min(mine.count(True), mine.count(False)) >= 8
