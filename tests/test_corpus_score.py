"""How labels and findings are held against each other, on a checkout that the tests write; and the table's form."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.corpus_score import (
    COLUMNS,
    LABELS,
    LEVELS,
    MAY,
    NOTHING,
    Found,
    Label,
    Place,
    built_codes,
    compare,
    is_near,
    main,
    percent,
    read,
    restricted,
    statements,
    wanted_codes,
)
from tests.corpus_table import FOLDER, checkout

JOB = """\
import daft


@daft.func(
    return_dtype=daft.DataType.int64(),
)
def twice(number: int):
    return number.bit_length()


df = daft.read_parquet("numbers.parquet")
df.repartition(8)
df = (
    df.with_column("twice", twice(df["number"]))
    .where(daft.col("twice") > 2)
    .repartition()
)
df.write_parquet("out")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one checkout: a job with DFT401 in line 12 and DFT404 in line 16, and a file without findings."""
    root = tmp_path / "corpus" / "someone+jobs"
    root.mkdir(parents=True)
    (root / "job.py").write_text(JOB)
    (root / "plain.py").write_text('import daft\n\ndaft.from_pydict({"a": [1]}).show()\n')
    (root / "broken.py").write_text("import daft\n\ndf = daft.range(8\n\n\nprint(df)\n")
    return tmp_path / "corpus"


def table(path: Path, *rows: tuple[str, str, str, str]) -> Path:
    """A table with these (path, line, code, level) of `someone/jobs`."""
    lines = ["\t".join(COLUMNS)]
    for name, line, code, level in rows:
        lines.append("\t".join(("someone/jobs", "0" * 40, name, line, code, level, level, level, "why")))
    path.write_text("\n".join(lines) + "\n")
    return path


def label(line: int, code: str = "DFT101", level: str = "warning", *others: int, path: str = "job.py") -> Label:
    places = tuple(Place(path, 0, number) for number in (line, *others))
    return Label("someone/jobs", path, places, tuple(code.split("|")), tuple(level.split("/")), "why")


def found(line: int, code: str = "DFT101", level: str = "warning", path: str = "job.py") -> Found:
    return Found("someone/jobs", Place(path, 0, line), code, level)


def score(folder: Path, labels: Path, *options: str) -> list[str]:
    run = CliRunner().invoke(main, ["--labels", str(labels), *options], env={FOLDER: str(folder)})
    assert run.exit_code == 0, run.output
    return [" ".join(line.split()) for line in run.output.splitlines()]


class TestStatements:
    def test_a_chain_is_one_statement(self, folder: Path) -> None:
        root = folder / "someone+jobs"
        assert is_near(root, Place("job.py", 0, 14), Place("job.py", 0, 16))
        assert not is_near(root, Place("job.py", 0, 12), Place("job.py", 0, 14))

    def test_a_function_is_its_head_with_its_decorators(self, folder: Path) -> None:
        root = folder / "someone+jobs"
        assert is_near(root, Place("job.py", 0, 4), Place("job.py", 0, 7))
        assert not is_near(root, Place("job.py", 0, 7), Place("job.py", 0, 8))

    def test_other_files_and_cells_are_never_near(self, folder: Path) -> None:
        root = folder / "someone+jobs"
        assert not is_near(root, Place("job.py", 0, 3), Place("plain.py", 0, 3))
        assert not is_near(root, Place("job.py", 1, 3), Place("job.py", 2, 3))

    def test_two_lines_are_near_where_statements_are_not_known(self, folder: Path) -> None:
        root = folder / "someone+jobs"
        assert statements(root / "broken.py", 0) is None
        assert is_near(root, Place("broken.py", 0, 3), Place("broken.py", 0, 5))
        assert not is_near(root, Place("broken.py", 0, 3), Place("broken.py", 0, 6))

    def test_cells_of_a_notebook_have_their_own_lines(self, tmp_path: Path) -> None:
        cells = [
            {"cell_type": "markdown", "source": "# A notebook"},
            {"cell_type": "code", "source": ["%pip install daft\n", "df = (\n", "    daft.range(8)\n", ")\n"]},
        ]
        (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
        assert is_near(tmp_path, Place("a.ipynb", 2, 2), Place("a.ipynb", 2, 3))
        assert not is_near(tmp_path, Place("a.ipynb", 2, 1), Place("a.ipynb", 2, 3))


class TestCompare:
    def test_what_is_found_what_is_missed_what_is_wrong(self, folder: Path) -> None:
        result = compare(
            folder / "someone+jobs", [label(12), label(18, "DFT207", "advice")], [found(12), found(14, "DFT105")]
        )
        assert [wanted.places[0].line for wanted, _ in result.hits] == [12]
        assert result.misses == [label(18, "DFT207", "advice")]
        assert result.false_alarms == [found(14, "DFT105")]
        assert result.precision() == (1, 2)
        assert result.recall() == (1, 2)
        assert result.precision(code="DFT105") == (0, 1)
        assert result.recall(level="advice") == (0, 1)

    def test_one_label_takes_one_finding_and_the_one_on_its_line(self, folder: Path) -> None:
        result = compare(folder / "someone+jobs", [label(15)], [found(14), found(15)])
        assert [finding.place.line for _, finding in result.hits] == [15]
        assert result.false_alarms == [found(14)]

    def test_any_place_of_a_label_is_right(self, folder: Path) -> None:
        elsewhere = label(18)._replace(places=(Place("job.py", 0, 18), Place("plain.py", 0, 3)))
        result = compare(folder / "someone+jobs", [elsewhere], [found(3, path="plain.py")])
        assert len(result.hits) == 1

    def test_may_counts_neither_way(self, folder: Path) -> None:
        labels = [label(12, level=MAY), label(18, level=MAY)]
        result = compare(folder / "someone+jobs", labels, [found(12)])
        assert (result.hits, result.misses, result.false_alarms) == ([], [], [])

    def test_a_label_that_counts_goes_before_one_that_may(self, folder: Path) -> None:
        result = compare(folder / "someone+jobs", [label(12, level=MAY), label(12)], [found(12)])
        assert len(result.hits) == 1

    def test_levels_are_told_apart_but_are_no_false_alarm(self, folder: Path) -> None:
        labels = [label(12, level="advice"), label(18, level="warning/advice")]
        result = compare(folder / "someone+jobs", labels, [found(12), found(18, level="advice")])
        assert [(finding.place.line, finding.level) for _, finding in result.other_levels()] == [(12, "warning")]
        assert result.precision(level="warning") == (1, 1)
        assert result.recall(level="warning") == (1, 1)

    def test_codes_of_a_family_are_taken_for_another_when_asked(self, folder: Path) -> None:
        root = folder / "someone+jobs"
        assert not compare(root, [label(12, "DFT106")], [found(12)]).hits
        assert compare(root, [label(12, "DFT106")], [found(12)], families=True).hits
        assert not compare(root, [label(12, "DFT203")], [found(12)], families=True).hits
        assert compare(root, [label(12, "DFT308|DFT101")], [found(12)]).hits


class TestCommand:
    def test_a_checkout_is_scored(self, folder: Path, tmp_path: Path) -> None:
        labels = table(
            tmp_path / "labels.tsv",
            ("job.py", "12", "DFT401", "error"),
            ("job.py", "14", "DFT404", "warning"),
            ("job.py", "18", "DFT207", "advice"),
            ("plain.py", "-", NOTHING, "-"),
        )
        lines = score(folder, labels)
        assert "all 100.0% (2/2) 66.7% (2/3)" in lines
        assert "miss: someone/jobs job.py:18 DFT207 advice: why" in lines
        assert "level: someone/jobs job.py:16 DFT404 error, wanted warning" in lines
        assert score(folder, labels, "--trees") == lines

    def test_what_nobody_labelled_in_a_listed_file_is_a_false_alarm(self, folder: Path, tmp_path: Path) -> None:
        lines = score(folder, table(tmp_path / "labels.tsv", ("job.py", "12", "DFT401", "error")))
        assert "false alarm: someone/jobs job.py:16 DFT404 error" in lines

    def test_codes_restrict_labels_and_findings(self, folder: Path, tmp_path: Path) -> None:
        labels = table(
            tmp_path / "labels.tsv", ("job.py", "12", "DFT401", "error"), ("job.py", "18", "DFT999", "error")
        )
        lines = score(folder, labels, "--codes", "DFT401")
        assert "all 100.0% (1/1) 100.0% (1/1)" in lines
        assert not [line for line in score(folder, labels, "--codes", "built") if line.startswith("miss")]

    def test_a_checkout_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        labels = table(tmp_path / "labels.tsv", ("job.py", "12", "DFT401", "error"))
        assert "no checkout of someone/jobs" in score(tmp_path, labels)

    def test_without_a_folder_it_says_what_to_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(FOLDER, raising=False)
        run = CliRunner().invoke(main, [])
        assert run.exit_code == 2
        assert FOLDER in run.output


def test_a_checkout_has_its_name_or_its_owners_too(tmp_path: Path) -> None:
    assert checkout(tmp_path, "someone/jobs") == tmp_path / "jobs"
    (tmp_path / "someone+jobs").mkdir()
    assert checkout(tmp_path, "someone/jobs") == tmp_path / "someone+jobs"


def test_nothing_found_is_no_ratio() -> None:
    assert percent((0, 0)).strip() == "- (0/0)"
    assert percent((1, 3)).strip() == "33.3% (1/3)"


def test_codes_are_prefixes_built_ones_or_all() -> None:
    assert wanted_codes("all") is None
    assert wanted_codes("DFT1,DFT203") == ("DFT1", "DFT203")
    assert set(wanted_codes("built") or ()) == built_codes()
    assert {"DFT001", "DFT101"} <= built_codes()
    assert restricted(read(), ("DFT999",)) == ()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("job.py", "12", "DFT401", "fatal")], "no level 'fatal'"),
        ([("job.py", "twelve", "DFT401", "error")], "twelve"),
    ],
)
def test_a_row_of_another_form_is_refused(tmp_path: Path, rows: list[tuple[str, str, str, str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(table(tmp_path / "labels.tsv", *rows))


def test_places_of_each_spelling(tmp_path: Path) -> None:
    spelled = table(tmp_path / "labels.tsv", ("a.ipynb", "3:7,9,src/b.py:4,c.ipynb:2:5", "DFT101", "advice"))
    assert read(spelled).labels[0].places == (
        Place("a.ipynb", 3, 7),
        Place("a.ipynb", 0, 9),
        Place("src/b.py", 0, 4),
        Place("c.ipynb", 2, 5),
    )


class TestTable:
    """The committed labels."""

    @staticmethod
    def rows() -> list[dict[str, str]]:
        lines = LABELS.read_text(encoding="utf-8").splitlines()
        return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines[1:]]

    def test_it_is_as_large_as_its_readme_says(self) -> None:
        files = read().files
        names = sum(len(paths) for paths in files.values())
        others = sum(not repository.startswith("Eventual-Inc/") for repository in files)
        text = (LABELS.parent / "README.md").read_text(encoding="utf-8")
        assert f"{names} files of {len(files)} repositories, {others} of them" in re.sub(r"\s+", " ", text)

    def test_readings_and_the_settled_level_are_levels(self) -> None:
        for row in self.rows():
            for column in ("level", "first", "second"):
                assert set(row[column].split("/")) <= {*LEVELS, MAY, NOTHING}, row
            assert row["level"] != NOTHING or row["code"] == NOTHING, row

    def test_a_file_with_nothing_to_find_has_one_row(self) -> None:
        codes = defaultdict(list)
        for row in self.rows():
            codes[row["repository"], row["path"]].append(row["code"])
        assert all(len(found) == 1 for found in codes.values() if NOTHING in found)

    def test_a_repository_has_one_commit(self) -> None:
        commits = defaultdict(set)
        for row in self.rows():
            assert re.fullmatch("[0-9a-f]{40}", row["commit"])
            commits[row["repository"]].add(row["commit"])
        assert all(len(found) == 1 for found in commits.values())

    def test_it_holds_positions_and_short_notes_only(self) -> None:
        for row in self.rows():
            assert 0 < len(row["note"]) < 120, row
            assert "\\n" not in row["note"], row
