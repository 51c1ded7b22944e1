"""`dataclasses.dataclass`, made quickly.

The standard library compiles up to ten methods for each class, which takes 0.5 ms; a command imports some 170 classes,
which was half of its start. Here a class is completed at the first use of one of its methods, and only `__init__` is
compiled. The rest of `dataclasses` (`field`, `fields`, `replace`, `asdict`) works on these classes as on its own.
"""

from __future__ import annotations

import dataclasses
import operator
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True, order=False):
        """The decorator of the standard library, with those of its options that are in use here.

        Annotations are strings (`from __future__ import annotations`); fields are not keyword-only, and none is an
        `InitVar`.
        """
        if cls is None:
            return lambda cls: _made(cls, frozen, slots, eq, order)
        return _made(cls, frozen, slots, eq, order)


@contextmanager
def deferred_methods(package: str) -> Iterator[None]:
    """While it lasts, classes of `package` that are `dataclass(frozen=True)` and bring their own `__repr__`,
    `__eq__` and `__hash__` have their `__init__` compiled at its first call; all others are made as ever.

    It is for LibCST: to make the nodes, which are such classes, is half of its import.
    """
    standard = dataclasses.dataclass

    def decorator(cls: type | None = None, /, **options: bool) -> Any:
        if cls is None:
            return lambda cls: decorator(cls, **options)
        # The package: another thread may import something else meanwhile.
        if options != {"frozen": True} or not f"{cls.__module__}.".startswith(f"{package}."):
            return standard(cls, **options)
        complete = cls.__dict__.keys() >= {"__repr__", "__eq__", "__hash__"}
        return _with_deferred_init(cls, standard) if complete else standard(cls, **options)

    dataclasses.dataclass = decorator
    try:
        yield
    finally:
        dataclasses.dataclass = standard


_FIELDS, _PARAMS, _MATCH = "__dataclass_fields__", "__dataclass_params__", "__match_args__"
_COMPARISONS = {f"__{name}__": getattr(operator, name) for name in ("eq", "lt", "le", "gt", "ge")}
_CLASS_VARIABLES = ("ClassVar", "typing.ClassVar")
_lock = threading.RLock()


class _Deferred:
    """Stands for an attribute of a class until it is first asked for, which completes the class."""

    __slots__ = ("complete", "name")

    def __init__(self, name: str, complete: Callable[[], None]) -> None:
        self.name = name
        self.complete = complete

    def __get__(self, instance: object, owner: type) -> Any:
        self.complete()
        return getattr(owner if instance is None else instance, self.name)


class _DeferredInit:
    """Stands for the `__init__` of a frozen class, or of a copy of it with slots, until it is first asked for."""

    __slots__ = ()

    def __get__(self, instance: object, owner: type) -> Any:
        with _lock:
            for cls in owner.__mro__:
                if cls.__dict__.get("__init__") is self:
                    setattr(cls, "__init__", _init(cls, dataclasses.fields(cls), True))  # noqa: B010  # mypy lets no `__init__` be assigned
        return getattr(owner if instance is None else instance, "__init__")  # noqa: B009  # nor be read of an object


def _with_deferred_init(cls: type, standard: Callable[..., Any]) -> type:
    """What `standard(frozen=True)` makes of a class that has a `__repr__`, `__eq__` and `__hash__`."""
    above = [base.__dict__[_PARAMS] for base in cls.__mro__[1:] if _PARAMS in base.__dict__]
    frozen = [params for params in above if params.frozen]
    methods = {
        "__init__": _DeferredInit(),
        "__setattr__": _refuse_assignment_of_fields,
        "__delattr__": _refuse_deletion_of_fields,
    }
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # else the standard library writes the signature, which takes long
    for params in frozen:  # for as long as the class is made as one that is not frozen, whose methods are compiled
        params.frozen = False
    try:
        standard(init=False, repr=False, eq=False)(cls)
    finally:
        for params in frozen:
            params.frozen = True
    params = cls.__dict__[_PARAMS]
    params.init = params.repr = params.eq = params.frozen = True
    return _with_methods(cls, methods)


