"""What calls of other packages mean to a pipeline: constants that they pass on, defaults, the size of a Ray cluster."""

from __future__ import annotations

from dataclasses import replace

from daft_lint.pipeline.interpreter.arguments import Arguments
from daft_lint.pipeline.interpreter.builtin_calls import MAX_MAPPED, call_builtin
from daft_lint.pipeline.interpreter.definitions import Function
from daft_lint.pipeline.interpreter.inlining import inline
from daft_lint.pipeline.interpreter.paths import PATH_MAKERS, SAME_FILE, parent_of, path_of
from daft_lint.pipeline.interpreter.protocol import InterpreterProtocol
from daft_lint.pipeline.interpreter.scopes import Scope
from daft_lint.pipeline.interpreter.values import (
    ENVIRONMENT,
    MAX_CONTAINED,
    UNKNOWN,
    Attributes,
    DictValue,
    ExternalCall,
    ListValue,
    Literal,
    LiteralTable,
    Partial,
    Sized,
    choice,
    literal_value,
    unsure,
)

EXPECTING_FAILURE = frozenset({"pytest.raises", "contextlib.suppress"})
"""Contexts in which a statement that does nothing may be meant."""
FIELDS = frozenset({"pydantic.Field", "pydantic.fields.Field", "dataclasses.field", "attrs.field", "attr.ib"})
"""Calls that declare an attribute, with its default."""
ATTRIBUTE_DICTS = frozenset(
    "omegaconf.OmegaConf.create box.Box munch.Munch munch.munchify easydict.EasyDict addict.Dict".split()
)
"""Calls that make an object of a dict, whose keys are its attributes."""
TABLE_MAKERS = frozenset(
    "pandas.DataFrame polars.DataFrame pyarrow.table pyarrow.Table.from_pydict pyarrow.Table.from_pylist "
    "pandas.DataFrame.from_records pandas.DataFrame.from_dict".split()
)
"""Calls that make a table of columns or rows that the script spells out."""
ASSERTING_FAILURE = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
"""The names, of pytest and unittest, of contexts in which tests expect an error."""


def call_external(interpreter: InterpreterProtocol, path: str, args: Arguments, scope: Scope) -> object:
    """A call of a name out of view, by its qualified name."""
    if path.startswith("builtins."):
        return call_builtin(interpreter, path.removeprefix("builtins."), args, scope)
    if path in ("functools.partial", "partial"):
        return _partial(args)
    if path in ("functools.reduce", "reduce") and not args.keywords:
        return _reduced(interpreter, args)
    if path in ("argparse.ArgumentParser", "ArgumentParser"):
        return Attributes({})
    if path in ("os.environ.get", "os.getenv"):
        return _environment_variable(args)
    if path == "ray.init":
        _note_ray_init(interpreter, args)
        return ExternalCall(path)
    if path in ("dataclasses.replace", "copy.copy", "copy.deepcopy", "typing.cast"):
        return args.positional[-1 if path == "typing.cast" else 0][0] if args.positional else UNKNOWN
    if path in ("types.SimpleNamespace", "argparse.Namespace"):
        return Attributes(args.keyword_values())
    if path in FIELDS:
        default = args.value(0, "default")
        return unsure(default) if isinstance(default, (Literal, ListValue, DictValue)) else UNKNOWN
    if path in ATTRIBUTE_DICTS and isinstance(args.first(), DictValue):
        return _attributes(args.first())
    if path in PATH_MAKERS and args.positional and not args.open:
        return path_of(args.positional_values())
    if path in SAME_FILE or path == "os.path.dirname":
        return path_of([args.first()]) if path in SAME_FILE else parent_of(args.first())
    interpreter.recorder.escape(*args.values())
    if path in TABLE_MAKERS:
        data = args.value(0, "data") or args.value(0, "mapping")
        if isinstance(data, (DictValue, ListValue, Sized)):
            return LiteralTable(data)
    return ExternalCall(path)


def _attributes(value: object) -> object:
    """A dict whose keys are attributes, and so in it."""
    if not isinstance(value, DictValue):
        return value
    return Attributes({str(key): _attributes(inner) for key, inner in value.entries.items()})


def _partial(args: Arguments) -> object:
    """`functools.partial(function, ...)`."""
    if not args.positional:
        return UNKNOWN
    function, *values = args.positional_values()
    keywords = args.keyword_values()
    if isinstance(function, Partial):
        # As functools does: one object however often it is repeated.
        merged = {**function.keywords, **keywords}
        return Partial(function.function, (*function.args, *values)[:MAX_CONTAINED], merged)
    return Partial(function, tuple(values), keywords)


def _reduced(interpreter: InterpreterProtocol, args: Arguments) -> object:
    """`functools.reduce(function, values, initial)`."""
    function, values = (*args.positional_values(), UNKNOWN, UNKNOWN)[:2]
    initial = args.positional[2:]
    if not isinstance(function, Function) or not isinstance(values, ListValue) or len(values.items) > MAX_MAPPED:
        interpreter.recorder.escape(*args.values())
        return UNKNOWN
    node = args.positional[1][1]
    items = [*initial, *((item, node) for item in values.items)]
    if not items:
        return UNKNOWN
    if values.open and len(items) == 1:
        items *= 2  # one stands for all: with itself, it shows what the function does
    found = items[0]
    for item in items[1:]:
        found = (inline(interpreter, function, Arguments([found, item]), None), node)
    return choice((found[0], UNKNOWN)) if values.open else found[0]


def _environment_variable(args: Arguments) -> object:
    """A variable's default: what the script counts on where nobody sets it."""
    default = args.value(1, "default")
    return unsure(default) if isinstance(default, Literal) and default.value is not None else ENVIRONMENT


def _note_ray_init(interpreter: InterpreterProtocol, args: Arguments) -> None:
    """`ray.init(num_cpus=...)` without an address starts one node of that size."""
    address = args.value(0, "address")
    if address is UNKNOWN or literal_value(address) not in (None, "local"):
        return
    cpus, gpus = literal_value(args.keyword("num_cpus")), literal_value(args.keyword("num_gpus"))
    cluster = interpreter.recorder.cluster
    if isinstance(cpus, (int, float)):
        cluster = replace(cluster, nodes=1, cpus_per_node=float(cpus))
    if isinstance(gpus, (int, float)):
        cluster = replace(cluster, nodes=1, gpus_per_node=float(gpus))
    interpreter.recorder.cluster = cluster
