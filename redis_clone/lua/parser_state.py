"""What expressions.py and parser.py share: the tokens, the errors, and which names mean what.

Names are resolved while reading: `names` maps each name that is visible right now to its Variable, for all
functions at once, and what a block hides is put back when it ends. A name whose Variable belongs to another
function is captured by all functions in between.

A parser is used by one thread; there is no shared state.
"""
from .errors import LuaError, chunk_id
from .lexer import shown_string
from .syntax import Function, Local, Variable

__all__ = ["ParserState", "MOST_LEVELS"]

MOST_LEVELS = 200                               # of blocks and expressions in each other
_MOST_LOCALS = 200                              # of one function at a time
_MOST_CAPTURES = 60
_SHOWN_CHUNK = 80                               # room for the chunk's name; messages at run time have 60


class ParserState:
    """The state of one parse.

    at           index of the token that is looked at
    names        name -> Variable that it means now
    hidden       (name, the Variable or None it meant before), of all open blocks
    function     the innermost Function; `locals` and `loops` count those open in it
    levels       nested blocks and expressions
    variables, functions   how many there have been
    settled      what was in parentheses last: it has been read when they were closed
    """

    __slots__ = ("kinds", "texts", "lines", "tokens", "chunk_name", "at", "names", "hidden", "function",
                 "locals", "loops", "levels", "variables", "functions", "settled")

    def __init__(self, tokens, chunk_name):
        self.tokens = tokens
        self.kinds, self.texts, self.lines = tokens.kinds, tokens.texts, tokens.lines
        self.chunk_name = chunk_name
        self.at = self.locals = self.loops = self.levels = self.variables = 0
        self.functions = 1
        self.names = {}
        self.hidden = []
        self.function = Function(None, 1, 0)
        self.settled = None

    # --- errors --------------------------------------------------------------------------------------------

    def fail(self, message, near=True):
        """Raise an error at the token looked at; if that is none, the lexer's error comes first."""
        line = self.lines[self.at]
        if self.kinds[self.at] == "<error>":
            line, message = self.tokens.failure
        elif near:
            message += self.near()
        raise LuaError(b"%s:%d: %s" % (chunk_id(self.chunk_name, _SHOWN_CHUNK), line, message))

    def near(self):
        """" near 'x'" for the token looked at; nothing for a NUL, as in C."""
        kind, text = self.kinds[self.at], self.texts[self.at]
        if kind == "<eof>":
            text = b"<eof>"
        elif kind == "<string>":
            text = shown_string(text, self.tokens.constants[text]).split(b"\0", 1)[0]
        elif kind == "<char>":
            if text == b"\0":
                return b""
            if text < b" " or text == b"\x7f":
                text = b"char(%d)" % text[0]
        return b" near '%s'" % text

    def fail_expected(self, kind):
        self.fail(b"'%s' expected" % kind.encode())

    def check(self, kind):
        if self.kinds[self.at] != kind:
            self.fail_expected(kind)

    def skip(self, kind):
        """Go past a token that must be there."""
        if self.kinds[self.at] != kind:
            self.fail_expected(kind)
        self.at += 1

    def close(self, kind, opened, line):
        """Go past what closes `opened` of `line`."""
        if self.kinds[self.at] != kind:
            if line == self.lines[self.at]:
                self.fail_expected(kind)
            self.fail(b"'%s' expected (to close '%s' at line %d)" % (kind.encode(), opened.encode(), line))
        self.at += 1

    def fail_limit(self, function, limit, what):
        where = b"function at line %d" % function.line if function.line else b"main function"
        self.fail(b"%s has more than %d %s" % (where, limit, what), near=False)

    def enter_level(self):
        self.levels += 1
        if self.levels > MOST_LEVELS:
            self.fail(b"chunk has too many syntax levels", near=False)

    # --- names ---------------------------------------------------------------------------------------------

    def name(self):
        """Go past a name, which is returned."""
        at = self.at
        if self.kinds[at] != "<name>":
            self.fail_expected("<name>")
        self.at = at + 1
        return self.texts[at]

    def reserve_locals(self, count):
        self.locals += count
        if self.locals > _MOST_LOCALS:
            self.fail_limit(self.function, _MOST_LOCALS, b"local variables")

    def new_variable(self, name):
        """A Variable that is not visible yet."""
        self.reserve_locals(1)
        self.variables += 1
        return Variable(name, self.variables, self.function, self.loops > 0)

    def show(self, variable):
        """From here to the end of the block the name means this Variable."""
        name = variable.name
        self.hidden.append((name, self.names.get(name)))
        self.names[name] = variable

    def end_scope(self, mark, count):
        """Forget the names declared since `hidden` had `mark` items, when there were `count` locals."""
        names, hidden = self.names, self.hidden
        while len(hidden) > mark:
            name, variable = hidden.pop()
            if variable is None:
                del names[name]
            else:
                names[name] = variable
        self.locals = count

    def capture(self, variable):
        """The innermost function uses a Variable of another; all functions in between pass it on."""
        path = []
        function = self.function
        while function is not variable.function and variable not in function.captures:
            path.append(function)
            function = function.parent
        variable.captured = True
        for function in reversed(path):
            if len(function.captures) >= _MOST_CAPTURES:
                self.fail_limit(function, _MOST_CAPTURES, b"upvalues")
            function.captures[variable] = True

    def assign(self, target, value):
        """Note what an assignment does to a local variable; `value` is None if the tree cannot tell it."""
        if target.__class__ is Local:
            variable = target.variable
            variable.assigned += 1
            variable.values.append(value)
            if variable.function is not self.function:
                variable.reassigned_inside = True
