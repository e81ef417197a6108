"""The modes that pose as a replica: --rdb, --functions-rdb, --replica."""
import os
import stat
import tempfile
import unittest
import unittest.mock

from redis_clone.cli.modes import replica
from redis_clone.client import encode_command
from tests.cli.mode_support import ModeTestCase, ScriptedServer, needs_redis_cli, run_mode, run_redis_cli

MARK = b"".join(b"%02x" % number for number in range(20))
CAPA = b"sending REPLCONF capa eof\n"
FILE_ONLY = CAPA + b"sending REPLCONF rdb-only 1\n"
STREAM_ONLY = CAPA + b"sending REPLCONF rdb-filter-only \n"

# What no server should answer to SYNC.
SENSELESS = (b"+OK\r\n", b"$-1\r\n", b"$x\r\n", b"$EOF:short\r\n", b":5\r\n")


class ReplicationTestCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.path = os.path.join(directory.name, "copy.rdb")

    def serve(self, *pieces, **answers):
        self.server = ScriptedServer(self, {"SYNC": pieces, **answers})
        return self.server.port

    def content(self):
        with open(self.path, "rb") as file:
            return file.read()


class RdbTest(ReplicationTestCase):
    def copy(self, *pieces, to=None, **answers):
        return run_mode(self.serve(*pieces, **answers), "--rdb", to or self.path)

    def writing(self, what, to=None):
        return FILE_ONLY + b"SYNC sent to master, writing %b to '%b'\n" % (what, (to or self.path).encode())

    def test_a_file_of_known_length(self):
        result = self.copy(b"$5\r\nhello")
        self.assertEqual((result.status, result.output), (0, b""))
        self.assertEqual(result.errors, self.writing(b"5 bytes") + b"Transfer finished with success.\n")
        self.assertEqual(self.content(), b"hello")
        self.assertEqual(self.server.requests,
                         [[b"REPLCONF", b"capa", b"eof"], [b"REPLCONF", b"rdb-only", b"1"], [b"SYNC"]])

    def test_a_file_up_to_a_mark(self):
        result = self.copy(b"$EOF:" + MARK + b"\r\nhello" + MARK)
        self.assertEqual((result.status, result.errors), (0, self.writing(
            b"bytes of bulk transfer until EOF marker") + b"Transfer finished with success after 5 bytes\n"))
        self.assertEqual(self.content(), b"hello")

    def test_however_it_is_cut(self):
        for whole in (b"\n\n\n$9\r\nhel\nlo\r\n!", b"$9\r\nhel\nlo\r\n!more",
                      b"\n$EOF:" + MARK + b"\r\nhel\nlo\r\n!" + MARK):
            for cut in (1, 2, 5, 7, 20, len(whole) - 45, len(whole) - 6, len(whole) - 1):
                pieces = (whole[:cut], whole[cut:])
                self.assertEqual(self.copy(*pieces).status, 0, pieces)
                self.assertEqual(self.content(), b"hel\nlo\r\n!", pieces)
        self.assertEqual(self.copy(*(whole[at:at + 1] for at in range(len(whole)))).status, 0)

    def test_something_like_the_mark_is_no_mark(self):
        content = b"x" + MARK[:-1] + MARK[:20]
        self.assertEqual(self.copy(b"$EOF:" + MARK + b"\r\n", content + MARK[:7], MARK[7:]).status, 0)
        self.assertEqual(self.content(), content)

    def test_many_pieces(self):
        content = os.urandom(3_000_000)
        self.assertEqual(self.copy(b"$EOF:" + MARK + b"\r\n" + content + MARK).status, 0)
        self.assertEqual(self.content(), content)
        self.assertEqual(self.copy(b"$3000000\r\n" + content).status, 0)
        self.assertEqual(self.content(), content)

    def test_an_empty_file(self):
        self.assertEqual(self.copy(b"$0\r\n").status, 0)
        self.assertEqual(self.content(), b"")

    def test_to_the_standard_output_goes_the_file_and_nothing_else(self):
        result = self.copy(b"$EOF:" + MARK + b"\r\nhello" + MARK, to="-")
        self.assertEqual((result.status, result.output), (0, b"hello"))
        self.assertEqual(self.copy(b"$5\r\nhello", to="-").output, b"hello")

    def test_a_transfer_that_breaks_off_leaves_the_older_copy(self):
        with open(self.path, "wb") as file:
            file.write(b"older")
        for pieces in ((b"$5\r\nhel", None), (b"$EOF:" + MARK + b"\r\nhello" + MARK[:39], None)):
            result = self.copy(*pieces)
            self.assertEqual(result.status, 1)
            self.assertTrue(result.errors.endswith(b"I/O Error reading RDB payload from socket\n"), result)
            self.assertEqual(self.content(), b"older")
            self.assertEqual(os.listdir(self.directory), ["copy.rdb"])

    def test_a_transfer_that_breaks_off_leaves_nothing_new(self):
        self.assertEqual(self.copy(b"$5\r\nhel", None).status, 1)
        self.assertEqual(os.listdir(self.directory), [])

    def test_a_server_that_hangs_up_early(self):
        for pieces in ((None,), (b"$5", None), (b"\n\n", None)):
            result = self.copy(*pieces)
            self.assertEqual((result.status, result.errors),
                             (1, FILE_ONLY + b"Error reading bulk length while SYNCing\n"))
        result = self.copy(b"", REPLCONF=None)
        self.assertEqual(result.status, 1)
        self.assertTrue(result.errors.startswith(CAPA + b"\nI/O error"), result)

    def test_a_server_that_refuses(self):
        result = self.copy(b"-NOPERM no\r\n")
        self.assertEqual((result.status, result.errors), (1, FILE_ONLY + b"SYNC with master failed: -NOPERM no\r\n"))

    def test_senseless_answers(self):
        for answer in SENSELESS:
            result = self.copy(answer)
            self.assertEqual((result.status, result.errors), (1, FILE_ONLY + b"SYNC with master failed: " + answer))
        self.assertEqual(self.copy(b"x" * 10_000, None).status, 1)
        self.assertEqual(os.listdir(self.directory), [])

    def test_a_server_that_does_not_know_replconf_sends_all_the_same(self):
        result = self.copy(b"$5\r\nhello", REPLCONF=b"-ERR what\r\n")
        self.assertEqual(result.status, 0)
        self.assertIn(b"REPLCONF rdb-only error: ERR what\n", result.errors)

    def test_functions_only(self):
        port = self.serve(b"$5\r\nhello")
        self.assertEqual(run_mode(port, "--functions-rdb", self.path).status, 0)
        self.assertIn([b"REPLCONF", b"rdb-filter-only", b"functions"], self.server.requests)
        port = self.serve(b"$5\r\nhello", REPLCONF=b"-ERR what\r\n")
        result = run_mode(port, "--functions-rdb", self.path)
        self.assertEqual(result.status, 1)
        self.assertIn(b"\nFailed requesting functions only RDB from server, aborting\n", result.errors)

    def test_a_file_that_cannot_be_written(self):
        path = os.path.join(self.directory, "none", "copy.rdb")
        result = self.copy(b"$5\r\nhello", to=path)
        self.assertEqual((result.status, result.errors), (1, self.writing(b"5 bytes", path) + (
            f"Error opening '{path}': No such file or directory\n".encode())))

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_a_full_disk(self):
        result = self.copy(b"$5\r\nhello", to="/dev/full")
        self.assertEqual(result.status, 1)
        self.assertTrue(result.errors.endswith(b"Error writing data to file: No space left on device\n"), result)
        self.assertFalse(stat.S_ISREG(os.stat("/dev/full").st_mode))

    @unittest.skipIf(os.name == "nt", "Windows has no such permissions")
    def test_the_permissions_of_an_older_copy_are_kept(self):
        with open(self.path, "wb"):
            os.chmod(self.path, 0o600)
        self.copy(b"$5\r\nhello")
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    @unittest.skipUnless(hasattr(os, "symlink") and os.name != "nt", "needs symbolic links")
    def test_a_symbolic_link_stays_one(self):
        link = os.path.join(self.directory, "link")
        os.symlink(self.path, link)
        self.assertEqual(self.copy(b"$5\r\nhello", to=link).status, 0)
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.content(), b"hello")


