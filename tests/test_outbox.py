"""Tests of what others send to a client, and of who notices that a client has gone."""
import select
import socket
import threading
import unittest
from unittest import mock

from redis_clone import outbox
from redis_clone.clock import FakeClock
from redis_clone.outbox import Outbox, SocketWatcher

from .support import receive


class FakeSocket:
    """Takes `room` bytes in all, at most `step` in one send; `failed` makes it break."""

    def __init__(self, room=0, step=1 << 30):
        self.room = room
        self.step = step
        self.sent = []
        self.failed = self.shut_down = False

    def fileno(self):
        return 5

    def send(self, data, flags):
        if self.failed:
            raise ConnectionResetError
        taken = min(len(data), self.room, self.step)
        if not taken:
            raise BlockingIOError
        self.room -= taken
        self.sent.append(bytes(data[:taken]))
        return taken

    def shutdown(self, how):
        self.shut_down = True


class FakeWatcher:
    """Remembers which descriptors it was asked to watch."""

    def __init__(self):
        self.writers = set()

    def add_writer(self, descriptor, box):
        assert descriptor not in self.writers
        self.writers.add(descriptor)

    def remove_writer(self, descriptor):
        self.writers.remove(descriptor)


@unittest.skipUnless(outbox._DONT_WAIT, "this platform cannot send without waiting: the watcher sends all")
class OutboxTest(unittest.TestCase):
    """One outbox with a socket and a watcher that do what they are told."""

    def setUp(self):
        self.socket = FakeSocket()
        self.watcher = FakeWatcher()
        self.limits = (0, 0, 0)
        self.dropped = []
        self.clock = FakeClock()
        self.outbox = Outbox(self.socket, self.watcher, lambda: self.limits, self.dropped.append,
                             self.clock.monotonic)

    def sent(self):
        return b"".join(self.socket.sent)

    def test_sends_at_once_what_the_socket_takes(self):
        self.socket.room = 5
        self.outbox.put(b"hello")
        self.assertEqual((self.sent(), self.outbox.size, self.watcher.writers), (b"hello", 0, set()))

    def test_leaves_the_rest_to_the_watcher(self):
        self.socket.room = 3
        self.outbox.put(b"hello")
        self.assertEqual((self.sent(), self.outbox.size, self.watcher.writers), (b"hel", 2, {5}))

    def test_does_not_overtake_what_is_pending(self):
        self.outbox.put(b"one,")
        self.socket.room = 100
        self.outbox.put(b"two")
        self.assertEqual(self.sent(), b"")
        self.outbox.flush()
        self.assertEqual(self.sent(), b"one,two")

    def test_goes_on_in_the_middle_of_a_message(self):
        for piece in (b"hello ", b"wor", b"ld"):
            self.outbox.put(piece)
        for room in (1, 7, 2):
            self.socket.room = room
            self.outbox.flush()
        self.assertEqual((self.sent(), self.outbox.size), (b"hello worl", 1))

    def test_stops_watching_once_all_is_sent(self):
        self.outbox.put(b"hello")
        self.socket.room = 5
        self.outbox.flush()
        self.assertEqual((self.watcher.writers, self.outbox.size), (set(), 0))

    def test_watches_again_after_it_was_drained(self):
        for _ in range(2):
            self.outbox.put(b"hello")
            self.assertEqual(self.watcher.writers, {5})
            self.socket.room = 5
            self.outbox.flush()

    def test_joins_small_messages_into_one_send(self):
        for number in range(100):
            self.outbox.put(b"message %d;" % number)
        self.socket.room = 1 << 20
        self.outbox.flush()
        self.assertEqual(self.socket.sent, [b"".join(b"message %d;" % number for number in range(100))])

    def test_lets_others_have_their_turn_while_a_quick_reader_gets_much(self):
        for _ in range(16):
            self.outbox.put(b"x" * (1 << 16))
        self.socket.room = 1 << 21
        self.outbox.flush()
        self.assertEqual(len(self.sent()), 1 << 18)
        self.assertEqual(self.watcher.writers, {5})

    def test_a_large_value_in_small_pieces_costs_linear_time(self):
        self.outbox.put(bytes(64 << 20))        # copying the rest each time would move 500 GB
        self.socket.room, self.socket.step = 1 << 30, 4096
        while self.outbox.size:
            self.outbox.flush()
        self.assertEqual(sum(map(len, self.socket.sent)), 64 << 20)

    def test_ignores_empty_messages(self):
        self.outbox.put(b"")
        self.assertEqual((self.socket.sent, len(self.outbox)), ([], 0))

    def test_a_closed_outbox_swallows_everything(self):
        self.outbox.put(b"hello")
        self.outbox.close()
        self.socket.room = 100
        self.outbox.put(b"more")
        self.outbox.flush()
        self.assertEqual((self.sent(), self.outbox.size, self.watcher.writers), (b"", 0, set()))

    def test_may_be_closed_twice(self):
        self.outbox.close()
        self.outbox.close()

    def test_breaks_when_the_socket_does(self):
        self.outbox.put(b"hello")
        self.socket.failed = True
        self.outbox.flush()
        self.assertTrue(self.outbox.broken)
        self.assertEqual((self.outbox.size, self.watcher.writers, self.dropped), (0, set(), []))

    def test_breaks_at_the_first_put_when_the_socket_has_gone(self):
        self.socket.failed = True
        self.outbox.put(b"hello")
        self.assertTrue(self.outbox.broken)

    def test_nobody_waits_for_a_broken_outbox(self):
        self.outbox.put(b"hello")
        waiting = threading.Thread(target=self.outbox.wait_until_drained)
        waiting.start()
        self.outbox.close()
        waiting.join(5)
        self.assertFalse(waiting.is_alive())

    def test_waits_until_the_last_byte_is_sent(self):
        self.outbox.put(b"hello")
        waiting = threading.Thread(target=self.outbox.wait_until_drained)
        waiting.start()
        self.socket.room = 4
        self.outbox.flush()
        self.assertTrue(waiting.is_alive())
        self.socket.room = 1
        self.outbox.flush()
        waiting.join(5)
        self.assertFalse(waiting.is_alive())

    def test_what_is_put_for_later_waits_for_a_flush(self):
        self.socket.room = 100
        self.outbox.put(b"hello", later=True)
        self.outbox.put(b", world", later=True)
        self.assertEqual((self.socket.sent, self.watcher.writers), ([], set()))
        self.outbox.flush()
        self.assertEqual((self.socket.sent, self.outbox.size), ([b"hello, world"], 0))

    def test_what_is_put_in_between_does_not_overtake_it(self):
        self.outbox.put(b"hello", later=True)
        self.socket.room = 100
        self.outbox.put(b", world")
        self.assertEqual((self.socket.sent, self.watcher.writers), ([], {5}))
        self.outbox.flush()
        self.assertEqual((self.sent(), self.watcher.writers), (b"hello, world", set()))

    def test_what_the_socket_does_not_take_later_is_left_to_the_watcher(self):
        self.outbox.put(b"hello", later=True)
        self.outbox.flush()
        self.assertEqual(self.watcher.writers, {5})

    def test_closed_before_it_was_flushed(self):
        self.outbox.put(b"hello", later=True)
        self.outbox.close()
        self.socket.room = 100
        self.outbox.flush()
        self.assertEqual((self.socket.sent, self.watcher.writers), ([], set()))

    # limits

    def test_hangs_up_at_the_hard_limit(self):
        self.limits = (10, 0, 0)
        self.outbox.put(b"123456789")
        self.assertEqual(self.dropped, [])
        self.outbox.put(b"0")
        self.assertEqual(self.dropped, [10])
        self.assertTrue(self.socket.shut_down)
        self.assertEqual((self.outbox.size, self.watcher.writers), (0, set()))

    def test_is_dropped_only_once(self):
        self.limits = (1, 0, 0)
        self.outbox.put(b"hello")
        self.outbox.put(b"hello")
        self.outbox.check_limits()
        self.assertEqual(self.dropped, [5])

    def test_what_the_socket_takes_does_not_count(self):
        self.limits = (10, 0, 0)
        self.socket.room = 100
        self.outbox.put(b"x" * 50)
        self.assertEqual(self.dropped, [])

    def test_hangs_up_after_too_long_over_the_soft_limit(self):
        self.limits = (0, 3, 60)
        self.outbox.put(b"hello")
        self.clock.advance(60)
        self.outbox.check_limits()
        self.assertEqual(self.dropped, [])
        self.clock.advance(1)
        self.outbox.check_limits()
        self.assertEqual(self.dropped, [5])

    def test_below_the_soft_limit_the_time_starts_anew(self):
        self.limits = (0, 3, 60)
        self.outbox.put(b"hello")
        self.clock.advance(50)
        self.socket.room = 4
        self.outbox.flush()
        self.outbox.check_limits()
        self.outbox.put(b"hello")
        self.clock.advance(50)
        self.outbox.check_limits()
        self.assertEqual(self.dropped, [])

    def test_limits_may_change_at_any_time(self):
        self.outbox.put(b"hello")
        self.limits = (5, 0, 0)
        self.outbox.check_limits()              # the watcher does so each second
        self.assertEqual(self.dropped, [5])

    def test_small_amounts_cost_no_look_at_the_limits(self):
        self.limits = (1000, 100, 1)
        self.outbox.put(b"hello")
        self.outbox._limits = self.fail
        self.outbox.put(b"hello")


