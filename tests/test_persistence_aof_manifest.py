import unittest

from redis_clone.persistence.aof_manifest import (
    AofFile, Manifest, ManifestError, manifest_name, temporary_manifest_name,
)
from tests.damage import flipped, truncated

EXAMPLE = (b"file a.aof.2.base.rdb seq 2 type b\n"
           b"file a.aof.1.incr.aof seq 1 type h\n"
           b"file a.aof.4.incr.aof seq 4 type i\n"
           b"file a.aof.5.incr.aof seq 5 type i\n")
LINE = b"file a seq 1 type i\n"


def names(files):
    return [file.name for file in files]


class ParseTest(unittest.TestCase):
    def check(self, text, *files):
        """The manifest spells these increments: (name, sequence)."""
        self.assertEqual(Manifest.parse(text).increments, [AofFile(name, seq, "i") for name, seq in files])

    def test_sorts_files_by_kind(self):
        manifest = Manifest.parse(EXAMPLE)
        self.assertEqual(manifest.base, AofFile("a.aof.2.base.rdb", 2, "b"))
        self.assertEqual(manifest.history, [AofFile("a.aof.1.incr.aof", 1, "h")])
        self.assertEqual(manifest.increments,
                         [AofFile("a.aof.4.incr.aof", 4, "i"), AofFile("a.aof.5.incr.aof", 5, "i")])
        self.assertEqual(names(manifest.files()), ["a.aof.2.base.rdb", "a.aof.4.incr.aof", "a.aof.5.incr.aof"])

    def test_comments_are_skipped_wherever_they_are(self):
        self.check(b"# one\n" + LINE + b"#two\n#", ("a", 1))

    def test_comments_alone_are_a_manifest_of_nothing(self):
        manifest = Manifest.parse(b"#\n")
        self.assertEqual((manifest.base, manifest.files()), (None, []))

    def test_a_line_may_have_spaces_around_it_and_any_line_end(self):
        self.check(b" \tfile a seq 1 type i \t\r\n", ("a", 1))

    def test_keys_come_in_any_order_and_case_and_unknown_ones_are_passed_over(self):
        self.check(b"TYPE i Seq 1 startoffset 10 FILE a\n", ("a", 1))

    def test_the_last_of_two_equal_keys_counts(self):
        self.check(b"file b seq 2 type b file a seq 1 type i\n", ("a", 1))

    def test_names_may_be_quoted(self):
        self.check(b'file "a \\"b\\"\\xc3\\xa9" seq 1 type i\n', ('a "b"\u00e9', 1))
        self.check(b"file 'a b' seq 1 type i\n", ("a b", 1))

    def test_only_the_first_letter_of_a_type_counts(self):
        self.check(b"file a seq 1 type increment\n", ("a", 1))

    def test_numbers_are_read_as_c_reads_them(self):
        self.check(b"file a seq +1x type i\nfile b seq ' 02' type i\nfile c seq 99999999999999999999 type i\n",
                   ("a", 1), ("b", 2), ("c", (1 << 63) - 1))

    def test_a_zero_byte_ends_a_name(self):
        self.check(b'file "a\\x00b" seq 1 type i\n', ("a", 1))

    def test_a_base_may_have_a_negative_number(self):
        self.assertEqual(Manifest.parse(b"file a seq -5 type b\n").base, AofFile("a", -5, "b"))

    def test_lines_may_have_1024_bytes(self):
        self.check(LINE[:-1].ljust(1023) + b"\n", ("a", 1))

    def test_a_comment_is_over_after_1024_bytes(self):
        self.check(b"#".ljust(1024) + LINE, ("a", 1))

    def test_names_that_are_no_text_survive(self):
        self.assertEqual(Manifest.parse(b"file \xff seq 1 type b\n").format(), b'file "\\xff" seq 1 type b\n')


