# ruff: noqa: E501  (one body a line)
"""What UDF bodies say: evidence where they decode or open what they are given, silence where they do not."""

from __future__ import annotations

import ast as stdlib_ast
import sysconfig
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daft_lint.pipeline import dtypes
from daft_lint.pipeline.dtypes import dotted_name
from daft_lint.pipeline.model import Parameter, Strength
from daft_lint.pipeline.udf_body.bodies import Body, Scope, examine

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

HEAVY = 32 * 1024

IMPORTS = """
import asyncio, base64, functools, hashlib, io, json, os, pathlib, subprocess, urllib.request, zipfile
from io import BytesIO
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
import aiohttp, av, boto3, cv2, daft, fitz, fsspec, httpx, librosa, numpy as np, pymupdf, requests, s3fs, spacy
import pandas as pd
import soundfile as sf
import tensorflow as tf
import torch, torchaudio, torchvision, whisper
import torchvision.transforms.functional as TF
from PIL import Image
from pypdf import PdfReader
from sentence_transformers import SentenceTransformer
from torchvision import transforms
from transformers import AutoConfig, AutoModel, pipeline
from ultralytics import YOLO
"""


class ModuleScope:
    """The names of one module: the least that a `Scope` can be."""

    def __init__(self, source: str, class_name: str | None = None) -> None:
        self.cell = cast("Cell", object())
        self.imports: dict[str, str] = {}
        self.functions: dict[str, cst.FunctionDef] = {}
        self.classes: dict[str, cst.ClassDef] = {}
        self.values: dict[str, cst.BaseExpression] = {}
        self.module = cst.parse_module(source)
        for statement in self.module.body:
            self.add(statement)
        if class_name is not None:
            methods = [s for s in self.classes[class_name].body.body if isinstance(s, cst.FunctionDef)]
            self.functions.update({f"self.{m.name.value}": m for m in methods})

    def add(self, statement: cst.CSTNode) -> None:
        if isinstance(statement, cst.FunctionDef):
            self.functions[statement.name.value] = statement
        elif isinstance(statement, cst.ClassDef):
            self.classes[statement.name.value] = statement
        elif isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                self.add_small(small)

    def add_small(self, small: cst.BaseSmallStatement) -> None:
        if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name):
            self.values[small.targets[0].target.value] = small.value
        elif isinstance(small, cst.Import):
            for alias in small.names:
                name = dotted_name(alias.name) or ""
                local = dotted_name(alias.asname.name) if alias.asname else None
                self.imports[local or name.partition(".")[0]] = name if local else name.partition(".")[0]
        elif isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar) and small.module:
            for alias in small.names:
                local = dotted_name(alias.asname.name if alias.asname else alias.name)
                self.imports[local or ""] = f"{dotted_name(small.module)}.{alias.name.value}"

    def qualified(self, dotted: str) -> str | None:
        root, dot, rest = dotted.partition(".")
        return self.imports[root] + dot + rest if root in self.imports else None

    def function(self, dotted: str) -> tuple[cst.FunctionDef, Scope] | None:
        return (self.functions[dotted], self) if dotted in self.functions else None

    def classdef(self, dotted: str) -> tuple[cst.ClassDef, Scope] | None:
        return (self.classes[dotted], self) if dotted in self.classes else None

    def assigned(self, dotted: str) -> tuple[cst.BaseExpression, Scope] | None:
        return (self.values[dotted], self) if dotted in self.values else None


def body_of(
    source: str, name: str = "f", *, declared: dtypes.DType | None = None, batch: bool = False, imports: str = IMPORTS
) -> Body:
    """Examines the function `name` (`C.f`: a method) of a module."""
    owner, _, last = name.rpartition(".")
    scope = ModuleScope(imports + textwrap.dedent(source), owner or None)
    definition = scope.functions[f"self.{last}" if owner else last]
    return examine(definition, scope, skip_self=bool(owner), heavy_row_bytes=HEAVY, declared=declared, batch=batch)


def first(source: str, name: str = "f") -> Parameter:
    return body_of(source, name).parameters[0]


