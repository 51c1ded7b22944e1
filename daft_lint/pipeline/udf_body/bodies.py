"""What a UDF's definition says: what it does with each parameter, what it returns, which models it loads.

A hand-written walk over the body that follows each parameter's rows through aliases, loops, comprehensions, containers
and helpers in view, to the calls that decode them (strong evidence that the column is heavy) or open what they point to
(a heavy read). A value that goes through a call that is not known is no longer followed: evidence may be missed, never
made up.
"""

from __future__ import annotations

import enum
import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import libcst as cst

from daft_lint.pipeline import dtypes
from daft_lint.pipeline.dtypes import DType, dotted_name
from daft_lint.pipeline.model import Evidence, NodeRef, Parameter, Strength, Weight
from daft_lint.pipeline.udf_body import readers
from daft_lint.source.syntax import constant

if TYPE_CHECKING:
    from daft_lint.source.document import Cell

_MAX_HELPERS = 4
"""Helpers inside helpers that are followed."""
_MAX_NESTING = 60
"""Expressions and blocks inside each other that are followed; each takes some three Python frames."""
_MAX_WORK = 20_000
"""Nodes that one UDF's examination looks at, helpers included."""
_MAX_REASON = 60
"""Characters of a call that a reason quotes whole."""


class Scope(Protocol):
    """The names that a definition sees: its module's imports, functions, classes and constants."""

    @property
    def cell(self) -> Cell: ...

    def qualified(self, dotted: str) -> str | None:
        """`Image.open` as `PIL.Image.open` by the imports in view; None where the root is not imported."""

    def function(self, dotted: str) -> tuple[cst.FunctionDef, Scope] | None:
        """The definition of a helper in view, `self.method` too, and the names that it sees."""

    def classdef(self, dotted: str) -> tuple[cst.ClassDef, Scope] | None:
        """The definition of a class in view."""

    def assigned(self, dotted: str) -> tuple[cst.BaseExpression, Scope] | None:
        """What a module-level name is bound to, where it is bound once: `Blob = bytes`."""


@dataclass(frozen=True, slots=True)
class Body:
    """What the definition of a UDF says.

    `returns` is the weight by the declared type or the return annotation. `unsized_output`: that type is numbers of
    unknown length (samples, pixels), so it is heavy where the UDF takes a heavy column; embeddings are not counted.
    `model_loads` are the calls that load a model each time the body runs, with no cache; methods have them too.
    """

    parameters: tuple[Parameter, ...]
    returns: Weight
    is_async: bool
    is_generator: bool
    unsized_output: bool
    model_loads: tuple[NodeRef, ...]


_SCHEME = re.compile(r"^(\w+:)?//$")


_SMALL_BYTES = "small bytes"
"""What made a value that is only a few bytes: a digest, a header, a prefix."""
_SMALL_ARRAY = "small array"
"""What made an array of few numbers, as its shape says."""
_ITEM_BYTES = 8
"""Bytes of a number where its type is not known: the most that NumPy's usual types take."""
_SMALL_READ = 4096
"""Bytes that a header or a prefix has at most."""


def _is_small(count: cst.BaseExpression | None) -> bool:
    return isinstance(count, cst.Integer) and len(count.value) < 20 and int(count.value, 0) <= _SMALL_READ


class _Form(enum.Enum):
    """What a value holds of a parameter's rows."""

    ROW = "row"
    """The rows, some of them, or a part of one."""
    BUFFER = "buffer"
    """An in-memory file, or decoded text, made from a row's bytes."""
    NUMBERS = "numbers"
    """An array of them, which may be embeddings or tokens."""


_Function = tuple["cst.FunctionDef | cst.Lambda", Scope, "dict[str, _Value]"]


@dataclass(frozen=True, slots=True, eq=False)
class _Value:
    """What is followed of a value: the parameters whose rows it holds; `anchored`: it begins with them, no fixed
    prefix before. `made_by` is the qualified name of what made it. `items` are those of a tuple."""

    params: frozenset[str] = frozenset()
    form: _Form = _Form.ROW
    anchored: bool = True
    made_by: str = ""
    items: tuple[_Value, ...] = ()
    function: _Function | None = None

    def keep(self, form: _Form | None = None) -> _Value:
        """The same rows, with nothing else known."""
        return _Value(self.params, form or self.form, self.anchored, self.made_by)


_NOTHING = _Value()
_FORM_ORDER = (_Form.NUMBERS, _Form.ROW, _Form.BUFFER)


def _union(values: Iterable[_Value]) -> _Value:
    """What may be one of these, or holds all of them."""
    held = [v for v in values if v.params or v.function or v.made_by]
    if not held:
        return _NOTHING
    if len(held) == 1:
        return held[0]
    rows = [v for v in held if v.params] or held
    return _Value(
        frozenset().union(*(v.params for v in rows)),
        # the weakest claim wins
        min((v.form for v in rows), key=_FORM_ORDER.index),
        all(v.anchored for v in rows),
        rows[0].made_by if all(v.made_by == rows[0].made_by for v in rows) else "",
        (),
        next((v.function for v in held if v.function), None),
    )


