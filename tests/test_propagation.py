"""What each command comes to: the words that an append-only file repeats (propagation.py).

Most expectations are those of redis-server and can be run against a real one, see recording.py. What is different
here on purpose, or not to be had from Valkey 8, is marked `ours`.
"""
import unittest

from redis_clone.client import Client
from redis_clone.dispatch import execute_batch
from tests.recording import RecordingTestCase, record
from tests.support import REAL, EngineTestCase, ServerTestCase, argv_of



def ours(reason):
    """A test whose expectations no real server meets."""
    return unittest.skipIf(REAL, reason)


def lines_of(text):
    """The commands of a text, which semicolons and line ends divide."""
    return [command.strip() for command in text.replace(";", "\n").splitlines() if command.strip()]


class VerbatimTest(RecordingTestCase):
    """Commands that can be repeated as they are, and those that change nothing."""

    def test_a_command_that_changes_something_is_repeated_as_it_was_sent(self):
        self.ask("SET expiring 1 EX 100")
        for text in lines_of("""
                set a 1; MSET a 1 b 2; SETRANGE a 1 xy; append a z; APPEND a2 3; INCR n; INCRBY n 0; DECR n
                SETBIT bits 7 1; BITFIELD bits SET u8 0 5 GET u8 0; BITOP NOT bits2 bits
                PERSIST expiring; RENAME n n2; COPY n2 n3; DEL n3 nosuch; UNLINK n2
                SADD s a b c; SMOVE s s2 a; SREM s b nosuch; SUNIONSTORE s3 s s2
                ZADD z 1 a 2 b 3 c; ZINCRBY z 2 a; ZPOPMIN z; ZREMRANGEBYRANK z 0 0; ZUNIONSTORE z2 1 z
                HSET h f 1 g 2; HINCRBY h f 0; HDEL h g nosuch
                RPUSH l c a b; LPOP l; LSET l 0 b; LINSERT l AFTER b x; LREM l 0 x; LTRIM l 0 0
                LMOVE l l2 LEFT RIGHT; RPOPLPUSH l2 l2; SORT l2 ALPHA STORE l4; PFADD p a; PFMERGE p2 p
                XADD x 1-1 f v; XGROUP CREATE x g $ MKSTREAM; XSETID x 5-5; XDEL x 1-1"""):
            self.assert_propagates([text], text)

    def test_a_command_that_changes_nothing_comes_to_nothing(self):
        for text in lines_of("""
                SET a 1; RPUSH l a b; SADD s a; ZADD z 1 a; HSET h f 1; PFADD p a; SETBIT bits 7 1
                XADD x 1-1 f v; XGROUP CREATE x g 0"""):
            self.ask(text)
        for text in lines_of("""
                SET a 2 NX; SET nosuch 1 XX; SETNX a 2; MSETNX b 1 a 2; GET a; GETEX a; GETDEL nosuch
                SETRANGE nosuch 5; EXPIRE nosuch 5; PERSIST a; GETEX a PERSIST; DEL nosuch; UNLINK nosuch
                RENAME a a; RENAMENX a l; COPY a l; TOUCH a l; OBJECT FREQ a
                SMOVE s s a; SADD s a; SREM s b; SPOP nosuch; SPOP nosuch 5; SPOP s 0; SUNIONSTORE d nosuch
                ZADD z 1 a; ZADD z GT INCR -1 a; ZINCRBY z 0 a; ZPOPMIN nosuch; ZMPOP 1 nosuch MIN
                HSETNX h f 2; HDEL h g; LTRIM l 0 -1; LREM l 0 x; LINSERT l BEFORE x y; LPUSHX nosuch a
                LMPOP 1 nosuch LEFT; RPOPLPUSH nosuch l; SORT l ALPHA; SORT nosuch STORE d; BITOP AND d nosuch
                SETBIT bits 7 1; BITFIELD bits GET u8 0; BITFIELD bits OVERFLOW FAIL INCRBY u8 0 300; PFADD p a
                XTRIM x MAXLEN 5; XTRIM x MAXLEN ~ 5; XADD nosuch NOMKSTREAM * f v; XDEL x 9-9; XACK x g 1-1
                XGROUP DESTROY x g2; XGROUP DELCONSUMER x g c; WAIT 0 0; PUBLISH c m; DEBUG POPULATE 3; SELECT 0
                GEOSEARCHSTORE d nosuch FROMLONLAT 1 1 BYRADIUS 1 m"""):
            self.assert_propagates([], text)

    def test_a_command_that_fails_comes_to_nothing(self):
        self.ask("SET a x")
        for text in lines_of("""
                LPUSH a 1; INCR a; SET a 1 EX 0; EXPIRE a x; SPOP a; XADD a * f v; RESTORE b 0 x
                XGROUP CREATE nosuch g $; ZADD z x a; NOSUCH"""):
            self.assert_propagates([], text)

    def test_names_the_database(self):
        self.ask("SET a 1")
        self.assert_propagates(["MOVE a 3"], "MOVE a 3")
        self.ask("SELECT 3")
        self.assert_propagates(["@3 COPY a b DB 4"], "COPY a b DB 4")
        self.assert_propagates(["@3 SWAPDB 3 4"], "SWAPDB 3 4")
        self.assert_propagates(["@3 SWAPDB 3 3"], "SWAPDB 3 3")
        self.assert_propagates(["@3 PEXPIREAT b {+5000}"], "PEXPIRE b 5000")

    def test_a_store_without_a_result_is_repeated_if_it_deletes(self):
        for text in lines_of("""
                SINTERSTORE d nosuch; ZUNIONSTORE d 1 nosuch; ZRANGESTORE d nosuch 0 -1; SORT nosuch STORE d
                BITOP AND d nosuch; GEOSEARCHSTORE d nosuch FROMLONLAT 1 1 BYRADIUS 1 m"""):
            self.ask("SET d 1")
            self.assert_propagates([text], text)

    def test_flushing_is_repeated_even_if_there_is_nothing(self):
        for text in ("FLUSHALL", "FLUSHALL ASYNC", "FLUSHDB", "FLUSHDB SYNC"):
            self.assert_propagates([text], text)
        self.ask("SET a 1")
        self.assert_propagates(["FLUSHDB"], "FLUSHDB")


