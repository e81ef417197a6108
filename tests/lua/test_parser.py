"""The syntax tree of Lua 5.1 and the errors of its parser.

Messages and lines were taken from lua5.1 and luac5.1.
"""

import inspect
import unittest

from redis_clone.lua import syntax
from redis_clone.lua.errors import LuaError, chunk_id
from redis_clone.lua.parser import parse
from redis_clone.lua.syntax import Binary, Constant, Function, Local, Variable

_NAMES = {"CallStatement": "call", "LocalStatement": "local", "Assignment": "set"}


def tree(source):
    return parse(source, b"@user_script")


def shape(node):
    """A node as nested tuples without lines and depths; variables and names as str."""
    if isinstance(node, (list, tuple)):
        return [shape(each) for each in node]
    if isinstance(node, Variable):
        return node.name.decode()
    if isinstance(node, Function):
        return ("function", shape(node.parameters), shape(node.body))
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, (syntax.Local, syntax.Global)):
        name = node.variable.name if isinstance(node, Local) else node.name
        return node.__class__.__name__[0] + " " + name.decode()
    if isinstance(node, bytes):
        return node.decode()
    if not hasattr(node, "__slots__"):
        return node
    fields = [shape(getattr(node, each)) for each in node.__slots__ if each not in ("line", "depth")]
    name = node.__class__.__name__
    return (_NAMES.get(name, name), *fields)


def expression(source):
    return tree(b"return " + source).body[0].values[0]


def statement(source):
    return tree(source).body[0]


class ParserTestCase(unittest.TestCase):
    def assert_shape(self, source, expected):
        self.assertEqual(shape(statement(source)), expected)

    def assert_value(self, source, expected):
        self.assertEqual(shape(expression(source)), expected)

    def assert_fails(self, source, message, line=1):
        with self.assertRaises(LuaError) as caught:
            tree(source)
        self.assertEqual(caught.exception.value, b"user_script:%d: %s" % (line, message))