@dataclass(frozen=True, slots=True)
class _Argument:
    value: _Value
    node: cst.BaseExpression
    keyword: str | None
    star: str


@dataclass(slots=True)
class _Frame:
    """A function that is being walked."""

    scope: Scope
    names: dict[str, _Value]
    cached: bool = False
    """Its result, and so a model that it loads, is kept."""
    guards: int = 0
    imports: dict[str, str] = field(default_factory=dict)
    returned: list[_Value] = field(default_factory=list)
    yields: bool = False


def examine(
    definition: cst.FunctionDef | cst.Lambda,
    scope: Scope,
    *,
    skip_self: bool,
    heavy_row_bytes: int,
    declared: DType | None = None,
    batch: bool = False,
) -> Body:
    """What a UDF's definition says of the columns that it takes and makes.

    `skip_self` leaves the first parameter out; `heavy_row_bytes` is the size of a row from which a column is heavy;
    `declared` is the `return_dtype`, where one is given (its proof counts, not the annotation); `batch`: parameters
    are whole columns, so that `np.ndarray` says nothing of a row. Code that is not understood is passed over; nothing
    is raised.
    """
    parameters = _parameters(definition, skip_self)
    annotations = {p.name.value: _of_parameter(p, scope, batch) for p in parameters}
    walk = _Walk(annotations, heavy_row_bytes)
    frame = walk.examine(definition, scope, frozenset(annotations))
    returns = declared
    is_async = False
    location = NodeRef(scope.cell, definition)
    prefix = "declared as "
    if isinstance(definition, cst.FunctionDef):
        is_async = definition.asynchronous is not None
        if returns is None and definition.returns is not None and not batch:
            returns = dtypes.from_annotation(definition.returns, scope)
            location, prefix = NodeRef(scope.cell, definition.returns), "its UDF is annotated to return "
    weight = returns.weight(Strength.PROOF, location, heavy_row_bytes, prefix) if returns else Weight.UNKNOWN
    if returns is not None and returns.text in ("binary", "bytes") and _returns(frame, _SMALL_BYTES):
        weight = Weight.LIGHT
    if returns in (None, dtypes.UNKNOWN) and _returns(frame, _SMALL_ARRAY):
        weight = Weight.LIGHT
    return Body(
        parameters=tuple(_parameter(p, annotations[p.name.value], walk, scope, heavy_row_bytes) for p in parameters),
        returns=weight,
        is_async=is_async,
        is_generator=frame.yields,
        unsized_output=returns is not None and returns.unsized and not walk.embeds,
        model_loads=tuple(walk.model_loads),
    )


def _returns(frame: _Frame, small: str) -> bool:
    """Whether the body says that all it returns is small: `return f.read(16)`, `hashlib.md5(x).digest()`,
    `x.reshape(28, 28)`."""
    return bool(frame.returned) and all(value.made_by == small for value in frame.returned)


def _parameters(definition: cst.FunctionDef | cst.Lambda, skip_self: bool) -> list[cst.Param]:
    """In the order of positions; `*columns` behind the named ones."""
    found = definition.params
    listed = [*found.posonly_params, *found.params]
    if skip_self:
        listed = listed[1:]
    if isinstance(found.star_arg, cst.Param):
        listed.append(found.star_arg)
    return [*listed, *found.kwonly_params]


def _of_parameter(parameter: cst.Param, scope: Scope, batch: bool) -> DType | None:
    declared = dtypes.from_annotation(parameter.annotation, scope)
    if not batch or declared is None:
        return declared
    # a batch function's list holds a row an element; an array is a whole column
    return declared.element if declared.element is not None and declared.text.startswith("list") else None


def _parameter(
    parameter: cst.Param, declared: DType | None, walk: _Walk, scope: Scope, heavy_row_bytes: int
) -> Parameter:
    name = parameter.name.value
    weight = Weight.UNKNOWN
    if declared is not None:
        location = NodeRef(scope.cell, parameter.annotation or parameter)
        weight = declared.weight(Strength.STRONG, location, heavy_row_bytes, f"the parameter `{name}` is annotated ")
    found = walk.found.get(name)
    if found is not None and not weight.heavy:
        weight = Weight(heavy=True, evidence=found)
    return Parameter(name, weight, opens=name in walk.opens)


