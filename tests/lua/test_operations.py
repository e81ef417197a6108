"""Operators on values of all types, and values of all types as keys."""
import unittest

from .programs import ProgramCase


class KeyTest(ProgramCase):
    def test_booleans_are_keys_of_their_own(self):
        self.check("""
            local t = {[true] = "T", [1] = "one", [false] = "F", [0] = "zero"}
            print(t[true], t[1], t[false], t[0], t[1 == 1], t[not true])
            t[true] = nil print(t[true], t[1]) t[1 > 2] = nil print(t[false], t[0])
            for k, v in pairs({[true] = 1}) do print(k, v, type(k)) end print(next({[false] = 2}))
            """, """
            T one F zero T F
            nil one
            nil zero
            true 1 boolean
            false 2
            """)

    def test_numbers_of_all_sizes(self):
        self.check("""
            t = {} t[-0] = "z" print(t[0], t[-0]) t[0] = "y" print(t[-0]) t[2^53] = 1
            print(t[2^53], t[2^53 + 1]) t[1e300] = 2 print(t[1e300]) t[0.1] = 3 print(t[0.1]) t["1"] = "s"
            print(t[1], t["1"]) t[1/0] = "inf" print(t[1/0], t[-1/0])
            """, """
            z z
            y
            1 1
            2
            3
            nil s
            inf nil
            """)

    def test_nil_and_nan(self):
        self.check("""
            t = {} t[-0] = "z" print(t[0], t[-0]) t[0] = "y" print(t[-0]) t[2^53] = 1
            print(t[2^53], t[2^53 + 1]) t[1e300] = 2 print(t[1e300]) t[0.1] = 3 print(t[0.1]) t["1"] = "s"
            print(t[1], t["1"]) t[1/0] = "inf" print(t[1/0], t[-1/0])
            print(pcall(function() t[0/0] = 1 end)) print(t[0/0]) print(pcall(function() t[nil] = 1 end))
            print(t[nil]) print(pcall(function() return {[nil] = 1} end))
            print(pcall(function() return {[0/0] = 1} end)) print(pcall(function() local n n[1] = 2 end))
            """, """
            z z
            y
            1 1
            2
            3
            nil s
            inf nil
            false test:4: table index is NaN
            nil
            false test:4: table index is nil
            nil
            false test:5: table index is nil
            false test:6: table index is NaN
            false test:6: attempt to index local 'n' (a nil value)
            """)

    def test_tables_and_functions(self):
        self.check("""
            local t = {}
            local k = {} t[k] = "tab" print(t[k], t[{}]) t[print] = "fn" print(t[print])
            local b = true t[b] = "B" print(t[b], t[1]) b = nil print(t[b])
            """, """
            tab nil
            fn
            B nil
            nil
            """)

    def test_metamethods_see_booleans(self):
        self.check("""
            local m = setmetatable({}, {__index = function(_, k) return type(k) end, __newindex =
              function(_, k, v) print(k, v) end}) print(m[true], m[1], m[false]) m[true] = 1 m[false] = nil
            local kk = true print(m[kk]) m[kk] = 2
            """, """
            boolean number boolean
            true 1
            false nil
            boolean
            true 2
            """)


class LengthTest(ProgramCase):
    def test_tables_with_holes_at_the_end(self):
        self.check("""
            local x = {10, 20, 30, nil} print(#x) x = {10, nil, 30} print(#x, x[3]) x = {nil, nil, 3}
            print(#x) x = {n = nil} print(next(x)) x = {f = nil, g = 1}
            print(next(x)) x[#x + 1] = "a" x[#x + 1] = "b" print(#x, x[1], x[2]) x[#x] = nil print(#x)
            """, """
            3
            3 30
            3
            nil
            g 1
            2 a b
            1
            """)

    def test_raw_access(self):
        self.check("""
            print(rawget({[true] = 5}, true), rawset({}, true, 6)[true], #{[1] = 1, [2] = 2, [4] = 4} >= 2)
            """, "5 6 true")


