"""Expressions that are too deep for one Python expression, as statements one after the other. See emitter.py.

Python's parser allows 200 parentheses inside each other, of which a level of Lua may take three. So the parts of a
deep expression are evaluated into temporaries first, in the order of the script.
"""
from .emitter_calls import CallEmitter
from .emitter_text import DEEPEST, Known
from .syntax import (Binary, Call, Constant, Function, Index, Local, Logical, MethodCall, Parenthesized,
                     TableConstructor, Unary, Vararg)

__all__ = ["DeepEmitter"]


class DeepEmitter(CallEmitter):
    """Evaluates parts of expressions ahead, as `Known` ones."""

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
        known = self.flattened(expression) if expression.depth > DEEPEST else self.keep(expression)
        if known.__class__ is Function:
            return known
        return Known(known.code, known.kind, name, expression.line)

    def flat_operand(self, expression):
        """The same for a left operand, which is not evaluated yet if it is to be read late."""
        return expression if self.is_late(expression) else self.flat_part(expression)

    def flat_binary(self, expression):
        """Chains like a + b + c ... lean to the left and may be long: from the innermost outwards."""
        chain = []
        while expression.__class__ is Binary and expression.depth > DEEPEST:
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
        while expression.__class__ is Logical and expression.depth > DEEPEST:
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
                flat.append(self.flat_parts(last) if last.depth > DEEPEST else last)
            elif last.__class__ is Vararg:
                flat.append(last)
            else:
                flat.append(self.flat_part(last))
        return flat

    def evaluated_in_order(self, expressions):
        """Expressions for one statement: if one is deep, those before it are evaluated before it."""
        if any(expression.depth > DEEPEST for expression in expressions):
            return self.flat_arguments(expressions)
        return expressions