class ReplicaTest(ReplicationTestCase):
    STREAM = b"".join(map(encode_command, (("SELECT", 0), ("SET", "k", 'a "b"\n'), ("PING",))))
    PRINTED = b'"SELECT","0"\n"SET","k","a \\"b\\"\\n"\n"PING"\n'

    def watch(self, *pieces, **answers):
        return run_mode(self.serve(*pieces, **answers), "--replica")

    def test_the_stream_is_shown(self):
        result = self.watch(b"$5\r\nhello" + self.STREAM, None)
        self.assertEqual((result.status, result.output), (1, self.PRINTED))
        self.assertEqual(result.errors, STREAM_ONLY + b"SYNC with master, discarding 5 bytes of bulk transfer...\n"
                         b"SYNC done. Logging commands from master.\nError: Server closed the connection\n")
        self.assertEqual(self.server.requests,
                         [[b"REPLCONF", b"capa", b"eof"], [b"REPLCONF", b"rdb-filter-only", b""], [b"SYNC"]])

    def test_after_a_mark(self):
        whole = b"$EOF:" + MARK + b"\r\nhello" + MARK + self.STREAM
        for cut in (10, 50, 55, 60, 95, len(whole) - 1):
            result = self.watch(whole[:cut], whole[cut:],
                                REPLCONF=lambda words: None if words[1] == b"ACK" else b"+OK\r\n")
            self.assertEqual(result.output, self.PRINTED)
            self.assertEqual(self.server.requests[3], [b"REPLCONF", b"ACK", b"0"])
        self.assertIn(b"\nSYNC done after 45 bytes. Logging commands from master.\nsending REPLCONF ACK 0\n",
                      result.errors)

    def test_acknowledges_until_it_is_heard(self):
        # The server does not hear an acknowledgement as long as it has not noticed that the copy is complete.
        acknowledgements = iter((b"", b"", (self.STREAM, None)))
        answer = {b"ACK": lambda: next(acknowledgements)}
        with unittest.mock.patch.object(replica, "ACKNOWLEDGE_EVERY_S", 0.01):
            result = self.watch(b"$EOF:" + MARK + b"\r\nhello" + MARK,
                                REPLCONF=lambda words: answer.get(words[1], lambda: b"+OK\r\n")())
        self.assertEqual((result.status, result.output), (1, self.PRINTED))
        self.assertEqual(self.server.requests[3:], [[b"REPLCONF", b"ACK", b"0"]] * 3)

    def test_an_end_in_the_middle(self):
        result = self.watch(b"$5\r\nhel", None)
        self.assertEqual(result.status, 1)
        self.assertTrue(result.errors.endswith(b"Error reading RDB payload while SYNCing\n"), result)

    def test_garbage_in_the_stream(self):
        result = self.watch(b"$5\r\nhello" + self.STREAM + b"garbage\r\n", None)
        self.assertEqual((result.status, result.output), (1, self.PRINTED))
        self.assertIn(b"Error: not a reply", result.errors)


