"""What definitions say of parameters and of what they return; any code is examined to the end."""

from __future__ import annotations

import ast as stdlib_ast
import sysconfig
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daft_lint.pipeline import dtypes
from daft_lint.pipeline.udf_body.definition import examine
from tests.pipeline.udf_body.bodies import HEAVY, IMPORTS, ModuleNames, body_of, first

ANNOTATED = [
    ("x: bytes", True), ("x: np.ndarray | None", True), ("x: 'Image.Image'", True), ("x: torch.Tensor", True),
    ("x: str", False), ("x: int", False), ("x: daft.File", False), ("x: list[float]", None), ("x", None),
    ("x: daft.Series", None),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "heavy"), ANNOTATED)
def test_annotations_of_parameters(parameter: str, heavy: bool | None) -> None:
    assert first(f"def f({parameter}): return 1").weight.heavy is heavy


def test_an_array_that_is_a_whole_column_says_nothing_of_a_row() -> None:
    assert body_of("def f(x: np.ndarray): ...", batch=True).parameters[0].weight.heavy is None
    assert body_of("def f(x: list[bytes]): ...", batch=True).parameters[0].weight.heavy is True


@pytest.mark.parametrize("declared", ["embedding: np.ndarray", "hists: list[np.ndarray]"])
def test_arrays_that_are_called_after_what_is_short_say_nothing(declared: str) -> None:
    assert body_of(f"def f({declared}): ...").parameters[0].weight.heavy is None


RECORD = "import typing, PIL.Image\nclass Record(typing.TypedDict):\n    meta: bytes\n    schema: bytes\n"


@pytest.mark.parametrize(
    ("source", "heavy"),
    [
        ("def f(x) -> bytes: return g(x)", True),
        ("def f(x) -> str: return g(x)", False),
        ("def f(x): return g(x)", None),
        ("from typing import Iterator\ndef f(x) -> Iterator[bytes]:\n    yield g(x)", True),
        ("def f(h: daft.File) -> bytes:\n    with h.open() as o:\n        return o.read(16)", False),
        ("def f(x) -> bytes: return hashlib.md5(x).digest()", False),
        ("def f(x) -> bytes: return x[:64] if x else None", False),
        ("def f(x): return np.array(x).reshape(28, 28)", False),
        ("def f(x):\n    y = np.array(x)\n    return y.reshape(3, 512, 512)", None),
        ("def f(x): return np.array(x).reshape(28, -1)", None),
        ("def f(x): return np.array(x).reshape(28, n)", None),
        ("def f(x) -> np.ndarray: return np.array(x).reshape(28, 28)", False),
        ("def f(x) -> np.ndarray: return np.ones(16, dtype=np.float32)", False),
        ("def f(x) -> np.ndarray: return np.zeros((2, 3)) if x else np.ones(6)", False),
        ("def f(x) -> np.ndarray: return np.zeros((3, 512, 512))", True),
        ("def f(x) -> np.ndarray: return np.zeros(len(x))", True),
        ("def f(x) -> bytes: return pickle.dumps(g(x))", False),
        ("def f(x: str) -> bytes: return pickle.dumps(x)", False),
        ("def f(x) -> bytes: return pickle.dumps(x)", True),
        ("def f(x) -> bytes: return json.dumps({'a': x}).encode('utf-8')", False),
        ("def f(x) -> bytes: return zlib.compress(json.dumps(x).encode())", False),
        ("def f(x) -> bytes: return g(x).encode()", True),
        ("def f(x) -> bytes:\n    if x:\n        return pickle.dumps(g(x))\n    return b''", False),
        ("def f(x) -> bytes: return b''", True),
        ("def f(x) -> bytes: return pickle.dumps(g(x)) if x else h(x)", True),
        ("def f(x) -> list[bytes]: return [struct.pack('<I', n) for n in g(x)]", False),
        (f"{RECORD}def f(x) -> Record: return {{'meta': pickle.dumps(g(x)), 'schema': pickle.dumps(h(x))}}", False),
        (f"{RECORD}def f(x) -> Record:\n    return {{'meta': pickle.dumps(g(x)), 'schema': h(x)}}", True),
        (f"{RECORD}    page: PIL.Image.Image\ndef f(x) -> Record: return {{'meta': pickle.dumps(g(x))}}", True),
        ("def f(x) -> list[bytes]:\n    out = []\n    for n in x:\n        out.append(g(n))\n    return out", True),
        ("def f(x) -> list[bytes]:\n    a = []\n    for n in x:\n        a.append(n.to_bytes(4))\n    return a", False),
        (
            "def f(x) -> list[bytes]:\n    a = []\n    for n in x:\n        a.append(json.dumps(n).encode())\n"
            "        a.append(g(n))\n    return a",
            True,
        ),
    ],
)
def test_weight_of_what_it_returns(source: str, heavy: bool | None) -> None:
    assert body_of(source).returns.heavy is heavy


