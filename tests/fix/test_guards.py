from __future__ import annotations

from daft_lint.fix.guards import damage
from tests.fix.fix_cases import python


def test_damage_sees_each_kind() -> None:
    assert damage(python("a = 1\n"), python("a = 2\n")) is None
    assert damage(python("a = 1 # c\n# c\n"), python("a = 2 # c\n")) == "the comment '# c' would be lost"
    assert damage(python("a = '# no'\n"), python("a = ''\n")) is None
