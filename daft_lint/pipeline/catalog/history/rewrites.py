"""The small language of `api_history.tsv`: what is done to a call, and when.

A rewrite is a list of steps, joined by `; `, that are all about one call:

- `to .split`, `to daft.functions.coalesce`: the function called, the arguments as they are. `.split` is a method of
  what the old one was called on (the `.str` of a namespace goes).
- `rename pattern=split_on, idx=index`: keywords. An argument that is given by position keeps its position.
- `drop use_thread_pool`: the argument, given by keyword; by position only where it is the last one.
- `pin mode=None`: written out where the argument is not given: the default of then.
- `name seed`: arguments from that position of the old signature on are given by keyword (after `rename`).
- `call {self}.slice({start}, {start} + {length})`: the whole call. `{self}` is the receiver, `{p}` the text of an
  argument, in parentheses where it is an operation within one; the old default where it is not given. `{items*}` are
  all of `*items`, `{items*daft.col}` each of them in a call of `daft.col`, but for expressions. Stands alone.
- `respell .position`: an attribute without a call, or a name in `daft`. Stands alone.
- `define def size(self): return 1`: a method of a class of the script's. Stands alone.
- `udf`: a decorator of old to today's, which takes the whole of the function or class. Stands alone.

A condition is a Python expression over the arguments of the old call:

- `string(p)`, `number(p)`, `boolean(p)`: the argument is such a literal; `columns(args)`: each of `*args` is a string
  or known to be a Daft expression; `value(p)`: the literal, or the default where it is not given. Where one of them
  meets what is no literal, the whole condition does not hold, also behind a `not`.
- `listing(p)`: it is a list or a tuple, written out. `text(p)`: its text.
- `given(p)`, `by_position(p)`, `count()`: whether it is given; by position; the number of positional arguments.
- `expressions(args)`: each of `*args` is known to be a Daft expression, and no string.
- `unused()`: nothing is done with what the call returns.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from daft_lint.dataclass import dataclass

_SLOT = re.compile(r"\{(\w+)(\*[\w.]*)?\}")
_VERBS = ("to", "rename", "drop", "pin", "name", "call", "respell", "define", "udf")
_ALONE = ("call", "respell", "define", "udf")


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of the old call: its text, and its position where it is given by one."""

    text: str
    position: int | None = None

    @property
    def literal(self) -> object:
        """Its value where it is a literal; raises `ValueError` where it is none."""
        try:
            return ast.literal_eval(self.text)
        except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise ValueError(self.text) from error


@dataclass(frozen=True, slots=True)
class BoundCall:
    """The arguments of a call by the parameters of the old signature; `rest` are those of `*args`."""

    arguments: Mapping[str, Argument]
    rest: Sequence[Argument]
    defaults: Mapping[str, str]
    order: Sequence[str]
    """The parameters that can be given by position."""
    is_statement: bool = False
    is_expression: Callable[[str], bool] = lambda _: False


