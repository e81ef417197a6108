"""The load behind benchmark.py: many clients that send pipelines of one command and time the answers.

The idea: one loop over all clients of a process with non-blocking sockets. Requests are encoded before the
start; only the random numbers in them are made anew each time. Each client (load_client.py) sends its
pipeline in one piece, counts complete replies as they come, and sends the next as soon as the last one is in.
The latency of a request is the time from sending its pipeline to reading the last of its replies, this loop's
own delay included: with hundreds of clients on few cores, that is the larger part, as in any load generator.
(redis-benchmark's is the time to the first reply of the pipeline.)

One process loads one core; load_processes.py splits a load among several. Latencies are 8 bytes a pipeline.
It prints nothing and raises LoadFailed for whatever made the measurement worthless: a lost connection, an
error reply, a server that has gone silent.
"""
import random
import selectors
import time
from array import array
from bisect import bisect_right
from typing import NamedTuple

from load_client import LoadClient, LoadFailed      # which makes the package known, too
from targets import Target
from redis_clone.client import ClientError
from redis_clone.reply_parser import ProtocolError

__all__ = ["BUSY", "Load", "LoadFailed", "RANDOM", "Requests", "Result", "run"]

# Stands for a random number of 12 digits in a request, and is as long.
RANDOM = b"__rand_int__"
REPORT_EVERY_S = 0.1
# A server that answers none of the clients for this long does not answer any more.
SILENCE_S = 30
# The generator counts as the limit if it had to wait for the server in less than the rest of the time.
BUSY = 0.95


class Load(NamedTuple):
    """What one process is to do. It travels to another process, so it is plain data."""

    target: Target
    request: bytes          # one encoded command; RANDOM in it is a random number below keyspace
    requests: int
    clients: int = 50
    pipeline: int = 1
    keyspace: int = 0       # 0: always number 0
    seed: int = 0
    keep_alive: bool = True     # False: a connection for each pipeline

    def split(self, processes):
        """Return the loads for that many processes, equal but for the remainders."""
        return [self._replace(
            requests=_share(self.requests, processes, index), clients=_share(self.clients, processes, index),
            seed=self.seed + index) for index in range(processes)]


