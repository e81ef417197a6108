"""A job queue of ten scripts: priorities, delays, retries, stalled workers, limits, and flows of jobs.

The queue is that of real_life/queue_*.lua; options travel as MessagePack, data and results as JSON.
"""
import json
import random
import unittest

from redis_clone.reply_parser import ErrorReply
from tests.scripting.script_files import ScriptFileTestCase, pack

NOW_MS = 1_700_000_000_000
LEASE_MS = 30_000
STATES = ("wait", "prioritized", "delayed", "active", "parents", "completed", "failed")


class QueueTestCase(ScriptFileTestCase):
    """`self.now_ms` is the time of all scripts."""

    def setUp(self):
        super().setUp()
        self.now_ms = NOW_MS

    def queue(self, script, *args):
        return self.call_script(f"queue_{script}", ["{mail}:"], self.now_ms, *args)

    def add(self, name="send", **options):
        """The ids of the jobs that were added."""
        return self.queue("add", pack(dict(options, name=name)))

    def take(self, token="worker", lease_ms=LEASE_MS):
        """(id, what the worker is told of the job)."""
        job_id, job, *_ = self.queue("take", token, lease_ms)
        return job_id, json.loads(job)

    def take_id(self, token="worker", lease_ms=LEASE_MS):
        """The id of the next job, or (None, ms until there may be one, why there is none)."""
        job_id, *rest = self.queue("take", token, lease_ms)
        return job_id if job_id is not None else (None, *rest)

    def complete(self, job_id, result=None, token="worker"):
        return self.queue("complete", job_id, token, json.dumps(result))

    def fail(self, job_id, reason="broken", *more, token="worker"):
        return self.queue("fail", job_id, token, reason, *more)

    def counts(self):
        """How many jobs there are in each state that has any."""
        return {state: count for state, count in json.loads(self.queue("state")).items() if count}

    def job(self, job_id):
        words = self.send("HGETALL", f"{{mail}}:job:{job_id}")
        return words if isinstance(words, dict) else dict(zip(words[::2], words[1::2]))

    def events(self):
        """Name and job of all events."""
        return [(fields[1], fields[3]) for _, fields in self.send("XRANGE", "{mail}:events", "-", "+")]


class AddTest(QueueTestCase):
    def test_ids_count_up(self):
        self.assertEqual([self.add(), self.add(), self.add(id="mine"), self.add()],
                         [["1"], ["2"], ["mine"], ["3"]])
        self.assertEqual(self.counts(), {"wait": 4})

    def test_a_known_id_is_not_added_again(self):
        self.add(id="daily", data={"n": 1})
        self.assertEqual(self.add(id="daily", data={"n": 2}), ["daily"])
        self.assertEqual(self.counts(), {"wait": 1})
        self.assertEqual(self.job("daily")["data"], '{"n":1}')
        self.assertEqual(self.events(), [("added", "daily"), ("waiting", "daily"), ("duplicated", "daily")])

    def test_an_id_may_be_a_number(self):
        self.assertEqual(self.add(id=7), ["7"])
        self.assertEqual(self.add(id=2 ** 53), ["9.007199254741e+15"])

    def test_data_survives_the_way_through_both_formats(self):
        data = {"text": 'a "quoted" zoë / \\ \n', "list": [1, -2, 300, 70_000, 1.5, -0.25, True, False],
                "deep": {"er": {"still": [[], [[1]]]}}, "big": 2 ** 40}
        self.add(data=data)
        _, job = self.take()
        data["deep"]["er"]["still"][0] = {}         # Lua has but one kind of empty table
        self.assertEqual(job["data"], data)

    def test_defaults_are_stored(self):
        self.add()
        job = self.job("1")
        self.assertEqual(job.pop("backoff").encode(errors="surrogateescape"), b"\xa5fixed\x00")
        self.assertEqual(job, {
            "name": "send", "data": "{}", "priority": "0", "delay": "0", "attempts": "1", "tried": "0",
            "keep_completed": "100", "keep_failed": "1000", "on_failure": "ignore", "added_at": str(NOW_MS)})

    def test_wrong_options_add_nothing(self):
        for options, text in (
                ({"priority": -1}, "ERR priority of job 'send' is not between 0 and 2097151"),
                ({"priority": 1.5}, "ERR priority of job 'send' is not between 0 and 2097151"),
                ({"delay": "soon"}, "ERR delay of job 'send' is not between 0 and 1099511627776"),
                ({"attempts": 0}, "ERR attempts of job 'send' is not between 1 and 1000"),
                ({"children": [{"name": "ok"}, {"data": {}}]}, "ERR a job needs a name")):
            reply = self.add(**options)
            self.assertEqual(str(reply).partition(" script: ")[0], text)
        self.assertEqual(self.send("DBSIZE"), 0)

    def test_what_is_no_messagepack_is_refused(self):
        reply = self.queue("add", b"\xde\x00\x05")
        self.assertIn("Missing bytes in input.", str(reply))

    def test_flows_have_ten_levels(self):
        flow = {"name": "leaf"}
        for _ in range(9):
            flow = {"name": "node", "children": [flow]}
        self.assertEqual(len(self.queue("add", pack(flow))), 10)
        reply = self.queue("add", pack({"name": "root", "children": [flow]}))
        self.assertTrue(str(reply).startswith("ERR a flow has at most 10 levels"), reply)


