"""Rate limiters, a lock, a leaderboard and a bulk delete as people write them: scripts of several calls."""
import json
import unittest

from tests.scripting.script_files import ScriptFileTestCase, script_text

START_MS = 1_700_000_000_000


class TokenBucketTest(ScriptFileTestCase):
    def take(self, after_ms=0, wanted=1, capacity=10, rate=5):
        return self.call_script("token_bucket", ["bucket"], capacity, rate, START_MS + after_ms, wanted)

    def test_a_new_bucket_is_full(self):
        self.assertEqual(self.take(), [1, 9, 0])
        self.assertEqual(self.send("HGET", "bucket", "tokens"), "9")

    def test_says_how_long_to_wait_when_it_is_empty(self):
        self.assertEqual(self.take(wanted=10), [1, 0, 0])
        self.assertEqual(self.take(), [0, 0, 200])
        self.assertEqual(self.take(wanted=3), [0, 0, 600])

    def test_fills_up_with_time_and_no_further(self):
        self.take(wanted=10, rate=4)
        self.assertEqual(self.take(125, rate=4), [0, 0, 125])
        self.assertEqual(self.take(250, rate=4), [1, 0, 0])
        self.assertEqual(self.take(1500, rate=4), [1, 4, 0])
        self.assertEqual(self.take(1_000_000, rate=4), [1, 9, 0])

    def test_keeps_fractions_of_tokens(self):
        self.take(wanted=10, rate=3)
        self.assertEqual(self.take(100, wanted=0, rate=3), [1, 0, 0])
        self.assertEqual(self.send("HGET", "bucket", "tokens"), "0.3")
        self.assertEqual(self.take(333, rate=3), [0, 0, 1])
        self.assertEqual(self.send("HGET", "bucket", "tokens"), "0.9989999999999999")
        self.assertEqual(self.take(334, rate=3), [1, 0, 0])

    def test_can_never_give_more_than_it_holds(self):
        self.assertEqual(self.take(wanted=11), [0, 10, -1])

    def test_a_clock_that_goes_back_takes_nothing_away(self):
        self.take(1000, wanted=10)
        self.assertEqual(self.take(0), [0, 0, 200])
        self.assertEqual(self.take(1200), [1, 0, 0])

    def test_goes_away_when_nobody_uses_it(self):
        self.take(capacity=10, rate=0.01)
        self.assertGreater(self.send("PTTL", "bucket"), 1_000_000)

    def test_refuses_what_is_no_number(self):
        for arguments in (["ten", 5, 0], [10, -5, 0], [0, 5, 0], [10, 5, "now"]):
            self.assert_script_error("ERR capacity, rate, time and tokens must be positive numbers",
                                     self.call_script("token_bucket", ["bucket"], *arguments))
        self.assertEqual(self.send("EXISTS", "bucket"), 0)

    def test_a_key_of_another_type_is_an_error_of_the_script(self):
        self.send("SET", "bucket", "x")
        reply = self.take()
        self.assertEqual(reply.code, "WRONGTYPE")
        self.assertIn("Operation against a key holding the wrong kind of value script: ", str(reply))


class SlidingWindowTest(ScriptFileTestCase):
    def ask(self, after_ms, request, *limits):
        limits = limits or ((3, 1000), (5, 10_000))
        keys = [f"window:{period_ms}" for _, period_ms in limits]
        return self.call_script("sliding_window", keys, START_MS + after_ms, request,
                                *(word for limit in limits for word in limit))

    def test_counts_down_to_the_strictest_limit(self):
        self.assertEqual([self.ask(n, f"r{n}") for n in range(3)], [[1, 2], [1, 1], [1, 0]])
        self.assertEqual(self.ask(3, "r3"), [0, 1, 997])

    def test_the_window_slides(self):
        for after_ms in (0, 400, 800):
            self.ask(after_ms, f"r{after_ms}")
        self.assertEqual(self.ask(999, "late"), [0, 1, 1])
        self.assertEqual(self.ask(1000, "late"), [1, 0])
        self.assertEqual(self.ask(1001, "later"), [0, 1, 399])

    def test_the_second_limit_holds_when_the_first_does_not(self):
        for n in range(5):
            self.assertEqual(self.ask(600 * n, f"r{n}")[0], 1)
        self.assertEqual(self.ask(5000, "r5"), [0, 2, 5000])
        self.assertEqual(self.ask(10_000, "r6"), [1, 0])

    def test_what_one_limit_refuses_counts_in_none(self):
        for n in range(4):
            self.ask(n, f"r{n}")
        self.assertEqual(self.send("ZCARD", "window:1000"), 3)
        self.assertEqual(self.send("ZCARD", "window:10000"), 3)

    def test_a_limit_that_was_lowered_holds_at_once(self):
        for n in range(5):
            self.ask(100 * n, f"r{n}", (5, 1000))
        self.assertEqual(self.ask(500, "r5", (2, 1000)), [0, 1, 800])

    def test_windows_go_away(self):
        self.ask(0, "r0", (3, 500_000))
        self.assertGreater(self.send("PTTL", "window:500000"), 400_000)

    def test_each_key_needs_a_limit(self):
        reply = self.call_script("sliding_window", ["a", "b"], 1, "id", 3, 1000)
        self.assertIn("user_script:18: each key needs a limit and a period", str(reply))


