"""Branchings: the tests and cases by which a script takes one way or another, and what each way implies.

Two tests come out alike where they read alike and no name in them was bound anew between them. What can change on its
own (a call out of view) is a test of its own each time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import libcst as cst

from daft_lint.pipeline.interpreter.scopes import LayeredDict, Scope
from daft_lint.pipeline.interpreter.values import OpenParameter
from daft_lint.pipeline.model import Branch, Decision, Step
from daft_lint.source.bare_nodes import GIVEN
from daft_lint.source.syntax import constant, dotted, last_name

STABLE_CALLS = frozenset("isinstance issubclass len bool int float str hasattr callable get getenv lower upper".split())
"""Calls that give the same for the same arguments, as far as branches go."""
NEGATED: Mapping[type[cst.BaseCompOp], cst.BaseCompOp] = {
    cst.NotEqual: cst.Equal(),
    cst.IsNot: cst.Is(),
    cst.NotIn: cst.In(),
    cst.GreaterThan: cst.LessThanEqual(),
    cst.GreaterThanEqual: cst.LessThan(),
}
"""Comparisons that are the negation of another."""
EQUALITIES = (cst.Equal, cst.Is)
_CUTS = frozenset({"repartition", "into_partitions", "into_batches"})
_UNSTABLE = (cst.Await, cst.Yield, cst.NamedExpr)


class Branching(Protocol):
    """A place where a script takes one of several ways, each known by an option."""

    def branch(self, option: int) -> Branch:
        """What leads to one way."""


class Cases:
    """The cases of a `match` or the handlers of a `try`: each way excludes the others. Option 0 is what lies beside
    them, of which nothing can be said."""

    __slots__ = ("_nodes", "_scope", "_word")

    def __init__(self, word: str, nodes: Sequence[tuple[cst.CSTNode, cst.CSTNode | None]], scope: Scope) -> None:
        """`nodes` are the cases, each with what stands behind the word (`case`, `except`)."""
        self._word = word
        self._nodes = nodes
        self._scope = scope

    def branch(self, option: int) -> Branch:
        """What leads to one way."""
        if option == 0:
            return Branch((), {self: 0})
        node, pattern = self._nodes[option - 1]
        decision = Decision(self._scope.location(node), True, self._word, pattern, (self, option))
        return Branch((decision,), {self: option})


class IfTest:
    """A test as it is evaluated; `cuts` are the script's repartitionings, in the order in which they are met. `default`
    is how it comes out by the constants and defaults in view, None where they do not tell."""

    __slots__ = ("_begin", "_bindings", "_cuts", "_default", "_is_stable", "_known", "_node", "_scope")

    def __init__(
        self,
        node: cst.BaseExpression,
        scope: Scope,
        heap: LayeredDict,
        cuts: Sequence[Step],
        default: bool | None = None,
    ) -> None:
        self._node = node
        self._scope = scope
        self._default = default
        self._cuts = cuts
        self._begin = len(cuts)
        self._known: dict[tuple[int, int], Branch] = {}
        self._bindings = {
            name: heap.version(name[1:]) if name.startswith(".") else _binding(name, scope) for name in _names_in(node)
        }
        self._is_stable = _is_stable(node)

    def branch(self, option: int) -> Branch:
        """The way on which the test holds (1) or does not (0)."""
        # Asked for every name that is bound behind the test.
        key = (option, len(self._cuts))
        if key not in self._known:
            self._known[key] = self._branch(option)
        return self._known[key]

    def belies(self, option: int, argument: cst.BaseExpression) -> bool:
        """Whether on this way an argument is another number than the constants and defaults say: the test asks about it
        and comes out otherwise."""
        return self._default is (not option) and shares_a_name(self._node, argument)

    def _branch(self, option: int) -> Branch:
        node, holds = _without_negation(self._node, bool(option))
        test: object = (shape(node), self._key(node)) if self._is_stable else self
        implied = self._implied(node, holds) if self._is_stable else {}
        decision = Decision(self._scope.location(self._node), holds, "", node, test, self._own_cuts())
        return Branch((decision,), {**implied, test: holds})

    def _key(self, node: cst.BaseExpression) -> object:
        """What the names in a part of the test are bound to."""
        return tuple(self._bindings[name] for name in _names_in(node))

    def _implied(self, node: cst.BaseExpression, holds: bool) -> dict[object, object]:
        """What is known where a part of the test comes out so."""
        node, holds = _without_negation(node, holds)
        if isinstance(node, cst.BooleanOperation):
            found: dict[object, object] = {(shape(node), self._key(node)): holds}
            if isinstance(node.operator, cst.And) is holds:
                found |= self._implied(node.left, holds) | self._implied(node.right, holds)
            return found
        if not isinstance(node, cst.Comparison):
            subject = (shape(node), self._key(node))
            return {subject: holds, **({(subject, "==", None): False} if holds else {})}
        return self._implied_by_comparison(node, holds)

    def _implied_by_comparison(self, node: cst.Comparison, holds: bool) -> dict[object, object]:
        found: dict[object, object] = {(shape(node), self._key(node)): holds}
        if len(node.comparisons) != 1:
            return found
        operator, right = node.comparisons[0].operator, node.comparisons[0].comparator
        subject = (shape(node.left), self._key(node.left))
        known, value = _constant(right)
        if not known:
            return found
        if not isinstance(operator, EQUALITIES):
            return {**found, (subject, "==", None): False}
        found[subject, "==", value] = holds
        if holds:
            found |= {(subject, "value"): value, subject: bool(value)}
            found.setdefault((subject, "==", None), value is None)
        return found

    def _own_cuts(self) -> tuple[Step, ...]:
        """The repartitionings since the test whose arguments hold what it asks about."""
        if len(self._cuts) == self._begin:
            return ()
        return tuple(
            step
            for step in self._cuts[self._begin :]
            if isinstance(step.call.node, cst.Call)
            and any(shares_a_name(self._node, argument.value) for argument in step.call.node.args)
        )


def cuts_by(node: cst.CSTNode, test: cst.BaseExpression) -> bool:
    """Whether a body or an expression holds a repartitioning whose number the test asks about."""
    arguments = node.args if isinstance(node, cst.Call) and last_name(node) in _CUTS else ()
    if any(shares_a_name(test, argument.value) for argument in arguments):
        return True
    return any(cuts_by(child, test) for child in node.children)


def shares_a_name(test: cst.BaseExpression, argument: cst.BaseExpression) -> bool:
    """Whether a test asks about something that an argument is made of."""
    asked = set(_spellings(test)) - {"None", "True", "False"}
    return not asked.isdisjoint(_spellings(argument))


def _binding(name: str, scope: Scope) -> object:
    """What tells one binding of a name from another."""
    owner = scope.owner_of(name)
    if owner is None:
        return name
    value = owner.names.get(name)
    return value if isinstance(value, OpenParameter) else (owner, name, owner.names.version(name))


@functools.lru_cache(maxsize=1024)
def _names_in(node: cst.BaseExpression) -> tuple[str, ...]:
    """The names and, with the dot, the attributes in an expression, each once; kept as `shape` is."""
    return tuple(dict.fromkeys(filter(None, map(_name_of, _parts(node)))))


@functools.lru_cache(maxsize=1024)
def _is_stable(node: cst.BaseExpression) -> bool:
    """Whether an expression comes out alike as long as no name in it is bound anew."""
    return not any(
        type(part) in _UNSTABLE or (isinstance(part, cst.Call) and last_name(part) not in STABLE_CALLS)
        for part in _parts(node)
    )


def _name_of(node: cst.CSTNode) -> str:
    """A name, an attribute's with the dot; "" for anything else."""
    if type(node) is cst.Name:
        return node.value
    return f".{node.attr.value}" if type(node) is cst.Attribute else ""


