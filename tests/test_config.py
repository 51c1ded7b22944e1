from __future__ import annotations

from pathlib import Path

import pytest

from daft_lint.config import Config, ConfigError, is_prefix, load, parse
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
    assert config.fail_on == "error"
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
        ("x = ", ("no valid TOML",)),
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
    assert (config.root, config.fail_on) == (tmp_path, "never")
    (tmp_path / "a" / "daft-lint.toml").write_text("fail-on = 'advice'\n")
    assert load(inner).fail_on == "advice"
    with pytest.raises(ConfigError, match="cannot be read"):
        load(inner, tmp_path / "missing.toml")


def test_prefixes() -> None:
    assert all(map(is_prefix, ("D", "DFT", "DFT1", "DFT101", "ALL")))
    assert not any(map(is_prefix, ("", "X", "DFTX", "DFT1011", "E501")))
    assert Config().fail_on == "warning"
