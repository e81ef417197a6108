"""HyperLogLogs, from the client's side."""
import unittest

from tests.client.command_case import CommandCase


class HyperLogLogTest(CommandCase):
    def test_adding_and_counting(self):
        self.check(1, self.client.pfadd("a", "x", "y", "z"))
        self.check(0, self.client.pfadd("a", "x"))
        self.check(1, self.client.pfadd("b", "other"))
        self.check(3, self.client.pfcount("a"))
        self.check(4, self.client.pfcount("a", "b"))
        self.check(0, self.client.pfcount("none"))

    def test_merging(self):
        self.client.pfadd("a", 1)
        self.client.pfadd("b", 2)
        self.check(True, self.client.pfmerge("c", "a", "b"))
        self.check(2, self.client.pfcount("c"))

    def test_the_inner_life(self):
        self.client.pfadd("a", 1)
        self.check("sparse", self.client.pfdebug("encoding", "a"))
        self.check(1, self.client.pfdebug("todense", "a"))
        self.assertEqual(len(self.client.pfdebug("getreg", "a")), 16384)


if __name__ == "__main__":
    unittest.main()
