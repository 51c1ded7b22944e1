"""`daft-lint upgrade` as a user runs it: the real entry point, in a process of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.helpers import lint, run_fix

OLD = """import daft
from daft import col

df = daft.read_parquet("s3://b/*.parquet")
df = df.with_column("image", col("url").url.download().image.decode())
df = df.with_column("name", col("name").str.upper())
df.write_parquet("out")
"""
NEW = OLD.replace(".url.download().image.decode()", ".download().decode_image(mode=None)").replace(
    ".str.upper", ".upper"
)
LEFT = """import sys, daft
from daft import col

df = daft.read_parquet("s3://b/*.parquet")
df = df.select(col("b").str.split(",", regex=bool(sys.argv[1:])), col("s").str.like("x%"))
df.show()
"""
"""A call without an equal one, and one that only `--unsafe` rewrites."""


def upgrade(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return lint(folder, "upgrade", *arguments)


def test_the_diff_is_shown_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OLD)
    run = upgrade(tmp_path, "--from", "0.6.1")

    assert run.returncode == 1
    assert (tmp_path / "a.py").read_text() == OLD
    assert run.stderr == "Daft 0.7.26: 3 rewrites in 1 file, 0 left by hand (0 of them fail).\n"
    patch = subprocess.run(
        ["patch", "-p1"], cwd=tmp_path, input=run.stdout, text=True, capture_output=True, check=False
    )
    assert patch.returncode == 0
    assert (tmp_path / "a.py").read_text() == NEW
    assert upgrade(tmp_path, "--from", "0.6.1").returncode == 0


def test_apply_writes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OLD)
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert (run.returncode, run.stdout) == (0, "")
    assert (tmp_path / "a.py").read_text() == NEW


def test_a_file_that_does_not_parse_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import daft\ndaft.func(\n")
    for arguments, status in (((), 0), (("--apply",), 1)):
        run = upgrade(tmp_path, *arguments)
        assert run.returncode == status
        assert run.stderr == (
            "Daft 0.7.26: 0 rewrites in 0 files, 0 left by hand (0 of them fail).\n"
            "daft-lint: a.py: not fixed: line 2: this file does not parse: '(' was never closed\n"
        )


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("0.5.22", ".url.download().image.decode()"),  # it has no other spelling
        ("0.6.2", ".download().decode_image(mode=None)"),
        ("0.7", ".download().decode_image(mode=None)"),
    ],
)
def test_the_version_to_upgrade_to(tmp_path: Path, to: str, expected: str) -> None:
    (tmp_path / "a.py").write_text(OLD)
    upgrade(tmp_path, "--from", "0.5.22", "--to", to, "--apply")

    assert f'col("url"){expected})' in (tmp_path / "a.py").read_text()


def test_what_is_no_version_is_refused(tmp_path: Path) -> None:
    run = upgrade(tmp_path, "--to", "newest")

    assert run.returncode == 2
    assert "newest is no version of Daft" in run.stderr


def test_a_version_that_the_history_does_not_know_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OLD)

    assert upgrade(tmp_path, "--to", "0.7.26").stderr.count("\n") == 1
    assert upgrade(tmp_path, "--to", "999").stderr.endswith("What Daft changed after 0.7.26 is not known.\n")


def test_what_is_left_is_listed_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEFT)
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert run.returncode == 1
    assert (tmp_path / "a.py").read_text() == LEFT
    like, split, total = run.stderr.splitlines()
    assert any("`regex` is not known" in line for line in (like, split))
    assert any("--unsafe rewrites it: it is not the same for texts with line breaks" in line for line in (like, split))
    assert total == "Daft 0.7.26: 0 rewrites in 0 files, 2 left by hand (2 of them fail)."


def test_unsafe_rewrites_more(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEFT)
    upgrade(tmp_path, "--from", "0.6.1", "--apply", "--unsafe")

    assert (tmp_path / "a.py").read_text() == LEFT.replace(".str.like", ".like")


def test_the_assessment_as_json(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OLD)
    (tmp_path / "b.py").write_text(LEFT)
    run = upgrade(tmp_path, "--from", "0.6.1", "--report", "json")
    page = json.loads(run.stdout)

    assert run.returncode == 1
    assert page["to"] == "0.7.26"
    assert (page["files"], page["files_to_change"], page["rewrites"]) == (2, ["a.py"], 3)
    assert page["rewrites_by_rule"] == {"DFT405": 3}
    assert page["blockers"] == 2
    assert [(left["path"], left["line"], left["code"], left["unsafe"]) for left in page["left"]] == [
        ("b.py", 5, "DFT405", False),
        ("b.py", 5, "DFT405", True),
    ]


def test_the_assessment_as_markdown(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(OLD)
    (tmp_path / "b.py").write_text(LEFT)
    upgrade(tmp_path, "--from", "0.6.1", "--report", "markdown", "--output", "page.md")
    page = (tmp_path / "page.md").read_text().splitlines()

    assert page[0] == "# Upgrade to Daft 0.7.26"
    assert "| rewrites | 3 |" in page
    assert "| of these, fail on Daft 0.7.26 | 2 |" in page
    assert any(line.startswith("- `b.py:5` DFT405: `.str.split(...)` is gone since Daft 0.7.0.") for line in page)


SHARED = """import daft


