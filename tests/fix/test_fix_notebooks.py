"""A notebook is fixed in place: whoever wrote it, every byte but those of the edits stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import FIXABLE, lint, run_fix

JSON = dict[str, object]


def cell(source: object) -> JSON:
    """A code cell as Jupyter writes it, with outputs that mention what is fixed."""
    outputs = [{"data": {"text/plain": ["df.repartition(8) é\n"]}, "metadata": {}, "output_type": "display_data"}]
    return {
        "cell_type": "code",
        "execution_count": 7,
        "id": "a1",
        "metadata": {"tags": ["é"], "scrolled": True},
        "outputs": outputs,
        "source": source,
    }


def notebook(source: object) -> JSON:
    prose = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# Ünïcode `df.repartition(8)`\n", "text"]}
    kernel = {"kernelspec": {"display_name": "Python 3", "name": "python3"}, "zz": 1, "aa": 2}
    return {"cells": [prose, cell(source)], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


LINES = FIXABLE.rstrip("\n").splitlines(keepends=True)
WRITERS: dict[str, Callable[[], str]] = {
    "jupyter": lambda: json.dumps(notebook(LINES), indent=1, ensure_ascii=False, sort_keys=True) + "\n",
    "vs code": lambda: json.dumps(notebook(LINES), indent=1, ensure_ascii=False),
    "colab": lambda: json.dumps(notebook(LINES), indent=2, ensure_ascii=False),
    "ascii": lambda: json.dumps(notebook(LINES), indent=4) + "\n\n",
    "tabs": lambda: json.dumps(notebook(LINES), indent="\t", ensure_ascii=False) + "\n",
    "one line": lambda: json.dumps(notebook(LINES), separators=(",", ":")),
    "one line with spaces": lambda: json.dumps(notebook(LINES), ensure_ascii=False),
    "source as a string": lambda: json.dumps(notebook("".join(LINES)), indent=1) + "\n",
    "minimal": lambda: json.dumps(
        {"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [{"cell_type": "code", "source": LINES}]}
    ),
    "escapes": lambda: json.dumps(notebook(LINES), indent=1).replace('df[\\"a\\"]', 'df[\\u0022a\\"]'),
    "crlf": lambda: json.dumps(notebook(LINES), indent=1).replace("\n", "\r\n"),
    "bom": lambda: "\ufeff" + json.dumps(notebook(LINES), indent=1, ensure_ascii=False),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_other_byte_stays(writer: str, tmp_path: Path) -> None:
    before = WRITERS[writer]().encode()
    (tmp_path / "a.ipynb").write_bytes(before)
    run = run_fix(tmp_path, "a.ipynb", "--apply")
    assert run.returncode == 0, run.stderr.decode()
    head, _, tail = before.partition(b"df = df.repartition(8)")
    assert (tmp_path / "a.ipynb").read_bytes() == head + b"df = df" + tail
    assert run_fix(tmp_path, "a.ipynb").returncode == 0


def test_a_statement_that_goes_takes_its_line_only(tmp_path: Path) -> None:
    """The first, a middle and the last line of a cell: the list of lines stays well formed."""
    before = [
        "import daft\n",
        "daft.set_runner_native()\n",
        "df = daft.read_parquet('a')  # read\n",
        "df = df.repartition(8)\n",
        "# a comment\n",
        "df = df.into_partitions(4)",
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook(before), indent=1) + "\n")
    assert run_fix(tmp_path, "a.ipynb", "--apply").returncode == 0
    after = [*before[:3], "# a comment"]
    assert (tmp_path / "a.ipynb").read_text() == json.dumps(notebook(after), indent=1) + "\n"


def test_a_line_that_comes_is_a_line_of_the_list(tmp_path: Path) -> None:
    """A statement that is inserted gets an item of its own, as Jupyter would write it."""
    lines = [
        "import daft\n",
        "from daft.functions import download\n",
        "@daft.func.batch(return_dtype=daft.DataType.int64(), batch_size=32)\n",
        "def label(images):\n",
        "    return [0 for _ in images]\n",
        "df = daft.from_glob_path('s3://photos/*.jpg').where(daft.col('size') > 100)\n",
        "df = df.with_column('the_picture_of_a_rather_long_name', download(daft.col('path'), max_connections=256))\n",
        "df = df.with_column('label', label(df['the_picture_of_a_rather_long_name']))\n",
        "df.write_parquet('o')",
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook(lines), indent=1) + "\n")
    run_fix(tmp_path, "a.ipynb", "--apply", "--unsafe", "--select", "DFT101")
    after = [*lines[:6], "df = df.into_batches(32)\n", *lines[6:]]
    assert (tmp_path / "a.ipynb").read_text() == json.dumps(notebook(after), indent=1) + "\n"


MAGICS = """\
%pip install 'daft[ray]'
!ls -la é | \\
    head
import daft
%matplotlib inline
files = !ls *.parquet
daft.set_runner_native()
df?
df = daft.read_parquet("s3://b/")
?df.where
df = df.repartition(8)
df.show()
df.where??
"""


def test_a_diff_shows_magics_as_they_are(tmp_path: Path) -> None:
    cells = ["%%time\n" + MAGICS, "%%bash\nls\n", "%ls \ud800\n"]
    written = {"cells": [cell(one) for one in cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "a.ipynb").write_text(json.dumps(written))
    run = run_fix(tmp_path, "a.ipynb")
    shown = run.stdout.decode().splitlines()
    before, after = ("%%time\n" + MAGICS).splitlines(), ("%%time\n" + MAGICS.replace("df = df.repartition(8)\n", ""))
    assert [line[1:] for line in shown if line[:1] in " -" and not line.startswith("---")] == before[8:]
    assert [line[1:] for line in shown if line[:1] in " +" and not line.startswith("+++")] == after.splitlines()[8:]
    assert run_fix(tmp_path, "a.ipynb", "--apply").returncode == 0
    made = json.loads((tmp_path / "a.ipynb").read_text())["cells"]
    assert [one["source"] for one in made] == [after, *cells[1:]]


def test_a_line_of_a_finding_shows_its_magic_and_no_fix_takes_it_apart(tmp_path: Path) -> None:
    text = MAGICS.replace("df = df.repartition(8)", "%time df = df.repartition(8)")
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook(text)))
    run = lint(tmp_path, "check", "a.ipynb", "-v")
    assert "\n11 | %time df = df.repartition(8)\n" in run.stdout
    assert "it would change one of IPython's magics" in run.stderr
    assert run_fix(tmp_path, "a.ipynb", "--unsafe").stdout == b""
