"""Random Lua expressions of known kinds, over the variables that are visible; some of the wrong kind.

Idea: every variable has a kind ("number", "string", "boolean", "sequence", "record", "function", "any"),
and an expression is asked for by kind, so that most of a program makes sense; with the probability `wrong`
it is of any kind instead, and then an error says which variable held what.
"""

from . import lua_values as values
from .lua_tokens import KEYWORDS

DEEPEST = 3
ANY = ("number", "string", "boolean", "sequence", "record", "function", "nil", "variable")
SCALARS = ("number", "string", "boolean")


def _as_prefix(text):
    """Return an expression so that it can be indexed or called."""
    return text if text.isidentifier() and text not in KEYWORDS else "(%s)" % text


def as_key(text):
    """Return an expression in brackets, as an index: [[ would begin a long string."""
    return "[%s%s]" % (" " * text.startswith("["), text)


class Variable:
    """A local variable: its name, and the kind of what it holds."""

    def __init__(self, name, kind):
        self.name = name
        self.kind = kind


class Expressions:
    """Writes expressions; `random` is the only source of chance. The subclass has `function_body`."""

    def __init__(self, random):
        self.random = random
        self.wrong = random.choice((0.0, 0.0, 0.02, 0.06, 0.15))
        self._scopes = [[]]
        self._counter = 0
        self._plain = False         # only what prints alike everywhere is wanted, also if it is wrong
        self._is_vararg = True

    # --- names and scopes -----------------------------------------------------------------------------

    def fresh(self, prefix="w"):
        """Return a name that nothing else uses."""
        self._counter += 1
        return "%s%d" % (prefix, self._counter)

    def declare(self, kind, name=None):
        variable = Variable(name or self.random.choice(values.NAMES), kind)
        self._scopes[-1].append(variable)
        return variable

    def visible(self, *kinds):
        """Return the variables of these kinds that a name still reaches."""
        found, seen = [], set()
        for scope in reversed(self._scopes):
            for variable in reversed(scope):
                if variable.name not in seen:
                    seen.add(variable.name)
                    if not kinds or variable.kind in kinds:
                        found.append(variable)
        return found

    def variable(self, *kinds):
        """Return the name of a visible variable of one of these kinds, or None."""
        found = self.visible(*kinds)
        return self.random.choice(found).name if found else None

    # --- expressions ----------------------------------------------------------------------------------

    def expression(self, kind, depth=0):
        """Return an expression that gives a value of this kind, or rarely another one."""
        random = self.random
        if random.random() < self.wrong:
            kind = self._wrong_kind(kind)
        if kind == "any":
            kind = random.choice(ANY)
        if kind == "variable":
            return self.variable() or random.choice(values.GLOBALS)
        text = getattr(self, "_" + kind)(depth + 1)
        if random.random() < 0.06:
            text = "(%s)" % text
        return text

    def _wrong_kind(self, kind):
        """Return another kind; no table for a sequence, whose length is defined, nor for what is printed."""
        if self._plain:
            return self.random.choice(("number", "string", "boolean", "nil"))
        if kind == "sequence":
            return self.random.choice(("number", "string", "boolean", "function", "nil"))
        return "any"

    def plain(self, kind, depth=0):
        """Return an expression whose value is no table or function: their texts have addresses in them."""
        kept, self._plain = self._plain, True
        text = self.expression(kind, depth)
        self._plain = kept
        return text

    def scalar(self, depth=0):
        return self.plain(self.random.choice(SCALARS), depth)

    def solid(self, kind, depth=0):
        """Return an expression that is never nil, for sequences: others may have several lengths."""
        chance = self.random.random()
        if chance < 0.4:
            return values.number(self.random) if kind == "number" else values.string(self.random)
        if chance < 0.7:
            return self._arithmetic(depth + 1) if kind == "number" else self._joined(depth + 1)
        return "(%s or %s)" % (self.expression(kind, depth + 1), values.number(self.random))

    def _nil(self, depth):
        return self.random.choice(("nil", "nil", "(nil)", "undefined", "({}).x"))

    def _number(self, depth):
        random = self.random
        if depth > DEEPEST or random.random() < 0.3:
            name = self.variable("number")
            return name if name and random.random() < 0.7 else values.number(random)
        return random.choice(self._NUMBERS)(self, depth)

    def _arithmetic(self, depth):
        operator = self.random.choice(values.ARITHMETIC + ["+", "-", "*"])
        left, right = self.expression("number", depth), self.expression("number", depth)
        text = "%s %s %s" % (left, operator, right)
        return text if self.random.random() < 0.3 else "(%s)" % text

    def _negative(self, depth):
        text = self.expression("number", depth)
        if text.strip("0x.") == "":
            return text         # in a function, lua5.1 keeps 0 and -0 as one constant: the first of them
        return "-%s%s" % (self.random.choice(("", " ")), "(%s)" % text if text.startswith("-") else text)

    def _length(self, depth):
        kind = self.random.choice(("string", "sequence"))
        text = self.expression(kind, depth)
        return "#" + _as_prefix(text)

    def _math(self, depth):
        random = self.random
        name = random.choice("floor ceil abs sqrt max min fmod pow floor abs".split())
        one = self.expression("number", depth)
        if name in ("max", "min", "fmod", "pow"):
            return "math.%s(%s, %s)" % (name, one, self.expression("number", depth))
        return "math.%s(%s)" % (name, one)

    def _number_call(self, depth):
        name = self.variable("function")
        arguments = ", ".join(self.plain("number", depth) for _ in range(self.random.randint(0, 3)))
        return "%s(%s)" % (name, arguments) if name else values.number(self.random)

    def _element(self, depth):
        name = self.variable("sequence")
        return "%s[%s]" % (name, self.random.choice(("1", "2", "#" + name, "1"))) if name else "3"

    def _field(self, depth):
        name = self.variable("record")
        return "%s.%s" % (name, self.random.choice(("x", "y"))) if name else "7"

    def _choice(self, kind):
        def choose(self, depth):
            condition = self.expression("boolean", depth)
            return "(%s and %s or %s)" % (condition, self.expression(kind, depth),
                                          self.expression(kind, depth))
        return choose

    def _string_as_number(self, depth):
        return "(%s %s %s)" % (self.random.choice(('"10"', '"2"', '"0x10"', '" 5 "', '"1e2"')),
                               self.random.choice(values.ARITHMETIC), self.expression("number", depth))

    def _converted(self, depth):
        random = self.random
        if random.random() < 0.5:
            return "(tonumber(%s) or 0)" % self.expression("string", depth)
        return "tonumber(%s, %d)" % (random.choice(('"10"', '"ff"', '"zz"', '"7"', '" 11 "', '"12"', "10")),
                                     random.choice((2, 8, 10, 16, 36)))

    def _counted(self, depth):
        return "select('#', %s)" % self.arguments(depth, least=1)

    _NUMBERS = (_arithmetic, _arithmetic, _arithmetic, _negative, _length, _math, _number_call, _element,
                _field, _choice(None, "number"), _string_as_number, _converted, _counted)

    def _string(self, depth):
        random = self.random
        if depth > DEEPEST or random.random() < 0.35:
            name = self.variable("string")
            return name if name and random.random() < 0.6 else values.string(random)
        return random.choice(self._STRINGS)(self, depth)

    def _joined(self, depth):
        parts = [self.expression(self.random.choice(("string", "number")), depth)
                 for _ in range(self.random.choice((2, 2, 2, 3, 4)))]
        return "(%s)" % " .. ".join(part if not part[0].isdigit() else " %s" % part for part in parts)

    def _shown(self, depth):
        return "tostring(%s)" % self.scalar(depth)

    def _typed(self, depth):
        return "type(%s)" % self.expression("any", depth)

    def _string_method(self, depth):
        random = self.random
        text = self.expression("string", depth)
        text = _as_prefix(text)
        method = random.choice(values.METHODS)
        if method == "rep":
            return "%s:rep(%s)" % (text, random.choice("0123"))
        if method == "sub":
            return "%s:sub(%d, %d)" % (text, random.randint(-4, 5), random.randint(-4, 9))
        if method in ("byte", "len"):
            return "tostring(%s:%s())" % (text, method)
        return "%s:%s()" % (text, method)

    def _string_function(self, depth):
        random = self.random
        subject, pattern = self.expression("string", depth), values.pattern(random)
        return random.choice((
            "(string.gsub(%s, %s, %s))" % (subject, pattern,
                                           random.choice(('"<%0>"', '"%1"', '""', '"-"', '"%1%1"'))),
            "tostring((string.match(%s, %s)))" % (subject, pattern),
            "tostring((string.find(%s, %s)))" % (subject, pattern),
            "string.format('%%s=%%d', %s, %s)" % (subject, self.expression("number", depth)),
            "string.format(%s, %s)" % (values.format_text(random), self.scalar(depth)),
            "table.concat({%s, %s}, %s)" % (subject, self.expression("number", depth), values.string(random)),
        ))

    _STRINGS = (_joined, _joined, _shown, _typed, _string_method, _string_method, _string_function,
                _choice(None, "string"))

    def _boolean(self, depth):
        random = self.random
        if depth > DEEPEST or random.random() < 0.25:
            return self.variable("boolean") or random.choice(("true", "false"))
        return random.choice(self._BOOLEANS)(self, depth)

    def _comparison(self, depth):
        kind = self.random.choice(("number", "number", "string"))
        return "(%s %s %s)" % (self.expression(kind, depth), self.random.choice(values.RELATIONS),
                               self.expression(kind, depth))

    def _equality(self, depth):
        return "(%s %s %s)" % (self.expression("any", depth), self.random.choice(("==", "~=")),
                               self.expression("any", depth))

    def _negation(self, depth):
        return "not " + self.expression(self.random.choice(("boolean", "any")), depth)

    def _combination(self, depth):
        return "(%s %s %s)" % (self.expression("boolean", depth), self.random.choice(("and", "or")),
                               self.expression("boolean", depth))

    _BOOLEANS = (_comparison, _comparison, _equality, _negation, _combination)

    def _sequence(self, depth):
        random = self.random
        name = self.variable("sequence")
        if name and random.random() < 0.6:
            return name
        kind = random.choice(("number", "number", "string"))
        items = [self.solid(kind, depth + 1) for _ in range(random.choice((0, 1, 3, 3, 5)))]
        ending = "," if items and random.random() < 0.1 else ""
        return "{%s%s}" % (random.choice((", ", ", ", "; ")).join(items), ending)

    def _record(self, depth):
        random = self.random
        name = self.variable("record")
        if name and random.random() < 0.6:
            return name
        parts = ["x = %s" % self.plain("number", depth + 1), "y = %s" % self.plain("number", depth + 1)]
        if random.random() < 0.4:
            parts.append("%s = %s" % (as_key(self.scalar(depth + 1)), self.scalar(depth + 1)))
        if random.random() < 0.3:
            parts.insert(0, self.solid("number", depth + 1))
        if random.random() < 0.2:
            parts.append(self.call(depth + 1))
        return "{%s}" % ", ".join(parts)

    def _function(self, depth):
        random = self.random
        name = self.variable("function")
        if name and random.random() < 0.6 or depth > 2:
            return name or "tostring"
        if random.random() < 0.2:
            return random.choice(("tostring", "math.abs", "math.max", "string.len", "select", "type"))
        parameters, body = self.function_body()
        return "function(%s) %s end" % (parameters, body.replace("\n", " "))

    def arguments(self, depth=1, least=0):
        """Return a list of expressions, the last one perhaps with several values."""
        random = self.random
        parts = [self.expression("any", depth + 1) for _ in range(random.randint(least, 3))]
        if random.random() < 0.25:
            parts.append(self.several(depth + 1))
        elif random.random() < 0.1:
            parts.insert(0, self.several(depth + 1))
        return ", ".join(parts)

    def several(self, depth=1):
        """Return an expression with any number of values."""
        random = self.random
        if self._is_vararg and random.random() < 0.3:
            return random.choice(("...", "...", "(...)", "select(2, ...)"))
        return random.choice((
            "unpack({%s})" % ", ".join(values.number(random) for _ in range(random.randint(0, 4))),
            "unpack({1, 2, 3}, %d, %d)" % (random.randint(-1, 3), random.randint(0, 4)),
            "string.byte(%s, 1, -1)" % values.string(random),
            "string.find(%s, %s)" % (values.string(random), values.pattern(random)),
            "pcall(%s, %s)" % (self.expression("function", depth), self.plain("number", depth)),
            "(function(...) return ... end)(%s)" % ", ".join(
                self.scalar(depth + 1) for _ in range(random.randint(0, 3))),
            "(function() end)()", self.call(depth)))

    def call(self, depth=1):
        """Return a call of some function."""
        name = self.variable("function") or "math.max"
        arguments = [self.plain("number", depth) for _ in range(self.random.randint(1, 3))]
        return "%s(%s)" % (name, ", ".join(arguments))