def clean(x, n):
    return x.str.left(n).alias("b") if n else x.str.lower()


def twice(x):
    return x.str.lower().str.upper()


@daft.udf(return_dtype=daft.DataType.string())
def cleaned(x):
    return clean(x, 2)


s = daft.Series.from_pylist(["x"])
df = daft.read_parquet("s3://b/*.parquet")
df = df.select(clean(df["a"], len(df.columns)), cleaned(df["a"]), twice(df["a"]))
print(twice(s))
"""


def test_a_function_that_gets_expressions_and_series_asks_what_it_got(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SHARED)
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")
    after = (tmp_path / "a.py").read_text()

    assert "(x.left(n) if isinstance(x, daft.Expression) else x.str.left(n)).alias(" in after
    assert "else (x.lower() if isinstance(x, daft.Expression) else x.str.lower())\n" in after
    assert "by no name of its own" in run.stderr
    assert upgrade(tmp_path, "--from", "0.6.1", "--apply").stderr.endswith("(1 of them fail).\n")
    assert (tmp_path / "a.py").read_text() == after


def test_a_function_that_can_get_a_column_of_pandas_is_left(tmp_path: Path) -> None:
    text = SHARED.replace("import daft\n", "import daft\nimport pandas as pd\n", 1)
    (tmp_path / "a.py").write_text(text)
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert "x.str.left(n)" in (tmp_path / "a.py").read_text()
    assert "isinstance" not in (tmp_path / "a.py").read_text()
    assert "and the file has pandas" in run.stderr


HELPERS = """def clean(x):
    return x.str.lower()


def trim(x):
    return x.str.lstrip()


def up(x):
    return x.str.upper()


def left(x):
    return x.str.left(1)
"""
EXPRESSIONS = """import daft
from helpers import clean, left, trim, up

df = daft.read_parquet("s3://b/*.parquet")
df = df.select(clean(df["a"]), trim(df["b"]), up(df["c"]), left(df["d"]))
"""
IN_A_UDF = """import daft
from helpers import clean


@daft.func.batch(return_dtype=daft.DataType.string())
def cleaned(x):
    return clean(x)
"""


def test_a_function_that_another_file_calls_with_something_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(HELPERS)
    (tmp_path / "a.py").write_text(EXPRESSIONS)
    (tmp_path / "b.py").write_text(IN_A_UDF)
    (tmp_path / "c.py").write_text('import pandas as pd\nfrom helpers import trim\n\ntrim(pd.Series(["x"]))\n')
    (tmp_path / "d.py").write_text('import daft\nimport helpers\n\nhelpers.up(daft.Series.from_pylist(["x"]))\n')
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert (tmp_path / "helpers.py").read_text() == HELPERS.replace(".str.left", ".left")
    assert run.stderr.count("by hand: in another file the function gets something else") == 3


TO_CHECK = """import daft
from daft import Window, col

window = Window().partition_by("a").order_by("b")
df = daft.read_parquet("s3://b/*.parquet")
df = df.where(col("a").like("x%") | col("b").like("y%")).select(col("b").sum().over(window))
if daft.__version__ < "0.7":
    df = df.where(col("a").like("%"))
