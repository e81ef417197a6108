"""What can be known about locals and functions before a script runs.

A local that is only ever given numbers needs no test before it is added to; the same for strings, tables and
functions. The search is optimistic: every local may be of any one kind at first, then each value it is given
is looked at with what is assumed of the others, until nothing changes. What then still holds, holds: each
assumption has been checked under all the others. Parameters take part when all calls of their function are
known: it is a `local function` that is never given away.

Results are kept in the tree: `Variable.kind`, `Function.single` (always returns exactly one value),
`Function.kind` (the kind of that value), `Function.tail_calls` (may return the call of a function that is not
known, see calls.py). A kind is one of the names below or None, if it cannot be known.
"""
from .syntax import (Assignment, Binary, Break, Call, CallStatement, Constant, Do, Function, GenericFor, Global, If,
                     Index, Local, LocalFunction, LocalStatement, Logical, MethodCall, NumericFor, Parenthesized,
                     Repeat, Return, TableConstructor, Unary, Vararg, While)

__all__ = ["infer", "kind_of", "NUMBER", "STRING", "TABLE", "BOOLEAN", "NIL", "FUNCTION", "ALWAYS_TRUE",
           "BUILTIN_FUNCTIONS"]

NUMBER, STRING, TABLE, BOOLEAN, NIL, FUNCTION = "number", "string", "table", "boolean", "nil", "function"
ALWAYS_TRUE = (NUMBER, STRING, TABLE, FUNCTION)         # neither nil nor a boolean
_DEEPEST = 100                                  # expressions that are deeper are not looked into

_ANY = "any"                                    # nothing has been seen yet: compatible with everything
_NOTHING = Constant(None, 0, 1)                 # what a missing argument is

_KIND_OF_CLASS = {float: NUMBER, bytes: STRING, bool: BOOLEAN, type(None): NIL}
_COMPARISONS = frozenset(["==", "~=", "<", "<=", ">", ">="])

# Globals that, called last in a function, are not worth a proper tail call: they do not call back without end.
BUILTIN_FUNCTIONS = frozenset([
    b"assert", b"error", b"getmetatable", b"ipairs", b"next", b"pairs", b"pcall", b"print", b"rawequal", b"rawget",
    b"rawset", b"select", b"setmetatable", b"tonumber", b"tostring", b"type", b"unpack", b"xpcall", b"loadstring"])
_BUILTIN_LIBRARIES = frozenset([
    b"redis", b"string", b"table", b"math", b"cjson", b"cmsgpack", b"struct", b"bit", b"os", b"coroutine"])


def kind_of(expression):
    """The kind of one value of an expression, under the present assumptions."""
    node = expression.__class__
    if expression.depth > _DEEPEST:
        return None
    if node is Local:
        return expression.variable.kind
    if node is Constant:
        return _KIND_OF_CLASS[expression.value.__class__]
    if node is Binary:
        if expression.operator in _COMPARISONS:
            return BOOLEAN
        left = kind_of(expression.left)
        if left is None:
            return None
        right = kind_of(expression.right)
        if right is None:
            return None
        if left is _ANY or right is _ANY:
            return _ANY
        if expression.operator == "..":
            return STRING if left in (STRING, NUMBER) and right in (STRING, NUMBER) else None
        return NUMBER if left is right is NUMBER else None
    if node is Call:
        callee = _known_callee(expression)
        return callee.kind if callee is not None and callee.single else None
    if node is Logical:
        left, right = kind_of(expression.left), kind_of(expression.right)
        if expression.operator == "or" and left in ALWAYS_TRUE:
            return left                         # never false: the right side does not matter
        if expression.operator == "and" and left in ALWAYS_TRUE:
            return right
        return _join(left, right)
    if node is Unary:
        if expression.operator == "not":
            return BOOLEAN
        if expression.operator == "#":
            return NUMBER
        kind = kind_of(expression.operand)
        return kind if kind in (NUMBER, _ANY) else None
    if node is TableConstructor:
        return TABLE
    if node is Function:
        return FUNCTION
    if node is Parenthesized:
        return kind_of(expression.expression)
    return None


def _join(left, right):
    if left is right:
        return left
    if left is _ANY:
        return right
    if right is _ANY:
        return left
    return None


def _known_callee(call):
    """The Function that a Call calls for certain, or None."""
    function = call.function
    return function.variable.known_function if function.__class__ is Local else None


class _Facts:
    """What one walk through the tree collects."""

    def __init__(self):
        self.variables = {}                     # Variable -> True, all that are used
        self.functions = []
        self.calls = []                         # of known functions
        self.escaping = set()                   # known Functions that are used for more than being called
        self.tails = []                         # (Function, Call or MethodCall in its return)