class FairLockTest(ScriptFileTestCase):
    KEYS = ["lock", "lock:queue", "lock:deadlines"]

    def acquire(self, owner, after_ms=0, keep_ms=1000, patience_ms=300):
        return self.call_script("fair_lock_acquire", self.KEYS, owner, after_ms, keep_ms, patience_ms)

    def release(self, owner, after_ms=0):
        return self.call_script("fair_lock_release", self.KEYS[:2], owner, after_ms, "turn:")

    def renew(self, owner, after_ms, keep_ms=1000):
        return self.call_script("fair_lock_renew", self.KEYS[:1], owner, after_ms, keep_ms)

    def test_the_first_one_gets_it(self):
        self.assertEqual(self.acquire("ann"), ["OK", 1, 1])
        self.assertEqual(self.send("HMGET", "lock", "owner", "expires_at"), ["ann", "1000"])

    def test_others_wait_in_the_order_of_their_arrival(self):
        self.acquire("ann")
        self.assertEqual(self.acquire("bob", 10), ["WAIT", 1, 150])
        self.assertEqual(self.acquire("cid", 20), ["WAIT", 2, 150])
        self.assertEqual(self.acquire("bob", 30), ["WAIT", 1, 150])
        self.assertEqual(self.release("ann", 40), 0)
        self.assertEqual(self.acquire("cid", 50), ["WAIT", 2, 1])
        self.assertEqual(self.acquire("bob", 60), ["OK", 2, 1])
        self.assertEqual(self.send("LRANGE", "lock:queue", 0, -1), ["cid"])
        self.assertEqual(self.send("ZRANGE", "lock:deadlines", 0, -1), ["cid"])

    def test_the_next_one_is_told(self):
        listener = self.new_client()
        self.addCleanup(listener.close)
        listener.wire("SUBSCRIBE", "turn:bob")
        self.acquire("ann")
        self.acquire("bob")
        self.release("ann")
        message = b"*3\r\n$7\r\nmessage\r\n$8\r\nturn:bob\r\n$8\r\nreleased\r\n"
        self.assertEqual(self.late_message(listener, len(message)), message)

    def late_message(self, listener, size):
        if hasattr(listener, "socket"):
            return listener.socket.recv(size)
        return listener.connection.pushed

    def test_who_does_not_ask_again_loses_the_place(self):
        self.acquire("ann")
        self.acquire("bob", 10)
        self.acquire("cid", 100)
        self.release("ann", 200)
        self.assertEqual(self.acquire("cid", 309), ["WAIT", 2, 1])
        self.assertEqual(self.acquire("cid", 310), ["OK", 2, 1])
        self.assertEqual(self.send("EXISTS", "lock:queue", "lock:deadlines"), 0)

    def test_a_lock_that_ran_out_goes_to_the_next_one(self):
        self.acquire("ann", 0, keep_ms=100)
        self.assertEqual(self.acquire("bob", 99), ["WAIT", 1, 1])
        self.assertEqual(self.acquire("bob", 100), ["OK", 2, 1])
        self.assert_script_error("LOCKLOST the lock is not held by ann", self.release("ann", 101))

    def test_an_owner_may_take_it_again(self):
        self.acquire("ann")
        self.assertEqual(self.acquire("ann", 10), ["OK", 1, 2])
        self.assertEqual(self.release("ann", 20), 1)
        self.assertEqual(self.acquire("bob", 30), ["WAIT", 1, 150])
        self.assertEqual(self.release("ann", 40), 0)
        self.assert_script_error("LOCKLOST the lock is not held by ann", self.release("ann", 50))

    def test_renewing_keeps_it(self):
        self.acquire("ann")
        self.assertEqual(self.renew("ann", 900), 1)
        self.assertEqual(self.send("HGET", "lock", "expires_at"), "1900")
        self.assertEqual(self.acquire("bob", 1500), ["WAIT", 1, 150])
        self.assert_script_error("LOCKLOST the lock is not held by ann", self.renew("ann", 1900))
        self.assert_script_error("LOCKLOST the lock is not held by bob", self.renew("bob", 1500))

    def test_the_fencing_token_never_comes_back(self):
        fences = []
        for after_ms, owner in enumerate(["ann", "bob", "ann", "cid"]):
            fences.append(self.acquire(owner, after_ms)[1])
            self.release(owner, after_ms)
        self.assertEqual(fences, [1, 2, 3, 4])

    def test_can_be_taken_in_a_transaction(self):
        self.acquire("ann")
        self.release("ann")
        digest = self.send("SCRIPT", "LOAD", "return redis.call('HGET', KEYS[1], 'fence')")
        self.send("MULTI")
        self.assertEqual(self.send("EVALSHA", digest, 1, "lock"), "QUEUED")
        self.assertEqual(self.send("HSET", "lock", "fence", 7), "QUEUED")
        self.assertEqual(self.send("EVALSHA", digest, 1, "lock"), "QUEUED")
        self.assertEqual(self.send("EXEC"), ["1", 0, "7"])