def _made(cls: type, frozen: bool, slots: bool, eq: bool, order: bool) -> type:
    """The class; with slots it is a new one, as in the standard library."""
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # else the standard library writes the signature, which takes long
    deferred = ["__init__", _FIELDS, _PARAMS, _MATCH]
    methods: dict[str, Any] = {"__repr__": _repr}
    if eq:
        deferred += [*_COMPARISONS] if order else ["__eq__"]
        methods["__hash__"] = None
    if eq and frozen:
        deferred.append("__hash__")
    if frozen:
        methods |= {"__setattr__": _refuse_assignment, "__delattr__": _refuse_deletion}
    if frozen and slots:
        methods |= {"__getstate__": _state, "__setstate__": _set_state}

    def complete() -> None:
        with _lock:
            if isinstance(made.__dict__[_FIELDS], _Deferred):
                _complete(made, cls, frozen)

    methods |= {name: _Deferred(name, complete) for name in deferred}
    made = _with_slots(cls, methods) if slots else _with_methods(cls, methods)
    return made


def _with_methods(cls: type, methods: Mapping[str, Any]) -> type:
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    return cls


def _with_slots(cls: type, methods: Mapping[str, Any]) -> type:
    names = [name for name, kind in cls.__annotations__.items() if not kind.startswith(_CLASS_VARIABLES)]
    left_out = {"__dict__", "__weakref__", *names}
    own = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    return type(cls)(
        cls.__name__, cls.__bases__, {**methods, **own, "__slots__": names, "__qualname__": cls.__qualname__}
    )


def _complete(made: type, written: type, frozen: bool) -> None:
    """Put the methods in place of what stands for them; `written` is the class before it got slots, or the same."""
    dataclasses.dataclass(init=False, repr=False, eq=False)(written)
    own: dict[str, Any] = {name: written.__dict__[name] for name in (_FIELDS, _PARAMS)}
    fields = dataclasses.fields(written)
    own[_MATCH] = tuple(field.name for field in fields if field.init)
    own["__init__"] = _init(made, fields, frozen)
    compared = [field.name for field in fields if field.compare]
    values = operator.attrgetter(*compared) if compared else lambda _: ()
    own |= {name: _comparison(compare, values) for name, compare in _COMPARISONS.items()}
    own["__hash__"] = lambda self: hash(values(self))
    for name, method in own.items():
        if isinstance(made.__dict__.get(name), _Deferred) or name in (_FIELDS, _PARAMS):
            setattr(made, name, method)


def _init(cls: type, fields: tuple[dataclasses.Field[Any], ...], frozen: bool) -> Callable[..., None]:
    """The `__init__` of the class: it takes the fields in their order, sets them and calls `__post_init__`."""
    scope: dict[str, Any] = {"MISSING": dataclasses.MISSING, "set_": object.__setattr__}
    parameters, lines = ["self"], []
    for field in fields:
        name = value = field.name
        assert not field.kw_only
        if field.default_factory is not dataclasses.MISSING:
            scope[f"make_{name}"] = field.default_factory
            parameter = f"{name}=MISSING"
            value = f"make_{name}() if {name} is MISSING else {name}" if field.init else f"make_{name}()"
        elif field.default is not dataclasses.MISSING:
            scope[f"default_{name}"] = field.default
            parameter = f"{name}=default_{name}"
            value = name if field.init else f"default_{name}"
        elif field.init:
            parameter = name
        else:
            continue  # `__post_init__` sets it
        if field.init:
            parameters.append(parameter)
        slot = getattr(cls, name, None)
        if not frozen:
            lines.append(f"self.{name} = {value}")
        elif isinstance(slot, MemberDescriptorType):
            # Half the time of `object.__setattr__`, which has to find it.
            scope[f"set_{name}"] = slot.__set__
            lines.append(f"set_{name}(self, {value})")
        else:
            lines.append(f"set_(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    body = "".join(f"\n    {line}" for line in lines or ["pass"])
    exec(f"def __init__({', '.join(parameters)}):{body}", scope)
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _comparison(compare: Callable[[Any, Any], bool], values: Callable[[Any], Any]) -> Callable[[Any, object], bool]:
    def compared(self: Any, other: object) -> bool:
        return compare(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return compared


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_assignment(self: object, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _refuse_assignment_of_fields(self: Any, name: str, value: object) -> None:
    """A class that inherits and is no dataclass itself can have other attributes."""
    if _PARAMS in type(self).__dict__ or name in type(self).__dataclass_fields__:
        _refuse_assignment(self, name, value)
    object.__setattr__(self, name, value)


def _refuse_deletion_of_fields(self: Any, name: str) -> None:
    if _PARAMS in type(self).__dict__ or name in type(self).__dataclass_fields__:
        _refuse_deletion(self, name)
    object.__delattr__(self, name)


def _state(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
