"""UDF bodies to examine, with the names that they see."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, cast

import libcst as cst

from daft_lint.pipeline import dtypes
from daft_lint.pipeline.model import Parameter
from daft_lint.pipeline.name_resolver import NameResolver
from daft_lint.pipeline.udf_body.definition import UdfBody, examine
from daft_lint.source.syntax import dotted as dotted_name

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

HEAVY = 32 * 1024

IMPORTS = """
import asyncio, base64, functools, hashlib, io, json, os, pathlib, pickle, struct, subprocess, zlib
import urllib.request, zipfile
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


class ModuleNames:
    """The names of one module: the least that a `NameResolver` can be."""

    def __init__(self, source: str, class_name: str | None = None) -> None:
        self.cell = cast("Cell", object())
        self.imports: dict[str, str] = {}
        self.functions: dict[str, cst.FunctionDef] = {}
        self.classes: dict[str, cst.ClassDef] = {}
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
        if isinstance(small, cst.Import):
            for alias in small.names:
                name = dotted_name(alias.name)
                local = dotted_name(alias.asname.name) if alias.asname else None
                self.imports[local or name.partition(".")[0]] = name if local else name.partition(".")[0]
        elif isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar) and small.module:
            for alias in small.names:
                local = dotted_name(alias.asname.name if alias.asname else alias.name)
                self.imports[local] = f"{dotted_name(small.module)}.{alias.name.value}"

    def qualified(self, dotted: str) -> str | None:
        root, dot, rest = dotted.partition(".")
        return self.imports[root] + dot + rest if root in self.imports else None

    def function(self, dotted: str) -> tuple[cst.FunctionDef, NameResolver] | None:
        return (self.functions[dotted], self) if dotted in self.functions else None

    def classdef(self, dotted: str) -> tuple[cst.ClassDef, NameResolver] | None:
        return (self.classes[dotted], self) if dotted in self.classes else None


def body_of(
    source: str, name: str = "f", *, declared: dtypes.DType | None = None, batch: bool = False, imports: str = IMPORTS
) -> UdfBody:
    """Examines the function `name` (`C.f`: a method) of a module."""
    owner, _, last = name.rpartition(".")
    names = ModuleNames(imports + textwrap.dedent(source), owner or None)
    definition = names.functions[f"self.{last}" if owner else last]
    return examine(definition, names, skip_self=bool(owner), heavy_row_bytes=HEAVY, declared=declared, batch=batch)


def first(source: str, name: str = "f") -> Parameter:
    return body_of(source, name).parameters[0]
