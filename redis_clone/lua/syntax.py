"""The syntax tree: one class per kind of statement and expression.

The parser resolves names while it reads: a name is either a `Local` with its `Variable` or a `Global`. Every node
knows its `line`: the one Lua 5.1 would report for an error in it. `depth` of an expression is its height, from
1, which the emitter needs since Python's parser has its limits.

Trees are only read after parsing; what inference.py finds out it keeps in the `Variable` and `Function` nodes.
"""
__all__ = [
    "Variable", "Function", "Constant", "Vararg", "Local", "Global", "Index", "Call", "MethodCall", "Logical",
    "Binary", "Unary", "Parenthesized", "TableConstructor", "LocalStatement", "LocalFunction", "Assignment",
    "CallStatement", "Do", "While", "Repeat", "If", "NumericFor", "GenericFor", "Return", "Break", "MULTIPLE"]


def _node(name, fields, doc):
    """A class with slots and a constructor for its fields."""
    names = fields.split()
    source = f"def __init__(self, {', '.join(names)}):\n" + "".join(f"    self.{each} = {each}\n" for each in names)
    namespace = {}
    exec(source, namespace)                     # as namedtuple does; twice as fast as a loop over the fields
    return type(name, (), {"__slots__": tuple(names), "__init__": namespace["__init__"], "__doc__": doc,
                           "__module__": __name__})


class Variable:
    """A local variable, a parameter or the variable of a loop.

    name         bytes, as written
    number       unique within the chunk, from 1
    function     the Function whose local it is
    in_loop      declared inside the body of a loop of that function (each round makes a new one)
    captured     some function inside uses it
    assigned     how often it gets a value after its declaration
    values       the expressions it is given, declaration included; None stands for what cannot be
                 told from the tree: a parameter, a later result of a call, a variable of a generic for.
                 `local x` without a value gives a Constant None; the loop variable of a numeric for is
                 given a Constant 0.0
    reassigned_inside  assigned by a function inside of its own
    """

    __slots__ = ("name", "number", "function", "in_loop", "captured", "assigned", "values", "reassigned_inside",
                 "kind", "known_function", "is_counter")

    def __init__(self, name, number, function, in_loop):
        self.name = name
        self.number = number
        self.function = function
        self.in_loop = in_loop
        self.captured = False
        self.reassigned_inside = False
        self.assigned = 0
        self.values = []
        self.kind = None                        # inference.py
        self.is_counter = False                 # counts in a numeric for, from and by small constants
        self.known_function = None              # the Function it always is, from `local function`


class Function:
    """A function body; also the whole chunk, which is a vararg function without parameters.

    name        bytes for error messages and readers, or None
    parameters  Variables ("self" included)
    is_vararg   has `...`; `uses_vararg`: reads `...` in its own body
    arg         the Variable of the table `arg` of Lua 5.0 that a function declared with `...` has: it is filled if
                the function does not read `...`, else it is nil. None if no `arg` is in the whole chunk
    body        list of statements
    captures    the Variables of enclosing functions that it or functions inside it use, in order of first use
    functions   the Functions directly inside
    parent      the enclosing Function, None for the chunk
    line, last_line   of `function` and of its `end`
    returns     all its own Return statements (not those of functions inside)
    """

    __slots__ = ("name", "parameters", "is_vararg", "uses_vararg", "body", "captures", "functions", "parent", "line",
                 "last_line", "returns", "number", "single", "kind", "depth", "tail_calls", "assigns",
                 "arg")

    def __init__(self, parent, number, line, name=None):
        self.name = name
        self.parent = parent
        self.number = number                    # unique within the chunk
        self.line = line
        self.last_line = line
        self.parameters = []
        self.is_vararg = self.uses_vararg = False
        self.arg = None
        self.body = []
        self.captures = {}                      # Variable -> True
        self.functions = []
        self.returns = []
        self.single = False                     # inference.py: always returns exactly one value
        self.kind = None                        # inference.py: of that value
        self.tail_calls = False                 # inference.py: may return a call of an unknown function
        self.assigns = []                       # inference.py: the Variables that its own statements assign
        self.depth = 1


Constant = _node("Constant", "value line depth", "nil, true, false, a float or bytes.")
Vararg = _node("Vararg", "line depth", "`...`")
Local = _node("Local", "variable line depth", "A local variable, own or of an enclosing function.")
Global = _node("Global", "name line depth", "A global variable; name is bytes.")
Index = _node("Index", "table key line depth", "table[key]; table.name has a Constant key.")
Call = _node("Call", "function arguments line depth", "function(arguments)")
MethodCall = _node("MethodCall", "object name arguments line depth", "object:name(arguments)")
Logical = _node("Logical", "operator left right line depth", "`and` or `or`; operator is a str.")
Binary = _node("Binary", "operator left right line depth",
               "+ - * / % ^ .. == ~= < <= > >=; operator is a str. `..` is right associative.")
Unary = _node("Unary", "operator operand line depth", "`-`, `not` or `#`")
Parenthesized = _node("Parenthesized", "expression line depth",
                      "(expression) where it matters: a Call or Vararg cut to one value.")
TableConstructor = _node("TableConstructor", "items line depth",
                         "{...}: items are (key expression or None for the next position, value expression, line).")

MULTIPLE = (Call, MethodCall, Vararg)           # what may have any number of values

LocalStatement = _node("LocalStatement", "variables values line", "local a, b = values")
LocalFunction = _node("LocalFunction", "variable function line", "local function name: visible to itself")
Assignment = _node("Assignment", "targets values line", "a, b.c = values; `function a.b()` is one as well")
CallStatement = _node("CallStatement", "call line", "A call whose results are dropped.")
Do = _node("Do", "body line", "do body end")
While = _node("While", "condition body line", "while condition do body end")
Repeat = _node("Repeat", "body condition line", "repeat body until condition, which sees the locals of body")
If = _node("If", "branches otherwise line", "branches: list of (condition, body); otherwise: body or None")
NumericFor = _node("NumericFor", "variable start stop step body line", "step is None when it is not written")
GenericFor = _node("GenericFor", "variables values body line", "for variables in values do body end")
Return = _node("Return", "values line", "return values")
Break = _node("Break", "line", "break")
