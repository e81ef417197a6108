"""From tokens to a syntax tree, by the grammar, the limits and the error messages of Lua 5.1.

The idea: recursive descent with an index into the lists of the lexer. This module reads statements and
functions, expressions.py what is in them, parser_state.py knows the names.

Lua refuses more than 200 blocks and expressions in each other. Python's own limit of 1000 calls leaves room
for that because none of these levels takes more than four calls. This is why some methods are longer than
they could be.

A parser is used by one thread; there is no shared state.
"""
from .expressions import ExpressionParser
from .lexer import scan
from .parser_state import MOST_LEVELS
from .syntax import (
    MULTIPLE, Assignment, Break, Call, CallStatement, Constant, Do, Function, GenericFor, Global, If, Index, Local,
    LocalFunction, LocalStatement, MethodCall, NumericFor, Repeat, Return, While)

__all__ = ["parse"]

_MOST_FUNCTIONS = 5000                          # in another one: Python takes long for more
_BLOCK_ENDS = frozenset(["else", "elseif", "end", "until", "<eof>"])


def parse(source, chunk_name):
    """The Function of a chunk (bytes); LuaError if it is no Lua 5.1.

    `chunk_name` starts with "@" or "=" as in Lua, or is the source. A first line with "#" is no comment here.
    """
    return _Parser(scan(source), chunk_name).chunk()


