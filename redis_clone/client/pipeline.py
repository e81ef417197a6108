"""Pipeline: many commands in one round trip, as a transaction or not.

    with redis.pipeline() as pipe:
        pipe.set("key", 1).incr("key")
        pipe.execute()                                  # [True, 2]

The methods of commands are those of Redis, but they only queue and return the pipeline. `execute` sends all and
returns the list of the results. A command that fails does not stop the others, also within MULTI and EXEC
(that is Redis' rule); one that is refused when the server queues it stops all.

After `watch` commands are executed at once, to see what is to be changed, until `multi`; the transaction is then
executed only if nobody else has changed the keys that are watched:

    with redis.pipeline() as pipe:
        pipe.watch("key")
        value = int(pipe.get("key"))
        pipe.multi()
        pipe.set("key", value * 2)
        pipe.execute()                                  # or WatchError

From `watch` on the pipeline has a connection for itself, which it gives back with `execute` or `reset`. When that is
lost, so is the watch: WatchError.

Not thread-safe: one thread at a time.
"""
from .commands import UNDECODED, Commands
from .decoding import encode_status
from .errors import (
    ConnectionError, ExecAbortError, RedisError, ReplyError, ResponseError, TimeoutError, WatchError,
)
from .retry import READING_COMMANDS

__all__ = ["Pipeline"]

EXCERPT = 100
MULTI, EXEC = ("MULTI",), ("EXEC",)
FAILURES = (ConnectionError, TimeoutError)


