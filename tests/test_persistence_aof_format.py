import mmap
import os
import random
import tempfile
import time
import unittest
from unittest import mock

from redis_clone.persistence import aof_format
from redis_clone.persistence.aof_format import AofError, AofReader, AofTruncated, encode_request
from redis_clone.resp import encode
from tests.damage import flipped

try:
    import tracemalloc
except ImportError:             # PyPy
    tracemalloc = None

SET = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
GET = b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
MULTI = b"*1\r\n$5\r\nMULTI\r\n"
EXEC = b"*1\r\n$4\r\nEXEC\r\n"
STAMP = b"#TS:1628217470\r\n"


def read(data, **options):
    """``(requests, error, reader)``: everything, however it is cut; batches are checked to follow each other."""
    reader = AofReader(data, **options)
    requests, error = [], None
    try:
        for offset, batch in reader:
            assert batch and data[offset:offset + 1] == b"*", (offset, batch)
            assert offset < reader.position
            requests += batch
    except AofError as caught:
        error = caught
    return requests, error, reader


def batches(data):
    return [(offset, [argv[0] for argv in batch]) for offset, batch in AofReader(data)]


def sample(seed=0, count=60):
    """Requests of every shape: regular runs, other counts, values with line ends, empty, long."""
    chance = random.Random(seed)
    words = [b"", b"x", b"value", b"\r\n", b"a\r\nb", b"$3\r\nabc", b"\r", EXEC, b"#TS:1\r\n", b"\0" * 50]
    found = [[b"SET", b"key%d" % number, b"v" * (number % 7)] for number in range(count // 3)]
    for _ in range(count - len(found)):
        argv = [b"CMD"] + [chance.choice(words) for _ in range(chance.randrange(12))]
        found.insert(chance.randrange(len(found)), argv)
    return found


class EncodeRequestTest(unittest.TestCase):
    def test_writes_what_a_client_would_send(self):
        for count in (1, 2, 3, 4, 5, 6, 130, 2000):
            argv = [b"word%d" % number for number in range(count)]
            self.assertEqual(encode_request(argv), encode(argv))

    def test_arguments_may_be_long_empty_and_bytearrays(self):
        for long in (b"x" * 4096, b"x" * 4097, b"x" * 100000):
            for count in range(1, 6):
                argv = [b"", bytearray(b"y"), *[b"z"] * count, long]
                self.assertEqual(encode_request(argv), encode([bytes(arg) for arg in argv]))
                self.assertEqual(encode_request(tuple(argv)), encode_request(argv))


class ReadTest(unittest.TestCase):
    def test_reads_back_what_was_written(self):
        argvs = sample()
        data = b"".join(map(encode_request, argvs))
        requests, error, reader = read(data)
        self.assertEqual((requests, error, reader.position), (argvs, None, len(data)))

    def test_nothing_is_there_in_an_empty_file(self):
        self.assertEqual(read(b"")[:2], ([], None))

    def test_reads_between_start_and_end(self):
        data = b"REDIS0011..." + SET + GET + b"the rest"
        requests, error, reader = read(data, start=12, end=12 + len(SET + GET))
        self.assertEqual((requests, error), ([[b"SET", b"a", b"1"], [b"GET", b"a"]], None))
        self.assertEqual(reader.position, len(data) - 8)
        self.assertIsInstance(read(data, start=12, end=len(data) - 9)[1], AofTruncated)

    def test_offsets_say_where_batches_begin_and_position_where_they_end(self):
        data = STAMP + b"".join(map(encode_request, sample(count=2000)))
        reader = AofReader(data)
        position = len(STAMP)
        for offset, batch in reader:
            self.assertEqual(offset, position)
            position = reader.position
            self.assertEqual(data[offset:position], b"".join(map(encode_request, batch)))
        self.assertEqual(position, len(data))

    def test_batches_have_about_256_requests(self):
        sizes = [len(batch) for _, batch in AofReader(SET * 10000)]
        self.assertLess(max(sizes), 1000)
        self.assertLess(len(sizes), 100)
        sizes = [len(batch) for _, batch in AofReader(encode_request([b"SET", b"a", b"\r\n"]) * 10000)]
        self.assertLess(max(sizes), 1000)
        self.assertLess(len(sizes), 100)

    def test_a_batch_of_long_values_is_no_larger_than_a_piece(self):
        long = encode_request([b"SET", b"a", b"\r\n" * 150_000])
        self.assertLessEqual(max(len(batch) for _, batch in AofReader(long * 20)), 4)

    def test_long_values_and_many_arguments(self):
        argvs = [[b"SET", b"a", b"x" * (3 << 20)], [b"RPUSH", b"l"] + [b"item"] * 300_000, [b"GET", b"a"]]
        requests, error, _ = read(b"".join(map(encode_request, argvs)))
        self.assertTrue(requests == argvs and error is None)

    def test_a_file_can_be_mapped(self):
        argvs = sample()
        data = b"".join(map(encode_request, argvs))
        descriptor, path = tempfile.mkstemp()
        self.addCleanup(os.unlink, path)
        with open(descriptor, "wb+") as file:
            file.write(data + b"*2\r\n$3")
            file.flush()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                requests, error, _ = read(mapped)
        self.assertEqual(requests, argvs)
        self.assertIsInstance(error, AofTruncated)
        self.assertEqual(error.offset, len(data))
        self.assertTrue(all(arg.__class__ is bytes for argv in requests for arg in argv))


class PieceTest(unittest.TestCase):
    def test_pieces_may_end_anywhere(self):
        argvs = [[b"MULTI"], *sample(count=15), [b"EXEC"], [b"set", b"a", b"1"]]
        data = STAMP.join(map(encode_request, argvs))
        for size in range(1, 130):
            with mock.patch.multiple(aof_format, PIECE_MIN=size, PIECE_MAX=size):
                requests, error, reader = read(data)
            self.assertEqual((requests, error, reader.position), (argvs, None, len(data)), size)

    def test_a_piece_that_ends_anywhere_is_no_truncation(self):
        data = SET * 3
        for size in range(1, len(data) + 2):
            with mock.patch.multiple(aof_format, PIECE_MIN=size, PIECE_MAX=size):
                self.assertEqual(read(data)[:2], ([[b"SET", b"a", b"1"]] * 3, None))


class TransactionTest(unittest.TestCase):
    def test_multi_begins_a_batch_and_exec_ends_it(self):
        data = SET + GET + MULTI + SET + GET + EXEC + GET + MULTI + EXEC + SET
        start = len(SET + GET)
        self.assertEqual(batches(data), [
            (0, [b"SET", b"GET"]), (start, [b"MULTI", b"SET", b"GET", b"EXEC"]),
            (start + len(MULTI + SET + GET + EXEC), [b"GET"]),
            (len(data) - len(MULTI + EXEC + SET), [b"MULTI", b"EXEC"]), (len(data) - len(SET), [b"SET"])])

    def test_so_it_is_in_whatever_case_and_among_irregular_requests(self):
        odd = b"*02\r\n$3\r\nGET\r\n$1\r\na\r\n"
        data = odd * 40 + MULTI.lower() + odd + EXEC.lower() + odd
        found = batches(data)
        self.assertEqual([names for _, names in found[-2:]], [[b"multi", b"GET", b"exec"], [b"GET"]])
        self.assertEqual(found[-2][0], 40 * len(odd))

    def test_positions_are_those_of_the_batches(self):
        for data in (SET + MULTI + SET + EXEC + SET, (SET + MULTI + SET + EXEC + SET).replace(b"*3", b"*03")):
            reader = AofReader(data)
            edges = [(offset, reader.position) for offset, _ in reader]
            self.assertGreaterEqual(len(edges), 3)
            self.assertEqual([start for start, _ in edges], [0] + [end for _, end in edges[:-1]])
            self.assertEqual(edges[-1][1], len(data))

    def test_a_value_is_no_transaction(self):
        data = encode_request([b"SET", b"a", b"MULTI"]) + encode_request([b"SET", b"a", b"*1\r\n"]) + SET
        self.assertEqual(read(data)[0][2], [b"SET", b"a", b"1"])

    def test_a_cut_off_transaction_is_yielded_as_far_as_it_goes(self):
        data = SET + MULTI + SET
        self.assertEqual(batches(data)[-1], (len(SET), [b"MULTI", b"SET"]))


class AnnotationTest(unittest.TestCase):
    def test_annotations_are_skipped_wherever_they_stand(self):
        data = STAMP + SET + b"# anything\n#\n" + GET + STAMP + STAMP
        requests, error, reader = read(data)
        self.assertEqual((requests, error), ([[b"SET", b"a", b"1"], [b"GET", b"a"]], None))
        self.assertEqual(reader.position, len(data))

    def test_the_timestamp_is_the_last_before_the_position(self):
        reader = AofReader(SET + b"#TS:12\r\n" + SET + GET + b"#TS:x\r\n#other\r\n" + SET + b"#TS:13\r\n")
        self.assertEqual([reader.timestamp for _ in reader], [None, 12, 12])
        self.assertEqual(reader.timestamp, 13)

    def test_an_offset_is_that_of_the_request_after_the_annotation(self):
        self.assertEqual(batches(STAMP + SET + STAMP + SET)[1][0], len(STAMP + SET + STAMP))

    def test_annotations_before_every_request_take_linear_time(self):
        data = (STAMP + SET) * 5000
        started = time.process_time()
        self.assertEqual(len(read(data)[0]), 5000)
        self.assertLess(time.process_time() - started, 3)

    def test_after_1023_bytes_an_annotation_is_over(self):
        self.assertEqual(len(read(b"#".ljust(1023) + b"#\n" + SET)[0]), 1)
        self.assertEqual(read(b"#".ljust(1023) + b"\r\n" + SET)[1].offset, 1023)


class OddSpellingTest(unittest.TestCase):
    """What Redis' loader accepts though it never writes it; all of this was tried with a real server."""

    def check(self, data):
        self.assertEqual(read(data + GET)[:2], ([[b"SET", b"a", b"1"], [b"GET", b"a"]], None))
        self.assertEqual(read(GET + data)[:2], ([[b"GET", b"a"], [b"SET", b"a", b"1"]], None))

    def test_numbers_as_c_reads_them(self):
        self.check(b"*03\r\n$+3\r\nSET\r\n$ 1\r\na\r\n$1x\r\n1\r\n")
        self.check(b"*\t+3 \r\n$3_0\r\nSET\r\n$1 \r\na\r\n$1\r\n1\r\n")

    def test_a_length_that_is_no_number_is_zero(self):
        self.assertEqual(read(b"*2\r\n$x\r\n\r\n$\r\n\r\n")[:2], ([[b"", b""]], None))

    def test_headers_with_other_line_ends(self):
        self.check(b"*3\n$3\nSET\r\n$1\na\r\n$1\n1\r\n")
        self.check(b"*3\0junk\r\n$3\0zz\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n")

    def test_any_two_bytes_after_a_value(self):
        self.check(b"*3\r\n$3\r\nSETxx$1\r\naxx$1\r\n1xx")

    def test_a_header_without_an_end_is_over_after_1023_bytes(self):
        self.check(b"*3".ljust(1023) + b"$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n")


class TruncatedTest(unittest.TestCase):
    def check_every_cut(self, argvs, between=b""):
        data, edges = b"", [0]
        for argv in argvs:
            data += between + encode_request(argv)
            edges.append(len(data))
        for size in range(len(data)):
            requests, error, reader = read(data[:size])
            complete = max(edge for edge in edges if edge <= size)
            self.assertEqual(requests, argvs[:edges.index(complete)])
            if size in edges or size - complete == len(between):
                self.assertIsNone(error, size)
                self.assertEqual(reader.position, size)
            else:
                self.assertIs(error.__class__, AofTruncated, size)
                self.assertEqual(error.offset, complete, size)

    def test_the_offset_is_the_end_of_the_last_complete_request(self):
        self.check_every_cut(sample(count=12))

    def test_an_annotation_before_a_cut_off_request_goes_with_it(self):
        self.check_every_cut(sample(count=8), STAMP)

    def test_a_transaction_is_cut_like_any_other_requests(self):
        self.check_every_cut([[b"SET", b"a", b"1"], [b"MULTI"], [b"SET", b"a", b"2"], [b"EXEC"], [b"GET", b"a"]])

    def test_the_end_may_be_given(self):
        error = read(SET + GET + SET, end=len(SET + GET) + 3)[1]
        self.assertEqual((error.__class__, error.offset), (AofTruncated, len(SET + GET)))

    def test_more_bytes_or_arguments_announced_than_there_are(self):
        for tail in (b"*1000000000\r\n", b"*2147483647\r\n$1\r\na\r\n", b"*1\r\n$1000000000000\r\nabc"):
            error = read(SET + tail)[1]
            self.assertEqual((error.__class__, error.offset), (AofTruncated, len(SET)))


class DamageTest(unittest.TestCase):
    def check(self, data, reason=None, offset=len(SET), requests=1):
        found, error, _ = read(data)
        self.assertIs(error.__class__, AofError, data)
        self.assertEqual((len(found), error.offset), (requests, offset))
        if reason:
            self.assertEqual(error.reason, reason)
            self.assertEqual(str(error), f"{reason} (request at byte {offset})")

    def test_what_begins_no_request(self):
        self.check(SET + b"garbage", f"expected '*' at byte {len(SET)}, got 0x67")
        for tail in (b"\r\n" + SET, b"PING\r\n", b"\0" * 100, b"REDIS0011", b" " + SET):
            self.check(SET + tail)

    def test_what_begins_no_argument(self):
        self.check(SET + b"*2\r\n$3\r\nGET\r\n*1\r\n", f"expected '$' at byte {len(SET) + 13}, got 0x2a")
        self.check(SET + b"*1000000000\r\n" + SET)

    def test_counts_that_cannot_be(self):
        self.check(SET + b"*0\r\n" + SET, "invalid number of arguments: 0")
        self.check(SET + b"*-1\r\n" + SET, "invalid number of arguments: -1")
        for count in (b"x", b"", b"\0", b"2147483648", b"99999999999999999999", b"9" * 900):
            self.check(SET + b"*%b\r\n" % count + SET)

    def test_lengths_that_cannot_be(self):
        self.check(SET + b"*1\r\n$-1\r\n" + SET,
                   f"invalid length of an argument at byte {len(SET) + 4}: -1")
        for length in (b"1099511627777", b"9223372036854775808", b"9" * 900):
            self.check(SET + b"*1\r\n$%b\r\n" % length + SET)

    def test_offsets_are_those_of_the_request_behind_annotations(self):
        self.check(SET + STAMP + b"x", offset=len(SET + STAMP))

    def test_all_before_it_is_yielded(self):
        self.check(SET * 1000 + b"*3\r\n$3\r\nSET\r\n$1\r\na\r\nx", requests=1000, offset=1000 * len(SET))
        self.check(SET + encode_request([b"SET", b"a", b"\r\n"]) * 10 + b"x", requests=11, offset=len(SET) + 280)

    def test_ten_thousand_flips_are_read_or_refused(self):
        argvs = sample(count=9) + [[b"MULTI"], [b"INCR", b"a"], [b"EXEC"]]
        data = STAMP + b"".join(map(encode_request, argvs))
        for damaged in flipped(data, 10_000, seed=4):
            requests, error, reader = read(damaged)         # anything but an AofError fails
            self.assertLessEqual(sum(len(arg) for argv in requests for arg in argv), len(damaged))
            if error is None:
                self.assertEqual(reader.position, len(damaged))
            else:
                self.assertLessEqual(reader.position, error.offset + len(STAMP))
                again = read(damaged[:error.offset])
                self.assertEqual(again[0], requests)        # what is left after a cut there is in order
                self.assertIsNone(again[1])

    def test_flips_are_read_the_same_in_pieces_of_any_size(self):
        data = STAMP + b"".join(map(encode_request, sample(count=12)))
        for number, damaged in enumerate(flipped(data, 300, seed=5)):
            requests, error, _ = read(damaged)
            size = 1 + number % 100
            with mock.patch.multiple(aof_format, PIECE_MIN=size, PIECE_MAX=size):
                same, same_error, _ = read(damaged)
            self.assertEqual((same, str(same_error)), (requests, str(error)))


class CostTest(unittest.TestCase):
    """Nothing is believed before its bytes are there, and nothing is looked at again and again."""

    @unittest.skipIf(tracemalloc is None, "this Python does not tell what it has allocated")
    def test_forged_numbers_allocate_nothing(self):
        for data in (b"*2147483647\r\n", b"*2\r\n$1099511627776\r\n", b"*%d\r\n" % 10 ** 900, b"#" * 5000,
                     b"*" * 5000):
            tracemalloc.start()
            self.assertIsNotNone(read(data)[1])
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.assertLess(peak, 200_000)

    def test_megabytes_of_line_ends_take_linear_time(self):
        for data in (b"\n" * (4 << 20), encode_request([b"SET", b"a", b"\r\n" * (2 << 20)]), b"#\n" * (1 << 18),
                     b" " * (4 << 20)):
            started = time.process_time()
            read(data)
            self.assertLess(time.process_time() - started, 5)

    @unittest.skipIf(tracemalloc is None, "this Python does not tell what it has allocated")
    def test_a_mapped_file_is_read_in_pieces(self):
        data = SET * 60_000                                 # 1.6 MB
        with mmap.mmap(-1, len(data)) as mapped:
            mapped[:] = data
            tracemalloc.start()
            count = sum(len(batch) for _, batch in AofReader(mapped))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        self.assertEqual(count, 60_000)
        self.assertLess(peak, 1_000_000)


if __name__ == "__main__":
    unittest.main()
