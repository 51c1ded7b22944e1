"""Which calls of a loaded model take many inputs at once, so that one input a call wastes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from daft_lint.pipeline.udf_body.libraries import TORCHVISION_MODEL


def _named(loaders: str, *calls: str) -> Iterator[tuple[str, frozenset[str]]]:
    return ((loader, frozenset(calls)) for loader in loaders.split())


ITSELF = ""
"""The call of the model itself, `model(inputs)`."""

_CALLS: Mapping[str, frozenset[str]] = dict((
    *_named("sentence_transformers.SentenceTransformer", "encode", "encode_query", "encode_document"),
    *_named("sentence_transformers.CrossEncoder", "predict"),
    *_named("transformers.pipeline spacy.load timm.create_model torch.jit.load torch.load", ITSELF),
    *_named("tensorflow_hub.load tensorflow.saved_model.load", ITSELF),
    *_named("ultralytics.YOLO ultralytics.RTDETR", ITSELF, "predict"),
    *_named("clip.load open_clip.create_model open_clip.create_model_and_transforms", "encode_image", "encode_text"),
    *_named("tensorflow.keras.models.load_model keras.models.load_model keras.saving.load_model", ITSELF, "predict"),
    *_named("joblib.load", "predict", "predict_proba", "decision_function"),
    *_named("xgboost.Booster lightgbm.Booster mlflow.pyfunc.load_model", "predict"),
    *_named("vllm.LLM", "generate", "chat", "embed", "encode", "classify"),
    *_named("fastembed.TextEmbedding fastembed.ImageEmbedding", "embed"),
))  # fmt: skip
"""The methods of a model that take a list or a batch, by the qualified name of what loads it. Models whose API takes
one input (Whisper, OCR readers, MediaPipe) are not in it, nor those whose input may fix its first dimension (ONNX)."""

_PRETRAINED = re.compile(r"transformers\.(?!\w*(Tokenizer|Processor|FeatureExtractor|Config)\w*\.)\w+\.from_pretrained")
_PRETRAINED_CALLS = frozenset({ITSELF, "generate", "get_text_features", "get_image_features", "get_audio_features"})


def batched_calls(loader: str) -> frozenset[str]:
    """The methods of a model that take many inputs at once, by the qualified name of the function that loads it; empty
    where none is known to."""
    if _PRETRAINED.fullmatch(loader) is not None:
        return _PRETRAINED_CALLS
    if TORCHVISION_MODEL.fullmatch(loader) is not None:
        return frozenset({ITSELF})
    return _CALLS.get(loader, frozenset())
