import os
import unittest

from redis_clone.check.files import Unreadable, damaged_files, examine
from redis_clone.check.text import lines_of
from redis_clone.persistence.aof_format import encode_request
from tests.checked_files import EXEC, MANIFEST, MULTI, NOW_MS, SELECT, SET, CheckTestCase, stamp


class RdbTest(CheckTestCase):
    def test_counts_keys_by_database_and_type(self):
        report = self.report(self.write("dump.rdb", self.rdb()))
        self.assertEqual((report["kind"], report["damage"], report["keys"]), ("rdb", None, 18))
        self.assertEqual([database["number"] for database in report["databases"]], [0, 5])
        self.assertEqual({row["type"]: row["keys"] for row in report["databases"][0]["types"]},
                         {"string": 7, "list": 2, "set": 3, "zset": 1, "hash": 2, "stream": 1})
        self.assertEqual({row["type"]: (row["keys"], row["elements"]) for row in report["databases"][1]["types"]},
                         {"string": (1, None), "list": (1, 1)})

    def test_says_how_values_are_stored(self):
        types = self.report(self.write("dump.rdb", self.rdb()))["databases"][0]["types"]
        self.assertEqual({row["type"]: row["encodings"] for row in types}, {
            "string": {"compressed": 1, "int": 1, "raw": 5},
            "list": {"quicklist": 2},
            "set": {"hashtable": 1, "intset": 1, "listpack": 1},
            "zset": {"listpack": 1},
            "hash": {"listpack": 1, "listpack with expiries": 1},
            "stream": {"stream-v3": 1},
        })

    def test_the_bytes_of_all_keys_and_what_is_between_them_are_the_file(self):
        data = self.rdb(aux=[("redis-ver", "7.2.6")], functions=[b"#!lua name=lib\n" + b"x" * 1000])
        report = self.report(self.write("dump.rdb", data))
        keys = sum(row["bytes"] for database in report["databases"] for row in database["types"])
        header, checksum = 9, 8
        aux = 1 + 10 + 6
        function = 1 + 2 + 1015 if b"x" * 1000 in data else data.index(b"\xfe") - header - aux
        databases = 2 * (2 + 3)
        self.assertEqual(keys, len(data) - header - aux - function - databases - 1 - checksum)

    def test_names_the_largest_keys_of_each_type(self):
        largest = self.report(self.write("dump.rdb", self.rdb()))["largest"]
        self.assertEqual(list(largest), ["string", "list", "set", "zset", "hash", "stream"])
        self.assertEqual([row["key"] for row in largest["list"]], ["list:long", "list", "list"])
        self.assertEqual([row["database"] for row in largest["list"]], [0, 0, 5])
        self.assertEqual([row["elements"] for row in largest["list"]], [200, 3, 1])
        self.assertEqual(len(largest["string"]), 5)
        self.assertEqual(largest["string"][0], {"database": 0, "key": "k" * 100, "bytes": 1 + 2 + 100 + 2,
                                                "elements": None})

    def test_counts_expiries(self):
        data = self.rdb()
        report = examine(self.write("dump.rdb", data), 1_700_000_000_003)
        self.assertEqual(report["expiries"], {"keys": 3, "passed": 1, "earliest_ms": 1_700_000_000_002,
                                              "latest_ms": 4_000_000_000_000})
        self.assertEqual(report["databases"][0]["types"][0]["expiring"], 3)

    def test_bytes_about_the_use_of_a_key_belong_to_it(self):
        plain, used = (self.report(self.write("dump.rdb", self.rdb(["SET key value"], access=access)))
                       for access in (None, "lru"))
        self.assertEqual(used["databases"][0]["types"][0]["bytes"], plain["databases"][0]["types"][0]["bytes"] + 2)

    def test_tells_what_the_file_says_of_itself(self):
        data = self.rdb(["SET a 1"], version=10, aux=[("redis-ver", "7.0.15"), ("ctime", 1_700_000_000)],
                        functions=[b"#!lua name=mine\nredis.call()", b"rubbish"])
        report = self.report(self.write("dump.rdb", data))
        self.assertEqual((report["version"], report["checksum"]), (10, "right"))
        self.assertEqual(report["aux"], {"redis-ver": "7.0.15", "ctime": "1700000000"})
        self.assertEqual(report["functions"], [{"engine": "lua", "name": "mine", "bytes": 28},
                                               {"engine": "", "name": "", "bytes": 7}])

    def test_a_file_may_be_without_a_checksum(self):
        self.assertEqual(self.report(self.write("dump.rdb", self.rdb(checksum=False)))["checksum"], "none")
        self.assertEqual(self.report(self.write("old.rdb", b"REDIS0003\xfe\x00\x00\x01a\x01b\xff"))["checksum"], "none")

    def test_a_wrong_checksum_is_damage(self):
        data = self.rdb()
        report = self.report(self.write("dump.rdb", data[:-1] + bytes((data[-1] ^ 1,))))
        self.assertEqual((report["checksum"], report["keys"]), ("wrong", 18))
        self.assertIn("Wrong RDB checksum", report["damage"]["reason"])

    def test_a_file_that_is_cut_off_is_intact_up_to_some_key(self):
        data = self.rdb(["SET a 1", "SET b 2", "SET c 3"])
        report = self.report(self.write("dump.rdb", data[:-12]))
        self.assertEqual(report["damage"]["intact"], {"keys": 2})
        self.assertEqual(report["damage"]["offset"], data.index(b"\x00\x01c"))
        self.assertIsNone(report["damage"]["cut_from"])

    def test_keys_without_a_value_are_counted_apart(self):
        data = b"REDIS0011\xfe\x00\x00\x01a\x01b\x02\x01e\x00\x02\x01s\x01\x01m\xff" + bytes(8)
        report = self.report(self.write("dump.rdb", data))
        self.assertEqual((report["keys"], report["empty_keys"]), (2, 1))
        self.assertEqual([(row["type"], row["encodings"]) for row in report["databases"][0]["types"]],
                         [("string", {"raw": 1}), ("set", {"unknown": 1})])

    def test_old_opcodes_before_keys(self):
        data = b"REDIS0003\xfe\x07\xfd\x01\x00\x00\x00\x01\x01l\x02\x01a\xc0\x05\xff"
        report = self.report(self.write("dump.rdb", data))
        row, = report["databases"][0]["types"]
        self.assertEqual((report["databases"][0]["number"], row["bytes"], row["encodings"]), (7, 13, {"elements": 1}))
        self.assertEqual(report["expiries"]["earliest_ms"], 1000)

    def test_the_name_tells_that_it_should_be_an_rdb_file(self):
        report = self.report(self.write("dump.rdb", b""))
        self.assertEqual((report["kind"], report["damage"]["offset"]), ("rdb", 0))
        self.assertIn("signature", report["damage"]["reason"])

    def test_what_follows_the_end_is_told(self):
        report = self.report(self.write("dump.rdb", self.rdb() + b"rubbish"))
        self.assertEqual((report["kind"], report["bytes_after"], report["damage"]), ("rdb", 7, None))


