"""The notifier: which events are published for which letters, and what it costs when nobody listens."""
import ast
import pathlib
import unittest
from types import SimpleNamespace

import redis_clone
from redis_clone.notify import CLASS_OF, Notifier
from tests.support import EngineTestCase

COMMANDS = pathlib.Path(redis_clone.__file__).parent / "commands"


class RecordingPubSub:
    """Has a subscriber for everything, and keeps what is published."""

    def __init__(self):
        self.channels = {}
        self.patterns = {b"*": {}}
        self.published = []

    def publish(self, channel, message):
        self.published.append((channel, message))


class NotifierTest(unittest.TestCase):
    def setUp(self):
        self.keyspace = SimpleNamespace(notify=None)
        self.pubsub = RecordingPubSub()
        self.notifier = Notifier(self.keyspace, self.pubsub)

    def published(self, classes, event, key=b"k", number=0):
        self.pubsub.published.clear()
        self.notifier.follow(frozenset(classes))
        if self.keyspace.notify is not None:
            self.keyspace.notify(SimpleNamespace(number=number), event, key)
        return self.pubsub.published

    def test_the_keyspace_is_left_alone_while_nothing_is_to_be_published(self):
        for classes in ("", "K", "KE", "g$lshzxetdmn", "Kd"):
            self.notifier.follow(frozenset(classes))
            self.assertIsNone(self.keyspace.notify, classes)
        self.notifier.follow(frozenset("Kg"))
        self.assertIsNotNone(self.keyspace.notify)
        self.notifier.follow(frozenset())
        self.assertIsNone(self.keyspace.notify)

    def test_publishes_by_key_and_by_event(self):
        by_key, by_event = (b"__keyspace@3__:k", b"set"), (b"__keyevent@3__:set", b"k")
        self.assertEqual(self.published("KE$", "set", number=3), [by_key, by_event])
        self.assertEqual(self.published("K$", "set", number=3), [by_key])
        self.assertEqual(self.published("E$", "set", number=3), [by_event])

    def test_publishes_only_the_classes_that_are_on(self):
        for event, letter in CLASS_OF.items():
            others = set(CLASS_OF.values()) - {letter}
            self.assertEqual(len(self.published("E" + letter, event)), 1, event)
            self.assertEqual(self.published(others | {"E"}, event), [], event)

    def test_a_change_without_a_name_is_not_published(self):
        self.assertEqual(self.published("KE" + "".join(set(CLASS_OF.values())), None), [])

    def test_without_subscribers_nothing_is_published(self):
        self.pubsub.patterns = {}
        self.assertEqual(self.published("KE$", "set"), [])
        self.pubsub.channels = {b"c": {}}
        self.assertEqual(len(self.published("KE$", "set")), 2)


class TableTest(unittest.TestCase):
    def test_knows_every_event_that_commands_tell_of(self):
        told = {(event, path.name) for path in COMMANDS.glob("*.py") for event in events_in(path)}
        self.assertGreater(len(told), 30)
        self.assertEqual({(event, name) for event, name in told if event not in CLASS_OF}, set())

    def test_has_a_class_for_each_letter_but_that_of_modules(self):
        self.assertEqual(set(CLASS_OF.values()), set("g$lshzxetmn"))


def events_in(path):
    """The events that a module of commands gives to `touch` or `store_string` in so many words."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = {"touch": 1, "store_string": 2}.get(node.func.attr)
            if place is not None and len(node.args) > place and not isinstance(node.args[place], ast.BinOp):
                yield from (word.value for word in ast.walk(node.args[place])
                            if isinstance(word, ast.Constant) and isinstance(word.value, str))


class DirectiveTest(EngineTestCase):
    config = {"notify-keyspace-events": "Kx"}

    def test_is_followed_from_the_start_and_when_it_changes(self):
        self.assertIsNotNone(self.engine.keyspace.notify)
        self.client.wire("CONFIG", "SET", "notify-keyspace-events", "")
        self.assertIsNone(self.engine.keyspace.notify)

    def test_letters_are_printed_in_redis_order(self):
        name = "notify-keyspace-events"
        for given, shown in (("nmEKdtexzhsl$g", "AKEm"), ("Eg$", "g$E"), ("mnxK", "xnKm"), ("AK", "AK"),
                             ("", "")):
            self.client.wire("CONFIG", "SET", name, given)
            self.assertEqual(self.execute("CONFIG", "GET", name), {name.encode(): shown.encode()})

    def test_unknown_letters_are_refused(self):
        self.assert_error("ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - "
                          "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.",
                          "CONFIG SET notify-keyspace-events KEq")


if __name__ == "__main__":
    unittest.main()