DECODING = [
    "def f(x): return Image.open(io.BytesIO(x)).size[0]",
    "def f(x):\n    with BytesIO(x) as b:\n        return Image.open(b).size",
    "def f(x):\n    buffer = io.BytesIO(x)\n    buffer.seek(0)\n    im = Image.open(buffer)\n    return im.width",
    "def f(xs):\n    return [Image.open(io.BytesIO(b)).width for b in xs.to_pylist()]",
    "def f(xs):\n    out = []\n    for i, b in enumerate(xs.to_pylist()):\n        out.append(np.frombuffer(b, np.uint8))",
    "def f(xs, ys):\n    for x, y in zip(xs, ys):\n        cv2.imdecode(np.asarray(bytearray(x)), y)",
    "def f(xs):\n    xs = xs.to_arrow()\n    for i in range(len(xs)):\n        row = xs[i].as_py()\n        sf.read(BytesIO(row))",
    "def f(x):\n    if x is None:\n        return None\n    try:\n        w, r = torchaudio.load(io.BytesIO(x))\n    except Exception:\n        return None",
    "def f(x): return pymupdf.open(stream=x, filetype='pdf')",
    "def f(x): return fitz.open('pdf', x)",
    "def f(x): return PdfReader(BytesIO(x)).pages",
    "def f(x): return av.open(io.BytesIO(x))",
    "def f(x): return zipfile.ZipFile(io.BytesIO(x)).namelist()",
    "def f(x): return librosa.load(io.BytesIO(x), sr=None)[0].mean()",
    "def f(x): return tf.io.decode_jpeg(x)",
    "def f(x): return TF.to_tensor(x)",
    "def f(x): return transforms.ToTensor()(x)",
    "def f(x):\n    t = transforms.Compose([transforms.ToTensor()])\n    return t(x).mean()",
    "def f(x): return x.convert('RGB').size",
    "def f(xs): return torch.stack([TF.to_tensor(Image.fromarray(i)) for i in xs])",
    "def f(frames): return torch.stack([torch.from_numpy(i) for i in frames.to_pylist()])",
    "def f(x: str): return Image.open(io.BytesIO(base64.b64decode(x)))",
    "def f(row): return Image.open(io.BytesIO(row['image']['bytes']))",
    "def f(x): return (lambda b: Image.open(BytesIO(b)))(x)",
    "def f(xs): return list(map(lambda b: Image.open(BytesIO(b)), xs.to_pylist()))",
    "def f(x):\n    if (b := x) and Image.open(BytesIO(b)):\n        return 1",
    "def decode(b): return Image.open(BytesIO(b))\ndef f(x): return decode(b=x)",
    "def load(b):\n    return to_file(b)\ndef to_file(b): return BytesIO(b)\ndef f(x): return Image.open(load(x))",
    "def f(xs):\n    def one(b): return Image.open(BytesIO(b)).size\n    with ThreadPoolExecutor() as p: return list(p.map(one, xs))",
    "async def f(x):\n    def work():\n        return Image.open(BytesIO(x))\n    return await asyncio.to_thread(work)",
    "def f(x):\n    from PIL import Image as Picture\n    import io as streams\n    return Picture.open(streams.BytesIO(x))",
    "def f(x):\n    while True:\n        match x:\n            case _:\n                return cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)",
    "def f(x): return processor(images=list(x), return_tensors='pt')",
]  # fmt: skip


@pytest.mark.parametrize("source", DECODING)
def test_a_body_that_decodes_its_parameter_is_strong_evidence(source: str) -> None:
    parameter = first(source)
    assert parameter.weight.heavy is True
    assert parameter.weight.evidence is not None
    assert parameter.weight.evidence.strength is Strength.STRONG
    assert parameter.weight.evidence.location is not None
    assert not parameter.opens


