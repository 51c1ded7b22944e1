"""Changes scripts as trees, so that what comes out is Python nearly always and reaches the interpreter, the rules and
the fixes: expressions and statements of other scripts, wrapped statements, longer and shorter chains, odd arguments."""

from __future__ import annotations

import ast
import copy
import functools
import random
import warnings
from collections.abc import Callable, Iterator

METHODS = (
    "repartition", "into_partitions", "into_batches", "where", "with_column", "select", "limit", "sort", "distinct",
    "join", "concat", "explode", "groupby", "agg", "collect", "show", "write_parquet", "to_pydict", "pipe", "transform",
    "apply", "with_concurrency", "override_options", "count_rows", "exclude", "iter_rows",
)  # fmt: skip
KEYWORDS = ("batch_size", "max_concurrency", "gpus", "num_gpus", "num", "concurrency", "return_dtype", "on", "how")
VALUES = (0, 1, 7, 64, 1000, -1, 2**70, 0.5, 1e400, None, True, "img", "", "*", b"x", ..., 1j)

Random = random.Random
_Slot = tuple[ast.AST, str, "int | None"]
"""A node, one of its fields, and the index where that is a list."""


def changed(random: Random, raw: bytes, others: tuple[bytes, ...]) -> bytes:
    """The script with a few changes; as it is where it is no Python to begin with."""
    tree = parsed(raw)
    if tree is None:
        return raw
    for _ in range(random.choice([1, 1, 2, 3, 5, 8])):
        other = _kept(random.choice(others)) or tree
        random.choice(_CHANGES)(random, tree, other)
    try:
        return ast.unparse(ast.fix_missing_locations(tree)).encode("utf-8", "surrogatepass") + b"\n"
    except (ValueError, AttributeError, TypeError, RecursionError):
        return raw  # a tree that says nothing, such as a name in the place of an operator


