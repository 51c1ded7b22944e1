# ruff: noqa: E501  (one body a line)
"""Models that a body loads in each call, and those that something keeps."""

from __future__ import annotations

import pytest

from tests.pipeline.udf_body.bodies import body_of

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
    "def f(x):\n    from serving import Engine\n    engine = Engine('s3://m')\n    engine.load_model('r')\n    return engine(x)",
    "def f(x):\n    import mlflow\n    return mlflow.sklearn.load_model('m').predict(x)",
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


CONNECTIONS = [
    ("import boto3\ndef f(x): return boto3.client('s3').get_object(Key=x)", 1),
    ("import psycopg\ndef f(x):\n    with psycopg.connect('db') as c:\n        return c.execute(x)", 1),
    ("from openai import OpenAI\nclient = OpenAI()\ndef f(x): return client.responses.create(input=x)", 0),
    ("import requests\ndef f(x): return requests.Session().get(x).text", 0),
    ("import functools, boto3\n@functools.cache\ndef s3(): return boto3.client('s3')\ndef f(x): return s3().get(x)", 0),
]  # fmt: skip


@pytest.mark.parametrize(("source", "count"), CONNECTIONS)
def test_a_client_that_is_made_in_each_call(source: str, count: int) -> None:
    assert len(body_of(source).connections) == count