class TakeTest(QueueTestCase):
    def test_an_empty_queue(self):
        self.assertEqual(self.queue("take", "worker", LEASE_MS), [None, -1, "empty"])
        self.assertEqual(self.events(), [("drained", "-")])

    def test_tells_the_worker_all_it_needs(self):
        self.add(data={"to": "ann"}, attempts=3)
        self.now_ms += 250
        self.assertEqual(self.take(), ("1", {
            "name": "send", "data": {"to": "ann"}, "attempt": 1, "attempts": 3, "waited": 250}))
        self.assertEqual(self.counts(), {"active": 1})
        self.assertEqual(float(self.send("ZSCORE", "{mail}:active", "1")), self.now_ms + LEASE_MS)

    def test_first_come_first_served(self):
        for _ in range(3):
            self.add()
        self.assertEqual([self.take_id() for _ in range(4)], ["1", "2", "3", (None, -1, "empty")])

    def test_low_numbers_are_served_first_and_equal_ones_in_order(self):
        for priority in (5, 1, 2_097_151, 5, 0, 1):
            self.add(priority=priority)
        self.assertEqual(self.counts(), {"wait": 1, "prioritized": 5})
        self.assertEqual([self.take_id() for _ in range(6)], ["5", "2", "6", "1", "4", "3"])

    def test_delayed_jobs_come_when_they_are_due(self):
        self.add(delay=5000)
        self.add(delay=1000)
        self.assertEqual(self.counts(), {"delayed": 2})
        self.assertEqual(self.take_id(), (None, 1000, "empty"))
        self.now_ms += 999
        self.assertEqual(self.take_id(), (None, 1, "empty"))
        self.now_ms += 1
        self.assertEqual(self.take_id(), "2")
        self.now_ms += 10_000
        self.assertEqual(self.take_id(), "1")

    def test_a_delayed_job_keeps_its_priority(self):
        self.add(delay=10, priority=9)
        self.add(priority=3)
        self.now_ms += 10
        self.assertEqual([self.take_id(), self.take_id()], ["2", "1"])

    def test_a_paused_queue_gives_none(self):
        self.add()
        self.send("HSET", "{mail}:meta", "paused", 1)
        self.assertEqual(self.take_id(), (None, -1, "paused"))
        self.send("HDEL", "{mail}:meta", "paused")
        self.assertEqual(self.take_id(), "1")

    def test_no_more_at_a_time_than_allowed(self):
        for _ in range(3):
            self.add()
        self.send("HSET", "{mail}:meta", "concurrency", 2)
        self.assertEqual([self.take_id(), self.take_id()], ["1", "2"])
        self.now_ms += 1000
        self.assertEqual(self.take_id(), (None, LEASE_MS - 1000, "busy"))
        self.complete("1")
        self.assertEqual(self.take_id(), "3")

    def test_no_more_in_a_period_than_allowed(self):
        for _ in range(4):
            self.add()
        self.send("HSET", "{mail}:meta", "limit", 2, "period", 1000)
        self.now_ms += 300
        self.assertEqual([self.take_id(), self.take_id()], ["1", "2"])
        self.assertEqual(self.take_id(), (None, 700, "limited"))
        self.now_ms += 700
        self.assertEqual(self.take_id(), "3")

    def test_jobs_that_are_gone_are_passed_over(self):
        for _ in range(3):
            self.add()
        self.send("DEL", "{mail}:job:1", "{mail}:job:2")
        self.assertEqual(self.take_id(), "3")


