from __future__ import annotations

from daft_lint.fix.guards import damage
from tests.fix.fix_cases import python


def test_damage_sees_each_kind() -> None:
    assert damage(python("a = 1\n"), python("a = 2\n")) is None
    assert damage(python("a = 1 # c\n# c\n"), python("a = 2 # c\n")) == "the comment '# c' would be lost"
    assert damage(python("a = '# no'\n"), python("a = ''\n")) is None


def test_comments_of_a_text_that_does_not_parse_are_seen() -> None:
    before = "x = (\n# one\n# two\n"
    assert damage(python(before), python("x = (\n# one\n")) == "the comment '# two' would be lost"
    assert damage(python(before), python("y = (\n# one\n# two\n")) is None
