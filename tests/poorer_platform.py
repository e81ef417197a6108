"""Run by test_platforms.py: what a platform may lack is taken away, then everything that people touch is used.

Python itself is told before it imports anything: its own modules then take their ways for such platforms, too.
"""
import os
import select
import signal
import sys

import _socket

MISSING_MODULES = ("readline", "termios", "tty", "pty", "fcntl", "resource", "pwd", "grp", "ssl", "_ssl", "syslog")
MISSING_NAMES = {
    _socket: ("AF_UNIX", "socketpair", "MSG_DONTWAIT", "MSG_WAITALL", "SO_REUSEPORT", "TCP_KEEPIDLE", "TCP_KEEPINTVL"),
    os: ("fork", "register_at_fork", "sched_setaffinity", "sched_getaffinity", "sched_setscheduler", "nice", "getuid",
         "geteuid", "posix_fadvise", "pidfd_open", "set_blocking"),
    select: ("poll", "epoll", "kqueue"),
    signal: ("SIGHUP", "SIGUSR1", "SIGALRM", "pthread_sigmask"),
}
for name in MISSING_MODULES:
    sys.modules[name] = None
for module, names in MISSING_NAMES.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)

import io                                                               # noqa: E402
import threading                                                        # noqa: E402
import time                                                             # noqa: E402

import redis_clone as redis                                             # noqa: E402
from redis_clone.cli.__main__ import main as run_command_line           # noqa: E402
from redis_clone.testing import TestServer                              # noqa: E402


def use_client(client):
    client.flushall()
    assert client.set("key", "value", px=100000)
    assert client.get("key") == b"value"
    assert client.pipeline().incr("n").incr("n").execute() == [1, 2]
    assert client.pipeline(transaction=False).set("big", b"x" * 300000).get("big").execute()[1] == b"x" * 300000
    assert client.register_script("return ARGV[1]")(args=["x"]) == b"x"
    with client.lock("lock", timeout=5):
        assert client.exists("lock")
    with client.pubsub() as pubsub:
        pubsub.subscribe("news")
        assert pubsub.get_message(timeout=5)["type"] == "subscribe"
        client.publish("news", "x")
        assert pubsub.get_message(timeout=5)["data"] == b"x"
    assert client.blpop(["nothing"], timeout=0.05) is None
    waiting = threading.Thread(target=client.blpop, args=("list",))
    waiting.start()
    while not client.info("clients")["blocked_clients"]:
        time.sleep(0.001)
    client.rpush("list", "x")
    waiting.join(10)
    assert not waiting.is_alive()


def use_command_line(port, *words):
    """What it prints."""
    out = io.BytesIO()
    out.isatty = lambda: False
    status = run_command_line(["-p", str(port), *words], io.BytesIO(), out, io.BytesIO(), {})
    assert status == 0, (words, status, out.getvalue())
    return out.getvalue()


def use_all():
    before = threading.active_count()
    with redis.Server(port=0) as server:
        for options in ({}, {"protocol": 3, "socket_timeout": 10}):
            with redis.Redis(port=server.port, **options) as client:
                use_client(client)
        assert use_command_line(server.port, "GET", "key") == b"value\n"
        assert b"Biggest string found" in use_command_line(server.port, "--bigkeys")
    with redis.connect() as client:
        use_client(client)
    with TestServer() as server:
        client = server.client()
        client.set("key", "value", ex=10)
        server.fast_forward(10)
        assert client.get("key") is None
        client.close()
    assert threading.active_count() == before, threading.enumerate()
    for options, error in (({"unix_socket_path": "/tmp/x"}, redis.ConnectionError), ({"ssl": True}, Exception)):
        try:
            redis.Redis(**options).ping()
        except error as refusal:
            print(refusal)
        else:
            raise AssertionError(f"{options} worked")


if __name__ == "__main__":
    use_all()
    print("all of it works")
