"""The expressions of Lua 5.1, which parser.py puts into statements.

Lines. Lua 5.1 blames the line of the last token it has read when it emits an instruction, and reads a value
out of a table or a global as late as it can: `a.b` in a list is read when the comma is read, the last
argument when the parenthesis is closed. `read_late` follows it there.

Operators of equal rank in a row and suffixes such as `.name` are loops; everything else that can be nested
counts as a level, of which there are few enough for Python's own stack: see parser.py.
"""
import math

from .parser_state import MOST_LEVELS, ParserState
from .syntax import (
    MULTIPLE, Binary, Call, Constant, Global, Index, Local, Logical, MethodCall, Parenthesized, TableConstructor,
    Unary, Vararg)

__all__ = ["ExpressionParser"]

_LITERALS = {"nil": None, "true": True, "false": False}
_LATE = (Index, Global)
_UNARY_RANK = 8
_LEFT_RANK = {"or": 1, "and": 2, "<": 3, ">": 3, "<=": 3, ">=": 3, "~=": 3, "==": 3, "..": 5, "+": 6, "-": 6,
              "*": 7, "/": 7, "%": 7, "^": 10}
_RIGHT_RANK = {**_LEFT_RANK, "..": 4, "^": 9}    # lower than at its left: right associative


class ExpressionParser(ParserState):
    """Reads expressions; `function_body` comes from parser.py."""

    __slots__ = ()

    def expression_list(self):
        """One expression or several, with commas."""
        node = self.expression()
        kinds = self.kinds
        if kinds[self.at] != ",":
            return [node]
        nodes = [node]
        while kinds[self.at] == ",":
            self.read_late(node, self.lines[self.at])
            self.at += 1
            node = self.expression()
            nodes.append(node)
        return nodes

    def expression(self, rank=0):
        """An expression of operators that rank higher than `rank`."""
        levels = self.levels = self.levels + 1
        if levels > MOST_LEVELS:
            self.fail(b"chunk has too many syntax levels", near=False)
        kinds = self.kinds
        at = self.at
        kind = kinds[at]
        if kind == "<name>" or kind == "(":
            node = self.suffixed()
        elif kind == "<string>" or kind == "<number>":
            node = Constant(self.tokens.constants[self.texts[at]], self.lines[at], 1)
            self.at = at + 1
        elif kind == "function":
            self.at = at + 1
            node = self.function_body(self.lines[at + 1], None, False)
        else:
            node = _OPERANDS.get(kind, ExpressionParser.suffixed)(self)
        kind = kinds[self.at]
        while _LEFT_RANK.get(kind, 0) > rank:
            at = self.at
            self.read_late(node, self.lines[at])
            self.at = at + 1
            right = self.expression(_RIGHT_RANK[kind])
            node = _binary(kind, node, right, self.lines[self.at - 1])
            kind = kinds[self.at]
        self.levels = levels - 1
        return node

    def literal(self):
        """nil, true or false."""
        at = self.at
        self.at = at + 1
        return Constant(_LITERALS[self.kinds[at]], self.lines[at], 1)

    def unary(self):
        operator = self.kinds[self.at]
        self.at += 1
        operand = self.expression(_UNARY_RANK)
        if operator == "-" and operand.__class__ is Constant and operand.value.__class__ is float:
            return Constant(-operand.value, operand.line, 1)
        return Unary(operator, operand, self.lines[self.at - 1], operand.depth + 1)

    def vararg(self):
        if not self.function.is_vararg:
            self.fail(b"cannot use '...' outside a vararg function")
        self.function.uses_vararg = True
        self.at += 1
        return Vararg(self.lines[self.at - 1], 1)

    def variable(self):
        """A name as an expression."""
        at = self.at
        self.at = at + 1
        name = self.texts[at]
        variable = self.names.get(name)
        if variable is None:
            return Global(name, self.lines[at], 1)
        if variable.function is not self.function:
            self.capture(variable)
        return Local(variable, self.lines[at], 1)

    def parenthesized(self):
        line = self.lines[self.at]
        self.at += 1
        node = self.expression()
        self.close(")", "(", line)
        line = self.lines[self.at - 1]
        if node.__class__ in MULTIPLE:
            return Parenthesized(node, line, node.depth + 1)
        self.read_late(node, line)
        self.settled = node
        return node

    def read_late(self, node, line):
        """Lua reads a global or a field only now that it has got to `line`."""
        if node.line != line and node.__class__ in _LATE and node is not self.settled:
            node.line = line

    def suffixed(self):
        """A name or an expression in parentheses, and what follows it: fields and calls."""
        kinds, texts, lines = self.kinds, self.texts, self.lines
        kind = kinds[self.at]
        if kind == "<name>":
            node = self.variable()
        elif kind == "(":
            node = self.parenthesized()
        else:
            self.fail(b"unexpected symbol")
        while True:
            at = self.at
            kind = kinds[at]
            if kind == ".":
                self.at = at + 1
                self.check("<name>")
                line = lines[at + 1]
                node = Index(node, Constant(texts[at + 1], line, 1), line, node.depth + 1)
                self.at = at + 2
            elif kind == "(" or kind == "<string>" or kind == "{":
                arguments = self.arguments() if kind != "{" else [self.table()]
                node = Call(node, arguments, lines[at], _depth_above(node, arguments))
            elif kind == "[":
                node = self.index(node)
            elif kind == ":":
                name = self.method_name(node)
                line = lines[self.at]
                arguments = self.arguments() if kinds[self.at] != "{" else [self.table()]
                node = MethodCall(node, name, arguments, line, _depth_above(node, arguments))
            else:
                return node

    def index(self, table):
        """[key]"""
        self.at += 1
        key = self.expression()
        self.skip("]")
        return Index(table, key, self.lines[self.at - 1], 1 + max(table.depth, key.depth))

    def method_name(self, node):
        """The name after a colon; `node` is the object."""
        self.at += 1
        name = self.name()
        self.read_late(node, self.lines[self.at - 1])
        return name

    def arguments(self):
        """The arguments of a call: a string or a list in parentheses."""
        kinds, lines = self.kinds, self.lines
        at = self.at
        line = lines[at]
        self.at = at + 1
        if kinds[at] == "<string>":
            return [Constant(self.tokens.constants[self.texts[at]], line, 1)]
        if kinds[at] != "(" or line != lines[at - 1]:
            self.at = at
            self.fail(b"ambiguous syntax (function call x new statement)" if kinds[at] == "(" else
                      b"function arguments expected")
        if kinds[at + 1] == ")":
            self.at = at + 2
            return []
        nodes = []
        while True:
            node = self.expression()
            nodes.append(node)
            if kinds[self.at] != ",":
                break
            self.read_late(node, lines[self.at])
            self.at += 1
        self.close(")", "(", line)
        self.read_late(node, lines[self.at - 1])
        return nodes

    def table(self):
        """{items}"""
        kinds, lines = self.kinds, self.lines
        line = lines[self.at]
        self.at += 1
        items = []
        depth = 0
        pending = None                          # the last value without a key: read when the next item starts
        while kinds[self.at] != "}":
            key = self.table_key()
            value = self.expression()
            depth = max(depth, value.depth, key.depth if key is not None else 0)
            items.append((key, value, lines[self.at - 1]))
            pending = value if key is None else None
            kind = kinds[self.at]
            if kind != "," and kind != ";":
                break
            if pending is not None and kinds[self.at + 1] != "}":
                self.read_late(pending, lines[self.at])
            self.at += 1
        self.close("}", "{", line)
        if pending is not None:
            self.read_late(pending, lines[self.at - 1])
        return TableConstructor(items, line, depth + 1)

    def table_key(self):
        """Go past `name =` or `[key] =`; None if the item has no key."""
        kinds, lines = self.kinds, self.lines
        at = self.at
        if kinds[at] == "<name>":
            lines[at] = lines[at + 1]           # Lua looks one token ahead here, so its line is further on
            if kinds[at + 1] != "=":
                return None
            key = Constant(self.texts[at], lines[at], 1)
            self.at = at + 1
        elif kinds[at] == "[":
            self.at = at + 1
            key = self.expression()
            self.skip("]")
        else:
            return None
        self.skip("=")
        return key


