"""LibCST as `daft_lint.source.cst` imports it, against `import libcst`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.helpers import environment

SHOWN = """
import dataclasses, inspect, pickle, sys

kinds = [kind for kind in vars(libcst).values() if dataclasses.is_dataclass(kind)]
for kind in kinds:
    print(kind.__name__, kind.__match_args__, kind.__dataclass_params__, kind.__slots__, len(dataclasses.fields(kind)))
module = libcst.parse_module(sys.argv[1])
copy = pickle.loads(pickle.dumps(module.deep_clone()))
print(repr(module), copy.code, copy.deep_equals(module))
for kind in kinds:
    if not inspect.isabstract(kind) and kind.__name__ != "CSTNode":
        print(kind.__name__, [(p.name, p.kind) for p in inspect.signature(kind).parameters.values()])
for make in (libcst.Name, lambda: libcst.Name("1"), lambda: libcst.Name("a", other=1), lambda: delattr(copy, "body")):
    try:
        make()
    except Exception as error:
        print(type(error), error)
"""
DEFERRED = """
count = sum(type(vars(kind).get("__init__")).__name__ == "_DeferredInit" for kind in vars(libcst).values()
            if isinstance(kind, type))
print(count > 100)
"""
SCRIPT = "import daft\n\n\nasync def f(a, *, b=1):  # why\n    return [x for x in (yield a) if x]\n"


def printed(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, SCRIPT], env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "first", ["from daft_lint.source import cst; cst.Name", "import daft_lint.pipeline.interpreter"]
)
def test_the_nodes_are_those_of_libcst(first: str) -> None:
    assert printed(f"{first}\nimport libcst\n{SHOWN}") == printed(f"import libcst\n{SHOWN}")


@pytest.mark.parametrize(
    "first", ["from daft_lint.source import cst; cst.Name", "import daft_lint.pipeline.interpreter"]
)
def test_most_nodes_are_completed_at_first_use(first: str) -> None:
    assert printed(f"{first}\nimport libcst\n{DEFERRED}") == "True\n"
