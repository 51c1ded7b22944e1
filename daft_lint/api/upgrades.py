"""Which rows of the API's history a script's uses meet, for the Daft that it is to run on, and what to write instead.

A rewrite is offered where the row says that the new call gives the same, and its condition holds for what is written.
"""

from __future__ import annotations

import ast
import enum
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace

from daft_lint.api.bound_namespaces import namespace_and_calls
from daft_lint.api.dispatch import dispatched
from daft_lint.api.edits import (
    Action,
    AddKeyword,
    InsertBefore,
    RemoveArgument,
    RemoveAttribute,
    RemoveImport,
    ReplaceNode,
)
from daft_lint.api.imports import NoEquivalent, daft_import, dropped_import, moved_import
from daft_lint.api.nodes import code
from daft_lint.api.required import defined
from daft_lint.api.rule import Fix, Prescan
from daft_lint.api.shims import is_shim
from daft_lint.dataclass import dataclass
from daft_lint.pipeline.catalog.history.changes import Change as Change
from daft_lint.pipeline.catalog.history.changes import ChangeKind as ChangeKind
from daft_lint.pipeline.catalog.history.changes import Equality, OldCall, Version, by_name, changes
from daft_lint.pipeline.catalog.history.lookup import (
    bound_to,
    concerned,
    current_names,
    namespaces,
    positions_of,
)
from daft_lint.pipeline.catalog.history.rewrites import BoundCall, NotBound
from daft_lint.pipeline.model import ApiUse, NodeRef, Script, Settings
from daft_lint.source import cst
from daft_lint.source.python_words import Uses

_NEWEST = (999, 999, 999)
_FIRST = (0, 3, 0)
"""The history begins there."""
FOR_SOME_VALUES = "Nothing raises where it does"
"""The impact of what gives something else for some values: no work that is left, but something to check."""


class Standing(enum.Enum):
    """Where an old spelling stands with the Daft that a script is to run on."""

    REMOVED = "removed"
    DEPRECATED = "deprecated"
    """The target still takes it, and a later one will not."""
    CHANGED = "changed"
    """The oldest and the newest target do different things."""


@dataclass(frozen=True, slots=True)
class Match:
    """A use and the row of the history that it meets; `bound` are its arguments, None where they are not in view."""

    use: ApiUse
    change: Change
    standing: Standing
    bound: BoundCall | None
    others: Mapping[cst.CSTNode, Match] = field(default_factory=dict, compare=False, repr=False)
    """All that stand so, by their calls."""

    @property
    def location(self) -> NodeRef:
        """The method's name, the function, or the import."""
        node = self.use.call.node
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            return NodeRef(self.use.call.cell, node.func.attr)
        if isinstance(node, cst.Attribute):
            return NodeRef(self.use.call.cell, node.attr)
        if isinstance(node, cst.ClassDef):
            return NodeRef(self.use.call.cell, node.name)
        return self.use.call


def matches(script: Script, standing: Standing) -> Iterator[Match]:
    """The uses of a script that stand so; version shims are left out, and all but for `upgrade` what is called on other
    objects than Daft's too."""
    called = {use.name for use in script.api_uses if isinstance(use.call.node, cst.Call)}
    others: dict[cst.CSTNode, Match] = {}
    matched = []
    for use in script.api_uses:
        node = use.call.node
        if isinstance(node, cst.ImportAlias) and use.name in called:
            continue  # it goes with the calls
        if use.is_shared and not script.settings.is_upgrade:
            continue
        found = _match(use, script.settings, standing)
        if found is not None and not is_shim(use.call, found.change) and _was_there(found, script.settings):
            matched.append(replace(found, others=others))
            others[node] = matched[-1]
    yield from matched


def other_meanings(script: Script) -> Iterator[Match]:
    """The uses that give something else on the Daft of `upgrade` for some values; version shims are left out."""
    for use in script.api_uses if script.settings.is_upgrade else ():
        for change in by_name().get(use.name, ()):
            is_crossed = change.is_for_some_values and _is_crossed(change, script.settings)
            if is_crossed and _may_concern(use, change) and not is_shim(use.call, change):
                yield Match(use, change, Standing.CHANGED, None)


