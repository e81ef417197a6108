"""Strings as rows of bits, from the client's side."""
import unittest

from redis_clone.client.errors import DataError, ResponseError
from tests.client.command_case import CommandCase


class BitsTest(CommandCase):
    def test_setting_and_getting(self):
        self.check(0, self.client.setbit("key", 7, 1))
        self.check(1, self.client.setbit("key", 7, "yes"))
        self.check(1, self.client.getbit("key", 7))
        self.check(1, self.client.setbit("key", 7, 0))
        self.check(0, self.client.getbit("key", 700))

    def test_counting(self):
        self.client.set("key", "foobar")
        self.check(26, self.client.bitcount("key"))
        self.check(4, self.client.bitcount("key", 0, 0))
        self.check(17, self.client.bitcount("key", 5, 30, "BIT"))
        with self.assertRaises(DataError):
            self.client.bitcount("key", 5)
        with self.assertRaises(DataError):
            self.client.bitcount("key", end=5)

    def test_finding(self):
        self.client.set("key", b"\x00\x0f\x00")
        self.check(12, self.client.bitpos("key", 1))
        self.check(-1, self.client.bitpos("key", 1, 2))
        self.check(16, self.client.bitpos("key", 0, 12, 20, "BIT"))
        self.check(-1, self.client.bitpos("key", 1, start=2, end=2))

    def test_what_cannot_be_found(self):
        with self.assertRaises(DataError):
            self.client.bitpos("key", 2)
        with self.assertRaises(DataError):
            self.client.bitpos("key", 1, end=3)

    def test_combining(self):
        self.client.mset({"a": "ab", "b": "b"})
        self.check(2, self.client.bitop("and", "c", "a", "b"))
        self.check("`\x00", self.client.get("c"))


class BitfieldTest(CommandCase):
    def test_operations_in_a_row(self):
        self.check([0, 255], self.client.bitfield("key").set("u8", 0, 255).get("u8", 0).execute())
        self.check([0], self.client.bitfield("key").incrby("u8", 0, 1).execute())

    def test_overflow(self):
        self.check([None], self.client.bitfield("key", "fail").incrby("u8", 0, 1000).execute())
        self.check([255, None], self.client.bitfield("key", default_overflow="SAT").incrby("u8", 0, 1000)
                   .incrby("u8", 0, 1, overflow="FAIL").execute())

    def test_the_words_so_far(self):
        operation = self.client.bitfield("key").overflow("wrap").overflow("sat").get("u4", "#1")
        self.assertEqual(operation.command, ["BITFIELD", "key", "OVERFLOW", "SAT", "GET", "u4", "#1"])

    def test_executing_begins_anew(self):
        operation = self.client.bitfield("key", "SAT").get("u8", 0)
        operation.execute()
        self.assertEqual(operation.command, ["BITFIELD", "key", "OVERFLOW", "SAT"])
        self.check([], operation.execute())

    def test_in_a_pipeline(self):
        pipeline = self.client.pipeline()
        pipeline.bitfield("key").set("u8", 0, 7).execute()
        pipeline.bitfield_ro("key", "u8", 0)
        self.check([[0], [7]], pipeline.execute())

    def test_reading_only(self):
        self.client.set("key", b"\x12")
        self.check([1], self.client.bitfield_ro("key", "u4", 0))
        self.check([1, 2, 0x12], self.client.bitfield_ro("key", "u4", 0, [("u4", "#1"), ("i8", 0)]))
        with self.assertRaises(ResponseError):
            self.client.bitfield_ro("key", "u99", 0)


if __name__ == "__main__":
    unittest.main()