class ExpressionTest(ParserTestCase):
    def test_constants(self):
        self.assertEqual(shape(tree(b"return nil, true, false, 1, 'a'").body), [
            ("Return", [None, True, False, 1.0, b"a"])])

    def test_ranks(self):
        self.assert_value(b"a or b and c < d .. e + f * -g ^ h", (
            "Logical", "or", "G a", ("Logical", "and", "G b", ("Binary", "<", "G c", (
                "Binary", "..", "G d", ("Binary", "+", "G e", ("Binary", "*", "G f", (
                    "Unary", "-", ("Binary", "^", "G g", "G h")))))))))

    def test_equal_ranks_join_from_the_left(self):
        self.assert_value(b"a - b + c", ("Binary", "+", ("Binary", "-", "G a", "G b"), "G c"))
        self.assert_value(b"a < b == c", ("Binary", "==", ("Binary", "<", "G a", "G b"), "G c"))

    def test_concatenation_and_power_join_from_the_right(self):
        self.assert_value(b"a .. b .. c", ("Binary", "..", "G a", ("Binary", "..", "G b", "G c")))
        self.assert_value(b"a ^ b ^ c", ("Binary", "^", "G a", ("Binary", "^", "G b", "G c")))
        self.assert_value(b"a ^ -b", ("Binary", "^", "G a", ("Unary", "-", "G b")))

    def test_unary_operators(self):
        self.assert_value(b"not not #a", ("Unary", "not", ("Unary", "not", ("Unary", "#", "G a"))))
        self.assert_value(b"not a == b", ("Binary", "==", ("Unary", "not", "G a"), "G b"))

    def test_parentheses_are_kept_only_around_what_may_have_several_values(self):
        self.assert_value(b"(a)", "G a")
        self.assert_value(b"((1))", 1.0)
        self.assert_value(b"(f())", ("Parenthesized", ("Call", "G f", [])))
        self.assert_value(b"(a:b())", ("Parenthesized", ("MethodCall", "G a", "b", [])))
        self.assert_value(b"(...)", ("Parenthesized", ("Vararg",)))
        self.assert_value(b"(f() or 1)", ("Logical", "or", ("Call", "G f", []), 1.0))

    def test_fields_and_calls_follow_each_other(self):
        self.assert_value(b"a.b[c]:d(1, ...)'e'{f}", ("Call", ("Call", (
            "MethodCall", ("Index", ("Index", "G a", b"b"), "G c"), "d", [1.0, ("Vararg",)]), [b"e"]), [
            ("TableConstructor", [[None, "G f", 1]])]))
        self.assert_value(b"a:b[[c]]", ("MethodCall", "G a", "b", [b"c"]))
        self.assert_value(b"a:b{}", ("MethodCall", "G a", "b", [("TableConstructor", [])]))
        self.assert_value(b"('x'):rep(3)", ("MethodCall", b"x", "rep", [3.0]))

    def test_table_constructors(self):
        self.assert_value(b"{1; a = 2, [b] = 3, c,}", ("TableConstructor", [
            [None, 1.0, 1], [b"a", 2.0, 1], ["G b", 3.0, 1], [None, "G c", 1]]))
        self.assert_value(b"{}", ("TableConstructor", []))

    def test_functions(self):
        self.assert_value(b"function(a, b) return b end", ("function", ["a", "b"], [("Return", ["L b"])]))

    def test_arithmetic_on_numbers_is_done_at_once(self):
        for source, number in ((b"1 + 2 * 3 - 4 / 8", 6.5), (b"-2 ^ 2", -4.0), (b"-(-3)", 3.0),
                               (b"2 ^ -1", 0.5),
                               (b"1e308 * 10", float("inf")), (b"(1) + (2)", 3.0)):
            self.assert_value(source, number)
        self.assertEqual(str(expression(b"-0").value), "-0.0")

    def test_arithmetic_without_a_plain_result_waits(self):
        for source in (b"1 / 0", b"0 / 0", b"1e999 - 1e999", b"(-8) ^ 0.5", b"1 + 'a'", b"1 .. 2", b"1 < 2"):
            self.assertIsInstance(expression(source), Binary, source)
        self.assertIsInstance(expression(b"-'1'"), syntax.Unary)

    def test_depth_is_the_height_of_the_tree(self):
        for source, depth in ((b"a", 1), (b"a.b", 2), (b"a + b + c", 3), (b"f(a.b.c)", 4),
                              (b"{a, {[b.c] = d}}", 4),
                              (b"(f())", 3), (b"a:b(c + d)", 3), (b"-a", 2), (b"1 + 2", 1),
                              (b"function() end", 1)):
            self.assertEqual(expression(source).depth, depth, source)

    def test_long_chains_need_no_stack(self):
        self.assertEqual(expression(b"a" + b" + a" * 5000).depth, 5001)
        self.assertEqual(expression(b"a" + b".b" * 5000).depth, 5001)
        self.assertEqual(expression(b"a" + b"()" * 5000).depth, 5001)