def _may_concern(use: ApiUse, change: Change) -> bool:
    """Whether a call gives what the row is about, or gives what is not in view."""
    if not isinstance(use.call.node, cst.Call):
        return False
    try:
        return concerned(change, _bound(use, change, lambda _: ""))
    except NotBound:
        return True


def _was_there(match: Match, settings: Settings) -> bool:
    """Whether the script does not expect that the very spelling fails: the Daft that it was written for has it."""
    if not match.use.expects_failure:
        return True
    changed, written_for = match.change.changed, settings.written_for
    return written_for is not None and (changed is None or written_for < changed)


def fix_of(match: Match, settings: Settings) -> Fix:
    """The rewrite of a call or an import. Raises `NoEquivalent` with the reason that there is none."""
    change = match.change
    if change.rewrite is None:
        raise NoEquivalent(change.note)
    if change.since is not None and change.since > (settings.target_daft or _NEWEST):
        raise NoEquivalent(f"the call that takes its place needs Daft {spell(change.since)}")
    why_unsafe = f"it is not the same for {change.exception}" if change.equality is Equality.BUT else None
    node = match.use.call.node
    if isinstance(node, cst.ImportAlias):
        is_simple = change.equality is Equality.ALWAYS and change.rewrite.text == f"to {change.rewrite.to}"
        actions = moved_import(match.use, change.rewrite.to if is_simple else "")
        is_dropped = any(isinstance(action, RemoveImport) for action in actions) and len(actions) == 1
        title = "Remove the import" if is_dropped else f"Import `{change.rewrite.to}`"
        return Fix(title, actions, why_unsafe)
    if isinstance(node, cst.ClassDef):
        return Fix(f"Define `{spelled_method(change)}`", defined(match.use.call, change.rewrite.defined))
    if not isinstance(node, cst.Call):
        raise NoEquivalent("it is no call")
    is_moved = change.rewrite.text == f"to {change.rewrite.to}" and not _receiver_name(match)
    if match.bound is None and match.use.expects_failure and is_moved:
        # A call that fails for its arguments fails for them by the new name too.
        return Fix(f"Write {written(change)}", _Call(match.use, node, change, _NOTHING_GIVEN).respelled(), why_unsafe)
    if match.bound is None:
        raise NoEquivalent("its arguments are not all in view")
    actions = _actions_on_name(match, settings) if _receiver_name(match) else _actions(match)
    return Fix(f"Write {written(change)}", actions, why_unsafe)


def _actions(match: Match) -> tuple[Action, ...]:
    """Raises `NoEquivalent`."""
    node = match.use.call.node
    assert isinstance(node, cst.Call)
    assert match.bound is not None
    try:
        return _Call(match.use, node, match.change, match.bound).actions()
    except NotBound as error:
        raise NoEquivalent(f"`{error}` is given by position before others") from error


def _receiver_name(match: Match) -> cst.Name | None:
    """The name that holds the namespace whose method is called: `s` in `s.upper()` for `s = col("a").str`."""
    node = match.use.call.node
    if match.change.name.count(".") != 2 or not match.change.name.startswith("Expression."):
        return None
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return None
    return node.func.value if isinstance(node.func.value, cst.Name) else None


def _actions_on_name(match: Match, settings: Settings) -> tuple[Action, ...]:
    """The rewrites of all that is called on the name, and of what it is bound to. Raises `NoEquivalent`."""
    receiver, cell = _receiver_name(match), match.use.call.cell
    assert receiver is not None
    namespace = match.change.name.split(".")[1]
    bound, calls = namespace_and_calls(NodeRef(cell, receiver), namespace)
    actions: list[Action] = [RemoveAttribute(bound)]
    for call in calls:
        other = match.others.get(call)
        name = other.change.name if other is not None else ""
        is_safe = other is not None and (other is match or other.change.equality is not Equality.BUT)
        if other is None or not is_safe or other.use.is_shared or other.bound is None or other.change.rewrite is None:
            raise NoEquivalent(f"not all that is called on `{receiver.value}` has a rewrite")
        if not name.startswith(f"Expression.{namespace}."):
            raise NoEquivalent(f"`{receiver.value}` is not a `.{namespace}` everywhere")
        if other.change.since is not None and other.change.since > (settings.target_daft or _NEWEST):
            raise NoEquivalent(f"the call that takes its place needs Daft {spell(other.change.since)}")
        actions += _actions(other)
    return tuple(actions)


