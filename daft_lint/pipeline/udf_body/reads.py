"""What known functions and methods do with the rows that they are given: decode them, open what they point to, or hand
them on."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

from daft_lint.pipeline.udf_body import libraries
from daft_lint.pipeline.udf_body.model_loads import connects, loads_model, note
from daft_lint.pipeline.udf_body.tracking import NOTHING, CallArgument, Form, Small, TrackedValue, union
from daft_lint.pipeline.udf_body.walk import BodyWalk
from daft_lint.source import cst
from daft_lint.source.syntax import constant, dotted

_ITEM_BYTES = 8
"""Bytes of a number where its type is not known: the most that NumPy's usual types take."""
_SMALL_READ = 4096
"""Bytes that a header or a prefix has at most."""


def ends_scheme(text: str) -> bool:
    """Whether a prefix leaves open what follows: it is empty or a URL's scheme."""
    return text == "" or re.fullmatch(r"\w+://", text) is not None


def is_small_count(count: cst.BaseExpression | None) -> bool:
    """A number of bytes that a header or a prefix has: `f.read(16)`, `x[:4]`."""
    return isinstance(count, cst.Integer) and len(count.value) < 20 and int(count.value, 0) <= _SMALL_READ


def literal(node: cst.BaseExpression | None) -> str | None:
    """The text of a string constant."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        value = constant(node)
        return value if isinstance(value, str) else None
    return None


def _pick(arguments: Sequence[CallArgument], position: int, keywords: Sequence[str]) -> CallArgument | None:
    """An argument, by one of its keywords or by its position."""
    for argument in arguments:
        if argument.keyword is not None and argument.keyword in keywords:
            return argument
    listed = [a for a in arguments if a.keyword is None]
    return listed[position] if position < len(listed) else None


def library_call(walk: BodyWalk, node: cst.Call, name: str, arguments: Sequence[CallArgument]) -> TrackedValue | None:
    """What a function that `libraries` knows does and returns; None for any other."""
    known = libraries.USES.get(name)
    loads = loads_model(name)
    # `torch.load(path)` opens a row's file, or loads the model that `__init__` is told of
    if known is not None and not (loads and walk.fresh_self) and _read(walk, node, known, arguments):
        return TrackedValue(made_by=name) if name in libraries.IMAGE_MAKERS else NOTHING
    if loads:
        note(walk, node, walk.model_loads)
        return TrackedValue(made_by=name)
    if connects(name):
        if walk.fresh_self or name not in libraries.SESSIONS:  # a session costs nothing by itself
            note(walk, node, walk.connections)
        return TrackedValue(made_by=name)
    if known is not None:
        return TrackedValue(made_by=name)
    if name in libraries.URL_OPENERS:
        _get(walk, node, libraries.URL_OPENERS[name], arguments)
        return NOTHING
    if name in libraries.IN_MEMORY_FILES:
        return arguments[0].value.keep(Form.BUFFER) if arguments else NOTHING
    if name.startswith(libraries.DECODING_MODULES):
        if arguments:
            walk.report(libraries.Use.DECODES, arguments[0].value, node)
        return NOTHING
    return _passed(walk, node, name, arguments)


def _passed(walk: BodyWalk, node: cst.Call, name: str, arguments: Sequence[CallArgument]) -> TrackedValue | None:
    """Functions that hand their arguments on."""
    values = [a.value for a in arguments]
    if name == "bytes" and len(arguments) > 1:  # an encoded text
        return TrackedValue(made_by=Small.BYTES)
    if name in libraries.SMALL_MAKERS or (name in libraries.SERIALIZERS and not _may_be_heavy(walk, values[:1])):
        return TrackedValue(made_by=Small.BYTES)
    if name in libraries.FILLED_ARRAYS and array_bytes(_shape(arguments)) < walk.heavy_row_bytes:
        return TrackedValue(made_by=Small.ARRAY)
    if name in libraries.RANDOM_ARRAYS and array_bytes([a.node for a in arguments]) < walk.heavy_row_bytes:
        return TrackedValue(made_by=Small.ARRAY)
    if name in libraries.SCALARS:
        return TrackedValue(made_by=Small.NEUTRAL)
    if name in libraries.PASS_THROUGH:
        value = union(values).keep() if values else NOTHING
        if name == "str":
            return TrackedValue(value.params, value.form, value.anchored, Small.TEXT)
        if name.startswith("base64.") and value.params:
            return value.keep(Form.BUFFER)
        return value
    if name in libraries.ARRAY_MAKERS:
        if values and values[0].made_by is Small.NEUTRAL and isinstance(arguments[0].node, cst.List):
            return TrackedValue(made_by=Small.ARRAY)
        return values[0].keep(Form.NUMBERS if values[0].form is Form.ROW else None) if values else NOTHING
    if name in libraries.TENSOR_STACKS:
        return _stacked(walk, node, values)
    if name == "zip":
        whole = union(values)
        return TrackedValue(whole.params, whole.form, whole.anchored, "", tuple(values))
    if name == "enumerate":
        value = values[0] if values else NOTHING
        return TrackedValue(value.params, value.form, value.anchored, "", (NOTHING, value))
    if name == "os.path.join":
        return _joined(values)
    if name in libraries.PROGRAM_RUNNERS:
        _run_program(walk, node)
        return NOTHING
    return None


def _may_be_heavy(walk: BodyWalk, values: Sequence[TrackedValue]) -> bool:
    """Whether something holds rows of a parameter that is not known to be light."""
    return any(walk.declared_heavy.get(name) is not False for value in values for name in value.params)


def _stacked(walk: BodyWalk, node: cst.Call, values: Sequence[TrackedValue]) -> TrackedValue:
    """Rows that are stacked are tensors, unless a name says that they are embeddings."""
    value = values[0] if values else NOTHING
    rows = value.form is Form.ROW
    if rows and not any(libraries.SMALL_VECTOR_NAMES.search(name) for name in value.params) and not walk.embeds:
        walk.report(libraries.Use.DECODES, value, node)
    return value.keep(Form.NUMBERS)


def _joined(values: Sequence[TrackedValue]) -> TrackedValue:
    whole = union(values)
    anchored = bool(values) and bool(values[0].params) and values[0].anchored
    return TrackedValue(whole.params, whole.form, anchored) if whole.params else NOTHING


def _run_program(walk: BodyWalk, node: cst.Call) -> None:
    """`subprocess.run(["ffmpeg", "-i", path, ...])` opens the path behind `-i`, other programs each path that they are
    given, in a list, as arguments or in a command line."""
    command = node.args[0].value if node.args else None
    if isinstance(command, cst.Name):
        command = walk.frame.spelled.get(command.value, command)
    if isinstance(command, cst.FormattedString):
        _run_command_line(walk, node, command)
        return
    if isinstance(command, (cst.List, cst.Tuple)):
        words = [element.value for element in command.elements]
    else:
        words = [argument.value for argument in node.args if argument.keyword is None and not argument.star]
    program = _program(literal(words[0])) if words else ""
    for flag, word in itertools.pairwise(words):
        if program in libraries.READING_PROGRAMS or (program == "ffmpeg" and literal(flag) == "-i"):
            walk.report(libraries.Use.OPENS, walk.evaluate(word), node)


def _program(word: str | None) -> str:
    """The name of a program that is run: the last part of its path."""
    return "" if word is None else word.rpartition("/")[2]


def _run_command_line(walk: BodyWalk, node: cst.Call, command: cst.FormattedString) -> None:
    """`os.system(f"pdftotext {path} -")`."""
    before = ""
    for part in command.parts:
        if isinstance(part, cst.FormattedStringText):
            before += part.value
        elif isinstance(part, cst.FormattedStringExpression):
            words = before.split()
            program = _program(words[0]) if words else ""
            is_input = program == "ffmpeg" and before.rstrip(" '\"")
            if program in libraries.READING_PROGRAMS or is_input:
                walk.report(libraries.Use.OPENS, walk.evaluate(part.expression), node)
            before += "?"


def _read(
    walk: BodyWalk, node: cst.Call, known: Sequence[libraries.ArgumentUse], arguments: Sequence[CallArgument]
) -> bool:
    """Reports what a function does with the first of its arguments that holds a parameter's rows; False where none
    does."""
    for candidate in known:
        argument = _pick(arguments, candidate.position, candidate.keywords)
        if argument is None or not argument.value.params:
            continue
        value = argument.value
        use = candidate.buffer if value.form is Form.BUFFER else candidate.row
        if value.form is Form.NUMBERS and use is libraries.Use.OPENS:
            use = libraries.Use.NOTHING
        if use is libraries.Use.OPENS and _writes(arguments):
            return True
        if use is libraries.Use.NOTHING and candidate.row is libraries.Use.NOTHING:
            use = _by_annotation(walk, value)
        walk.report(use, value, node)
        return True
    return False


def _by_annotation(walk: BodyWalk, value: TrackedValue) -> libraries.Use:
    """What a function that takes a path or the data does with a value: the annotation says which of them it is."""
    declared = {walk.declared_heavy.get(name) for name in value.params}
    return libraries.Use.OPENS if declared == {False} else libraries.Use.NOTHING


def _writes(arguments: Sequence[CallArgument]) -> bool:
    """Whether the mode of an `open` is one for writing."""
    mode = _pick(arguments, 1, ("mode",))
    text = literal(mode.node) if mode is not None else None
    return text is not None and text[:1] in ("w", "a", "x") and len(text) <= 3


def _get(walk: BodyWalk, node: cst.Call, position: int, arguments: Sequence[CallArgument]) -> None:
    """A GET of the parameter's own URL; behind a fixed host it is the call of an endpoint."""
    argument = _pick(arguments, position, libraries.URL_KEYWORDS)
    if argument is not None and argument.value.anchored and argument.value.form is Form.ROW:
        walk.report(libraries.Use.OPENS, argument.value, node)