class StatementTest(ParserTestCase):
    def test_an_empty_chunk(self):
        chunk = tree(b"")
        self.assertEqual((chunk.body, chunk.is_vararg, chunk.line, chunk.last_line), ([], True, 0, 1))

    def test_calls(self):
        self.assert_shape(b"f(1)", ("call", ("Call", "G f", [1.0])))
        self.assert_shape(b"a.b:c()", ("call", ("MethodCall", ("Index", "G a", b"b"), "c", [])))

    def test_assignments(self):
        self.assert_shape(b"a, b.c, d[1] = 1, f()",
                          ("set", ["G a", ("Index", "G b", b"c"), ("Index", "G d", 1.0)], [
            1.0, ("Call", "G f", [])]))
        self.assert_shape(b"(a).b = 1", ("set", [("Index", "G a", b"b")], [1.0]))

    def test_local_variables(self):
        self.assert_shape(b"local a, b = 1", ("local", ["a", "b"], [1.0]))
        self.assert_shape(b"local a", ("local", ["a"], []))
        self.assertEqual(shape(tree(b"local a = a local b = a").body[1]), ("local", ["b"], ["L a"]))

    def test_a_local_variable_is_not_visible_in_its_own_value(self):
        self.assert_shape(b"local a = a", ("local", ["a"], ["G a"]))

    def test_a_local_function_sees_itself(self):
        self.assert_shape(b"local function f() return f end", (
            "LocalFunction", "f", ("function", [], [("Return", ["L f"])])))

    def test_function_statements_are_assignments(self):
        node = statement(b"function a.b.c:m(x) return self end")
        self.assertEqual(shape(node), ("set", [("Index", ("Index", ("Index", "G a", b"b"), b"c"), b"m")], [
            ("function", ["self", "x"], [("Return", ["L self"])])]))
        self.assertEqual(node.values[0].name, b"a.b.c:m")
        self.assertEqual(statement(b"function f() end").values[0].name, b"f")
        self.assertEqual(statement(b"local function f() end").function.name, b"f")
        self.assertIsNone(expression(b"function() end").name)

    def test_if(self):
        self.assert_shape(b"if a then b() elseif c then else d() end", ("If", [
            ["G a", [("call", ("Call", "G b", []))]], ["G c", []]], [("call", ("Call", "G d", []))]))
        self.assertIsNone(statement(b"if a then end").otherwise)

    def test_loops(self):
        self.assert_shape(b"while a do break end", ("While", "G a", [("Break",)]))
        self.assert_shape(b"repeat local x = 1; until x", ("Repeat", [("local", ["x"], [1.0])], "L x"))
        self.assert_shape(b"for i = 1, n do f(i) end", ("NumericFor", "i", 1.0, "G n", None, [
            ("call", ("Call", "G f", ["L i"]))]))
        self.assert_shape(b"for i = i, 2, 3 do end", ("NumericFor", "i", "G i", 2.0, 3.0, []))
        self.assert_shape(b"for k, v in k, v do f(k) end", ("GenericFor", ["k", "v"], ["G k", "G v"], [
            ("call", ("Call", "G f", ["L k"]))]))

    def test_return_ends_a_block(self):
        self.assert_shape(b"do return end", ("Do", [("Return", [])]))
        self.assert_shape(b"do return; end", ("Do", [("Return", [])]))
        self.assert_shape(b"return 1, 2;", ("Return", [1.0, 2.0]))

    def test_blocks_hide_names_until_they_end(self):
        body = tree(b"local a = 1 do local a = 2 f(a) end f(a)").body
        first = body[0].variables[0]
        inner, last = body[1].body[1].call.arguments[0], body[2].call.arguments[0]
        self.assertIsNot(inner.variable, first)
        self.assertIs(last.variable, first)

    def test_names_are_forgotten_after_their_block(self):
        for source in (b"do local a end", b"for a = 1, 2 do end", b"for a in f do end",
                       b"while x do local a end",
                       b"repeat local a until a", b"if x then local a else local a end",
                       b"function f(a) local a end"):
            self.assertEqual(shape(tree(source + b" return a").body[-1]), ("Return", ["G a"]), source)