def written(change: Change) -> str:
    """What takes the place of a spelling, in words."""
    rewrite = change.rewrite
    if rewrite is None:
        return ""
    if rewrite.defined:
        return f"`{rewrite.defined}`"
    if rewrite.template:
        return f"`{_SLOT.sub(_shown, rewrite.template)}`"
    if rewrite.to:
        return f"`{rewrite.to}(...)`"
    if rewrite.pins:
        return " and ".join(f"`{name}={value}`" for name, value in rewrite.pins.items())
    if rewrite.renames:
        return " and ".join(f"`{new}=` for `{old}=`" for old, new in rewrite.renames.items())
    if rewrite.named_from:
        return f"the arguments from `{rewrite.named_from}` on by keyword"
    return f"it without `{'`, `'.join(rewrite.drops)}`"


_SLOT = re.compile(r"\{(\w+)(\*[\w.]*)?\}")


def _shown(slot: re.Match[str]) -> str:
    return "..." if slot.group(2) else "expr" if slot.group(1) == "self" else slot.group(1)


def spelled_method(change: Change) -> str:
    """The name of a method that subclasses must define."""
    return change.name.rpartition(".")[2]


def spelled(change: Change) -> str:
    """The old spelling as a message shows it."""
    owner, _, name = change.name.partition(".")
    if is_namespace(change):
        return f".{name}"
    call = change.name if owner == "daft" else f".{name}"
    if change.kind is ChangeKind.DEFAULT and change.parameters:
        return f"{call}() without {change.parameters[0]}="
    if change.kind in (ChangeKind.KEYWORD, ChangeKind.MEANING) and len(change.parameters) == 1:
        return f"{call}({change.parameters[0]}=...)"
    return f"{call}(...)"


def is_namespace(change: Change) -> bool:
    """Whether it speaks of `.str` itself, not of a method in it."""
    return change.name.startswith("Expression.") and change.name.partition(".")[2] in namespaces()


def spell(version: Version) -> str:
    return ".".join(map(str, version))


# Which row


def _match(use: ApiUse, settings: Settings, standing: Standing) -> Match | None:
    for change in by_name().get(use.name, ()):
        if _standing(change, settings) is not standing:
            continue
        if isinstance(use.call.node, cst.ClassDef):
            return Match(use, change, standing, None)
        if isinstance(use.call.node, cst.ImportAlias):
            is_gone = not change.parameters and change.changed is not None and change.kind is not ChangeKind.MEANING
            if is_gone and use.name not in current_names():
                return Match(use, change, standing, None)
            continue
        try:
            outline = _bound(use, change, lambda _: "")
        except NotBound:
            if _whole_name_is_gone(change):
                return Match(use, change, standing, None)
            continue
        asks_text = change.condition is not None or change.name in _NEVER_CURRENT
        if concerned(change, outline) if asks_text else _speaks_of(change, outline, standing):
            bound = _bound(use, change, code)
            if not asks_text or _speaks_of(change, bound, standing):
                return Match(use, change, standing, bound)
    return None


def _standing(change: Change, settings: Settings) -> Standing | None:
    target = settings.target_daft or _NEWEST
    is_past = change.changed is not None and change.changed <= (settings.written_for or _FIRST)
    if change.kind is ChangeKind.DEFAULT and is_past and change.name not in current_names():
        return None  # the name was there for longer: another row speaks of its end
    if change.is_silent:
        return Standing.CHANGED if _is_crossed(change, settings) else None
    if change.kind is ChangeKind.MEANING and change.condition is None and change.name not in _NEVER_CURRENT:
        return Standing.REMOVED if _whole_name_is_gone(change) and target >= (change.changed or _NEWEST) else None
    if change.changed is not None and target >= change.changed:
        return None if change.old_call is OldCall.WORKS else Standing.REMOVED
    first = change.since or change.deprecated or (0, 0, 0)
    will_go = change.deprecated is not None or change.old_call is OldCall.FAILS
    return Standing.DEPRECATED if will_go and target >= first else None