class AofTest(CheckTestCase):
    def check_damage(self, data, **expected):
        damage = self.report(self.write("x.aof", data))["damage"]
        self.assertEqual({name: damage[name] for name in expected}, expected)

    def test_counts_requests_by_command(self):
        report = self.report(self.write("x.aof", SELECT + SET + SET.replace(b"SET", b"set")))
        self.assertEqual((report["kind"], report["requests"], report["damage"]), ("aof", 3, None))
        self.assertEqual(list(report["commands"].items()), [("SET", 2), ("SELECT", 1)])

    def test_counts_transactions(self):
        report = self.report(self.write("x.aof", SELECT + (MULTI + SET * 2 + EXEC) * 3 + MULTI + EXEC))
        self.assertEqual((report["transactions"], report["requests"]), (4, 15))
        self.assertEqual(report["commands"], {"SET": 6, "MULTI": 4, "EXEC": 4, "SELECT": 1})

    def test_commands_are_not_counted_without_end(self):
        data = b"".join(encode_request([b"C%d" % number]) for number in range(3000))
        for data in data, MULTI + data + EXEC:
            report = self.report(self.write("x.aof", data))
            self.assertLessEqual(len(report["commands"]), 1001)
            self.assertEqual(sum(report["commands"].values()), report["requests"])

    def test_tells_the_first_and_the_last_time_stamp(self):
        report = self.report(self.write("x.aof", stamp(10) + SET + stamp(20) + SET + stamp(35)))
        self.assertEqual(report["timestamps"], {"first_s": 10, "last_s": 35})

    def test_an_empty_file_is_intact(self):
        report = self.report(self.write("x.aof", b""))
        self.assertEqual((report["requests"], report["damage"], report["timestamps"]), (0, None, None))

    def test_an_rdb_file_may_come_first(self):
        data = self.rdb()
        for tail in SELECT + SET, stamp(5) + SET:
            report = self.report(self.write("x", data + tail))
            self.assertEqual((report["kind"], report["rdb"]["keys"], report["damage"]), ("aof", 18, None))
            self.assertEqual(report["commands"]["SET"], 1)

    def test_what_follows_the_rdb_part_of_an_append_only_file_should_be_requests(self):
        data = self.rdb(aux=[("aof-base", 1)])
        report = self.report(self.write("x", data + b"rubbish"))
        self.assertEqual((report["kind"], report["damage"]["offset"]), ("aof", len(data)))
        self.assertEqual(report["damage"]["cut_from"], len(data))

    def test_a_torn_request(self):
        self.check_damage(SELECT + SET + SET[:-5], offset=len(SELECT + SET), cut_from=len(SELECT + SET),
                          intact={"requests": 2}, requests_after=0, readable_from=None)

    def test_a_transaction_that_is_not_executed(self):
        self.check_damage(SELECT + MULTI + SET, offset=len(SELECT), cut_from=len(SELECT), intact={"requests": 1},
                          requests_after=0, reason="the data ends before the EXEC of a transaction")

    def test_a_torn_request_in_a_transaction(self):
        self.check_damage(SELECT + MULTI + SET + SET[:-1], offset=len(SELECT + MULTI + SET), cut_from=len(SELECT),
                          intact={"requests": 1})

    def test_a_transaction_in_a_transaction(self):
        self.check_damage(SET + MULTI + SET + MULTI + SET + EXEC, offset=len(SET + MULTI + SET), cut_from=len(SET),
                          reason="MULTI within a transaction", intact={"requests": 1})

    def test_the_end_of_no_transaction(self):
        odd = EXEC.replace(b"*1", b"*01*").replace(b"EXEC", b"exec")
        for end in EXEC, odd:
            self.check_damage(SET + SET + end + SET, offset=len(SET + SET), cut_from=len(SET + SET),
                              reason="EXEC without MULTI", intact={"requests": 2}, requests_after=1)

    def test_requests_after_the_damage_are_counted(self):
        wrong = SET.replace(b"$5", b"$4")
        # The two bytes after a value are not looked at, so the wrong request ends one byte early.
        self.check_damage(SET + wrong + SET * 3, offset=len(SET + wrong) - 1, cut_from=len(SET + wrong) - 1,
                          readable_from=len(SET + wrong), requests_after=3)
        self.check_damage(SET + b"rubbish\r\n" + SET * 3, offset=len(SET), readable_from=len(SET) + 9, requests_after=3)

    def test_a_wrong_length_in_the_middle_is_not_taken_for_a_torn_end_only(self):
        self.check_damage(SET + SET.replace(b"$5", b"$500000") + SET * 3, offset=len(SET), requests_after=3)

    def test_what_no_server_writes_is_noted(self):
        for unusual in SET.replace(b"value\r", b"value!"), SET.replace(b"$3", b"$03"), SET.replace(b"*3", b"*3 "):
            report = self.report(self.write("x.aof", SET * 300 + stamp(5) + MULTI + SET + unusual + EXEC + unusual))
            self.assertEqual((report["damage"], report["requests"]), (None, 305))
            self.assertEqual(report["unusual_at"], len(SET * 301 + stamp(5) + MULTI))
        for usual in SET, MULTI + SET + EXEC, encode_request([b"", b"\r\n", b"x" * 70000]), stamp(3) + SET:
            self.assertIsNone(self.report(self.write("x.aof", usual * 3))["unusual_at"])

    def test_zero_bytes_at_the_end(self):
        self.check_damage(SET + bytes(5000), offset=len(SET), cut_from=len(SET),
                          reason="there are only zero bytes from here on")