class ExpiryTest(RecordingTestCase):
    def test_relative_expiries_become_dates(self):
        self.assert_propagates(["SET a 1 PXAT {+100000}"], "SET a 1 EX 100")
        self.assert_propagates(["SET a 1 PXAT {+100000}"], "set a 1 px 100000 get xx")
        self.assert_propagates(["SET a 1 PXAT {+100000}"], "SETEX a 100 1")
        self.assert_propagates(["SET a 1 PXAT {+100000}"], "PSETEX a 100000 1")
        self.assert_propagates(["SET a 1 PXAT 99999999999000"], "SET a 1 EXAT 99999999999")
        self.assert_propagates(["SET a 1 PXAT 99999999999000"], "SET a 1 PXAT 99999999999000")
        self.assert_propagates(["PEXPIREAT a {+100000}"], "EXPIRE a 100")
        self.assert_propagates(["PEXPIREAT a {+100000}"], "PEXPIRE a 100000")
        self.assert_propagates(["PEXPIREAT a 99999999999000"], "EXPIREAT a 99999999999")
        self.assert_propagates(["PEXPIREAT a 99999999999000"], "PEXPIREAT a 99999999999000")
        self.assert_propagates(["PEXPIREAT a {+100000}"], "GETEX a EX 100")
        self.assert_propagates(["PEXPIREAT a 99999999999000"], "GETEX a EXAT 99999999999")
        self.assert_propagates(["PERSIST a"], "GETEX a PERSIST")

    def test_conditions_go_along_when_they_are_met(self):
        self.ask("SET a 1 EX 100")
        self.assert_propagates([], "EXPIRE a 200 NX")
        self.assert_propagates(["PEXPIREAT a {+200000} XX gt"], "EXPIRE a 200 XX gt")
        self.assert_propagates([], "EXPIRE a 100 GT")
        self.assert_propagates(["PEXPIREAT a {+100000} LT"], "EXPIRE a 100 LT")

    def test_a_date_that_has_passed_deletes(self):
        for text in ("EXPIRE a 0", "EXPIRE a -1", "PEXPIREAT a 1 NX", "EXPIREAT a 1 LT", "GETEX a EXAT 1"):
            self.ask("SET a 1")
            self.assert_propagates(["DEL a"], text)

    @ours("it is a directive, which is not read for each command")
    def test_expired_keys_may_go_by_another_word(self):
        self.engine.keyspace.word_for_expired = b"UNLINK"
        for text in ("EXPIRE a 0", "GETEX a EXAT 1"):
            self.ask("SET a 1")
            self.assert_propagates(["UNLINK a"], text)

    @ours("Valkey 8 deletes at once")
    def test_set_with_a_date_that_has_passed_is_kept_until_it_is_looked_for(self):
        self.assert_propagates(["SET a 1 PXAT 1000"], "SET a 1 EXAT 1")
        self.assert_propagates(["DEL a"], "GET a")

    @ours("Redis 7.2 leaves it as it was sent")
    def test_set_with_a_date_comes_to_its_essence(self):
        self.assert_propagates(["SET a 1 PXAT 99999999999000"], "SET a 1 GET NX PXAT 99999999999000")

    def test_a_key_found_to_be_due_leaves_before_the_command(self):
        for text in ("INCR a", "SET a 5", "LPUSH a x", "SET a 5 NX", "MSET a 1 b 2"):
            self.ask("SET a 1 PX 1")
            self.wait_ms(10)
            self.assert_propagates([["DEL a", text]], text)
            self.ask("DEL a")

    def test_a_key_found_to_be_due_by_a_command_that_changes_nothing(self):
        for text in ("GET a", "TTL a", "EXISTS a", "TYPE a", "DEL a", "GETDEL a", "EXPIRE a 100", "SET a 1 XX",
                     "COPY a b", "OBJECT FREQ a", "GETEX a EX 5"):
            self.ask("SET a 1 PX 1")
            self.wait_ms(10)
            self.assert_propagates(["DEL a"], text)

    def test_several_due_keys_leave_together(self):
        self.ask("SET a 1 PX 1")
        self.ask("SET b 1 PX 1")
        self.wait_ms(10)
        self.assert_propagates([["DEL a", "DEL b"]], "MGET a b")

    @ours("Redis does not join these, as they might concern different slots of a cluster")
    def test_due_keys_met_by_walking(self):
        for text in ("RANDOMKEY", "SCAN 0"):
            self.ask("SET a 1 PX 1")
            self.ask("SET b 1 PX 1")
            self.wait_ms(10)
            self.ask(text)
            [unit] = self.journal.take()[-1:]
            self.assertEqual(sorted(unit), [(0, [b"DEL", b"a"]), (0, [b"DEL", b"b"])])

    def test_a_due_key_that_is_replaced_unseen_leaves_nothing(self):
        for text in ("SORT nosuch STORE a", "SUNIONSTORE a nosuch"):
            self.ask("SET a 1 PX 1")
            self.wait_ms(10)
            self.assert_propagates([text], text)

    @ours("Redis finds it out without deleting")
    def test_watching_a_due_key_deletes_it(self):
        self.ask("SET a 1 PX 1")
        self.wait_ms(10)
        self.assert_propagates(["DEL a"], "WATCH a")


