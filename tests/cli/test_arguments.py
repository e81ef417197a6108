"""The options, and what is wrong with them."""
import unittest

from redis_clone.cli.arguments import (
    CSV, HELP, JSON, OPTIONS, RAW, STANDARD, VERSION, UsageError, parse_arguments, usage,
)


def parse(*words, **environment):
    return parse_arguments(words, environment)


class ParseArgumentsTest(unittest.TestCase):
    def refuse(self, text, *words):
        with self.assertRaises(UsageError) as caught:
            parse(*words)
        self.assertEqual(str(caught.exception), text)

    def test_defaults(self):
        options = parse()
        self.assertEqual((options.host, options.port, options.db, options.password), ("127.0.0.1", 6379, 0, None))
        self.assertEqual((options.repeat, options.interval_s, options.output, options.protocol), (1, 0, None, None))
        self.assertEqual((options.command, options.modes), ([], set()))

    def test_the_command_begins_at_the_first_word_that_is_no_option(self):
        options = parse("-p", "6380", "-n", "2", "GET", "-n", "\udcff")
        self.assertEqual((options.port, options.db, options.command), (6380, 2, [b"GET", b"-n", b"\xff"]))

    def test_h_is_the_host_or_help(self):
        self.assertEqual(parse("-h", "example.com").host, "example.com")
        self.assertEqual(parse("-h"), HELP)
        self.assertEqual(parse("-p", "1", "--help"), HELP)
        self.assertEqual(parse("--version"), VERSION)

    def test_output(self):
        self.assertEqual([parse(option).output for option in ("--raw", "--no-raw", "--csv", "--json")],
                         [RAW, STANDARD, CSV, JSON])
        self.assertEqual(parse("-d", "", "-D", ";").reply_delimiter, b";")

    def test_json_would_like_resp3(self):
        options = parse("--json")
        self.assertEqual((options.protocol, options.protocol_is_default), (3, True))
        options = parse("--json", "-3")
        self.assertEqual((options.protocol, options.protocol_is_default), (3, False))
        self.assertEqual(parse("-2", "--json").protocol, 2)

    def test_password(self):
        self.assertEqual(parse("-a", "one", REDISCLI_AUTH="two").password, b"one")
        self.assertEqual(parse("--user", "me", "--pass", "one").user, b"me")
        options = parse(REDISCLI_AUTH="two")
        self.assertEqual((options.password, options.password_is_from_environment), (b"two", True))

    def test_uri(self):
        options = parse("-u", "rediss://us%40er:p%3aw@example.com:7000/3")
        self.assertEqual((options.host, options.port, options.db, options.tls), ("example.com", 7000, 3, True))
        self.assertEqual((options.user, options.password), (b"us@er", b"p:w"))
        options = parse("-u", "redis://secret@[::1]")
        self.assertEqual((options.host, options.port, options.user, options.password), ("::1", 6379, None, b"secret"))
        self.assertEqual(parse("-u", "redis://:secret@/4").password, b"secret")
        self.assertEqual(parse("-h", "other", "-u", "redis://").host, "other")
        self.refuse("Invalid URI scheme", "-u", "http://example.com")
        self.refuse("Invalid server port.", "-u", "redis://example.com:x")

    def test_modes(self):
        options = parse("--scan", "--pattern", "a*", "--count", "7")
        self.assertEqual((options.modes, options.pattern, options.count), ({"--scan"}, b"a*", 7))
        self.assertEqual(parse("--memkeys-samples", "3").modes, {"--memkeys-samples"})
        self.assertEqual(parse("--slave").modes, {"--replica"})
        self.assertEqual(parse("--quoted-pattern", '"\\x00*"').pattern, b"\0*")
        self.refuse("Invalid quoted string specified for --quoted-pattern.", "--quoted-pattern", '"a')

    def test_unknown_options_and_missing_values(self):
        self.refuse("Unrecognized option or bad number of args for: '--nope'", "--nope")
        self.refuse("Unrecognized option or bad number of args for: '--user'", "--user")
        self.refuse("There is no cluster manager here: --cluster", "--cluster", "help")

    def test_impossible_values(self):
        self.refuse("Invalid server port.", "-p", "65536")
        self.refuse("Invalid server port.", "-p", "http")
        self.refuse("-r: not a number: 'often'", "-r", "often")
        self.refuse("-r: out of range: '-2'", "-r", "-2")
        self.refuse("-i: not a number: 'x'", "-i", "x")
        self.refuse("-i: out of range: 'nan'", "-i", "nan")
        self.refuse("-i: out of range: 'inf'", "-i", "inf")
        self.refuse("-n: out of range: '-1'", "-n", "-1")
        self.refuse("Unknown --show-pushes value 'maybe' (valid: '[y]es', '[n]o').", "--show-pushes", "maybe")

    def test_contradictions(self):
        self.refuse("Options -x and -X are mutually exclusive.", "-x", "-X", "tag")
        self.refuse("Options -2 and -3 are mutually exclusive.", "-2", "-3")
        self.refuse("Options -c and -s are mutually exclusive.", "-s", "/tmp/x", "-c")
        self.refuse("Option --functions-rdb and --rdb are mutually exclusive.", "--rdb", "a", "--functions-rdb", "b")

    def test_help_names_all_options_and_fits_a_terminal(self):
        text = usage()
        for group in OPTIONS.values():
            for option in group:
                self.assertIn(f"  {', '.join(option.names.split())}", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 120)


if __name__ == "__main__":
    unittest.main()