def _is_crossed(change: Change, settings: Settings) -> bool:
    """Whether the script can run on versions on both sides of a change."""
    if change.changed is None or settings.written_for is None:
        return False
    return settings.written_for < change.changed <= (settings.newest_daft or _NEWEST)


_NEVER_CURRENT = frozenset({"DataFrame.agg", "GroupedDataFrame.agg"})
"""Their old arguments can be told from the new ones."""


def _whole_name_is_gone(change: Change) -> bool:
    return not change.parameters and change.changed is not None and change.name not in current_names()


def _speaks_of(change: Change, bound: BoundCall, standing: Standing) -> bool:
    """Whether a call has the row's parameters, and its arguments tell it from a call of today."""
    if not concerned(change, bound):
        return False
    if change.condition is not None:
        return change.condition.holds(bound)
    current = current_names().get(change.name)
    if change.name in _NEVER_CURRENT:
        given = [*bound.arguments.values(), *bound.rest]
        return any(argument.text.replace(" ", "").startswith(("[('", '[("', "('", '("')) for argument in given)
    if standing is Standing.REMOVED and current is not None:
        if not change.parameters:
            return False
        if change.kind is ChangeKind.POSITION:
            given_at = [bound.arguments[p].position for p in change.parameters if p in bound.arguments]
            return any(at is not None and not current.takes_position(at) for at in given_at)
    if change.kind is ChangeKind.KEYWORD and (change.rewrite is None or change.old_call is OldCall.DIFFERS):
        return any(p in bound.arguments and bound.arguments[p].position is None for p in change.parameters)
    return True


def _bound(use: ApiUse, change: Change, text: Callable[[cst.CSTNode], str]) -> BoundCall:
    """The arguments of a call, as `text` writes them."""
    call = use.call.node
    if not isinstance(call, cst.Call) or any(arg.star for arg in call.args):
        raise NotBound("*")
    positional = [text(arg.value) for arg in call.args if arg.keyword is None]
    keywords = {arg.keyword.value: text(arg.value) for arg in call.args if arg.keyword is not None}
    expressions = frozenset(text(node) for node in use.expressions if isinstance(node, cst.BaseExpression))
    return bound_to(change, positional, keywords, is_statement=use.is_statement, expressions=expressions)


# The rewrite


_NOTHING_GIVEN = BoundCall({}, (), {}, ())


