"""From the syntax tree to Python source text: the scheme, and simple expressions.

One class writes all text; its parts are in files of their own, each a class on top of the one before:
emitter_text.py (lines, names), emitter_operators.py, emitter_calls.py, emitter_deep.py, this file and
emitter_statements.py.

The text is made of Python expressions as strings, put together from the leaves up. What an expression needs
before it (the `def` of a function in it, the parts of a very deep one) is written as lines before the statement.
Names: a local `total` becomes `total_7` (each variable of a chunk has its number), temporaries are `t1`, `t2` ...,
functions `f3`; nothing a script says becomes a name of Python's or an attribute.

Three habits make the text fast:

- An operation is written for the usual case, behind a test of classes, and calls operations.py otherwise:
  `(a_1 + b_2 if a_1.__class__ is b_2.__class__ is float else add(a_1, b_2))`. What inference.py knows needs no
  test. Parts that are no plain names are put into temporaries in the test, which Python evaluates first, in
  the order of the script.
- A call gives one value bare and any other number as a tuple; only where exactly one is wanted is that looked at.
- `and`, `or` and comparisons become Python's own.

Places: an operation that can fail begins on a Python line of its own, which begins with a mark that tells the
Lua line and what its operands are called. `finish` takes the marks out and puts them into a list by line number,
from which diagnosis.py makes messages. At run time this costs nothing.

Two kinds of chunks are compiled in other ways, at some cost in speed: with `generators` (the chunk mentions
coroutines) every function is a Python generator, so that any of them can yield; with `environments` (it mentions
setfenv or getfenv) every function keeps its own table of globals.
"""
from .emitter_deep import DeepEmitter
from .emitter_text import DEEPEST, Known
from .syntax import (Binary, Call, Constant, Function, Global, Index, Local, Logical, MethodCall, Parenthesized,
                     TableConstructor, Unary, Vararg)

__all__ = ["ExpressionEmitter"]


class ExpressionEmitter(DeepEmitter):
    """Writes the Python text of expressions."""

    def value(self, expression):
        """The text of exactly one value: a name, a literal, or something in parentheses."""
        if expression.depth > DEEPEST:
            expression = self.flattened(expression)
        return _VALUES[expression.__class__](self, expression)

    def multiple(self, expression):
        """The text of a call or `...` with all its results: one value bare, or a tuple."""
        if expression.__class__ is Vararg:
            return "va"
        if expression.depth > DEEPEST:
            expression = self.flat_parts(expression)
        return self.call(expression) if expression.__class__ is Call else self.method_call(expression)

    def results(self, expression):
        """The text of all results of a call or `...`, as a tuple."""
        if expression.__class__ is Vararg:
            return "va"
        name = self.temporary()
        return f"({name} if ({name} := {self.multiple(expression)}).__class__ is tuple else ({name},))"

    def constant(self, expression):
        value = expression.value
        if value.__class__ is float:
            if value - value != 0.0:            # a literal that is too large
                return "INFINITY" if value > 0 else "(-INFINITY)"
            if value == -9223372036854775808.0:
                return "(-4611686018427387904.0 * 2.0)"         # PyPy takes this literal for an int
            if not value:                       # 0 and -0 are one constant of a function: the one that comes first
                self.zero = self.zero or repr(value)
                return self.zero if self.zero == "0.0" else "(-0.0)"
            return repr(value) if value >= 0 and str(value)[0] != "-" else f"({value!r})"
        return repr(value)

    def local_value(self, expression):
        return self.local(expression.variable)

    def global_value(self, expression):
        return f"({self.place(expression.line)}{self.globals_code}[{expression.name!r}])"

    def known_value(self, expression):
        return expression.code

    def vararg_value(self, expression):
        return "(va[0] if va else None)"

    def parenthesized(self, expression):
        return self.value(expression.expression)

    def call_value(self, expression):
        """The first result of a call."""
        if self.is_select(expression):
            return self.select(expression, single=True)
        code = self.multiple(expression)
        if self.is_single(expression):
            return code
        name = self.temporary()
        return f"({name} if ({name} := {code}).__class__ is not tuple else first({name}))"

    @staticmethod
    def is_single(expression):
        """Whether a call always gives exactly one value."""
        if expression.__class__ is not Call or expression.function.__class__ is not Local:
            return False
        function = expression.function.variable.known_function
        return function is not None and function.single

    def function_value(self, expression):
        return self.define(expression)

    def define(self, function):
        """Write the `def` of a function; returns its name. In emitter_statements.py."""
        raise NotImplementedError


_VALUES = {
    Constant: ExpressionEmitter.constant,
    Local: ExpressionEmitter.local_value,
    Global: ExpressionEmitter.global_value,
    Known: ExpressionEmitter.known_value,
    Vararg: ExpressionEmitter.vararg_value,
    Parenthesized: ExpressionEmitter.parenthesized,
    Call: ExpressionEmitter.call_value,
    MethodCall: ExpressionEmitter.call_value,
    Function: ExpressionEmitter.function_value,
    Binary: ExpressionEmitter.binary,
    Unary: ExpressionEmitter.unary,
    Logical: ExpressionEmitter.logical,
    Index: ExpressionEmitter.index,
    TableConstructor: ExpressionEmitter.table_constructor,
}
