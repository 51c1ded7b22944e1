"""LibCST nodes made of Python's own tree, in a quarter of the time that LibCST's parser takes: what stands in a script,
without its comments, parentheses and white space.

An analysis sees the same in such a tree as in LibCST's. What is pointed at, quoted or edited is completed first, a
top-level statement at a time.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from daft_lint.source import cst
from daft_lint.source.bare_nodes import BareNodes, Unwritten

Node = Any
"""A LibCST node: what is made of a tree that Python has parsed needs no check of its types."""

N = BareNodes()


def parsed_by_python(source: str) -> ast.Module | None:
    """Python's tree of a text; None where this Python does not parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, MemoryError):
        return None


def module_of(
    source: str, parsed: ast.Module | None = None, unwritten: Callable[[int], Unwritten] | None = None
) -> cst.Module | None:
    """The tree of a text; None where this Python does not parse it, or LibCST has no nodes for it. `parsed` is Python's
    tree of it, where that is at hand; `unwritten` gives what stands in the nodes of the statement with a number.

    Raises `RecursionError` for one that is too deep for the stack.
    """
    tree = parsed or parsed_by_python(source)
    try:
        return None if tree is None else _Maker(source).module(tree, unwritten)
    except (ValueError, _NotInLibcst):
        return None
    finally:
        N.open[0] = ()


class _NotInLibcst(Exception):
    """LibCST, or this version of it, has no node for it."""