class _Call:
    """The edits that make a call of the old spelling one of today."""

    def __init__(self, use: ApiUse, call: cst.Call, change: Change, bound: BoundCall) -> None:
        assert change.rewrite is not None
        self.use, self.call, self.change, self.bound, self.rewrite = use, call, change, bound, change.rewrite
        self.cell = use.call.cell

    def actions(self) -> tuple[Action, ...]:
        if self.rewrite.is_udf or self.rewrite.respelled:
            raise NoEquivalent(self.change.note or "it is rewritten as a whole")
        if self.use.is_shared:
            actions = dispatched(self.use, self.change, self.bound, self._with_daft)
            return (*actions, *self._import_of_daft("daft."))
        if self.rewrite.template:
            text = self.rewrite.called(self._receiver(), self.bound)
            replaced = ReplaceNode(self.use.call, self._with_daft(text))
            return (replaced, *self._imports(text))
        found = [*self._function(), *self._arguments()]
        if not found and not self._namespace_has_name():
            raise NoEquivalent("it is written so already")
        return tuple(found)

    def respelled(self) -> tuple[Action, ...]:
        """The new name, with the arguments as they are."""
        return tuple(self._function())

    def _receiver(self) -> str:
        """What the method is called on, without the namespace; a namespace that has a name is an expression by then."""
        function = self.call.func
        if not isinstance(function, cst.Attribute):
            if self.change.name.startswith("daft."):
                return ""
            raise NoEquivalent("it is not called as a method")
        namespace = self._spelled_namespace()
        return code(function.value if namespace is None else namespace.value)

    def _spelled_namespace(self) -> cst.Attribute | None:
        """The `.str` that goes: none where the old method is in no namespace, or the namespace has a name.

        Raises `NoEquivalent` where it is the value of something else.
        """
        function = self.call.func
        if not self.change.name.startswith("Expression.") or self.change.name.count(".") != 2:
            return None
        assert isinstance(function, cst.Attribute)
        if self.use.spells_namespace and isinstance(function.value, cst.Attribute):
            return function.value
        if not self._namespace_has_name():
            raise NoEquivalent("its namespace is not spelled out")
        return None

    def _namespace_has_name(self) -> bool:
        """Whether it is called on a name, such as `s` for `s = col("a").str`."""
        function = self.call.func
        is_of_namespace = self.change.name.startswith("Expression.") and self.change.name.count(".") == 2
        return is_of_namespace and isinstance(function, cst.Attribute) and isinstance(function.value, cst.Name)

    def _with_daft(self, text: str) -> str:
        name = self.use.daft_name or "daft"
        return text if name == "daft" else text.replace("daft.", f"{name}.")

    def _imports(self, text: str) -> list[Action]:
        """The import of Daft that `text` needs; where it needs none, the one of the function goes if nothing else uses
        it. Both at once may meet in one statement."""
        return self._import_of_daft(text) or list(dropped_import(self.use))

    def _import_of_daft(self, text: str) -> list[Action]:
        if self.use.daft_name is not None or "daft." not in text:
            return []
        return list(daft_import(self.use.call))

    def _function(self) -> list[Action]:
        target, function = self.rewrite.to, self.call.func
        if not target:
            return []
        if not target.startswith("."):
            return self._daft_function(target)
        if not isinstance(function, cst.Attribute):
            raise NoEquivalent("it is not called as a method")
        actions: list[Action] = []
        name = target.rpartition(".")[2]
        namespace = self._spelled_namespace()
        if namespace is not None:
            actions.append(RemoveAttribute(NodeRef(self.cell, namespace)))
        if name != function.attr.value:
            actions.append(ReplaceNode(NodeRef(self.cell, function.attr), name))
        return actions

    def _daft_function(self, target: str) -> list[Action]:
        function = self.call.func
        if isinstance(function, cst.Name) and self._is_pure():
            return list(moved_import(self.use, target))
        text = self._with_daft(target)
        if code(function) == text:
            return []
        replaced = ReplaceNode(NodeRef(self.cell, function), text)
        return [replaced, *self._imports(target)]

    def _arguments(self) -> list[Action]:
        rewrite, bound = self.rewrite, self.bound
        rewrite.arguments(bound)  # raises where an argument would be at another position
        positions = list(bound.order)
        named_at = positions.index(rewrite.named_from) if rewrite.named_from else len(positions)
        actions: list[Action] = []
        index = 0
        for arg in self.call.args:
            if arg.keyword is not None:
                name = arg.keyword.value
                if name in rewrite.drops:
                    actions.append(RemoveArgument(self.use.call, name))
                elif name in rewrite.renames:
                    actions.append(ReplaceNode(NodeRef(self.cell, arg.keyword), rewrite.renames[name]))
                continue
            if index < len(positions) and positions[index] in rewrite.drops:
                actions.append(RemoveArgument(self.use.call, index))
            elif named_at <= index < len(positions):
                name = positions[index]
                actions.append(InsertBefore(NodeRef(self.cell, arg.value), f"{rewrite.renames.get(name, name)}="))
            index += 1
        pins = {name: text for name, text in rewrite.pins.items() if name not in bound.arguments}
        actions += [AddKeyword(self.use.call, name, self._with_daft(text)) for name, text in pins.items()]
        return actions

    def _is_pure(self) -> bool:
        """Whether every call of the name can be written so, with its arguments as they are."""
        rewrite = self.rewrite
        changed = (*rewrite.renames, *rewrite.drops, *rewrite.pins, rewrite.named_from)
        return self.change.equality is Equality.ALWAYS and not any(changed)