class StringTest(RecordingTestCase):
    def test_set_leaves_get_out(self):
        self.ask("SET a 1")
        self.assert_propagates(["SET a 2"], "SET a 2 GET")
        self.assert_propagates(["SET a 2 XX KEEPTTL"], "SET a 2 get XX GET KEEPTTL")

    def test_set_keeps_its_other_options(self):
        self.assert_propagates(["SET a 1 NX"], "SET a 1 NX")
        self.assert_propagates(["SET a 1 KEEPTTL"], "SET a 1 KEEPTTL")

    def test_getset_and_getdel_do_not_get(self):
        self.assert_propagates(["SET a 1"], "GETSET a 1")
        self.assert_propagates(["DEL a"], "GETDEL a")

    def test_floats_are_not_added_again(self):
        self.assert_propagates(["SET f 10.5 KEEPTTL"], "INCRBYFLOAT f 10.5")
        self.assert_propagates(["SET f 5010.5 KEEPTTL"], "INCRBYFLOAT f 5.0e3")
        self.assert_propagates(["HSET h f 10.5"], "HINCRBYFLOAT h f 10.5")
        self.assert_propagates(["HSET h f 10.5"], "HINCRBYFLOAT h f 0")


    @ours("Redis forgets to tell, and the file lacks the zeros")
    def test_a_string_that_grew_for_nothing(self):
        text = "BITFIELD bits OVERFLOW FAIL INCRBY u8 56 300"
        self.assert_propagates([text], text)
        self.assert_propagates([], text)


