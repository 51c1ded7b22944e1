"""`dataclasses.dataclass`, made quickly.

The standard library compiles up to ten methods for each class, which takes 0.5 ms; a command imports some 200 classes,
which was half of its start. Here the methods are closures, and `__init__` is compiled when the first instance is made.
Everything else of `dataclasses` (`field`, `fields`, `replace`, `asdict`) works on these classes as on its own.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True, order=False):
        """The decorator of the standard library, with those of its options that are in use here.

        Fields are not keyword-only, and none is an `InitVar`.
        """
        if cls is None:
            return lambda cls: _made(cls, frozen, slots, eq, order)
        return _made(cls, frozen, slots, eq, order)


def _made(cls: type, frozen: bool, slots: bool, eq: bool, order: bool) -> type:
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # else the standard library writes the signature, which takes long
    cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    methods: dict[str, object] = {"__init__": _init_at_first_use(cls, frozen, slots), "__repr__": _repr}
    if eq:
        values = _values([field.name for field in dataclasses.fields(cls) if field.compare])
        methods["__eq__"] = _comparison(operator.eq, values)
        methods["__hash__"] = (lambda self: hash(values(self))) if frozen else None
        for name in ("__lt__", "__le__", "__gt__", "__ge__") if order else ():
            methods[name] = _comparison(getattr(operator, name), values)
    if frozen:
        methods |= {"__setattr__": _refuse_assignment, "__delattr__": _refuse_deletion}
    if frozen and slots:
        methods |= {"__getstate__": _state, "__setstate__": _set_state}
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    return cls


def _init_at_first_use(cls: type, frozen: bool, slots: bool) -> Callable[..., None]:
    def init(self: Any, *args: object, **kwargs: object) -> None:
        compiled = _compiled_init(cls, frozen, slots)
        setattr(cls, "__init__", compiled)  # noqa: B010  # mypy takes no assignment to a method
        compiled(self, *args, **kwargs)

    return init


def _compiled_init(cls: type, frozen: bool, slots: bool) -> Callable[..., None]:
    """The `__init__` of the class: it takes the fields in their order, sets them and calls `__post_init__`."""
    scope: dict[str, Any] = {"MISSING": dataclasses.MISSING, "set_": object.__setattr__}
    parameters, lines = ["self"], []
    for field in dataclasses.fields(cls):
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
        else:
            parameter = name
        if field.init:
            parameters.append(parameter)
        if not frozen:
            lines.append(f"self.{name} = {value}")
        elif slots:
            # Half the time of `object.__setattr__`, which has to find it.
            scope[f"set_{name}"] = getattr(cls, name).__set__
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


def _values(names: list[str]) -> Callable[[Any], Any]:
    """What takes the values of these fields, to compare and to hash them."""
    return operator.attrgetter(*names) if names else lambda self: ()


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


def _state(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