def _shape(arguments: Sequence[CallArgument]) -> Sequence[cst.BaseExpression]:
    """The lengths in the shape that a function is given: `np.zeros(16)`, `np.zeros((3, 4))`."""
    shape = _pick(arguments, 0, ("shape",))
    if shape is None:
        return ()
    if isinstance(shape.node, (cst.Tuple, cst.List)):
        return [element.value for element in shape.node.elements]
    return [shape.node]


def array_bytes(shape: Sequence[cst.BaseExpression]) -> float:
    """The bytes of an array with these lengths; infinite where one is not known."""
    lengths = [constant(node) if isinstance(node, cst.Integer) else None for node in shape]
    known = [length for length in lengths if isinstance(length, int)]
    return _ITEM_BYTES * math.prod(known) if shape and len(known) == len(lengths) else math.inf


def row_method(
    walk: BodyWalk, node: cst.Call, receiver: TrackedValue, method: str, arguments: Sequence[CallArgument]
) -> TrackedValue | None:
    """A method called on a parameter's rows; None where nothing is known of it."""
    is_file = receiver.params <= walk.files
    if receiver.form is Form.BUFFER:
        return receiver.keep() if method in ("read", "decode") or method in libraries.PASS_THROUGH_METHODS else None
    if method == "read" and not arguments and not is_file:
        # daft.File of 0.5 had a read of its own
        walk.report(libraries.Use.OPENS, receiver, node)
        return NOTHING
    if method in libraries.FILE_METHODS or (is_file and method in libraries.FILE_REFERENCE_METHODS):
        if not _writes([CallArgument(NOTHING, node), *arguments]):
            walk.report(libraries.Use.OPENS, receiver, node)
        return NOTHING
    if method == "convert" and arguments and literal(arguments[0].node) in libraries.IMAGE_MODES:
        walk.report(libraries.Use.DECODES, receiver, node)
        return NOTHING
    if method in libraries.ADDING_METHODS:
        return None
    return receiver.keep() if method in libraries.PASS_THROUGH_METHODS else None


def client_method(
    walk: BodyWalk, node: cst.Call, func: cst.Attribute, receiver: TrackedValue, arguments: Sequence[CallArgument]
) -> bool:
    """Clients that open what they are given: `session.get(url)`, `s3.get_object(Key=key)`, `fs.open(path)`."""
    method = func.attr.value
    owner = dotted(func.value).rsplit(".", 1)[-1]
    if receiver.made_by in libraries.SESSIONS or (not receiver.params and owner in libraries.SESSION_NAMES):
        if method in ("get", "stream", "request"):
            _get(walk, node, 0 if method == "get" else 1, arguments)
            return True
        return False
    if method in libraries.OBJECT_STORE_METHODS:
        walk.report(libraries.Use.OPENS, union([a.value for a in arguments]), node)
        return True
    if method == "open" and arguments and not receiver.params and not _writes(arguments):
        if arguments[0].value.form is Form.ROW:
            walk.report(libraries.Use.OPENS, arguments[0].value, node)
        return True
    return False
