"""DEBUG DIGEST and DIGEST-VALUE: the digests that Redis 7.2 makes of the same data."""
from redis_clone.digest import dataset_digest, format_digest

from .support import CommandTestCase, EngineTestCase

EMPTY = "0" * 40


class DigestValueTest(CommandTestCase):
    def check_value(self, digest, key):
        self.check(f"*1\r\n+{digest}", "DEBUG", "DIGEST-VALUE", key)

    def test_of_each_type(self):
        self.client.wire("SET s hello")
        self.client.wire("RPUSH l a b c")
        self.client.wire("SADD st x y z")
        self.client.wire("ZADD z 1 a 1e8 b -0.5 c inf d")
        self.client.wire("HSET h f v g w")
        self.check_value("36b23a1456b2dce2c3ed252c456761301dba8060", "s")
        self.check_value("8bf72d812571eea9b927f3c11beb0c4165a6ff89", "l")
        self.check_value("0fd9977d57e46b1b9b87439f5ac5b338416ccc24", "st")
        self.check_value("91dc5c5550cf323bfd412810945d7b53a70c6624", "z")
        self.check_value("d127864ed50239662bf61bafc9bda63c17da5b37", "h")

    def test_that_it_expires_counts_but_not_when(self):
        self.client.wire("SET e x EX 1000")
        self.check_value("0745672cb1bf060476eedeb8a28f5ffe1ff5a2be", "e")
        self.client.wire("EXPIRE e 5000")
        self.check_value("0745672cb1bf060476eedeb8a28f5ffe1ff5a2be", "e")

    def test_the_order_counts_only_where_there_is_one(self):
        for command in ("SADD a x y", "SADD b y x", "RPUSH c x y", "RPUSH d y x"):
            self.client.wire(command)
        digests = self.client.wire("DEBUG DIGEST-VALUE a b c d").split(b"\r\n")[1:5]
        self.assertEqual(digests[0], digests[1])
        self.assertNotEqual(digests[2], digests[3])

    def test_the_encoding_does_not_count(self):
        members = " ".join(map(str, range(100)))
        self.client.wire("SADD a " + members)
        self.client.wire("SADD b x " + members)
        self.client.wire("SREM b x")
        digests = self.client.wire("DEBUG DIGEST-VALUE a b").split(b"\r\n")[1:3]
        self.assertEqual(digests[0], digests[1])


class DigestTest(CommandTestCase):
    def setUp(self):
        super().setUp()
        for command in ("SET s hello", "RPUSH l a b c", "SADD st x y z", "ZADD z 1 a 1e8 b -0.5 c inf d",
                        "HSET h f v g w", "SET e x EX 1000"):
            self.client.wire(command)

    def test_of_one_database(self):
        self.check("+4a89192bec14b0ceddf993b5192b574bb5f075df", "DEBUG DIGEST")

    def test_of_two_databases(self):
        self.client.wire("SELECT 5")
        self.client.wire("SET s other")
        self.check("+92cc50a94838afd8c2f21111804bfe37f7f77e3a", "DEBUG DIGEST")

    def test_of_nothing(self):
        self.client.wire("FLUSHALL")
        self.check(f"+{EMPTY}", "DEBUG DIGEST")


class ScoreDigestTest(EngineTestCase):
    def test_scores_that_redis_prints_in_its_own_way(self):
        # Digests of valkey-server for ZADD k SCORE m. Of two digits equally near Grisu2 takes the lower one.
        for score, digest in SCORES.items():
            self.execute("DEL k")
            self.execute("ZADD", "k", score, "m")
            self.assertEqual(self.execute("DEBUG DIGEST-VALUE k"), [digest], score)

    def test_digests_have_forty_digits(self):
        self.assertEqual(format_digest(0x12), EMPTY[:-2] + "12")
        self.assertEqual(dataset_digest(self.engine.keyspace.databases), 0)


SCORES = {
    "0": "669bd9943b43e6b31f3ab60847ee6a38dd154aba",
    "-0": "669bd9943b43e6b31f3ab60847ee6a38dd154aba",
    "1": "55b22a2d85d3adfd2cac2b794dd8556ba8529cbb",
    "1e8": "b4ce5f2c55a395a1c2198a4e1afd7646f4ea5658",
    "123456789012345678": "27353e3c88bd44a34ab7a89eee757c71576f989a",
    "0.1": "7e1bae26d61f35a2675e4748edc8fe0bff072cee",
    "1e300": "d5a03a0b01f6552aef60764c5ddb6ce623ff5718",
    "5e-324": "a102ea8b255d38b4134c8e74eea0ba1687c2176a",
    "-887860592454011.8": "0070a743e9ea7a25d1cd4b171c8066fbc97a45ec",
    "-1e-5": "9a183a575918760e86d71d7260d616729052d012",
    "inf": "61a9a206eaf26d298dc4d0f7c1b377be6038b61f",
    "-inf": "c882cc3ef9fd5dde1409a63622a944684310008f",
}
