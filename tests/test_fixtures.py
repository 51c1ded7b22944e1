"""What every example must survive, whatever its rule: fixtures/rules/<CODE>/*.py, each in every variation.

A case is named `variation-CODE/fixture`; `daft_lint.testing` says how fixtures are written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.testing import Fixtures

FIXTURES = Fixtures(Path(__file__).parent.parent / "fixtures" / "rules")
CASES = {str(case): case for case in FIXTURES.cases()}


@pytest.mark.parametrize("case", CASES)
def test_fixture(case: str) -> None:
    CASES[case].check()


def test_the_fixtures_are_complete() -> None:
    FIXTURES.check_complete()