class Result(NamedTuple):
    """What came out. `busy_share` is the part of the time in which the busiest process of the generator was
    not waiting for the server; it includes waiting for a core, which its CPU time would not show."""

    requests: int
    elapsed_s: float
    busy_share: float
    latencies_s: array      # sorted, one for each pipeline
    processes: int = 1

    @property
    def per_second(self):
        return self.requests / self.elapsed_s

    @property
    def generator_was_limit(self):
        return self.busy_share >= BUSY

    @property
    def average_s(self):
        return sum(self.latencies_s) / len(self.latencies_s)

    def percentile_s(self, percent):
        """The latency that `percent` of the requests did not exceed (nearest rank)."""
        # In whole numbers: 99.9 / 100 * 1000 is a little more than 999.
        rank = -(-round(1000 * percent) * len(self.latencies_s) // 100000)
        return self.latencies_s[max(rank, 1) - 1]

    def count_within(self, latency_s):
        """How many of the requests took no longer than that."""
        share = bisect_right(self.latencies_s, latency_s) / len(self.latencies_s)
        return round(self.requests * share)


class Requests:
    """Makes pipelines of one request, each with random numbers of its own."""

    def __init__(self, request, keyspace, seed):
        self._numbers = range(max(keyspace, 1))
        self._numbers_per_request = request.count(RANDOM) if keyspace > 1 else 0
        if self._numbers_per_request:
            self._template = request.replace(b"%", b"%%").replace(RANDOM, b"%012d")
        else:
            self._template = request.replace(RANDOM, b"%012d" % 0)
        self._choices = random.Random(seed).choices
        self._templates = {}                # count -> template of a pipeline

    def pipeline(self, count):
        """Return `count` requests."""
        template = self._templates.get(count)
        if template is None:
            template = self._templates[count] = self._template * count
        if not self._numbers_per_request:
            return template
        return template % tuple(self._choices(self._numbers, k=count * self._numbers_per_request))


# -- one process ---------------------------------------------------------------------------------------

def run(load, on_progress=None, before_start=None):
    """Put `load` on the server and return the Result. `on_progress` is called with the number of requests
    done several times a second, `before_start` once when all clients are connected."""
    clients = []
    try:
        _connect(load, clients)
        if before_start is not None:
            before_start()
        return _Loop(load, clients, on_progress).run()
    except ClientError as error:
        raise LoadFailed(str(error)) from error
    except ProtocolError as error:
        raise LoadFailed(f"the server answered with {error}") from error
    except OSError as error:
        raise LoadFailed(f"the server closed a connection ({error.strerror or error})") from error
    finally:
        for client in clients:
            client.close()


def _connect(load, clients):
    # A client that would have nothing to send is not needed.
    for _ in range(min(load.clients, load.requests)):
        clients.append(LoadClient(load.target))


class _Loop:
    """The loop over the clients of one process."""

    def __init__(self, load, clients, on_progress):
        self._load = load
        self._clients = clients
        self._on_progress = on_progress
        self._make_pipeline = Requests(load.request, load.keyspace, load.seed).pipeline
        self._selector = selectors.DefaultSelector()
        self._unassigned = load.requests    # requests that no client has sent yet
        self._expected = b""                # what answered the first whole pipeline
        self._latencies_s = array("d")

    def run(self):
        with self._selector:
            for client in self._clients:
                self._selector.register(client.socket, selectors.EVENT_READ, client)
            start_s = time.perf_counter()
            if not self._load.target.tracking:      # pushes make all replies differ
                self._clients[0].recorded = []
            for client in self._clients:
                self._send_next(client)
            waited_s = self._serve(start_s + REPORT_EVERY_S)
            elapsed_s = time.perf_counter() - start_s
        latencies_s = array("d", sorted(self._latencies_s))
        return Result(self._load.requests, elapsed_s, 1 - waited_s / elapsed_s, latencies_s)

    def _serve(self, report_at_s):
        """Serve whoever is ready until all requests are answered; return how long nobody was."""
        select, add_latency = self._selector.select, self._latencies_s.append
        done, total, waited_s = 0, self._load.requests, 0.0
        while done < total:
            ready = select(0)
            if not ready:
                wait_from_s = time.perf_counter()
                ready = select(SILENCE_S)
                waited_s += time.perf_counter() - wait_from_s
                if not ready:
                    raise LoadFailed(f"the server has not answered anyone for {SILENCE_S} s")
            for key, events in ready:
                client = key.data
                if events & selectors.EVENT_WRITE:
                    self._send_rest(client)
                if events & selectors.EVENT_READ and client.receive():
                    now_s = time.perf_counter()
                    add_latency(now_s - client.sent_at_s)
                    done += client.size
                    if client.recorded is not None:
                        self._expected, client.recorded = b"".join(client.recorded), None
                    self._go_on(client)
                    if now_s >= report_at_s and self._on_progress is not None:
                        self._on_progress(done)
                        report_at_s = now_s + REPORT_EVERY_S
        return waited_s

    def _go_on(self, client):
        if self._load.keep_alive or not self._unassigned:
            return self._send_next(client)
        began_s = time.perf_counter()
        self._selector.unregister(client.socket)
        client.close()
        client.open()
        self._selector.register(client.socket, selectors.EVENT_READ, client)
        self._send_next(client)
        client.sent_at_s = began_s          # connecting is part of the request

    def _send_next(self, client):
        size = min(self._load.pipeline, self._unassigned)
        if not size:
            # Done; it must not look like a client whose server has closed.
            self._selector.unregister(client.socket)
            return
        self._unassigned -= size
        expected = self._expected if size == self._load.pipeline else b""
        if not client.send(self._make_pipeline(size), size, expected):
            self._selector.modify(client.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, client)

    def _send_rest(self, client):
        if client.send_rest():
            self._selector.modify(client.socket, selectors.EVENT_READ, client)


def _share(total, parts, index):
    return total // parts + (index < total % parts)
