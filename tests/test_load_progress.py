"""How a load shares the engine's lock: how long its turns last, and when others are let in."""
import io
import unittest

from redis_clone.clock import FakeClock
from redis_clone.engine import Engine
from redis_clone.load_progress import Loading
from redis_clone.log import Log

from .support import EngineClient, test_config


class TurnTest(unittest.TestCase):
    def setUp(self):
        self.clock = FakeClock()
        self.engine = Engine(test_config({}), Log(stream=io.StringIO()), self.clock)

    def pauses(self, milliseconds, alone=False):
        """So many pauses there are in that time, while keys are loaded millisecond by millisecond."""
        pauses = []
        with Loading(self.engine, alone, on_pause=lambda: pauses.append(None)) as loading:
            for position in range(milliseconds):
                self.clock.advance(0.001)
                loading.advance(position, 1)
        return len(pauses)

    def test_the_first_client_that_connects_waits_for_a_fortieth_of_a_second_at_most(self):
        self.assertEqual(self.pauses(24), 0)
        self.assertEqual(self.pauses(26), 1)
        self.assertIn(self.pauses(1000), range(36, 41))

    def test_clients_that_are_connected_wait_for_a_hundredth_of_a_second(self):
        EngineClient(self.engine)
        self.assertIn(self.pauses(1000), range(85, 101))

    def test_there_are_no_pauses_while_the_lock_is_held_throughout(self):
        EngineClient(self.engine)
        self.assertEqual(self.pauses(1000, alone=True), 0)


if __name__ == "__main__":
    unittest.main()
