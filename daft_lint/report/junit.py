"""JUnit XML: a suite per file and a test case per finding. Errors and warnings fail, advice counts as skipped."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as xml

from daft_lint.api.finding import Finding, Level
from daft_lint.report.concise import location
from daft_lint.report.regions import FileRegions
from daft_lint.source.printable import visible


def render(findings: Sequence[Finding], files: int, regions: FileRegions) -> str:
    """The findings; if there are none, one case that passes, since readers refuse an empty report."""
    root = xml.Element("testsuites", name="daft-lint")
    for path in dict.fromkeys(finding.span.path for finding in findings):
        _suite(root, [finding for finding in findings if finding.span.path == path], regions)
    if not findings:
        suite = xml.SubElement(root, "testsuite", name="daft-lint", tests="1", failures="0", errors="0", skipped="0")
        xml.SubElement(suite, "testcase", name="no findings", classname="daft-lint")
    xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _suite(root: xml.Element, findings: Sequence[Finding], regions: FileRegions) -> None:
    advice = sum(finding.level is Level.ADVICE for finding in findings)
    name, numbers = visible(findings[0].span.path), {"failures": len(findings) - advice, "errors": 0, "skipped": advice}
    suite = xml.SubElement(root, "testsuite", name=name, tests=str(len(findings)))
    for key, number in numbers.items():
        suite.set(key, str(number))
    for finding in findings:
        where = location(finding.span)
        case = xml.SubElement(suite, "testcase", name=f"{finding.code} {finding.name} {where}", classname=name)
        case.set("file", name)
        case.set("line", str(regions.region(finding.span).line))
        level = finding.level.name.lower()
        message = f"{level}: {visible(finding.headline)}"
        if finding.level is Level.ADVICE:
            xml.SubElement(case, "skipped", message=message)
        else:
            failure = xml.SubElement(case, "failure", message=message, type=level)
            failure.text = f"{where}: {finding.code} {visible(finding.message)}"