class VariableTest(ParserTestCase):
    def variables(self, source):
        """name -> Variable of `local` statements and loops of the chunk; the last one of a name."""
        found = {}

        def walk(body):
            for node in body:
                for variable in getattr(node, "variables", ()) or [getattr(node, "variable", None)]:
                    if variable is not None:
                        found[variable.name.decode()] = variable
                for block in (getattr(node, "body", None), getattr(node, "otherwise", None)):
                    walk(block or ())
        walk(tree(source).body)
        return found

    def values(self, source, name="x"):
        return shape(self.variables(source)[name].values)

    def test_values_of_a_declaration(self):
        self.assertEqual(self.values(b"local x = 1"), [1.0])
        variable = self.variables(b"local x")["x"]
        self.assertEqual((shape(variable.values), variable.values[0].__class__, variable.assigned),
                         ([None], Constant, 0))

    def test_a_value_that_is_missing_is_nil(self):
        missing = self.variables(b"local y, x = 1")["x"].values
        self.assertIsInstance(missing[0], Constant)
        self.assertIsNone(missing[0].value)

    def test_a_later_result_cannot_be_told(self):
        self.assertEqual(self.values(b"local x, y = f()"), [("Call", "G f", [])])
        for source in (b"local y, x = f()", b"local y, z, x = 1, a:b()", b"local y, x = ..."):
            self.assertEqual(self.variables(source)["x"].values, [None], source)
        self.assertIsInstance(self.variables(b"local y, x = (f())")["x"].values[0], Constant)

    def test_values_of_assignments_are_added(self):
        variable = self.variables(b"local x = 1 x = 'a' y, x = f() x, y = 2")["x"]
        self.assertEqual(shape(variable.values), [1.0, b"a", None, 2.0])
        self.assertEqual((variable.assigned, variable.captured, variable.reassigned_inside),
                         (3, False, False))

    def test_functions_are_values(self):
        self.assertEqual(self.values(b"local x function x() end"), [None, ("function", [], [])])
        variable = self.variables(b"local function x() end")["x"]
        self.assertEqual((shape(variable.values), variable.assigned), ([("function", [], [])], 0))

    def test_loop_variables(self):
        self.assertEqual(self.values(b"for x = 1, 2 do end"), [0.0])
        self.assertEqual(self.variables(b"for x, y in f do end")["x"].values, [None])

    def test_parameters_cannot_be_told(self):
        function = statement(b"function a:b(c) end").values[0]
        self.assertEqual([each.values for each in function.parameters], [[None], [None]])

    def test_in_loop(self):
        variables = self.variables(b"local a for b = 1, 2 do local c end while x do local d end "
                                   b"repeat local e until 1 for f in g do end do local h end local i")
        inside = {name for name, variable in variables.items() if variable.in_loop}
        self.assertEqual(inside, set("bcdef"))

    def test_a_function_inside_a_loop_starts_anew(self):
        loop = statement(b"while x do local function f(a) local b end end")
        function = loop.body[0].function
        self.assertTrue(loop.body[0].variable.in_loop)
        self.assertFalse(function.parameters[0].in_loop or function.body[0].variables[0].in_loop)

    def test_numbers_are_unique(self):
        variables = self.variables(b"local a, b for c = 1, 2 do local d end")
        self.assertEqual([each.number for each in variables.values()], [1, 2, 3, 4])

    def test_captured_variables(self):
        source = b"local x, y, z = 1 local function f() x = 'a' return y end"
        variables = self.variables(source)
        self.assertEqual([variables[name].captured for name in "xyzf"], [True, True, False, False])
        self.assertEqual([variables[name].reassigned_inside for name in "xy"], [True, False])
        self.assertEqual((shape(variables["x"].values), variables["x"].assigned), ([1.0, b"a"], 1))