def infer(chunk, environments=False):
    """Fill in what can be known about the locals and functions of a chunk.

    With `environments` any of its functions may be given away: setfenv returns the one at a level of the stack.
    """
    facts = _Facts()
    _name_known_functions(chunk)
    _Walk(facts).function(chunk)
    if environments:
        facts.escaping.update(facts.functions)
    _find_single(facts.functions)
    _find_kinds(facts)
    _find_tail_calls(facts)


def _find_single(functions):
    """Which functions always return exactly one value."""
    for function in functions:
        function.single = bool(function.returns) and _always_returns(function.body)
    changed = True
    while changed:
        changed = False
        for function in functions:
            if function.single and not all(len(each.values) == 1 and _is_single(each.values[0])
                                           for each in function.returns):
                function.single = False
                changed = True


def _find_kinds(facts):
    """The kinds of variables and of what functions return; they only ever go from any to one to none."""
    variables = {variable: variable.values for variable in facts.variables}
    variables.update(_parameters_to_follow(facts))
    functions = {function: [each.values[0] for each in function.returns]
                 for function in facts.functions if function.single}
    for node in (*variables, *functions):
        node.kind = _ANY
    changed = True
    while changed:
        changed = False
        for values_of in (functions, variables):
            for node, values in values_of.items():
                kind = node.kind
                for value in values:
                    if kind is None:
                        break
                    kind = _join(kind, kind_of(value) if value is not None else None)
                if kind is not node.kind:
                    node.kind = kind
                    changed = True
    for node in (*variables, *functions):
        if node.kind is _ANY:
            node.kind = None


def _name_known_functions(chunk):
    """`Variable.known_function` of each `local function` that is never assigned again."""
    pending = [chunk]
    while pending:
        function = pending.pop()
        pending += function.functions
        _name_in_block(function.body)


def _name_in_block(statements):
    for statement in statements:
        kind = statement.__class__
        if kind is LocalFunction:
            if not statement.variable.assigned:
                statement.variable.known_function = statement.function
        elif kind is LocalStatement:
            for variable, value in zip(statement.variables, statement.values):
                if value.__class__ is Function and not variable.assigned:
                    variable.known_function = value
        elif kind is If:
            for _, body in statement.branches:
                _name_in_block(body)
            if statement.otherwise is not None:
                _name_in_block(statement.otherwise)
        elif kind in (Do, While, Repeat, NumericFor, GenericFor):
            _name_in_block(statement.body)


def _parameters_to_follow(facts):
    """Parameters whose values are all known: Variable -> the expressions that calls give it."""
    followed = {}
    calls = {}
    for call in facts.calls:
        calls.setdefault(_known_callee(call), []).append(call.arguments)
    for function, lists in calls.items():
        if function in facts.escaping:
            continue
        for position, parameter in enumerate(function.parameters):
            values = [_given(arguments, position) for arguments in lists]
            followed[parameter] = values + parameter.values[1:]     # the first stands for what calls give
    return followed


def _given(arguments, position):
    """The expression that a call with these arguments gives a parameter, None if that cannot be told."""
    if not arguments or _is_single(arguments[-1]):
        return arguments[position] if position < len(arguments) else _NOTHING
    return arguments[position] if position < len(arguments) - 1 else None


def _is_single(expression):
    """Whether an expression gives exactly one value, as far as is assumed now."""
    if expression.__class__ is Call:
        callee = _known_callee(expression)
        return callee is not None and callee.single
    return expression.__class__ not in (MethodCall, Vararg)


def _always_returns(statements):
    """Whether a block cannot be left but by a return (or an error)."""
    if not statements:
        return False
    last = statements[-1]
    if last.__class__ is Return:
        return True
    if last.__class__ is If:
        return (last.otherwise is not None and _always_returns(last.otherwise)
                and all(_always_returns(body) for _, body in last.branches))
    return last.__class__ is Do and _always_returns(last.body)


def _find_tail_calls(facts):
    """Mark functions whose tail calls might nest without end: of unknown functions, or around in a circle."""
    edges = {}
    for function, call in facts.tails:
        callee = _known_callee(call) if call.__class__ is Call else None
        if callee is not None:
            edges.setdefault(function, []).append(callee)
        elif function.parent is not None and not is_builtin_call(call):
            function.tail_calls = True
    callers = [function for function in edges if function.parent is not None]
    for function in callers:
        function.tail_calls = function.tail_calls or _leads_to(function, function, edges)
    changed = True
    while changed:                              # who calls such a function last is one as well: it may come back
        changed = False
        for function in callers:
            if not function.tail_calls and any(callee.tail_calls for callee in edges[function]):
                function.tail_calls = changed = True


