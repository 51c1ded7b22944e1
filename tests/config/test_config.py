from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daft_lint.api.finding import Level
from daft_lint.config import FACTS_FILE, Config, ConfigError, is_prefix, load, parse
from daft_lint.pipeline.model import Cluster, Runner

FULL = """
src = ["jobs"]
exclude = ["old/"]
select = ["DFT1", "DFT403"]
fail-on = "error"
target-daft = ">=0.6"
[per-file-ignores]
"tests/*" = ["DFT2"]
[cluster]
nodes = 4
total_concurrency = 16
runner = "native"
[sources."s3://b/*.parquet"]
rows = 1_000_000
row-bytes = 4096
heavy = ["img"]
"""


def test_all_of_it_is_read(tmp_path: Path) -> None:
    config = parse(FULL, tmp_path / "daft-lint.toml")
    assert config.src == ("jobs",)
    assert config.fail_on is Level.ERROR
    assert config.per_file_ignores == (("tests/*", ("DFT2",)),)
    assert config.settings.cluster == Cluster(nodes=4, total_concurrency=16, runner=Runner.NATIVE)
    ((pattern, facts),) = config.settings.sources
    assert (pattern, facts.rows, facts.row_bytes, facts.heavy) == ("s3://b/*.parquet", 1_000_000, 4096, ("img",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("selct = []", ("selct", "did you mean select")),
        ("select = 1", ("select", "a list of strings")),
        ('select = ["E501"]', ("select", "E501")),
        ("[cluster]\nnodes = 0", ("cluster.nodes", "at least 1")),
        ("[cluster]\nnodes = true", ("cluster.nodes", "True")),
        ("[cluster]\nrunner = 'spark'", ("cluster.runner", '"ray"')),
        ("cluster = 1", ("cluster", "a table")),
        ("[sources.x]\nheavy = 'a'", ('sources."x".heavy',)),
        ("fail-on = 'no'", ("fail-on", "never")),
        ("fail-on = 'error'\nfail_on = 'error'", ("fail-on", "twice")),
        ("x = ", ("not valid TOML",)),
    ],
)
def test_mistakes_name_key_and_file(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("daft-lint.toml"))
    message = str(caught.value)
    assert message.startswith("daft-lint.toml: ")
    assert all(word in message for word in words)


def test_the_nearest_file_that_has_a_table_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "pyproject.toml").write_text("[tool.daft-lint]\nfail-on = 'never'\n")
    config = load(inner)
    assert (config.root, config.fail_on) == (tmp_path, None)
    (tmp_path / "a" / "daft-lint.toml").write_text("fail-on = 'advice'\n")
    assert load(inner).fail_on is Level.ADVICE
    with pytest.raises(ConfigError, match="cannot be read"):
        load(inner, tmp_path / "missing.toml")


def test_prefixes() -> None:
    assert all(map(is_prefix, ("D", "DFT", "DFT1", "DFT101", "ALL")))
    assert not any(map(is_prefix, ("", "X", "DFTX", "DFT1011", "E501")))


def test_a_profile_beside_the_configuration_is_kept_apart_from_its_own_sources(tmp_path: Path) -> None:
    (tmp_path / "daft-lint.toml").write_text('[sources."a/*"]\nrows = 5\n')
    (tmp_path / FACTS_FILE).write_text('[sources."a/*"]\nrows = 6\n[sources."b/*"]\nrows = 7\n')
    (tmp_path / "below").mkdir()
    settings = load(tmp_path / "below").settings
    assert [(pattern, facts.rows) for pattern, facts in settings.sources] == [("a/*", 5)]
    assert [(pattern, facts.rows) for pattern, facts in settings.learned] == [("a/*", 6), ("b/*", 7)]
    assert settings.learned[1][1].origin == 'daft-lint.facts.toml, sources."b/*"'
    (tmp_path / "daft-lint.toml").unlink()
    assert load(tmp_path).settings == replace(settings, sources=())
    (tmp_path / FACTS_FILE).write_text("level = 'error'\n")
    with pytest.raises(ConfigError, match=r"daft-lint\.facts\.toml: unknown key level"):
        load(tmp_path)


def test_verify_reads_its_own_table(tmp_path: Path) -> None:
    given = parse(
        '[verify]\nlimit-rows = 100\ntimeout = 60\n[verify.sources]\n"s3://b/*" = "t/*"\n', tmp_path / "daft-lint.toml"
    ).verify
    assert (given.limit_rows, given.timeout, given.sources) == (100, 60, (("s3://b/*", "t/*"),))
    with pytest.raises(ConfigError, match=r"verify\.limit-rows must be a whole number of at least 1"):
        parse("[verify]\nlimit-rows = 0\n", tmp_path / "daft-lint.toml")


@pytest.mark.parametrize(
    ("fail_on", "failing"),
    [
        (None, []),
        (Level.ERROR, [Level.ERROR]),
        (Level.WARNING, [Level.WARNING, Level.ERROR]),
        (Level.ADVICE, [Level.ADVICE, Level.WARNING, Level.ERROR]),
    ],
)
def test_levels_compare(fail_on: Level | None, failing: list[Level]) -> None:
    assert [level for level in Level if Config(fail_on=fail_on).fails(level)] == failing
    shown = [level for level in Level if Config(level=Level.WARNING).shows(level)]
    assert shown == [Level.WARNING, Level.ERROR]
    assert (Config().level, Config().fail_on) == (Level.ADVICE, Level.WARNING)