class ParseErrorTest(unittest.TestCase):
    """All of this was tried with a real server."""

    def check(self, reason, text, line_number, line):
        with self.assertRaises(ManifestError) as caught:
            Manifest.parse(text)
        error = caught.exception
        self.assertEqual((error.reason, error.line_number, error.line), (reason, line_number, line))
        self.assertIn(reason, str(error))

    def check_format(self, line):
        self.check("Invalid AOF manifest file format", b"# x\n" + line + b"\n", 2, line.strip(b" \t\r\n"))

    def test_an_empty_file(self):
        self.check("Found an empty AOF manifest", b"", 0, None)

    def test_an_empty_line(self):
        self.check_format(b"")
        self.check_format(b" \t")

    def test_too_few_words_and_half_a_pair(self):
        self.check_format(b"file a seq 1")
        self.check_format(b"file a seq 1 type i foo")

    def test_quotes_that_stay_open(self):
        self.check_format(b'file "a seq 1 type i')

    def test_a_key_that_is_missing(self):
        self.check_format(b"file a seq 1 foo i")
        self.check_format(b"foo a seq 1 type i")
        self.check_format(b"file a foo 1 type i")

    def test_values_that_say_nothing(self):
        self.check_format(b"file a seq 0 type i")
        self.check_format(b"file a seq x type i")
        self.check_format(b'file a seq "" type i')
        self.check_format(b'file a seq 1 type ""')

    def test_lines_that_are_too_long_or_do_not_end(self):
        reason = "The AOF manifest file contains too long line"
        self.check(reason, LINE[:-1].ljust(1024) + b"\n", 1, None)
        self.check(reason, LINE + LINE[:-1], 2, None)
        self.check(reason, b"file a seq 1 type i \0 x\n", 1, None)

    def test_names_with_paths(self):
        for name in (b"a/b", b"a\\b", b'"a\\\\b"', b"../a"):
            line = b"file %b seq 1 type i" % name
            self.check("File can't be a path, just a filename", line + b"\n", 1, line)

    def test_two_bases(self):
        line = b"file a seq 1 type b"
        self.check("Found duplicate base file information", line + b"\n" + line + b"\n", 2, line)

    def test_increments_that_do_not_increase(self):
        reason = "Found a non-monotonic sequence number"
        self.check(reason, LINE + LINE, 2, LINE[:-1])
        self.check(reason, b"file b seq 2 type i\n" + LINE, 2, LINE[:-1])
        self.check(reason, b"file a seq -1 type i\n", 1, b"file a seq -1 type i")

    def test_an_unknown_kind(self):
        self.check("Unknown AOF file type", b"file a seq 1 type x\n", 1, b"file a seq 1 type x")

    def test_damage_is_refused_or_read(self):
        for text in [*truncated(EXAMPLE), *flipped(EXAMPLE, 5000, seed=1)]:
            try:
                manifest = Manifest.parse(text)
            except ManifestError:
                continue
            self.assertEqual(Manifest.parse(b"#\n" + manifest.format()).files(), manifest.files())


class FormatTest(unittest.TestCase):
    def test_what_was_read_is_written(self):
        self.assertEqual(Manifest.parse(EXAMPLE).format(), EXAMPLE)

    def test_the_base_comes_first_then_history_then_increments(self):
        shuffled = b"".join(sorted(EXAMPLE.splitlines(True), reverse=True))
        shuffled = shuffled.replace(b"seq 5", b"seq 3").replace(b"5.incr", b"3.incr")
        self.assertEqual([line[-2:-1] for line in Manifest.parse(shuffled).format().splitlines(True)],
                         [b"b", b"h", b"i", b"i"])

    def test_unusual_names_are_quoted(self):
        for name, quoted in (("a b", b'"a b.1.incr.aof"'), ('a"b', b'"a\\"b.1.incr.aof"'),
                             ("a#b", b"a#b.1.incr.aof"), ("\u00e9", b'"\\xc3\\xa9.1.incr.aof"'),
                             ("a\x7f\n", b'"a\\x7f\\n.1.incr.aof"'),
                             # Redis writes this one as it is, and then cannot read it
                             ("a'b", b'"a\'b.1.incr.aof"')):
            manifest = Manifest()
            file = manifest.new_increment(name)
            text = manifest.format()
            self.assertEqual(text, b"file " + quoted + b" seq 1 type i\n")
            self.assertEqual(Manifest.parse(text).increments, [file])

    def test_an_empty_name_is_quoted(self):
        text = b'file "" seq 1 type i\n'
        self.assertEqual(Manifest.parse(text).format(), text)


