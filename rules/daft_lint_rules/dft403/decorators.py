"""How a `@daft.udf` function or class is spelled with `daft.func.batch`, `daft.cls` and `daft.method.batch`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from daft_lint.api import catalog, cst
from daft_lint.api.edits import (
    Action,
    AddDecorator,
    AddImport,
    InsertBefore,
    RemoveArgument,
    RemoveAttribute,
    RemoveCall,
    ReplaceNode,
)
from daft_lint.api.imports import NoEquivalent, references
from daft_lint.api.nodes import code, modules_of
from daft_lint.api.rule import Fix
from daft_lint.api.scopes import nodes_in
from daft_lint.api.shims import is_import_of_some_versions
from daft_lint.pipeline.model import ApiUse, NodeRef

_OF_METHOD = ("return_dtype", "batch_size")
_KEPT = ("use_process", "ray_options")
_INSTANCE_LINKS = ("with_init_args", "with_concurrency")
_CHANGED_BY = ("override_options", *_INSTANCE_LINKS)
"""Methods of a `daft.udf` that give another one with other options."""
_WIDTH = 100
"""Decorators longer than this get a line for each argument."""


@dataclass(slots=True)
class Rewrite:
    """What one decorated function or class becomes. `imports` are the names that it needs of `daft` where `udf` itself
    was imported by its name; `elsewhere`: nothing in the file uses it, so others may."""

    actions: list[Action] = field(default_factory=list)
    imports: tuple[str, ...] = ()
    elsewhere: bool = False


def rewrite(use: ApiUse, uses: Sequence[ApiUse]) -> Fix:
    """The fix for a `daft.udf` or for a method of what it made; one fix for all that must change together.

    `uses` are all uses of the script. Raises `NoEquivalent`.
    """
    if use.definition is None:
        raise NoEquivalent("the function is not in view")
    decorating = use if use.name == "daft.udf" else _decorating(use, uses)
    _refuse(decorating, uses)
    name = "a function" if isinstance(decorating.call.node, cst.Call) and not _is_class(decorating) else "a class"
    made = _rewritten(decorating)
    together = _by_imported_name(decorating, uses)
    actions = [*made.actions]
    for other in together:
        actions += _rewritten(other).actions
    if made.imports:
        actions += _imports(decorating, made.imports, together)
    why = None
    if made.elsewhere:
        why = "code out of view that calls the class must make an instance of it first"
    title = "Write `@daft.func.batch`" if name == "a function" else "Write `@daft.cls` with `@daft.method.batch`"
    return Fix(title, tuple(dict.fromkeys(actions)), why)


def _refuse(use: ApiUse, uses: Sequence[ApiUse]) -> None:
    """Raises `NoEquivalent` where a method that the current API does not have is called on the function or class, where
    it makes Python objects, where SQL calls it, and where its errors are told by their type."""
    call = use.call.node
    given = [arg for arg in call.args if arg.keyword is not None] if isinstance(call, cst.Call) else []
    if any(arg.keyword and arg.keyword.value == "return_dtype" and "python" in code(arg.value) for arg in given):
        raise NoEquivalent("dicts and lists as Python objects panic in `daft.func.batch` of 0.7.26")
    if _count_references(use, "UDFException"):
        raise NoEquivalent("the script knows UDFException, and `daft.func` raises the error itself")
    nodes = (node for module in modules_of(use.call) for node in nodes_in(module.node))
    if any(isinstance(node, cst.Attribute) and node.attr.value == "__cause__" for node in nodes):
        raise NoEquivalent("the script asks what caused an error, and `daft.func` raises the error itself")
    if _is_called_by_sql(use):
        raise NoEquivalent("SQL calls it by its name, which finds only what `daft.udf` makes")
    changed = {other.name.removeprefix("UDF.") for other in uses if other.definition == use.definition} & set(
        _CHANGED_BY
    )
    if not _is_class(use):
        changed |= {name for name in _attributes_of(use) if name in _CHANGED_BY}
    left = sorted(changed - set(_INSTANCE_LINKS if _is_class(use) else ()))
    if left:
        raise NoEquivalent(f"`.{left[0]}(...)` is called on it, and has no equivalent")


def _is_called_by_sql(use: ApiUse) -> bool:
    """Whether a text of the file has a call of the function, and the file makes queries of SQL."""
    definition = use.definition.node if use.definition is not None else None
    if not isinstance(definition, cst.FunctionDef | cst.ClassDef):
        return False
    called = re.compile(rf"\b{definition.name.value}\s*\(", re.IGNORECASE)
    nodes = [node for module in modules_of(use.call) for node in nodes_in(module.node)]
    texts = (node for node in nodes if isinstance(node, cst.SimpleString | cst.FormattedStringText))
    queries = (node.attr if isinstance(node, cst.Attribute) else node for node in nodes)
    is_queried = any(isinstance(node, cst.Name) and node.value in ("sql", "sql_expr") for node in queries)
    return is_queried and any(called.search(text.value) for text in texts)


def _attributes_of(use: ApiUse) -> Iterator[str]:
    """The names that stand behind the function's name and a dot in its file."""
    definition = use.definition.node if use.definition is not None else None
    if isinstance(definition, cst.FunctionDef):
        for module in modules_of(use.call):
            for path in references(module.node, definition.name.value):
                if isinstance(path[-2], cst.Attribute):
                    yield path[-2].attr.value


