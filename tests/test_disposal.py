"""Dropping much data in the background."""
import gc
import sys
import threading
import unittest
import weakref

from redis_clone.disposal import empty

from .support import EngineTestCase


class Element(frozenset):
    """A value whose end can be seen (weakref knows no bytes)."""


class Node:
    __slots__ = ("children", "next")


class EmptyTest(unittest.TestCase):
    def test_everything_goes(self):
        values = [Element([number]) for number in range(3000)]
        left = [weakref.ref(value) for value in values]
        node = Node()
        node.children = [values[:100], {b"x": values[100:200]}]
        containers = [dict(enumerate(values)), set(values), [values[:], node], {1: set(values)}]
        del values, node
        empty(containers)
        gc.collect()                            # for Pythons that do not count references
        self.assertEqual([ref() for ref in left if ref() is not None], [])

    def test_nothing_to_do(self):
        empty([])
        empty([{}, [], set()])


@unittest.skipUnless(sys.implementation.name == "cpython", "others have a collector that does it")
class FlushTest(EngineTestCase):
    def wait(self):
        for thread in threading.enumerate():
            if thread.name == "disposal":
                thread.join()

    def test_few_keys_go_at_once(self):
        self.execute("DEBUG POPULATE 100")
        self.execute("FLUSHALL")
        self.assertEqual((self.engine.stats.pending_values, self.engine.stats.discarded_values), (0, 0))

    def test_many_keys_go_in_the_background(self):
        self.execute("DEBUG POPULATE 10001")
        values = self.engine.keyspace.databases[0].values
        self.execute("FLUSHALL")
        self.assertEqual(self.execute("DBSIZE"), 0)
        self.wait()
        self.assertEqual((self.engine.stats.pending_values, self.engine.stats.discarded_values), (0, 10001))
        self.assertEqual(values, {})

    def test_one_large_value_counts_as_well(self):
        for command in ("SADD", "RPUSH"):
            for start in range(0, 12000, 1000):
                self.execute(command, "k" + command, *range(start, start + 1000))
        self.execute("FLUSHDB")
        self.wait()
        self.assertEqual(self.engine.stats.discarded_values, 2)
