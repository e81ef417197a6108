"""The Python text of calls, of functions and of methods, plain ones and those that may yield. See emitter.py."""
from .diagnosis import TAIL
from .emitter_operators import OperatorEmitter
from .inference import NUMBER, STRING, TABLE
from .syntax import MULTIPLE, Binary, Call, Constant, Global, Index, Logical, Unary, Vararg

__all__ = ["CallEmitter"]


class CallEmitter(OperatorEmitter):
    """Writes calls with all their results: one value bare, any other number as a tuple."""

    def call(self, expression):
        """A call with all its results."""
        function = expression.function
        place = self.call_place(expression.line, self.name_of(function))
        if self.is_select(expression):
            return self.select(expression)
        if self.generators and self.is_yield(expression):
            return self.yield_(expression, place)
        code = self.value(function)
        if function.__class__ in (Constant, Logical, Unary, Binary):        # a name: Python warns of calls of literals
            code = f"({self.temporary()} := {code})"
        return self.invocation(place, code, expression.arguments)

    def call_place(self, line, name):
        """The place of a call; if it is a tail call, its function is no level of the stack: see diagnosis.py."""
        tail, self.in_tail = self.in_tail, False
        return self.place(f"{TAIL}{line}" if tail else line, name)

    def method_call(self, expression):
        place = self.call_place(expression.line, f"method {expression.name.decode('latin-1')}")
        method, subject = self.method(expression)
        return self.invocation(place, method, expression.arguments, subject)

    def method(self, expression):
        """The texts of the function and of the object of `object:name(...)`: the object is evaluated once."""
        subject = expression.object
        kind = self.kind(subject)
        key = repr(expression.name)
        first, code = self.plain(subject, Call(None, (), 0, 1))
        place = self.place(expression.line, self.name_of(subject))
        if subject.__class__ is Constant:
            return f"({place}index({first}, {key}, string_index))", code
        if kind is STRING:
            return f"string_index({first}, {key})", code
        if kind is TABLE:
            return f"{first}[{key}]", code
        return (f"({place}{code}[{key}] if {first}.__class__ is Table else "
                f"{place}method({code}, {key}, string_index))"), code

    def invocation(self, place, function, arguments, *leading):
        """The call itself. `function` is text; `leading`: texts of first arguments."""
        singles, rest = self.split(arguments)
        codes = [*leading, *[self.value(argument) for argument in singles]]
        plain = all([self.is_steady(argument) for argument in singles])
        if self.generators:
            return self.yielding_call(place, function, codes, rest, plain)
        if rest is None:
            return f"({place}{function}({', '.join(codes)}))"
        if rest.__class__ is not Vararg:
            name, callee = self.temporary(), self.temporary()
            # The function is evaluated before its arguments, and these in their order: a chain of comparisons does
            # that, all of which hold but the last one perhaps. No Lua value is the class `tuple`.
            test = f"({callee} := {function}) is not tuple is not "
            for position, argument in enumerate(singles, len(leading)):
                if not self.is_steady(argument):
                    early = self.temporary()
                    test += f"({early} := {codes[position]}) is not tuple is not "
                    codes[position] = early
            results = self.multiple(rest)
            before = "".join([f"{code}, " for code in codes])
            return (f"({place}{callee}({before}{name}) if {test}({name} := {results}).__class__ "
                    f"else {place}spread({callee}, ({before}*{name},)))")
        if not codes:
            return f"({place}spread({function}, va))"
        return f"({place}spread({function}, ({', '.join(codes)}, *va)))"

    def split(self, arguments):
        """(those that give exactly one value each, the last one if it may give any other number, else None)."""
        last = arguments[-1] if arguments else None
        if last.__class__ in MULTIPLE and not self.is_single(last):
            return arguments[:-1], last
        return arguments, None

    def yielding_call(self, place, function, codes, rest, plain):
        """A call from a generator: one that may yield, unless the function is a library's."""
        if rest is not None:
            codes.append(f"*{self.results(rest)}")
            plain = False
        if not plain:
            return f"({place}yield from call({', '.join([function] + codes)}))"
        name = self.temporary()
        together = "".join([f", {code}" for code in codes])
        return (f"({place}{name}({', '.join(codes)}) if not hasattr({name} := {function}, 'co') else "
                f"({place}yield from call({name}{together})))")

    def is_select(self, expression):
        """Whether this is `select("#", ...)` or `select(number, ...)`."""
        if expression.__class__ is not Call or expression.function.__class__ is not Global:
            return False
        arguments = expression.arguments
        return (expression.function.name == b"select" and len(arguments) == 2 and arguments[1].__class__ is Vararg
                and (arguments[0].__class__ is Constant and arguments[0].value == b"#"
                     or self.kind(arguments[0]) is NUMBER))

    @staticmethod
    def is_yield(expression):
        function, arguments = expression.function, expression.arguments
        return (function.__class__ is Index and function.table.__class__ is Global
                and function.table.name == b"coroutine" and function.key.__class__ is Constant
                and function.key.value == b"yield"
                and not (arguments and arguments[-1].__class__ in MULTIPLE))

    def yield_(self, expression, place):
        """`coroutine.yield(...)` without generators around the yield itself."""
        name = self.temporary()
        arguments = "".join([f"{self.value(argument)}, " for argument in expression.arguments])
        return (f"((yield ({arguments})) if ({name} := {self.value(expression.function)}) is yield_ else "
                f"({place}yield from call({name}, {arguments})))")

    def select(self, expression, single=False):
        """`select` of `...` without handing over all that is in it, as long as it is the library's `select`."""
        wanted = expression.arguments[0]
        place = self.place(expression.line, self.name_of(expression.function))
        test = f"{self.globals_code}[b'select'] is select"
        first, code = self.plain(wanted)
        ordinary = f"spread({self.globals_code}[b'select'], ({code}, *va))"
        if single:
            ordinary = f"first_of({ordinary})"
        if wanted.__class__ is Constant and wanted.value == b"#":
            return f"(float(len(va)) if {test} else {place}{ordinary})"
        if single:
            return f"(va[int({code}) - 1] if 1.0 <= {first} <= len(va) and {test} else {place}{ordinary})"
        return f"(va[int({code}) - 1:] if 1.0 <= {first} <= 255.0 and {test} else {place}{ordinary})"
