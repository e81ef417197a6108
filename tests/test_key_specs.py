"""The notation for key specs, and the search for keys in command lines."""
import unittest
from collections import namedtuple

from redis_clone.key_specs import (KeySpec, find_keys, has_keys, has_movable_keys, legacy_range,
                                   parse_key_specs)

Command = namedtuple("Command", "name key_specs")


class ParseKeySpecsTest(unittest.TestCase):

    def assert_spec(self, text, begin, find):
        self.assertEqual(parse_key_specs(text + " RO"), (KeySpec(begin, find, ("RO",)),))

    def test_a_number_is_one_key(self):
        self.assert_spec("3", ("index", 3), ("range", 0, 1, 0))

    def test_a_range_to_the_end_counts_from_the_end(self):
        self.assert_spec("1..-2", ("index", 1), ("range", -2, 1, 0))

    def test_a_range_to_a_position_counts_from_the_first_key(self):
        self.assert_spec("2..4", ("index", 2), ("range", 2, 1, 0))

    def test_a_range_may_have_a_step(self):
        self.assert_spec("1..-1/2", ("index", 1), ("range", -1, 2, 0))

    def test_a_count_of_keys(self):
        self.assert_spec("numkeys@2", ("index", 2), ("keynum", 0, 1, 1))

    def test_a_key_after_a_word(self):
        self.assert_spec("after STORE@6", ("keyword", "STORE", 6), ("range", 0, 1, 0))

    def test_keys_after_a_word_that_is_looked_for_backwards(self):
        self.assert_spec("after KEYS@-2..-1", ("keyword", "KEYS", -2), ("range", -1, 1, 0))

    def test_half_of_what_follows_a_word(self):
        self.assert_spec("after STREAMS@1..-1/half", ("keyword", "STREAMS", 1), ("range", -1, 1, 2))

    def test_keys_that_no_rule_can_find(self):
        self.assert_spec("unknown", ("unknown",), ("unknown",))

    def test_several_specs_are_separated_by_semicolons(self):
        first, second = parse_key_specs("1 OW UPDATE; numkeys@2 RO ACCESS")
        self.assertEqual(first.begin, ("index", 1))
        self.assertEqual(second.begin, ("index", 2))

    def test_flags_are_spelled_and_ordered_as_redis_prints_them(self):
        spec, = parse_key_specs("1 VARIABLE_FLAGS UPDATE ACCESS RW")
        self.assertEqual(spec.flags, ("RW", "access", "update", "variable_flags"))

    def test_no_text_means_no_specs(self):
        self.assertEqual(parse_key_specs(""), ())

    def test_an_unknown_flag_is_refused(self):
        with self.assertRaises(ValueError):
            parse_key_specs("1 RO UPSET")

    def test_two_kinds_of_access_are_refused(self):
        with self.assertRaises(ValueError):
            parse_key_specs("1 RO RW")


class LegacyRangeTest(unittest.TestCase):

    def assert_range(self, expected, text):
        self.assertEqual(legacy_range(parse_key_specs(text)), expected)

    def test_no_keys(self):
        self.assert_range((0, 0, 0), "")

    def test_one_key(self):
        self.assert_range((2, 2, 1), "2 RO")

    def test_a_range_with_a_step(self):
        self.assert_range((1, -1, 2), "1..-1/2 OW UPDATE")

    def test_adjoining_ranges_are_one(self):
        self.assert_range((1, 2, 1), "1 RO; 2 OW")
        self.assert_range((2, -1, 1), "2 OW UPDATE; 3..-1 RO ACCESS")

    def test_keys_that_a_range_cannot_tell_are_left_out(self):
        self.assert_range((1, 1, 1), "1 OW UPDATE; numkeys@2 RO ACCESS")
        self.assert_range((0, 0, 0), "numkeys@1 RO ACCESS")
        self.assert_range((3, 3, 1), "3 RW; after KEYS@-2..-1 RW")


class MovableKeysTest(unittest.TestCase):

    def test_fixed_ranges_do_not_move(self):
        self.assertFalse(has_movable_keys(parse_key_specs("1 RO; 2..-1 OW")))
        self.assertFalse(has_movable_keys(()))

    def test_counted_searched_and_unknown_keys_move(self):
        for text in ("numkeys@1 RO", "1 RO; after STORE@5 OW", "1 RO; unknown OW"):
            self.assertTrue(has_movable_keys(parse_key_specs(text)), text)

    def test_channels_are_no_keys(self):
        self.assertFalse(has_keys(parse_key_specs("1..-1 NOT_KEY")))
        self.assertTrue(has_keys(parse_key_specs("1 RO")))
        self.assertFalse(has_keys(()))


