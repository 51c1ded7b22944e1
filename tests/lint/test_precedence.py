"""A rule is silent where one that it yields to speaks, whatever is selected."""

from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.api.rule import Level, Rule
from daft_lint.config import Config
from daft_lint.lint.engine import check_document
from daft_lint.lint.precedence import in_order
from daft_lint.source.document import Document
from tests.helpers import install, python

SCRIPT = """
import daft
from daft import DataType, Series
from daft.functions import decode_image


@daft.func.batch(return_dtype=DataType.float32())
def score(images: Series) -> Series: ...


df = daft.read_parquet("s3://scans/*.parquet")
df = df.with_column("image", decode_image(df["png"]))
{more}df.write_parquet("s3://out")
"""
HEAVY_UDF = 'df = df.with_column("score", score(df["image"]))\n'


def codes(text: str, *select: str) -> set[str]:
    document = Document.from_bytes("script.py", text.encode())
    return {finding.code for finding in check_document(document, Config(select=select)).findings}


@pytest.mark.parametrize("select", [("DFT1",), ("DFT106",)])
def test_one_stage_has_one_finding_whatever_is_selected(select: tuple[str, ...]) -> None:
    assert "DFT106" in codes(SCRIPT.format(more=""), *select)
    assert "DFT106" not in codes(SCRIPT.format(more=HEAVY_UDF), *select)
    assert codes(SCRIPT.format(more=HEAVY_UDF), "DFT101") == {"DFT101"}


def rule(of: str, *yields: str) -> type[Rule]:
    return type(of, (Rule,), {"code": of, "name": of, "level": Level.ADVICE, "yields_to": yields})


def test_rules_come_after_those_that_they_yield_to() -> None:
    first, second, third = rule("ACM103"), rule("ACM102", "ACM103", "XYZ100"), rule("ACM101", "ACM102")
    known = (third, second, first)
    assert in_order((third,), known) == (first, second, third)
    assert in_order((third, first), known) == (first, second, third)
    circle = rule("ACM104", "ACM105"), rule("ACM105", "ACM104")
    assert set(in_order(circle, circle)) == set(circle)


RULE = '''
from daft_lint.api.rule import Level, Observation, ScriptRule


class Mine(ScriptRule):
    """Reports every step."""

    code = "ACM101"
    name = "every-step"
    level = Level.ADVICE
    trigger_words = ("daft",)
    yields_to = ("DFT404",)

    def check(self, script):
        for step in script.steps:
            yield Observation(step.call, self.level, "a step", "nothing", "nothing")


class Yours(Mine):
    """Reports every step too."""

    code = "ACM102"
    name = "every-step-again"
    yields_to = ("ACM101",)
'''


def test_rules_of_plugins_yield_as_ours_do(tmp_path: Path) -> None:
    install(tmp_path / "site", "mine", RULE)
    (tmp_path / "daft-lint.toml").write_text('plugins = ["mine"]\nselect = ["ACM"]\n', encoding="utf-8")
    (tmp_path / "a.py").write_text("import daft\n\ndf = daft.range(8)\ndf.show()\n", encoding="utf-8")
    done = python(tmp_path, "-m", "daft_lint", "check", "a.py", "--format", "concise", path=tmp_path / "site")
    assert done.stdout.count("ACM101") == 2, done.stderr
    assert "ACM102" not in done.stdout
