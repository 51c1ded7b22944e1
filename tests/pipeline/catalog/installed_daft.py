"""The installed Daft, for the tests that compare the catalog with it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import daft

from daft_lint.pipeline.catalog import KEYWORD_ONLY, Argument

F = daft.functions
col = daft.col


def names(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def resolve(dotted: str) -> Any:
    """What `daft.<dotted>` is."""
    module, _, name = f"daft.{dotted}".rpartition(".")
    return getattr(importlib.import_module(module), name)


def parameters(function: Callable[..., Any], *, method: bool = False) -> list[inspect.Parameter]:
    """The parameters of a function as a call sees them."""
    return list(inspect.signature(function).parameters.values())[1 if method else 0 :]


def assert_argument(function: Callable[..., Any], argument: Argument, *, method: bool = False) -> None:
    """The function has the keyword, at the position where one is given."""
    found = parameters(function, method=method)
    by_name = [p.name for p in found]
    assert argument.keyword in by_name, (function, argument)
    index = by_name.index(argument.keyword)
    is_keyword_only = found[index].kind is inspect.Parameter.KEYWORD_ONLY
    assert is_keyword_only == (argument.position == KEYWORD_ONLY), (function, argument)
    assert is_keyword_only or index == argument.position, (function, argument)
