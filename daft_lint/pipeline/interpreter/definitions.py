"""Values that a project's own code defines: functions, classes and their objects, modules, UDFs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import libcst as cst

from daft_lint.dataclass import dataclass
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import ProjectFunction
from daft_lint.pipeline.model import NodeRef, Udf, UdfKind


@dataclass(frozen=True, slots=True, eq=False)
class Function(ProjectFunction):
    """A function or lambda, with the scope that it closes over. `owner` is the class of a method, `branches` hold what
    those wrote that it was made in."""

    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    name: str
    owner: Class | None = None
    branches: tuple[Mapping[object, object], ...] = ()

    @property
    def qualified_name(self) -> str:
        """How it is called across the project, as `path::name` or `path::Class.name`."""
        owner = f"{self.owner.node.name.value}." if self.owner is not None else ""
        return f"{self.scope.path}::{owner}{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class with the names of its body; `udf` holds the options of `daft.cls` (None: a plain class)."""

    node: cst.ClassDef
    scope: Scope
    names: dict[str, object]
    bases: tuple[object, ...] = ()
    udf: UdfOptions | None = None
    is_legacy_udf: bool = False
    """`daft.udf` decorates it, and not `daft.cls`."""
    is_dataclass: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of a class; the interpreter's heap holds its attributes."""

    cls: Class


@dataclass(frozen=True, slots=True, eq=False)
class BoundMethod:
    """A method with its object."""

    instance: Instance
    function: Function | DecoratedMethod


@dataclass(frozen=True, slots=True, eq=False)
class Super:
    """`super()` in a method of `cls`: the names of its bases, for `receiver`."""

    cls: Class
    receiver: Instance | Class


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A module."""

    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class UdfOptions:
    """Keyword arguments of a UDF's decorator or constructor, and the node that carries them."""

    carrier: NodeRef
    keywords: Mapping[str, tuple[object, NodeRef]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class UdfDecorator:
    """A decorator of Daft's with its options: `daft.func.batch(return_dtype=...)`. `kind` is None for `daft.cls`, whose
    methods have kinds of their own."""

    kind: UdfKind | None
    options: UdfOptions


@dataclass(frozen=True, slots=True, eq=False)
class DecoratedMethod:
    """A method under `@daft.method` or `@daft.method.batch`."""

    function: Function
    kind: UdfKind
    options: UdfOptions


@dataclass(frozen=True, slots=True, eq=False)
class UdfFunction:
    """A callable UDF; `function` is what it runs, None where that is not in view; `cls` is a legacy UDF's class."""

    udf: Udf
    function: Function | None = None
    cls: Class | None = None
