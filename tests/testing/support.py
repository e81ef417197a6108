"""A server for tests of servers for tests, and clients that may wait."""
import threading
import unittest

from redis_clone.client import Client
from redis_clone.client.errors import ClientError
from redis_clone.testing import TestServer


class ServerCase(unittest.TestCase):
    """A TestServer for the class, reset before each test."""

    config = {}

    @classmethod
    def setUpClass(cls):
        cls.server = TestServer(cls.config)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.server.reset(self.config)
        self.redis = self.connect()

    def connect(self, **options):
        client = Client(host=self.server.host, port=self.server.port, **options)
        self.addCleanup(client.close)
        return client

    def execute(self, line):
        return self.redis.execute(*line.split())

    def in_background(self, line):
        """A command in a thread with a client of its own; a function that waits for the reply, or its exception."""
        client, outcome = self.connect(), []

        def run():
            try:
                outcome.append(client.execute(*line.split()))
            except ClientError as error:
                outcome.append(error)

        thread = threading.Thread(target=run)
        thread.start()

        def join():
            thread.join(10)
            self.assertTrue(outcome, f"{line} has not come back")
            return outcome[0]

        self.addCleanup(thread.join, 10)
        return join