@pytest.mark.parametrize(
    ("source", "batch", "heavy"),
    [
        ("def f(x) -> list[np.ndarray | None]: return g(x)", True, True),
        ("def f(x) -> list[dict]: return g(x)", True, None),
        ("def f(x) -> daft.Series: return g(x)", True, None),
        ("def f(x) -> np.ndarray: return g(x)", False, True),
        ("def f(x) -> str: return g(x)", False, False),
        ("def f(x): return cv2.imdecode(np.frombuffer(x, np.uint8), 1)", False, True),
        ("def f(x):\n    if not x:\n        return None\n    return Image.open(x).convert('RGB')", False, True),
        ("def f(xs):\n    return [Image.open(x) for x in xs.to_pylist()]", True, True),
        ("def f(xs):\n    a = []\n    for x in xs:\n        a.append(cv2.imread(x))\n    return a", True, True),
        ("def f(x): return Image.open(x).size", False, None),
        ("def f(x): return Image.open(x).resize((8, 8))", False, None),
        ("def f(x): return cv2.imread(x) if x else str(x)", False, None),
    ],
)
def test_a_python_object_is_what_the_annotation_and_the_body_say(source: str, batch: bool, heavy: bool | None) -> None:
    assert body_of(source, declared=dtypes.UNKNOWN, batch=batch).returns.heavy is heavy


def test_the_declared_type_counts_and_not_the_annotation() -> None:
    declared = dtypes.make("string", (), {})
    assert body_of("def f(x) -> bytes: return g(x)", declared=declared).returns.heavy is False


FLOATS = dtypes.make("list", (dtypes.make("float32", (), {}),), {})
TOKENS = dtypes.make("list", (dtypes.make("int32", (), {}),), {})


@pytest.mark.parametrize(
    ("source", "declared", "unsized"),
    [
        ("def resample(x): return np.array(T.Resample(1, 2)(x))", FLOATS, True),
        ("def embed(x): return model(x)", FLOATS, False),
        ("def f(x): return model.encode(x)", FLOATS, False),
        ("def f(x): return clip.get_image_features(x)", FLOATS, False),
        ("def f(x): return tokenizer(x)", TOKENS, False),
        ("def f(x) -> np.ndarray: return spectrogram(x)", None, True),
        ("def f(x) -> str: return spectrogram(x)", None, False),
    ],
)
def test_lists_of_unknown_length(source: str, declared: dtypes.DType | None, unsized: bool) -> None:
    name = source.partition("(")[0].removeprefix("def ")
    assert body_of(source, name, declared=declared).unsized_output is unsized


def test_kinds_of_functions() -> None:
    assert body_of("async def f(x): return x").is_async
    assert body_of("def f(x):\n    for y in x:\n        yield y").is_generator
    assert not body_of("def f(x):\n    def g():\n        yield x\n    return list(g())").is_generator


def test_a_lambda_is_examined() -> None:
    names = ModuleNames(IMPORTS)
    node = cst.parse_expression("lambda x: Image.open(io.BytesIO(x)).width")
    assert isinstance(node, cst.Lambda)
    body = examine(node, names, skip_self=False, heavy_row_bytes=HEAVY)
    assert body.parameters[0].weight.heavy is True
    assert not body.is_async
    assert not body.is_generator


@cache
def _library_sources() -> tuple[Path, ...]:
    standard = Path(sysconfig.get_paths()["stdlib"])
    names = (
        "argparse",
        "ast",
        "asyncio/base_events",
        "dataclasses",
        "difflib",
        "inspect",
        "tarfile",
        "zipfile/__init__",
        "typing",
    )
    own = [Path(cst.__file__).parent / "helpers" / f"{name}.py" for name in ("common", "expression", "module")]
    return tuple(p for p in (*(standard / f"{name}.py" for name in names), *own) if p.exists())


@cache
def _library_functions(path: Path) -> tuple[tuple[cst.FunctionDef, ModuleNames, bool], ...]:
    names = ModuleNames(path.read_text("utf-8"))

    def found(body: cst.BaseSuite | cst.Module, inside: bool) -> Iterator[tuple[cst.FunctionDef, ModuleNames, bool]]:
        for statement in body.body:
            if isinstance(statement, cst.FunctionDef):
                yield statement, names, inside
            elif isinstance(statement, cst.ClassDef):
                yield from found(statement.body, True)

    return tuple(found(names.module, False))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_function_of_real_code_is_examined(data: st.DataObject) -> None:
    functions = _library_functions(data.draw(st.sampled_from(_library_sources())))
    definition, names, method = data.draw(st.sampled_from(functions))
    body = examine(definition, names, skip_self=method, heavy_row_bytes=data.draw(st.integers(1, 10**9)))
    tree = stdlib_ast.parse(textwrap.dedent(cst.Module([definition]).code)).body[0]
    assert isinstance(tree, (stdlib_ast.FunctionDef, stdlib_ast.AsyncFunctionDef))
    arguments = tree.args
    count = len(arguments.posonlyargs + arguments.args) + len(arguments.kwonlyargs) + (arguments.vararg is not None)
    named = len(arguments.posonlyargs + arguments.args) > 0
    assert len(body.parameters) == count - (1 if method and named else 0)
    assert body.is_async is isinstance(tree, stdlib_ast.AsyncFunctionDef)


def test_deep_and_wide_bodies_end() -> None:
    deep = "(" * 80 + "x" + ")" * 80 + "".join(f".m{n}()" for n in range(120))
    assert body_of(f"def f(x): return {deep}").parameters[0].weight.heavy is None
    wide = "\n".join(f"    a{n} = x + {n}" for n in range(5_000))
    assert body_of(f"def f(x):\n{wide}").parameters[0].weight.heavy is None