def _is_class(use: ApiUse) -> bool:
    return use.definition is not None and isinstance(use.definition.node, cst.ClassDef)


def _decorating(use: ApiUse, uses: Sequence[ApiUse]) -> ApiUse:
    for other in uses:
        if other.name == "daft.udf" and other.definition is not None and other.definition == use.definition:
            return other
    raise NoEquivalent("the decorator is not in view")


def _rewritten(use: ApiUse) -> Rewrite:
    call = use.call.node
    if use.definition is None or not isinstance(call, cst.Call):
        raise NoEquivalent("the options are not in view")
    options = _options(call)
    if isinstance(use.definition.node, cst.ClassDef):
        return _Class(use, call, options).rewrite()
    return _function(use, call, options)


def _options(call: cst.Call) -> dict[str, cst.Arg]:
    """The options by keyword. Raises `NoEquivalent` for one that the current API does not have."""
    found: dict[str, cst.Arg] = {}
    for arg in call.args:
        if arg.keyword is None:
            raise NoEquivalent("its options are not spelled out")
        name = arg.keyword.value
        if name not in (*_OF_METHOD, *_KEPT, *catalog.LEGACY_UDF_OPTIONS):
            raise NoEquivalent(f"`{name}` has no equivalent: limit what runs at once by `max_concurrency`, or drop it")
        found[name] = arg
    return found


def _is_none(arg: cst.Arg) -> bool:
    return isinstance(arg.value, cst.Name) and arg.value.value == "None"


def _prefix(call: cst.Call) -> str:
    """How the script spells `daft.` in front of `udf`: nothing where `udf` itself is imported."""
    if isinstance(call.func, cst.Attribute):
        return f"{code(call.func.value)}."
    if isinstance(call.func, cst.Name) and call.func.value == "udf":
        return ""
    raise NoEquivalent("`udf` is imported under another name")


def _function(use: ApiUse, call: cst.Call, options: dict[str, cst.Arg]) -> Rewrite:
    if "concurrency" in options and not _is_none(options["concurrency"]):
        raise NoEquivalent("actors need a class under `@daft.cls(max_concurrency=...)`")
    prefix, cell = _prefix(call), use.call.cell
    actions: list[Action] = [ReplaceNode(NodeRef(cell, call.func), f"{prefix}func.batch")]
    for name, arg in options.items():
        if name in catalog.LEGACY_UDF_OPTIONS and _is_none(arg):
            actions.append(RemoveArgument(use.call, name))
        elif name in catalog.LEGACY_UDF_OPTIONS and arg.keyword is not None:
            actions.append(ReplaceNode(NodeRef(cell, arg.keyword), catalog.LEGACY_UDF_OPTIONS[name]))
    return Rewrite(actions, () if prefix else ("func",))


