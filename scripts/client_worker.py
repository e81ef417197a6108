"""One of the clients that client_suite.py compares, in a process of its own.

    PYTHON client_worker.py redis_clone|redis|socket PORT|PATH

It says in a line who it is. Then it does what each line of its input asks for ("SET 5000": so many round trips;
"PIPELINE SET 1000 10": so many pipelines of so many commands) and answers with the seconds that it took, to the
end of its input. "socket" is no client: it sends ready-made round trips and does not look at the replies, which
is what no client can outdo. It imports nothing of the other scripts, because it runs with other interpreters, too.
"""
import os
import socket
import sys
import time

KEYS = [f"key:{number:06}" for number in range(1000)]
VALUE = "x" * 16


class BareSocket:
    """As little as can be: `set` and `get` with keys and values of known length."""

    def __init__(self, address):
        if address.isdigit():
            self._socket = socket.create_connection(("127.0.0.1", int(address)))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(address)
        self._get = b"*2\r\n$3\r\nGET\r\n$10\r\n%b\r\n" % KEYS[0].encode()
        self._set = b"*3\r\n$3\r\nSET\r\n$10\r\n%b\r\n$16\r\n%b\r\n" % (KEYS[0].encode(), VALUE.encode())

    def set(self, key, value):
        self._socket.sendall(self._set)
        self._socket.recv(65536)

    def get(self, key):
        self._socket.sendall(self._get)
        self._socket.recv(65536)


def client_of(library, address):
    """A client and its name for people."""
    where = {"port": int(address)} if address.isdigit() else {"unix_socket_path": address}
    if library == "socket":
        return BareSocket(address), "bare socket"
    if library == "redis_clone":
        sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        from redis_clone.client import Redis
        return Redis(**where), "redis_clone"
    import redis
    import redis.utils
    hiredis = " + hiredis" if redis.utils.HIREDIS_AVAILABLE else ""
    return redis.Redis(**where), f"redis-py {redis.__version__}{hiredis}"


def round_trips(client, command, count):
    """Execute a command so many times, each after the reply to the one before."""
    keys = (KEYS * (count // len(KEYS) + 1))[:count]
    began_s = time.perf_counter()
    if command == "SET":
        for key in keys:
            client.set(key, VALUE)
    else:
        for key in keys:
            client.get(key)
    return time.perf_counter() - began_s


def pipelines(client, command, size, count):
    """Execute so many pipelines of `size` commands, from the first command to the results."""
    began_s = time.perf_counter()
    for _ in range(count):
        pipeline = client.pipeline(transaction=False)
        if command == "SET":
            for key in KEYS[:size]:
                pipeline.set(key, VALUE)
        else:
            for key in KEYS[:size]:
                pipeline.get(key)
        pipeline.execute()
    return time.perf_counter() - began_s


def main(library, address):
    client, name = client_of(library, address)
    client.set(KEYS[0], VALUE)
    print(name, flush=True)
    for line in sys.stdin:
        first, *words = line.split()
        if first == "PIPELINE":
            seconds = pipelines(client, words[0], int(words[1]), int(words[2]))
        else:
            seconds = round_trips(client, first, int(words[0]))
        print(seconds, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