class FunctionTest(ParserTestCase):
    def test_captures_pass_through_the_functions_in_between(self):
        chunk = tree(b"local a, b local function outer(c) return function() return b, a, c, b end end")
        outer = chunk.functions[0]
        inner = outer.functions[0]
        self.assertEqual(shape(list(inner.captures)), ["b", "a", "c"])
        self.assertEqual(shape(list(outer.captures)), ["b", "a"])
        self.assertEqual((chunk.captures, inner.parent, outer.parent), ({}, outer, chunk))

    def test_returns_are_those_of_the_function_itself(self):
        chunk = tree(b"if x then return 1 end local function f() return 2 end return 3")
        self.assertEqual(shape(chunk.returns), [("Return", [1.0]), ("Return", [3.0])])
        self.assertEqual(shape(chunk.functions[0].returns), [("Return", [2.0])])

    def test_numbers_are_unique(self):
        chunk = tree(b"f(function() return function() end end, function() end)")
        first, second = chunk.functions
        self.assertEqual([chunk.number, first.number, first.functions[0].number, second.number], [1, 2, 3, 4])

    def test_lines(self):
        function = statement(b"\nfunction f(a,\n b)\n\nend").values[0]
        self.assertEqual((function.line, function.last_line), (2, 5))
        function = expression(b"function\n()\nend")
        self.assertEqual((function.line, function.last_line), (2, 3))    # as Lua: the line of the parenthesis

    def test_varargs(self):
        function = expression(b"function(a, ...) return function(...) return ... end end")
        self.assertEqual((function.is_vararg, function.uses_vararg, shape(function.parameters)),
                         (True, False, ["a"]))
        self.assertTrue(function.functions[0].uses_vararg)
        self.assertFalse(tree(b"").uses_vararg)
        self.assertTrue(tree(b"return ...").uses_vararg)

    def test_a_function_with_varargs_has_a_local_arg(self):
        function = expression(b"function(...) return arg end")
        self.assertIs(function.body[0].values[0].variable, function.arg)
        self.assertEqual((function.arg.values, function.parameters, function.uses_vararg),
                         ([None], [], False))
        function = expression(b"function(...) local n = arg return ... end")
        self.assertTrue(function.arg is not None and function.uses_vararg)

    def test_arg_is_global_everywhere_else(self):
        self.assert_value(b"arg", "G arg")
        self.assert_value(b"function(a) return arg end", ("function", ["a"], [("Return", ["G arg"])]))

    def test_arg_hides_a_parameter_of_that_name(self):
        function = expression(b"function(arg, ...) return arg end")
        self.assertIs(function.body[0].values[0].variable, function.arg)

    def test_arg_is_not_made_when_nothing_is_called_so(self):
        self.assertIsNone(expression(b"function(...) return args end").arg)


class LineTest(ParserTestCase):
    """The line that an error is reported in; all checked against the instructions that luac lists."""

    def test_a_call_is_where_its_arguments_open(self):
        self.assertEqual(expression(b"\nf(\na\n)").line, 2)
        self.assertEqual(expression(b"f\n\n'a'").line, 3)
        self.assertEqual(expression(b"a\n:b\n{\n}").line, 3)

    def test_an_operation_is_where_its_last_operand_ends(self):
        self.assertEqual(expression(b"a\n+\nb\n").line, 3)
        self.assertEqual(expression(b"(a\n<\nb\n)").line, 3)
        self.assertEqual(expression(b"-\na").line, 2)

    def test_a_concatenation_is_one_operation(self):
        node = expression(b"a .. (b ..\nc\n)")
        self.assertEqual((node.line, node.right.line), (2, 2))

    def test_an_operand_is_read_at_the_operator(self):
        node = expression(b"a.b\n+\nc.d")
        self.assertEqual((node.left.line, node.right.line), (2, 3))
        self.assertEqual(expression(b"a\n\nor 1").left.line, 3)

    def test_a_field_in_parentheses_is_read_when_they_close(self):
        node = expression(b"(a.b\n)\n+ 1")
        self.assertEqual(node.left.line, 2)

    def test_a_table_is_read_where_its_name_ends(self):
        node = expression(b"a\n.b\n[\nc\n]")
        self.assertEqual((node.line, node.key.line, node.table.line, node.table.table.line), (5, 4, 2, 1))

    def test_the_object_of_a_method_is_read_at_the_name_of_the_method(self):
        self.assertEqual(expression(b"a.b\n:\nc()").object.line, 3)

    def test_list_items_are_read_at_the_comma(self):
        arguments = expression(b"f(a.b\n, c\n\n, d.e\n)").arguments
        self.assertEqual([each.line for each in arguments], [2, 4, 5])
        values = tree(b"return a.b\n, c.d\n").body[0].values
        self.assertEqual([each.line for each in values], [2, 2])

    def test_items_of_a_table_are_read_before_the_next_one(self):
        items = expression(b"{\na.b,\nc\n=\nd\n,e.f,\ng.h\n,\n}").items
        self.assertEqual([(value.line, line) for _, value, line in items], [(2, 2), (5, 5), (6, 6), (9, 7)])

    def test_assignments_store_at_their_end(self):
        node = statement(b"a.b,\nc =\nd,\nf(\n)")
        self.assertEqual((node.line, [each.line for each in node.targets], node.targets[0].table.line),
                         (5, [5, 5], 1))
        self.assertEqual(statement(b"\nfunction a.b()\nend").targets[0].line, 2)

    def test_loops(self):
        self.assertEqual(statement(b"for i = 1,\n2\ndo\nend").line, 3)
        self.assertEqual(statement(b"for i\nin\nf,\ng\ndo end").line, 3)


