"""What all parts of the emitter write with: lines and places, names of variables, temporaries. See emitter.py."""
from .inference import kind_of
from .syntax import Constant, Global, Index, Local, Logical

__all__ = ["TextEmitter", "Known", "DEEPEST"]

DEEPEST = 18            # levels of an expression in one Python expression: Python allows 200 parentheses
_DEEPEST_BLOCK = 100    # Python's own limit
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


class TextEmitter:
    """Writes lines with places, and knows about names; its state belongs to the function that is being written."""

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
        if len(self.pad) >= _DEEPEST_BLOCK:     # else thousands of levels could be written in vain
            raise SyntaxError("too many levels of indentation")
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
        """What ldebug.c makes of the jumps of `and` and `or`: it sees the last part if the first jump leads there."""
        return "" if _jump_of(expression.left, expression.operator) == expression.operator else (
            self.name_of(expression.right))

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


def _jump_of(expression, operator):
    """How the left operand of `operator` is left by whoever follows each jump: by that of an "and" or of an "or".

    "and" jumps when something is false, "or" when it is true: `a and b or c` is left by the jump of its "and", to c.
    There are no jumps that a constant would never take.
    """
    if expression.__class__ is Constant:
        return "and" if expression.value is None or expression.value is False else "or"
    if expression.__class__ is not Logical:
        return operator
    if _jump_of(expression.left, expression.operator) == expression.operator:
        return expression.operator
    return _jump_of(expression.right, operator)
