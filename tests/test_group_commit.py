"""Group commit: who comes during a round is in the next, replies keep their order, failures refuse."""
import threading
import unittest

from redis_clone.group_commit import GroupCommit

TIMEOUT_S = 10


class Disk:
    """Commits what has been noted, when it is allowed to."""

    def __init__(self):
        self.noted = self.durable = 0
        self.rounds = 0
        self.works = True
        self.slow = False
        self.begun = threading.Semaphore(0)
        self.may_go_on = threading.Semaphore(0)

    def commit(self):
        noted = self.noted
        self.rounds += 1
        if self.slow:
            self.begun.release()
            self.may_go_on.acquire(timeout=TIMEOUT_S)
        if self.works:
            self.durable = noted
        return self.works


class Client:
    def __init__(self, log):
        self.log = log

    def deliver(self, reply):
        self.log.append(reply)

    def refuse(self):
        self.log.append("refused")


class GroupCommitTest(unittest.TestCase):
    def setUp(self):
        self.disk = Disk()
        self.group = GroupCommit(self.disk.commit, lambda: self.disk.durable)
        self.addCleanup(self.group.stop)
        self.log = []

    def note(self, reply):
        """A client has changed something, and is to be told."""
        self.disk.noted += 1
        return self.group.keep_back(self.disk.noted, self.disk.noted, Client(self.log), reply)

    def test_nothing_is_kept_back_when_all_is_on_disk(self):
        self.assertFalse(self.group.keep_back(self.disk.noted, 0, Client(self.log), "read"))
        self.assertTrue(self.group.wait(0, 0))
        self.assertEqual(self.disk.rounds, 0)

    def test_a_reply_comes_after_its_commit(self):
        self.assertTrue(self.note("one"))
        self.assertTrue(self.group.wait(1, 1))
        self.assertEqual(self.log, ["one"])

    def test_who_comes_during_a_commit_shares_the_next(self):
        self.disk.slow = True
        self.note("first")
        self.assertTrue(self.disk.begun.acquire(timeout=TIMEOUT_S))
        for number in range(10):
            self.note(number)
        self.assertEqual(self.log, [])
        self.disk.may_go_on.release()
        self.assertTrue(self.disk.begun.acquire(timeout=TIMEOUT_S))
        self.assertEqual(self.log, ["first"])
        self.disk.may_go_on.release()
        self.assertTrue(self.group.wait(self.disk.noted, 0))
        self.assertEqual(self.log, ["first", *range(10)])
        self.assertEqual(self.disk.rounds, 2)

    def test_a_read_does_not_overtake(self):
        self.disk.slow = True
        self.note("write")
        self.assertTrue(self.disk.begun.acquire(timeout=TIMEOUT_S))
        self.assertTrue(self.group.keep_back(self.disk.noted, 0, Client(self.log), "read"))
        self.disk.slow = False
        self.disk.may_go_on.release()
        self.assertTrue(self.group.wait(0, 0))
        self.assertEqual(self.log, ["write", "read"])

    def test_a_failure_refuses_those_who_wrote_only(self):
        self.disk.works = False
        self.disk.slow = True
        self.note("write")
        self.assertTrue(self.disk.begun.acquire(timeout=TIMEOUT_S))
        self.group.keep_back(self.disk.noted, 0, Client(self.log), "read")
        self.disk.slow = False
        self.disk.may_go_on.release()
        self.assertFalse(self.group.wait(1, 1))
        self.assertEqual(self.log, ["refused", "read"])

    def test_it_works_again_after_it_was_stopped(self):
        self.note("one")
        self.group.wait(1, 1)
        self.group.stop()
        self.note("two")
        self.assertTrue(self.group.wait(2, 2))
        self.assertEqual(self.log, ["one", "two"])


if __name__ == "__main__":
    unittest.main()