class ErrorTest(ParserTestCase):
    def test_unexpected_symbols(self):
        self.assert_fails(b"x = = 1", b"unexpected symbol near '='")
        self.assert_fails(b"x =", b"unexpected symbol near '<eof>'")
        self.assert_fails(b"x = 1 ;;", b"unexpected symbol near ';'")
        self.assert_fails(b"f(a,)", b"unexpected symbol near ')'")
        self.assert_fails(b"end", b"'<eof>' expected near 'end'")

    def test_the_token_is_shown_as_it_was_read(self):
        self.assert_fails(b"x y", b"'=' expected near 'y'")
        self.assert_fails(b"x 1e2", b"'=' expected near '1e2'")
        self.assert_fails(b"x.y = 1 'a\\n\\0b' = 2", b"unexpected symbol near ''a\n'")
        self.assert_fails(b"x = 1 [[\na]]", b"unexpected symbol near '[[a]]'", 2)
        self.assert_fails(b"x = !", b"unexpected symbol near '!'")
        self.assert_fails(b"x = \xff", b"unexpected symbol near '\xff'")
        self.assert_fails(b"x = \1", b"unexpected symbol near 'char(1)'")
        self.assert_fails(b"x = \x7f", b"unexpected symbol near 'char(127)'")
        self.assert_fails(b"x = \0", b"unexpected symbol")

    def test_what_is_expected(self):
        self.assert_fails(b"local 1", b"'<name>' expected near '1'")
        self.assert_fails(b"a.1", b"'=' expected near '.1'")
        self.assert_fails(b"a. 1", b"'<name>' expected near '1'")
        self.assert_fails(b"if x do", b"'then' expected near 'do'")
        self.assert_fails(b"while x then", b"'do' expected near 'then'")
        self.assert_fails(b"for a.b = 1", b"'=' or 'in' expected near '.'")
        self.assert_fails(b"for a, b = 1", b"'in' expected near '='")
        self.assert_fails(b"for a = 1 do", b"',' expected near 'do'")
        self.assert_fails(b"function f(a, 1)", b"<name> or '...' expected near '1'")
        self.assert_fails(b"function f(..., a)", b"')' expected near ','")
        self.assert_fails(b"function f", b"'(' expected near '<eof>'")
        self.assert_fails(b"a[1 = 2", b"']' expected near '='")
        self.assert_fails(b"x = {[1] 2}", b"'=' expected near '2'")
        self.assert_fails(b"a:b = 1", b"function arguments expected near '='")

    def test_what_is_not_closed_says_where_it_was_opened(self):
        self.assert_fails(b"if x then", b"'end' expected near '<eof>'")
        self.assert_fails(b"if x then\n", b"'end' expected (to close 'if' at line 1) near '<eof>'", 2)
        self.assert_fails(b"\nwhile x do\n)", b"unexpected symbol near ')'", 3)
        self.assert_fails(b"do\nuntil", b"'end' expected (to close 'do' at line 1) near 'until'", 2)
        self.assert_fails(b"for i = 1, 2 do\nelse", b"'end' expected (to close 'for' at line 1) near 'else'",
                          2)
        self.assert_fails(b"repeat\nend", b"'until' expected (to close 'repeat' at line 1) near 'end'", 2)
        self.assert_fails(b"local x = function\n()\n",
                          b"'end' expected (to close 'function' at line 2) near '<eof>'", 3)
        self.assert_fails(b"f(\na b", b"')' expected (to close '(' at line 1) near 'b'", 2)
        self.assert_fails(b"x = {\n1 2", b"'}' expected (to close '{' at line 1) near '2'", 2)

    def test_what_cannot_be_assigned_to(self):
        for source in (b"(a) = 1", b"(a.b) = 1", b"a, f() = 1"):
            self.assert_fails(source, b"syntax error near '='")
        self.assert_fails(b"a", b"'=' expected near '<eof>'")
        self.assert_fails(b"(f())", b"syntax error near '<eof>'")
        self.assert_fails(b"f() = 1", b"unexpected symbol near '='")
        self.assert_fails(b"1 = 2", b"unexpected symbol near '1'")

    def test_arguments_open_in_the_line_of_the_function(self):
        self.assert_fails(b"f\n(a)", b"ambiguous syntax (function call x new statement) near '('", 2)
        self.assert_fails(b"a:b\n(a)", b"ambiguous syntax (function call x new statement) near '('", 2)

    def test_a_name_at_the_start_of_a_table_item_is_not_ambiguous(self):
        self.assertEqual(shape(expression(b"{f\n(a)}"))[1][0][1], ("Call", "G f", ["G a"]))

    def test_varargs_need_a_vararg_function(self):
        self.assert_fails(b"function f() return ... end",
                          b"cannot use '...' outside a vararg function near '...'")

    def test_break_needs_a_loop(self):
        self.assert_fails(b"break", b"no loop to break near '<eof>'")
        self.assert_fails(b"while 1 do f(function() break end) end", b"no loop to break near 'end'")
        self.assert_fails(b"while 1 do break f() end", b"'end' expected near 'f'")
        self.assert_fails(b"for i = 1, 2 do end break", b"no loop to break near '<eof>'")

    def test_return_is_the_last_statement(self):
        self.assert_fails(b"return 1 f()", b"'<eof>' expected near 'f'")
        self.assert_fails(b"do return f() 1 end", b"'end' expected near '1'")

    def test_what_is_no_token_is_reported_when_the_parser_gets_there(self):
        self.assert_fails(b"x = 3..2", b"malformed number near '3..2'")
        self.assert_fails(b"x 5 'abc", b"'=' expected near '5'")
        self.assert_fails(b"local a 'abc", b"unfinished string near '<eof>'")
        self.assert_fails(b"{a 'abc", b"unexpected symbol near '{'")
        self.assert_fails(b"x = {a [=", b"invalid long string delimiter near '[='")
        self.assert_fails(b"a\n.'\\300'", b"escape sequence too large near '''", 2)

    def test_a_first_line_for_the_shell_is_an_error(self):
        self.assert_fails(b"#!lua\n", b"unexpected symbol near '#'")

    def test_statements_of_later_versions_are_errors(self):
        self.assert_fails(b"goto x", b"'=' expected near 'x'")
        self.assert_fails(b"::x::", b"unexpected symbol near ':'")
        self.assert_fails(b"x = a // b", b"unexpected symbol near '/'")