class LeaderboardTest(ScriptFileTestCase):
    def submit(self, *results):
        return self.call_script("leaderboard_submit", ["board", "week", "profiles"], 604_800, *results)

    def around(self, player, span=1):
        reply = self.call_script("leaderboard_around", ["board", "profiles"], player, span)
        return reply and json.loads(reply)

    def test_ranks_count_from_one(self):
        self.assertEqual(self.submit("ann", 300, "bob", 500, "cid", 400),
                         [["ann", 3, "300", 1], ["bob", 1, "500", 1], ["cid", 2, "400", 1]])

    def test_only_the_best_result_counts(self):
        self.submit("ann", 300)
        self.assertEqual(self.submit("ann", 200), [["ann", 1, "300", 0]])
        self.assertEqual(self.submit("ann", 300.5), [["ann", 1, "300.5", 1]])
        self.assertEqual(self.send("ZSCORE", "week", "ann"), "300.5")

    def test_profiles_know_all_results(self):
        self.submit("ann", 300)
        self.submit("ann", 200, "ann", 0.25)
        self.assertEqual(json.loads(self.send("HGET", "profiles", "ann")),
                         {"name": "ann", "games": 3, "total": 500.25, "average": 166.75})

    def test_the_week_ends(self):
        self.submit("ann", 300)
        self.assertIn(self.send("TTL", "week"), (604_799, 604_800))
        self.send("EXPIRE", "week", 1000)
        self.submit("bob", 1)
        self.assertLessEqual(self.send("TTL", "week"), 1000)

    def test_what_is_no_score_is_refused(self):
        reply = self.submit("ann", 3, "bob", "much")
        self.assertRegex(str(reply), "^ERR the score of bob is not a number script: [0-9a-f]{40}, "
                                     "on @user_script:23.$")
        self.assertEqual(self.send("ZSCORE", "board", "ann"), "3")

    def test_shows_who_is_around(self):
        self.submit("ann", 100, "bob", 200, "cid", 300, "dan", 400, "eve", 500)
        self.assertEqual(self.around("bob"), {"size": 5, "top": 80, "rows": [
            {"rank": 3, "player": "cid", "score": 300, "games": 1},
            {"rank": 4, "player": "bob", "score": 200, "games": 1, "me": True},
            {"rank": 5, "player": "ann", "score": 100, "games": 1}]})

    def test_both_ends_of_the_board(self):
        self.submit("ann", 100, "bob", 200, "cid", 300)
        self.assertEqual([row["player"] for row in self.around("cid")["rows"]], ["cid", "bob"])
        self.assertEqual([row["player"] for row in self.around("ann")["rows"]], ["bob", "ann"])
        self.assertEqual([row["rank"] for row in self.around("bob", 50)["rows"]], [1, 2, 3])

    def test_equal_scores_share_a_rank(self):
        self.submit("ann", 9, "bob", 5, "cid", 5, "dan", 5, "eve", 1)
        self.assertEqual([(row["player"], row["rank"]) for row in self.around("bob")["rows"]],
                         [("cid", 2), ("bob", 2), ("eve", 5)])
        self.assertEqual([(row["player"], row["rank"]) for row in self.around("dan", 4)["rows"]],
                         [("ann", 1), ("dan", 2), ("cid", 2), ("bob", 2), ("eve", 5)])

    def test_fractions_and_players_without_a_profile(self):
        self.send("ZADD", "board", "0.1", "ann", "-2.5", "bob", "1e20", "cid")
        rows = self.around("ann")["rows"]
        self.assertEqual([row["score"] for row in rows], [1e20, 0.1, -2.5])
        self.assertEqual([row["games"] for row in rows], [None] * 3)

    def test_names_are_any_text(self):
        self.submit('quo"te', 1, "sla/sh\\", 2, "line\nend", 3, "zoë", 4)
        self.assertEqual([row["player"] for row in self.around("zoë", 9)["rows"]],
                         ["zoë", "line\nend", "sla/sh\\", 'quo"te'])

    def test_looking_is_a_read_only_script(self):
        self.submit("ann", 100)
        digest = self.send("SCRIPT", "LOAD", script_text("leaderboard_around"))
        reply = self.send("EVALSHA_RO", digest, 2, "board", "profiles", "ann", 1)
        self.assertEqual(json.loads(reply)["rows"][0]["rank"], 1)
        reply = self.send("EVAL_RO", script_text("leaderboard_submit"), 3, "b", "w", "p", 9, "ann", 1)
        self.assertTrue(str(reply).startswith(
            "ERR Write commands are not allowed from read-only scripts. script: "), reply)

    def test_strangers_have_no_neighbours(self):
        self.assertIsNone(self.around("zoe"))


