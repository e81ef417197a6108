"""Lock: a lock that all clients of a server share, by a key that only its holder may delete.

    with redis.lock("jobs", timeout=30, blocking_timeout=5):
        ...

The key's value is a token that only the holder knows. Taking the lock is SET with NX; all else compares the token
and acts in one script, so that nobody touches a lock that has expired and belongs to somebody else by now.
It is good for one server: a failover may forget it.
"""
import logging
import threading
import time
import types
import uuid

from .errors import LockError, LockNotOwnedError
from .script import Script

__all__ = ["Lock"]

RELEASE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
# ARGV: token, milliseconds, "1" to count them from now instead of from the end of the lock.
EXTEND = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local left = redis.call('PTTL', KEYS[1])
local ttl = tonumber(ARGV[2])
if ARGV[3] ~= '1' and left > 0 then ttl = ttl + left end
return redis.call('PEXPIRE', KEYS[1], ttl)
"""

logger = logging.getLogger(__name__)


class Lock:
    """A lock with the key `name` on the server of the client `redis`.

    timeout: seconds after which it is free again even if nobody releases it; None for never.
    sleep: seconds between attempts. blocking: whether `acquire` waits for it, up to `blocking_timeout` seconds
    (None: for ever). thread_local: only the thread that acquired it can release it, not another one that shares this
    object. raise_on_release_error: whether leaving a `with` raises if the lock was lost meanwhile.
    """

    def __init__(self, redis, name, timeout=None, sleep=0.1, blocking=True, blocking_timeout=None, thread_local=True,
                 raise_on_release_error=True):
        self.redis = redis
        self.name = name
        self.timeout = timeout
        self.sleep = sleep
        self.blocking, self.blocking_timeout = blocking, blocking_timeout
        self.thread_local = bool(thread_local)
        self.raise_on_release_error = raise_on_release_error
        self.local = threading.local() if thread_local else types.SimpleNamespace()
        self._release, self._extend = Script(redis, RELEASE), Script(redis, EXTEND)

    def __enter__(self):
        if not self.acquire():
            raise LockError(f"the lock {self.name!r} was not to be had within the time specified", self.name)
        return self

    def __exit__(self, *exc_info):
        try:
            self.release()
        except LockError as error:
            if self.raise_on_release_error:
                raise
            logger.warning("%s", error)

    def acquire(self, sleep=None, blocking=None, blocking_timeout=None, token=None):
        """Take the lock; return True if that succeeded. The arguments replace those of the lock for this once;
        `token` (str or bytes) is the value of the key, by default a random one."""
        sleep = self.sleep if sleep is None else sleep
        blocking = self.blocking if blocking is None else blocking
        blocking_timeout = self.blocking_timeout if blocking_timeout is None else blocking_timeout
        token = uuid.uuid4().hex if token is None else token
        token = self._encode(token)
        deadline = None if blocking_timeout is None else time.monotonic() + blocking_timeout
        lifetime_ms = int(self.timeout * 1000) if self.timeout else None
        while not self.redis.set(self.name, token, nx=True, px=lifetime_ms):
            if not blocking or (deadline is not None and time.monotonic() + sleep > deadline):
                return False
            time.sleep(sleep)
        self.local.token = token
        return True

    def locked(self):
        """True if anybody has the lock."""
        return self.redis.get(self.name) is not None

    def owned(self):
        """True if it is this lock (with `thread_local`: this thread) that has it."""
        token = self._token()
        return token is not None and self._encode(self.redis.get(self.name)) == token

    def release(self):
        """Give the lock back. Raises LockError if it was not acquired, LockNotOwnedError if it has expired."""
        token = self._held_token("release")
        self.local.token = None
        self._run(self._release, "release", token)

    def extend(self, additional_time, replace_ttl=False):
        """Let the lock live so many seconds longer, or so many from now on if `replace_ttl`; return True. Raises
        LockError and LockNotOwnedError."""
        token = self._held_token("extend", "with no timeout")
        return self._run(self._extend, "extend", token, int(additional_time * 1000), "1" if replace_ttl else "0")

    def reacquire(self):
        """Let the lock live its whole `timeout` from now on; return True. Raises LockError and LockNotOwnedError."""
        token = self._held_token("reacquire", "with no timeout")
        return self._run(self._extend, "reacquire", token, int(self.timeout * 1000), "1")

    def _token(self):
        return getattr(self.local, "token", None)

    def _held_token(self, attempt, without_timeout=None):
        token = self._token()
        if token is None:
            raise LockError(f"cannot {attempt} the lock {self.name!r}, which was not acquired", self.name)
        if without_timeout and self.timeout is None:
            raise LockError(f"cannot {attempt} the lock {self.name!r} {without_timeout}", self.name)
        return token

    def _run(self, script, attempt, *args):
        if not script(keys=[self.name], args=args):
            raise LockNotOwnedError(f"cannot {attempt} the lock {self.name!r}, which is no longer owned", self.name)
        return True

    def _encode(self, text):
        return self.redis.connection_pool.settings.encode_text(text) if isinstance(text, str) else text