OPENING = [
    "def f(path): return open(path, 'rb').read()",
    "def f(path):\n    with open(path) as handle:\n        return json.load(handle)",
    "def f(path): return Image.open(path).convert('RGB').size",
    "def f(path): return Image.open(os.path.join('/data', path))",
    "def f(name): return open(f'/data/{name}.json').read()",
    "def f(url): return requests.get(url, timeout=3).content",
    "def f(url): return Image.open(io.BytesIO(requests.get(url).content)).size",
    "def f(url: str): return requests.get('https://' + url)",
    "def f(host): return requests.get(f'https://{host}/robots.txt')",
    "def f(url):\n    request = urllib.request.Request(url)\n    return urllib.request.urlopen(request).read()",
    "async def f(url):\n    async with aiohttp.ClientSession() as s, s.get(url) as r:\n        return r.status",
    "async def f(urls):\n    async def one(c, u):\n        return (await c.get(u)).text\n    async with httpx.AsyncClient() as c:\n"
    "        return await asyncio.gather(*[one(c, u) for u in urls.to_pylist()])",
    "def f(url):\n    s = requests.Session()\n    return s.get(url.strip()).text",
    "def f(key): return boto3.client('s3').get_object(Bucket='b', Key=key)['Body'].read()",
    "def f(path):\n    fs = s3fs.S3FileSystem()\n    with fs.open(path) as h:\n        return h.read()",
    "def f(path): return fsspec.open(path).open().read()",
    "def f(path): return cv2.VideoCapture(path).read()",
    "def f(path: str): return torchaudio.load(path)[1]",
    "def f(path): return Path(path).read_bytes()",
    "def f(file: daft.File):\n    with file.open() as h:\n        return h.read()",
    "def f(file: daft.File):\n    with file.to_tempfile() as t:\n        return pymupdf.open(t.name)",
    "def f(audio: daft.AudioFile): return audio.to_numpy()",
    "def f(files: daft.Series):\n    for file in files:\n        with file.open() as h:\n            h.read()",
    "def f(path): return subprocess.run(['ffmpeg', '-y', '-i', path, 'out.wav'])",
    "def f(path): return pd.read_csv(path).shape",
]  # fmt: skip


@pytest.mark.parametrize("source", OPENING)
def test_a_body_that_opens_what_it_is_given_is_a_heavy_read(source: str) -> None:
    parameter = first(source)
    assert parameter.opens
    assert parameter.weight.heavy is not True


SILENT = [
    "def f(x): return x",
    "def f(x): return x.upper()",
    "def f(x): return np.array(x.to_pylist()).sum()",
    "def f(embeddings): return torch.stack([torch.from_numpy(e) for e in embeddings.to_pylist()])",
    "def f(x): return torch.stack([torch.tensor(e) for e in x.to_pylist()])",
    "def f(x): return json.loads(x)['k']",
    "def f(x): return base64.b64decode(x)",
    "def f(q): return requests.post('https://api.example.com/v1', json={'q': q}).json()",
    "def f(q): return requests.get('https://api.example.com/v1', params={'q': q}).json()",
    "def f(q): return requests.get(f'https://api.example.com/v1?q={q}').json()",
    "BASE = 'https://e.org'\ndef f(q): return requests.get(f'{BASE}?q={q}').json()",
    "BASE = 'https://e.org/'\ndef f(q): return requests.get(BASE + q).json()",
    "def f(q): return requests.get('https://e.org/{}'.format(q)).json()",
    "def f(q): return requests.get('https://e.org/%s' % q).json()",
    "def f(x): return {'a': 1}.get(x)",
    "def f(x):\n    with open('labels.txt') as h:\n        return h.read().index(x)",
    "def f(x):\n    with open(x, 'w') as h:\n        h.write('done')",
    "def f(x): return hashlib.sha256(x).hexdigest()",
    "def f(x):\n    x = model.encode(x)\n    return Image.fromarray(x)",
    "def f(x, y): return Image.open(io.BytesIO(y))",
    "def f(text): return Image.open(io.BytesIO(render(text)))",
    "def f(x):\n    Image = Painter()\n    return Image.open(io.BytesIO(x))",
    "def f(prompt: str): return processor(text=prompt, images=None)",
    "def f(x):\n    def unused(b): return Image.open(BytesIO(b))\n    return x",
    "def f(n): return [io.BytesIO(b'').read() for _ in range(n)]",
    "def f(x: str): return sf.write('a.wav', x, 16000)",
]  # fmt: skip