class SetTest(RecordingTestCase):
    def test_spop_names_the_member(self):
        self.ask("SADD s a b c")
        self.journal.take()
        member = self.ask("SPOP s")
        self.assert_propagated([("SREM", "s", member)])

    def test_spop_of_several_names_them(self):
        self.ask("SADD s a b c d")
        self.journal.take()
        members = self.ask("SPOP s 3")
        self.assert_propagated([("SREM", "s", *members)])

    def test_spop_of_very_many_names_them_in_portions(self):
        self.ask("SADD", "s", *range(3000))
        self.journal.take()
        members = self.ask("SPOP s 2500")
        [unit] = self.journal.take()
        self.assertEqual([len(argv) for _, argv in unit], [1026, 1026, 454])
        self.assertEqual(sorted(word for _, argv in unit for word in argv[2:]), sorted(members))

    def test_spop_of_all_deletes_the_key(self):
        self.ask("SADD s a b c")
        self.assert_propagates(["DEL s"], "SPOP s 5")

    def test_spop_of_the_last_one_names_it(self):
        self.ask("SADD s a")
        self.assert_propagates(["SREM s a"], "SPOP s")


class PopTest(RecordingTestCase):
    """LMPOP and ZMPOP, and what waits for an element, served at once."""

    def test_one_of_several_lists(self):
        self.ask("RPUSH l a b c d e f")
        self.assert_propagates(["LPOP l 1"], "LMPOP 2 nosuch l LEFT")
        self.assert_propagates(["RPOP l 2"], "LMPOP 2 nosuch l RIGHT COUNT 2")
        self.assert_propagates(["LPOP l 3"], "LMPOP 1 l LEFT COUNT 100")

    def test_one_of_several_sorted_sets(self):
        self.ask("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f")
        self.assert_propagates(["ZPOPMIN z 1"], "ZMPOP 2 nosuch z MIN")
        self.assert_propagates(["ZPOPMAX z 2"], "ZMPOP 2 nosuch z MAX COUNT 2")
        self.assert_propagates(["ZPOPMIN z 3"], "ZMPOP 1 z MIN COUNT 100")

    def test_without_waiting_for_a_list(self):
        self.ask("RPUSH l a b c d e f g h")
        self.assert_propagates(["LPOP l"], "BLPOP nosuch l 0")
        self.assert_propagates(["RPOP l"], "BRPOP nosuch l 0")
        self.assert_propagates(["LPOP l 2"], "BLMPOP 0 2 nosuch l LEFT COUNT 2")
        self.assert_propagates(["LMOVE l m left RIGHT"], "BLMOVE l m left RIGHT 0")
        self.assert_propagates(["RPOPLPUSH l m"], "BRPOPLPUSH l m 0")

    def test_without_waiting_for_a_sorted_set(self):
        self.ask("ZADD z 1 a 2 b 3 c 4 d")
        self.assert_propagates(["ZPOPMIN z"], "BZPOPMIN nosuch z 0")
        self.assert_propagates(["ZPOPMAX z"], "BZPOPMAX nosuch z 0")
        self.assert_propagates(["ZPOPMIN z 2"], "BZMPOP 0 2 nosuch z MIN COUNT 7")

    def test_within_a_transaction(self):
        self.ask("MULTI")
        for text in ("RPUSH l a", "BLPOP l 0", "BLPOP l 0"):
            self.ask(text)
        self.assert_propagates([["RPUSH l a", "LPOP l"]], "EXEC")


