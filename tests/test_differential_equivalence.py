"""When scripts/compare_with_redis.py takes two different replies for the same."""
import unittest

from .fake_servers import FakeServer

from differential.equivalence import Exchange, SetFacts, equivalent
from differential.known_differences import applying_to, avoided_by, is_known


def tree(*words):
    """Return the tree of an array of bulk strings."""
    return "*", [("$", word) for word in words]


class EquivalenceTest(unittest.TestCase):
    def same(self, command, one, other, before=None, **options):
        return equivalent(tuple(command.encode().split()), one, other, before, **options)

    def test_errors_must_be_equal(self):
        self.assertFalse(self.same("SMEMBERS k", ("-", b"ERR a"), ("-", b"ERR b")))

    def test_sets_come_in_any_order(self):
        self.assertTrue(self.same("SINTER a b", tree(b"1", b"2"), tree(b"2", b"1")))
        self.assertFalse(self.same("SINTER a b", tree(b"1", b"2"), tree(b"2", b"2")))
        self.assertFalse(self.same("LRANGE a 0 -1", tree(b"1", b"2"), tree(b"2", b"1")))

    def test_only_sort_by_nothing_comes_in_any_order(self):
        for command, same in (("SORT k BY nosort", True), ("SORT_RO k by x", True), ("SORT k BY w_*", False),
                              ("SORT k ALPHA", False)):
            self.assertEqual(self.same(command, tree(b"1", b"2"), tree(b"2", b"1")), same, command)

    def test_idle_times_and_dates_may_be_later_but_counts_may_not(self):
        def pending(idle, deliveries):
            return "*", [("*", [("$", b"1-1"), ("$", b"alice"), (":", idle), (":", deliveries)])]

        def consumer(count, idle):
            return "*", [("*", [("$", b"pending"), (":", count), ("$", b"idle"), (":", idle)])]

        for command, one, other, same in (
                ("XPENDING k g - + 9", pending(b"5", b"1"), pending(b"900", b"1"), True),
                ("XPENDING k g - + 9", pending(b"5", b"1"), pending(b"5", b"2"), False),
                ("XINFO CONSUMERS k g", consumer(b"1", b"5"), consumer(b"1", b"900"), True),
                ("XINFO CONSUMERS k g", consumer(b"1", b"5"), consumer(b"1", b"90000"), False),
                ("XINFO CONSUMERS k g", consumer(b"1", b"5"), consumer(b"2", b"5"), False),
                ("XINFO STREAM k FULL", (":", b"1700000000000"), (":", b"1700000000900"), True),
                ("XINFO STREAM k FULL", (":", b"5"), (":", b"6"), False)):
            self.assertEqual(self.same(command, one, other), same, (command, one, other))

    def test_payloads_are_of_the_same_type(self):
        self.assertTrue(self.same("DUMP k", ("$", b"\x04ab"), ("$", b"\x04ba")))
        self.assertFalse(self.same("DUMP k", ("$", b"\x04ab"), ("$", b"\x10ab")))
        self.assertFalse(self.same("DUMP k", ("$", b"\x04ab"), ("_", None)))

    def listing(self, command, encoding, **options):
        before = Exchange((b"OBJECT", b"ENCODING", b"k"), (("$", encoding), ("$", encoding)))
        one, other = tree(b"a", b"1", b"b", b"2"), tree(b"b", b"2", b"a", b"1")
        return self.same(command, one, other, before, **options)

    def test_compact_collections_have_an_order(self):
        self.assertTrue(self.listing("HGETALL k", b"hashtable"))
        self.assertFalse(self.listing("HGETALL k", b"listpack"))
        self.assertTrue(self.listing("HGETALL other", b"listpack"))

    def test_a_reply_of_another_shape_is_another_reply(self):
        for command in ("SSCAN k 0", "HELLO", "CLIENT INFO", "INFO", "COMMAND INFO get", "COMMAND DOCS get"):
            with self.subTest(command):
                self.assertFalse(self.same(command, ("*", []), ("*", [(":", b"1")])))
        self.assertFalse(self.same("HGETALL k", tree(b"a"), tree(b"b"),
                                   Exchange((b"OBJECT", b"ENCODING"), (("-", b"ERR"), ("-", b"ERR")))))

    def test_a_stored_union_may_be_filled_in_any_order(self):
        after_store = SetFacts(order_known=False, encoding_known=True)
        self.assertTrue(self.listing("SMEMBERS k", b"listpack", sets=after_store))
        self.assertFalse(self.listing("SMEMBERS k", b"intset", sets=after_store))
        self.assertFalse(self.listing("HGETALL k", b"listpack", sets=after_store))

    def test_fields_stay_with_their_values(self):
        self.assertFalse(self.same("HGETALL k", tree(b"a", b"1", b"b", b"2"), tree(b"a", b"2", b"b", b"1")))

    def test_random_picks_must_be_members_and_as_many(self):
        before = Exchange((b"SMEMBERS", b"k"), (tree(b"a", b"b", b"c"), tree(b"a", b"b", b"c")))
        for one, other, expected in ((tree(b"a", b"b"), tree(b"c", b"a"), True),
                                     (tree(b"a", b"b"), tree(b"a"), False),
                                     (tree(b"a", b"b"), tree(b"a", b"x"), False),
                                     (tree(b"a", b"b"), tree(b"a", b"a"), False)):
            with self.subTest(other):
                self.assertEqual(self.same("SRANDMEMBER k 2", one, other, before), expected)
        self.assertTrue(self.same("SRANDMEMBER k -2", tree(b"a", b"b"), tree(b"a", b"a"), before))

    def test_picked_values_belong_to_their_fields(self):
        contents = tree(b"f", b"1", b"g", b"2")
        before = Exchange((b"HGETALL", b"k"), (contents, contents))
        self.assertTrue(self.same("HRANDFIELD k 1 WITHVALUES", tree(b"f", b"1"), tree(b"g", b"2"), before))
        self.assertFalse(self.same("HRANDFIELD k 1 WITHVALUES", tree(b"f", b"1"), tree(b"g", b"1"), before))
        self.assertFalse(self.same("HRANDFIELD k 1", tree(b"f"), tree(b"1"), before))

    def test_times_to_live_may_differ_a_little(self):
        self.assertTrue(self.same("PTTL k", (":", b"100000"), (":", b"99998")))
        self.assertFalse(self.same("PTTL k", (":", b"100000"), (":", b"900000")))
        self.assertFalse(self.same("PTTL k", (":", b"100"), (":", b"-1")))

    def test_hello_says_who_it_is(self):
        def hello(name, role):
            return tree(b"server", name, b"role", role)
        self.assertTrue(self.same("HELLO", hello(b"valkey", b"master"), hello(b"redis", b"master")))
        self.assertFalse(self.same("HELLO", hello(b"valkey", b"master"), hello(b"redis", b"slave")))

    def test_client_lines_have_the_same_fields(self):
        def info(text):
            return "$", text.encode()
        self.assertTrue(self.same("CLIENT INFO", info("id=1 name=a db=0 watch=0"), info("id=9 name=a db=0")))
        self.assertFalse(self.same("CLIENT INFO", info("id=1 name=a db=0"), info("id=9 name=b db=0")))
        self.assertFalse(self.same("CLIENT INFO", info("id=1 name=a db=0"), info("id=9 db=0 name=a")))
        self.assertFalse(self.same("CLIENT INFO", info("id=1 name=a db=0"), info("id=9 name=a")))

    def test_statistics_do_not_compare_times(self):
        def stats(calls, usec):
            line = b"# Commandstats\r\ncmdstat_get:calls=%d,usec=%d,usec_per_call=%d.00,failed_calls=0\r\n"
            return "$", line % (calls, usec, usec)
        self.assertTrue(self.same("INFO commandstats", stats(1, 5), stats(1, 7)))
        self.assertFalse(self.same("INFO commandstats", stats(1, 5), stats(2, 5)))