# The prescan


def trigger_words(standing: Standing) -> tuple[str, ...]:
    """A word of each use that can stand so."""
    return tuple(sorted({min(sign.words) for sign in _signs(standing)}))


def mentions(prescan: Prescan, standing: Standing) -> bool:
    """Whether a text has all words of some use that can stand so, and its calls the arguments that make it so."""
    words = prescan.identifiers
    return any(sign.words <= words and sign.may_be_given(prescan.uses) for sign in _signs(standing))


@dataclass(frozen=True, slots=True)
class _Sign:
    """What a text holds that a row of the history can speak of: words, and for a row about `parameters` a call with one
    of them, each with its position (None: by keyword alone). `by_keyword`: they can be given so."""

    words: frozenset[str]
    name: str = ""
    parameters: tuple[tuple[str, int | None], ...] = ()
    by_keyword: bool = True
    namespace: str = ""
    """That of an expression, before the name."""
    is_function: bool = False
    """It is a function of a module."""
    in_tuples: bool = False
    """What it speaks of are arguments in literal tuples."""
    is_namespace: bool = False
    """It is one of an expression, with no call of a method behind it."""

    def may_be_given(self, uses: Uses | None) -> bool:
        if uses is None:
            return True
        if self.is_namespace:
            return self.name in uses.ends
        if self.namespace and not uses.may_chain(self.namespace, self.name):
            return False
        if self.is_function and not uses.has_star and self.name not in uses.of_modules:
            return False
        if self.in_tuples and self.name not in uses.loose:
            return any(isinstance(one, (ast.List, ast.Tuple, ast.Constant)) for one in uses.given.get(self.name, ()))
        if not self.parameters:
            return True
        return any(
            (self.by_keyword and parameter in uses.words)
            or (position is not None and uses.may_give(self.name, position))
            for parameter, position in self.parameters
        )


@functools.cache
def _signs(standing: Standing) -> tuple[_Sign, ...]:
    found = []
    for change in changes():
        is_changed = change.is_silent or change.is_for_some_values
        if is_changed is not (standing is Standing.CHANGED) or change.name.startswith(_NOT_SEEN):
            continue
        is_meant = change.kind is ChangeKind.MEANING and change.condition is None
        if is_meant and not change.is_for_some_values and change.name not in _NEVER_CURRENT:
            continue
        if standing is Standing.REMOVED and change.old_call is OldCall.WORKS:
            continue
        if change.kind is ChangeKind.REQUIRED:
            found.append(_Sign(frozenset(change.parameters)))
            continue
        words = {part for part in change.name.split(".")[1:] if part not in ("context", "expressions", "io", "catalog")}
        only_by_keyword = change.kind is ChangeKind.KEYWORD and len(change.parameters) == 1
        if only_by_keyword and change.rewrite is not None and change.rewrite.renames:
            words |= set(change.parameters)
        renames = change.rewrite.renames if change.rewrite is not None else {}
        is_given = change.kind in (ChangeKind.KEYWORD, ChangeKind.POSITION, ChangeKind.MEANING)
        by_position = change.kind is ChangeKind.POSITION
        positions = zip(change.parameters, positions_of(change), strict=True) if is_given else ()
        parameters = ((p, None if p in renames and not by_position else at) for p, at in positions)
        owner, _, name = change.name.rpartition(".")
        namespace = owner.partition(".")[2] if owner.startswith("Expression.") else ""
        found.append(
            _Sign(
                frozenset(words),
                name,
                tuple(parameters),
                not by_position,
                namespace,
                is_function=owner.partition(".")[0] == "daft" and not name[:1].isupper() and owner.islower(),
                in_tuples=change.name in _NEVER_CURRENT,
                is_namespace=is_namespace(change),
            )
        )
    return tuple(dict.fromkeys(found))


_NOT_SEEN = ("Series.", "File.", "DataType.", "DataSink.", "DataSourceTask.", "Subscriber.")
"""Objects that the interpreter does not follow."""