class FindKeysTestCase(unittest.TestCase):

    name = keys = ""

    def find(self, line):
        """The keys that are found in a command line, joined by spaces; `''` stands for an empty argument."""
        argv = [b"" if word == b"''" else word for word in line.encode().split()]
        found = find_keys(Command(self.name, parse_key_specs(self.keys)), argv)
        self.flags = [" ".join(flags) for _, flags in found]
        return " ".join(argv[position].decode() or "''" for position, _ in found)


class KeysBySpecTest(FindKeysTestCase):

    def test_one_key(self):
        self.keys = "2 RO"
        self.assertEqual(self.find("OBJECT ENCODING k"), "k")

    def test_all_but_the_last_argument(self):
        self.keys = "1..-2 RW ACCESS DELETE"
        self.assertEqual(self.find("BLPOP a b c 0"), "a b c")

    def test_every_second_argument(self):
        self.keys = "1..-1/2 OW UPDATE"
        self.assertEqual(self.find("MSET a 1 b 2"), "a b")
        self.assertEqual(self.find("MSET a 1 b"), "a b")

    def test_the_keys_of_all_specs_with_their_flags(self):
        self.keys = "1 RO ACCESS; 2 OW UPDATE"
        self.assertEqual(self.find("COPY a b"), "a b")
        self.assertEqual(self.flags, ["RO access", "OW update"])

    def test_a_key_may_be_found_twice(self):
        self.keys = "1..-1 RM DELETE"
        self.assertEqual(self.find("DEL a b a"), "a b a")

    def test_none_when_a_range_is_void(self):
        self.keys = "1 RW; 2..-1 RO"
        self.assertEqual(self.find("PFMERGE d"), "")

    def test_channels_are_left_out(self):
        self.keys = "1..-1 NOT_KEY"
        self.assertEqual(self.find("SSUBSCRIBE a b"), "")


class CountedKeysTest(FindKeysTestCase):

    name = "ZUNIONSTORE"
    keys = "1 OW UPDATE; numkeys@2 RO ACCESS"

    def test_as_many_as_the_count_says(self):
        self.assertEqual(self.find("ZUNIONSTORE d 2 a b WEIGHTS 1 2"), "d a b")

    def test_none_for_a_count_that_is_zero_or_negative_or_no_number(self):
        for count in ("0", "-1", "x", "''"):
            self.assertEqual(self.find("ZUNIONSTORE d %s a b" % count), "", count)

    def test_none_for_more_keys_than_there_are_arguments(self):
        for count in ("3", "1000000000", "9223372036854775807", "99999999999999999999"):
            self.assertEqual(self.find("ZUNIONSTORE d %s a b" % count), "", count)

    def test_a_carelessly_spelled_count_is_read_like_atoi_and_leaves_the_flags_open(self):
        for count in ("2x", "+2", "02", "2.5"):
            self.assertEqual(self.find("ZUNIONSTORE d %s a b" % count), "a b d", count)
            self.assertEqual(self.flags, ["", "", ""])
        self.assertEqual(self.find("ZUNIONSTORE d 3x a b"), "")


class KeysAfterAWordTest(FindKeysTestCase):

    def test_half_of_the_words_after_streams(self):
        self.keys = "after STREAMS@1..-1/half RO ACCESS"
        self.assertEqual(self.find("XREAD COUNT 1 streams a b 1 2"), "a b")
        self.assertEqual(self.find("XREAD STREAMS a b 1"), "a")

    def test_none_without_the_word_or_anything_behind_it(self):
        self.keys = "after STREAMS@1..-1/half RO ACCESS"
        self.assertEqual(self.find("XREAD a b c"), "")
        self.assertEqual(self.find("XREAD a b STREAMS"), "")
        self.assertEqual(self.find("XREAD a STREAMS b"), "")

    def test_the_word_is_looked_for_from_its_position_on(self):
        self.keys = "after STREAMS@4..-1/half RO ACCESS"
        self.assertEqual(self.find("XREADGROUP GROUP streams c STREAMS a 1"), "a")

    def test_an_option_that_is_not_given_adds_no_key(self):
        self.keys = "1 RO ACCESS; after STORE@6 OW UPDATE; after STOREDIST@6 OW UPDATE"
        self.assertEqual(self.find("GEORADIUS k 1 2 3 m"), "k")
        self.assertEqual(self.find("GEORADIUS k 1 2 3 m STOREDIST e"), "k e")
        self.assertEqual(self.find("GEORADIUS k 1 2 3 m STOREDIST e store d"), "k d e")
        self.assertEqual(self.find("GEORADIUS k 1 2 3 m STORE"), "k")