class _Walk:
    """One examination: the evidence found so far, and the caps."""

    def __init__(self, annotations: Mapping[str, DType | None], heavy_row_bytes: int) -> None:
        self.heavy_row_bytes = heavy_row_bytes
        self.heavy = {n: t.is_heavy(heavy_row_bytes) if t else None for n, t in annotations.items()}
        self.files = frozenset(n for n, t in annotations.items() if t and "daft." in t.text)
        self.found: dict[str, Evidence] = {}
        self.opens: set[str] = set()
        self.model_loads: list[NodeRef] = []
        self.embeds = False
        self.work = 0
        self.depth = 0
        self.active: list[cst.CSTNode] = []
        self.frame: _Frame

    def examine(self, definition: cst.FunctionDef | cst.Lambda, scope: Scope, params: frozenset[str]) -> _Frame:
        self.frame = frame = _Frame(scope, {name: _Value(frozenset({name})) for name in params})
        self.active.append(definition)
        if isinstance(definition, cst.FunctionDef):
            self.embeds = readers.EMBEDS.search(definition.name.value) is not None
        self._body(definition)
        return frame

    def _body(self, definition: cst.FunctionDef | cst.Lambda) -> None:
        if isinstance(definition, cst.Lambda):
            self.frame.returned.append(self.evaluate(definition.body))
        else:
            self.frame.cached = self.frame.cached or any(
                readers.CACHES.search(dotted_name(_callee(d.decorator)) or "") for d in definition.decorators
            )
            self.block(definition.body)

    # Statements.

    def block(self, body: cst.BaseSuite) -> None:
        if self.depth >= _MAX_NESTING:
            return
        self.depth += 1
        for statement in body.body:
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    self.statement(small)
            else:
                self.statement(statement)
        self.depth -= 1

    def statement(self, node: cst.CSTNode) -> None:
        self.work += 1
        handler = _STATEMENTS.get(type(node))
        if handler is not None and self.work < _MAX_WORK:
            handler(self, node)

    def branch(self, body: cst.BaseSuite | None, before: dict[str, _Value]) -> dict[str, _Value]:
        """The names after a block that starts from `before`."""
        self.frame.names = dict(before)
        if body is not None:
            self.block(body)
        return self.frame.names

    def join(self, *branches: dict[str, _Value]) -> None:
        names = dict(branches[0])
        for other in branches[1:]:
            for name, value in other.items():
                mine = names.get(name)
                names[name] = value if mine is None or mine is value else _union((mine, value))
        self.frame.names = names

    def bind(self, target: cst.BaseExpression, value: _Value) -> None:
        if isinstance(target, cst.Name):
            self.frame.names[target.value] = value
        elif isinstance(target, (cst.Tuple, cst.List)):
            exact = len(value.items) == len(target.elements)
            for index, element in enumerate(target.elements):
                self.bind(element.value, value.items[index] if exact else value.keep())
        elif isinstance(target, cst.Subscript) and isinstance(target.value, cst.Name):
            self.grow(target.value.value, value)
        elif isinstance(target, cst.Attribute):
            dotted = dotted_name(target)
            if dotted is not None:
                self.frame.names[dotted] = value

    def grow(self, name: str, value: _Value) -> None:
        """A container takes another value in."""
        mine = self.frame.names.get(name)
        if value.params:
            self.frame.names[name] = _union((mine, value.keep())) if mine else value.keep()

    # Expressions.

    def evaluate(self, node: cst.BaseExpression) -> _Value:
        self.work += 1
        if self.work >= _MAX_WORK or self.depth >= _MAX_NESTING:
            return _NOTHING
        handler = _EXPRESSIONS.get(type(node))
        if handler is None:
            return _NOTHING
        self.depth += 1
        value = handler(self, node)
        self.depth -= 1
        return value

    def qualified(self, dotted: str) -> str:
        """The name by the imports in the body, then in view, then by habit; "" for a name that the body binds."""
        root, dot, rest = dotted.partition(".")
        if root in self.frame.imports:
            return self.frame.imports[root] + dot + rest
        if root in self.frame.names:
            return ""
        found = self.frame.scope.qualified(dotted)
        return found if found is not None else readers.USUAL.get(root, root) + dot + rest

    # Evidence.

    def report(self, given: readers.Given, value: _Value, call: cst.Call) -> None:
        for name in value.params:
            if given is readers.Given.OPENS and not self.heavy.get(name):
                self.opens.add(name)
            elif given is readers.Given.HEAVY and name not in self.found and name in self.heavy:
                light = self.heavy[name] is False
                if not light or value.form is _Form.BUFFER:
                    location = NodeRef(self.frame.scope.cell, call)
                    self.found[name] = Evidence(Strength.STRONG, f"`{_spelled(call)}` decodes it", location)


def _spelled(call: cst.Call) -> str:
    """A call as it is written, or only its callee where that is long."""
    text = cst.Module([]).code_for_node(call.with_changes(lpar=(), rpar=()))
    if len(text) <= _MAX_REASON and "\n" not in text:
        return text
    return f"{dotted_name(call.func) or 'the call'}(…)"


