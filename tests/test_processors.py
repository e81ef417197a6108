import os
import unittest

from redis_clone.processors import leave_processors, parse_cpu_list


class ParseCpuListTest(unittest.TestCase):
    def test_numbers_ranges_and_steps(self):
        self.assertEqual(parse_cpu_list("3"), {3})
        self.assertEqual(parse_cpu_list("0, 2-4"), {0, 2, 3, 4})
        self.assertEqual(parse_cpu_list("0-7:2,9"), {0, 2, 4, 6, 9})

    def test_anything_else_is_an_error(self):
        for text in ("", "x", "1-", "-1", "1:2", "1,,2"):
            with self.assertRaises(ValueError, msg=text):
                parse_cpu_list(text)


@unittest.skipUnless(hasattr(os, "sched_setaffinity"), "threads cannot be bound to processors here")
class LeaveProcessorsTest(unittest.TestCase):
    def setUp(self):
        self.all = os.sched_getaffinity(0)
        self.addCleanup(os.sched_setaffinity, 0, self.all)

    def test_a_bound_thread_goes_to_the_others(self):
        if len(self.all) < 2:
            self.skipTest("there is one processor")
        os.sched_setaffinity(0, {max(self.all)})
        leave_processors()
        self.assertEqual(os.sched_getaffinity(0), self.all - {max(self.all)})

    def test_one_that_may_run_everywhere_stays_free(self):
        leave_processors()
        self.assertEqual(os.sched_getaffinity(0), self.all)

    def test_a_list_decides(self):
        leave_processors(str(min(self.all)))
        self.assertEqual(os.sched_getaffinity(0), {min(self.all)})

    def test_a_wrong_list_changes_nothing(self):
        for text in ("nonsense", "100000"):
            leave_processors(text)
            self.assertEqual(os.sched_getaffinity(0), self.all)