class _Maker:
    """Makes the nodes of one text."""

    def __init__(self, source: str) -> None:
        # Python counts a line at each kind of end.
        self.lines = source.encode().replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")

        self.formatted = 0
        """How many formatted strings are around."""
        self.indent: str | None = None
        """The indentation of the first block."""

    def module(self, tree: ast.Module, unwritten: Callable[[int], Unwritten] | None) -> cst.Module:
        made: cst.Module = N.Module(self.statements(tree.body, unwritten))
        if self.indent is not None and self.indent != made.default_indent:
            made = made.with_changes(default_indent=self.indent)
        return made

    # Statements

    def statements(self, nodes: Sequence[ast.stmt], unwritten: Callable[[int], Unwritten] | None = None) -> list[Node]:
        """The lines of a block: simple statements that stand on one are one."""
        made: list[Node] = []
        line, end = [], 0
        for node in nodes:
            simple = _SIMPLE.get(type(node))
            if unwritten is not None and (simple is None or node.lineno != end):
                N.open[0] = unwritten(len(made))
            if simple is None:
                made.append(_COMPOUND.get(type(node), _no_node)(self, node))
                end = 0
            elif node.lineno == end:
                line.append(simple(self, node))
            else:
                line = [simple(self, node)]
                made.append(N.SimpleStatementLine(line))
            end = node.end_lineno or 0 if simple is not None else 0
        return made

    def suite(self, nodes: Sequence[ast.stmt]) -> Node:
        """What a compound statement holds: a block, or statements on its own line."""
        first = nodes[0]
        before = self.lines[first.lineno - 1][: first.col_offset]
        if type(first) in _SIMPLE and before.strip():
            return N.SimpleStatementSuite([_SIMPLE[type(node)](self, node) for node in nodes])
        if self.indent is None:
            self.indent = before.decode()
        return N.IndentedBlock(self.statements(nodes))

    def orelse(self, nodes: Sequence[ast.stmt]) -> Node:
        return N.Else(self.suite(nodes)) if nodes else None

    def if_(self, node: ast.If) -> Node:
        orelse = None
        if node.orelse:
            first = node.orelse[0]
            is_elif = isinstance(first, ast.If) and self._starts_with(first, b"elif")
            orelse = self.if_(first) if is_elif and isinstance(first, ast.If) else self.orelse(node.orelse)
        return N.If(self(node.test), self.suite(node.body), orelse)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Node:
        return N.FunctionDef(
            N.Name(node.name),
            self.parameters(node.args),
            self.suite(node.body),
            [N.Decorator(self(one)) for one in node.decorator_list],
            None if node.returns is None else N.Annotation(self(node.returns)),
            N.Asynchronous() if isinstance(node, ast.AsyncFunctionDef) else None,
            self.type_parameters(node),
        )

    def class_(self, node: ast.ClassDef) -> Node:
        return N.ClassDef(
            N.Name(node.name),
            self.suite(node.body),
            [self.positional(one) for one in node.bases],
            [self.keyword(one) for one in node.keywords],
            [N.Decorator(self(one)) for one in node.decorator_list],
            self.type_parameters(node),
        )

    def for_(self, node: ast.For | ast.AsyncFor) -> Node:
        return N.For(
            self(node.target),
            self(node.iter),
            self.suite(node.body),
            self.orelse(node.orelse),
            N.Asynchronous() if isinstance(node, ast.AsyncFor) else None,
        )

    def while_(self, node: ast.While) -> Node:
        return N.While(self(node.test), self.suite(node.body), self.orelse(node.orelse))

    def with_(self, node: ast.With | ast.AsyncWith) -> Node:
        items = [
            N.WithItem(self(one.context_expr), self.as_name(one.optional_vars and self(one.optional_vars)))
            for one in node.items
        ]
        is_async = isinstance(node, ast.AsyncWith)
        return N.With(items, self.suite(node.body), N.Asynchronous() if is_async else None)

    def try_(self, node: Any) -> Node:
        is_star = not isinstance(node, ast.Try)
        handlers = [
            (N.ExceptStarHandler if is_star else N.ExceptHandler)(
                self.suite(one.body), self.maybe(one.type), self.as_name(one.name and N.Name(one.name))
            )
            for one in node.handlers
        ]
        finalbody = N.Finally(self.suite(node.finalbody)) if node.finalbody else None
        return (N.TryStar if is_star else N.Try)(self.suite(node.body), handlers, self.orelse(node.orelse), finalbody)

    def match(self, node: ast.Match) -> Node:
        cases = [
            N.MatchCase(self.pattern(one.pattern), self.suite(one.body), self.maybe(one.guard)) for one in node.cases
        ]
        return N.Match(self(node.subject), cases)

    # Simple statements

    def assign(self, node: ast.Assign) -> Node:
        return N.Assign([N.AssignTarget(self(one)) for one in node.targets], self(node.value))

    def ann_assign(self, node: ast.AnnAssign) -> Node:
        return N.AnnAssign(self(node.target), N.Annotation(self(node.annotation)), self.maybe(node.value))

    def aug_assign(self, node: ast.AugAssign) -> Node:
        operator = getattr(N, f"{_BINARY[type(node.op)]}Assign")()
        return N.AugAssign(self(node.target), operator, self(node.value))

    def del_(self, node: ast.Delete) -> Node:
        made = [self(one) for one in node.targets]
        return N.Del(made[0] if len(made) == 1 else N.Tuple([N.Element(one) for one in made]))

    def raise_(self, node: ast.Raise) -> Node:
        return N.Raise(self.maybe(node.exc), None if node.cause is None else N.From(self(node.cause)))

    def import_(self, node: ast.Import) -> Node:
        return N.Import([self.alias(one) for one in node.names])

    def import_from(self, node: ast.ImportFrom) -> Node:
        is_star = node.names[0].name == "*"
        return N.ImportFrom(
            _dotted(node.module) if node.module else None,
            N.ImportStar() if is_star else [self.alias(one) for one in node.names],
            [N.Dot() for _ in range(node.level)],
        )

    def alias(self, node: ast.alias) -> Node:
        return N.ImportAlias(_dotted(node.name), self.as_name(node.asname and N.Name(node.asname)))

    def as_name(self, name: Node) -> Node:
        return N.AsName(name) if name else None

    def type_alias(self, node: Any) -> Node:
        return N.TypeAlias(self(node.name), self(node.value), self.type_parameters(node))

    def type_parameters(self, node: Any) -> Node:
        given = getattr(node, "type_params", ())
        return N.TypeParameters([self.type_parameter(one) for one in given]) if given else None

    def type_parameter(self, node: Any) -> Node:
        kind, name = type(node).__name__, N.Name(node.name)
        made = N.TypeVar(name, self.maybe(node.bound)) if kind == "TypeVar" else getattr(N, kind)(name)
        default = getattr(node, "default_value", None)
        is_starred = isinstance(default, ast.Starred)
        value = default.value if isinstance(default, ast.Starred) else default
        return N.TypeParam(made, self.maybe(value), "*" if is_starred else "")

    # Parameters and arguments

    def parameters(self, node: ast.arguments) -> Node:
        defaults = [None] * (len(node.posonlyargs) + len(node.args) - len(node.defaults)) + list(node.defaults)
        at = len(node.posonlyargs)
        star: Node = cst.MaybeSentinel.DEFAULT
        if node.vararg is not None:
            star = self.parameter(node.vararg, None, "*")
        elif node.kwonlyargs:
            star = N.ParamStar()
        return N.Parameters(
            [self.parameter(*one) for one in zip(node.posonlyargs, defaults[:at], strict=True)],
            [self.parameter(*one) for one in zip(node.args, defaults[at:], strict=True)],
            star,
            [self.parameter(*one) for one in zip(node.kwonlyargs, node.kw_defaults, strict=True)],
            None if node.kwarg is None else self.parameter(node.kwarg, None, "**"),
            N.ParamSlash() if node.posonlyargs else cst.MaybeSentinel.DEFAULT,
        )

    def parameter(self, node: ast.arg, default: ast.expr | None, star: str = "") -> Node:
        annotation = None if node.annotation is None else N.Annotation(self(node.annotation))
        return N.Param(N.Name(node.arg), annotation, self.maybe(default), star)

    def positional(self, node: ast.expr) -> Node:
        if isinstance(node, ast.Starred):
            return N.Arg(self(node.value), None, "*")
        return N.Arg(self(node), None, "")

    def keyword(self, node: ast.keyword) -> Node:
        if node.arg is None:
            return N.Arg(self(node.value), None, "**")
        return N.Arg(self(node.value), N.Name(node.arg), "")

    # Expressions

    def __call__(self, node: ast.AST) -> Node:
        return _EXPRESSIONS.get(type(node), _no_node)(self, node)

    def maybe(self, node: ast.AST | None) -> Node:
        return None if node is None else self(node)

    def name(self, node: ast.Name) -> Node:
        return N.Name(node.id)

    def constant(self, node: ast.Constant) -> Node:
        value = node.value
        if isinstance(value, str | bytes):
            text = self.written(node)
            if text is None or _is_one_string(text):
                return N.SimpleString(text or repr(value))
            return self.concatenated(text) or N.SimpleString(repr(value))
        if value is None or isinstance(value, bool):
            return N.Name(str(value))
        if isinstance(value, int):
            return N.Integer(self.written(node) or (str(value) if abs(value) < _LONG else hex(value)))
        if isinstance(value, float):
            return N.Float(self.written(node) or ("1e999" if value == _INFINITE else repr(value)))
        return N.Imaginary(self.written(node) or repr(value)) if isinstance(value, complex) else N.Ellipsis()

    def attribute(self, node: ast.Attribute) -> Node:
        return N.Attribute(self(node.value), N.Name(node.attr))

    def call(self, node: ast.Call) -> Node:
        arguments: list[Node] = [self.positional(one) for one in node.args]
        if node.keywords:
            arguments += [self.keyword(one) for one in node.keywords]
            if node.args and _place(node.args[-1]) > _place(node.keywords[0]):
                places = [_place(one) for one in (*node.args, *node.keywords)]
                arguments = [one for _, one in sorted(zip(places, arguments, strict=True), key=lambda pair: pair[0])]
        return N.Call(self(node.func), arguments)

    def subscript(self, node: ast.Subscript) -> Node:
        index = node.slice
        parts = index.elts if isinstance(index, ast.Tuple) and index.elts and not self._is_closed(index) else [index]
        return N.Subscript(self(node.value), [N.SubscriptElement(self.index(one)) for one in parts])

    def index(self, node: ast.expr) -> Node:
        if isinstance(node, ast.Slice):
            return N.Slice(self.maybe(node.lower), self.maybe(node.upper), self.maybe(node.step))
        if isinstance(node, ast.Starred):
            return N.Index(self(node.value), "*")
        return N.Index(self(node), None)

    def compare(self, node: ast.Compare) -> Node:
        pairs = zip(node.ops, node.comparators, strict=True)
        targets = [N.ComparisonTarget(getattr(N, _COMPARISONS[type(op)])(), self(other)) for op, other in pairs]
        return N.Comparison(self(node.left), targets)

    def boolean(self, node: ast.BoolOp) -> Node:
        made = self(node.values[0])
        for one in node.values[1:]:
            made = N.BooleanOperation(made, N.And() if isinstance(node.op, ast.And) else N.Or(), self(one))
        return made

    def binary(self, node: ast.BinOp) -> Node:
        return N.BinaryOperation(self(node.left), getattr(N, _BINARY[type(node.op)])(), self(node.right))

    def unary(self, node: ast.UnaryOp) -> Node:
        return N.UnaryOperation(getattr(N, _UNARY[type(node.op)])(), self(node.operand))

    def elements(self, nodes: Iterable[ast.expr]) -> list[Node]:
        return [
            N.StarredElement(self(one.value)) if isinstance(one, ast.Starred) else N.Element(self(one)) for one in nodes
        ]

    def dict_(self, node: ast.Dict) -> Node:
        pairs = zip(node.keys, node.values, strict=True)
        return N.Dict(
            [
                N.StarredDictElement(self(value)) if key is None else N.DictElement(self(key), self(value))
                for key, value in pairs
            ]
        )

    def comprehension(self, generators: Sequence[ast.comprehension]) -> Node:
        made = None
        for one in reversed(generators):
            ifs = [N.CompIf(self(test)) for test in one.ifs]
            made = N.CompFor(self(one.target), self(one.iter), ifs, made, N.Asynchronous() if one.is_async else None)
        return made

    def joined(self, node: ast.JoinedStr) -> Node:
        text = self.written(node)
        made = None if text is None or _is_one_string(text) else self.concatenated(text)
        return made or N.FormattedString(self.formatted_parts(node), 'f"', '"')

    def concatenated(self, text: str) -> Node:
        """Strings that stand side by side, which are one for Python; None where they cannot be told apart."""
        pieces = _STRING.findall(text)
        if len(pieces) < 2 or not _BETWEEN_STRINGS.fullmatch(_STRING.sub("", text)):
            return None
        made = [self.piece(one) for one in pieces]
        last = made.pop()
        while made and last is not None:
            last = N.ConcatenatedString(made.pop(), last)
        return last

    def piece(self, text: str) -> Node:
        if "f" not in text.partition(text[-1])[0].lower():
            return N.SimpleString(text)
        parsed = parsed_by_python(text)
        first = parsed.body[0] if parsed is not None and parsed.body else None
        value = first.value if isinstance(first, ast.Expr) else None
        if not isinstance(value, ast.JoinedStr):
            raise _NotInLibcst
        return N.FormattedString(self.formatted_parts(value), 'f"', '"')

    def formatted_parts(self, node: ast.JoinedStr) -> list[Node]:
        self.formatted += 1
        parts: list[Node] = []
        for one in node.values:
            if isinstance(one, ast.FormattedValue):
                spec = self.formatted_parts(one.format_spec) if isinstance(one.format_spec, ast.JoinedStr) else None
                conversion = chr(one.conversion) if one.conversion > 0 else None
                parts.append(N.FormattedStringExpression(self(one.value), conversion, spec))
            elif isinstance(one, ast.Constant):
                text = repr(one.value)[1:-1].replace("{", "{{").replace("}", "}}")
                parts.append(N.FormattedStringText(text))
        self.formatted -= 1
        return parts

    # Patterns

    def pattern(self, node: ast.pattern) -> Node:
        return _PATTERNS.get(type(node), _no_node)(self, node)

    def match_sequence(self, node: ast.MatchSequence) -> Node:
        parts = [self.sequence_element(one) for one in node.patterns]
        return N.MatchTuple(parts) if self._is_closed(node) else N.MatchList(parts)

    def sequence_element(self, node: ast.pattern) -> Node:
        made = self.pattern(node)
        return made if isinstance(node, ast.MatchStar) else N.MatchSequenceElement(made)

    def match_mapping(self, node: ast.MatchMapping) -> Node:
        pairs = zip(node.keys, node.patterns, strict=True)
        elements = [N.MatchMappingElement(self(key), self.pattern(value)) for key, value in pairs]
        return N.MatchMapping(elements, N.Name(node.rest) if node.rest else None)

    def match_class(self, node: ast.MatchClass) -> Node:
        keywords = zip(node.kwd_attrs, node.kwd_patterns, strict=True)
        return N.MatchClass(
            self(node.cls),
            [N.MatchSequenceElement(self.pattern(one)) for one in node.patterns],
            [N.MatchKeywordElement(N.Name(name), self.pattern(one)) for name, one in keywords],
        )

    def match_or(self, node: ast.MatchOr) -> Node:
        *others, last = map(self.pattern, node.patterns)
        made = [N.MatchOrElement(one, N.BitOr()) for one in others]
        return N.MatchOr([*made, N.MatchOrElement(last, cst.MaybeSentinel.DEFAULT)])

    def match_as(self, node: ast.MatchAs) -> Node:
        pattern = None if node.pattern is None else self.pattern(node.pattern)
        return N.MatchAs(pattern, N.Name(node.name) if node.name else None)

    # The text

    def written(self, node: Any) -> str | None:
        """A literal as it is written; None in a formatted string, whose parts not every Python places right."""
        if self.formatted:
            return None
        first, last, start, end = node.lineno - 1, node.end_lineno - 1, node.col_offset, node.end_col_offset
        if first == last:
            text: str = self.lines[first][start:end].decode()
            return text
        return b"\n".join([self.lines[first][start:], *self.lines[first + 1 : last], self.lines[last][:end]]).decode()

    def _starts_with(self, node: Any, text: bytes) -> bool:
        line: bytes = self.lines[node.lineno - 1]
        return line.startswith(text, node.col_offset)

    def _is_closed(self, node: Any) -> bool:
        """Whether a tuple is written in parentheses; `(a), (b)` counts too, which nobody writes."""
        return self._starts_with(node, b"(") and self.lines[(node.end_lineno or 0) - 1].endswith(
            b")", 0, node.end_col_offset
        )