class LimitTest(ParserTestCase):
    TOO_DEEP = b"chunk has too many syntax levels"

    def assert_nests(self, before, after, middle, levels):
        """`levels` of them are accepted and one more is not."""
        tree(before * levels + middle + after * levels)
        with self.assertRaises(LuaError) as caught:
            tree(before * (levels + 1) + middle + after * (levels + 1))
        self.assertEqual(caught.exception.value, b"user_script:1: " + self.TOO_DEEP)

    def test_expressions(self):
        for before, after in ((b"f(", b")"), (b"(", b")"), (b"a:b(", b")"), (b"a[", b"]"), (b"{", b"}"),
                              (b"f{[", b"] = 1}"), (b"- ", b""), (b"a ..", b""), (b"a ^", b""),
                              (b"not ", b"")):
            tree(b"return " + before * 198 + b"1" + after * 198)
            self.assert_fails(b"return " + before * 199 + b"1" + after * 199, self.TOO_DEEP)

    def test_blocks(self):
        for before, after in ((b"do ", b" end"), (b"while 1 do ", b" end"), (b"repeat ", b" until 1"),
                              (b"if 1 then ", b" end"), (b"local function f() ", b" end"),
                              (b"function f() ", b" end")):
            self.assert_nests(before, after, b"", 199)

    def test_functions_in_expressions_are_two_levels(self):
        for before, after in ((b"f(function() ", b" end)"), (b"f{[function() ", b" end] = 1}"),
                              (b"local f = function() ", b" end"),
                              (b"for i = 1, 2 do function f() ", b" end end")):
            self.assert_nests(before, after, b"", 99)

    def test_nesting_leaves_room_on_the_stack_of_python(self):
        with self.assertRaises(LuaError) as caught:
            tree(b"f{[" * 300)
        traceback, frames = caught.exception.__traceback__, 0
        while traceback is not None:
            traceback, frames = traceback.tb_next, frames + 1
        self.assertLess(frames, 850)
        self.assertLess(frames + len(inspect.stack(0)), 1000)

    def test_local_variables(self):
        tree(b"local a " * 200)
        self.assert_fails(b"local a " * 200 + b"\nlocal a",
                          b"main function has more than 200 local variables", 2)
        self.assert_fails(b"\nfunction f() " + b"local a " * 201,
                          b"function at line 2 has more than 200 local variables", 2)
        tree(b"do " + b"local a " * 200 + b" end " + b"local a " * 200)

    def test_loops_have_hidden_variables(self):
        message = b"main function has more than 200 local variables"
        tree(b"local a " * 196 + b"for i = 1, 2 do end")
        self.assert_fails(b"local a " * 197 + b"for i = 1, 2 do end", message)
        tree(b"local a " * 195 + b"for k, v in f do end")
        self.assert_fails(b"local a " * 196 + b"for k, v in f do end", message)

    def test_parameters_are_local_variables(self):
        tree(b"function f(a" + b", a" * 198 + b", ...) end")
        self.assert_fails(b"function f(a" + b", a" * 199 + b", ...) end",
                          b"function at line 1 has more than 200 local variables")
        self.assert_fails(b"function f(a" + b", a" * 199 + b", ...) return arg end",
                          b"function at line 1 has more than 200 local variables")

    def test_captures(self):
        names = [b"a%d" % number for number in range(61)]
        source = b"local " + b",".join(names) + b"\nfunction f()\n return function() return %s end end"
        tree(source % b",".join(names[:60]))
        self.assert_fails(source % b",".join(names), b"function at line 2 has more than 60 upvalues", 3)

    def test_targets_of_an_assignment(self):
        tree(b"a" + b", a" * 199 + b" = 1")
        self.assert_fails(b"a" + b", a" * 200 + b" = 1",
                          b"main function has more than 199 variables in assignment")