class WaitingTest(RecordingTestCase):
    """What waits for an element, served by another client."""

    def test_what_is_taken_follows_what_was_given(self):
        for waiting, push, taken in (
                ("BLPOP nosuch l 0", "RPUSH l a b", "LPOP l"),
                ("BRPOP nosuch l 0", "RPUSH l a b", "RPOP l"),
                ("BLMPOP 0 2 nosuch l RIGHT COUNT 9", "RPUSH l a b", "RPOP l 2"),
                ("BLMOVE l m right LEFT 0", "RPUSH l a b", "LMOVE l m right LEFT"),
                ("BRPOPLPUSH l m 0", "RPUSH l a b", "RPOPLPUSH l m"),
                ("BZPOPMIN nosuch z 0", "ZADD z 1 a 2 b", "ZPOPMIN z"),
                ("BZPOPMAX nosuch z 0", "ZADD z 1 a 2 b", "ZPOPMAX z"),
                ("BZMPOP 0 1 z MIN COUNT 9", "ZADD z 1 a 2 b", "ZPOPMIN z 2")):
            self.ask("FLUSHALL")
            self.block(waiting)
            self.assert_propagates([push, taken], push)

    def test_a_transaction_is_complete_before_others_are_served(self):
        self.block("BLPOP l 0")
        self.ask("MULTI")
        self.ask("RPUSH l a")
        self.ask("INCR n")
        self.assert_propagates([["RPUSH l a", "INCR n"], "LPOP l"], "EXEC")

    def test_one_served_may_serve_another(self):
        self.block("BRPOP m 0")
        self.block("BLMOVE l m LEFT LEFT 0")
        self.assert_propagates(["LPUSH l a", "LMOVE l m LEFT LEFT", "RPOP m"], "LPUSH l a")

    def test_the_database_is_that_of_who_waits(self):
        self.ask("SELECT 2")
        self.block("BLPOP l 0")
        self.assert_propagates(["@2 RPUSH l a"], "RPUSH l a")
        self.ask("SELECT 0")
        self.assert_propagates(["RPUSH l a", "LPOP l"], "RPUSH l a")

    def test_giving_up_leaves_nothing(self):
        waiting = self.block("BLPOP l 0")
        self.journal.take()
        waiting.close()
        self.assert_propagates(["RPUSH l a"], "RPUSH l a")

    @ours("a real server gets no several requests at a time here")
    def test_what_follows_in_the_same_batch_is_not_taken_for_a_change(self):
        self.block("BLPOP l 0")
        self.journal.take()
        with self.engine.lock:
            execute_batch(self.client.session, [argv_of(("RPUSH l a",)), argv_of(("GET x",))], [])
        self.assert_propagated(["RPUSH l a", "LPOP l"])


class TransactionTest(RecordingTestCase):
    def run_all(self, *texts):
        self.ask("MULTI")
        for text in texts:
            self.ask(text)

    def test_what_changes_something_is_one_unit(self):
        self.run_all("SET a 1", "GET a", "SET b 1 EX 100", "LPUSH a x", "SPOP nosuch")
        self.assert_propagates([["SET a 1", "SET b 1 PXAT {+100000}"]], "EXEC")

    def test_a_single_change_needs_no_unit(self):
        self.run_all("GET a", "SET a 1")
        self.assert_propagates(["SET a 1"], "EXEC")

    def test_without_a_change_it_comes_to_nothing(self):
        self.run_all("GET a", "DEL a")
        self.assert_propagates([], "EXEC")
        self.run_all("SET a 1")
        self.assert_propagates([], "DISCARD")

    def test_commands_know_their_databases(self):
        self.run_all("SET a 1", "SELECT 2", "SET a 1 EX 100", "INCR n")
        self.assert_propagates([["SET a 1", "@2 SET a 1 PXAT {+100000}", "@2 INCR n"]], "EXEC")

    def test_due_keys_are_part_of_it(self):
        self.ask("SET a 1 PX 1")
        self.ask("SET b 1 PX 1")
        self.wait_ms(10)
        self.run_all("GET a", "INCR n", "SPOP b")
        self.assert_propagates([["DEL a", "INCR n", "DEL b"]], "EXEC")

    def test_flushing_nothing_within_one(self):
        self.run_all("FLUSHDB", "SET a 1")
        self.assert_propagates([["FLUSHDB", "SET a 1"]], "EXEC")


class GeoTest(RecordingTestCase):
    def test_geoadd_becomes_zadd(self):
        self.assert_propagates(["ZADD g 3377822707026402 a"], "GEOADD g 1 1 a")
        self.assert_propagates(["ZADD g CH 3377823802002866 a 3378191666521995 b"], "GEOADD g CH 1 1.1 a 2 2 b")
        self.assert_propagates(["ZADD g XX CH 3377827089029538 a"], "GEOADD g XX CH 1 1.2 a")
        self.assert_propagates([], "GEOADD g 1 1.2 a")
        self.assert_propagates([], "GEOADD g NX 1 1.3 a")

    def test_a_stored_search_is_repeated(self):
        self.ask("GEOADD g 1 1 a 2 2 b")
        for text in lines_of("""
                GEOSEARCHSTORE d g FROMLONLAT 1 1 BYRADIUS 500 km COUNT 1 ANY; GEORADIUS g 1 1 500 km STORE d
                GEORADIUSBYMEMBER g a 500 km STOREDIST d; GEORADIUS g 50 50 1 km STORE d"""):
            self.assert_propagates([text], text)
        self.assert_propagates([], "GEORADIUS g 1 1 500 km")


