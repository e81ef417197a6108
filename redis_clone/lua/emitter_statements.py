"""From the syntax tree to Python source text: statements and functions. See emitter.py for the whole scheme.

Lua's blocks become Python's: `while`, `for` over a list of floats, `if`. Scopes need no code, since every
variable has a name of its own. Functions become nested `def`s, so upvalues are Python's closures, with two
exceptions: a variable made anew in each round of a loop is handed to its functions through a factory, a `def`
around the `def`; and if it is assigned again later, it lives in a list of one, which they share.

Loops and functions begin with `if STOP: stop()`, by which other threads can get a word in: see runtime.py.
"""
from .diagnosis import PART, TAIL
from .emitter import ExpressionEmitter
from .emitter_text import DEEPEST, Known
from .inference import ALWAYS_TRUE, BOOLEAN, FUNCTION, NUMBER, STRING, TABLE, is_builtin_call, kind_of
from .stack import CALLS_ARE_UNCHECKED
from .syntax import (MULTIPLE, Assignment, Binary, Break, Call, CallStatement, Constant, Do, Function, GenericFor,
                     Global, If, Index, Local, LocalFunction, LocalStatement, MethodCall, NumericFor, Repeat, Return,
                     Unary, Vararg, While)

__all__ = ["emit"]

_NEVER_NIL = (*ALWAYS_TRUE, BOOLEAN)
_NESTED_LOOPS = 18      # Python allows 20 in one function
_CHECK = "if STOP: stop()"
_INFINITE = float("inf")


def _variables_in(statements):
    """(declared, assigned) sets of the Variables of statements and the blocks in them, not of functions in them."""
    declared, assigned = set(), set()
    pending = list(statements)
    while pending:
        statement = pending.pop()
        kind = statement.__class__
        if kind is LocalStatement or kind is GenericFor:
            declared.update(statement.variables)
        elif kind is LocalFunction or kind is NumericFor:
            declared.add(statement.variable)
        elif kind is Assignment:
            assigned.update(target.variable for target in statement.targets if target.__class__ is Local)
        elif kind is If:
            for _, body in statement.branches:
                pending += body
            pending += statement.otherwise or ()
        if kind in (Do, While, Repeat, NumericFor, GenericFor):
            pending += statement.body
    return declared, assigned


def emit(chunk, *, generators=False, environments=False):
    """The Python text of a chunk and the places by line. It defines `main`."""
    emitter = _Emitter(generators, environments)
    emitter.define(chunk, "main")
    return emitter.finish()