class EqualityTest(ProgramCase):
    def test_values_of_different_types_are_different(self):
        self.check("""
            print(1 == true, true == 1, "1" == 1, 0 == false, nil == false, 1 == 1.0, "a" == "a", 0 == -0,
              0/0 == 0/0, 0/0 ~= 0/0) local one, tr, zero, fa = 1, true, 0, false
            print(one == tr, tr ~= one, zero == fa, zero ~= fa, one == 1, tr == true, fa == nil)
            """, """
            false false false false false true true true false true
            false true false true true true false
            """)


class ArithmeticTest(ProgramCase):
    def test_ieee_numbers_and_strings_that_spell_numbers(self):
        self.check("""
            print(1/0, -1/0, 0/0, -(0/0), 1/-0, 0 * -1, -0, 1e15, 1e14, 123456789012345, 2^53, 0.1, 1/3, 100)
            print(1e100, -1e15, 3.0, 5 % 3, -5 % 3, 5 % -3, -5 % -3, 5.5 % 2, 5 % math.huge, -5 % math.huge,
              5 % 0, 0 % 5, 1 % 0.1, 2^0.5, (-8)^(1/3), 2^-1, 10 / 2, 7 / 2, "10" + 5, "0x10" * 1, " 5 " - 2,
              "1e1" / 2, -"3", 10 .. 20, -"-2" .. "")
            """, """
            inf -inf -nan nan inf 0 0 1e+15 1e+14 1.2345678901234e+14 9.007199254741e+15 0.1 0.33333333333333 100
            1e+100 -1e+15 3 2 1 -1 -2 1.5 -nan -nan -nan 0 0 1.4142135623731 -nan 0.5 5 3.5 15 16 3 5 -3 1020 2
            """)

    def test_remainders_of_the_largest_whole_numbers_are_rounded(self):
        self.check("""
            local z = 2^53 local a = 3 % -z
            print(a % 7, (a + 1) % 7, (1 - z) % 7, (7 - z) % 7, (8 - z) % 7, (z - 1) % 7, z % 7, (-z) % 3)
            """, "7 0 5 3 4 3 4 0")

    def test_constants_and_variables_agree(self):
        self.check("""
            local a, b, c, z = 5, 3, -3, 0
            print(a % b, -a % b, a % c, -a % c, a / z, -a / z, z / z, a % z, a ^ b, a ^ -1, (-8) ^ (1 / b),
              a % (1 / z), -a % (1 / z), 5.5 % b)
            local s, h = '10', '0x10' print(s + 1, s * s, h - 1, -s, s .. 1, 1 .. s, s / 4, s % 3, 2 ^ s)
            print(2 ^ 1024, -2 ^ 1024, (-2) ^ 1025, 0 ^ -1, (-2) ^ 0.5, 1e308 * 10, -1e308 * 10, 2 ^ 53 + 1)
            for i = -5, 5 do io = i % 3 print(i % 3, i % -3, (i + 0.5) % 2) end
            """, """
            2 1 -1 -2 inf -inf -nan -nan 125 0.2 -nan -nan -nan 2.5
            11 100 15 -10 101 110 2.5 1 1024
            inf -inf -inf inf -nan inf -inf 9.007199254741e+15
            1 -2 1.5
            2 -1 0.5
            0 0 1.5
            1 -2 0.5
            2 -1 1.5
            0 0 0.5
            1 -2 1.5
            2 -1 0.5
            0 0 1.5
            1 -2 0.5
            2 -1 1.5
            """)


class ConcatTest(ProgramCase):
    def test_numbers_become_texts(self):
        self.check("""
            print(1 .. 2, 0.1 .. '', 1e15 .. '', -0 .. '', 1/0 .. '', 2^53 .. '|' .. 100 .. '')
            local a, b = 1, 'x' print(a .. b, b .. a, a .. a, a .. b .. a .. b)
            print(pcall(function() return 'a' .. true end)) print(pcall(function() return {} .. 'a' end))
            print(pcall(function() local n return 'a' .. 1 .. n end))
            """, """
            12 0.1 1e+15 -0 -inf 9.007199254741e+15|100
            1x x1 11 1x1x
            false test:3: attempt to concatenate a boolean value
            false test:3: attempt to concatenate a table value
            false test:4: attempt to concatenate local 'n' (a nil value)
            """)


if __name__ == "__main__":
    unittest.main()
