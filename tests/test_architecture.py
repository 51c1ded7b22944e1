"""The arrows between modules point one way, and what each part may know of the others."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
LAYERS: tuple[tuple[str, ...], ...] = (
    ("dataclass",),
    ("source",),
    ("pipeline",),
    ("api",),
    ("config",),
    ("fix",),
    ("lint",),
    ("adoption",),
    ("report",),
    ("init", "integrations", "testing"),
    ("cli",),
)
"""The parts of `daft_lint`, from the bottom up: an arrow points down, or stays in its part."""

PIPELINE: tuple[tuple[str, ...], ...] = (
    ("facts",),
    ("model",),
    ("catalog",),
    ("name_resolver",),
    ("dtypes",),
    ("udf_body",),
    ("dataflow",),
    ("interpreter",),
)
"""The parts of `daft_lint.pipeline`, from the bottom up."""

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 600, 50


class Import(NamedTuple):
    """`module` imports `target`, at the top, in a function or for types."""

    module: str
    target: str


def files() -> Iterator[tuple[str, Path]]:
    """Every module of the project by its dotted name."""
    for base, package in (
        (ROOT, "daft_lint"),
        (ROOT / "rules", "daft_lint_rules"),
        (ROOT / "runtime", "daft_lint_runtime"),
    ):
        for path in sorted((base / package).rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(files())
OURS = ("daft_lint", "daft_lint_rules", "daft_lint_runtime")


@functools.cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@functools.cache
def imports() -> frozenset[Import]:
    """Every import of one module of the project by another."""
    found: set[Import] = set()
    for module in MODULES:
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{module} imports by a relative name"
                name = node.module or ""
                targets = [f"{name}.{a.name}" if f"{name}.{a.name}" in MODULES else name for a in node.names]
            else:
                continue
            found |= {Import(module, target) for target in targets if target in MODULES and target != module}
    return frozenset(found)


def level_of(name: str, layers: tuple[tuple[str, ...], ...]) -> int:
    return next(index for index, layer in enumerate(layers) if name in layer)


@pytest.mark.parametrize(("package", "layers"), [("daft_lint", LAYERS), ("daft_lint.pipeline", PIPELINE)])
def test_arrows_point_down(package: str, layers: tuple[tuple[str, ...], ...]) -> None:
    depth = package.count(".") + 1
    wrong = []
    for module, target in sorted(imports()):
        if all(name.startswith(f"{package}.") for name in (module, target)):
            above, below = module.split(".")[depth], target.split(".")[depth]
            if above in ("__main__",):
                continue
            if above != below and level_of(above, layers) <= level_of(below, layers):
                wrong.append(f"{module} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_no_modules_import_each_other_in_a_circle() -> None:
    below: dict[str, set[str]] = {module: set() for module in MODULES}
    for module, target in imports():
        below[module].add(target)
    state: dict[str, int] = {}
    circles: list[str] = []

    def visit(module: str, path: tuple[str, ...]) -> None:
        state[module] = 1
        for target in sorted(below[module]):
            if state.get(target) == 1:
                circles.append(" > ".join((*path[path.index(target) :], target)))
            elif target not in state:
                visit(target, (*path, target))
        state[module] = 2

    for module in sorted(MODULES):
        if module not in state:
            visit(module, (module,))
    assert not circles, "\n".join(circles)


def test_rules_import_the_api_and_the_model_alone_and_no_other_rule() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, target in sorted(imports())
        if module.startswith("daft_lint_rules.")
        and not (target.startswith("daft_lint.api") or target == "daft_lint.pipeline.model")
        and not target.startswith(f"{'.'.join(module.split('.')[:2])}.")
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_the_runtime_but_the_commands_that_run_it() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, target in sorted(imports())
        if (target.startswith("daft_lint_runtime") and not module.startswith(("daft_lint_runtime", "daft_lint.cli")))
        or (target.startswith("daft_lint_rules") and not module.startswith("daft_lint_rules"))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_linter_makes_its_dataclasses_quickly() -> None:
    """With `daft_lint.dataclass`: those of the standard library are half of the start of `check`."""
    slow = [
        module
        for module in MODULES
        if module.startswith("daft_lint.") and module != "daft_lint.dataclass"
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and any(alias.name == "dataclass" for alias in node.names)
    ]
    assert not slow, "\n".join(slow)


def test_only_rules_name_the_codes_of_rules() -> None:
    wrong = [
        f"{module}: {code}"
        for module, path in MODULES.items()
        if not module.startswith("daft_lint_rules")
        for code in sorted(set(re.findall(r"DFT[1-9]\d\d", path.read_text(encoding="utf-8"))))
    ]
    assert not wrong, "\n".join(wrong)


def test_files_and_functions_are_short() -> None:
    long = []
    for module, path in MODULES.items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        long += [f"{module}: {lines} lines"] if lines > MOST_LINES else []
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                long += [f"{module}.{node.name}: {lines} lines"] if lines > MOST_LINES_OF_A_FUNCTION else []
    assert not long, "\n".join(long)
