"""Trying again: how often, after which pauses, and what may be sent a second time.

    Redis(retry=Retry(ExponentialBackoff(cap=1, base=0.01), retries=5))

Connecting may always be tried again, and so may a command that was surely not executed: it was not sent, or
the server refused it because it still loads its data. But if a connection breaks, or its timeout is over, after
a command was sent, nobody knows whether the server has executed it. Sent again, INCR may count twice, and SET may
undo what others have written since. So the default sends a command again in that case only if it just reads. With a
Retry of the caller's own, which is for those who know their commands, each is sent again (as with redis-py); so
it is if `retry_on_timeout` or `retry_on_error` name the error.

What is never tried again: what the server refused for good (a wrong password), commands while keys are watched,
and a pipeline of which any command may not be.
"""
import copy
import random
import time

from .errors import ConnectionError, ConnectionLost, RedisError, TimeoutError

__all__ = [
    "AbstractBackoff", "ConstantBackoff", "DecorrelatedJitterBackoff", "EqualJitterBackoff", "ExponentialBackoff",
    "ExponentialWithJitterBackoff", "FullJitterBackoff", "NoBackoff", "READING_COMMANDS", "Retry", "default_backoff",
    "default_retry",
]

DEFAULT_CAP_S, DEFAULT_BASE_S = 0.512, 0.008

# Commands that change nothing, neither in the data nor in their connection: those with the flag "readonly",
# and a few that are not about data.
READING_COMMANDS = frozenset(name for text in (
    "BITCOUNT", "BITFIELD_RO", "BITPOS", "CLUSTER INFO", "CLUSTER NODES", "CLUSTER SHARDS", "CLUSTER SLOTS", "COMMAND",
    "COMMAND COUNT", "COMMAND DOCS", "COMMAND INFO", "CONFIG GET", "DBSIZE", "DUMP", "ECHO", "EVALSHA_RO", "EVAL_RO",
    "EXISTS", "EXPIRETIME", "FCALL_RO", "GEODIST", "GEOHASH", "GEOPOS", "GEORADIUSBYMEMBER_RO", "GEORADIUS_RO",
    "GEOSEARCH", "GET", "GETBIT", "GETRANGE", "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "HRANDFIELD",
    "HSCAN", "HSTRLEN", "HVALS", "INFO", "KEYS", "LASTSAVE", "LCS", "LINDEX", "LLEN", "LOLWUT", "LPOS", "LRANGE",
    "MEMORY USAGE", "MGET", "OBJECT ENCODING", "OBJECT FREQ", "OBJECT IDLETIME", "OBJECT REFCOUNT", "PEXPIRETIME",
    "PFCOUNT", "PING", "PTTL", "PUBSUB CHANNELS", "PUBSUB NUMPAT", "PUBSUB NUMSUB", "PUBSUB SHARDCHANNELS",
    "PUBSUB SHARDNUMSUB", "RANDOMKEY", "ROLE", "SCAN", "SCARD", "SCRIPT EXISTS", "SDIFF", "SINTER", "SINTERCARD",
    "SISMEMBER", "SMEMBERS", "SMISMEMBER", "SORT_RO", "SRANDMEMBER", "SSCAN", "STRLEN", "SUBSTR", "SUNION", "TIME",
    "TOUCH", "TTL", "TYPE", "XINFO CONSUMERS", "XINFO GROUPS", "XINFO STREAM", "XLEN", "XPENDING", "XRANGE", "XREAD",
    "XREVRANGE", "ZCARD", "ZCOUNT", "ZDIFF", "ZINTER", "ZINTERCARD", "ZLEXCOUNT", "ZMSCORE", "ZRANDMEMBER", "ZRANGE",
    "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANK", "ZREVRANGE", "ZREVRANGEBYLEX", "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN",
    "ZSCORE", "ZUNION",
) for name in (text, text.lower()))


class AbstractBackoff:
    """How long to pause before the next attempt."""

    def reset(self):
        """A new operation begins."""

    def compute(self, failures):
        """Return the seconds to wait after so many failures (1 after the first)."""
        raise NotImplementedError

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), *vars(self).values()))


class ConstantBackoff(AbstractBackoff):
    """The same pause of `backoff` seconds each time."""

    def __init__(self, backoff):
        self._backoff = backoff

    def compute(self, failures):
        """Return the pause in seconds."""
        return self._backoff


class NoBackoff(ConstantBackoff):
    """No pause."""

    def __init__(self):
        super().__init__(0)


class ExponentialBackoff(AbstractBackoff):
    """Pauses that double from twice `base` seconds up to `cap`."""

    def __init__(self, cap=DEFAULT_CAP_S, base=DEFAULT_BASE_S):
        self._cap, self._base = cap, base

    def compute(self, failures):
        """Return the pause in seconds."""
        # A float would overflow after a thousand failures.
        return min(self._cap, self._base * 2 ** min(failures, 100))


