"""Tests of lua/memory.py: the decorator that PyPy gets instead of functools.lru_cache."""
import unittest

from redis_clone.lua import memory


class RememberedTest(unittest.TestCase):
    def setUp(self):
        self.calls = []
        self.square = memory._remembered(3)(self.compute)

    def compute(self, number):
        """The square."""
        self.calls.append(number)
        return number * number

    def test_results_are_remembered(self):
        self.assertEqual([self.square(2), self.square(2), self.square(3)], [4, 4, 9])
        self.assertEqual(self.calls, [2, 3])

    def test_not_more_than_asked_for(self):
        for number in (1, 2, 3, 4, 4, 1):
            self.square(number)
        self.assertEqual(self.calls, [1, 2, 3, 4, 1])

    def test_what_fails_is_not_remembered(self):
        for _ in range(2):
            with self.assertRaises(TypeError):
                self.square("x")
        self.assertEqual(self.calls, ["x", "x"])

    def test_the_function_itself_is_at_hand(self):
        self.assertEqual(self.square.__wrapped__, self.compute)
        self.assertEqual(self.square.__doc__, "The square.")


if __name__ == "__main__":
    unittest.main()