class CompleteTest(QueueTestCase):
    def test_ends_the_lease_and_keeps_the_result(self):
        self.add()
        self.take()
        self.now_ms += 40
        self.assertEqual(self.complete("1", {"sent": True}), "OK")
        self.assertEqual(self.counts(), {"completed": 1})
        job = self.job("1")
        self.assertEqual((job["result"], job["finished_at"]), ('{"sent": true}', str(self.now_ms)))
        self.assertNotIn("token", job)
        self.assertEqual([event for event, _ in self.events()], ["added", "waiting", "active", "completed"])

    def test_only_the_holder_of_the_lease_may(self):
        self.add()
        self.take()
        reply = self.complete("1", token="other")
        self.assertTrue(str(reply).startswith("NOLEASE job 1 is not leased to other script: "), reply)
        reply = self.complete("17")
        self.assertTrue(str(reply).startswith("NOJOB there is no job 17 script: "), reply)
        self.assertEqual(self.counts(), {"active": 1})

    def test_a_result_that_is_no_json_changes_nothing(self):
        self.add()
        self.take()
        for result, text in (
                ("{", "Expected object key string but found T_END at character 2"),
                ("[1, 2", "Expected comma or array end but found T_END at character 6"),
                ("nope", "Expected value but found invalid token at character 1"),
                ('{"a":1,}', "Expected object key string but found T_OBJ_END at character 8")):
            self.assert_script_error("ERR the result is not JSON: " + text,
                                     self.queue("complete", "1", "worker", result))
        self.assertEqual(self.counts(), {"active": 1})

    def test_keeps_the_newest_only(self):
        for number in range(4):
            self.add(keep_completed=2)
            self.take()
            self.now_ms += 1
            self.complete(str(number + 1))
        self.assertEqual(self.send("ZRANGE", "{mail}:completed", 0, -1), ["3", "4"])
        self.assertEqual(self.send("EXISTS", "{mail}:job:1", "{mail}:job:2", "{mail}:job:3"), 1)

    def test_may_keep_none(self):
        self.add(keep_completed=0)
        self.take()
        self.complete("1")
        self.assertEqual(self.counts(), {})
        self.assertEqual(self.send("KEYS", "*job*"), [])