class NotBound(Exception):
    """The call does not fit the old signature, or has `*` or `**` in it."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The steps of a rewrite, by their verbs."""

    text: str
    to: str = ""
    renames: Mapping[str, str] = field(default_factory=dict)
    drops: tuple[str, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    named_from: str = ""
    template: str = ""
    respelled: str = ""
    defined: str = ""
    is_udf: bool = False

    @classmethod
    def parse(cls, text: str) -> Rewrite:
        """Raises `ValueError` for an unknown verb or one that stands twice."""
        found: dict[str, str] = {}
        for step in text.split("; "):
            verb, _, rest = step.partition(" ")
            if verb in found or verb not in _VERBS or bool(rest) != (verb != "udf"):
                raise ValueError(f"`{step}` is no step")
            found[verb] = rest
        if len(found) > 1 and not found.keys().isdisjoint(_ALONE):
            raise ValueError(f"{', '.join(_ALONE)} stand alone")
        return cls(
            text=text,
            to=found.get("to", ""),
            renames=_pairs(found.get("rename", "")),
            drops=tuple(found["drop"].split(", ")) if "drop" in found else (),
            pins=_pairs(found.get("pin", "")),
            named_from=found.get("name", ""),
            template=found.get("call", ""),
            respelled=found.get("respell", ""),
            defined=found.get("define", ""),
            is_udf="udf" in found,
        )

    def slots(self) -> frozenset[str]:
        """The parameters of the old call that the rewrite speaks of."""
        named = (self.named_from,) if self.named_from else ()
        slots = (match.group(1) for match in _SLOT.finditer(self.template))
        return frozenset((*slots, *self.renames, *self.drops, *named)) - {"self"}

    def called(self, receiver: str, bound: BoundCall) -> str:
        """The text of a `call` rewrite, for the receiver's text. Raises `NotBound` where a slot has no text."""

        def fill(match: re.Match[str]) -> str:
            name, star = match.groups()
            if name == "self":
                return receiver
            if star:
                wrapper = star[1:]
                plain = [not wrapper or bound.is_expression(a.text) for a in bound.rest]
                return ", ".join(
                    a.text if as_is else f"{wrapper}({a.text})" for a, as_is in zip(bound.rest, plain, strict=True)
                )
            argument = bound.arguments.get(name)
            if argument is None:
                if name not in bound.defaults:
                    raise NotBound(name)
                return bound.defaults[name]
            alone = self.template[match.start() - 1] in "(=," or self.template[match.start() - 2 :][:2] == ", "
            alone = alone and self.template[match.end()] in "),"
            return argument.text if alone else _parenthesized(argument.text)

        return _SLOT.sub(fill, self.template)

    def arguments(self, bound: BoundCall) -> list[str]:
        """The arguments of the call after `rename`, `drop`, `pin` and `name`, in the order of the old ones.

        Raises `NotBound` where a dropped argument stands before another one that is given by position.
        """
        named_at = bound.order.index(self.named_from) if self.named_from else len(bound.order)
        positional, keywords = [], []
        gap = False
        for name, argument in bound.arguments.items():
            if name in self.drops:
                gap |= argument.position is not None
            elif argument.position is None or argument.position >= named_at:
                keywords.append(f"{self.renames.get(name, name)}={argument.text}")
            elif gap:
                raise NotBound(name)
            else:
                positional.append(argument.text)
        positional += [argument.text for argument in bound.rest]
        pins = [f"{name}={text}" for name, text in self.pins.items() if name not in bound.arguments]
        return [*positional, *keywords, *pins]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the arguments of the old call."""

    text: str

    def holds(self, bound: BoundCall) -> bool:
        """False where it asks for a literal and there is none."""
        try:
            return bool(_evaluate(ast.parse(self.text, mode="eval").body, bound))
        except ValueError:
            return False


@functools.cache
def signature_of(text: str) -> ast.arguments:
    """`(pattern, regex=False)` as Python's parser sees it. Raises `ValueError`."""
    try:
        function = ast.parse(f"def f{text}: ...").body[0]
    except SyntaxError as error:
        raise ValueError(f"`{text}` is no signature") from error
    assert isinstance(function, ast.FunctionDef)
    return function.args


def bind(
    signature: str,
    positional: Sequence[str],
    keywords: Mapping[str, str],
    *,
    is_statement: bool = False,
    is_expression: Callable[[str], bool] = lambda _: False,
) -> BoundCall:
    """The arguments of a call, given as texts, by the parameters of the old signature. Raises `NotBound`.

    `is_expression` tells of a text whether it is a Daft expression; `is_statement`: the call's value is not used.
    """
    parsed = signature_of(signature)
    order = [a.arg for a in (*parsed.posonlyargs, *parsed.args)]
    only = [a.arg for a in parsed.kwonlyargs]
    defaults = dict(zip(reversed(order), map(ast.unparse, reversed(parsed.defaults)), strict=False))
    defaults |= {name: ast.unparse(d) for name, d in zip(only, parsed.kw_defaults, strict=True) if d is not None}
    arguments = {name: Argument(text, i) for i, (name, text) in enumerate(zip(order, positional, strict=False))}
    rest = [Argument(text, i) for i, text in enumerate(positional) if i >= len(order)]
    if rest and parsed.vararg is None:
        raise NotBound("too many arguments")
    for name, text in keywords.items():
        if name in arguments or (name not in order and name not in only and parsed.kwarg is None):
            raise NotBound(name)
        arguments[name] = Argument(text)
    missing = [name for name in (*order, *only) if name not in arguments and name not in defaults]
    if missing:
        raise NotBound(missing[0])
    return BoundCall(arguments, rest, defaults, order, is_statement, is_expression)


def _pairs(text: str) -> dict[str, str]:
    if not text:
        return {}
    return dict(pair.split("=", 1) for pair in text.split(", "))


def _parenthesized(text: str) -> str:
    node = ast.parse(text.strip(), mode="eval").body
    simple = (ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Tuple, ast.Dict, ast.Set)
    return text if isinstance(node, simple) or text.startswith("(") else f"({text})"


def _evaluate(node: ast.expr, bound: BoundCall) -> object:
    if isinstance(node, ast.BoolOp):
        both = isinstance(node.op, ast.And)
        return (all if both else any)(_evaluate(value, bound) for value in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _evaluate(node.operand, bound)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compared(_evaluate(node.left, bound), node.ops[0], _evaluate(node.comparators[0], bound))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        names = [a.id for a in node.args if isinstance(a, ast.Name)]
        return _asked(node.func.id, names[0] if names else "", bound)
    return ast.literal_eval(node)


def _compared(left: object, operator: ast.cmpop, right: object) -> bool:
    if isinstance(operator, ast.Is):
        return left is right
    if isinstance(operator, ast.Eq):
        return left == right
    if isinstance(operator, ast.In) and isinstance(right, tuple):
        return left in right
    if isinstance(operator, ast.In) and isinstance(left, str) and isinstance(right, str):
        return left in right
    if isinstance(operator, ast.GtE) and isinstance(left, int | float) and isinstance(right, int | float):
        return left >= right
    if isinstance(operator, ast.LtE) and isinstance(left, int | float) and isinstance(right, int | float):
        return left <= right
    raise ValueError(f"{left!r} and {right!r} cannot be compared so")


def _asked(question: str, name: str, bound: BoundCall) -> object:
    argument = bound.arguments.get(name)
    if question == "given":
        return argument is not None
    if question == "by_position":
        return argument is not None and argument.position is not None
    if question == "count":
        return len(bound.rest) + sum(a.position is not None for a in bound.arguments.values())
    if question == "unused":
        return bound.is_statement
    if question == "columns":
        return all(bound.is_expression(a.text) or isinstance(a.literal, str) for a in bound.rest)
    if question == "expressions":
        return all(bound.is_expression(a.text) for a in bound.rest)
    if question == "value":
        return ast.literal_eval(bound.defaults[name]) if argument is None else argument.literal
    if argument is None:
        return False
    if question == "listing":
        return isinstance(ast.parse(argument.text, mode="eval").body, ast.List | ast.Tuple)
    if question == "text":
        return argument.text
    kinds: dict[str, type | tuple[type, ...]] = {"string": str, "number": (int, float), "boolean": bool}
    value = argument.literal
    return isinstance(value, kinds[question]) and not (question == "number" and isinstance(value, bool))