class ManifestTest(CheckTestCase):
    def test_each_file_is_checked(self):
        path = self.write_parts(("a.1.base.rdb", self.rdb()), ("a.1.incr.aof", SELECT + SET), ("a.2.incr.aof", b""))
        for path in path, self.directory:
            report = self.report(path)
            self.assertEqual((report["kind"], report["path"], report["damage"]),
                             ("manifest", self.path(MANIFEST), None))
            self.assertEqual([(file["name"], file["role"], file["sequence"]) for file in report["files"]],
                             [("a.1.base.rdb", "base", 1), ("a.1.incr.aof", "increment", 2),
                              ("a.2.incr.aof", "increment", 3)])
            self.assertEqual([file["report"]["kind"] for file in report["files"]], ["rdb", "aof", "aof"])
            self.assertEqual(damaged_files(report), [])

    def test_a_manifest_is_recognized_by_what_it_says(self):
        self.write("a", SET)
        self.assertEqual(self.report(self.write("m", b"#x\nfile a seq 1 type i\n"))["kind"], "manifest")

    def test_history_need_not_be_there(self):
        self.write("old", b"rubbish")
        path = self.write(MANIFEST, b"file old seq 1 type h\nfile gone seq 2 type h\n")
        self.assertEqual(self.report(path)["history"], [{"name": "old", "sequence": 1, "exists": True},
                                                        {"name": "gone", "sequence": 2, "exists": False}])
        self.assertEqual(self.run_tool(path)[0], 0)

    def test_files_must_be_there(self):
        os.mkdir(self.path("a.3.incr.aof"))
        report = self.report(self.write_parts(("a.1.base.rdb", None), ("a.2.incr.aof", SET), ("a.3.incr.aof", None)))
        self.assertEqual([(file["path"], file["damage"]["reason"]) for file in damaged_files(report)],
                         [(self.path("a.1.base.rdb"), "the file is missing"),
                          (self.path("a.3.incr.aof"), "not a plain file")])

    def test_a_damaged_manifest(self):
        lines = b"#" * 1500 + b"\n" + b"file a seq 1 type i\n"         # so long a comment counts as two lines
        for text, line, offset in ((b"", 0, 0), (b"rubbish\n", 1, 0), (lines + b"rubbish\n", 4, len(lines)),
                                   (lines + lines, 6, len(lines) + 1501)):
            damage = self.report(self.write(MANIFEST, text))["damage"]
            self.assertEqual((damage["line"], damage["offset"]), (line, offset))

    def test_a_directory_needs_one_manifest(self):
        self.assertRaisesRegex(Unreadable, "no manifest", examine, self.directory, 0)
        self.write("temp-x.manifest", b"")
        self.write("x.manifest", b"file a seq 1 type i\n")
        self.assertEqual(self.report(self.directory)["path"], self.path("x.manifest"))
        self.write("y.manifest", b"")
        self.assertRaisesRegex(Unreadable, "2 manifests", examine, self.directory, 0)

    def test_the_same_in_text(self):
        path = self.write_parts(("a.1.base.rdb", self.rdb()), ("a.1.incr.aof", SELECT + SET[:-1]))
        text = "\n".join(lines_of(examine(path, NOW_MS)))
        self.assertRegex(text, r"a\.1\.base\.rdb +base +1 +[\d,]+  intact\n")
        self.assertRegex(text, r"a\.1\.incr\.aof +increment +2 +[\d,]+  DAMAGED\n")


if __name__ == "__main__":
    unittest.main()