class _Emitter(ExpressionEmitter):
    """Adds statements to expressions."""

    loops = 0                                   # how many loops of the function are around
    lifted = 0                                  # how many of them are functions of their own

    def block(self, statements):
        self.indent()
        if not statements:
            self.line("pass")
        self.statements(statements)
        self.dedent()

    def statements(self, statements):
        for statement in statements:
            self.temporaries = 0
            _STATEMENTS[statement.__class__](self, statement)

    # --- functions

    def define(self, function, name=None):
        name = name or f"f{function.number}"
        fresh = [self.variable_name(variable) for variable in function.captures
                 if variable.in_loop and variable.function is self.function]
        bound = ", ".join([each for each in fresh if each != name])
        if fresh:                               # a factory, which keeps this round's variables
            self.line(f"def make{function.number}({bound}):")
            self.indent()
        outer_function, self.function = self.function, function
        outer_state = self.temporaries, self.loops, self.lifted, self.zero
        self.temporaries = self.loops = self.lifted = 0
        self.zero = None
        body = f"b{function.number}" if self.generators or function.tail_calls else name
        self.body(function, body)
        if self.generators:
            self.line(f"{name} = generator_function({body})")
        elif function.tail_calls:
            self.wrapper(function, name, body)
        self.function = outer_function
        self.temporaries, self.loops, self.lifted, self.zero = outer_state
        if self.environments:
            self.line(f"keep_environment({name}, {body})")
        if fresh:
            self.line(f"return {name}")
            self.dedent()
            self.line(f"{name} = make{function.number}({bound})")
        return name

    def signature(self, function, environment=False):
        names = [f"{self.variable_name(parameter)}=None" for parameter in function.parameters]
        names.append("*va" if function.is_vararg else "*_")
        if environment:
            names.append("E=[E[0]]")            # evaluated each time the `def` is: a list for each closure
        return ", ".join(names)

    def body(self, function, name):
        self.line(f"def {name}({self.signature(function, self.environments)}):")
        self.indent()
        assigned = self.assigned_outside(function)
        if assigned:
            self.line(f"nonlocal {', '.join(assigned)}")
        self.line(_CHECK, function.line)
        if CALLS_ARE_UNCHECKED:
            self.line("check_depth()", function.line)
        if self.generators:
            self.line("if False: yield")        # a generator, whatever the body is
        if function.arg is not None:
            table = "None" if function.uses_vararg else "argument_table(va)"
            self.line(f"{self.variable_name(function.arg)} = {table}")
        self.statements(function.body)
        if not function.body or function.body[-1].__class__ is not Return:
            self.line("return ()")
        self.dedent()

    def wrapper(self, function, name, body):
        """What others call, if the body may answer with a call that is still to be made: see calls.py."""
        names = [self.variable_name(parameter) for parameter in function.parameters]
        self.line(f"def {name}({self.signature(function)}):")
        if function.is_vararg:
            self.line(f" r = spread({body}, ({''.join(f'{each}, ' for each in names)}*va,))", f"{PART}{function.line}")
        else:
            self.line(f" r = {body}({', '.join(names)})", f"{PART}{function.line}")
        self.line(" return r if r.__class__ is not list else bounce(r)", f"{TAIL}{function.line}")
        self.line(f"{name}.body = {body}")

    def assigned_outside(self, function):
        """Names of variables of enclosing functions that this one assigns itself."""
        return sorted({self.variable_name(variable) for variable in function.assigns
                       if variable.function is not function and not self.is_boxed(variable)})

    # --- variables

    def declared(self, variable, code):
        """The text that gives a new variable its first value."""
        name = self.variable_name(variable)
        return f"{name} = [{code}]" if self.is_boxed(variable) else f"{name} = {code}"

    def local_statement(self, statement):
        variables, values = statement.variables, self.evaluated_in_order(statement.values)
        if len(variables) == len(values) == 1:
            value = values[0]
            if value.__class__ is Function and variables[0].known_function is value:
                self.local_function(LocalFunction(variables[0], value, statement.line))
                return
            self.line(self.declared(variables[0], self.value(value)), statement.line)
            return
        last = values[-1] if values else None
        wanted = len(variables) - len(values) + 1       # of the last value
        takes_many = last.__class__ in MULTIPLE and wanted > 1 and not self.is_single(last)
        for position, value in enumerate(values[:-1] if takes_many else values):
            if position < len(variables):
                self.line(self.declared(variables[position], self.value(value)), statement.line)
            else:
                self.line(self.multiple(value) if value.__class__ in MULTIPLE else self.value(value), statement.line)
        if takes_many:
            rest = variables[-wanted:]
            self.take_many([self.variable_name(variable) for variable in rest], last, statement.line)
            self.box(rest)
            return
        for variable in variables[len(values):]:
            self.line(self.declared(variable, "None"), statement.line)

    def take_many(self, targets, expression, line):
        """Assign the results of a call or `...` to several names."""
        name = self.temporary()
        code = self.multiple(expression)
        self.line(f"{', '.join(targets)} = {name} if ({name} := {code}).__class__ is tuple and "
                  f"len({name}) == {len(targets)} else adjust({name}, {len(targets)})", line)

    def local_function(self, statement):
        variable, function = statement.variable, statement.function
        name = self.variable_name(variable)
        if self.is_boxed(variable):
            self.line(f"{name} = [None]")
            self.line(f"{name}[0] = {self.define(function)}", statement.line)
        else:
            self.define(function, name)

    def assignment(self, statement):
        targets, values = statement.targets, statement.values
        if len(targets) == len(values) == 1:
            self.assign_one(targets[0], values[0], statement.line)
        elif len(targets) == len(values) == len({target.variable for target in targets if target.__class__ is Local}):
            codes = [self.value(value) for value in self.evaluated_in_order(values)]
            self.line(f"{', '.join([self.local(target.variable) for target in targets])} = {', '.join(codes)}",
                      statement.line)
        else:
            self.assign_many(targets, values, statement.line)

    def assign_one(self, target, value, line):
        kind = target.__class__
        if kind is Local:
            self.line(f"{self.local(target.variable)} = {self.value(value)}", line)
        elif kind is Global:
            code = self.value(value)
            if self.kind(value) in _NEVER_NIL:
                self.line(f"{self.globals_code}[{target.name!r}] = {code}", line)
            else:
                self.line(f"set_global({self.globals_code}, {target.name!r}, {code})", line)
        else:
            self.assign_index(target, value, line)

    def assign_index(self, target, value, line):
        """`table[key] = value`: table and key are evaluated before the value, but own locals are read late."""
        table, key = target.table, target.key
        pure = self.is_pure(value)
        steady_table = table.__class__ is Local and (pure or self.is_steady(table) or self.is_late(table))
        if not steady_table:
            table = self.keep_as(table)
        if not (key.__class__ is Constant
                or key.__class__ is Local and (pure or self.is_steady(key) or self.is_late(key))
                or pure and self.is_pure(key)):
            key = self.keep_as(key)
        if not pure and (self.is_late(table) or self.is_late(key)):
            value = self.keep(value)
        name = self.name_of(target.table)
        table_code = self.value(table)
        if self.is_good_key(target.key) and table.__class__ is not Constant:
            key_code = self.value(key)
            if self.kind(value) in _NEVER_NIL:
                self.line(f"{table_code}[{key_code}] = {self.value(value)}", line, name)
                return
            if self.kind(value) != "nil":
                if not self.is_plain(value):
                    code = self.value(value)
                    value = Known(self.temporary(), None, "", line)
                    self.line(f"{value.code} = {code}", line)
                code = self.value(value)
                self.line(f"if {code} is not None and {table_code}.__class__ is Table: "
                          f"{table_code}[{key_code}] = {code}")
                self.line(f"else: set_field({table_code}, {key_code}, {code})", line, name)
                return
        self.line(f"set_index({table_code}, {self.value(key)}, {self.value(value)})", line, name)

    def keep_as(self, expression, overwritten=()):
        """Evaluate the table or the key of a target into a temporary, unless it is one of the locals read late."""
        if expression.__class__ is Constant or self.is_late(expression) and expression.variable not in overwritten:
            return expression
        return self.keep(expression)

    def is_pure(self, expression):
        """Whether evaluating it can change nothing that others read, so that the order does not matter."""
        kind = expression.__class__
        if kind in (Constant, Local, Known, Function):
            return True
        if kind is Binary and expression.depth < 10:
            return all(self.kind(part) in (NUMBER, STRING) and self.is_pure(part)       # so without metamethods
                       for part in (expression.left, expression.right))
        return False

    def is_good_key(self, key):
        """Whether a key is neither nil nor nan nor a boolean, whatever happens."""
        if key.__class__ is Constant:
            return key.value.__class__ in (float, bytes)
        if key.__class__ is Local and key.variable.is_counter and not key.variable.assigned:
            return True
        if key.__class__ is Binary and key.operator in "+-" and key.right.__class__ is Constant:
            return kind_of(key) is NUMBER and abs(key.right.value) < _INFINITE and self.is_good_key(key.left)
        if key.__class__ is Unary and key.operator == "#":
            return True
        return self.kind(key) in (STRING, TABLE, FUNCTION)

    def assign_many(self, targets, values, line):
        """Several targets: what they index is evaluated first, then all values, then they are assigned, last first."""
        places = []
        for position, target in enumerate(targets, 1):
            if target.__class__ is Index:
                name = self.name_of(target.table)
                overwritten = [each.variable for each in targets[position:] if each.__class__ is Local]
                table, key = self.keep_as(target.table, overwritten), self.keep_as(target.key, overwritten)
                places.append((target, table, key, name))
            else:
                places.append((target, None, None, None))
        values = self.evaluated_in_order(values)
        names = []
        wanted = len(targets)
        last = values[-1]
        takes_many = last.__class__ in MULTIPLE and wanted > len(values)
        for value in values[:-1] if takes_many else values:
            if value.__class__ in MULTIPLE and len(names) >= wanted:
                self.line(self.multiple(value), line)
                continue
            code = self.value(value)
            names.append(self.temporary())
            self.line(f"{names[-1]} = {code}", line)
        if takes_many:
            more = [self.temporary() for _ in range(wanted - len(names))]
            self.take_many(more, last, line)
            names += more
        names += ["None"] * (wanted - len(names))
        for (target, table, key, name), code in reversed(list(zip(places, names))):
            if target.__class__ is Local:
                self.line(f"{self.local(target.variable)} = {code}", line)
            elif target.__class__ is Global:
                self.line(f"set_global({self.globals_code}, {target.name!r}, {code})", line)
            else:
                self.line(f"set_index({self.value(table)}, {self.value(key)}, {code})", line, name)

    # --- control

    def call_statement(self, statement):
        call = statement.call
        if call.depth > DEEPEST:
            call = self.flat_parts(call)
        self.line(self.multiple(call), statement.line)

    def do(self, statement):
        self.statements(statement.body)
        if not statement.body:
            self.line("pass")

    def loop(self, write, statement):
        """Write a loop; if it is too deep inside others for Python, in a function of its own that is called at once."""
        if self.loops % _NESTED_LOOPS or not self.loops:
            self.loops += 1
            write(self, statement)
            self.loops -= 1
            return
        declared, assigned = _variables_in([statement])
        outside = sorted({self.variable_name(variable) for variable in assigned - declared
                          if not self.is_boxed(variable)})
        name = f"l{self.loops}"
        self.line(f"def {name}():")
        self.indent()
        if outside:
            self.line(f"nonlocal {', '.join(outside)}")
        if self.generators:
            self.line("if False: yield")
        self.loops += 1
        self.lifted += 1
        write(self, statement)
        self.lifted -= 1
        self.loops -= 1
        self.dedent()
        self.line(f"r = yield from {name}()" if self.generators else f"r = {name}()", f"{PART}{statement.line}")
        self.line(f"if r is not None: return {'r' if self.lifted else 'r[0]'}")

    def give(self, code, line=0, *names):
        """Return a value from the function; a loop that was lifted out of it hands it on in a tuple of one."""
        self.line(f"return ({code},)" if self.lifted else f"return {code}", line, *names)

    def while_(self, statement):
        self.line("while True:", statement.line)
        self.indent()
        self.line(_CHECK, statement.line)
        written = len(self.out)
        condition = self.condition(statement.condition)
        self.dedent()
        if len(self.out) > written:             # lines that belong before it: they are run in each round
            self.line(f" if not {condition}: break", statement.line)
        else:
            del self.out[-2:]
            self.line(f"while {condition}:", statement.line)
            self.line(f" {_CHECK}", statement.line)
        self.block(statement.body)

    def repeat(self, statement):
        self.line("while True:", statement.line)
        self.indent()
        self.line(_CHECK, statement.line)
        self.statements(statement.body)
        self.temporaries = 0
        self.line(f"if {self.condition(statement.condition)}: break", statement.condition.line)
        self.dedent()

    def if_(self, statement):
        nested = 0
        word = "if"
        for condition, body in statement.branches:
            self.temporaries = 0
            if word == "elif":
                self.line("else:")
                self.indent()
                written = len(self.out)
                code = self.condition(condition)
                if len(self.out) > written:     # lines that belong before it: an if inside else
                    nested += 1
                    word = "if"
                else:
                    del self.out[-1]
                    self.dedent()
            else:
                code = self.condition(condition)
            self.line(f"{word} {code}:", condition.line)
            self.block(body)
            word = "elif"
        if statement.otherwise:
            self.line("else:")
            self.block(statement.otherwise)
        for _ in range(nested):
            self.dedent()

    def numeric_for(self, statement):
        values = [statement.start, statement.stop]
        values.append(statement.step if statement.step is not None else Constant(1.0, statement.line, 1))
        start, stop, step = [self.value(value) for value in self.evaluated_in_order(values)]
        name = self.variable_name(statement.variable)
        self.line(f"for {name} in for_range({start}, {stop}, {step}):", statement.line)
        self.indent()
        self.line(_CHECK, statement.line)
        self.box([statement.variable])
        self.dedent()
        self.block(statement.body)

    def generic_for(self, statement):
        values = self.evaluated_in_order(statement.values)
        names = [self.variable_name(variable) for variable in statement.variables]
        codes = self.three_values(values)
        kind = {1: "each_key", 2: "each_pair"}.get(len(names), "each")
        more = f", {len(names)}" if kind == "each" else ""
        self.line(f"for {', '.join(names)} in {kind}({codes}{more}):", statement.line,
                  "iterator (for generator)")
        self.indent()
        self.line(_CHECK, statement.line)
        self.box(statement.variables)
        self.dedent()
        self.block(statement.body)

    def three_values(self, values):
        """The text of function, state and first value of a generic for, as arguments."""
        if len(values) == 1 and values[0].__class__ in MULTIPLE:
            return f"*adjust({self.multiple(values[0])}, 3)"
        codes = []
        for position, value in enumerate(values):
            if position == len(values) - 1 and value.__class__ in MULTIPLE and position < 2:
                codes.append(f"*adjust({self.multiple(value)}, {3 - position})")
            elif position < 3:
                codes.append(self.value(value))
            else:
                codes[2] = f"({codes[2]}, {self.value(value)})[0]"
        if len(codes) < 3 and not codes[-1].startswith("*"):
            codes += ["None"] * (3 - len(codes))
        return ", ".join(codes)

    def box(self, variables):
        for variable in variables:
            if self.is_boxed(variable):
                name = self.variable_name(variable)
                self.line(f"{name} = [{name}]")

    def return_(self, statement):
        values = self.evaluated_in_order(statement.values)
        line = statement.line
        if not values:
            self.give("()", line)
        elif len(values) == 1:
            value = values[0]
            if value.__class__ in (Call, MethodCall):
                if self.function.tail_calls and not is_builtin_call(value):
                    self.return_call(value, line)
                else:
                    self.in_tail = True
                    self.give(self.multiple(value), value.line)
            elif value.__class__ is Vararg:
                self.give("va", line)
            else:
                self.give(self.value(value), line)
        elif values[-1].__class__ in MULTIPLE:
            codes = [self.value(value) for value in values[:-1]]
            self.give(f"({', '.join(codes)}, *{self.results(values[-1])})", line)
        else:
            self.give(f"({', '.join([self.value(value) for value in values])})", line)

    def return_call(self, call, line):
        """A call as the whole result of a function that does not nest: handed back as a list, see calls.py."""
        name = self.temporary()
        if call.__class__ is Call:
            place = self.place(f"{TAIL}{call.line}", self.name_of(call.function))
            function = self.value(call.function)
            codes = []
        else:
            place = self.place(f"{TAIL}{call.line}", f"method {call.name.decode('latin-1')}")
            function, subject = self.method(call)
            codes = [subject]
        self.line(f"{name} = {function}", call.line)
        singles, rest = self.split(call.arguments)
        codes += [self.value(argument) for argument in singles]
        if rest is not None:
            codes.append(f"*{self.results(rest)}")
        together = ", ".join([name] + codes)
        has_body = "co" if self.generators else "body"
        self.line(f"if getattr({name}, '{has_body}', None):", call.line)
        self.indent()
        self.give(f"[{together}]")
        self.dedent()
        if self.generators:
            self.give(f"({place}yield from call({together}))", call.line)
        else:
            self.give(f"({place}{name}({', '.join(codes)}))" if rest is None else
                      f"({place}spread({name}, ({', '.join(codes)},)))", call.line)

    def break_(self, statement):
        self.line("break", statement.line)


_STATEMENTS = {
    LocalStatement: _Emitter.local_statement,
    LocalFunction: _Emitter.local_function,
    Assignment: _Emitter.assignment,
    CallStatement: _Emitter.call_statement,
    Do: _Emitter.do,
    While: lambda emitter, statement: emitter.loop(_Emitter.while_, statement),
    Repeat: lambda emitter, statement: emitter.loop(_Emitter.repeat, statement),
    If: _Emitter.if_,
    NumericFor: lambda emitter, statement: emitter.loop(_Emitter.numeric_for, statement),
    GenericFor: lambda emitter, statement: emitter.loop(_Emitter.generic_for, statement),
    Return: _Emitter.return_,
    Break: _Emitter.break_,
}