@pytest.mark.parametrize("source", SILENT)
def test_no_evidence_is_made_up(source: str) -> None:
    parameter = first(source)
    assert parameter.weight.heavy is not True
    assert not parameter.opens


def test_evidence_names_the_call_and_its_place() -> None:
    weight = first("def f(x):\n    return Image.open(io.BytesIO(x)).width").weight
    assert weight.evidence is not None
    assert weight.evidence.reason == "`Image.open(io.BytesIO(x))` decodes it"
    assert weight.evidence.location is not None
    assert isinstance(weight.evidence.location.node, cst.Call)


def test_a_long_call_is_quoted_by_its_callee() -> None:
    options = ", ".join(f"option_{n}={n}" for n in range(10))
    weight = first(f"def f(x): return Image.open(io.BytesIO(x), {options})").weight
    assert weight.evidence is not None
    assert weight.evidence.reason == "`Image.open(…)` decodes it"


def test_only_the_parameter_that_is_decoded_is_heavy() -> None:
    body = body_of("def f(name, x, *rest, mode='RGB'): return Image.open(io.BytesIO(x)).convert(mode)")
    assert [(p.name, p.weight.heavy) for p in body.parameters] == [
        ("name", None), ("x", True), ("rest", None), ("mode", None),
    ]  # fmt: skip


def test_a_method_leaves_self_out_and_follows_its_helpers() -> None:
    source = """
    class C:
        def decode(self, b): return Image.open(BytesIO(b))
        def f(self, xs): return [self.decode(x) for x in xs.to_pylist()]
    """
    assert [(p.name, p.weight.heavy) for p in body_of(source, "C.f").parameters] == [("xs", True)]


def test_a_lambda_is_examined() -> None:
    scope = ModuleScope(IMPORTS)
    node = cst.parse_expression("lambda x: Image.open(io.BytesIO(x)).width")
    assert isinstance(node, cst.Lambda)
    body = examine(node, scope, skip_self=False, heavy_row_bytes=HEAVY)
    assert body.parameters[0].weight.heavy is True
    assert not body.is_async
    assert not body.is_generator


def test_helpers_that_call_each_other_end() -> None:
    assert first("def g(x): return h(x)\ndef h(x): return g(x)\ndef f(x): return g(x)").weight.heavy is None


def test_helpers_are_followed_to_a_depth() -> None:
    chain = "".join(f"def h{n}(x): return h{n + 1}(x)\n" for n in range(9))
    near = chain + "def f(x): return h7(x)\ndef h9(x): return Image.open(BytesIO(x))"
    far = chain + "def f(x): return h0(x)\ndef h9(x): return Image.open(BytesIO(x))"
    assert first(near).weight.heavy is True
    assert first(far).weight.heavy is None


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
        ("def f(x) -> np.ndarray: return np.array(x).reshape(28, 28)", True),
    ],
)
def test_weight_of_what_it_returns(source: str, heavy: bool | None) -> None:
    assert body_of(source).returns.heavy is heavy


def test_the_declared_type_counts_and_not_the_annotation() -> None:
    declared = dtypes.make("string", (), {})
    assert body_of("def f(x) -> bytes: return g(x)", declared=declared).returns.heavy is False


FLOATS = dtypes.make("list", (dtypes.make("float32", (), {}),), {})
TOKENS = dtypes.make("list", (dtypes.make("int32", (), {}),), {})