def _callee(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node


def _literal(node: cst.BaseExpression | None) -> str | None:
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        value = constant(node)
        return value if isinstance(value, str) else None
    return None


# One function for each kind of statement.


def _expr(walk: _Walk, node: cst.Expr) -> None:
    walk.evaluate(node.value)


def _assign(walk: _Walk, node: cst.Assign) -> None:
    kept = any(isinstance(t.target, (cst.Attribute, cst.Subscript)) for t in node.targets)
    walk.frame.guards += kept
    value = walk.evaluate(node.value)
    walk.frame.guards -= kept
    for target in node.targets:
        walk.bind(target.target, value)


def _ann_assign(walk: _Walk, node: cst.AnnAssign) -> None:
    if node.value is not None:
        kept = isinstance(node.target, (cst.Attribute, cst.Subscript))
        walk.frame.guards += kept
        value = walk.evaluate(node.value)
        walk.frame.guards -= kept
        walk.bind(node.target, value)


def _aug_assign(walk: _Walk, node: cst.AugAssign) -> None:
    value = walk.evaluate(node.value)
    if isinstance(node.target, cst.Name):
        walk.grow(node.target.value, value)


def _return(walk: _Walk, node: cst.Return) -> None:
    if node.value is not None and not (isinstance(node.value, cst.Name) and node.value.value == "None"):
        walk.frame.returned.append(walk.evaluate(node.value))


def _import(walk: _Walk, node: cst.Import) -> None:
    for alias in node.names:
        name = dotted_name(alias.name) or ""
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            walk.frame.imports[alias.asname.name.value] = name
        else:
            root = name.partition(".")[0]
            walk.frame.imports[root] = root


def _import_from(walk: _Walk, node: cst.ImportFrom) -> None:
    module = dotted_name(node.module) if node.module is not None else None
    if module is None or node.relative or isinstance(node.names, cst.ImportStar):
        return
    for alias in node.names:
        name = dotted_name(alias.name) or ""
        local = alias.asname.name if alias.asname is not None else alias.name
        if isinstance(local, cst.Name):
            walk.frame.imports[local.value] = f"{module}.{name}"


def _global(walk: _Walk, node: cst.Global | cst.Nonlocal) -> None:
    # whatever is loaded here is kept outside the call
    walk.frame.cached = True


def _is_guard(test: cst.BaseExpression, params: Iterable[str]) -> bool:
    """`if _model is None`, `if key not in CACHE`, `if not hasattr(w, "model")`: a test for a thing that is kept."""
    tested: cst.BaseExpression | None = None
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        tested = test.expression
    elif isinstance(test, cst.Comparison):
        comparison = test.comparisons[0]
        if isinstance(comparison.operator, cst.Is):
            tested = test.left
        elif isinstance(comparison.operator, cst.NotIn):
            tested = comparison.comparator
    elif isinstance(test, cst.BooleanOperation):
        return _is_guard(test.left, params) or _is_guard(test.right, params)
    if isinstance(tested, cst.Call):
        return True
    while isinstance(tested, cst.Subscript):
        tested = tested.value
    root = (dotted_name(tested) or "").partition(".")[0] if tested is not None else ""
    return bool(root) and root not in params


def _if(walk: _Walk, node: cst.If) -> None:
    ends = []
    current: cst.If | cst.Else | None = node
    while isinstance(current, cst.If):
        walk.evaluate(current.test)
        before = walk.frame.names
        guard = _is_guard(current.test, walk.heavy)
        walk.frame.guards += guard
        ends.append(walk.branch(current.body, before))
        walk.frame.guards -= guard
        walk.frame.names = before
        current = current.orelse
    ends.append(walk.branch(current.body if current is not None else None, walk.frame.names))
    walk.join(*ends)


def _for(walk: _Walk, node: cst.For) -> None:
    value = walk.evaluate(node.iter)
    before = dict(walk.frame.names)
    walk.bind(node.target, value)
    after = walk.branch(node.body, walk.frame.names)
    walk.join(before, after)
    if node.orelse is not None:
        walk.block(node.orelse.body)


def _while(walk: _Walk, node: cst.While) -> None:
    walk.evaluate(node.test)
    before = dict(walk.frame.names)
    walk.join(before, walk.branch(node.body, before))
    if node.orelse is not None:
        walk.block(node.orelse.body)


def _with(walk: _Walk, node: cst.With) -> None:
    for item in node.items:
        value = walk.evaluate(item.item)
        if item.asname is not None:
            walk.bind(item.asname.name, value)
    walk.block(node.body)


def _try(walk: _Walk, node: cst.Try | cst.TryStar) -> None:
    before = dict(walk.frame.names)
    ends = [walk.branch(node.body, before)]
    if node.orelse is not None:
        walk.block(node.orelse.body)
        ends = [walk.frame.names]
    for handler in node.handlers:
        caught = dotted_name(handler.type) if handler.type is not None else None
        miss = caught in readers.CACHE_MISSES
        walk.frame.guards += miss
        ends.append(walk.branch(handler.body, before))
        walk.frame.guards -= miss
    walk.join(*ends)
    if node.finalbody is not None:
        walk.block(node.finalbody.body)


def _function_def(walk: _Walk, node: cst.FunctionDef) -> None:
    walk.frame.names[node.name.value] = _Value(function=(node, walk.frame.scope, walk.frame.names))


def _match(walk: _Walk, node: cst.Match) -> None:
    walk.evaluate(node.subject)
    before = walk.frame.names
    walk.join(before, *[walk.branch(case.body, before) for case in node.cases])


_STATEMENTS: dict[type[cst.CSTNode], Callable[[_Walk, Any], None]] = {
    cst.Expr: _expr,
    cst.Assign: _assign,
    cst.AnnAssign: _ann_assign,
    cst.AugAssign: _aug_assign,
    cst.Return: _return,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.Global: _global,
    cst.Nonlocal: _global,
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.FunctionDef: _function_def,
    cst.Match: _match,
}

# One function for each kind of expression.


def _name(walk: _Walk, node: cst.Name) -> _Value:
    value = walk.frame.names.get(node.value)
    if value is not None:
        return value
    helper = walk.frame.scope.function(node.value)
    return _Value(function=(helper[0], helper[1], {})) if helper is not None else _NOTHING


def _attribute(walk: _Walk, node: cst.Attribute) -> _Value:
    dotted = dotted_name(node)
    if dotted is not None and dotted in walk.frame.names:
        return walk.frame.names[dotted]
    if dotted is not None and dotted.startswith("self."):
        helper = walk.frame.scope.function(dotted)
        if helper is not None:
            return _Value(function=(helper[0], helper[1], {}))
    value = walk.evaluate(node.value)
    if node.attr.value in ("shape", "size", "name", "path", "ndim", "dtype", "mode", "format", "stem", "suffix"):
        return _NOTHING
    return value.keep() if value.params else _NOTHING


def _subscript(walk: _Walk, node: cst.Subscript) -> _Value:
    value = walk.evaluate(node.value)
    for element in node.slice:
        if isinstance(element.slice, cst.Slice) and element.slice.lower is None and _is_small(element.slice.upper):
            return _Value(value.params, value.form, value.anchored, _SMALL_BYTES)
        if isinstance(element.slice, cst.Index):
            index = element.slice.value
            position = constant(index) if isinstance(index, cst.Integer) else None
            if isinstance(position, int) and position < len(value.items):
                return value.items[position]
            walk.evaluate(index)
    return value.keep() if value.params else _NOTHING


def _display(walk: _Walk, node: cst.List | cst.Tuple | cst.Set) -> _Value:
    values = tuple(walk.evaluate(element.value) for element in node.elements)
    whole = _union(values)
    items = values if isinstance(node, cst.Tuple) else ()
    return _Value(whole.params, whole.form, whole.anchored, whole.made_by, items)


def _dict(walk: _Walk, node: cst.Dict) -> _Value:
    return _union([walk.evaluate(element.value) for element in node.elements]).keep()


def _comprehension(walk: _Walk, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> _Value:
    before = walk.frame.names
    walk.frame.names = dict(before)
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        walk.bind(clause.target, walk.evaluate(clause.iter))
        for condition in clause.ifs:
            walk.evaluate(condition.test)
        clause = clause.inner_for_in
    element = node.value if isinstance(node, cst.DictComp) else node.elt
    value = walk.evaluate(element)
    walk.frame.names = before
    return value


def _binary(walk: _Walk, node: cst.BinaryOperation) -> _Value:
    left, right = walk.evaluate(node.left), walk.evaluate(node.right)
    value = _union((left, right)).keep()
    if left.params or not right.params:
        return value
    literal = _literal(node.left)
    if isinstance(node.left, (cst.Integer, cst.Float)) or (
        literal is not None and (not literal or _SCHEME.search(literal))
    ):
        return value
    return _Value(value.params, value.form, anchored=False)


def _ends_scheme(text: str) -> bool:
    return text == "" or re.fullmatch(r"\w+://", text) is not None


def _formatted(walk: _Walk, node: cst.FormattedString) -> _Value:
    anchored: bool | None = None
    values = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            if anchored is None and not _ends_scheme(part.value):
                anchored = False
        elif isinstance(part, cst.FormattedStringExpression):
            value = walk.evaluate(part.expression)
            values.append(value)
            if anchored is None:
                anchored = bool(value.params) and value.anchored
    whole = _union(values)
    return _Value(whole.params, whole.form, bool(anchored)) if whole.params else _NOTHING


def _concatenated(walk: _Walk, node: cst.ConcatenatedString) -> _Value:
    left, right = walk.evaluate(node.left), walk.evaluate(node.right)
    if left.params:
        return left
    text = _literal(node.left)
    return right if text is None or _ends_scheme(text) else _Value(right.params, right.form, anchored=False)


def _conditional(walk: _Walk, node: cst.IfExp) -> _Value:
    walk.evaluate(node.test)
    return _union((walk.evaluate(node.body), walk.evaluate(node.orelse)))


def _boolean(walk: _Walk, node: cst.BooleanOperation) -> _Value:
    return _union((walk.evaluate(node.left), walk.evaluate(node.right)))


def _comparison(walk: _Walk, node: cst.Comparison) -> _Value:
    walk.evaluate(node.left)
    for part in node.comparisons:
        walk.evaluate(part.comparator)
    return _NOTHING


def _unary(walk: _Walk, node: cst.UnaryOperation) -> _Value:
    return walk.evaluate(node.expression).keep()


def _await(walk: _Walk, node: cst.Await) -> _Value:
    return walk.evaluate(node.expression)


def _walrus(walk: _Walk, node: cst.NamedExpr) -> _Value:
    value = walk.evaluate(node.value)
    walk.bind(node.target, value)
    return value


def _lambda(walk: _Walk, node: cst.Lambda) -> _Value:
    return _Value(function=(node, walk.frame.scope, walk.frame.names))


def _yield(walk: _Walk, node: cst.Yield) -> _Value:
    walk.frame.yields = True
    if node.value is not None:
        inner = node.value.item if isinstance(node.value, cst.From) else node.value
        walk.frame.returned.append(walk.evaluate(inner))
    return _NOTHING


def _call(walk: _Walk, node: cst.Call) -> _Value:
    arguments = [
        _Argument(walk.evaluate(a.value), a.value, a.keyword.value if a.keyword else None, a.star) for a in node.args
    ]
    dotted = dotted_name(node.func)
    if dotted is not None:
        _note_embedding(walk, dotted)
        name = walk.qualified(dotted)
        helper = _helper(walk, dotted)
        if helper is not None:
            return _enter(walk, helper, arguments)
        if name:
            known = _known(walk, node, name, arguments)
            if known is not None:
                return known
    if isinstance(node.func, cst.Attribute):
        return _method(walk, node, node.func, arguments)
    if not isinstance(node.func, cst.Name):
        callee = walk.evaluate(node.func)
        if callee.made_by in readers.DECODING_OBJECTS and arguments:
            walk.report(readers.Given.HEAVY, arguments[0].value, node)
        elif callee.function is not None:
            return _enter(walk, callee.function, arguments)
    elif (
        (held := walk.frame.names.get(node.func.value)) is not None
        and held.made_by in readers.DECODING_OBJECTS
        and arguments
    ):
        walk.report(readers.Given.HEAVY, arguments[0].value, node)
    return _unknown(walk, node, dotted or "", arguments)


def _note_embedding(walk: _Walk, dotted: str) -> None:
    last = dotted.rsplit(".", 1)[-1]
    if readers.EMBEDS.search(last) or (last in readers.EMBEDDING_METHODS and "." in dotted):
        walk.embeds = True


def _helper(walk: _Walk, dotted: str) -> _Function | None:
    held = walk.frame.names.get(dotted)
    if held is not None:
        return held.function
    if dotted.partition(".")[0] in walk.frame.names and not dotted.startswith("self."):
        return None
    found = walk.frame.scope.function(dotted)
    return (found[0], found[1], {}) if found is not None else None


def _enter(walk: _Walk, helper: _Function, arguments: Sequence[_Argument]) -> _Value:
    """What a helper in view returns; what it does with its arguments is reported on the way."""
    definition, scope, closure = helper
    # only the definition that is examined and _MAX_HELPERS of its helpers, none of them twice
    if len(walk.active) > _MAX_HELPERS or any(d is definition for d in walk.active):
        return _NOTHING
    outer = walk.frame
    nested = bool(closure) or scope is outer.scope
    walk.frame = frame = _Frame(
        scope,
        {**closure, **_bound(definition, arguments)},
        cached=outer.cached or outer.guards > 0,
        imports=dict(outer.imports) if nested else {},
    )
    walk.active.append(definition)
    walk._body(definition)
    walk.active.pop()
    walk.frame = outer
    return _union(frame.returned)


def _bound(definition: cst.FunctionDef | cst.Lambda, arguments: Sequence[_Argument]) -> dict[str, _Value]:
    listed = [p.name.value for p in (*definition.params.posonly_params, *definition.params.params)]
    if listed[:1] in (["self"], ["cls"]):
        listed = listed[1:]
    names: dict[str, _Value] = {p.name.value: _NOTHING for p in _all_parameters(definition)}
    rest: list[_Value] = []
    position = 0
    for argument in arguments:
        if argument.star:
            names.update({n: argument.value.keep() for n in listed[position:]})
            rest.append(argument.value.keep())
        elif argument.keyword is not None:
            names[argument.keyword] = argument.value
        elif position < len(listed):
            names[listed[position]] = argument.value
            position += 1
        else:
            rest.append(argument.value)
    star = definition.params.star_arg
    if isinstance(star, cst.Param):
        names[star.name.value] = _union(rest)
    return names


def _all_parameters(definition: cst.FunctionDef | cst.Lambda) -> list[cst.Param]:
    """Every named parameter of a definition."""
    params = definition.params
    found = [*params.posonly_params, *params.params, *params.kwonly_params]
    return found + [p for p in (params.star_arg, params.star_kwarg) if isinstance(p, cst.Param)]


def _pick(arguments: Sequence[_Argument], position: int, keywords: Sequence[str]) -> _Argument | None:
    for argument in arguments:
        if argument.keyword is not None and argument.keyword in keywords:
            return argument
    listed = [a for a in arguments if a.keyword is None]
    return listed[position] if position < len(listed) else None


def _known(walk: _Walk, node: cst.Call, name: str, arguments: Sequence[_Argument]) -> _Value | None:
    """What a function of a table does and returns; None where the name is in none."""
    known = readers.READERS.get(name)
    if known is not None and _read(walk, node, known, arguments):
        return _NOTHING
    if _loads_model(name):
        _load(walk, node)
        return _Value(made_by=name)
    if known is not None:
        return _Value(made_by=name)
    if name in readers.URL_OPENERS:
        _get(walk, node, readers.URL_OPENERS[name], arguments)
        return _NOTHING
    if name in readers.BUFFERS:
        return arguments[0].value.keep(_Form.BUFFER) if arguments else _NOTHING
    if name.startswith(readers.DECODING_MODULES):
        if arguments:
            walk.report(readers.Given.HEAVY, arguments[0].value, node)
        return _NOTHING
    return _passed(walk, node, name, arguments)


def _passed(walk: _Walk, node: cst.Call, name: str, arguments: Sequence[_Argument]) -> _Value | None:
    """Functions that hand their arguments on."""
    values = [a.value for a in arguments]
    if name in readers.PASSING:
        value = _union(values).keep() if values else _NOTHING
        if name.startswith("base64.") and value.params:
            return value.keep(_Form.BUFFER)
        return value
    if name in readers.NUMBERS:
        return values[0].keep(_Form.NUMBERS if values[0].form is _Form.ROW else None) if values else _NOTHING
    if name in readers.STACKS:
        return _stack(walk, node, values)
    if name == "zip":
        whole = _union(values)
        return _Value(whole.params, whole.form, whole.anchored, "", tuple(values))
    if name == "enumerate":
        value = values[0] if values else _NOTHING
        return _Value(value.params, value.form, value.anchored, "", (_NOTHING, value))
    if name == "os.path.join":
        return _joined(values)
    if name in ("subprocess.run", "subprocess.check_output", "subprocess.check_call", "subprocess.Popen"):
        _run_program(walk, node)
        return _NOTHING
    return None


def _stack(walk: _Walk, node: cst.Call, values: Sequence[_Value]) -> _Value:
    value = values[0] if values else _NOTHING
    rows = value.form is _Form.ROW
    if rows and not any(readers.SMALL_VECTORS.search(name) for name in value.params) and not walk.embeds:
        walk.report(readers.Given.HEAVY, value, node)
    return value.keep(_Form.NUMBERS)


def _joined(values: Sequence[_Value]) -> _Value:
    whole = _union(values)
    anchored = bool(values) and bool(values[0].params) and values[0].anchored
    return _Value(whole.params, whole.form, anchored) if whole.params else _NOTHING


def _run_program(walk: _Walk, node: cst.Call) -> None:
    """`subprocess.run(["ffmpeg", "-i", path, ...])` opens the path behind `-i`."""
    command = node.args[0].value if node.args else None
    if not isinstance(command, cst.List) or not command.elements:
        return
    words = [element.value for element in command.elements]
    if _literal(words[0]) not in ("ffmpeg", "ffprobe"):
        return
    for flag, word in itertools.pairwise(words):
        if _literal(flag) == "-i":
            walk.report(readers.Given.OPENS, walk.evaluate(word), node)


def _read(walk: _Walk, node: cst.Call, known: Sequence[readers.Reader], arguments: Sequence[_Argument]) -> bool:
    """Reports what a reader says; whether it got a parameter's rows."""
    for reader in known:
        argument = _pick(arguments, reader.position, reader.keywords)
        if argument is None or not argument.value.params:
            continue
        value = argument.value
        given = reader.buffer if value.form is _Form.BUFFER else reader.row
        if value.form is _Form.NUMBERS and given is readers.Given.OPENS:
            given = readers.Given.NOTHING
        if given is readers.Given.OPENS and _writes(arguments):
            return True
        if given is readers.Given.NOTHING and reader.row is readers.Given.NOTHING:
            given = _by_annotation(walk, value)
        walk.report(given, value, node)
        return True
    return False


def _by_annotation(walk: _Walk, value: _Value) -> readers.Given:
    """A function that takes a path or the data: the annotation says which."""
    declared = {walk.heavy.get(name) for name in value.params}
    return readers.Given.OPENS if declared == {False} else readers.Given.NOTHING


def _writes(arguments: Sequence[_Argument]) -> bool:
    mode = _pick(arguments, 1, ("mode",))
    text = _literal(mode.node) if mode is not None else None
    return text is not None and text[:1] in ("w", "a", "x") and len(text) <= 3


def _get(walk: _Walk, node: cst.Call, position: int, arguments: Sequence[_Argument]) -> None:
    """A GET of the parameter's own URL; behind a fixed host it is the call of an endpoint."""
    argument = _pick(arguments, position, readers.URL_KEYWORDS)
    if argument is not None and argument.value.anchored and argument.value.form is _Form.ROW:
        walk.report(readers.Given.OPENS, argument.value, node)


def _loads_model(name: str) -> bool:
    owner, _, last = name.rpartition(".")
    if last in readers.MODEL_LOADER_METHODS:
        return not readers.NOT_MODELS.search(owner)
    return name in readers.MODEL_LOADERS or readers.TORCHVISION_MODEL.fullmatch(name) is not None


def _load(walk: _Walk, node: cst.Call) -> None:
    location = NodeRef(walk.frame.scope.cell, node)
    if not walk.frame.cached and not walk.frame.guards and location not in walk.model_loads:
        walk.model_loads.append(location)


def _array_bytes(shape: Sequence[_Argument]) -> float:
    """The bytes of an array with this shape; infinite where a length is not known."""
    lengths = [constant(a.node) if isinstance(a.node, cst.Integer) else None for a in shape]
    known = [length for length in lengths if isinstance(length, int)]
    return _ITEM_BYTES * math.prod(known) if shape and len(known) == len(lengths) else math.inf


def _method(walk: _Walk, node: cst.Call, func: cst.Attribute, arguments: Sequence[_Argument]) -> _Value:
    receiver = walk.evaluate(func.value)
    method = func.attr.value
    if method == "digest" or (method == "read" and len(arguments) == 1 and _is_small(arguments[0].node)):
        if method == "read" and receiver.form is _Form.ROW:
            walk.report(readers.Given.OPENS, receiver, node)
        return _Value(made_by=_SMALL_BYTES)
    if method == "reshape" and _array_bytes(arguments) < walk.heavy_row_bytes:
        return _Value(receiver.params, receiver.form, receiver.anchored, _SMALL_ARRAY)
    if receiver.params:
        known = _row_method(walk, node, receiver, method, arguments)
        if known is not None:
            return known
    if method == "format" and (text := _literal(func.value)) is not None:
        whole = _union([a.value for a in arguments])
        anchored = _ends_scheme(text.partition("{")[0])
        return _Value(whole.params, whole.form, anchored) if whole.params else _NOTHING
    if method in readers.GROWING_METHODS and isinstance(func.value, cst.Name):
        for argument in arguments:
            walk.grow(func.value.value, argument.value)
        return _NOTHING
    if _opens_by_method(walk, node, func, receiver, arguments):
        return _NOTHING
    if receiver.made_by in readers.DECODING_OBJECTS:
        return _NOTHING
    return _unknown(walk, node, dotted_name(func) or method, arguments)


def _row_method(
    walk: _Walk, node: cst.Call, receiver: _Value, method: str, arguments: Sequence[_Argument]
) -> _Value | None:
    """A method called on a parameter's rows; None where nothing is known of it."""
    is_file = receiver.params <= walk.files
    if receiver.form is _Form.BUFFER:
        return receiver.keep() if method in ("read", "decode") or method in readers.PASSING_METHODS else None
    if method == "read" and not arguments and not is_file:
        # daft.File of 0.5 had a read of its own
        walk.report(readers.Given.OPENS, receiver, node)
        return _NOTHING
    if method in readers.FILE_METHODS or (is_file and method in readers.FILE_REFERENCE_METHODS):
        if not _writes([_Argument(_NOTHING, node, None, ""), *arguments]):
            walk.report(readers.Given.OPENS, receiver, node)
        return _NOTHING
    if method == "convert" and arguments and _literal(arguments[0].node) in readers.IMAGE_MODES:
        walk.report(readers.Given.HEAVY, receiver, node)
        return _NOTHING
    if method in readers.GROWING_METHODS:
        return None
    return receiver.keep() if method in readers.PASSING_METHODS else None


def _opens_by_method(
    walk: _Walk, node: cst.Call, func: cst.Attribute, receiver: _Value, arguments: Sequence[_Argument]
) -> bool:
    """Clients that open what they are given: `session.get(url)`, `s3.get_object(Key=key)`, `fs.open(path)`."""
    method = func.attr.value
    owner = (dotted_name(func.value) or "").rsplit(".", 1)[-1]
    if receiver.made_by in readers.SESSIONS or (not receiver.params and owner in readers.SESSION_NAMES):
        if method in ("get", "stream", "request"):
            _get(walk, node, 0 if method == "get" else 1, arguments)
            return True
        return False
    if method in readers.OBJECT_STORE_METHODS:
        walk.report(readers.Given.OPENS, _union([a.value for a in arguments]), node)
        return True
    if method == "open" and arguments and not receiver.params and not _writes(arguments):
        if arguments[0].value.form is _Form.ROW:
            walk.report(readers.Given.OPENS, arguments[0].value, node)
        return True
    return False


def _unknown(walk: _Walk, node: cst.Call, dotted: str, arguments: Sequence[_Argument]) -> _Value:
    """A call of something not known: a helper among its arguments is applied to those behind it."""
    if readers.PROCESSOR.search(dotted):
        for argument in arguments:
            if argument.keyword in readers.PROCESSOR_KEYWORDS:
                walk.report(readers.Given.HEAVY, argument.value, node)
    for index, argument in enumerate(arguments):
        if argument.value.function is not None:
            value = _enter(walk, argument.value.function, arguments[index + 1 :])
            return value if dotted.rsplit(".", 1)[-1] in ("map", "submit", "to_thread", "run_in_executor") else _NOTHING
    if dotted in ("filter", "asyncio.gather", "asyncio.run") and arguments:
        return _union([a.value for a in arguments]).keep()
    name = walk.qualified(dotted) if dotted else ""
    if name in readers.SESSIONS or name in readers.DECODING_OBJECTS:
        return _Value(made_by=name)
    return _NOTHING


_EXPRESSIONS: dict[type[cst.CSTNode], Callable[[_Walk, Any], _Value]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.List: _display,
    cst.Tuple: _display,
    cst.Set: _display,
    cst.Dict: _dict,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _comprehension,
    cst.BinaryOperation: _binary,
    cst.FormattedString: _formatted,
    cst.ConcatenatedString: _concatenated,
    cst.IfExp: _conditional,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.UnaryOperation: _unary,
    cst.Await: _await,
    cst.NamedExpr: _walrus,
    cst.Lambda: _lambda,
    cst.Yield: _yield,
    cst.Call: _call,
}
