from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.testing import Fixture, Fixtures

FIXTURES = Fixtures(Path(__file__).parent / "fixtures", plugins=("acme_rules",))


@pytest.mark.parametrize("fixture", FIXTURES.fixtures(), ids=str)
def test_fixture(fixture: Fixture) -> None:
    fixture.check()


def test_the_fixtures_are_complete() -> None:
    FIXTURES.check_complete()