@pytest.mark.parametrize(
    ("source", "declared", "multiplies"),
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
def test_lists_of_unknown_length(source: str, declared: dtypes.DType | None, multiplies: bool) -> None:
    name = source.partition("(")[0].removeprefix("def ")
    assert body_of(source, name, declared=declared).unsized_output is multiplies


def test_kinds_of_functions() -> None:
    assert body_of("async def f(x): return x").is_async
    assert body_of("def f(x):\n    for y in x:\n        yield y").is_generator
    assert not body_of("def f(x):\n    def g():\n        yield x\n    return list(g())").is_generator


LOADS = [
    "def f(x): return AutoModel.from_pretrained('m')(x)",
    "def f(x):\n    model = SentenceTransformer('m')\n    return model.encode(x)",
    "def f(x):\n    from transformers import AutoProcessor\n    return AutoProcessor.from_pretrained('m')(x)",
    "def f(x): return torch.load('weights.pt')(x)",
    "def f(x): return YOLO('yolo11n.pt')(x)",
    "def f(x): return pipeline('text-classification')(x)",
    "def f(x): return whisper.load_model('base').transcribe(x)",
    "def f(x): return spacy.load('en_core_web_sm')(x)",
    "def f(x): return torchvision.models.resnet18(pretrained=True)(x)",
    "def load(): return YOLO('m')\ndef f(x): return load()(x)",
]  # fmt: skip


@pytest.mark.parametrize("source", LOADS)
def test_a_model_that_is_loaded_in_each_call(source: str) -> None:
    assert len(body_of(source).model_loads) == 1


KEPT = [
    "model = YOLO('m')\ndef f(x): return model(x)",
    "@functools.lru_cache\ndef load(): return YOLO('m')\ndef f(x): return load()(x)",
    "@functools.cache\ndef load(): return YOLO('m')\ndef f(x): return load()(x)",
    "M = None\ndef f(x):\n    global M\n    if M is None:\n        M = YOLO('m')\n    return M(x)",
    "C = {}\ndef f(x):\n    if 'm' not in C:\n        C['m'] = YOLO('m')\n    return C['m'](x)",
    "C = {'m': None}\ndef f(x):\n    if C['m'] is None:\n        m = YOLO('m')\n        C['m'] = m\n    return C['m'](x)",
    "C = {}\ndef f(x):\n    m = C.get('m')\n    if not m:\n        m = C['m'] = YOLO('m')\n    return m(x)",
    "def f(x):\n    if not hasattr(f, 'm'):\n        f.m = YOLO('m')\n    return f.m(x)",
    "C = {}\ndef f(x):\n    try:\n        return C['m'](x)\n    except KeyError:\n        m = YOLO('m')\n        return m(x)",
    "def f(x, model=YOLO('m')): return model(x)",
    "def f(x): return AutoConfig.from_pretrained('m').hidden_size",
    "def f(x): return torch.load(io.BytesIO(x))",
    "def f(x): return json.load(open('config.json'))",
]  # fmt: skip


@pytest.mark.parametrize("source", KEPT)
def test_a_model_that_a_cache_holds(source: str) -> None:
    assert body_of(source).model_loads == ()


def test_names_stand_for_what_they_usually_do_where_no_import_is_in_view() -> None:
    assert body_of("def f(x): return Image.open(io.BytesIO(x))", imports="").parameters[0].weight.heavy is True


def test_a_branch_does_not_hide_another() -> None:
    source = """
    def f(x):
        if isinstance(x, str):
            raw = download(x)
        else:
            raw = x
        return Image.open(io.BytesIO(raw))
    """
    assert first(source).weight.heavy is True


def test_a_name_that_is_bound_anew_is_no_longer_the_parameter() -> None:
    parameter = first("def f(x):\n    x = requests.get(x).content\n    return Image.open(io.BytesIO(x)).size")
    assert parameter.opens
    assert parameter.weight.heavy is None


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
def _library_functions(path: Path) -> tuple[tuple[cst.FunctionDef, ModuleScope, bool], ...]:
    scope = ModuleScope(path.read_text("utf-8"))

    def found(body: cst.BaseSuite | cst.Module, inside: bool) -> Iterator[tuple[cst.FunctionDef, ModuleScope, bool]]:
        for statement in body.body:
            if isinstance(statement, cst.FunctionDef):
                yield statement, scope, inside
            elif isinstance(statement, cst.ClassDef):
                yield from found(statement.body, True)

    return tuple(found(scope.module, False))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_function_of_real_code_is_examined(data: st.DataObject) -> None:
    functions = _library_functions(data.draw(st.sampled_from(_library_sources())))
    definition, scope, method = data.draw(st.sampled_from(functions))
    body = examine(definition, scope, skip_self=method, heavy_row_bytes=data.draw(st.integers(1, 10**9)))
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