df.show()
"""


def test_what_gives_something_else_for_some_values_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TO_CHECK)
    run = upgrade(tmp_path, "--from", "0.6.12", "--report", "json")
    page = json.loads(run.stdout)

    assert (run.returncode, page["left"]) == (0, [])
    assert [(one["what"], [place["line"] for place in one["places"]]) for one in page["to_check"]] == [
        ("`.like(...)` gives something else since Daft 0.7.3 for some values", [6, 6]),
        ("`.over(...)` gives something else since Daft 0.6.13 for some values", [6]),
    ]
    assert page["engine"] == [
        "`<`, `<=`, `>`, `>=`, `==`, `!=` since Daft 0.7.2: NaN equals itself and is the greatest float."
    ]
    like, over, total = run.stderr.splitlines()
    assert like.startswith("a.py:6: to check (and 1 place more): `.like(...)`")
    assert "`.rows_between(Window.unbounded_preceding, Window.current_row)`" in over
    assert total == "Daft 0.7.26: 0 rewrites in 0 files, 0 left by hand (0 of them fail)."
    assert "## What no call shows" in upgrade(tmp_path, "--from", "0.6.12", "--report", "markdown").stdout
    assert upgrade(tmp_path, "--from", "0.7.3").stderr == total + "\n"


PYPROJECT = """[project]
name = "etl"
version = "1"
dependencies = ["daft[ray]>=0.6.1,<0.7", "pyarrow"]
"""


def test_requirements_are_raised_when_asked(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "requirements.txt").write_text("daft==0.6.1  # pinned\nnumpy\n")
    (tmp_path / "a.py").write_text(OLD)
    upgrade(tmp_path, "--apply")
    assert (tmp_path / "pyproject.toml").read_text() == PYPROJECT

    run = upgrade(tmp_path, "--apply", "--requirements")
    assert (tmp_path / "pyproject.toml").read_text() == PYPROJECT.replace(">=0.6.1,<0.7", ">=0.7.26")
    assert (tmp_path / "requirements.txt").read_text() == "daft==0.7.26  # pinned\nnumpy\n"
    assert run.stderr.count("requires daft>=0.7.26; lock it anew") == 2


def test_requirements_with_hashes_are_a_lock_file(tmp_path: Path) -> None:
    locked = "daft==0.6.1 \\\n    --hash=sha256:00\n"
    (tmp_path / "requirements.txt").write_text(locked)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "a.py").write_text(OLD)
    run = upgrade(tmp_path, "--requirements")

    assert "+++ b/pyproject.toml\n" in run.stdout
    assert "requirements.txt" not in run.stdout + run.stderr


UV_LOCK = '[[package]]\nname = "daft"\nversion = "{}"\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", UV_LOCK),
        ("poetry.lock", UV_LOCK),
        ("pdm.lock", UV_LOCK),
        ("requirements-dev.txt", "daft[aws]=={} --hash=sha256:00\n"),
        (".venv/lib/python3.11/site-packages/daft-{}.dist-info/METADATA", "Name: daft\n"),
    ],
)
def test_the_version_that_the_project_has_decides_which_defaults_are_written_out(
    tmp_path: Path, name: str, text: str
) -> None:
    for version, expected in (("0.6.2", "decode_image(mode=None)"), ("0.7.26", "decode_image()")):
        folder = tmp_path / version
        file = folder / name.format(version)
        file.parent.mkdir(parents=True)
        file.write_text(text.format(version))
        (folder / "a.py").write_text('import daft\n\nimage = daft.col("jpeg").decode_image()\n')
        upgrade(folder, "a.py", "--apply")

        assert expected in (folder / "a.py").read_text()


SHIMS = """import daft

try:
    from daft.functions import coalesce
except ImportError:
    from daft import coalesce

if hasattr(daft, "set_runner_ray"):
    daft.set_runner_ray()
else:
    daft.context.set_runner_ray()

func = getattr(daft, "func", None) or daft.udf
NEW = daft.__version__ >= "0.7"


def lower(column):
    if NEW:
        return column.lower()
    return column.str.lower()


lower(daft.col("a"))
"""
LAZY = """import daft


def columns():
    from daft import coalesce

    return coalesce(daft.col("a"), daft.col("b"))


def runner():
    from daft.context import set_runner_ray

    set_runner_ray()
"""
ALL_LAZY = """def read(path):
    from daft.io import read_delta_lake

    return read_delta_lake(path)
"""


def test_version_shims_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SHIMS)
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert (tmp_path / "a.py").read_text() == SHIMS
    assert run.returncode == 0


CAUGHT = """import daft
import numpy as np
from daft import __version__, col

NEW = daft.__version__ >= "0.7"
MODEL_VERSION = 2


def is_new():
    return __version__ >= "0.7"


try:
    either = col("a").str.upper()
except Exception:
    either = col("a").upper()
either = col("a").upper() if NEW else col("a").str.upper()
either = col("a").upper() if is_new() else col("a").str.upper()

try:
    one = col("a").str.lower()
except Exception as error:
    print("no lower()", error)
try:
    one = col("a").str.lower()
except ValueError:
    one = col("b").lower()
if MODEL_VERSION == 2 and np.__version__ >= "1" and hasattr(np, "array"):
    two = col("a").str.lower()


def three(column):
    if not NEW:
        raise RuntimeError("Daft is too old")
    if NEW:
        return column.upper()
    return column.str.lower()


