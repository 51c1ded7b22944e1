"""Results as JUnit XML: a suite a script, a case a finding, and one case for the results' equality."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from daft_lint_runtime.verdict import PASSING
from daft_lint_runtime.verify import CaseResult, VerifySummary

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no form for, such as the escapes of a terminal's colours."""


def render(summary: VerifySummary) -> str:
    root = ET.Element("testsuites", name="daft-lint verify")
    for result in summary.results:
        root.append(_suite(result))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(result: CaseResult) -> ET.Element:
    path = _clean(result.case.path)
    suite = ET.Element("testsuite", name=path, time=f"{result.seconds:.3f}")
    results = ET.SubElement(suite, "testcase", classname=path, name="results")
    failures = 0
    problem = result.problem or next((f"{c.what}: {c.message}" for c in result.comparisons if not c.equal), "")
    if not problem and not result.verdicts and not result.passed:
        problem = result.reason or next(
            (r.message for r in (result.before, result.after) if r is not None and not r.ok), result.status
        )
    if problem and not result.passed:
        failures += 1
        _fail(results, problem, _output(result))
    for verdict in result.verdicts:
        finding = verdict.finding
        name = f"{finding.code} line {finding.span.line}"
        case = ET.SubElement(suite, "testcase", classname=path, name=name)
        if verdict.outcome not in PASSING:
            failures += 1
            _fail(case, f"{verdict.outcome}: {verdict.reason}", _output(result))
        else:
            ET.SubElement(case, "system-out").text = _clean(f"{verdict.outcome}: {verdict.reason}")
    suite.set("tests", str(1 + len(result.verdicts)))
    suite.set("failures", str(failures))
    return suite


def _fail(case: ET.Element, message: str, output: str) -> None:
    ET.SubElement(case, "failure", message=_clean(message)).text = _clean(output)


def _output(result: CaseResult) -> str:
    failed = (run for run in (result.before, result.after) if run and not run.ok)
    return "\n".join(f"{run.label}:\n{run.stdout}\n{run.stderr}" for run in failed)


def _clean(text: str) -> str:
    return FORBIDDEN.sub("", text)
