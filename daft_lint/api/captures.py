"""What a UDF captures: the objects out of its body that it reads, and that Daft pickles along with it.

The function or class under a decorator of Daft's, a lambda, and a function within a function are pickled whole, with
the globals and closure variables that they read. A plain function of a module is pickled by its name alone.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.scopes import ModuleScopes
from daft_lint.api.udf_code import assigned_values, binding_of, function_of, names_read, qualified_name
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.model import NodeRef, Udf
from daft_lint.pipeline.udf_body.libraries import CLIENTS
from daft_lint.pipeline.udf_body.model_loads import loads_model


class Captured(enum.Enum):
    """What kind of object is captured; `.value` is what messages call it."""

    MODEL = "a loaded model"
    TABLE = "a table"
    CLIENT = "a client"
    LOCK = "a lock"
    CONNECTION = "a database connection"
    POOL = "a pool of threads or processes"
    SOCKET = "a socket"
    GENERATOR = "a generator"

    @property
    def is_picklable(self) -> bool:
        return self in (Captured.MODEL, Captured.TABLE, Captured.CLIENT)


@dataclass(frozen=True, slots=True)
class Capture:
    """An object that a UDF captures: `name` is read at `use`, and `made` is the expression that made it."""

    name: str
    kind: Captured
    use: NodeRef
    made: NodeRef


_UNPICKLABLE: dict[str, Captured] = {
    **dict.fromkeys(
        (f"{m}.{n}" for m in ("threading", "multiprocessing")
         for n in ("Lock", "RLock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier")),
        Captured.LOCK,
    ),
    "sqlite3.connect": Captured.CONNECTION,
    "socket.socket": Captured.SOCKET,
    "socket.create_connection": Captured.SOCKET,
    "concurrent.futures.ThreadPoolExecutor": Captured.POOL,
    "concurrent.futures.ProcessPoolExecutor": Captured.POOL,
    "concurrent.futures.thread.ThreadPoolExecutor": Captured.POOL,
    "multiprocessing.pool.ThreadPool": Captured.POOL,
    "multiprocessing.Pool": Captured.POOL,
}  # fmt: skip
_TABLE_READERS = frozenset({
    "pandas.read_parquet", "pandas.read_csv", "pandas.read_json", "pandas.read_pickle", "pandas.read_excel",
    "pandas.read_feather", "polars.read_parquet", "polars.read_csv", "pyarrow.parquet.read_table",
    "pyarrow.csv.read_csv",
    "numpy.load", "numpy.loadtxt", "json.load", "pickle.load", "yaml.safe_load", "geopandas.read_file",
})  # fmt: skip
"""Functions that read a file into memory, of a size that the script does not say."""
_KEEPING_METHODS = frozenset({
    "set_index", "to_dict", "sort_values", "reset_index", "to_pandas", "astype", "drop_duplicates", "rename", "dropna",
    "fillna", "eval", "to", "cuda", "half", "to_pylist", "to_pydict", "copy", "groupby",
})  # fmt: skip
"""Methods whose result is as large as what they are called on; others, such as `sum()`, may give a number."""


def captures_of(udf: Udf) -> Iterator[Capture]:
    """The captured objects that are large, or that no pickle takes, each name once.

    What is captured by a helper that the body calls is not looked for, nor what an instance holds.
    """
    function = function_of(udf)
    if function is None or not _is_pickled_whole(udf, function):
        return
    seen: set[str] = set()
    for name in names_read(_body(udf, function)):
        if name.value not in seen:
            seen.add(name.value)
            found = _captured(name, NodeRef(function.cell, name), _pickled(udf, function))
            if found is not None:
                yield found


def _body(udf: Udf, function: NodeRef) -> cst.CSTNode:
    """What is pickled: the whole class of a method, else the function's body without its decorators."""
    node = _pickled(udf, function)
    return node.body if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Lambda) else node


def _pickled(udf: Udf, function: NodeRef) -> cst.CSTNode:
    """The whole class of a method, else the function."""
    is_class = udf.definition is not None and isinstance(udf.definition.node, cst.ClassDef)
    return udf.definition.node if udf.definition is not None and is_class else function.node


def _is_pickled_whole(udf: Udf, function: NodeRef) -> bool:
    outer = udf.definition.node if udf.definition is not None else function.node
    if isinstance(outer, cst.Lambda):
        return True
    decorators = outer.decorators if isinstance(outer, cst.FunctionDef | cst.ClassDef) else ()
    scope = ModuleScopes.of(function.cell).scope_of(outer)
    return bool(decorators) or isinstance(scope, cst.FunctionDef)


def _captured(name: cst.Name, use: NodeRef, pickled: cst.CSTNode) -> Capture | None:
    binding = binding_of(name.value, use)
    if binding is None or (not binding.is_global and _is_within(binding.location.node, pickled, use)):
        return None
    values = [v for v in assigned_values(binding) if not _is_made_of(v.node, name.value)]
    kinds = {_kind_of(v.node, v) for v in values if isinstance(v.node, cst.BaseExpression)}
    kind = kinds.pop() if len(kinds) == 1 else None
    return None if kind is None else Capture(name.value, kind, use, values[0])


def _is_made_of(value: cst.CSTNode, name: str) -> bool:
    """`model.to(device)` of `model`, with a method whose result is as large."""
    while isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):
        if value.func.attr.value not in _KEEPING_METHODS:
            return False
        value = value.func.value
    return isinstance(value, cst.Name) and value.value == name


def _is_within(scope: cst.CSTNode, pickled: cst.CSTNode, use: NodeRef) -> bool:
    """Whether a scope is the pickled function or class itself, a class, or stands in what is pickled."""
    parents = use.cell.parents
    node: cst.CSTNode | None = scope
    while node is not None:
        if node is pickled:
            return True
        node = parents.get(node)
    return isinstance(scope, cst.ClassDef)


def _kind_of(node: cst.BaseExpression, location: NodeRef) -> Captured | None:
    """What an expression makes."""
    if isinstance(node, cst.GeneratorExp):
        return Captured.GENERATOR
    while isinstance(node, cst.Subscript):
        node = node.value
    if not isinstance(node, cst.Call):
        return None
    name = qualified_name(node.func, location)
    if name in _UNPICKLABLE:
        return _UNPICKLABLE[name]
    if name in CLIENTS:
        return Captured.CLIENT
    if name in _TABLE_READERS:
        return Captured.TABLE
    if name and loads_model(name):
        return Captured.MODEL
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in _KEEPING_METHODS:
        return _kind_of(node.func.value, location)
    return None