class HyperLogLogTest(RecordingTestCase):
    def test_a_count_is_written_down_when_it_was_made(self):
        self.ask("PFADD p a b c")
        self.assert_propagates(["PFCOUNT p"], "PFCOUNT p")
        self.assert_propagates([], "PFCOUNT p")
        self.assert_propagates([], "PFCOUNT p q")

    def test_looking_inside_may_change_the_encoding(self):
        self.ask("PFADD p a b c")
        self.assert_propagates([], "PFDEBUG ENCODING p")
        self.assert_propagates(["PFDEBUG TODENSE p"], "PFDEBUG TODENSE p")
        self.assert_propagates([], "PFDEBUG GETREG p")
        self.assert_propagates(["PFMERGE p"], "PFMERGE p")


class RestoreTest(RecordingTestCase):
    def setUp(self):
        super().setUp()
        self.ask("SET five 5")
        self.payload = self.ask("DUMP five")

    def restore(self, ttl, *options):
        return ("RESTORE", "r", ttl, self.payload, *options)

    def test_a_relative_expiry_becomes_a_date(self):
        self.assert_propagates([self.restore("{+5000}", "ABSTTL")], *self.restore(5000))
        self.assert_propagates([self.restore("{+5000}", "REPLACE", "IDLETIME", 7, "ABSTTL")],
                               *self.restore(5000, "REPLACE", "IDLETIME", 7))

    def test_others_are_repeated(self):
        self.assert_propagates([self.restore(0)], *self.restore(0))
        for args in (self.restore(99999999999000, "ABSTTL", "REPLACE"), self.restore(0, "REPLACE", "FREQ", 5)):
            self.assert_propagates([args], *args)

    def test_what_has_expired_deletes_what_it_replaces(self):
        self.assert_propagates([], *self.restore(1, "ABSTTL"))
        self.ask("SET r 1")
        self.assert_propagates(["DEL r"], *self.restore(1, "ABSTTL", "REPLACE"))
        self.assert_propagates([], *self.restore(1, "ABSTTL", "REPLACE"))


@ours("Redis 7.2 has no expiry of fields")
class FieldExpiryTest(RecordingTestCase):
    """As in Redis 7.4."""

    def test_relative_expiries_become_dates(self):
        self.ask("HSET h a 1 b 2 c 3")
        self.assert_propagates(["HPEXPIREAT h {+100000} FIELDS 1 a"], "HEXPIRE h 100 FIELDS 1 a")
        self.assert_propagates(["HPEXPIREAT h {+100000} FIELDS 2 b c"], "HPEXPIRE h 100000 FIELDS 2 b c")
        self.assert_propagates(["HPEXPIREAT h 2000000000000 FIELDS 1 a"], "HEXPIREAT h 2000000000 FIELDS 1 a")
        self.assert_propagates(["HPEXPIREAT h 2000000000000 FIELDS 1 b"], "HPEXPIREAT h 2000000000000 FIELDS 1 b")
        self.assert_propagates(["HPERSIST h FIELDS 1 a"], "HPERSIST h FIELDS 1 a")
        self.assert_propagates([], "HPERSIST h FIELDS 1 a")

    def test_only_fields_that_got_it_are_named(self):
        self.ask("HSET h a 1 b 2")
        self.ask("HEXPIRE h 100 FIELDS 1 a")
        self.assert_propagates(["HPEXPIREAT h {+5000} FIELDS 1 b"], "HEXPIRE h 5 NX FIELDS 3 a b nosuch")
        self.assert_propagates([], "HEXPIRE h 500 LT FIELDS 2 a nosuch")
        self.assert_propagates([], "HEXPIRE nosuch 500 FIELDS 1 a")

    def test_a_date_that_has_passed_deletes(self):
        self.ask("HSET h a 1 b 2 c 3")
        self.assert_propagates(["HDEL h a b"], "HEXPIRE h 0 FIELDS 3 a nosuch b")
        self.assert_propagates(["HDEL h c"], "HPEXPIREAT h 1 FIELDS 1 c")

    def test_fields_found_to_be_due_leave_before_the_command(self):
        self.ask("HSET h a 1 b 2")
        self.ask("HPEXPIRE h 5 FIELDS 1 a")
        self.wait_ms(10)
        self.assert_propagates([["HDEL h a", "HSET h a 5"]], "HSET h a 5")
        self.ask("HPEXPIRE h 5 FIELDS 1 a")
        self.wait_ms(10)
        self.assert_propagates(["HDEL h a"], "HLEN h")

    def test_counting_in_a_field_keeps_its_expiry(self):
        self.ask("HSET h a 1 b 2")
        self.ask("HEXPIRE h 100 FIELDS 1 a")
        self.assert_propagates([["HSET h a 2.5", "HPEXPIREAT h {+100000} FIELDS 1 a"]], "HINCRBYFLOAT h a 1.5")
        self.assert_propagates(["HSET h b 3.5"], "HINCRBYFLOAT h b 1.5")
        self.assert_propagates(["HINCRBY h b2 1"], "HINCRBY h b2 1")


