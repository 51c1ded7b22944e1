from __future__ import annotations

import daft
import pytest


@pytest.fixture(scope="module", autouse=True)
def native() -> None:
    if daft.get_or_create_runner().name != "native":
        pytest.skip("another test of this process chose the Ray runner")
