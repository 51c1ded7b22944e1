"""What an expression makes that is large, or that no pickle takes, where a UDF captures it."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

from daft_lint.api import cst
from daft_lint.api.scopes import ModuleScopes, nodes_in
from daft_lint.api.udf_code import (
    Binding,
    assigned_values,
    binding_of,
    called_function,
    constant,
    dotted,
    own_nodes,
    qualified_name,
)
from daft_lint.pipeline.model import NodeRef
from daft_lint.pipeline.udf_body.libraries import CLIENTS, CONNECTIONS
from daft_lint.pipeline.udf_body.model_loads import loads_model

_MAX_DEPTH = 3
"""Names of names, and functions that call functions, that are followed."""


class Captured(enum.Enum):
    """What kind of object is captured; `.value` is what messages call it."""

    MODEL = "a loaded model"
    TABLE = "a table"
    CLIENT = "a client"
    LOCK = "a lock"
    THREAD = "a thread"
    LOCAL = "data of a thread"
    QUEUE = "a queue"
    CONNECTION = "a database connection"
    CURSOR = "a cursor of a database"
    POOL = "a pool of threads or processes"
    CONNECTIONS = "a pool of connections"
    LOOP = "an event loop"
    SOCKET = "a socket"
    FILE = "an open file"
    GENERATOR = "a generator"

    @property
    def is_picklable(self) -> bool:
        return self in (Captured.MODEL, Captured.TABLE, Captured.CLIENT)


_UNPICKLABLE: dict[str, Captured] = {
    **dict.fromkeys(
        (f"{m}.{n}" for m in ("threading", "multiprocessing")
         for n in ("Lock", "RLock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier")),
        Captured.LOCK,
    ),
    **dict.fromkeys(("threading.Thread", "threading.Timer"), Captured.THREAD),
    "threading.local": Captured.LOCAL,
    **dict.fromkeys(("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue"), Captured.QUEUE),
    "sqlite3.connect": Captured.CONNECTION,
    "duckdb.connect": Captured.CONNECTION,
    **dict.fromkeys(CONNECTIONS, Captured.CONNECTION),
    "socket.socket": Captured.SOCKET,
    "socket.create_connection": Captured.SOCKET,
    "concurrent.futures.ThreadPoolExecutor": Captured.POOL,
    "concurrent.futures.ProcessPoolExecutor": Captured.POOL,
    "concurrent.futures.thread.ThreadPoolExecutor": Captured.POOL,
    "multiprocessing.pool.ThreadPool": Captured.POOL,
    "multiprocessing.Pool": Captured.POOL,
    "urllib3.PoolManager": Captured.CONNECTIONS,
    "asyncio.new_event_loop": Captured.LOOP,
}  # fmt: skip
_TABLE_READERS = frozenset({
    "pandas.read_parquet", "pandas.read_csv", "pandas.read_json", "pandas.read_pickle", "pandas.read_excel",
    "pandas.read_feather", "polars.read_parquet", "polars.read_csv", "pyarrow.parquet.read_table",
    "pyarrow.csv.read_csv", "csv.reader", "csv.DictReader",
    "numpy.load", "numpy.loadtxt", "json.load", "pickle.load", "geopandas.read_file", "faiss.read_index",
})  # fmt: skip
"""Functions that read a file into memory, of a size that the script does not say."""
_PARSERS = frozenset({"json.loads", "orjson.loads", "pickle.loads"})
"""Functions that make one of what was read from a file."""
_READS = frozenset({"read", "read_text", "read_bytes"})
_SETTINGS = re.compile(
    r"(?i)conf(ig)?|cfg|setting|param|option|schema|secret|credential|arg|meta|prompt|template|version"
)
"""Names of files and variables that hold few values, whatever reads them."""
_CONTAINERS = frozenset({"dict", "list", "set", "frozenset", "tuple", "sorted", "zip"})
"""Builtins that make a container as large as what they are given."""
_KEEPING_METHODS = frozenset({
    "set_index", "to_dict", "sort_values", "reset_index", "to_pandas", "astype", "drop_duplicates", "rename", "dropna",
    "fillna", "eval", "to", "cuda", "half", "to_pylist", "to_pydict", "copy", "groupby", "tolist", "to_numpy", "items",
})  # fmt: skip
"""Methods whose result is as large as what they are called on; others, such as `sum()`, may give a number."""
_PICKLING_METHODS = frozenset({"__getstate__", "__reduce__", "__reduce_ex__"})


def kind_of_name(name: str, binding: Binding, depth: int = 0) -> tuple[Captured, NodeRef] | None:
    """What a name holds that is large or unpicklable, and the expression that made it; None where nothing is known, or
    where its assignments differ."""
    key = (kind_of_name, name, binding.location.node, depth)
    return binding.location.cell.once(key, lambda: _find_kind_of_name(name, binding, depth))


def _find_kind_of_name(name: str, binding: Binding, depth: int) -> tuple[Captured, NodeRef] | None:
    if name in ModuleScopes.of(binding.location.cell).rebound:
        return None  # a function may make it, at its first call
    values = [v for v in _values(name, binding) if not _is_made_of(v.node, name)]
    kinds = {kind_of(v.node, v, depth) for v in values if isinstance(v.node, cst.BaseExpression)}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is None or (kind is Captured.TABLE and _SETTINGS.search(name)):
        return None
    return kind, values[0]


def _values(name: str, binding: Binding) -> list[NodeRef]:
    """The expressions that a name is bound to, alone, as a part of a tuple, or by a `with`; none where something else
    binds it, too."""
    plain = assigned_values(binding)
    if plain:
        return list(plain)
    cell, found = binding.location.cell, []
    for binder in binding.binders:
        above = cell.parents.get(binder) if isinstance(binder, cst.AssignTarget | cst.AsName) else binder
        value: cst.CSTNode | None = None
        if isinstance(above, cst.WithItem):
            value = above.item
        elif isinstance(above, cst.Assign) and isinstance(binder, cst.AssignTarget):
            value = _part(name, binder.target, above.value)
        elif isinstance(above, cst.AnnAssign):
            value = above.value
        if value is None:
            return []
        found.append(NodeRef(cell, value))
    return found


def _part(name: str, target: cst.BaseExpression, value: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a name among the targets of an assignment gets; of a call's result the first is what the call makes."""
    if not isinstance(target, cst.Tuple | cst.List):
        return value if isinstance(target, cst.Name) else None
    names = [dotted(element.value) for element in target.elements]
    if isinstance(value, cst.Tuple | cst.List) and len(value.elements) == len(names):
        return value.elements[names.index(name)].value if name in names else None
    return value if isinstance(value, cst.Call) and names[0] == name else None