class _Class:
    """A class under `@daft.udf(...)` and every use of its name in the file."""

    def __init__(self, use: ApiUse, call: cst.Call, options: dict[str, cst.Arg]) -> None:
        assert use.definition is not None
        assert isinstance(use.definition.node, cst.ClassDef)
        self.cell = use.definition.cell
        self.node = use.definition.node
        self.name = self.node.name.value
        self.call = call
        self.decorator = use.call
        self.options = options
        self.concurrency: str | None = None
        self.actions: list[Action] = []

    def rewrite(self) -> Rewrite:
        if len(self.node.decorators) != 1 or self.node.decorators[0].decorator is not self.call:
            raise NoEquivalent("it has other decorators, or is decorated by a call")
        method = self._method("__call__")
        if method is None or method.decorators or method.asynchronous is not None:
            raise NoEquivalent("its `__call__` is not in view, or decorated itself")
        uses = 0
        for module in modules_of(self.decorator):
            for path in references(module.node, self.name):
                self._use(NodeRef(module.cell, path[-1]), path)
                uses += 1
        prefix = _prefix(self.call)
        self.actions.append(ReplaceNode(self.decorator, _called(f"{prefix}cls", self._of_class())))
        self.actions.append(
            AddDecorator(NodeRef(self.cell, method), _called(f"{prefix}method.batch", self._of_method()))
        )
        return Rewrite(self.actions, () if prefix else ("cls", "method"), elsewhere=not uses)

    def _method(self, name: str) -> cst.FunctionDef | None:
        body = self.node.body.body
        return next((s for s in body if isinstance(s, cst.FunctionDef) and s.name.value == name), None)

    def _of_class(self) -> list[str]:
        given = {
            catalog.LEGACY_UDF_OPTIONS.get(name, name): code(arg.value)
            for name, arg in self.options.items()
            if name not in _OF_METHOD and not _is_none(arg)
        }
        if self.concurrency is not None:
            given["max_concurrency"] = self.concurrency
        return [f"{name}={value}" for name, value in given.items()]

    def _of_method(self) -> list[str]:
        given = ((name, arg) for name, arg in self.options.items() if name in _OF_METHOD)
        return [f"{name}={code(arg.value)}" for name, arg in given if not _is_none(arg)]

    def _needs_arguments(self) -> bool:
        init = self._method("__init__")
        if init is None:
            return False
        return any(p.default is None for p in (*init.params.params[1:], *init.params.kwonly_params))

    def _use(self, reference: NodeRef, path: Sequence[cst.CSTNode]) -> None:
        """One use of the class's name: it becomes an instance, with the arguments that it was given."""
        cell, at, constructed = reference.cell, len(path) - 1, False
        if self.node in path:
            raise NoEquivalent("its own body uses its name")
        while at >= 2:
            attribute, call = path[at - 1], path[at - 2]
            if not isinstance(attribute, cst.Attribute) or attribute.value is not path[at]:
                break
            if not isinstance(call, cst.Call) or call.func is not attribute:
                raise NoEquivalent(f"`{code(attribute)}` is used")
            name = attribute.attr.value
            if name not in _INSTANCE_LINKS:
                raise NoEquivalent(f"`.{name}(...)` has no equivalent: its options belong to the decorator")
            if name == "with_concurrency":
                self._take_concurrency(call)
                self.actions.append(RemoveCall(NodeRef(cell, call)))
            else:
                self.actions.append(RemoveAttribute(NodeRef(cell, attribute)))
                constructed = True
            at -= 2
        if not self._can_be_instance(path, at):
            raise NoEquivalent(f"`{self.name}` is used as a class")
        if not constructed:
            if self._needs_arguments():
                raise NoEquivalent("its `__init__` needs arguments, and a use gives none")
            self.actions.append(ReplaceNode(reference, f"{self.name}()"))

    def _take_concurrency(self, call: cst.Call) -> None:
        value = code(call.args[0].value) if len(call.args) == 1 else ""
        decorated = self.options.get("concurrency")
        known = code(decorated.value) if decorated is not None and not _is_none(decorated) else self.concurrency
        if not value.isdecimal() or (known is not None and known != value):
            raise NoEquivalent("`with_concurrency` gives a number that the decorator cannot have")
        self.concurrency = value

    def _can_be_instance(self, path: Sequence[cst.CSTNode], at: int) -> bool:
        """Whether an instance can stand where the class stood: called with columns, given a name, or handed on."""
        node, parent = path[at], path[at - 1]
        if isinstance(parent, cst.Call):
            return parent.func is node
        if isinstance(parent, cst.Assign):
            return parent.value is node
        return isinstance(parent, cst.Arg) and isinstance(path[at - 2], cst.Call)