three(col("a"))
"""


def test_what_only_looks_like_a_version_shim_is_rewritten(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CAUGHT)
    upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert (tmp_path / "a.py").read_text() == CAUGHT.replace(".str.lower", ".lower")


def test_lazy_imports_stay_where_they_are_and_unused_ones_go(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LAZY)
    upgrade(tmp_path, "--from", "0.6.1", "--apply")

    after = (tmp_path / "a.py").read_text()
    assert "    from daft.functions import coalesce\n" in after
    assert "from daft import coalesce" not in after
    assert "context" not in after
    assert after.startswith("import daft\n\n\ndef columns():\n    from daft.functions import coalesce\n")


def test_an_import_that_a_rewrite_needs_is_as_lazy_as_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(ALL_LAZY)
    upgrade(tmp_path, "--from", "0.3.4", "--apply")

    after = (tmp_path / "a.py").read_text()
    assert after == "def read(path):\n    import daft\n\n    return daft.read_deltalake(path)\n"


EXPECTED_FAILURES = """import daft
import pytest
from daft import col


def test_it():
    with pytest.raises(ValueError):
        daft.from_pydict({"a": [1]}).select(col("a").str.upper()).collect()
    with pytest.raises(TypeError):
        col("a").list.slice()
    with pytest.raises(AttributeError):
        col("a").str.lower()
"""


def test_calls_that_a_test_expects_to_fail(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(EXPECTED_FAILURES)
    upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert (tmp_path / "test_a.py").read_text() == EXPECTED_FAILURES.replace(".str.upper", ".upper").replace(
        ".list.slice", ".slice"
    )


CALLED_BY_SQL = """import daft
from daft import DataType, udf


@udf(return_dtype=DataType.int64())
def double(values):
    return [value * 2 for value in values.to_pylist()]


df = daft.from_pydict({"a": [1, 2, 3]})
daft.sql("select double(a) as a from df").show()
"""


CAUGHT = """import daft
from daft.errors import UDFException


@daft.udf(return_dtype=daft.DataType.int64())
def double(values):
    return [value * 2 for value in values.to_pylist()]


try:
    daft.from_pydict({"a": ["x"]}).select(double(daft.col("a"))).show()
except UDFException as error:
    print(error)
"""


def test_a_udf_whose_errors_the_script_tells_by_their_type_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CAUGHT)
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert (tmp_path / "a.py").read_text() == CAUGHT
    assert "`daft.func` raises the error itself" in run.stderr


def test_a_udf_that_sql_calls_by_its_name_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CALLED_BY_SQL)
    (tmp_path / "b.py").write_text(CALLED_BY_SQL.replace("double(a)", "a"))
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert (tmp_path / "a.py").read_text() == CALLED_BY_SQL
    assert "a.py:5: DFT403" in run.stderr
    assert "SQL calls it by its name" in run.stderr
    assert "@func.batch(" in (tmp_path / "b.py").read_text()


TABLES = """import daft
from shapes import BY_NAME, IN_ORDER

df = daft.from_pydict({"a": ["x"]})
df = df.with_columns({name: shape(df["a"]) for name, shape in BY_NAME.items()})
for shape in IN_ORDER:
    df = df.with_column("b", shape(df["a"]))
"""
SHAPES = """BY_NAME = {"up": lambda one: one.str.upper(), "long": lambda one: one.str.length()}
IN_ORDER = [lambda one: one.str.lower()]
"""


def test_a_file_that_does_not_mention_daft_is_rewritten_for_what_others_hand_to_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TABLES)
    (tmp_path / "shapes.py").write_text(SHAPES)
    run = upgrade(tmp_path, "--from", "0.6.1", "--apply")

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "shapes.py").read_text() == SHAPES.replace(".str", "")


LAST_USE = """import daft
from daft import DataFrame, struct


def pair(frame: DataFrame):
    return frame.select(struct(daft.col("a"), daft.col("b")))
"""


def test_the_import_of_what_is_used_once_goes_with_its_fix(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LAST_USE)
    run = run_fix(tmp_path, "--select", "DFT405", "--apply")

    assert run.stderr.decode() == "a.py: DFT405 1 fix\nApplied 1 fix in 1 file.\n"
    wanted = LAST_USE.replace("DataFrame, struct", "DataFrame").replace(
        "select(struct", "select(daft.functions.to_struct"
    )
    assert (tmp_path / "a.py").read_text() == wanted


def test_an_import_of_what_is_gone_is_no_call(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import daft\nfrom daft.unity_catalog import UnityCatalog\n\n"
        "daft.read_deltalake(UnityCatalog(endpoint='x').load_table('a.b.c')).write_parquet('out')\n"
    )
    page = lint(tmp_path, "check", "--select", "DFT405").stdout
    assert "  = `daft.unity_catalog` is gone since Daft 0.7.6.\n  = The import raises, and " in page
