"""The Python text of operators, indexes and table constructors. See emitter.py."""
from .emitter_text import DEEPEST, TextEmitter
from .inference import ALWAYS_TRUE, BOOLEAN, FUNCTION, NIL, NUMBER, STRING, TABLE
from .syntax import MULTIPLE, Binary, Constant, Local, Logical, Unary

__all__ = ["OperatorEmitter"]

_COPIED = 60            # characters of text that may stand twice
_LEAST_INEXACT = 9007199254740992.0             # 2^53: up to it doubles hold all whole numbers
_ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo", "^": "power"}
_COMPARISONS = {"<": ("<", "lt"), "<=": ("<=", "le"), ">": (">", "lt"), ">=": (">=", "le")}


class OperatorEmitter(TextEmitter):
    """Writes operations: the usual case behind a test, and a call of operations.py for the others."""

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
            test = f"{test} and {self.is_exact(left_code, right)}"
        return (f"({left_code} {operator} {right_code} if {test} else "
                f"{place}{slow}({left_code}, {right_code}))")

    def of_known_numbers(self, left, operator, right):
        """An operation that needs no test."""
        if operator == "%":
            divisor = self.value(right)
            if left.__class__ is Local and left.variable.is_counter:
                return f"({self.value(left)} % {divisor})"
            first, code = self.plain(left)
            return f"({code} % {divisor} if {self.is_exact(first, right)} else modulo({code}, {divisor}))"
        return self.of_two(left, right, lambda one, other: f"{one} {operator} {other}")

    @staticmethod
    def is_exact(left_code, right):
        """The test whether Python's remainder is Lua's, `a - floor(a / b) * b`: all of that is below 2^53."""
        return f"{right.value - _LEAST_INEXACT!r} <= {left_code} < {_LEAST_INEXACT!r}"

    def of_two(self, left, right, operation):
        """What `operation` makes of the texts of two operands; a late left one is read after the right one."""
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
                if other.__class__ in (Binary, Unary, Logical):          # Python warns of what it folds to a literal
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
        if kind in ALWAYS_TRUE:
            test = f"{first} is not None"
        else:
            test = f"{first} is not None and {name} is not False"
        right_code = self.value(right)
        return f"({right_code} if {test} else {name})" if is_and else f"({name} if {test} else {right_code})"

    def condition(self, expression):
        """The text of a Python condition: whether an expression is neither nil nor false."""
        if expression.depth > DEEPEST:
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
        if known in ALWAYS_TRUE:               # a name for it, since Python warns of literals that are compared by `is`
            if self.is_plain(expression):
                return "True"
            return f"(({self.temporary()} := {self.value(expression)}) is not None)"
        first, code = self.plain(expression)
        return f"({first} is not None and {code} is not False)"

    # --- tables

    def key(self, expression):
        """(text that evaluates a key, text that repeats it), with booleans replaced by what stands for them."""
        kind = self.kind(expression)
        if expression.__class__ is Constant:
            code = f"BOOLEAN_KEY[{expression.value!r}]" if kind is BOOLEAN else self.value(expression)
            return code, code
        if kind in ALWAYS_TRUE:
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
                return (f"({place}{self.value(table)}[{name}] if ({name} := {self.key(key)[0]}) is not NOTHING "
                        "else None)")
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
        rest = last[1] if last[0] is None and last[1].__class__ in MULTIPLE else None
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
