"""Replies on the wire, in both protocols."""
import unittest

from redis_clone.errors import RedisError
from redis_clone.resp import NULL_ARRAY, Attribute, BigNumber, MapReply, Push, Replies, Verbatim, encode


class EncodeTest(unittest.TestCase):
    def check(self, value, resp2, resp3=None):
        self.assertEqual(encode(value, 2), resp2)
        self.assertEqual(encode(value, 3), resp2 if resp3 is None else resp3)

    def test_simple_types(self):
        self.check(b"ab", b"$2\r\nab\r\n")
        self.check(bytearray(b"ab"), b"$2\r\nab\r\n")
        self.check(5, b":5\r\n")
        self.check("OK", b"+OK\r\n")
        self.check(RedisError("ERR a\r\nb"), b"-ERR a  b\r\n")

    def test_nulls(self):
        self.check(None, b"$-1\r\n", b"_\r\n")
        self.check(NULL_ARRAY, b"*-1\r\n", b"_\r\n")

    def test_collections(self):
        self.check([], b"*0\r\n")
        self.check([b"a", 1, None], b"*3\r\n$1\r\na\r\n:1\r\n$-1\r\n", b"*3\r\n$1\r\na\r\n:1\r\n_\r\n")
        self.check((b"a", [b"b"]), b"*2\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n")
        self.check({b"a": 1}, b"*2\r\n$1\r\na\r\n:1\r\n", b"%1\r\n$1\r\na\r\n:1\r\n")
        self.check({b"a"}, b"*1\r\n$1\r\na\r\n", b"~1\r\n$1\r\na\r\n")
        self.check(MapReply([(b"a", [1]), (b"a", [])]), b"*2\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n",
                   b"%2\r\n$1\r\na\r\n*1\r\n:1\r\n$1\r\na\r\n*0\r\n")
        self.check([1, b"a"], b"*2\r\n:1\r\n$1\r\na\r\n")
        self.check([b"x" * 5000, b"y"], b"*2\r\n$5000\r\n" + b"x" * 5000 + b"\r\n$1\r\ny\r\n")

    def test_types_of_resp3(self):
        self.check(1.5, b"$3\r\n1.5\r\n", b",1.5\r\n")
        self.check(True, b":1\r\n", b"#t\r\n")
        self.check(Verbatim(b"hi"), b"$2\r\nhi\r\n", b"=6\r\ntxt:hi\r\n")
        self.check(BigNumber(1 << 70), b"$22\r\n1180591620717411303424\r\n", b"(1180591620717411303424\r\n")
        self.check(Push([b"a"]), b"*1\r\n$1\r\na\r\n", b">1\r\n$1\r\na\r\n")
        self.check(Attribute({b"k": 1}, b"v"), b"$1\r\nv\r\n", b"|1\r\n$1\r\nk\r\n:1\r\n$1\r\nv\r\n")
        self.check(Replies([1, b"a"]), b":1\r\n$1\r\na\r\n")