class FullJitterBackoff(ExponentialBackoff):
    """Anything between nothing and the pause of ExponentialBackoff: clients that failed together part."""

    def compute(self, failures):
        """Return the pause in seconds."""
        return random.uniform(0, super().compute(failures))


class EqualJitterBackoff(ExponentialBackoff):
    """Half of the pause of ExponentialBackoff, and anything up to the other half."""

    def compute(self, failures):
        """Return the pause in seconds."""
        half = super().compute(failures) / 2
        return half + random.uniform(0, half)


class ExponentialWithJitterBackoff(ExponentialBackoff):
    """Anything up to a pause that doubles; only then is it limited to `cap`."""

    def compute(self, failures):
        """Return the pause in seconds."""
        return min(self._cap, random.random() * self._base * 2 ** min(failures, 100))


class DecorrelatedJitterBackoff(ExponentialBackoff):
    """Anything between `base` and three times the pause before, up to `cap`."""

    def __init__(self, cap=DEFAULT_CAP_S, base=DEFAULT_BASE_S):
        super().__init__(cap, base)
        self._previous = 0

    def reset(self):
        """A new operation begins."""
        self._previous = 0

    def compute(self, failures):
        """Return the pause in seconds."""
        self._previous = min(self._cap, random.uniform(self._base, max(self._base, self._previous * 3)))
        return self._previous


def default_backoff():
    """Return the backoff that suits most."""
    return EqualJitterBackoff()


class Retry:
    """Try up to `retries` times more (less than 0: for ever) after `supported_errors`, with the pauses of
    `backoff`. `resend_writes` False keeps commands that write from being sent twice, see above."""

    def __init__(self, backoff, retries, supported_errors=(ConnectionError, TimeoutError), resend_writes=True):
        self._backoff, self._retries = backoff, retries
        self._supported_errors = tuple(supported_errors)
        self._resend_writes = resend_writes
        self._always_resend_after = ()

    def __eq__(self, other):
        return isinstance(other, Retry) and vars(self) == vars(other)

    __hash__ = object.__hash__

    def get_retries(self):
        """Return how often is tried again."""
        return self._retries

    def update_retries(self, value):
        """Set how often is tried again."""
        self._retries = value

    def update_supported_errors(self, specified_errors):
        """Try again after these errors, too."""
        self._supported_errors += tuple(specified_errors)

    def with_errors(self, errors):
        """Return a copy that tries again, and sends again, after these errors, too."""
        other = copy.deepcopy(self)
        other.update_supported_errors(errors)
        other._always_resend_after = tuple(errors)
        return other

    def call_with_retry(self, do, fail, is_retryable=None):
        """Return `do()`. After each failure call `fail(error)` and perhaps try again: not if
        `is_retryable(error)` is false."""
        backoff = copy.copy(self._backoff)      # some have a memory, and threads share this object
        backoff.reset()
        failures = 0
        while True:
            try:
                return do()
            except self._supported_errors as error:
                if is_retryable is not None and not is_retryable(error):
                    raise
                failures += 1
                fail(error)
                if 0 <= self._retries < failures:
                    raise
                time.sleep(backoff.compute(failures))

    def connect(self, connection):
        """Open a connection, with as many attempts as there may be."""
        self.call_with_retry(connection.connect, lambda error: None, lambda error: not error.final)

    def recover(self, connection, error, attempt, only_reads):
        """Return `attempt()`, which has failed with `error`, on a connection that is opened again where need be.
        `only_reads`: it may be repeated even if the server has executed it."""
        backoff = copy.copy(self._backoff)
        backoff.reset()
        # That the connection was not there, or not any more, when it was needed is no failure yet.
        counts = error.maybe_executed or not isinstance(error, ConnectionLost)
        failures = 0
        while True:
            if counts:
                failures += 1
                if not self._may_repeat(error, only_reads) or 0 <= self._retries < failures:
                    # Only the last failure and its own cause are told, not the story of all attempts.
                    raise error from error.__cause__
                time.sleep(backoff.compute(failures))
            counts = True
            try:
                if not connection.connected:
                    connection.connect()
                return attempt()
            except RedisError as failure:
                error = failure

    def _may_repeat(self, error, only_reads):
        if error.final or not isinstance(error, self._supported_errors):
            return False
        return (not error.maybe_executed or only_reads or self._resend_writes
                or isinstance(error, self._always_resend_after))


def default_retry():
    """Return what clients do unless told otherwise: ten attempts more within some seconds, but no command that
    writes is sent twice, and nothing after a timeout, which is longer than anybody wants to wait as it is."""
    return Retry(ExponentialWithJitterBackoff(cap=1, base=0.01), 10, (ConnectionError,), resend_writes=False)

