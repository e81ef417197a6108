"""For tests of keyspace events: which ones a command causes, in what order, and what changes it counts."""
from tests.support import EngineTestCase


class EventTestCase(EngineTestCase):
    """An engine whose keyspace events are recorded as "event key"."""

    def setUp(self):
        super().setUp()
        self.events = []
        self.engine.keyspace.notify = self.record
        self.addCleanup(setattr, self.engine.keyspace, "notify", None)

    def record(self, database, event, key):
        """Stands in for what would publish the event; those that say nothing of the command are left out."""
        if event not in ("new", "keymiss"):
            self.events.append(f"{event} {key.decode()}")

    def check_events(self, events, changes, command):
        """`command` must cause just these `events`, and add `changes` to the count of changes."""
        self.events.clear()
        before = self.engine.keyspace.dirty
        self.client.wire(command)
        self.assertEqual(self.events, events, command)
        self.assertEqual(self.engine.keyspace.dirty - before, changes, command)