class SetKeysTest(FindKeysTestCase):

    name = "SET"
    keys = "1 RW ACCESS UPDATE VARIABLE_FLAGS"

    def test_the_key_is_overwritten(self):
        self.assertEqual(self.find("SET k v EX 10"), "k")
        self.assertEqual(self.flags, ["OW update"])

    def test_with_get_it_is_also_read(self):
        self.find("SET k v NX get")
        self.assertEqual(self.flags, ["RW access update"])

    def test_a_key_or_value_named_get_is_no_option(self):
        self.find("SET get get")
        self.assertEqual(self.flags, ["OW update"])


class BitfieldKeysTest(FindKeysTestCase):

    name = "BITFIELD"
    keys = "1 RW UPDATE ACCESS VARIABLE_FLAGS"

    def assert_flags(self, flags, line):
        self.assertEqual(self.find(line), "k")
        self.assertEqual(self.flags, [flags])

    def test_only_read_by_get(self):
        self.assert_flags("RO access", "BITFIELD k")
        self.assert_flags("RO access", "BITFIELD k get u8 0 GET u8 8")
        self.assert_flags("RO access", "BITFIELD k OVERFLOW SAT GET u8 0")

    def test_changed_by_set_and_incrby(self):
        self.assert_flags("RW access update", "BITFIELD k GET u8 0 SET u8 0 1")
        self.assert_flags("RW access update", "BITFIELD k INCRBY u8 0 1")

    def test_taken_as_changed_where_the_operations_are_wrong(self):
        self.assert_flags("RW access update", "BITFIELD k GET u8")
        self.assert_flags("RW access update", "BITFIELD k NOSUCH")


class SortKeysTest(FindKeysTestCase):

    name = "SORT"
    keys = "1 RO ACCESS; unknown RO ACCESS; unknown OW UPDATE"

    def test_the_key_alone(self):
        self.assertEqual(self.find("SORT k BY p GET #"), "k")

    def test_the_destination_of_the_last_store(self):
        self.assertEqual(self.find("SORT k STORE d store e"), "k e")
        self.assertEqual(self.flags, ["RO access", "OW update"])

    def test_values_of_options_are_no_options(self):
        self.assertEqual(self.find("SORT k GET store d"), "k")
        self.assertEqual(self.find("SORT k LIMIT 0 store d"), "k")
        self.assertEqual(self.find("SORT k LIMIT 0 1 store d"), "k d")

    def test_store_without_a_destination_is_ignored(self):
        self.assertEqual(self.find("SORT k STORE"), "k")

    def test_sort_ro_has_no_destination(self):
        self.name, self.keys = "SORT_RO", "1 RO ACCESS; unknown RO ACCESS"
        self.assertEqual(self.find("SORT_RO k STORE d"), "k")


class MigrateKeysTest(FindKeysTestCase):

    name = "MIGRATE"
    keys = "3 RW ACCESS DELETE; after KEYS@-2..-1 RW ACCESS DELETE INCOMPLETE"

    def test_the_one_key(self):
        self.assertEqual(self.find("MIGRATE h p k 0 10 COPY"), "k")
        self.assertEqual(self.flags, ["RW access delete"])

    def test_the_keys_after_the_word_keys(self):
        self.assertEqual(self.find("MIGRATE h p '' 0 10 REPLACE keys a b"), "a b")
        self.assertEqual(self.flags, ["RW access delete"] * 2)

    def test_a_password_named_keys_is_no_option(self):
        self.assertEqual(self.find("MIGRATE h p '' 0 10 AUTH keys KEYS a"), "a")
        self.assertEqual(self.find("MIGRATE h p '' 0 10 AUTH2 keys keys KEYS a"), "a")
        self.assertEqual(self.find("MIGRATE h p '' 0 10 AUTH keys a"), "''")

    def test_none_when_keys_are_given_in_both_places(self):
        self.assertEqual(self.find("MIGRATE h p k 0 10 KEYS a"), "")

    def test_the_word_keys_without_keys_is_ignored(self):
        self.assertEqual(self.find("MIGRATE h p k 0 10 KEYS"), "k")


if __name__ == "__main__":
    unittest.main()