class _Parser(ExpressionParser):
    """Reads statements and functions."""

    __slots__ = ()

    def chunk(self):
        """All of the source."""
        function = self.function
        function.is_vararg = True
        function.body = self.block()
        self.check("<eof>")
        function.last_line = self.lines[self.at]
        return function

    # --- blocks and statements -----------------------------------------------------------------------------

    def block(self):
        """The statements up to the token that ends the block; its locals stay visible."""
        self.enter_level()
        kinds = self.kinds
        statements = []
        otherwise = _Parser.expression_statement
        kind = kinds[self.at]
        while kind not in _BLOCK_ENDS:
            statements.append(_STATEMENTS.get(kind, otherwise)(self))
            if kinds[self.at] == ";":
                self.at += 1
            if kind == "return" or kind == "break":
                break
            kind = kinds[self.at]
        self.levels -= 1
        return statements

    def scope(self):
        """A block whose locals end with it."""
        mark, count = len(self.hidden), self.locals
        body = self.block()
        self.end_scope(mark, count)
        return body

    def do_statement(self):
        line = self.lines[self.at]
        self.at += 1
        body = self.scope()
        self.close("end", "do", line)
        return Do(body, line)

    def while_statement(self):
        line = self.lines[self.at]
        self.at += 1
        condition = self.expression()
        self.skip("do")
        self.loops += 1
        body = self.scope()
        self.loops -= 1
        self.close("end", "while", line)
        return While(condition, body, line)

    def repeat_statement(self):
        line = self.lines[self.at]
        self.at += 1
        mark, count = len(self.hidden), self.locals
        self.loops += 1
        body = self.block()
        self.close("until", "repeat", line)
        condition = self.expression()           # sees the locals of the body
        self.loops -= 1
        self.end_scope(mark, count)
        return Repeat(body, condition, line)

    def if_statement(self):
        line = self.lines[self.at]
        kinds = self.kinds
        branches = []
        otherwise = None
        kind = "elseif"
        while kind == "elseif":
            self.at += 1
            condition = self.expression()
            self.skip("then")
            branches.append((condition, self.scope()))
            kind = kinds[self.at]
        if kind == "else":
            self.at += 1
            otherwise = self.scope()
        self.close("end", "if", line)
        return If(branches, otherwise, line)

    def for_statement(self):
        line = self.lines[self.at]
        self.at += 1
        mark, count = len(self.hidden), self.locals
        self.loops += 1
        name = self.name()
        kind = self.kinds[self.at]
        if kind == "=":
            statement, variables = self.numeric_for(name)
        elif kind == "," or kind == "in":
            statement, variables = self.generic_for(name)
        else:
            self.fail(b"'=' or 'in' expected")
        self.skip("do")
        for variable in variables:
            self.show(variable)
        statement.body = self.block()
        self.close("end", "for", line)
        self.loops -= 1
        self.end_scope(mark, count)
        return statement

    def numeric_for(self, name):
        """The statement without its body, and the variables that the body sees."""
        self.reserve_locals(3)                  # Lua keeps its own counters in hidden locals
        variable = self.new_variable(name)
        variable.values.append(Constant(0.0, self.lines[self.at], 1))
        self.at += 1
        start = self.expression()
        self.skip(",")
        stop = self.expression()
        step = None
        if self.kinds[self.at] == ",":
            self.at += 1
            step = self.expression()
        line = self.lines[self.at]              # of `do`, which Lua blames for limits that are no numbers
        return NumericFor(variable, start, stop, step, None, line), (variable,)

    def generic_for(self, name):
        """As numeric_for."""
        self.reserve_locals(3)
        variables = [self.new_variable(name)]
        while self.kinds[self.at] == ",":
            self.at += 1
            variables.append(self.new_variable(self.name()))
        for variable in variables:
            variable.values.append(None)
        self.skip("in")
        line = self.lines[self.at]              # Lua blames the start of the list for what it cannot call
        return GenericFor(variables, self.expression_list(), None, line), variables

    def function_statement(self):
        line = self.lines[self.at]
        self.at += 1
        target, name, needs_self = self.function_name()
        function = self.function_body(line, name, needs_self)
        target.line = line
        self.assign(target, function)
        return Assignment([target], [function], line)

    def function_name(self):
        """a.b.c:m: (what is assigned to, the name as text, whether it is a method)."""
        self.check("<name>")
        name = self.texts[self.at]
        target = self.variable()
        mark = b"."
        while mark == b"." and self.kinds[self.at] in (".", ":"):
            mark = self.texts[self.at]
            self.at += 1
            field = self.name()
            line = self.lines[self.at - 1]
            target = Index(target, Constant(field, line, 1), line, target.depth + 1)
            name += mark + field
        return target, name, mark == b":"

    def local_statement(self):
        kinds = self.kinds
        line = self.lines[self.at]
        self.at += 1
        if kinds[self.at] == "function":
            variable = self.local_function_name()
            function = self.function_body(self.lines[self.at], variable.name, False)
            variable.values.append(function)
            return LocalFunction(variable, function, line)
        variables = [self.new_variable(self.name())]
        while kinds[self.at] == ",":
            self.at += 1
            variables.append(self.new_variable(self.name()))
        values = []
        if kinds[self.at] == "=":
            self.at += 1
            values = self.expression_list()
        for variable, value in zip(variables, _spread(values, len(variables), line)):
            variable.values.append(value)
            self.show(variable)
        return LocalStatement(variables, values, line)

    def local_function_name(self):
        """The Variable, which the function already sees."""
        self.at += 1
        variable = self.new_variable(self.name())
        self.show(variable)
        return variable

    def return_statement(self):
        line = self.lines[self.at]
        self.at += 1
        kind = self.kinds[self.at]
        values = [] if kind in _BLOCK_ENDS or kind == ";" else self.expression_list()
        statement = Return(values, line)
        self.function.returns.append(statement)
        return statement

    def break_statement(self):
        line = self.lines[self.at]
        self.at += 1
        if not self.loops:
            self.fail(b"no loop to break")
        return Break(line)

    def expression_statement(self):
        """A call or an assignment."""
        target = self.suffixed()
        if target.__class__ is Call or target.__class__ is MethodCall:
            return CallStatement(target, target.line)
        targets = [target]
        self.check_target(target)
        while self.kinds[self.at] == ",":
            self.at += 1
            target = self.suffixed()
            if len(targets) > MOST_LEVELS - self.levels:
                self.fail_limit(self.function, MOST_LEVELS - self.levels, b"variables in assignment")
            targets.append(target)
            self.check_target(target)
        self.skip("=")
        values = self.expression_list()
        line = self.lines[self.at - 1]          # where all stores take place
        for target, value in zip(targets, _spread(values, len(targets), line)):
            target.line = line
            self.assign(target, value)
        return Assignment(targets, values, line)

    def check_target(self, target):
        """Refuse what cannot be assigned to; also names and fields in parentheses."""
        if target.__class__ not in (Local, Global, Index) or self.kinds[self.at - 1] == ")":
            self.fail(b"syntax error")

    # --- functions -----------------------------------------------------------------------------------------

    def function_body(self, line, name, needs_self):
        """Parameters and statements; `line` is the one that messages name."""
        outer, mark, count, loops = self.function, len(self.hidden), self.locals, self.loops
        self.functions += 1
        self.function = function = Function(outer, self.functions, line, name)
        outer.functions.append(function)
        if len(outer.functions) > _MOST_FUNCTIONS:
            self.fail_limit(outer, _MOST_FUNCTIONS, b"functions")
        self.locals = self.loops = 0
        self.skip("(")
        self.parameters(needs_self)
        self.skip(")")
        function.body = self.block()
        function.last_line = self.lines[self.at]
        self.close("end", "function", line)
        self.end_scope(mark, count)
        self.function, self.loops = outer, loops
        return function

    def parameters(self, needs_self):
        function = self.function
        if needs_self:
            self.parameter(b"self")
        kinds = self.kinds
        if kinds[self.at] == ")":
            return
        while kinds[self.at] == "<name>":
            self.parameter(self.name())
            if kinds[self.at] != ",":
                return
            self.at += 1
        if kinds[self.at] != "...":
            self.fail(b"<name> or '...' expected")
        self.at += 1
        function.is_vararg = True
        self.add_arg()

    def parameter(self, name):
        variable = self.new_variable(name)
        variable.values.append(None)
        self.function.parameters.append(variable)
        self.show(variable)

    def add_arg(self):
        """The hidden local `arg`. It always counts, but is not made unless the chunk has this name."""
        if b"arg" not in self.tokens.words:
            self.reserve_locals(1)
            return
        variable = self.new_variable(b"arg")
        variable.values.append(None)
        self.show(variable)
        self.function.arg = variable


_STATEMENTS = {
    "if": _Parser.if_statement, "while": _Parser.while_statement, "do": _Parser.do_statement,
    "for": _Parser.for_statement, "repeat": _Parser.repeat_statement, "function": _Parser.function_statement,
    "local": _Parser.local_statement, "return": _Parser.return_statement, "break": _Parser.break_statement}


def _spread(values, count, line):
    """What each of `count` variables is given by a list of expressions, as `Variable.values` wants it."""
    if len(values) >= count:
        return values
    missing = count - len(values)
    if values and values[-1].__class__ in MULTIPLE:
        return values + [None] * missing
    return values + [Constant(None, line, 1)] * missing
