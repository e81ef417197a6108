"""From the syntax tree to Python source text: expressions. Statements are in emitter_statements.py.

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
from .diagnosis import TAIL
from .inference import BOOLEAN, FUNCTION, NIL, NUMBER, STRING, TABLE, kind_of
from .syntax import (Binary, Call, Constant, Function, Global, Index, Local, Logical, MethodCall, Parenthesized,
                     TableConstructor, Unary, Vararg)

__all__ = ["ExpressionEmitter", "Known"]

_DEEPEST = 18           # levels of an expression in one Python expression: Python allows 200 parentheses
_COPIED = 60            # characters of text that may stand twice
_EXACT = "-9007199254740992.0 < {} < 9007199254740992.0"       # whole numbers up to 2^53
_ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo", "^": "power"}
_COMPARISONS = {"<": ("<", "lt"), "<=": ("<=", "le"), ">": (">", "lt"), ">=": (">=", "le")}
_ALWAYS_TRUE = (NUMBER, STRING, TABLE, FUNCTION)
_MARK, _END_OF_MARK = "\x01", "\x02"


class Known:
    """An expression that has been evaluated already: the Python name of its value."""

    __slots__ = ("code", "kind", "name", "line", "depth")

    def __init__(self, code, kind, name, line):
        self.code = code
        self.kind = kind
        self.name = name
        self.line = line
        self.depth = 1


class ExpressionEmitter:
    """Writes the Python text of expressions; state that belongs to the function being written."""

    def __init__(self, generators, environments):
        self.generators = generators
        self.environments = environments
        self.globals_code = "E[0]" if environments else "G"
        self.out = []                           # lines, with marks
        self.pad = ""
        self.function = None                    # syntax.Function being written
        self.temporaries = 0
        self.zero = None                        # how its first constant 0 is written: "0.0" or "-0.0"
        self.in_tail = False                    # the call that is being written is the last act of its function

    # --- lines, places, temporaries

    def line(self, text, line=0, *names):
        """Write a line; `line` and `names` as for `place`."""
        if line:
            self.out.append(f"{_MARK}{self.entry(line, names)}{_END_OF_MARK}{self.pad}{text}")
        else:
            self.out.append(self.pad + text)

    def indent(self):
        self.pad += " "

    def dedent(self):
        self.pad = self.pad[:-1]

    def place(self, line, *names):
        """The mark to put before an operation inside parentheses: its Lua line, and the names of its operands."""
        return f"\n{_MARK}{self.entry(line, names)}{_END_OF_MARK}"

    @staticmethod
    def entry(line, names):
        return "\t".join((str(line), *names)) if names else str(line)

    def finish(self):
        """The Python text and, for each of its lines from the first, the entry of its place."""
        texts, entries = [], []
        for line in "\n".join(self.out).split("\n"):
            if line.startswith(_MARK):
                entry, _, line = line[1:].partition(_END_OF_MARK)
                entries.append(entry)
            else:
                entries.append("")
            texts.append(line)
        return "\n".join(texts) + "\n", entries

    def temporary(self):
        self.temporaries += 1
        return f"t{self.temporaries}"

    def name_of(self, expression):
        """How messages call an expression: "local x", "global x", "upvalue x", "field x", "method x" or nothing."""
        kind = expression.__class__
        if kind is Local:
            scope = "local" if expression.variable.function is self.function else "upvalue"
            return f"{scope} {expression.variable.name.decode('latin-1')}"
        if kind is Global:
            return f"global {expression.name.decode('latin-1')}"
        if kind is Index:
            key = expression.key
            if key.__class__ is Constant and key.value.__class__ is bytes:
                return "field " + key.value.decode("latin-1").encode("unicode_escape").decode()
            return "field ?"
        if kind is Known:
            return expression.name
        if kind is Logical:
            return self.name_of_logical(expression)
        return ""

    def name_of_logical(self, expression):
        """What ldebug.c makes of the jumps of `and` and `or`: of some it sees the last part."""
        left, operator = expression.left, expression.operator
        if left.__class__ is Constant:          # known to be skipped: no jump at all
            return self.name_of(expression.right) if self.is_skipped(left, operator) else ""
        if operator == "or" and left.__class__ is Logical and left.operator == "and":
            first = left.left
            while first.__class__ is Logical:
                first = first.left
            if first.__class__ is not Constant or self.is_skipped(first, "or"):
                return self.name_of(expression.right)
        return ""

    @staticmethod
    def is_skipped(left, operator):
        """Whether the value of `left operator right` always is that of the right side: `1 and x`, `nil or x`."""
        return left.__class__ is Constant and (left.value is None or left.value is False) == (operator == "or")

    # --- names

    @staticmethod
    def variable_name(variable):
        return f"{variable.name.decode()}_{variable.number}"

    @staticmethod
    def is_boxed(variable):
        """Whether a variable lives in a list of one: each round of a loop makes a new one, which functions share."""
        return variable.in_loop and variable.captured and variable.assigned > 0

    def local(self, variable):
        """The text that reads or is assigned a variable."""
        name = self.variable_name(variable)
        return f"{name}[0]" if self.is_boxed(variable) else name

    def is_plain(self, expression):
        """Whether the text of an expression is short, has no effects and never fails: it may stand twice."""
        kind = expression.__class__
        return kind is Local or kind is Constant or kind is Known

    def is_steady(self, expression):
        """Whether what is evaluated after it cannot change an expression's value."""
        if expression.__class__ is Local:
            return not expression.variable.captured or not expression.variable.assigned
        return expression.__class__ is Constant or expression.__class__ is Known

    def is_late(self, expression):
        """Whether an operand is read when the operation is done, after the other one: Lua does so with own locals."""
        return (expression.__class__ is Local and expression.variable.function is self.function
                and not self.is_steady(expression))

    def plain(self, expression, follower=None, late=False):
        """(text that introduces it, text that repeats it) of an operand that a test looks at before it is used.

        `follower` is evaluated between the two: a variable that it may change is copied first, unless it is
        to be read `late`.
        """
        code = self.value(expression)
        if self.is_plain(expression) and (follower is None or self.is_plain(follower) or self.is_steady(expression)
                                          or late and self.is_late(expression)):
            return code, code
        name = self.temporary()
        return f"({name} := {code})", name

    def kind(self, expression):
        return expression.kind if expression.__class__ is Known else kind_of(expression)

    # --- values

    def value(self, expression):
        """The text of exactly one value: a name, a literal, or something in parentheses."""
        if expression.depth > _DEEPEST:
            expression = self.flattened(expression)
        return _VALUES[expression.__class__](self, expression)

    def multiple(self, expression):
        """The text of a call or `...` with all its results: one value bare, or a tuple."""
        if expression.__class__ is Vararg:
            return "va"
        if expression.depth > _DEEPEST:
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

    # --- operators

    def binary(self, expression):
        operator = expression.operator
        if operator in _ARITHMETIC:
            return self.arithmetic(expression)
        if operator == "..":
            return self.concatenation(expression)
        return self.comparison(expression)

    def arithmetic(self, expression):
        operator, left, right = expression.operator, expression.left, expression.right
        left_kind, right_kind = self.kind(left), self.kind(right)
        slow = _ARITHMETIC[operator]
        place = self.place(expression.line, self.name_of(left), self.name_of(right))
        divides = operator in "/%"
        # Python's remainder by a positive whole number is Lua's, as long as the quotient is exact.
        divisor_is_fine = right.__class__ is Constant and right.value.__class__ is float and right.value > 0
        if operator == "^" or operator == "%" and not (
                divisor_is_fine and right.value.is_integer() and right.value < 1e15):
            return self.of_two(left, right, lambda one, other: f"{place}{slow}({one}, {other})")
        if left_kind is right_kind is NUMBER:
            if not divides or divisor_is_fine:
                return self.of_known_numbers(left, operator, right)
        left_code, right_code, test = self.number_test(left, right)
        if divides and not divisor_is_fine:
            test = f"{test} and {right_code}"
        if operator == "%":
            test = f"{test} and {_EXACT.format(left_code)}"
        return (f"({left_code} {operator} {right_code} if {test} else "
                f"{place}{slow}({left_code}, {right_code}))")

    def of_known_numbers(self, left, operator, right):
        """An operation that needs no test."""
        if operator == "%":
            divisor = self.value(right)
            if left.__class__ is Local and left.variable.is_counter:
                return f"({self.value(left)} % {divisor})"
            first, code = self.plain(left)
            return f"({code} % {divisor} if {_EXACT.format(first)} else modulo({code}, {divisor}))"
        return self.of_two(left, right, lambda one, other: f"{one} {operator} {other}")

    def of_two(self, left, right, operation):
        """The text that `operation` makes of those of two operands; of a late left one the value after the right one."""
        if self.is_late(left) and not self.is_plain(right):
            name = self.temporary()
            return f"({operation(self.value(left), name)} if ({name} := {self.value(right)}) is not NOTHING else None)"
        return f"({operation(self.value(left), self.value(right))})"

    def number_test(self, left, right):
        """The texts of two operands, and that of the test whether both are numbers, which evaluates them first."""
        first, left_code = self.plain(left, right, late=True)
        second, right_code = self.plain(right)
        if self.kind(left) is NUMBER and first == left_code:
            return left_code, right_code, f"{second}.__class__ is float"
        if self.kind(right) is NUMBER and second == right_code:
            return left_code, right_code, f"{first}.__class__ is float"
        if second != right_code and self.is_late(left):
            first, second = second, first
        return left_code, right_code, f"{first}.__class__ is {second}.__class__ is float"

    def concatenation(self, expression):
        parts = [expression.left]
        right = expression.right
        while right.__class__ is Binary and right.operator == "..":
            parts.append(right.left)
            right = right.right
        parts.append(right)
        kinds = [self.kind(part) for part in parts]
        if all(kind is STRING or kind is NUMBER for kind in kinds):
            return "(" + " + ".join([self.value(part) if kind is STRING else f"number_text({self.value(part)})"
                                     for part, kind in zip(parts, kinds)]) + ")"
        names = [self.name_of(part) for part in parts]
        if len(parts) == 2 and NUMBER not in kinds:
            first, left = self.plain(parts[0], parts[1])
            second, right = self.plain(parts[1])
            if kinds[0] is STRING and first == left:
                test = f"{second}.__class__ is bytes"
            elif kinds[1] is STRING and second == right:
                test = f"{first}.__class__ is bytes"
            else:
                test = f"{first}.__class__ is {second}.__class__ is bytes"
            return f"({left} + {right} if {test} else {self.place(expression.line, *names)}concat_two({left}, {right}))"
        codes = [self.value(part) for part in parts]
        return f"({self.place(expression.line, *names)}concat({', '.join(codes)}))"

    def comparison(self, expression):
        """Comparisons give Python's True and False."""
        operator, left, right = expression.operator, expression.left, expression.right
        if operator in ("==", "~="):
            return self.equality(expression, operator == "==")
        left_kind, right_kind = self.kind(left), self.kind(right)
        symbol, slow = _COMPARISONS[operator]
        if left_kind is right_kind and left_kind in (NUMBER, STRING):
            return self.of_known_numbers(left, symbol, right)
        left_code, right_code, test = self.number_test(left, right)
        pair = f"{right_code}, {left_code}" if operator[0] == ">" else f"{left_code}, {right_code}"
        return f"({left_code} {symbol} {right_code} if {test} else {self.place(expression.line)}{slow}({pair}))"

    def equality(self, expression, wanted):
        left, right = expression.left, expression.right
        for one, other in ((right, left), (left, right)):
            if one.__class__ is Constant and one.value.__class__ in (bool, type(None)):
                if other.__class__ is Constant:
                    return repr((one.value is other.value) == wanted)
                code = self.value(other)
                if other.__class__ in (Binary, Unary):          # Python warns of what it folds to a literal
                    code = f"({self.temporary()} := {code})"
                return f"({code} {'is' if wanted else 'is not'} {one.value!r})"
        symbol, word, conjunction = ("==", "is", "and") if wanted else ("!=", "is not", "or")
        kinds = self.kind(left), self.kind(right)
        constants = [each.value for each in (left, right) if each.__class__ is Constant]
        same = kinds[0] is kinds[1] and kinds[0] is not None
        if same or STRING in kinds or any(value not in (0.0, 1.0) for value in constants):
            place = "" if same else self.place(expression.line)
            return f"({place}{self.of_known_numbers(left, symbol, right)})"
        first, left_code = self.plain(left, right, late=True)
        second, right_code = self.plain(right)
        if second != right_code and self.is_late(left):
            first, second = second, first
        if NUMBER in kinds:
            test = f"{(left_code if kinds[1] is NUMBER else right_code)}.__class__ {word} float"
        else:
            test = f"{left_code}.__class__ {word} {right_code}.__class__"
        return f"({self.place(expression.line)}{first} {symbol} {second} {conjunction} {test})"

    def unary(self, expression):
        operand = expression.operand
        if expression.operator == "not":
            return f"(not {self.condition(operand)})"
        place = self.place(expression.line, self.name_of(operand))
        if expression.operator == "#":
            return f"({place}length({self.value(operand)}))"
        if self.kind(operand) is NUMBER:
            return f"(-{self.value(operand)})"
        first, code = self.plain(operand)
        return f"(-{code} if {first}.__class__ is float else {place}negate({code}))"

    def logical(self, expression):
        left, right = expression.left, expression.right
        if self.is_skipped(left, expression.operator):
            return self.value(right)
        kind = self.kind(left)
        is_and = expression.operator == "and"
        if kind is BOOLEAN:
            return f"({self.value(left)} {expression.operator} {self.value(right)})"
        name = self.temporary()
        first = f"({name} := {self.value(left)})"
        if kind in _ALWAYS_TRUE:
            test = f"{first} is not None"
        else:
            test = f"{first} is not None and {name} is not False"
        right_code = self.value(right)
        return f"({right_code} if {test} else {name})" if is_and else f"({name} if {test} else {right_code})"

    def condition(self, expression):
        """The text of a Python condition: whether an expression is neither nil nor false."""
        if expression.depth > _DEEPEST:
            expression = self.flattened(expression)
        kind = expression.__class__
        if kind is Logical:
            return f"({self.condition(expression.left)} {expression.operator} {self.condition(expression.right)})"
        if kind is Unary and expression.operator == "not":
            return f"(not {self.condition(expression.operand)})"
        if kind is Constant:
            return "False" if expression.value is None or expression.value is False else "True"
        known = self.kind(expression)
        if known is BOOLEAN:
            return self.value(expression)
        if known in _ALWAYS_TRUE:               # a name for it, since Python warns of literals that are compared by `is`
            return "True" if self.is_plain(expression) else f"(({self.temporary()} := {self.value(expression)}) is not None)"
        first, code = self.plain(expression)
        return f"({first} is not None and {code} is not False)"

    # --- tables

    def key(self, expression):
        """(text that evaluates a key, text that repeats it), with booleans replaced by what stands for them."""
        kind = self.kind(expression)
        if expression.__class__ is Constant:
            code = f"BOOLEAN_KEY[{expression.value!r}]" if kind is BOOLEAN else self.value(expression)
            return code, code
        if kind in (NUMBER, STRING, TABLE, FUNCTION):
            if self.is_plain(expression):
                return (self.value(expression),) * 2
            code = self.value(expression)
            if len(code) < _COPIED and "\n" not in code and ":=" not in code:
                return code, code
            name = self.temporary()
            return f"({name} := {code})", name
        first, code = self.plain(expression)
        if first == code:
            code = f"({code} if {code}.__class__ is not bool else BOOLEAN_KEY[{code}])"
            return code, code
        return f"({code} if {first}.__class__ is not bool else ({code} := BOOLEAN_KEY[{code}]))", code

    def index(self, expression):
        table, key = expression.table, expression.key
        kind = self.kind(table)
        place = self.place(expression.line, self.name_of(table))
        if table.__class__ is Constant:
            return f"({place}index({self.value(table)}, {self.value(key)}, string_index))"
        if kind is TABLE:
            if self.is_late(table) and not self.is_plain(key):
                name = self.temporary()
                return f"({place}{self.value(table)}[{name}] if ({name} := {self.key(key)[0]}) is not NOTHING else None)"
            return f"({place}{self.value(table)}[{self.key(key)[0]}])"
        if kind is STRING:
            return f"({place}string_index({self.value(table)}, {self.value(key)}))"
        if self.is_plain(table) and (self.is_plain(key) or self.is_steady(table) or self.is_late(table)):
            first = code = self.value(table)
        else:
            code = self.temporary()
            first = f"({code} := {self.value(table)})"
        evaluated, repeated = self.key(key)
        if evaluated == repeated:
            return (f"({place}{code}[{repeated}] if {first}.__class__ is not bytes else "
                    f"string_index({code}, {repeated}))")
        # The test must evaluate both, in order; `bytes is not (key := ...)` is always true.
        if len(evaluated) <= _COPIED and "\n" not in evaluated:
            return (f"({place}{code}[{repeated}] if {first}.__class__ is not bytes is not {evaluated} else "
                    f"string_index({code}, {evaluated}))")
        return (f"({place}{code}[{repeated}] if ({first}, {evaluated})[0].__class__ is not bytes else "
                f"string_index({code}, {repeated}))")

    def table_constructor(self, expression):
        items = expression.items
        if not items:
            return "Table()"
        last = items[-1]
        rest = last[1] if last[0] is None and last[1].__class__ in (Call, MethodCall, Vararg) else None
        if rest is not None:
            if len(items) == 1:
                return f"array_of({self.results(rest)})"
            items = items[:-1]
        simple = rest is None and all(key is None or key.__class__ is Constant and key.value.__class__ is bytes
                                      for key, _, _ in items)
        if simple:
            return self.simple_table(items)
        # Everything is evaluated in the script's order; build_table stores what has a key first, as Lua does.
        named, positional = [], []
        texts = []
        for key, value, line in items:
            name = self.temporary()
            if key is None:
                texts.append(f"({name} := {self.value(value)})")
                positional.append(name)
            else:
                name_of_key = self.temporary()
                texts.append(f"({name_of_key} := {self.value(key)}), ({name} := {self.value(value)})")
                if self.kind(key) not in (STRING, TABLE, FUNCTION, BOOLEAN):
                    texts.append(f"({self.place(line)}check_key({name_of_key}))")
                named.append(f"({name_of_key}, {name})")
        rest_name = self.temporary()
        texts.append(f"({rest_name} := {self.results(rest) if rest is not None else '()'})")
        place = self.place(expression.line)
        return (f"({place}build_table(({''.join(f'{each}, ' for each in named)}), "
                f"({''.join(f'{each}, ' for each in positional)}), {rest_name}) if ({', '.join(texts)},) else None)")

    def simple_table(self, items):
        """A constructor of names and positions: the literal of a dict."""
        position = 0
        pairs = []
        may_hold_nil = False
        for key, value, _ in items:
            if key is None:
                position += 1
                code = f"{float(position)!r}"
            else:
                code = repr(key.value)
            if self.kind(value) in (None, NIL):
                may_hold_nil = True
            pairs.append((key is None, f"{code}: {self.value(value)}"))
        if all(self.is_plain(value) for _, value, _ in items):      # the order does not matter: arrays come first
            pairs.sort(key=lambda pair: not pair[0])
        literal = "{" + ", ".join([text for _, text in pairs]) + "}"
        return f"without_nils({literal}, {float(position)!r})" if may_hold_nil else f"Table({literal})"

    # --- calls

    def call(self, expression):
        """A call with all its results."""
        function = expression.function
        place = self.call_place(expression.line, self.name_of(function))
        if function.__class__ is Constant:
            return self.invocation(place, f"call_value, {self.value(function)}", expression.arguments)
        if self.is_select(expression):
            return self.select(expression)
        if self.generators and self.is_yield(expression):
            return self.yield_(expression, place)
        code = self.value(function)
        if function.__class__ in (Logical, Unary, Binary):      # a name for it: Python warns of literals that are called
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
        return f"({place}{code}[{key}] if {first}.__class__ is Table else {place}method({code}, {key}, string_index))", code

    def invocation(self, place, function, arguments, *leading):
        """The call itself. `function` is text; `leading`: texts of first arguments."""
        codes = list(leading)
        rest = arguments[-1] if arguments and arguments[-1].__class__ in (Call, MethodCall, Vararg) else None
        if rest is not None and self.is_single(rest):
            rest = None
        plain = True
        for argument in arguments[:-1] if rest is not None else arguments:
            codes.append(self.value(argument))
            plain = plain and (self.is_steady(argument))
        if self.generators:
            return self.yielding_call(place, function, codes, rest, plain)
        if function.startswith("call_value, "):
            function, codes = "call_value", [function[12:], *codes]
        if rest is None:
            return f"({place}{function}({', '.join(codes)}))"
        if plain and rest.__class__ is not Vararg:
            name, callee = self.temporary(), self.temporary()
            results = self.multiple(rest)
            before = "".join([f"{code}, " for code in codes])
            # The function is evaluated before its arguments; no Lua value is the class `tuple`.
            return (f"({place}{callee}({before}{name}) if ({callee} := {function}) is not tuple is not "
                    f"({name} := {results}).__class__ else {place}spread({callee}, ({before}*{name},)))")
        if not codes:
            return f"({place}spread({function}, {self.results(rest)}))"
        return f"({place}spread({function}, ({', '.join(codes)}, *{self.results(rest)})))"

    def yielding_call(self, place, function, codes, rest, plain):
        """A call from a generator: one that may yield, unless the function is a library's."""
        if rest is not None:
            codes.append(f"*{self.results(rest)}")
            plain = False
        if not plain or function.startswith("call_value, "):
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
                and not (arguments and arguments[-1].__class__ in (Call, MethodCall, Vararg)))

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

    # --- deep expressions

    def flattened(self, expression):
        """Write the parts of a deep expression as statements of their own; returns the Known that is left."""
        node = expression.__class__
        if node is Function:
            return expression
        if node is Logical:
            return self.flat_logical(expression)
        if node is Binary:
            return self.flat_binary(expression)
        expression = self.flat_parts(expression)
        return self.keep(expression)

    def keep(self, expression):
        """Evaluate an expression now, as a statement; returns the Known."""
        name = self.temporary()
        kind = self.kind(expression)
        self.line(f"{name} = {self.value(expression)}", expression.line)
        return Known(name, kind, "", expression.line)

    def flat_part(self, expression):
        """A part of a flattened expression, evaluated now unless nothing can change it."""
        if expression.__class__ is Constant or expression.__class__ is Known:
            return expression
        if expression.__class__ is Local and self.is_steady(expression):
            return expression
        name = self.name_of(expression)
        known = self.flattened(expression) if expression.depth > _DEEPEST else self.keep(expression)
        if known.__class__ is Function:
            return known
        return Known(known.code, known.kind, name, expression.line)

    def flat_operand(self, expression):
        """The same for a left operand, which is not evaluated yet if it is to be read late."""
        return expression if self.is_late(expression) else self.flat_part(expression)

    def flat_binary(self, expression):
        """Chains like a + b + c ... lean to the left and may be long: from the innermost outwards."""
        chain = []
        while expression.__class__ is Binary and expression.depth > _DEEPEST:
            chain.append(expression)
            expression = expression.left
        if chain[0].operator == "..":           # leans to the right instead
            return self.flat_concatenation(chain[0])
        left = self.flat_operand(expression)
        for node in reversed(chain):
            right = self.flat_part(node.right)
            left = self.keep(Binary(node.operator, left, right, node.line, 2))
        return left

    def flat_concatenation(self, expression):
        parts = [self.flat_part(expression.left)]
        right = expression.right
        while right.__class__ is Binary and right.operator == "..":
            parts.append(self.flat_part(right.left))
            right = right.right
        parts.append(self.flat_part(right))
        name = self.temporary()
        self.line(f"{name} = concat({', '.join([self.value(part) for part in parts])})", expression.line,
                  *[self.name_of(part) for part in parts])
        return Known(name, None, "", expression.line)

    def flat_logical(self, expression):
        chain = []
        while expression.__class__ is Logical and expression.depth > _DEEPEST:
            chain.append(expression)
            expression = expression.left
        left = self.flat_part(expression)
        name = self.temporary()
        self.line(f"{name} = {self.value(left)}", expression.line)
        for node in reversed(chain):
            known = Known(name, None, "", node.line)
            test = self.condition(known)
            self.line(f"if {test}:" if node.operator == "and" else f"if not {test}:")
            self.indent()
            right = self.flat_part(node.right)
            self.line(f"{name} = {self.value(right)}", node.line)
            self.dedent()
        return Known(name, None, "", expression.line)

    def flat_parts(self, expression):
        """The same expression with its parts evaluated already."""
        node = expression.__class__
        if node is Unary:
            return Unary(expression.operator, self.flat_part(expression.operand), expression.line, 2)
        if node is Index:
            return Index(self.flat_operand(expression.table), self.flat_part(expression.key), expression.line, 2)
        if node is Parenthesized:
            return Parenthesized(self.flat_parts(expression.expression), expression.line, 2)
        if node is Call:
            function = self.flat_part(expression.function)
            return Call(function, self.flat_arguments(expression.arguments), expression.line, 2)
        if node is MethodCall:
            subject = self.flat_part(expression.object)
            return MethodCall(subject, expression.name, self.flat_arguments(expression.arguments), expression.line, 2)
        items = []
        for position, (key, value, line) in enumerate(expression.items):
            key = key and self.flat_part(key)
            is_last = position == len(expression.items) - 1
            items.append((key, self.flat_arguments([value])[0] if is_last and key is None else self.flat_part(value),
                          line))
        return TableConstructor(items, expression.line, 2)

    def flat_arguments(self, arguments):
        """A list of values, the last of which may be a call with all its results."""
        flat = [self.flat_part(argument) for argument in arguments[:-1]]
        if arguments:
            last = arguments[-1]
            if last.__class__ in (Call, MethodCall):
                flat.append(self.flat_parts(last) if last.depth > _DEEPEST else last)
            elif last.__class__ is Vararg:
                flat.append(last)
            else:
                flat.append(self.flat_part(last))
        return flat

    def evaluated_in_order(self, expressions):
        """Expressions for one statement: if one is deep, those before it are evaluated before it."""
        if any(expression.depth > _DEEPEST for expression in expressions):
            return self.flat_arguments(expressions)
        return expressions

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
