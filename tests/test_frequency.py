"""Counting how often keys are used."""
import random
import unittest

from redis_clone.frequency import INITIAL_FREQUENCY, FrequencyRules, FrequencyTable, Untouched

NOW = 1_700_000_000


class FrequencyTableTest(unittest.TestCase):
    def setUp(self):
        self.rules = FrequencyRules(random.Random(1))
        self.table = FrequencyTable(self.rules)

    def use(self, times, key=b"k", at=NOW):
        for _ in range(times):
            self.table[key] = at

    def test_a_new_key_starts_at_five(self):
        self.use(1)
        self.assertEqual(self.table.frequency(b"k", NOW), INITIAL_FREQUENCY)
        self.assertEqual(self.table.frequency(b"never seen", NOW), INITIAL_FREQUENCY)

    def test_grows_with_the_logarithm_of_the_accesses(self):
        self.use(2)
        self.assertEqual(self.table.frequency(b"k", NOW), 6)
        self.use(98)
        self.assertTrue(8 <= self.table.frequency(b"k", NOW) <= 14)
        self.use(900)
        self.assertTrue(14 <= self.table.frequency(b"k", NOW) <= 26)

    def test_without_a_log_factor_it_counts_one_by_one_up_to_255(self):
        self.rules.log_factor = 0
        self.use(11)
        self.assertEqual(self.table.frequency(b"k", NOW), 15)
        self.use(300)
        self.assertEqual(self.table.frequency(b"k", NOW), 255)

    def test_decays_by_one_for_each_period_without_access(self):
        self.rules.decay_minutes = 2
        self.use(1)
        self.assertEqual(self.table.frequency(b"k", NOW + 2 * 60), 4)
        self.assertEqual(self.table.frequency(b"k", NOW + 7 * 60), 2)
        self.assertEqual(self.table.frequency(b"k", NOW + 1000 * 60), 0)

    def test_decays_before_it_counts(self):
        self.use(1)
        self.use(1, at=NOW + 3 * 60)
        self.assertEqual(self.table.frequency(b"k", NOW + 3 * 60), 3)

    def test_no_decay_when_the_period_is_zero(self):
        self.rules.decay_minutes = 0
        self.use(1)
        self.assertEqual(self.table.frequency(b"k", NOW + 1000 * 60), INITIAL_FREQUENCY)


class UntouchedTest(unittest.TestCase):
    def test_notes_new_keys_only(self):
        table = {b"old": 1}
        untouched = Untouched(table)
        untouched[b"old"] = 2
        untouched[b"new"] = 2
        self.assertEqual(table, {b"old": 1, b"new": 2})

    def test_deleted_keys_leave_the_table_behind_it(self):
        table = {b"old": 1}
        Untouched(table).pop(b"old", None)
        self.assertEqual(table, {})

    def test_answers_for_the_table(self):
        table = FrequencyTable(FrequencyRules(random.Random(1)))
        table[b"k"] = NOW
        self.assertEqual(Untouched(table).frequency(b"k", NOW), INITIAL_FREQUENCY)
        self.assertEqual(Untouched({b"k": 1}).get(b"k"), 1)
        self.assertIn(b"k", Untouched({b"k": 1}))


if __name__ == "__main__":
    unittest.main()