class ChangeTest(unittest.TestCase):
    def test_names_are_those_of_redis(self):
        manifest = Manifest()
        self.assertEqual(manifest.new_base("x.aof", rdb=True), AofFile("x.aof.1.base.rdb", 1, "b"))
        self.assertEqual(manifest.new_base("x.aof", rdb=False), AofFile("x.aof.2.base.aof", 2, "b"))
        self.assertEqual(manifest.new_increment("x.aof"), AofFile("x.aof.1.incr.aof", 1, "i"))
        self.assertEqual((manifest_name("x.aof"), temporary_manifest_name("x.aof")),
                         ("x.aof.manifest", "temp-x.aof.manifest"))

    def test_numbers_go_on_from_those_read(self):
        manifest = Manifest.parse(EXAMPLE)
        self.assertEqual(manifest.new_increment("a.aof").sequence, 6)
        self.assertEqual(manifest.new_base("a.aof", rdb=True).sequence, 3)

    def test_the_old_base_becomes_history(self):
        manifest = Manifest.parse(EXAMPLE)
        manifest.new_base("a.aof", rdb=True)
        self.assertEqual(manifest.history,
                         [AofFile("a.aof.2.base.rdb", 2, "h"), AofFile("a.aof.1.incr.aof", 1, "h")])

    def test_a_rewrite_retires_all_increments_but_those_written_since(self):
        manifest = Manifest.parse(EXAMPLE)
        manifest.new_increment("a.aof")
        manifest.new_base("a.aof", rdb=True)
        manifest.retire_increments(keep=1)
        self.assertEqual(manifest.format(), b"file a.aof.3.base.rdb seq 3 type b\n"
                                            b"file a.aof.4.incr.aof seq 4 type h\n"
                                            b"file a.aof.5.incr.aof seq 5 type h\n"
                                            b"file a.aof.2.base.rdb seq 2 type h\n"
                                            b"file a.aof.1.incr.aof seq 1 type h\n"
                                            b"file a.aof.6.incr.aof seq 6 type i\n")

    def test_none_are_retired_when_no_more_are_there_than_stay(self):
        manifest = Manifest.parse(LINE)
        manifest.retire_increments(keep=2)
        self.assertEqual(manifest.format(), LINE)
        manifest.retire_increments()
        self.assertEqual(manifest.format(), LINE.replace(b"type i", b"type h"))

    def test_history_is_forgotten(self):
        manifest = Manifest.parse(EXAMPLE)
        self.assertEqual(names(manifest.forget_history()), ["a.aof.1.incr.aof"])
        self.assertEqual(manifest.history, [])

    def test_a_duplicate_is_independent(self):
        manifest = Manifest.parse(EXAMPLE)
        other = manifest.duplicate()
        self.assertEqual(other.format(), EXAMPLE)
        other.new_base("a.aof", rdb=False)
        other.retire_increments()
        other.new_increment("a.aof")
        other.forget_history()
        self.assertEqual(manifest.format(), EXAMPLE)
        self.assertEqual(manifest.new_increment("a.aof").sequence, 6)

    def test_an_old_single_file_becomes_the_base(self):
        manifest = Manifest.of_single_file("appendonly.aof")
        self.assertEqual(manifest.format(), b"file appendonly.aof seq 1 type b\n")
        self.assertEqual(manifest.new_base("appendonly.aof", rdb=True).sequence, 2)


class AofFileTest(unittest.TestCase):
    def test_shows_what_it_is(self):
        self.assertEqual(repr(AofFile("a", 1, "b")), "AofFile('a', 1, 'b')")

    def test_differs_from_what_differs(self):
        file = AofFile("a", 1, "b")
        for other in (AofFile("x", 1, "b"), AofFile("a", 2, "b"), AofFile("a", 1, "i"), ("a", 1, "b")):
            self.assertNotEqual(file, other)


if __name__ == "__main__":
    unittest.main()