def _leads_to(function, wanted, edges):
    """Whether tail calls of known functions lead from one function to another."""
    seen, pending = set(), list(edges.get(function, ()))
    while pending:
        callee = pending.pop()
        if callee is wanted:
            return True
        if callee not in seen:
            seen.add(callee)
            pending += edges.get(callee, ())
    return False


def is_builtin_call(call):
    """Whether a call names a library function, as far as one can see."""
    if call.__class__ is MethodCall:
        return False
    function = call.function
    if function.__class__ is Global:
        return function.name in BUILTIN_FUNCTIONS
    return (function.__class__ is Index and function.table.__class__ is Global
            and function.table.name in _BUILTIN_LIBRARIES)


class _Walk:
    """One walk through the whole tree: uses of variables, calls of known functions, tail calls."""

    def __init__(self, facts):
        self.facts = facts
        self.current = None

    def function(self, function):
        outer, self.current = self.current, function
        self.facts.functions.append(function)
        for parameter in function.parameters:
            self.facts.variables[parameter] = True
        self.block(function.body)
        for statement in function.returns:
            if len(statement.values) == 1 and statement.values[0].__class__ in (Call, MethodCall):
                self.facts.tails.append((function, statement.values[0]))
        self.current = outer

    def block(self, statements):
        for statement in statements:
            _STATEMENTS[statement.__class__](self, statement)

    def expressions(self, expressions):
        for expression in expressions:
            self.expression(expression)

    def expression(self, expression):
        while expression.__class__ in (Binary, Logical):        # left-deep chains may be long
            self.expression(expression.right)
            expression = expression.left
        kind = expression.__class__
        if kind is Local:
            variable = expression.variable
            self.facts.variables[variable] = True
            if variable.known_function is not None:
                self.facts.escaping.add(variable.known_function)
        elif kind is Call:
            if _known_callee(expression) is not None:
                self.facts.calls.append(expression)
                self.facts.variables[expression.function.variable] = True
            else:
                self.expression(expression.function)
            self.expressions(expression.arguments)
        elif kind is Index:
            self.expression(expression.table)
            self.expression(expression.key)
        elif kind is MethodCall:
            self.expression(expression.object)
            self.expressions(expression.arguments)
        elif kind is Unary:
            self.expression(expression.operand)
        elif kind is Parenthesized:
            self.expression(expression.expression)
        elif kind is TableConstructor:
            for key, value, _ in expression.items:
                if key is not None:
                    self.expression(key)
                self.expression(value)
        elif kind is Function:
            self.function(expression)

    def variables(self, variables):
        for variable in variables:
            self.facts.variables[variable] = True

    def local_statement(self, statement):
        self.variables(statement.variables)
        for position, value in enumerate(statement.values):
            if value.__class__ is Function:
                variables = statement.variables
                if not (position < len(variables) and variables[position].known_function is value):
                    self.facts.escaping.add(value)
            self.expression(value)

    def local_function(self, statement):
        self.variables((statement.variable,))
        self.function(statement.function)

    def assignment(self, statement):
        for target in statement.targets:
            if target.__class__ is Local:
                self.variables((target.variable,))
                self.current.assigns.append(target.variable)
            else:
                self.expression(target)
        self.expressions(statement.values)

    def numeric_for(self, statement):
        statement.variable.is_counter = not statement.variable.assigned and all(
            part is None or part.__class__ is Constant and part.value.__class__ is float and -1e9 < part.value < 1e9
            for part in (statement.start, statement.step))
        self.variables((statement.variable,))
        self.expressions((statement.start, statement.stop))
        if statement.step is not None:
            self.expression(statement.step)
        self.block(statement.body)

    def generic_for(self, statement):
        self.variables(statement.variables)
        self.expressions(statement.values)
        self.block(statement.body)

    def conditional(self, statement):
        for condition, body in statement.branches:
            self.expression(condition)
            self.block(body)
        if statement.otherwise is not None:
            self.block(statement.otherwise)

    def loop(self, statement):
        self.block(statement.body)
        self.expression(statement.condition)


_STATEMENTS = {
    LocalStatement: _Walk.local_statement,
    LocalFunction: _Walk.local_function,
    Assignment: _Walk.assignment,
    CallStatement: lambda walk, statement: walk.expression(statement.call),
    Do: lambda walk, statement: walk.block(statement.body),
    While: _Walk.loop,
    Repeat: _Walk.loop,
    If: _Walk.conditional,
    NumericFor: _Walk.numeric_for,
    GenericFor: _Walk.generic_for,
    Return: lambda walk, statement: walk.expressions(statement.values),
    Break: lambda walk, statement: None,
}