class DeleteByPatternTest(ScriptFileTestCase):
    def fill(self, count):
        for start in range(0, count, 500):
            self.send("MSET", *(word for n in range(start, start + 500)
                                for word in (f"cache:{n % 7}:{n}", "x", f"user:{n}", "y")))

    def delete(self, *args):
        """All calls that it takes; (calls, deleted, kept)."""
        cursor, calls, deleted, kept = "0", 0, 0, 0
        while calls == 0 or cursor != "0":
            cursor, more_deleted, more_kept = self.call_script("delete_by_pattern", (), cursor, *args)
            calls, deleted, kept = calls + 1, deleted + more_deleted, kept + more_kept
        return calls, deleted, kept

    def test_deletes_what_matches_and_nothing_else(self):
        self.fill(1000)
        self.assertEqual(self.delete("cache:*", 100, 1_000_000), (1, 1000, 0))
        self.assertEqual(self.send("DBSIZE"), 1000)
        self.assertEqual(self.send("EXISTS", "user:0", "cache:0:0"), 1)

    def test_stops_after_so_many_and_goes_on(self):
        self.fill(1000)
        calls, deleted, _ = self.delete("cache:[0-2]:*", 100, 500)
        self.assertGreater(calls, 2)
        self.assertEqual(deleted, sum(n % 7 <= 2 for n in range(1000)))

    def test_keeps_what_a_lua_pattern_names(self):
        self.fill(1000)
        _, deleted, kept = self.delete("cache:*", 100, 1_000_000, "^cache:%d+:%d*00$")
        self.assertEqual((deleted, kept), (991, 9))
        self.assertEqual(self.send("EXISTS", "cache:2:100"), 1)

    def test_one_batch_may_be_larger_than_the_stack(self):
        self.fill(9000)
        self.assertEqual(self.delete("*", 20_000, 20_000), (1, 18_000, 0))
        self.assertEqual(self.send("DBSIZE"), 0)

    def test_nothing_matches(self):
        self.assertEqual(self.delete("cache:*", 10, 1000), (1, 0, 0))


if __name__ == "__main__":
    unittest.main()