class FailTest(QueueTestCase):
    def fail_all(self, times):
        """The waits between the attempts, and the end."""
        waits = []
        for _ in range(times):
            job_id = self.take_id()
            outcome, number = self.fail(job_id)
            waits.append(number if outcome == "retry" else outcome)
            self.now_ms += number if outcome == "retry" else 0
        return waits

    def test_without_attempts_left_it_has_failed(self):
        self.add()
        self.take()
        self.assertEqual(self.fail("1", "no such host"), ["failed", 1])
        self.assertEqual(self.counts(), {"failed": 1})
        self.assertEqual(self.job("1")["reason"], "no such host")

    def test_backoff_grows_as_asked(self):
        for kind, expected in (("fixed", [1000, 1000, 1000]), ("linear", [1000, 2000, 3000]),
                               ("exponential", [1000, 2000, 4000])):
            self.add(attempts=4, backoff={"type": kind, "delay": 1000})
            self.assertEqual(self.fail_all(4), [*expected, "failed"], kind)

    def test_backoff_has_an_end(self):
        self.add(attempts=1000, backoff={"type": "exponential", "delay": 1000})
        self.assertEqual(self.fail_all(20)[-3:], [3_600_000] * 3)

    def test_without_a_backoff_it_is_next(self):
        self.add(attempts=2)
        self.add()
        self.take()
        self.assertEqual(self.fail("1"), ["retry", 0])
        self.assertEqual(self.take()[1]["attempt"], 2)

    def test_some_failures_are_final(self):
        self.add(attempts=5)
        self.take()
        self.assertEqual(self.fail("1", "forbidden", "final"), ["failed", 1])

    def test_an_unknown_backoff_is_an_error(self):
        self.add(attempts=5, backoff={"type": "random", "delay": 1})
        self.take()
        self.assert_script_error("ERR no backoff is named 'random'", self.fail("1"))
        self.add(attempts=5, backoff={"delay": 1})
        self.take()
        self.assert_script_error("ERR no backoff is named 'nil'", self.fail("2"))


class LeaseTest(QueueTestCase):
    def test_can_be_extended(self):
        for _ in range(3):
            self.add()
        self.take("ann")
        self.take("bob")
        self.take("ann")
        self.now_ms += LEASE_MS - 1
        self.assertEqual(self.queue("extend", "ann", LEASE_MS, 1, 2, 3, 99), ["2", "99"])
        self.now_ms += 1
        self.assertEqual(self.queue("stalled", 1, 100), [["2"], []])

    def test_other_errors_are_not_taken_for_lost_leases(self):
        self.add()
        self.take()
        self.send("DEL", "{mail}:active")
        self.send("SET", "{mail}:active", "x")
        reply = self.queue("extend", "worker", LEASE_MS, 1)
        self.assertTrue(str(reply).startswith("WRONGTYPE Operation against a key"), reply)

    def test_stalled_jobs_are_next_in_line_and_lose_no_attempt(self):
        self.add()
        self.add()
        self.take()
        self.now_ms += LEASE_MS
        self.assertEqual(self.queue("stalled", 1, 100), [["1"], []])
        job_id, job = self.take("other")
        self.assertEqual((job_id, job["attempt"]), ("1", 1))
        reply = self.complete("1")
        self.assertTrue(str(reply).startswith("NOLEASE"), reply)
        self.assertEqual(self.complete("1", token="other"), "OK")

    def test_who_stalls_too_often_has_failed(self):
        self.add()
        for expected in ([["1"], []], [["1"], []], [[], ["1"]]):
            self.take()
            self.now_ms += LEASE_MS
            self.assertEqual(self.queue("stalled", 2, 100), expected)
        self.assertEqual(self.job("1")["reason"], "stalled more than 2 times")

    def test_looks_at_some_at_a_time(self):
        for _ in range(5):
            self.add()
            self.take()
        self.now_ms += LEASE_MS
        self.assertEqual(self.queue("stalled", 1, 3), [["1", "2", "3"], []])
        self.assertEqual(self.queue("stalled", 1, 3), [["4", "5"], []])