class KnownDifferencesTest(unittest.TestCase):
    def known(self, family, version, command, real, other):
        entries = applying_to([FakeServer(family=family, version=version), FakeServer()])
        return is_known(entries, tuple(command.encode().split()), (real, other))

    def test_scripts_may_write_the_keys_of_objects_in_any_order(self):
        for real, other, same in ((b'{"1":2,"n":3}', b'{"n":3,"1":2}', True), (b'{"n":3}', b'{"n":3.0}', False),
                                  (b'{"n":3}', b'{"m":3}', False), (b"{x}", b"{y}", False), (b"", None, False)):
            trees = ("*", [("$", real)]), ("*", [("$", other)])
            self.assertEqual(self.known("valkey", (8, 0, 1), "EVAL x 0", *trees), same, real)
            self.assertFalse(self.known("valkey", (8, 0, 1), "GET x", ("$", real), ("$", other)))

    def test_are_those_of_the_server_at_hand(self):
        refusal, answer = ("-", b"NOSUB 'unsubscribe' command executed"), tree(b"unsubscribe")
        self.assertTrue(self.known("valkey", (8, 0, 1), "UNSUBSCRIBE", refusal, answer))
        self.assertFalse(self.known("redis", (7, 0, 15), "UNSUBSCRIBE", refusal, answer))

    def test_are_none_for_the_version_aimed_at(self):
        self.assertEqual(applying_to([FakeServer(), FakeServer()]), [])

    def test_commands_in_which_valkey_is_ahead_are_not_sent(self):
        tests = avoided_by([FakeServer(family="valkey", version=(8, 0, 1)), FakeServer()])
        for command, avoided in (
                ("BITCOUNT k", False), ("BITCOUNT k 0", True), ("BITCOUNT k 0 -1", False), ("BITCOUNT k 0 x", True),
                ("BITCOUNT k 0 -1 bit", False), ("BITCOUNT k 0 -1 bits", True), ("BITCOUNT k 0 -1 BIT x", True),
                ("BITPOS k 1 0", False), ("BITPOS k 1 x", True), ("XREAD STREAMS s +", True),
                ("XREAD STREAMS s $", False)):
            argv = tuple(command.encode().split())
            self.assertEqual(any(test(argv, False, False) for test in tests), avoided, command)

    def test_numbers_may_be_written_with_17_digits(self):
        real, other = ("$", b"0.10000000000000001"), ("$", b"0.1")
        self.assertTrue(self.known("redis", (7, 0, 15), "ZSCORE z a", real, other))
        self.assertFalse(self.known("redis", (7, 0, 15), "ZSCORE z a", real, ("$", b"0.2")))
        self.assertFalse(self.known("valkey", (8, 0, 1), "ZSCORE z a", real, other))


if __name__ == "__main__":
    unittest.main()
