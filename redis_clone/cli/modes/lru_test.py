"""--lru-test: the server as a cache, with a line a second on how many GETs find their key.

As many SETs as GETs, of keys that follow the 80-20 rule: a fifth of them gets four fifths of the requests. What
the hits come to depends on maxmemory and its policy.
"""
import random
import string
import time

from ...client import ClientError, ReplyError
from .asking import ModeFailed, ask_many

__all__ = ["run"]

CYCLE_S = 1
PIPELINE = 250
EXPONENT = 6.2                  # of the power law, so that it is 80-20


def run(connection, options, out, clock=time):
    """Print lines until interrupted."""
    while True:
        hits = misses = 0
        began_s = clock.monotonic()
        while clock.monotonic() - began_s < CYCLE_S:
            try:
                ask_many(connection, [("SET", _key(options), _value()) for _ in range(PIPELINE)])
                replies = ask_many(connection, [("GET", _key(options)) for _ in range(PIPELINE)])
            except ClientError as error:
                raise ModeFailed(f"I/O error during LRU test: {error}") from None
            for reply in replies:
                if isinstance(reply, ReplyError):
                    out.print(str(reply))
                elif reply is None:
                    misses += 1
                else:
                    hits += 1
        gets = hits + misses
        percent = 100 / (gets or 1)
        out.print(f"{gets} Gets/sec | Hits: {hits} ({hits * percent:.2f}%) | "
                  f"Misses: {misses} ({misses * percent:.2f}%)")
        out.flush()


def _key(options):
    """A key whose number is the more likely the lower it is."""
    keys = options.lru_test_keys
    number = ((keys + 1) ** (EXPONENT + 1) * random.random()) ** (1 / (EXPONENT + 1))
    return f"lru:{max(1, keys - int(number))}"


def _value():
    return "".join(random.choices(string.ascii_letters, k=5))