class FlowTest(QueueTestCase):
    def add_flow(self, **options):
        """Two pages that are fetched before a report is made of them, and that before it is sent."""
        pages = [{"name": "page", "data": {"n": n}, **options} for n in range(2)]
        return self.add("send", children=[{"name": "report", "children": pages}])

    def test_children_come_first(self):
        self.assertEqual(self.add_flow(), ["1", "2", "3", "4"])
        self.assertEqual(self.counts(), {"wait": 2, "parents": 2})
        self.assertEqual([self.take_id(), self.take_id(), self.take_id()], ["3", "4", (None, -1, "empty")])

    def test_a_parent_gets_what_its_children_returned(self):
        self.add_flow()
        for job_id, result in (("3", {"size": 10}), ("4", [1, 2])):
            self.take()
            self.complete(job_id, result)
        job_id, job = self.take()
        self.assertEqual((job_id, job["name"]), ("2", "report"))
        self.assertEqual(job["children"], {"3": {"size": 10}, "4": [1, 2]})
        self.complete("2", "done")
        self.assertEqual(self.take()[1]["children"], {"2": "done"})

    def test_a_child_that_fails_is_ignored_unless_told_otherwise(self):
        self.add_flow()
        self.take()
        self.take()
        self.complete("3", 1)
        self.fail("4")
        self.assertEqual(self.take()[1]["children"], {"3": 1})

    def test_a_child_may_take_its_ancestors_along(self):
        self.add("send", children=[{
            "name": "report", "on_failure": "fail_parent",
            "children": [{"name": "page", "on_failure": "fail_parent"}, {"name": "page"}]}])
        self.take()
        self.fail("3", "no such page")
        self.assertEqual(self.counts(), {"wait": 1, "failed": 3})
        self.assertEqual(self.job("1")["reason"], "child 2 failed: child 3 failed: no such page")
        self.take()
        self.assertEqual(self.complete("4"), "OK")
        self.assertEqual(self.counts(), {"completed": 1, "failed": 3})

    def test_a_parent_may_be_delayed_and_have_a_priority(self):
        self.add("send", delay=500, priority=4, children=[{"name": "page"}])
        self.take()
        self.complete("2")
        self.assertEqual(self.queue("state", "1"), "delayed")
        self.now_ms += 500
        self.assertEqual(self.take_id(), "1")

    def test_a_child_that_is_known_already_is_not_waited_for(self):
        self.add("page", id="page")
        self.add("send", id="send", children=[{"name": "page", "id": "page"}])
        self.assertEqual(self.counts(), {"wait": 2})

    def test_a_thousand_children(self):
        self.add("send", children=[{"name": "page", "data": {"n": n}} for n in range(1000)])
        for n in range(1000):
            job_id = self.take_id()
            self.complete(job_id, n)
        children = self.take()[1]["children"]
        self.assertEqual(len(children), 1000)
        self.assertEqual(sum(children.values()), 499_500)


class StateTest(QueueTestCase):
    def test_finds_a_job_wherever_it_is(self):
        self.add("send", id="parent", children=[{"name": "page", "id": "child", "delay": 10}])
        self.add(id="waits")
        self.add(id="first", priority=1)
        self.send("HSET", "{mail}:job:lost", "name", "x")
        states = {job_id: self.queue("state", job_id)
                  for job_id in ("parent", "child", "waits", "first", "lost", "none")}
        self.assertEqual(states, {"parent": "parents", "child": "delayed", "waits": "wait",
                                  "first": "prioritized", "lost": "unknown", "none": None})

    def test_counts_every_state(self):
        self.assertEqual(json.loads(self.queue("state")), dict.fromkeys(STATES, 0))