class Pipeline(Commands):
    """Commands waiting for `execute`; it can be used again and again. See Redis.pipeline."""

    def __init__(self, connection_pool, results, transaction=True):
        self.connection_pool = connection_pool
        self.connection = None              # from `watch` on
        self.transaction = transaction
        self.explicit_transaction = False   # since `multi`
        self.watching = False
        self.command_stack = []             # of (words, convert)
        self.scripts = set()
        self._results = results
        self._decode = connection_pool.settings.decode
        self._retry = connection_pool.settings.retry

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.reset()

    def __del__(self):
        connection = getattr(self, "connection", None)
        if connection is not None:          # it may still be watching: not for anybody else
            connection.close()
            self.connection_pool.release(connection)

    def __len__(self):
        return len(self.command_stack)

    def __bool__(self):
        """True, also without commands: this is not a collection."""
        return True

    # -- queueing ----------------------------------------------------------------------------------------

    def execute_command(self, *args, convert=None):
        """Queue a command and return the pipeline; or, between `watch` and `multi`, execute it and return its
        result."""
        if (self.watching or args[0] == "WATCH") and not self.explicit_transaction:
            return self.immediate_execute_command(*args, convert=convert)
        self.command_stack.append((args, convert))
        return self

    pipeline_execute_command = execute_command

    def multi(self):
        """Queue from now on what comes after `watch`; `execute` then makes a transaction of it."""
        if self.explicit_transaction:
            raise RedisError("Cannot issue nested calls to MULTI")
        if self.command_stack:
            raise RedisError("Commands without an initial WATCH have already been issued")
        self.explicit_transaction = True

    def watch(self, *names):
        """Watch keys and execute commands at once until `multi`. Returns True."""
        if self.explicit_transaction:
            raise RedisError("Cannot issue a WATCH after a MULTI")
        return self.execute_command("WATCH", *names)

    def unwatch(self):
        """Watch no key any more. Returns True."""
        return self.execute_command("UNWATCH") if self.watching else True

    def discard(self):
        """Forget the commands that were queued, and watch no key any more."""
        self.reset()

    def prepare_script(self, script):
        """See to it that the server knows a Script when the pipeline is executed."""
        self.scripts.add(script)

    # -- executing ---------------------------------------------------------------------------------------

    def immediate_execute_command(self, *args, convert=None):
        """Execute a command now, over the pipeline's own connection, and return its result."""
        if self.connection is None:
            self.connection = self.connection_pool.take()
        connection = self.connection
        harmless = args[0] == "WATCH" or args[0] in READING_COMMANDS
        try:
            reply = self._attempt(lambda: connection.execute_command(args), harmless)
            if args[0] == "WATCH":
                self.watching = True
            elif args[0] == "UNWATCH":
                self.watching = False
        except BaseException as error:
            if not isinstance(error, RedisError):
                connection.close()          # interrupted: it may be watching, and nobody would know
            raise
        return self._result(reply, args, convert)

    def execute(self, raise_on_error=True):
        """Execute the commands, forget them, and return the list of their results.

        The first error reply is raised, unless `raise_on_error` is False: error replies are then values in the list.
        Raises WatchError if a watched key was changed.
        """
        stack = self.command_stack
        if not stack and not self.watching:
            return []
        try:
            if self.connection is None:
                self.connection = self.connection_pool.take()
            if self.scripts:
                self._load_scripts()
            commands = [args for args, _ in stack]
            only_reads = all(args[0] in READING_COMMANDS for args in commands)
            if self.transaction or self.explicit_transaction:
                replies = self._execute_transaction(commands, only_reads)
            else:
                replies = self._attempt(lambda: self.connection.exchange_commands(commands), only_reads)
            return self._finish(stack, replies, raise_on_error)
        finally:
            self.reset()

    def reset(self):
        """Forget the commands, watch no key any more, and give the connection back."""
        self.command_stack = []
        self.scripts = set()
        self.explicit_transaction = False
        connection, self.connection = self.connection, None
        if connection is None:
            return
        watching, self.watching = self.watching, False
        try:
            if watching and connection.connected:
                connection.execute_command(("UNWATCH",))
        except RedisError:                  # the watch is gone, too
            connection.close()
        finally:
            self.connection_pool.release(connection)

    close = reset

    def _attempt(self, attempt, only_reads):
        """`attempt()`, again where that is possible."""
        try:
            return attempt()
        except RedisError as error:
            if not self.watching:
                return self._retry.recover(self.connection, error, attempt, only_reads)
            if not isinstance(error, FAILURES) or self.connection.connected:
                raise
            self.watching = False
            raise WatchError(f"the connection that watched is gone: {error}") from error

    def _execute_transaction(self, commands, only_reads):
        request = [MULTI, *commands, EXEC]
        began, *queued, replies = self._attempt(lambda: self.connection.exchange_commands(request), only_reads)
        if isinstance(began, ReplyError):
            raise began
        if isinstance(replies, ReplyError):
            if replies.code != "EXECABORT":
                self.connection.close()     # EXEC itself was refused, so the server still waits for it
            refused = next((number for number, reply in enumerate(queued) if isinstance(reply, ReplyError)), None)
            if isinstance(replies, ExecAbortError) and refused is not None:
                raise _annotated(queued[refused], refused, commands[refused])
            raise replies
        self.watching = False               # EXEC ends it
        if replies is None:
            raise WatchError("Watched variable changed.")
        if not isinstance(replies, list) or len(replies) != len(commands):
            self.connection.close()
            raise ResponseError("Wrong number of response items from pipeline execution")
        return replies

    def _load_scripts(self):
        """Make the server know all scripts. It may forget them again before they run: then NOSCRIPT is raised."""
        scripts = list(self.scripts)
        exists = ("SCRIPT EXISTS", *(script.sha for script in scripts))
        known = self._attempt(lambda: self.connection.execute_command(exists), True)
        for script, there in zip(scripts, known):
            if not there:
                load = ("SCRIPT LOAD", script.script)
                self._attempt(lambda: self.connection.execute_command(load), True)

    def _finish(self, stack, replies, raise_on_error):
        if any(issubclass(kind, ReplyError) for kind in set(map(type, replies))):
            if raise_on_error:
                number = next(number for number, reply in enumerate(replies) if isinstance(reply, ReplyError))
                raise _annotated(replies[number], number, stack[number][0])
            return [reply if isinstance(reply, ReplyError) else self._result(reply, *queued)
                    for reply, queued in zip(replies, stack)]
        return [self._result(reply, *queued) for reply, queued in zip(replies, stack)]

    def _result(self, reply, args, convert):
        """Like the end of Redis.execute_command."""
        if convert is None:
            convert = self._results.get(args[0])
        if self._decode is not None:
            if args[0] not in UNDECODED:
                reply = self._decode(reply)
        elif convert is None and type(reply) is str:
            return encode_status(reply)
        return reply if convert is None else convert(reply)


def _annotated(error, number, args):
    """The error with the command that it belongs to in its text."""
    words = " ".join(word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word) for word in args)
    if len(words) > EXCERPT:
        words = words[:EXCERPT - 3] + "..."
    error.args = (f"Command # {number + 1} ({words}) of pipeline caused error: {error}",)
    return error