class ChunkIdTest(unittest.TestCase):
    def test_names_of_files_keep_their_end(self):
        self.assertEqual(chunk_id(b"@user_script"), b"user_script")
        self.assertEqual(chunk_id(b"@" + b"a" * 52), b"a" * 52)
        self.assertEqual(chunk_id(b"@" + b"a" * 10 + b"b" * 43), b"..." + b"a" * 9 + b"b" * 43)

    def test_names_as_they_are_keep_their_start(self):
        self.assertEqual(chunk_id(b"=x y"), b"x y")
        self.assertEqual(chunk_id(b"=" + b"a" * 70), b"a" * 59)

    def test_a_source_is_shown_by_its_first_line(self):
        self.assertEqual(chunk_id(b"x = 1"), b'[string "x = 1"]')
        self.assertEqual(chunk_id(b"x = 1\ny"), b'[string "x = 1..."]')
        self.assertEqual(chunk_id(b"x\r\ny"), b'[string "x..."]')
        self.assertEqual(chunk_id(b"a" * 43), b'[string "%s"]' % (b"a" * 43))
        self.assertEqual(chunk_id(b"a" * 44), b'[string "%s..."]' % (b"a" * 43))
        self.assertEqual(chunk_id(b""), b'[string ""]')

    def test_syntax_errors_show_more_of_a_name(self):
        with self.assertRaises(LuaError) as caught:
            parse(b"x", b"=" + b"a" * 100)
        self.assertEqual(caught.exception.value, b"a" * 79 + b":1: '=' expected near '<eof>'")


if __name__ == "__main__":
    unittest.main()
