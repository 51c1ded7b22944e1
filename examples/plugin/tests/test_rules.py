from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.testing import Case, Fixtures

FIXTURES = Fixtures(Path(__file__).parent / "fixtures", plugins=("acme_rules",))


@pytest.mark.parametrize("case", FIXTURES.cases(), ids=str)
def test_fixture(case: Case) -> None:
    case.check()


def test_the_fixtures_are_complete() -> None:
    FIXTURES.check_complete()
