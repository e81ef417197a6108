"""HyperLogLogs as strings of opcodes and as registers."""
import random
import unittest

from redis_clone.datatypes.hyperloglog import EMPTY, CorruptedError, HyperLogLog, is_valid_header
from redis_clone.datatypes.hyperloglog_registers import (REGISTERS, bytes_of, estimate, greater, lanes_of,
                                                         locate, pack, unpack)
from redis_clone.datatypes.limits import EncodingLimits


def some_registers(seed, most=63):
    generator = random.Random(seed)
    return bytes(generator.randrange(most + 1) for _ in range(REGISTERS))


class RegistersTest(unittest.TestCase):
    def test_packing_and_back(self):
        registers = some_registers(1)
        dense = pack(lanes_of(registers))
        self.assertEqual(len(dense), 12288)
        as_number = int.from_bytes(dense, "little")
        for register in (0, 1, 2, 3, 4, 5, 1000, REGISTERS - 1):
            self.assertEqual(as_number >> 6 * register & 63, registers[register])
        self.assertEqual(bytes_of(unpack(dense)), registers)

    def test_the_greater_of_each(self):
        one, other = some_registers(1), some_registers(2)
        merged = bytes_of(greater(lanes_of(one), lanes_of(other)))
        self.assertEqual(merged, bytes(map(max, one, other)))
        self.assertEqual(greater(0, lanes_of(one)), lanes_of(one))
        self.assertEqual(greater(lanes_of(one), 0), lanes_of(one))

    def test_estimates(self):
        self.assertEqual(estimate(0), 0)
        self.assertEqual(estimate(lanes_of(b"\1" + bytes(REGISTERS - 1))), 1)
        self.assertEqual(estimate(lanes_of(b"\x3f" * REGISTERS)), -1 << 63)

    def test_ranks_that_need_many_bits(self):
        # found by trying numbers: their hashes have many zeros where the rank is counted
        highest = max(locate(b"%d" % number)[1] for number in range(20000))
        self.assertGreater(highest, 9)
        for number in range(20000):
            register, rank = locate(b"%d" % number)
            self.assertTrue(0 <= register < REGISTERS and 1 <= rank <= 51)


class SparseTest(unittest.TestCase):
    def setUp(self):
        self.limits = EncodingLimits()
        self.limits.hll_sparse_max_bytes = 100_000
        self.random = random.Random(3)

    def fill(self, count, most=3):
        """A sparse HyperLogLog with random registers raised, and those registers."""
        value, registers = HyperLogLog(EMPTY), bytearray(REGISTERS)
        for _ in range(count):
            register, rank = self.random.randrange(REGISTERS), self.random.randrange(1, most + 1)
            changed = value.raise_register(register, rank, self.limits)
            self.assertEqual(changed, rank > registers[register])
            registers[register] = max(registers[register], rank)
        return value, registers

    def test_keeps_every_register_while_marks_move(self):
        value, registers = self.fill(8000)
        self.assertFalse(value.is_dense)
        self.assertEqual(bytes_of(value.registers()), registers)
        self.assertGreater(len(value.marks), 10)

    def test_marks_point_at_opcodes_and_know_their_registers(self):
        for count in (50, 500, 3000):
            value, _ = self.fill(count, most=2)
            true_marks, first, offset = set(), 0, 16
            for opcode, run in value.opcodes():
                true_marks.add(first << 32 | offset)
                first += run
                offset += 2 if 64 <= opcode < 128 else 1
            self.assertLessEqual(set(value.marks), true_marks)
            self.assertEqual(sorted(set(value.marks)), list(value.marks))

    def test_few_different_values_are_joined_to_runs(self):
        value = HyperLogLog(EMPTY)
        for register in (5, 3, 4, 6, 7):
            value.raise_register(register, 2, self.limits)
        self.assertEqual([run for _, run in value.opcodes()], [3, 4, 1, REGISTERS - 8])

    def test_writing_all_registers_at_once_gives_the_bytes_of_one_by_one(self):
        for count, most in ((1, 1), (100, 32), (3000, 2), (12000, 1), (12000, 3)):
            _, registers = self.fill(count, most)
            lanes = lanes_of(registers)
            at_once, one_by_one = HyperLogLog(EMPTY), HyperLogLog(EMPTY)
            at_once.raise_all(lanes, self.limits)
            for register, rank in enumerate(registers):
                if rank:
                    one_by_one.raise_register(register, rank, self.limits)
            self.assertEqual(at_once, one_by_one)
            self.assertEqual(at_once.registers(), lanes)

    def test_a_rank_above_32_makes_it_dense(self):
        value, registers = self.fill(100)
        self.assertTrue(value.raise_register(77, 33, self.limits))
        registers[77] = 33
        self.assertTrue(value.is_dense)
        self.assertEqual(bytes_of(value.registers()), registers)

    def test_dense_and_sparse_agree(self):
        value, dense = HyperLogLog(EMPTY), HyperLogLog(EMPTY)
        dense.make_dense()
        self.assertFalse(dense.make_dense())
        for number in range(5000):
            register, rank = locate(b"%d" % number)
            self.assertEqual(value.raise_register(register, rank, self.limits),
                             dense.raise_register(register, rank, self.limits))
        value.make_dense()
        self.assertEqual(value, dense)

    def test_a_copy_is_independent(self):
        value, registers = self.fill(500)
        copy = value.duplicate()
        copy.raise_register(0, 30, self.limits)
        self.assertEqual(bytes_of(value.registers()), registers)


class CorruptedTest(unittest.TestCase):
    def test_opcodes_that_do_not_add_up(self):
        for opcodes in (b"", b"\x7f\xfe", b"\x7f\xff\x00", b"\x7f\xff\x80", b"\x3f" * 255, b"\x7f"):
            value = HyperLogLog(EMPTY[:16] + opcodes)
            with self.assertRaises(CorruptedError):
                value.registers()

    def test_a_register_that_is_not_there(self):
        limits = EncodingLimits()
        for opcodes in (b"", b"\x3f" * 200, b"\x3f" * 64, b"\x80" * 63 + b"\x40", b"\x80" * 64 + b"\x7f"):
            value = HyperLogLog(EMPTY[:16] + opcodes)
            with self.assertRaises(CorruptedError):
                value.raise_register(REGISTERS - 1, 1, limits)

    def test_headers(self):
        self.assertTrue(is_valid_header(EMPTY))
        self.assertTrue(is_valid_header(bytearray(EMPTY[:16])))
        self.assertTrue(is_valid_header(b"HYLL\0" + bytes(12299)))
        for text in (b"", EMPTY[:15], b"HYLL\0" + bytes(12298), b"HYLL\2" + bytes(20), b"hyll\1" + bytes(20)):
            self.assertFalse(is_valid_header(text))


if __name__ == "__main__":
    unittest.main()