def _no_node(make: _Maker, node: ast.AST) -> Node:
    raise _NotInLibcst


_STRING = re.compile(
    r"""(?xs) [rbuf]{0,2} (?: \'{3} (?:[^\\]|\\.)*? \'{3} | "{3} (?:[^\\]|\\.)*? "{3}
    | ' (?:[^'\\\n]|\\.)* ' | " (?:[^"\\\n]|\\.)* " )""",
    re.IGNORECASE,
)
_BETWEEN_STRINGS = re.compile(r"(?:\s|\\\n|\#[^\n]*)*")


def _is_one_string(text: str) -> bool:
    """Whether a text that is one string for Python, or several side by side, is one."""
    quote = text[-3:] if text[-3:] in ('"""', "'''") else text[-1]
    opening = text.find(quote)
    if 0 <= opening <= 2 and text.find(quote, opening + len(quote)) == len(text) - len(quote):
        return True
    return _STRING.fullmatch(text) is not None


_LONG = 10**4000
"""Beyond, Python refuses to write an integer in decimals."""
_INFINITE = float("inf")


def _place(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _dotted(name: str) -> Node:
    first, *rest = name.split(".")
    made = N.Name(first)
    for one in rest:
        made = N.Attribute(made, N.Name(one))
    return made


_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "Add",
    ast.BitAnd: "BitAnd",
    ast.BitOr: "BitOr",
    ast.BitXor: "BitXor",
    ast.Div: "Divide",
    ast.FloorDiv: "FloorDivide",
    ast.LShift: "LeftShift",
    ast.MatMult: "MatrixMultiply",
    ast.Mod: "Modulo",
    ast.Mult: "Multiply",
    ast.Pow: "Power",
    ast.RShift: "RightShift",
    ast.Sub: "Subtract",
}
_UNARY: dict[type[ast.unaryop], str] = {
    ast.Invert: "BitInvert",
    ast.Not: "Not",
    ast.UAdd: "Plus",
    ast.USub: "Minus",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "Equal",
    ast.Gt: "GreaterThan",
    ast.GtE: "GreaterThanEqual",
    ast.In: "In",
    ast.Is: "Is",
    ast.IsNot: "IsNot",
    ast.Lt: "LessThan",
    ast.LtE: "LessThanEqual",
    ast.NotEq: "NotEqual",
    ast.NotIn: "NotIn",
}
_Makers = dict[type[ast.AST], Callable[[_Maker, Any], Node]]
_SIMPLE: _Makers = {
    ast.AnnAssign: _Maker.ann_assign,
    ast.Assert: lambda make, node: N.Assert(make(node.test), make.maybe(node.msg)),
    ast.Assign: _Maker.assign,
    ast.AugAssign: _Maker.aug_assign,
    ast.Break: lambda make, node: N.Break(),
    ast.Continue: lambda make, node: N.Continue(),
    ast.Delete: _Maker.del_,
    ast.Expr: lambda make, node: N.Expr(make(node.value)),
    ast.Global: lambda make, node: N.Global([N.NameItem(N.Name(one)) for one in node.names]),
    ast.Import: _Maker.import_,
    ast.ImportFrom: _Maker.import_from,
    ast.Nonlocal: lambda make, node: N.Nonlocal([N.NameItem(N.Name(one)) for one in node.names]),
    ast.Pass: lambda make, node: N.Pass(),
    ast.Raise: _Maker.raise_,
    ast.Return: lambda make, node: N.Return(make.maybe(node.value)),
}
_COMPOUND: _Makers = {
    ast.AsyncFor: _Maker.for_,
    ast.AsyncFunctionDef: _Maker.function,
    ast.AsyncWith: _Maker.with_,
    ast.ClassDef: _Maker.class_,
    ast.For: _Maker.for_,
    ast.FunctionDef: _Maker.function,
    ast.If: _Maker.if_,
    ast.Match: _Maker.match,
    ast.Try: _Maker.try_,
    ast.While: _Maker.while_,
    ast.With: _Maker.with_,
}
_EXPRESSIONS: _Makers = {
    ast.Attribute: _Maker.attribute,
    ast.Await: lambda make, node: N.Await(make(node.value)),
    ast.BinOp: _Maker.binary,
    ast.BoolOp: _Maker.boolean,
    ast.Call: _Maker.call,
    ast.Compare: _Maker.compare,
    ast.Constant: _Maker.constant,
    ast.Dict: _Maker.dict_,
    ast.DictComp: lambda make, node: N.DictComp(make(node.key), make(node.value), make.comprehension(node.generators)),
    ast.GeneratorExp: lambda make, node: N.GeneratorExp(make(node.elt), make.comprehension(node.generators)),
    ast.IfExp: lambda make, node: N.IfExp(make(node.test), make(node.body), make(node.orelse)),
    ast.JoinedStr: _Maker.joined,
    ast.Lambda: lambda make, node: N.Lambda(make.parameters(node.args), make(node.body)),
    ast.List: lambda make, node: N.List(make.elements(node.elts)),
    ast.ListComp: lambda make, node: N.ListComp(make(node.elt), make.comprehension(node.generators)),
    ast.Name: _Maker.name,
    ast.NamedExpr: lambda make, node: N.NamedExpr(make(node.target), make(node.value)),
    ast.Set: lambda make, node: N.Set(make.elements(node.elts)),
    ast.SetComp: lambda make, node: N.SetComp(make(node.elt), make.comprehension(node.generators)),
    ast.Subscript: _Maker.subscript,
    ast.Tuple: lambda make, node: N.Tuple(make.elements(node.elts)),
    ast.UnaryOp: _Maker.unary,
    ast.Yield: lambda make, node: N.Yield(make.maybe(node.value)),
    ast.YieldFrom: lambda make, node: N.Yield(N.From(make(node.value))),
}
_PATTERNS: _Makers = {
    ast.MatchAs: _Maker.match_as,
    ast.MatchClass: _Maker.match_class,
    ast.MatchMapping: _Maker.match_mapping,
    ast.MatchOr: _Maker.match_or,
    ast.MatchSequence: _Maker.match_sequence,
    ast.MatchSingleton: lambda make, node: N.MatchSingleton(N.Name(str(node.value))),
    ast.MatchStar: lambda make, node: N.MatchStar(N.Name(node.name) if node.name else None),
    ast.MatchValue: lambda make, node: N.MatchValue(make(node.value)),
}
for _kind, _make in (("TryStar", _Maker.try_), ("TypeAlias", _Maker.type_alias)):
    if hasattr(ast, _kind):
        (_SIMPLE if _kind == "TypeAlias" else _COMPOUND)[getattr(ast, _kind)] = _make
