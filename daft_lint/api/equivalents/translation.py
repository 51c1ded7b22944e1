"""Python on one value as an expression of Daft's: the rows of the table put together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from daft_lint.api import cst
from daft_lint.api.equivalents.constants import literal, outer_value
from daft_lint.api.equivalents.matching import Binding, candidates
from daft_lint.api.equivalents.operands import Column, NoTranslation, Value, fits
from daft_lint.api.equivalents.table import TYPED, Equivalent, Kind
from daft_lint.api.nodes import code
from daft_lint.api.udf_code import binding_of, qualified_name
from daft_lint.pipeline.model import NodeRef

Operand = Column | Value

_SLOT = re.compile(r"\{(\w+)\}")
_OPERATOR = re.compile(r" ([-+*/%&|]|==|!=|<=?|>=?) ")
_MIRRORED = {
    "LessThan": "GreaterThan", "GreaterThan": "LessThan", "LessThanEqual": "GreaterThanEqual",
    "GreaterThanEqual": "LessThanEqual", "Equal": "Equal", "NotEqual": "NotEqual",
}  # fmt: skip
_MISSING = "a key that is not there gives null, not an error"
_JSON = (
    "a key that is not there gives null, not an error, what stands behind the first value is not seen, a number becomes"
    " text, and an object or a list ends the run"
)
_JSON_LOADS = frozenset({"json.loads", "orjson.loads", "ujson.loads", "simplejson.loads"})
MAX_KEYS = 8
"""Keys of a table that a chain of `when` spells: beyond that it is a join."""


class Translator:
    """Translates the code of one UDF for one call of it. `names` are what the names in its body stand for."""

    def __init__(self, names: Mapping[str, Operand], function: NodeRef, call: NodeRef) -> None:
        self.names = dict(names)
        self._function = function
        self._call = call
        self._known: dict[cst.BaseExpression, Operand | None] = {}

    def column(self, node: cst.BaseExpression) -> Column:
        """The expression that has the value of `node`. Raises `NoTranslation`."""
        found = self.operand(node)
        if not isinstance(found, Column):
            raise NoTranslation
        return found

    def operand(self, node: cst.BaseExpression) -> Operand:
        """The column or constant that has the value of `node`. Raises `NoTranslation`."""
        if isinstance(node, cst.Name) and node.value in self.names:
            return self.names[node.value]
        if node not in self._known:
            self._known[node] = self._translated(node)
        found = self._known[node]
        if found is None:
            raise NoTranslation
        return found

    def _translated(self, node: cst.BaseExpression) -> Operand | None:
        found = literal(node) or self._special(node)
        if found is not None or isinstance(node, cst.Name):
            return found
        for row, binding in candidates(node, self._called):
            column = self._filled(row, binding)
            if column is not None:
                return column
        return None

    def _special(self, node: cst.BaseExpression) -> Operand | None:
        """What is no row of the table."""
        try:
            match node:
                case cst.Name():
                    return self._outer(node)
                case cst.FormattedString():
                    return self._joined(node)
                case cst.Comparison():
                    return self._chained(node)
                case cst.Call() | cst.Subscript():
                    return self._looked_up(node)
        except NoTranslation:
            return None
        return None

    def _qualify(self, function: cst.BaseExpression) -> str:
        name = function.value if isinstance(function, cst.Name) else ""
        if name and name not in self.names and binding_of(name, self._function) is None:
            return name
        return qualified_name(function, self._function)

    def _called(self, node: cst.Call) -> tuple[str, Sequence[cst.Arg]]:
        """What a call calls; a method of `PATTERN = re.compile(...)` is the function of `re`."""
        function = node.func
        if isinstance(function, cst.Attribute) and isinstance(function.value, cst.Name):
            made = None
            if function.value.value not in self.names:
                made = outer_value(function.value.value, self._function, self._call)
            if isinstance(made, cst.Call) and len(made.args) == 1 and self._qualify(made.func) == "re.compile":
                return f"re.{function.attr.value}", (made.args[0], *node.args)
        return self._qualify(function), node.args

    # Rows of the table

    def _filled(self, row: Equivalent, binding: Binding) -> Column | None:
        try:
            operands = {slot: self.operand(node) for slot, node in binding.items()}
        except NoTranslation:
            return None
        if not all(fits(operand, slot) for slot, operand in operands.items()):
            return None
        columns = [operand for operand in operands.values() if isinstance(operand, Column)]
        if not columns or (row.of_columns and not all(column.is_named for column in columns)):
            return None
        return filled(row, operands)

    # Names, f-strings, comparisons

    def _outer(self, node: cst.Name) -> Value | None:
        value = outer_value(node.value, self._function, self._call)
        found = None if value is None or isinstance(value, cst.Set) else literal(value)
        return None if found is None else replace(found, text=node.value)

    def _joined(self, node: cst.FormattedString) -> Column:
        """An f-string, as its parts joined by `+`."""
        if node.start.lower() != f"f{node.end}" or len(node.end) != 1:
            raise NoTranslation
        parts: list[Operand] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                text = part.value.replace("{{", "{").replace("}}", "}")
                parts.append(Value(f"{node.end}{text}{node.end}", Kind.TEXT))
            elif isinstance(part, cst.FormattedStringExpression):
                if part.conversion is not None or part.format_spec is not None or part.equal is not None:
                    raise NoTranslation
                parts.append(_as_text(self.operand(part.expression)))
        columns = [part for part in parts if isinstance(part, Column)]
        if not columns:
            raise NoTranslation
        return merged(columns, " + ".join(_operand(p) for p in parts), Kind.TEXT, parts[0], "+" if parts[1:] else "")

    def _chained(self, node: cst.Comparison) -> Column | None:
        """`a < b < c` as both comparisons, and `1 < a` as `a > 1`."""
        if len(node.comparisons) == 1:
            target = node.comparisons[0]
            mirrored = _MIRRORED.get(type(target.operator).__name__)
            if mirrored is None or not isinstance(self.operand(node.left), Value):
                return None
            if not isinstance(self.operand(target.comparator), Column):
                return None
            operator = getattr(cst, mirrored)()
            return self.column(cst.Comparison(target.comparator, [cst.ComparisonTarget(operator, node.left)]))
        found: Column | None = None
        left = node.left
        for target in node.comparisons:
            part = self.column(cst.Comparison(left, [target]))
            found = part if found is None else both(found, part)
            left = target.comparator
        return found

    # Tables, JSON

    def _looked_up(self, node: cst.Call | cst.Subscript) -> Column | None:
        """`TABLE[key]`, `TABLE.get(key, default)`, and `json.loads(text)["key"]`."""
        if isinstance(node, cst.Subscript):
            index = node.slice[0].slice
            if len(node.slice) != 1 or not isinstance(index, cst.Index):
                return None
            return self._json_field(node.value, index.value) or self._case(node.value, index.value, None, _MISSING)
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value != "get" or len(node.args) not in (1, 2):
            return None
        if any(a.keyword is not None or a.star for a in node.args):
            return None
        default = node.args[1].value if len(node.args) == 2 else None
        return self._case(node.func.value, node.args[0].value, default, "")

    def _json_field(self, loaded: cst.BaseExpression, key: cst.BaseExpression) -> Column | None:
        name = literal(key)
        if not isinstance(loaded, cst.Call) or len(loaded.args) != 1 or name is None or name.kind is not Kind.TEXT:
            return None
        if self._qualify(loaded.func) not in _JSON_LOADS:
            return None
        column = self.column(loaded.args[0].value)
        dtype = f"DataType.struct({{{name.text}: DataType.string()}})"
        text = f'{column.operand}.deserialize("json", {dtype}).get({name.text})'
        found = merged([column], text, Kind.TEXT, None, "")
        return replace(found, differs=(*found.differs, _JSON), imports=(*found.imports, ("daft", "DataType")))

    def _case(
        self, table: cst.BaseExpression, key: cst.BaseExpression, default: cst.BaseExpression | None, differs: str
    ) -> Column | None:
        """A table of constants, as a chain of `when`."""
        if isinstance(table, cst.Name):
            table = outer_value(table.value, self._function, self._call) or table
        entries = _entries(table)
        otherwise = None if default is None or code(default) == "None" else literal(default)
        if not entries or (default is not None and code(default) != "None" and otherwise is None):
            return None
        column = self.column(key)
        keys, values = {k.kind for k, _ in entries}, {v.kind for _, v in entries}
        if otherwise is not None:
            values.add(otherwise.kind)
        if keys != {column.kind} or len(values) != 1 or not values <= {Kind.TEXT, Kind.INT, Kind.FLOAT, Kind.BOOL}:
            return None
        text = "".join(f".when({column.operand} == {k.text}, {v.text})" for k, v in entries)[1:]
        text += f".otherwise({otherwise.text})" if otherwise is not None else ""
        found = merged([column] * len(entries), text, values.pop(), None, "")
        return replace(
            found,
            differs=(*found.differs, *([differs] if differs else [])),
            imports=(*found.imports, ("daft.functions", "when")),
            keeps_nulls=otherwise is None and found.keeps_nulls,
        )


def filled(row: Equivalent, operands: Mapping[str, Operand]) -> Column:
    """A row with what stands in its slots."""
    order = [slot.partition("_")[0] for slot in _SLOT.findall(row.daft)]
    plain = row.gives is Kind.BOOL
    columns = {s: o if plain else o.typed() for s, o in operands.items() if isinstance(o, Column)}
    texts = {slot: _operand(columns.get(slot, operand)) for slot, operand in operands.items()}
    pattern = operands.get("P")
    if isinstance(pattern, Value) and isinstance(pattern.value, str):
        start = "" if pattern.value.startswith("^") else "^"
        texts["P_at_start"] = f'r"{start}(?:{pattern.value})"' if start else pattern.text
        if '"' in pattern.value and "{P_at_start}" in row.daft:
            raise NoTranslation
    text = _SLOT.sub(lambda match: texts[match[1]], row.daft)
    found = _OPERATOR.search(row.daft)
    operator = "~" if row.daft.startswith("~") else found[1] if found else ""
    used = [columns[slot] for slot in order if slot in columns]
    merge = merged(used, text, row.gives, operands[order[0]], operator)
    assumed = row.assumes and not all(column.known for column in used)
    differs = dict.fromkeys(
        (*merge.differs, *([row.differs] if row.differs else []), *([row.assumes] if assumed else []))
    )
    conjunction = operator == "&" and all(c.keeps_nulls or c.is_conjunction for c in used)
    return replace(
        merge,
        differs=tuple(differs),
        cast=row.cast,
        known=bool(row.cast) or ".cast(" in row.daft or row.gives not in (Kind.INT, Kind.FLOAT, Kind.NUMBER),
        keeps_nulls=merge.keeps_nulls and operator not in "&|" if operator else merge.keeps_nulls,
        is_conjunction=conjunction,
    )


def merged(columns: list[Column], text: str, kind: Kind, first: Operand | None, operator: str) -> Column:
    """An expression that reads what others do."""
    return Column(
        text,
        kind,
        reads=tuple(name for column in columns for name in column.reads),
        first=first.first if isinstance(first, Column) else "",
        operator=operator,
        known=True,
        differs=tuple(dict.fromkeys(reason for column in columns for reason in column.differs)),
        keeps_nulls=all(column.keeps_nulls for column in columns),
        imports=tuple(dict.fromkeys(name for column in columns for name in column.imports)),
    )


def both(left: Column, right: Column) -> Column:
    """`left and right`."""
    return filled(Equivalent("b and c", "{b} & {c}", Kind.BOOL), {"b": left, "c": right})


def _operand(operand: Operand) -> str:
    return operand.operand if isinstance(operand, Column) else operand.text


def _as_text(operand: Operand) -> Operand:
    """What an f-string makes of a value without a format."""
    if isinstance(operand, Column) and operand.kind is Kind.INT:
        typed = operand.typed()
        assumed = () if typed.known else (TYPED,)
        text = f"{operand.operand}.cast(str)"
        return replace(typed, text=text, operator="", cast="", kind=Kind.TEXT, differs=(*operand.differs, *assumed))
    if operand.kind is not Kind.TEXT:
        raise NoTranslation
    return operand


def _entries(table: cst.BaseExpression) -> list[tuple[Value, Value]]:
    """The entries of a literal table of constants; none where it is none, or a long one."""
    if not isinstance(table, cst.Dict) or not 0 < len(table.elements) <= MAX_KEYS:
        return []
    found: list[tuple[Value, Value]] = []
    for element in table.elements:
        if not isinstance(element, cst.DictElement):
            return []
        key, value = literal(element.key), literal(element.value)
        if key is None or value is None:
            return []
        found.append((key, value))
    return found if len({key.value for key, _ in found}) == len(found) else []
