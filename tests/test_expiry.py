"""Active expiry: keys that nobody touches go, in bounded slices."""
from redis_clone.expiry import expire_cycle
from tests.support import EngineTestCase


class ExpireCycleTest(EngineTestCase):
    def fill(self, count, ttl_ms):
        database = self.engine.keyspace.databases[0]
        for number in range(count):
            database.set(b"%d:%d" % (ttl_ms, number), b"v")
            database.expire_at(b"%d:%d" % (ttl_ms, number), database.now_ms + ttl_ms)
        return database

    def test_due_keys_go_and_others_stay(self):
        self.fill(30, 1000)
        database = self.fill(30, 60000)
        self.clock.advance(2)
        self.assertEqual(expire_cycle(self.engine), 30)
        self.assertEqual(len(database), 30)
        self.assertEqual(self.engine.keyspace.expired, 30)

    def test_many_due_keys_go_in_a_few_cycles(self):
        database = self.fill(5000, 1000)
        self.clock.advance(2)
        for _ in range(100):
            expire_cycle(self.engine)
        self.assertEqual(len(database), 0)

    def test_a_few_due_keys_among_many_are_found_in_time(self):
        self.fill(5000, 3600_000)
        database = self.fill(50, 1000)
        self.clock.advance(2)
        for _ in range(200):
            expire_cycle(self.engine)
        self.assertEqual(len(database), 5000)

    def test_all_databases_are_served(self):
        self.client.wire("SELECT", 5)
        self.client.wire("SET", "k", "v", "PX", 10)
        self.clock.advance(1)
        self.assertEqual(expire_cycle(self.engine), 1)

    def test_nothing_expires_during_a_pause(self):
        self.fill(10, 1000)
        self.clock.advance(2)
        self.engine.keyspace.may_expire = False
        self.assertEqual(expire_cycle(self.engine), 0)
