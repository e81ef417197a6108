"""The timetable, against a plain dict."""
import random
import unittest

from redis_clone.datatypes import timetable
from redis_clone.datatypes.timetable import Timetable


class TimetableTest(unittest.TestCase):
    def make(self, **times):
        made = Timetable()
        for item, when_ms in times.items():
            made.set(item.encode(), when_ms)
        return made

    def test_what_is_due_comes_in_the_order_of_time(self):
        made = self.make(c=30, a=10, b=20, d=40)
        self.assertEqual(made.take_due(31), [b"a", b"b", b"c"])
        self.assertEqual(made.times, {b"d": 40})

    def test_at_the_very_millisecond_nothing_is_due_yet(self):
        made = self.make(a=10)
        self.assertEqual(made.take_due(10), [])
        self.assertEqual(made.take_due(11), [b"a"])

    def test_takes_no_more_than_asked_for(self):
        made = self.make(a=1, b=2, c=3)
        self.assertEqual(made.take_due(9, 2), [b"a", b"b"])
        self.assertEqual(made.take_due(9, 0), [])
        self.assertEqual(made.earliest(), 3)

    def test_another_time_replaces_the_first(self):
        made = self.make(a=10)
        made.set(b"a", 20)
        self.assertEqual(made.take_due(15), [])
        made.set(b"a", 5)
        self.assertEqual(made.take_due(15), [b"a"])
        self.assertEqual(made.take_due(99), [])

    def test_what_is_forgotten_is_never_due(self):
        made = self.make(a=10, b=20)
        self.assertTrue(made.forget(b"a"))
        self.assertFalse(made.forget(b"a"))
        self.assertEqual(made.earliest(), 20)
        self.assertEqual(made.take_due(99), [b"b"])
        self.assertIsNone(made.earliest())
        self.assertEqual(len(made), 0)

    def test_a_copy_is_independent(self):
        made = self.make(a=10, b=20)
        twin = made.duplicate()
        made.forget(b"a")
        self.assertEqual(twin.take_due(15), [b"a"])
        self.assertEqual(made.take_due(99), [b"b"])

    def test_changing_a_time_over_and_over_leaves_no_more_than_a_few_leftovers(self):
        made = self.make(a=0, b=10 ** 6)
        for when_ms in range(1, 10000):
            made.set(b"a", when_ms)
        self.assertLess(len(made._heap), 100)
        self.assertEqual(made.take_due(10 ** 5), [b"a"])

    def test_so_much_is_due_that_it_is_taken_in_one_pass(self):
        made = Timetable()
        count = timetable._ONE_BY_ONE * 3
        for number in range(count):
            made.set(b"%d" % number, number)
        self.assertEqual(set(made.take_due(count - 5)), {b"%d" % number for number in range(count - 5)})
        self.assertEqual(made.earliest(), count - 5)
        self.assertEqual(len(made), 5)

    def test_behaves_like_a_plain_dict(self):
        for seed in range(20):
            rng = random.Random(seed)
            made, model, now_ms = Timetable(), {}, 0
            for _ in range(2000):
                item = b"%d" % rng.randrange(200)
                action = rng.random()
                if action < 0.6:
                    model[item] = now_ms + rng.randrange(500)
                    made.set(item, model[item])
                elif action < 0.8:
                    self.assertEqual(made.forget(item), model.pop(item, None) is not None)
                else:
                    now_ms += rng.randrange(40)
                    due = sorted(item for item, when_ms in model.items() if when_ms < now_ms)
                    self.assertEqual(sorted(made.take_due(now_ms)), due)
                    for item in due:
                        del model[item]
                self.assertEqual(made.earliest(), min(model.values(), default=None))
            self.assertEqual(made.times, model)


if __name__ == "__main__":
    unittest.main()
