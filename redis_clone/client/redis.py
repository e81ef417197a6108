"""Redis: the client for applications, with a method for every command.

    redis = Redis("localhost", 6379, decode_responses=True)
    redis.set("key", "value", ex=60)                    # True
    redis.get("key")                                    # "value"

Names, arguments and results are those of redis-py, so that `from redis_clone import Redis` serves code that was
written for it. Any number of threads may use one object, and forked children, too: each command takes a
connection from a pool and gives it back. What belongs to one connection (WATCH and MULTI, subscriptions,
MONITOR) has objects of its own: `pipeline`, `pubsub`, `monitor`.

The way of a command: its method (in `commands/`) puts the words in order; `execute_command` takes a connection,
which sends them and reads the reply; the reply becomes the result by a function of the table REPLIES.
"""
import time
from functools import partial

from .commands import REPLIES, UNDECODED, Commands
from .decoding import encode_status, encode_statuses
from .errors import DataError, RedisError, WatchError
from .lock import Lock
from .monitor import Monitor
from .pipeline import Pipeline
from .pool import ConnectionPool, SingleConnection
from .pubsub import PubSub
from .retry import READING_COMMANDS
from .script import Script
from .settings import DEFAULT

__all__ = ["Redis", "StrictRedis", "from_url"]

# The functions that make results of replies, by the names of commands however they are written.
RESULTS = {**{name.lower(): convert for name, convert in REPLIES.items()}, **REPLIES}
# The same where texts stay bytes: what scripts and transactions reply may have status lines within.
RESULTS_OF_BYTES = {**RESULTS, **{name: encode_statuses for text in (
    "EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO", "EXEC", "FCALL", "FCALL_RO") for name in (text, text.lower())}}


