"""The longest common subsequence, held against the textbook's table."""
import random
import unittest

from redis_clone.lcs import lcs_length, lcs_runs


def table_of(first, second):
    """L[i][j]: the length for the first i bytes of one and the first j of the other."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, byte in enumerate(first, 1):
        for j, other in enumerate(second, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if byte == other else max(table[i - 1][j], table[i][j - 1])
    return table


def runs_of(first, second):
    """The runs found by Redis' walk through that table, one match at a time."""
    table, i, j, pairs = table_of(first, second), len(first), len(second), []
    while i and j:
        if first[i - 1] == second[j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif table[i - 1][j] > table[i][j - 1]:
            i -= 1
        else:
            j -= 1
    runs = []
    for i, j in pairs:
        if runs and runs[-1][:2] == (i + 1, j + 1):
            runs[-1] = (i, j, runs[-1][2] + 1)
        else:
            runs.append((i, j, 1))
    return runs


class LcsTest(unittest.TestCase):
    def test_agrees_with_the_table(self):
        rng = random.Random(7)
        for _ in range(300):
            first = bytes(rng.choice(b"abcd") for _ in range(rng.randrange(25)))
            second = bytes(rng.choice(b"abcde") for _ in range(rng.randrange(25)))
            self.assertEqual(lcs_length(first, second), table_of(first, second)[-1][-1], (first, second))
            self.assertEqual(lcs_runs(first, second), runs_of(first, second), (first, second))

    def test_empty_texts(self):
        for first, second in ((b"", b""), (b"a", b""), (b"", b"a")):
            self.assertEqual(lcs_length(first, second), 0)
            self.assertEqual(lcs_runs(first, second), [])

    def test_a_very_long_text_beside_a_short_one_costs_little(self):
        long_text = b"ab" * 200_000
        self.assertEqual(lcs_runs(b"bb", long_text), [(1, 399_999, 1), (0, 399_997, 1)])
        self.assertEqual(lcs_runs(long_text, b"c"), [])
        self.assertEqual(lcs_length(long_text, b"cac"), 1)


if __name__ == "__main__":
    unittest.main()