def _is_made_of(value: cst.CSTNode, name: str) -> bool:
    """`model.to(device)` of `model`, with a method whose result is as large."""
    while isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):
        if value.func.attr.value not in _KEEPING_METHODS:
            return False
        value = value.func.value
    return isinstance(value, cst.Name) and value.value == name


def kind_of(node: cst.BaseExpression, location: NodeRef, depth: int = 0) -> Captured | None:
    """What an expression makes."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(node, cst.GeneratorExp):
        return Captured.GENERATOR
    while isinstance(node, cst.Subscript):
        if any(isinstance(element.slice, cst.Slice) for element in node.slice):
            return None  # a part, of a length of its own
        node = node.value
    if isinstance(node, cst.Name):
        binding = binding_of(node.value, location)
        found = kind_of_name(node.value, binding, depth + 1) if binding is not None else None
        return None if found is None else found[0]
    if isinstance(node, cst.Call):
        return _kind_of_call(node, location, depth)
    kinds = [kind_of(part, location, depth + 1) for part in _parts(node)]
    return next((kind for kind in kinds if kind is not None), None)


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """What an expression holds as it is: the sides of a condition, the elements of a container, what a comprehension
    takes all of."""
    if isinstance(node, cst.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, cst.List | cst.Tuple | cst.Set | cst.Dict):
        yield from (element.value for element in node.elements)
    elif isinstance(node, cst.ListComp | cst.SetComp | cst.DictComp) and not node.for_in.ifs:
        yield from (node.for_in.iter, node.value if isinstance(node, cst.DictComp) else node.elt)


def _kind_of_call(node: cst.Call, location: NodeRef, depth: int) -> Captured | None:
    name = qualified_name(node.func, location)
    if name in _UNPICKLABLE:
        return _UNPICKLABLE[name]
    if name in CLIENTS:
        return Captured.CLIENT
    if name in _TABLE_READERS or (name in _PARSERS and _reads_file(node)):
        return None if _names_settings(node) else Captured.TABLE
    if name and loads_model(name):
        return Captured.MODEL
    if isinstance(node.func, cst.Attribute):
        method = node.func.attr.value
        if method in _KEEPING_METHODS:
            return kind_of(node.func.value, location, depth)
        if method == "cursor" and kind_of(node.func.value, location, depth) is Captured.CONNECTION:
            return Captured.CURSOR
        return None
    if not isinstance(node.func, cst.Name):
        return None
    if binding_of(node.func.value, location) is None:
        return _kind_of_builtin(node.func.value, node, location, depth)
    helper = called_function(node, location)
    if helper is None:
        return _kind_held(node.func.value, location, depth)
    return helper.cell.once((_kind_of_returned, helper.node, depth), lambda: _kind_of_returned(helper, depth))


def _kind_of_builtin(name: str, node: cst.Call, location: NodeRef, depth: int) -> Captured | None:
    if name == "open":
        modes = [a.value for i, a in enumerate(node.args) if (a.keyword is None and i == 1) or
                 (a.keyword is not None and a.keyword.value == "mode")]  # fmt: skip
        mode = constant(modes[0]) if modes and isinstance(modes[0], cst.SimpleString) else "r"
        return Captured.FILE if isinstance(mode, str) and set(mode) & set("bwax+") else None
    if name not in _CONTAINERS:
        return None
    kinds = (kind_of(argument.value, location, depth + 1) for argument in node.args)
    return next((kind for kind in kinds if kind not in (None, Captured.GENERATOR)), None)


def _reads_file(node: cst.Call) -> bool:
    """Whether a parser is given what was read from a file: `json.loads(path.read_text())`."""
    argument = node.args[0].value if node.args else None
    return isinstance(argument, cst.Call) and isinstance(argument.func, cst.Attribute) and (
        argument.func.attr.value in _READS
    )  # fmt: skip


def _names_settings(node: cst.Call) -> bool:
    """Whether the file that is read is called after settings: `json.load(open("config.json"))`."""
    return any(
        isinstance(n, cst.SimpleString | cst.Name | cst.FormattedStringText) and _SETTINGS.search(n.value)
        for argument in node.args
        for n in (argument.value, *nodes_in(argument.value))
    )


def _kind_of_returned(helper: NodeRef, depth: int) -> Captured | None:
    """What an undecorated function of the file returns."""
    node = helper.node
    if not isinstance(node, cst.FunctionDef) or node.decorators or node.asynchronous is not None:
        return None
    inner = tuple(own_nodes(node))
    if any(isinstance(n, cst.Yield) for n in inner):
        return Captured.GENERATOR
    returned = [n.value for n in inner if isinstance(n, cst.Return) and n.value is not None]
    kinds = {kind_of(value, NodeRef(helper.cell, value), depth + 1) for value in returned}
    return kinds.pop() if len(kinds) == 1 else None


def _kind_held(name: str, location: NodeRef, depth: int) -> Captured | None:
    """What an object of a plain class of the file holds."""
    binding = binding_of(name, location)
    if binding is None or len(binding.binders) != 1 or not isinstance(binding.binders[0], cst.ClassDef):
        return None
    found = held_by(NodeRef(binding.location.cell, binding.binders[0]), depth)
    return None if found is None else found[0]


def held_by(owner: NodeRef, depth: int = 0) -> tuple[Captured, NodeRef] | None:
    """What the `__init__` of a plain class gives each object to hold, the worst first, and the expression that makes
    it; None where the class says itself how it is pickled."""
    return owner.cell.once((held_by, owner.node, depth), lambda: _find_held_by(owner, depth))


def _find_held_by(owner: NodeRef, depth: int) -> tuple[Captured, NodeRef] | None:
    node = owner.node
    if not isinstance(node, cst.ClassDef) or node.decorators:
        return None
    methods = {s.name.value: s for s in node.body.body if isinstance(s, cst.FunctionDef)}
    if "__init__" not in methods or not methods.keys().isdisjoint(_PICKLING_METHODS):
        return None
    found = []
    for statement in methods["__init__"].body.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.Assign | cst.AnnAssign) and small.value is not None:
                targets = [t.target for t in small.targets] if isinstance(small, cst.Assign) else [small.target]
                kind = kind_of(small.value, NodeRef(owner.cell, small.value), depth + 1)
                if kind is not None and any(dotted(t).startswith("self.") for t in targets):
                    found.append((kind, NodeRef(owner.cell, small.value)))
    return min(found, key=lambda one: one[0].is_picklable, default=None)
