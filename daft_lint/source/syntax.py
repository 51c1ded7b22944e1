"""Small questions about LibCST nodes that need no evaluation."""

from __future__ import annotations

import warnings

from daft_lint.source import cst

MAX_QUOTED = 400
"""Characters of a quoted annotation that is parsed: no deeper than the parser can take."""


def constant(node: cst.SimpleString | cst.ConcatenatedString | cst.Integer | cst.Float) -> object:
    """The value that a constant spells; None where Python takes the spelling for none (`"\\N{no such name}"`, a number
    of 5,000 digits)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value: object = node.evaluated_value
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return None
    return value


def quoted(text: str) -> cst.BaseExpression | None:
    """The expression in a quoted annotation, None where it is none."""
    if len(text) > MAX_QUOTED:
        return None
    try:
        return cst.parse_expression(text.strip())
    except (cst.ParserSyntaxError, ValueError, RecursionError):
        return None


def dotted(node: cst.BaseExpression) -> str:
    """`a.b.c` of names and attributes; "" for anything else."""
    parts: list[str] = []
    while type(node) is cst.Attribute:  # `isinstance` is dear for classes that are abstract
        parts.append(node.attr.value)
        node = node.value
    if type(node) is not cst.Name:
        return ""
    parts.append(node.value)
    return ".".join(reversed(parts))


def spelling(node: cst.CSTNode) -> str:
    """The code of a dotted name, or of an item of one by a constant key (`SIZES["batch"]`); "" for anything else."""
    if isinstance(node, cst.Subscript):
        key, name = single_index(node), dotted(node.value)
        return f"{name}[{key.value}]" if name and isinstance(key, cst.SimpleString | cst.Integer) else ""
    return dotted(node) if isinstance(node, cst.Name | cst.Attribute) else ""


def last_name(node: cst.BaseExpression) -> str:
    """The last name of `a.b.c`, or of what is called in `a.b.c()`."""
    if type(node) is cst.Call:
        node = node.func
    if type(node) is cst.Attribute:
        return node.attr.value
    return node.value if type(node) is cst.Name else ""


def single_index(node: cst.Subscript) -> cst.BaseExpression | None:
    """The index of `x[index]`; None for slices and several indexes."""
    if len(node.slice) != 1:
        return None
    element = node.slice[0].slice
    return element.value if isinstance(element, cst.Index) else None


def chain_root(call: cst.Call) -> cst.BaseExpression:
    """What a chain of calls starts from: `df` in `df.where(...).limit(3)`."""
    node: cst.BaseExpression = call
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        node = node.func.value
    return node


def is_main_guard(test: cst.BaseExpression) -> bool:
    """`__name__ == "__main__"`."""
    return isinstance(test, cst.Comparison) and isinstance(test.left, cst.Name) and test.left.value == "__name__"


def decorator_names(node: cst.FunctionDef | cst.Lambda | cst.ClassDef) -> frozenset[str]:
    """The last names of the decorators."""
    if isinstance(node, cst.Lambda):
        return frozenset()
    return frozenset(last_name(d.decorator) for d in node.decorators)


def dataclass_fields(node: cst.ClassDef) -> list[str]:
    """The annotated names of a class body, in order."""
    fields = []
    for line in node.body.body:
        if isinstance(line, cst.SimpleStatementLine):
            for small in line.body:
                if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                    fields.append(small.target.value)
    return fields
