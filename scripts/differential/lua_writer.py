"""Writes random Lua 5.1 statements, in scopes, around the expressions of lua_expressions.py.

Programs end by construction: loops count with variables of their own that nothing else assigns, and what is
gone through by pairs is a copy. What variables of the kind "function" hold calls no variable itself.
"""

from . import lua_values as values
from .lua_expressions import SCALARS, Expressions, Variable, as_key

KINDS = ("number", "number", "number", "string", "string", "boolean", "sequence", "record", "function", "any")


class Writer(Expressions):
    """Writes parts of one program."""

    def __init__(self, random):
        super().__init__(random)
        self._in_loop = 0
        self._in_function = 0
        self._budget = random.choice((10, 25, 60, 120))     # statements that may still be written

    def function_body(self, kind="number"):
        """Return the parameters and the body of a function that ends by itself and returns this kind."""
        random = self.random
        names = [random.choice(values.NAMES) for _ in range(random.choice((0, 1, 2, 2, 3)))]
        is_vararg = random.random() < 0.15
        self._scopes.append([Variable(name, "number") for name in names])
        kept = self._in_loop, self._in_function, self._is_vararg, self._budget
        self._in_loop, self._in_function, self._is_vararg = 0, self._in_function + 1, is_vararg
        self._budget = min(self._budget, 4)
        hidden = self._hide_functions()
        lines = self.block(random.choice((0, 0, 1, 2)), own_scope=False)
        lines.append("return " + self.plain(kind, 1))
        self._show_functions(hidden)
        self._in_loop, self._in_function, self._is_vararg, self._budget = kept
        self._scopes.pop()
        return ", ".join(names + ["..."] * is_vararg), "\n".join(lines)

    def _hide_functions(self):
        """Keep function bodies from calling variables: what they hold then may call this function."""
        hidden = [variable for scope in self._scopes for variable in scope if variable.kind == "function"]
        for variable in hidden:
            variable.kind = "hidden"
        return hidden

    @staticmethod
    def _show_functions(hidden):
        for variable in hidden:
            variable.kind = "function"

    def block(self, size, own_scope=True):
        """Return the lines of about so many statements."""
        if own_scope:
            self._scopes.append([])
        lines = []
        for _ in range(size):
            if self._budget <= 0:
                break
            self._budget -= 1
            lines += self.statement()
        if own_scope:
            self._scopes.pop()
        return lines

    def statement(self):
        return self.random.choice(self._STATEMENTS)(self)

    def _small_block(self):
        return ["  " + line for line in self.block(self.random.choice((1, 1, 2, 3)))]

    def _local(self):
        random = self.random
        if random.random() < 0.25:
            count = random.randint(2, 3)
            right = ", ".join(self.scalar(1) for _ in range(random.randint(1, count)))
            if random.random() < 0.5:
                right += ", " + self.several()
            names = [self.declare("any").name for _ in range(count)]
            return ["local %s = %s" % (", ".join(names), right)]
        kind = random.choice(KINDS)
        text = self.plain(kind) if kind in SCALARS else self.expression(kind)
        variable = self.declare(kind)
        is_bare = kind == "any" and random.random() < 0.4
        return ["local " + variable.name + ("" if is_bare else " = " + text)]

    def _assignment(self):
        found = [one for one in self.visible() if one.kind not in ("function", "hidden", "counter")]
        if not found:
            return self._local()
        one = self.random.choice(found)
        return ["%s = %s" % (one.name, (self.plain if one.kind in SCALARS else self.expression)(one.kind))]

    def _multiple_assignment(self):
        random = self.random
        found = self.visible("number", "string", "any")
        targets = [random.choice(found).name if found and random.random() < 0.6
                   else random.choice(values.GLOBALS) for _ in range(random.randint(2, 3))]
        name, record = self.variable("sequence"), self.variable("record")
        solid = name and random.random() < 0.5
        if solid:
            targets.append("%s[%s]" % (name, random.choice(("1", "#%s" % name, "#%s + 1" % name))))
        if record and random.random() < 0.5:
            targets.append("%s.%s" % (record, random.choice(values.FIELDS)))
        random.shuffle(targets)
        if solid:
            right = [self.solid(random.choice(("number", "string")), 1) for _ in targets]
        else:
            right = [self.scalar(1) for _ in range(random.randint(1, len(targets)))]
        if random.random() < 0.4:
            right.append(self.several())
        return ["%s = %s" % (", ".join(targets), ", ".join(right))]

    def _field_assignment(self):
        name = self.variable("record")
        if not name:
            return self._local()
        if self.random.random() < 0.5:
            return ["%s.%s = %s" % (name, self.random.choice(values.FIELDS[2:]), self.expression("any", 1))]
        key = self.random.choice((".x", ".y", as_key(self.scalar(1))))
        return ["%s%s = %s" % (name, key, self.scalar(1))]

    def _append(self):
        name = self.variable("sequence")
        if not name:
            return self._local()
        kind = self.random.choice(("number", "string"))
        return [self.random.choice(("%s[#%s + 1] = %%s" % (name, name), "table.insert(%s, %%s)" % name,
                                    "table.insert(%s, 1, %%s)" % name)) % self.solid(kind, 1)]

    def _remove(self):
        name = self.variable("sequence")
        if not name:
            return self._local()
        return ["print(table.remove(%s%s))" % (name, self.random.choice(("", "", ", 1")))]

    def _global(self):
        return ["%s = %s" % (self.random.choice(values.GLOBALS), self.scalar())]

    def _print(self):
        random = self.random
        parts = [self.expression(random.choice(("number", "string", "boolean", "any")))
                 for _ in range(random.randint(1, 3))]
        if random.random() < 0.3:
            parts.append(self.several())
        return ["print(%s)" % ", ".join(parts)]

    def _show_variables(self):
        names = [one.name for one in self.visible() if one.kind != "hidden"][:6]
        return ["print(%s)" % ", ".join(names + self.random.sample(values.GLOBALS, 2))]

    def _if(self):
        condition = self.expression(self.random.choice(("boolean", "boolean", "any")))
        lines = ["if %s then" % condition] + self._small_block()
        for _ in range(self.random.choice((0, 0, 1, 2))):
            lines += ["elseif %s then" % self.expression("boolean")] + self._small_block()
        if self.random.random() < 0.5:
            lines += ["else"] + self._small_block()
        return lines + ["end"]

    def _loop_body(self, variables=()):
        random = self.random
        self._in_loop += 1
        kept, self._budget = self._budget, min(self._budget, 6)
        self._scopes.append(list(variables))
        lines = self._small_block()
        if random.random() < 0.25:
            lines.append("  if %s then break end" % self.expression("boolean"))
        elif random.random() < 0.05:
            lines.append("  do break end")
        self._scopes.pop()
        self._budget = kept
        self._in_loop -= 1
        return lines

    def _is_deep(self):
        return self._in_loop >= 2 or self._in_function >= 2

    def _while(self):
        if self._is_deep():
            return self._print()
        name = self.fresh()
        limit = self.random.randint(1, 4)
        condition = "%s < %d" % (name, limit)
        if self.random.random() < 0.3:
            condition += " and %s" % self.expression("boolean")
        return (["local %s = 0" % name, "while %s do" % condition, "  %s = %s + 1" % (name, name)]
                + self._loop_body([Variable(name, "counter")]) + ["end"])

    def _repeat(self):
        if self._is_deep():
            return self._print()
        name, inner = self.fresh(), self.random.choice(values.NAMES)
        also = self.random.choice(("", " or %s" % self.expression("boolean")))
        return (["local %s = 0" % name, "repeat", "  %s = %s + 1" % (name, name)]
                + self._loop_body([Variable(name, "counter")])
                + ["  local %s = %s" % (inner, name),
                   "until %s >= %d%s" % (inner, self.random.randint(1, 3), also)])

    def _numeric_for(self):
        if self._is_deep():
            return self._print()
        random = self.random
        name = random.choice(values.NAMES)
        bounds = random.choice((
            "1, %d" % random.randint(0, 5), "%d, 1, -1" % random.randint(0, 4), "1, 2, 0.25", "1, 0", "3, 1",
            "0.5, 3",
            "10, 1, -3", "-2, 2", "2^53, 2^53 + 1, 2", "'1', '3'", "1, 3, '2'", "0, 1, 0.1", "1, -math.huge",
            "%s, 3" % self._bounded(), "1, #%s" % (self.variable("sequence") or "'abc'")))
        return ["for %s = %s do" % (name, bounds)] + self._loop_body([Variable(name, "number")]) + ["end"]

    def _bounded(self):
        return "math.max(-3, %s)" % self.expression("number", 2)

    def _generic_for(self):
        if self._is_deep():
            return self._print()
        random = self.random
        one, other = random.sample(values.NAMES, 2)
        sequence = self.expression("sequence", 2)
        text, kinds = random.choice((
            ("ipairs(%s)" % sequence, ("number", "any")), ("pairs(%s)" % sequence, ("number", "any")),
            ("next, {%s}" % ", ".join(values.number(random) for _ in range(3)), ("number", "number")),
            ("string.gmatch(%s, %s)" % (self.expression("string", 2), values.pattern(random)),
             ("string", "any")),
            ("(function(s, k) if k < s then return k + 1, k * 2 end end), 3, 0", ("number", "number")),
        ))
        header = "for %s, %s in %s do" % (one, other, text)
        body = self._loop_body([Variable(one, kinds[0]), Variable(other, kinds[1])])
        if text.startswith(("pairs(", "ipairs(")):      # of a copy: one that grows would never end
            header = "for %s, %s in %s(w_q) do" % (one, other, text.split("(")[0])
            return ["do", "local w_q = {unpack(%s)}" % sequence, header] + body + ["end", "end"]
        return [header] + body + ["end"]

    def _do(self):
        return ["do"] + self._small_block() + ["end"]

    def _local_function(self):
        if self._in_function:
            return self._print()
        parameters, body = self.function_body()
        name = self.declare("function", self.random.choice(("f", "g", "h", "helper"))).name
        header = "local function %s(%s)" if self.random.random() < 0.7 else "local %s = function(%s)"
        return [header % (name, parameters)] + ["  " + line for line in body.split("\n")] + ["end"]

    def _call_statement(self):
        return [self.call()]

    def _protected(self):
        if self._in_function >= 2:
            return self._print()
        return self.protected(self.random.choice((1, 1, 2, 3)))

    def protected(self, size):
        """Return statements in a function of their own: what goes wrong inside is printed."""
        kept, self.wrong = self.wrong, max(self.wrong, 0.08)
        body = self.inside(lambda: self._protected_body(size))
        self.wrong = kept
        return ["print(pcall(function()"] + body + ["end))"]

    def _protected_body(self, size):
        lines = ["  " + line for line in self.block(size)]
        if self.random.random() < 0.4:
            lines.append("  return %s" % self.arguments(least=1))
        return lines

    def inside(self, make):
        """Return what `make()` returns, which will stand in a function without parameters."""
        kept = self._is_vararg, self._in_loop
        self._is_vararg, self._in_loop = False, 0
        self._in_function += 1
        self._scopes.append([])
        made = make()
        self._scopes.pop()
        self._in_function -= 1
        self._is_vararg, self._in_loop = kept
        return made

    def _tail(self):
        if self._in_function and self.random.random() < 0.2:
            return ["do return %s end" % self.arguments()]
        return self._print()

    _STATEMENTS = (_local,) * 5 + (_assignment,) * 4 + (_print, _protected) * 3 + (
        _multiple_assignment, _field_assignment, _field_assignment, _append, _append, _remove, _global,
        _show_variables, _if, _if, _while, _repeat, _numeric_for, _numeric_for, _generic_for, _generic_for,
        _do, _local_function, _local_function, _call_statement, _tail)