_OPERANDS = {
    "nil": ExpressionParser.literal, "true": ExpressionParser.literal, "false": ExpressionParser.literal,
    "-": ExpressionParser.unary, "not": ExpressionParser.unary, "#": ExpressionParser.unary,
    "...": ExpressionParser.vararg, "{": ExpressionParser.table}


def _depth_above(node, arguments):
    depth = node.depth
    for argument in arguments:
        if argument.depth > depth:
            depth = argument.depth
    return depth + 1


def _binary(operator, left, right, line):
    if left.__class__ is right.__class__ is Constant and operator in _FOLDED:
        folded = _fold(operator, left.value, right.value)
        if folded is not None:
            return Constant(folded, line, 1)
    depth = 1 + max(left.depth, right.depth)
    if operator == "and" or operator == "or":
        return Logical(operator, left, right, line, depth)
    if operator == ".." and right.__class__ is Binary and right.operator == "..":
        line = right.line                       # one instruction joins all
    return Binary(operator, left, right, line, depth)


_FOLDED = frozenset("+-*/%^")


def _fold(operator, left, right):
    """The result of arithmetic on two constants; None if it has to wait until run time, as for nan."""
    if not left.__class__ is right.__class__ is float:
        return None
    try:
        if operator == "+":
            result = left + right
        elif operator == "-":
            result = left - right
        elif operator == "*":
            result = left * right
        elif operator == "/":
            result = left / right
        elif operator == "%":
            quotient = left / right
            result = left - (math.floor(quotient) if quotient else quotient) * right    # -0 stays -0
        else:
            result = math.pow(left, right)
    except (ArithmeticError, ValueError):       # division by zero, or what C gives inf or nan for
        return None
    return result if result == result else None