def parsed(raw: bytes) -> ast.Module | None:
    """The tree of a text; None where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@functools.lru_cache(maxsize=128)
def _kept(raw: bytes) -> ast.Module | None:
    """The tree of a script that parts are copied from."""
    return parsed(raw)


def _slots(tree: ast.AST, kind: type[ast.AST]) -> Iterator[_Slot]:
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, kind):
                yield node, name, None
            elif isinstance(value, list):
                yield from ((node, name, index) for index, item in enumerate(value) if isinstance(item, kind))


def _pick(random: Random, tree: ast.AST, kind: type[ast.AST]) -> _Slot | None:
    found = list(_slots(tree, kind))
    return random.choice(found) if found else None


def _get(slot: _Slot) -> ast.AST:
    value = getattr(slot[0], slot[1])
    found: ast.AST = value if slot[2] is None else value[slot[2]]
    return found


def _put(slot: _Slot, node: ast.AST) -> None:
    if slot[2] is None:
        setattr(slot[0], slot[1], node)
    else:
        getattr(slot[0], slot[1])[slot[2]] = node


def _expression_replaced(random: Random, tree: ast.AST, other: ast.AST) -> None:
    slot = _pick(random, tree, ast.expr)
    source = _pick(random, random.choice([tree, other]), ast.expr)
    if slot and source:
        _put(slot, copy.deepcopy(_get(source)))


def _statement_inserted(random: Random, tree: ast.AST, other: ast.AST) -> None:
    slot = _pick(random, tree, ast.stmt)
    source = _pick(random, random.choice([tree, other]), ast.stmt)
    if slot and source and slot[2] is not None:
        getattr(slot[0], slot[1]).insert(slot[2], copy.deepcopy(_get(source)))


def _statement_removed(random: Random, tree: ast.AST, _other: ast.AST) -> None:
    if slot := _pick(random, tree, ast.stmt):
        _put(slot, ast.Pass())


def _statement_moved(random: Random, tree: ast.AST, _other: ast.AST) -> None:
    first, second = _pick(random, tree, ast.stmt), _pick(random, tree, ast.stmt)
    if first and second:
        moved = copy.deepcopy(_get(first))
        _put(first, copy.deepcopy(_get(second)))
        _put(second, moved)


FORMS = (
    "[E for x in y if x]", "{E: 1 for x in y}", "(E if x else df)", "(lambda df=E: E)", "(x := E)", "f'{E}'",
    "(await E)", "(yield E)", "[*E, E]", "{**E}", "E[E]", "(E or E)", "f(*E, **E)",
)  # fmt: skip
"""What an expression E is put into."""
WRAPPERS = (
    "if x:\n    pass", "if x:\n    y = 1\nelse:\n    pass", "for x in [1, 2]:\n    pass", "while x:\n    pass",
    "try:\n    pass\nexcept E:\n    y = 1\nfinally:\n    z = 1", "with f() as x:\n    pass",
    "def f(df, x=df, *a, **k):\n    pass",
    "async def f(df):\n    pass", "class K(Base):\n    pass", "class K:\n    def __call__(self, df):\n        pass",
    "match x:\n    case [a, *b]:\n        pass", "@daft.func\ndef f(image: bytes) -> int:\n    pass",
    "@daft.cls(max_concurrency=2)\nclass K:\n    @daft.method\n    def f(self, x):\n        pass",
)  # fmt: skip


def _wrapped(random: Random, tree: ast.AST, _other: ast.AST) -> None:
    slot = _pick(random, tree, ast.stmt)
    if not slot:
        return
    wrapper = ast.parse(random.choice(WRAPPERS)).body[0]
    inner = next(s for s in _slots(wrapper, ast.Pass))
    _put(inner, copy.deepcopy(_get(slot)))
    _put(slot, wrapper)


def _unwrapped(random: Random, tree: ast.AST, _other: ast.AST) -> None:
    slots = [s for s in _slots(tree, ast.stmt) if getattr(_get(s), "body", None)]
    if slots:
        slot = random.choice(slots)
        _put(slot, copy.deepcopy(random.choice(_get(slot).body)))  # type: ignore[attr-defined]


def _calls(tree: ast.AST) -> list[_Slot]:
    return [slot for slot in _slots(tree, ast.Call) if isinstance(_get(slot).func, ast.Attribute)]  # type: ignore[attr-defined]


def _chain_changed(random: Random, tree: ast.AST, _other: ast.AST) -> None:
    calls = _calls(tree)
    if not calls:
        return
    slot = random.choice(calls)
    call = _get(slot)
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    how = random.randrange(4)
    if how == 0:
        _put(slot, call.func.value)
    elif how == 1:
        call.func.attr = random.choice(METHODS)
    else:
        added: ast.expr = copy.deepcopy(call)
        for _ in range(random.choice([1, 1, 1, 5, 40])):
            arguments = copy.deepcopy(call.args) if how == 2 else [ast.Constant(random.choice(VALUES))]
            name = call.func.attr if how == 2 else random.choice(METHODS)
            added = ast.Call(ast.Attribute(added, name, ast.Load()), arguments, [])
        _put(slot, added)


def _arguments_changed(random: Random, tree: ast.AST, other: ast.AST) -> None:
    slot = _pick(random, tree, ast.Call)
    if not slot:
        return
    call = _get(slot)
    assert isinstance(call, ast.Call)
    source = _pick(random, other, ast.expr)
    value = random.choice(
        [ast.Constant(random.choice(VALUES)), copy.deepcopy(_get(source)) if source else ast.Constant(1)]
    )
    assert isinstance(value, ast.expr)
    how = random.randrange(6)
    if how == 0:
        call.args = call.args[:-1]
    elif how == 1:
        call.keywords = call.keywords[:-1]
    elif how == 2:
        call.keywords.append(ast.keyword(random.choice([*KEYWORDS, None]), value))
    elif how == 3:
        call.args.append(ast.Starred(value, ast.Load()))
    elif how == 4:
        call.args.insert(random.randint(0, len(call.args)), value)
    else:
        call.keywords += [ast.keyword(f"a{i}", arg) for i, arg in enumerate(call.args)]
        call.args = []


def _constant_changed(random: Random, tree: ast.AST, _other: ast.AST) -> None:
    if slot := _pick(random, tree, ast.Constant):
        _put(slot, ast.Constant(random.choice(VALUES)))


def _name_changed(random: Random, tree: ast.AST, _other: ast.AST) -> None:
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    if names:
        chosen, new = random.choice(names), random.choice(names).id
        old = chosen.id
        for node in random.choice([[chosen], names]):
            if node.id == old:
                node.id = new


def _definition_changed(random: Random, tree: ast.AST, other: ast.AST) -> None:
    found = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    source = _pick(random, random.choice([tree, other]), ast.expr)
    if not found or not source:
        return
    node, value = random.choice(found), copy.deepcopy(_get(source))
    assert isinstance(value, ast.expr)
    how = random.randrange(5)
    if how == 0:
        node.decorator_list = []
    elif how == 1:
        node.decorator_list.insert(0, value)
    elif how == 2:
        node.name = random.choice(found).name
    elif isinstance(node, ast.ClassDef):
        node.bases.append(value)
    elif how == 3 and node.args.args:
        node.args.defaults = [value]
    else:
        node.returns = value


def _put_into_a_form(random: Random, tree: ast.AST, _other: ast.AST) -> None:
    slot = _pick(random, tree, ast.expr)
    if not slot:
        return
    form = random.choice(FORMS)
    made = ast.parse(form, mode="eval").body
    for inner in list(_slots(ast.Expression(made), ast.Name)):
        if _get(inner).id == "E":  # type: ignore[attr-defined]
            _put(inner, copy.deepcopy(_get(slot)))
    _put(slot, made)


_CHANGES: tuple[Callable[[Random, ast.AST, ast.AST], None], ...] = (
    _expression_replaced, _expression_replaced, _statement_inserted, _statement_inserted, _statement_removed,
    _statement_moved, _wrapped, _wrapped, _unwrapped, _chain_changed, _chain_changed, _chain_changed,
    _arguments_changed, _arguments_changed, _constant_changed, _name_changed, _definition_changed, _put_into_a_form,
)  # fmt: skip
