"""`daft_lint.dataclass` against the decorator of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any, ClassVar

import pytest
from libcst._add_slots import add_slots

from daft_lint.dataclass import dataclass, deferred_methods

OPTIONS: list[dict[str, bool]] = [
    {},
    {"eq": False},
    {"frozen": True},
    {"frozen": True, "eq": False},
    {"slots": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "eq": False},
    {"frozen": True, "slots": True, "order": True},
]


def pair(decorator: Callable[..., Any], **options: bool) -> type[Any]:
    @decorator(**options)
    class Pair:
        """Two values."""

        left: int
        right: str = "x"
        names: list[str] = field(default_factory=list)
        origin: object = field(default=None, compare=False, repr=False)
        size: int = field(init=False, default=3)
        double: int = field(init=False)

        NONE: ClassVar[int] = 7

        def __post_init__(self) -> None:
            object.__setattr__(self, "size", self.left + 1)
            object.__setattr__(self, "double", self.left * 2)

    return Pair


def outcome(question: Callable[[Any], object], cls: type[Any]) -> object:
    """The answer, or the error's class and text, as far as it names no class of the tests."""
    try:
        return question(cls)
    except (TypeError, AttributeError, ValueError) as error:
        return type(error), str(error).replace(cls.__qualname__, "Pair")


QUESTIONS: list[Callable[[Any], object]] = [
    lambda c: repr(c(1)),
    lambda c: [(f.name, f.default, f.init, f.compare) for f in fields(c)],
    lambda c: asdict(c(1, names=["a"])),
    lambda c: c.__match_args__,
    lambda c: c.NONE,
    lambda c: c(1).names is c(1).names,
    lambda c: c(1) == c(1),
    lambda c: c(1, origin=2) == c(1, origin=3),
    lambda c: c(1) == c(2),
    lambda c: c(1) == (1, "x", [], 2),
    lambda c: c(1) < c(2),
    lambda c: c(2) <= c(1),
    lambda c: c(1) > 1,
    lambda c: sorted([c(2), c(1)])[0].left,
    lambda c: len({c(1, names=()), c(1, names=())}),
    lambda c: hash(c(1)) and None,
    lambda c: replace(c(1), left=5).size,
    lambda c: replace(c(1), size=5),
    lambda c: copy.copy(c(1, "y")).right,
    lambda c: copy.deepcopy(c(1, "y")).right,
    lambda c: c(left=1, right="z").right,
    lambda c: c(),
    lambda c: c(1, other=2),
    lambda c: setattr(c(1), "left", 2),
    lambda c: delattr(c(1), "left"),
    lambda c: hasattr(c(1), "__dict__"),
    lambda c: c.__doc__,
    lambda c: dataclasses.is_dataclass(c),
    lambda c: c.__new__(c) == 1,
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_answers_as_the_standard_library(options: dict[str, bool]) -> None:
    for question in QUESTIONS:
        ours, theirs = (outcome(question, pair(one, **options)) for one in (dataclass, dataclasses.dataclass))
        assert ours == theirs


@dataclass(frozen=True, slots=True)
class Base:
    one: int

    @property
    def more(self) -> int:
        return self.one + 1


@dataclass(frozen=True, slots=True)
class Derived(Base):
    two: int = 2

    def __repr__(self) -> str:
        return "own"


@dataclass(frozen=True)
class Empty:
    pass


def test_a_class_that_inherits_takes_all_fields() -> None:
    derived = Derived(5)
    assert (derived.one, derived.two, derived.more) == (5, 2, 6)
    assert derived == Derived(5) != Base(5)
    assert repr(derived) == "own"
    with pytest.raises(FrozenInstanceError):
        derived.two = 3  # type: ignore[misc]
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())


@pytest.mark.parametrize("value", [Base(1), Derived(1, 3), Empty()], ids=str)
def test_values_are_pickled(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value


def test_unpickled_values_compare_before_any_is_made() -> None:
    for options in OPTIONS:
        made = pair(dataclasses.dataclass, **options)(1)
        ours = pair(dataclass, **options)
        first, second = ours.__new__(ours), ours.__new__(ours)
        for value in (first, second):
            for one in fields(made):
                object.__setattr__(value, one.name, getattr(made, one.name))
        assert (first == second) is options.get("eq", True)


def frozen_pair(*, slots: bool) -> type[Any]:
    """A class like LibCST's nodes, made by `dataclasses.dataclass` as it is at that moment."""

    @dataclasses.dataclass(frozen=True)
    class Pair:
        left: int
        right: str = "x"
        names: list[str] = field(default_factory=list)
        size: int = field(init=False, default=3)

        def __post_init__(self) -> None:
            object.__setattr__(self, "size", self.left + 1)

        def __repr__(self) -> str:
            return f"own {self.left}"

        def __eq__(self, other: object) -> bool:
            return self is other

        def __hash__(self) -> int:
            return id(self)

    return add_slots(Pair) if slots else Pair


@pytest.mark.parametrize("slots", [False, True], ids=["plain", "slots"])
def test_a_class_with_a_deferred_init_answers_as_one_of_the_standard_library(slots: bool) -> None:
    standard = dataclasses.dataclass
    with deferred_methods(__name__):
        ours = frozen_pair(slots=slots)
    assert dataclasses.dataclass is standard
    theirs = frozen_pair(slots=slots)
    assert type(vars(ours)["__init__"]).__name__ == "_DeferredInit"
    for question in (q for q in QUESTIONS if "NONE" not in q.__code__.co_names):
        if "__doc__" not in question.__code__.co_names and "hash" not in question.__code__.co_names:
            assert outcome(question, ours) == outcome(question, theirs)
    assert str(ours.__dataclass_params__) == str(theirs.__dataclass_params__)
    assert vars(ours(1)) == vars(theirs(1)) if not slots else ours.__slots__ == theirs.__slots__


def test_a_frozen_class_can_inherit_from_one_with_a_deferred_init() -> None:
    with deferred_methods(__name__):
        base = frozen_pair(slots=False)

    @dataclasses.dataclass(frozen=True)
    class Triple(base):  # type: ignore[misc]
        third: int = 3

    class Open(base):  # type: ignore[misc]
        pass

    assert asdict(Triple(1)) == {"left": 1, "right": "x", "names": [], "size": 2, "third": 3}
    with pytest.raises(FrozenInstanceError):
        Triple(1).third = 4
    instance = Open(1)
    instance.other = 5
    assert instance.other == 5
    with pytest.raises(FrozenInstanceError):
        instance.left = 2
    with pytest.raises(FrozenInstanceError):
        del instance.left


def test_only_the_frozen_classes_of_the_package_are_deferred() -> None:
    with deferred_methods("another"):
        other_package = frozen_pair(slots=False)
    with deferred_methods(__name__):
        has_no_methods = pair(dataclasses.dataclass, frozen=True)
        is_open = pair(dataclasses.dataclass)
    for made in (other_package, has_no_methods, is_open):
        assert callable(vars(made)["__init__"])