def _called(name: str, arguments: Sequence[str]) -> str:
    """A decorator with its arguments, on a line of its own each where they are long."""
    if not arguments:
        return name
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    return "\n".join((f"{name}(", *(f"    {argument}," for argument in arguments), ")"))


# the import of `udf`


def _by_imported_name(use: ApiUse, uses: Sequence[ApiUse]) -> list[ApiUse]:
    """The other uses that must change with this one, since all of them call the `udf` that one import gives.

    None of them where the name is still needed: then the import stays.
    """
    if not isinstance(use.call.node, cst.Call) or _prefix(use.call.node):
        return []
    document = use.call.cell.document
    others = [
        u
        for u in uses
        if u.name == "daft.udf" and u.call.cell.document is document and u.call != use.call and _is_by_name(u.call.node)
    ]
    if _count_references(use, "udf") != len(others) + 1:
        return []
    try:
        for other in others:
            _refuse(other, uses)
            _rewritten(other)
    except NoEquivalent:
        return []
    return others


def _is_by_name(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name)


def _imports(use: ApiUse, names: tuple[str, ...], together: Sequence[ApiUse]) -> list[Action]:
    """What the import of `udf` becomes: the new names in its place, or beside it where `udf` is still needed."""
    for other in together:
        names += _rewritten(other).imports
    names = tuple(sorted(set(names)))
    taken = next((name for name in names if _count_references(use, name)), None)
    if taken is not None:
        raise NoEquivalent(f"the script uses the name `{taken}` itself")
    aliases = [NodeRef(m.cell, alias.name) for m in modules_of(use.call) for alias in _aliases(m.node, "daft", "udf")]
    if any(is_import_of_some_versions(alias) for alias in aliases):
        raise NoEquivalent("`udf` is imported on some versions only")
    if _count_references(use, "udf") == len(together) + 1 and aliases:
        found: list[Action] = []
        for location in aliases:
            found += (InsertBefore(location, f"{name}, ") for name in names[:-1])
            found.append(ReplaceNode(location, names[-1]))
        return found
    return [AddImport(use.call, "daft", name) for name in names]


def _aliases(module: cst.CSTNode, package: str, name: str) -> Iterator[cst.ImportAlias]:
    """Where a module or a function of it imports the name."""
    for node in nodes_in(module):
        if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
            continue
        if node.module is not None and code(node.module) == package:
            yield from (a for a in node.names if code(a.name) == name and a.asname is None)


def _count_references(use: ApiUse, name: str) -> int:
    """How often the use's file uses a bare name."""
    return sum(1 for module in modules_of(use.call) for _ in references(module.node, name))