class SocketWatcherTest(unittest.TestCase):
    """The watcher's thread with real sockets."""

    def setUp(self):
        self.watcher = self.make_watcher()
        self.watcher.start()
        self.addCleanup(self.watcher.stop)
        self.called = threading.Semaphore(0)

    def make_watcher(self):
        return SocketWatcher()

    def pair(self):
        ours, theirs = socket.socketpair()
        for one in (ours, theirs):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            one.settimeout(10)
            self.addCleanup(one.close)
        ours.settimeout(None)
        return ours, theirs

    def outbox(self, sock, limits=(0, 0, 0), on_overflow=None, **options):
        box = Outbox(sock, self.watcher, lambda: limits, on_overflow, **options)
        self.addCleanup(box.close)
        return box

    def test_sends_while_the_peer_reads(self):
        ours, theirs = self.pair()
        box = self.outbox(ours)
        data = b"".join(b"%08d" % number for number in range(1 << 17))
        box.put(data)
        self.assertEqual(receive(theirs, len(data)), data)
        box.wait_until_drained()

    def test_loses_and_swaps_nothing_while_puts_go_on(self):
        ours, theirs = self.pair()
        box = self.outbox(ours)
        messages = [b"%d " % number * (number % 50) for number in range(5000)]

        def publish():
            for number, message in enumerate(messages):
                box.put(message, later=number % 3 == 0)
                if number % 3 == 0:
                    box.flush()

        publisher = threading.Thread(target=publish)
        publisher.start()
        self.assertEqual(receive(theirs, sum(map(len, messages))), b"".join(messages))
        publisher.join()
        box.wait_until_drained()
        self.assertEqual((box.size, len(box)), (0, 0))

    def test_a_client_that_does_not_read_keeps_no_other_waiting(self):
        boxes = []
        for _ in range(3):
            ours, theirs = self.pair()
            boxes.append((self.outbox(ours), theirs))
            boxes[-1][0].put(b"x" * (1 << 20))
        box, reader = boxes[1]
        self.assertEqual(len(receive(reader, 1 << 20)), 1 << 20)
        box.wait_until_drained()
        self.assertTrue(boxes[0][0].size and boxes[2][0].size)

    def test_a_vanished_reader_breaks_its_outbox(self):
        ours, theirs = self.pair()
        box = self.outbox(ours)
        box.put(b"x" * (1 << 20))
        theirs.close()
        box.wait_until_drained()
        self.assertTrue(box.broken)

    def test_a_closed_outbox_leaves_nothing_behind_for_the_next_owner_of_its_descriptor(self):
        for _ in range(20):
            ours, theirs = self.pair()
            box = self.outbox(ours)
            box.put(b"x" * (1 << 18))
            threading.Thread(target=theirs.close).start()       # the watcher may just be about to flush
            box.close()
            ours.close()
            self.assertEqual(self.watcher._writers, {})

    def test_checks_limits_although_nobody_puts(self):
        clock = FakeClock()
        with mock.patch.object(outbox, "_CHECK_S", 0.005):
            ours, theirs = self.pair()
            self.outbox(ours, (0, 10, 60), lambda size: self.called.release(), monotonic=clock.monotonic).put(
                b"x" * (1 << 20))
            clock.advance(61)
            self.assertTrue(self.called.acquire(timeout=5))
        receive(theirs, 1)
        self.assertEqual(ours.recv(1), b"")     # shut down: its own thread wakes

    def test_calls_back_when_a_blocked_client_hangs_up(self):
        ours, theirs = self.pair()
        self.watcher.watch_hang_up(ours, self.called.release)
        theirs.close()
        self.assertTrue(self.called.acquire(timeout=5))

    def test_calls_back_for_one_that_had_hung_up_before(self):
        ours, theirs = self.pair()
        theirs.close()
        self.watcher.watch_hang_up(ours, self.called.release)
        self.assertTrue(self.called.acquire(timeout=5))

    def test_calls_back_once_only(self):
        ours, theirs = self.pair()
        self.watcher.watch_hang_up(ours, self.called.release)
        theirs.close()
        self.called.acquire(timeout=5)
        self.assert_nothing_is_called()

    def test_does_not_call_back_for_one_that_is_forgotten(self):
        ours, theirs = self.pair()
        self.watcher.watch_hang_up(ours, self.called.release)
        self.watcher.forget(ours)
        theirs.close()
        self.assert_nothing_is_called()

    def test_requests_that_wait_unread_are_no_hang_up(self):
        ours, theirs = self.pair()
        self.watcher.watch_hang_up(ours, self.called.release)
        theirs.send(b"PING\r\n")
        self.assert_nothing_is_called()

    @unittest.skipUnless(hasattr(select, "epoll"), "elsewhere unread data hides a hang-up")
    def test_a_hang_up_behind_unread_requests_is_seen(self):
        ours, theirs = self.pair()
        self.watcher.watch_hang_up(ours, self.called.release)
        theirs.send(b"PING\r\n")
        theirs.close()
        self.assertTrue(self.called.acquire(timeout=5))

    def test_watches_one_socket_for_both(self):
        ours, theirs = self.pair()
        box = self.outbox(ours)
        box.put(b"x" * (1 << 18))
        self.watcher.watch_hang_up(ours, self.called.release)
        receive(theirs, 1 << 18)
        box.wait_until_drained()
        theirs.close()
        self.assertTrue(self.called.acquire(timeout=5))

    def test_may_be_told_of_sockets_after_it_stopped(self):
        ours, theirs = self.pair()
        watcher = self.make_watcher()
        watcher.start()
        watcher.watch_hang_up(ours, self.called.release)
        watcher.stop()
        watcher.forget(ours)

    def assert_nothing_is_called(self):
        """Whatever was to happen has happened once another client's hang-up has been noticed."""
        ours, theirs = self.pair()
        noticed = threading.Event()
        self.watcher.watch_hang_up(ours, noticed.set)
        theirs.close()
        self.assertTrue(noticed.wait(5))
        self.assertFalse(self.called.acquire(blocking=False))


class SocketWatcherWithoutEpollTest(SocketWatcherTest):
    """The same where there is no epoll."""

    def make_watcher(self):
        return SocketWatcher(use_epoll=False)


@unittest.skipUnless(hasattr(select, "epoll"), "needs epoll")
class StaleEventTest(unittest.TestCase):
    """An event may be about a descriptor that has become another client's meanwhile."""

    def test_does_not_hang_up_on_the_new_owner(self):
        watcher = SocketWatcher()
        watcher.open()
        self.addCleanup(watcher.stop)
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        watcher.watch_hang_up(ours, self.fail)
        with mock.patch.object(watcher, "_epoll") as epoll:
            epoll.poll.return_value = [(ours.fileno(), outbox._HUNG_UP)]
            self.assertEqual(watcher._wait_with_epoll(), ([], []))


if __name__ == "__main__":
    unittest.main()