@ours("a real server loads such requests only from its files")
class LoadingTest(EngineTestCase):
    """What is repeated while loading must end as it did, whatever the time is then."""

    def setUp(self):
        super().setUp()
        self.engine.keyspace.may_expire, self.engine.keyspace.shows_due = False, True

    def test_a_key_lives_on_past_its_date_until_it_is_deleted(self):
        for expiring in ("SET a 1 PXAT 1000", "PEXPIREAT a 1000", "PEXPIREAT a 1000 XX"):
            self.execute("SET a 1 PXAT 500")
            self.execute(expiring)
            self.assertEqual(self.execute("PERSIST a"), 1, expiring)

    def test_so_does_a_restored_one(self):
        self.execute("SET a 5")
        payload = self.execute("DUMP a")
        self.execute("RESTORE", "b", 1000, payload, "ABSTTL")
        self.assertEqual(self.execute("PERSIST b"), 1)

    def test_so_do_fields(self):
        self.execute("HSET h a 1 b 2")
        self.assertEqual(self.execute("HPEXPIREAT h 1000 FIELDS 1 a"), [1])
        self.assertEqual(self.execute("HPERSIST h FIELDS 1 a"), [1])

    def test_a_limit_may_be_left_from_what_was_near_enough(self):
        for number in range(1, 6):
            self.execute(f"XADD x MAXLEN = 4 LIMIT 1 {number}-1 f v")
        self.assertEqual(self.execute("XLEN x"), 4)
        self.assertEqual(self.execute("XTRIM x MAXLEN = 2 LIMIT 1"), 2)


@ours("it would need two real servers")
class MigrateTest(ServerTestCase):
    def setUp(self):
        super().setUp()
        self.journal = record(self.server.engine)
        self.client = Client(port=self.server.port)
        self.addCleanup(self.client.close)
        super().setUp()                         # the other server

    def migrate(self, *args):
        return self.client.execute("MIGRATE", "127.0.0.1", self.server.port, "", 0, 1000, *args)

    def test_what_has_arrived_is_deleted(self):
        self.client.execute("MSET", "a", 1, "b", 2)
        self.journal.take()
        self.migrate("KEYS", "a", "nosuch", "b")
        self.assertEqual(self.journal.take(), [[(0, [b"DEL", b"a"]), (0, [b"DEL", b"b"])]])

    def test_what_stays_leaves_nothing(self):
        self.client.execute("SET", "a", 1)
        self.journal.take()
        self.migrate("COPY", "KEYS", "a")
        self.assertEqual(self.journal.take(), [])

    def test_an_error_does_not_undo_what_has_arrived(self):
        self.client.execute("MSET", "a", 1, "b", 2)
        self.migrate("COPY", "KEYS", "a")
        self.journal.take()
        with self.assertRaisesRegex(Exception, "BUSYKEY"):
            self.migrate("KEYS", "b", "a")
        self.assertEqual(self.journal.take(), [[(0, [b"DEL", b"b"])]])


if __name__ == "__main__":
    unittest.main()
