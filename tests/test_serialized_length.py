"""The serializedlength of DEBUG OBJECT, against valkey-server's with rdbcompression off."""
from .support import CommandTestCase


class SerializedLengthTest(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.client.wire("CONFIG SET rdbcompression no")
        self.addCleanup(self.client.wire, "CONFIG SET rdbcompression yes")

    def check_length(self, length, key="k"):
        line = self.client.wire("DEBUG", "OBJECT", key).decode()
        self.assertIn(f" serializedlength:{length} ", line)

    def test_strings_and_numbers(self):
        for value, length in (("", 1), ("0", 2), ("127", 2), ("128", 3), ("-129", 3), ("32768", 5), ("2147483647", 5),
                              ("2147483648", 11), ("007", 4), ("x" * 63, 64), ("x" * 64, 66), ("x" * 16384, 16389)):
            self.client.wire("SET", "k", value)
            self.check_length(length)

    def test_sets_of_numbers(self):
        for members, length in (((1, 2, 3), 15), ((1, 32767), 13), ((1, 32768), 17), ((-32769, 1), 17),
                                ((1, 2147483648), 25), ((-2147483648, 1), 17)):
            self.client.wire("DEL k")
            self.client.wire("SADD", "k", *members)
            self.check_length(length)

    def test_hash_tables(self):
        self.client.wire("SADD", "k", *[f"member{number}" for number in range(200)])
        self.check_length(2 + sum(1 + len(f"member{number}") for number in range(200)))
        self.client.wire("HSET", "h", "f" * 100, "7")
        self.check_length(1 + 102 + 2, "h")
        self.client.wire("ZADD", "z", 1.5, "m" * 100)
        self.check_length(1 + 102 + 8, "z")

    def test_lists_of_several_nodes(self):
        self.client.wire("RPUSH", "k", *[f"element{number:04}" for number in range(1000)])
        self.check_length(1 + 2 * 3 + 2 * 7 + 1000 * 13)