class OwnServerTest(ModeTestCase):
    def test_a_server_without_replication_is_an_error(self):
        if b"SYNC" in {name.upper() for name in self.execute("COMMAND LIST")[0]}:
            self.skipTest("the server has SYNC")
        result = self.run_mode("--rdb", "-")
        self.assertEqual((result.status, result.output), (1, b""))
        self.assertIn(b"\nSYNC with master failed: -ERR unknown command", result.errors)


@needs_redis_cli
class LikeRedisCliTest(ReplicationTestCase):
    def check(self, *words, pieces, **answers):
        port = self.serve(*pieces, **answers)
        self.assertEqual(run_mode(port, *words), run_redis_cli(port, *words), (words, pieces))

    def test_rdb(self):
        for pieces in ((b"$5\r\nhello",), (b"\n\n$5\r\nhello",), (b"-ERR no\r\n",), (None,), (b"$5", None),
                       (b"$5\r\nhel", None), (b"$EOF:" + MARK + b"\r\nhello" + MARK,),
                       (b"$EOF:" + MARK + b"\r\nhel", None)):
            self.check("--rdb", self.path, pieces=pieces)
        self.check("--rdb", "-", pieces=(b"$5\r\nhello",))
        self.check("--rdb", "/none/such/file", pieces=(b"$5\r\nhello",))

    def test_functions_rdb(self):
        self.check("--functions-rdb", self.path, pieces=(b"$5\r\nhello",))
        self.check("--functions-rdb", self.path, pieces=(b"$5\r\nhello",), REPLCONF=b"-ERR what\r\n")

    def test_replica(self):
        self.check("--replica", pieces=(b"$5\r\nhello" + ReplicaTest.STREAM, None))
        self.check("--slave", pieces=(b"$5\r\nhel", None))
        self.check("--replica", pieces=(b"-ERR no\r\n", None), REPLCONF=b"-ERR what\r\n")


if __name__ == "__main__":
    unittest.main()