class CleanTest(QueueTestCase):
    def finish(self, job_id):
        self.take()
        self.complete(job_id)
        self.now_ms += 1000

    def test_removes_what_is_old_enough(self):
        for number in range(12):
            self.add()
            self.finish(str(number + 1))
        self.assertEqual(self.queue("clean", "completed", 3000, 100), [str(n) for n in range(1, 11)])
        self.assertEqual(self.counts(), {"completed": 2})
        self.assertEqual(len(self.send("KEYS", "{mail}:job:*")), 2)

    def test_removes_at_most_so_many(self):
        for job_id in ("9", "b", "10", "a"):
            self.add(id=job_id)
            self.finish(job_id)
        self.assertEqual(self.queue("clean", "completed", 0, 3), ["9", "10", "b"])

    def test_a_parent_takes_its_children_along(self):
        self.add(keep_completed=50, children=[{"name": "page"}, {"name": "page"}])
        for job_id in ("2", "3", "1"):
            self.finish(job_id)
        self.send("ZADD", "{mail}:completed", 0, "1")
        self.assertEqual(self.queue("clean", "completed", 10_000, 1), ["1", "2", "3"])
        self.assertEqual(self.send("KEYS", "{mail}:job:*"), [])

    def test_jobs_in_other_states_cannot_be_cleaned(self):
        self.assert_script_error("ERR jobs can be cleaned that have completed or failed",
                                 self.queue("clean", "active", 0, 10))


class LongRunTest(QueueTestCase):
    """Workers that do whatever they like, chosen at random: no job is lost, none is in two places."""

    STEPS = 600

    def setUp(self):
        super().setUp()
        self.random = random.Random(5)
        self.added = []
        self.taken = []

    def test_every_job_is_in_one_place(self):
        for step in range(self.STEPS):
            self.now_ms += self.random.randrange(200)
            self.random.choice([self.add_any, self.take_any, self.take_any, self.end_any, self.end_any,
                                self.look_for_stalled])()
            if step % 50 == 0:
                self.check_places()
        self.finish_all()
        self.check_places()
        self.assertLessEqual(set(self.counts()), {"completed", "failed"})
        self.assertEqual(sum(self.counts().values()), len(self.added))

    def add_any(self):
        choose = self.random.choice
        options = {
            "priority": choose([0, 0, 1, 7]), "delay": choose([0, 0, 500]), "attempts": choose([1, 2, 4]),
            "backoff": {"type": choose(["fixed", "linear", "exponential"]), "delay": choose([0, 100, 333])},
            "keep_completed": 10_000, "keep_failed": 10_000,
            "on_failure": choose(["ignore", "fail_parent"])}
        children = [{"name": "child", **options} for _ in range(choose([0, 0, 1, 3]))]
        self.added += self.add("any", children=[{"name": "child", "children": children, **options}
                                                for _ in range(choose([0, 0, 2]))], **options)

    def take_any(self):
        token = f"worker {self.random.randrange(3)}"
        reply = self.queue("take", token, 1500)
        if reply[0] is not None:
            self.taken.append((reply[0], token))
        return reply

    def end_any(self):
        if self.taken:
            job_id, token = self.taken.pop(self.random.randrange(len(self.taken)))
            if self.random.random() < 0.6:
                reply = self.complete(job_id, {"by": token}, token=token)
            else:
                reply = self.fail(job_id, token=token)
            if isinstance(reply, ErrorReply):
                self.assertEqual(reply.code, "NOLEASE")

    def look_for_stalled(self):
        recovered, failed = self.queue("stalled", 2, 10)
        self.assertFalse(set(recovered) & set(failed))

    def finish_all(self):
        """Let one worker that never fails do the rest."""
        self.now_ms += 10_000
        self.queue("stalled", 2, 10_000)
        while True:
            job_id, *rest = self.queue("take", "last", LEASE_MS)
            if job_id is not None:
                self.complete(job_id, token="last")
            elif rest[0] == -1:
                return
            else:
                self.now_ms += rest[0]

    def check_places(self):
        places = []
        for state in STATES:
            key = "{mail}:" + state
            places += (self.send("LRANGE", key, 0, -1) if state == "wait" else
                       list(self.send("SMEMBERS", key)) if state == "parents" else
                       self.send("ZRANGE", key, 0, -1))
        self.assertEqual(sorted(places), sorted(self.added))


class FlowInResp3Test(FlowTest):
    """Scripts do not notice how their client speaks."""

    protocol = 3


class TakeInResp3Test(TakeTest):
    protocol = 3


if __name__ == "__main__":
    unittest.main()