class Redis(Commands):
    """A client of one server.

    host, port, unix_socket_path: where it is; or `server`, a Server in this process, which is then called without
        sockets.
    db: the number of the database. username, password: for AUTH. client_name: for CLIENT LIST.
    socket_timeout: the longest wait in seconds for the server to go on; None for ever. A blocking command needs a
        longer one than its own. socket_connect_timeout: the same while connecting.
    socket_keepalive, socket_keepalive_options: TCP's, {socket.TCP_KEEPIDLE: seconds, ...}.
    decode_responses: results are str instead of bytes. encoding, encoding_errors: how, and how str is sent.
    retry: a Retry; None for never. The default opens a lost connection again, but sends no command twice that may
        have changed something. retry_on_error (a list of exceptions), retry_on_timeout: after these everything is
        sent again.
    ssl: TLS, with ssl_keyfile, ssl_certfile, ssl_password (the client's own certificate), ssl_ca_certs,
        ssl_ca_path, ssl_ca_data (whom to trust, by default whom the system does), ssl_cert_reqs ("required",
        "optional", "none"), ssl_check_hostname, ssl_min_version (an ssl.TLSVersion), ssl_ciphers.
    max_connections: more raise MaxConnectionsError. single_connection_client: one connection, for which threads
        wait.
    connection_pool: a ConnectionPool; all that is said about the connection is then ignored.
    health_check_interval: seconds of rest after which the server must answer a PING first; 0 for never.
    protocol: 2 or 3. push_handler: is called with what the server sends on its own account (RESP3), a list.
    lib_name, lib_version: for CLIENT SETINFO; None for none.
    """

    def __init__(self, host="localhost", port=6379, db=0, password=None, socket_timeout=None,
                 socket_connect_timeout=None, socket_keepalive=None, socket_keepalive_options=None,
                 connection_pool=None, unix_socket_path=None, encoding="utf-8", encoding_errors="strict",
                 decode_responses=False, retry_on_timeout=False, retry=DEFAULT, retry_on_error=None, ssl=False,
                 ssl_keyfile=None, ssl_certfile=None, ssl_cert_reqs="required", ssl_ca_certs=None, ssl_ca_path=None,
                 ssl_ca_data=None, ssl_check_hostname=True, ssl_password=None, ssl_min_version=None,
                 ssl_ciphers=None, max_connections=None, single_connection_client=False, health_check_interval=0,
                 client_name=None, lib_name=DEFAULT, lib_version=DEFAULT, username=None, protocol=2,
                 push_handler=None, server=None):
        self._owns_pool = connection_pool is None
        if connection_pool is None:
            connection_pool = ConnectionPool(
                host=host, port=port, db=db, password=password, socket_timeout=socket_timeout,
                socket_connect_timeout=socket_connect_timeout, socket_keepalive=socket_keepalive,
                socket_keepalive_options=socket_keepalive_options, unix_socket_path=unix_socket_path,
                encoding=encoding, encoding_errors=encoding_errors, decode_responses=decode_responses,
                retry_on_timeout=retry_on_timeout, retry=retry, retry_on_error=retry_on_error, ssl=ssl,
                ssl_keyfile=ssl_keyfile, ssl_certfile=ssl_certfile, ssl_cert_reqs=ssl_cert_reqs,
                ssl_ca_certs=ssl_ca_certs, ssl_ca_path=ssl_ca_path, ssl_ca_data=ssl_ca_data,
                ssl_check_hostname=ssl_check_hostname, ssl_password=ssl_password, ssl_min_version=ssl_min_version,
                ssl_ciphers=ssl_ciphers, max_connections=max_connections,
                health_check_interval=health_check_interval, client_name=client_name, lib_name=lib_name,
                lib_version=lib_version, username=username, protocol=protocol, push_handler=push_handler,
                server=server)
        self.connection_pool = connection_pool
        self._pool = SingleConnection(connection_pool) if single_connection_client else connection_pool
        self._decode = connection_pool.settings.decode
        self._retry = connection_pool.settings.retry
        self._results = RESULTS if self._decode is not None else RESULTS_OF_BYTES

    @classmethod
    def from_url(cls, url, single_connection_client=False, **options):
        """Return a client for a URL: redis://user:password@host:port/db?option=value, rediss:// for TLS, or
        unix:///path?db=0. What the URL says wins over `options`."""
        pool = ConnectionPool.from_url(url, **options)
        client = cls(connection_pool=pool, single_connection_client=single_connection_client)
        client._owns_pool = True
        return client

    @classmethod
    def from_pool(cls, connection_pool):
        """Return a client that owns a pool: it closes it when it is closed itself."""
        client = cls(connection_pool=connection_pool)
        client._owns_pool = True
        return client

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        return f"<{type(self).__name__} of {self.connection_pool.settings.address}>"

    # -- commands ----------------------------------------------------------------------------------------

    def execute_command(self, *args, convert=None):
        """Execute a command, given word by word (a subcommand in one string with its command: "CONFIG GET"), and
        return its result: `convert(reply)`, or what the command's method would return.

        Raises the ResponseError that belongs to an error reply; ConnectionError and TimeoutError, see `retry` for
        what is tried before that; DataError for an argument of a type that Redis does not have.
        """
        pool = self._pool
        try:
            connection = pool.free.pop()
        except IndexError:
            connection = pool.take()
        try:
            reply = connection.execute_command(args)
        except DataError:
            raise
        except RedisError as error:
            reply = self._retry.recover(
                connection, error, partial(connection.execute_command, args), args[0] in READING_COMMANDS)
        finally:
            pool.free.append(connection)
            if pool.waiting:
                pool.wake()
        if convert is None:
            convert = self._results.get(args[0])
        if self._decode is not None:
            if args[0] not in UNDECODED:
                reply = self._decode(reply)
        elif convert is None and type(reply) is str:
            return encode_status(reply)     # text as bytes, like all other text
        return reply if convert is None else convert(reply)

    def set_response_callback(self, command, callback):
        """Make the results of a command, a name in capitals, with `callback(reply)` from now on."""
        self._results = {**self._results, command: callback, command.lower(): callback}

    # -- more than one command ---------------------------------------------------------------------------

    def pipeline(self, transaction=True, shard_hint=None):
        """Return a Pipeline: many commands in one round trip, between MULTI and EXEC unless `transaction` is False.
        (`shard_hint` is of no use; older code passes it.)"""
        return Pipeline(self.connection_pool, self._results, transaction)

    def transaction(self, func, *watches, shard_hint=None, value_from_callable=False, watch_delay=None):
        """Call `func(pipeline)` with the keys `watches` being watched, then execute what it has queued, and all of
        that again as often as one of the keys was changed meanwhile, after `watch_delay` seconds.

        Returns the results of the commands, or what `func` returned if `value_from_callable`.
        """
        with self.pipeline() as pipeline:
            while True:
                try:
                    if watches:
                        pipeline.watch(*watches)
                    value = func(pipeline)
                    results = pipeline.execute()
                    return value if value_from_callable else results
                except WatchError:
                    if watch_delay:
                        time.sleep(watch_delay)

    def lock(self, name, timeout=None, sleep=0.1, blocking=True, blocking_timeout=None, lock_class=None,
             thread_local=True, raise_on_release_error=True):
        """Return a Lock with the key `name`, shared by all clients of the server. For the arguments see there."""
        return (lock_class or Lock)(
            self, name, timeout=timeout, sleep=sleep, blocking=blocking, blocking_timeout=blocking_timeout,
            thread_local=thread_local, raise_on_release_error=raise_on_release_error)

    def register_script(self, script):
        """Return a Script that is called like a function; its text is sent only once."""
        return Script(self, script)

    def pubsub(self, shard_hint=None, ignore_subscribe_messages=False, push_handler_func=None):
        """Return a PubSub, which subscribes to channels and receives what is published there."""
        return PubSub(self.connection_pool, shard_hint, ignore_subscribe_messages, push_handler_func)

    def monitor(self):
        """Return a Monitor, which shows all commands that the server executes."""
        return Monitor(self.connection_pool)

    def client(self):
        """Return a client with one connection of the same pool for itself."""
        return type(self)(connection_pool=self.connection_pool, single_connection_client=True)

    # -- settings ----------------------------------------------------------------------------------------

    def get_connection_kwargs(self):
        """Return the options that the connections are made of, a dict."""
        return self.connection_pool.connection_kwargs

    def get_retry(self):
        """Return the Retry in force."""
        return self._retry

    def set_retry(self, retry):
        """Try again as `retry` says from now on."""
        self._retry = self.connection_pool.settings.retry = retry

    def close(self):
        """Close the connections (those of a `connection_pool` that was passed stay open). The next command would
        open one again."""
        if self._pool is not self.connection_pool:
            self._pool.close()
        if self._owns_pool:
            self.connection_pool.close()


StrictRedis = Redis
from_url = Redis.from_url