def _parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The expressions in an expression, from the left; of `a.b` the name `a`, of a call no keyword."""
    pending: list[cst.CSTNode] = [node]
    while pending:
        part = pending.pop()
        yield part
        pending.extend(reversed(_inner(part)))


def _inner(node: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """The expressions that one is made of. `CSTNode.children` copies the node, so the usual kinds come first."""
    made_of = _INNER.get(type(node))
    return node.children if made_of is None else made_of(node)


_INNER: Mapping[type[cst.CSTNode], Callable[[Any], Sequence[cst.CSTNode]]] = {
    **dict.fromkeys((cst.Name, cst.SimpleString, cst.Integer, cst.Float), lambda _: ()),
    cst.Attribute: lambda node: (node.value,),
    cst.Comparison: lambda node: (node.left, *(target.comparator for target in node.comparisons)),
    cst.BooleanOperation: lambda node: (node.left, node.right),
    cst.BinaryOperation: lambda node: (node.left, node.right),
    cst.UnaryOperation: lambda node: (node.expression,),
    cst.Call: lambda node: (node.func, *(argument.value for argument in node.args)),
}
"""By type: the classes of LibCST are abstract, and `isinstance` is slow for them."""


def _spellings(node: cst.BaseExpression) -> Iterator[str]:
    """The names and dotted names in an expression, as they are written: `self.rows`, and not `self`."""
    pending: list[cst.CSTNode] = [node]
    while pending:
        part = pending.pop()
        name = dotted(part) if isinstance(part, (cst.Name, cst.Attribute)) else ""
        if name:
            yield name
        elif isinstance(part, cst.Call):
            owner = (part.func.value,) if isinstance(part.func, cst.Attribute) else ()
            pending.extend((*owner, *(argument.value for argument in part.args)))
        else:
            pending.extend(_inner(part))


@functools.lru_cache(maxsize=1024)
def _without_negation(node: cst.BaseExpression, holds: bool) -> tuple[cst.BaseExpression, bool]:
    """The test that one negates, and how that comes out."""
    while isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        node, holds = node.expression, not holds
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        target = node.comparisons[0]
        positive = NEGATED.get(type(target.operator))
        if positive is not None:
            return node.with_changes(comparisons=[target.with_changes(operator=positive)]), not holds
    return node, holds


def _constant(node: cst.BaseExpression) -> tuple[bool, object]:
    """Whether an expression is a constant, and which."""
    if isinstance(node, cst.Name) and node.value in ("None", "True", "False"):
        return True, {"None": None, "True": True, "False": False}[node.value]
    if isinstance(node, (cst.SimpleString, cst.Integer)):
        value = constant(node)
        return value is not None, value
    return False, None


@functools.lru_cache(maxsize=1024)
def shape(node: cst.CSTNode) -> object:
    """Equal for expressions that read alike, whatever their parentheses, quotes and white space; kept, for a test in a
    function is met at each of its calls."""
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString | cst.Integer | cst.Float):
        value = constant(node)
        return node if value is None else (type(value), value)
    if isinstance(node, cst.FormattedString):
        return node
    return (type(node), *(_held_shape(getattr(node, name)) for name in GIVEN[type(node)]))


def _held_shape(held: object) -> object:
    if isinstance(held, cst.CSTNode):
        return shape(held)
    return tuple(map(_held_shape, held)) if isinstance(held, (list, tuple)) else held
