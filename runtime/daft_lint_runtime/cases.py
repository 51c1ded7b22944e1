"""Makes cases out of files: what the linter finds in each, and its text after all fixes, in memory."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from daft_lint.api.promises import Measure
from daft_lint_runtime.case import Predictions, VerifyCase
from daft_lint_runtime.spec import VerifyError

if TYPE_CHECKING:
    from daft_lint.api.finding import Finding
    from daft_lint.config import Config
    from daft_lint.source.document import Document


def find(document: Document, config: Config) -> tuple[Finding, ...]:
    """What the linter says of one script, in the order of its lines; files that it calls are left out."""
    from daft_lint.lint.engine import check_document
    from daft_lint.lint.merge import report_order

    report = check_document(document, config)
    own = (finding for finding in report.findings if finding.span.path == document.path)
    return tuple(sorted(own, key=report_order))


def linted_case(path: Path, config: Config) -> VerifyCase:
    """The script and its text after every fix, unsafe ones included: whether those hold is what is to be shown.

    Raises `VerifyError` where the file cannot be read or a fix cannot be made.
    """
    from daft_lint.fix.loop import fix_documents

    document = _read(path)
    findings = find(document, config)
    report = fix_documents([document], lambda changed: find(changed, config), unsafe=True)
    if report.problems:
        raise VerifyError(f"{path}: {report.problems[0]}")
    fixed = report.files[0].after.raw
    changed = report.files[0].after if fixed != document.raw else None
    predicted = (predictions(document, config), {} if changed is None else predictions(changed, config))
    after = None if changed is None else fixed
    return VerifyCase(document.path, document.raw, after, findings, predicted, plugins=config.plugins)


def case_against(path: Path, other: str, config: Config) -> VerifyCase:
    """The script as it is now against `other`: a file, or a git revision of the script, which count as "before".

    Raises `VerifyError` where neither can be read.
    """
    document = _read(path)
    if Path(other).is_file():
        before = Path(other).read_bytes()
    else:
        shown = subprocess.run(
            ["git", "show", f"{other}:./{path.name}"], cwd=path.absolute().parent, capture_output=True, check=False
        )
        if shown.returncode:
            raise VerifyError(f"{other} is not a file, and git says: {shown.stderr.decode(errors='replace').strip()}")
        before = shown.stdout
    old = _parsed(path, before)
    predicted = (predictions(old, config), predictions(document, config))
    findings = find(old, config)
    return VerifyCase(document.path, before, document.raw, findings, predicted, against=other, plugins=config.plugins)


def predictions(document: Document, config: Config) -> Predictions:
    """What the model foresees of each UDF of a text; where a UDF is called in two places, what holds for both."""
    from daft_lint.pipeline.dataflow.effects import predict
    from daft_lint.pipeline.facts.settings import with_all_footers
    from daft_lint.pipeline.interpreter.interpreter import interpret
    from daft_lint.pipeline.interpreter.project import Project
    from daft_lint.source.document import run_as_deep_as_needed
    from daft_lint.source.problems import ParseFailure

    settings = with_all_footers(config.settings)
    try:
        script = run_as_deep_as_needed(document, lambda: interpret(document, settings, Project()))
    except ParseFailure:
        return {}
    seen: dict[tuple[str, Measure], set[int | None]] = {}
    for stage in (stage for pipeline in script.pipelines for stage in predict(pipeline)):
        for udf in (udf for udf in stage.udfs if udf.runs):
            short = udf.name.rpartition(".")[2]
            for measure, value in (
                (Measure.TASKS, stage.tasks),
                (Measure.LARGEST_CALL, udf.largest_batch),
                (Measure.NODES, stage.nodes),
            ):
                seen.setdefault((short, measure), set()).add(value)
    return {key: value for key, (value, *others) in seen.items() if value is not None and not others}


def cases_of(paths: Iterable[Path], config: Config, against: str | None = None) -> tuple[list[VerifyCase], list[str]]:
    """A case for each script, and what is wrong with those that have none, a line each."""
    cases, problems = [], []
    for path in paths:
        try:
            cases.append(linted_case(path, config) if against is None else case_against(path, against, config))
        except VerifyError as error:  # noqa: PERF203 -- a bad file must not hide the others
            problems.append(str(error))
    return cases, problems


def scripts(paths: Sequence[Path], config: Config) -> list[Path]:
    """The scripts among the paths: files and notebooks as given, and in folders all Python files that mention Daft."""
    from daft_lint.source.discovery import discover
    from daft_lint.source.kinds import kind_of
    from daft_lint.source.prefilter import mentions_daft

    given = {path for path in paths if path.is_file()}
    found = discover(list(paths), config.file_filter)
    asked = [f for f in found.files if f in given and kind_of(str(f)) != "markdown"]
    return asked + [f for f in found.files if f not in given and f.suffix == ".py" and mentions_daft(f.read_bytes())]


def _read(path: Path) -> Document:
    try:
        return _parsed(path, path.read_bytes())
    except OSError as error:
        raise VerifyError(f"{path}: {error.strerror or error}") from None


def _parsed(path: Path, raw: bytes) -> Document:
    from daft_lint.source.document import Document

    try:
        return Document.from_bytes(path.as_posix(), raw)
    except ValueError as error:
        raise VerifyError(f"{path}: {error}") from None
