"""The server as a whole: its data, its files, its configuration, its end.

INFO becomes a dict without sections: values as numbers where they are, lists of numbers, dicts for `a=1,b=2`.
"""
import datetime

from ..errors import ConnectionError, DataError, RedisError
from .arguments import flag_words
from .replies import ok, text, texts, to_dict

__all__ = ["ServerCommands", "REPLIES"]


class ServerCommands:
    """INFO, CONFIG, SAVE, FLUSHALL, SHUTDOWN, TIME and others that concern all of the server."""

    # -- information -------------------------------------------------------------------------------

    def info(self, section=None, *args):
        """Return a dict of what the server tells about itself. (INFO)

        section, args: only these sections, such as "memory"; "all" or "everything" for those that are not
        told otherwise. A database is under `db0` and so on, as a dict; lines that are no pair are under
        `__raw__`.
        """
        return self.execute_command("INFO", *(() if section is None else (section, *args)))

    def dbsize(self):
        """Return the number of keys of the database. (DBSIZE)"""
        return self.execute_command("DBSIZE")

    def time(self):
        """Return the server's clock: (seconds since 1970, microseconds of that second). (TIME)"""
        return self.execute_command("TIME")

    def lastsave(self):
        """Return when the data were last saved, a datetime in local time. (LASTSAVE)"""
        return self.execute_command("LASTSAVE")

    def lolwut(self, *version_numbers):
        """Return a picture and the server's version, as one text. (LOLWUT)

        version_numbers: the picture of this version, and its arguments.
        """
        return self.execute_command("LOLWUT VERSION" if version_numbers else "LOLWUT", *version_numbers)

    # -- configuration -----------------------------------------------------------------------------

    def config_get(self, pattern="*", *args):
        """Return a dict of the directives that match one of the patterns, names and values as str.
        (CONFIG GET)"""
        return self.execute_command("CONFIG GET", pattern, *args)

    def config_set(self, name, value, *args):
        """Return True after setting a directive. (CONFIG SET)

        args: more names and values in turn, which are all set or, with ResponseError, none.
        """
        return self.execute_command("CONFIG SET", name, value, *args)

    def config_resetstat(self):
        """Return True after setting the counts of INFO, LATENCY HISTOGRAM and the like to 0.
        (CONFIG RESETSTAT)"""
        return self.execute_command("CONFIG RESETSTAT")

    def config_rewrite(self):
        """Return OK after the server has written its configuration to its file; ResponseError if it has
        none. (CONFIG REWRITE)"""
        return self.execute_command("CONFIG REWRITE")

    def config_help(self):
        """Return a list of lines about the CONFIG commands. (CONFIG HELP)"""
        return self.execute_command("CONFIG HELP")

    # -- data --------------------------------------------------------------------------------------

    def flushall(self, asynchronous=False):
        """Return True after deleting all keys of all databases. (FLUSHALL)

        asynchronous: free their memory after the reply.
        """
        return self.execute_command("FLUSHALL", *(("ASYNC",) if asynchronous else ()))

    def flushdb(self, asynchronous=False):
        """Return True after deleting all keys of the database. (FLUSHDB)

        asynchronous: free their memory after the reply.
        """
        return self.execute_command("FLUSHDB", *(("ASYNC",) if asynchronous else ()))

    def swapdb(self, first, second):
        """Return True after two databases have changed places, for all clients at once. (SWAPDB)"""
        return self.execute_command("SWAPDB", first, second)

    def save(self):
        """Return True after saving the data to a file; nobody else is served in the meantime. (SAVE)"""
        return self.execute_command("SAVE")

    def bgsave(self, schedule=True):
        """Return True after starting to save the data in the background. (BGSAVE)

        schedule: if the append-only file is just being rewritten, save after that; else ResponseError.
        """
        return self.execute_command("BGSAVE", *(("SCHEDULE",) if schedule else ()))

    def bgrewriteaof(self):
        """Return True after starting to rewrite the append-only file in the background, now or as soon as
        possible. (BGREWRITEAOF)"""
        return self.execute_command("BGREWRITEAOF")

    # -- the rest ----------------------------------------------------------------------------------

    def shutdown(self, save=False, nosave=False, now=False, force=False, abort=False):
        """Return None after the server has ended. (SHUTDOWN)

        save: save the data even if the configuration does not say so; nosave: do not; only one of them. now:
        do not wait for replicas. force: even if saving fails. abort: return True after stopping a shutdown
        that still waits; ResponseError if there is none. RedisError if the server is still there,
        ResponseError if it says why.
        """
        if save and nosave:
            raise DataError("SHUTDOWN: save and nosave exclude each other")
        words = flag_words(SAVE=save, NOSAVE=nosave, NOW=now, FORCE=force, ABORT=abort)
        try:
            reply = self.execute_command("SHUTDOWN", *words)
        except ConnectionError:
            if abort:
                raise
            return None
        if abort or reply is self:          # a pipeline returns itself: nothing was sent yet
            return reply
        raise RedisError("the server answered SHUTDOWN instead of ending")

    def debug(self, subcommand, *args):
        """Return what the server answers to a DEBUG command, which ones it has is its own affair. (DEBUG)"""
        return self.execute_command("DEBUG", subcommand, *args)

    def debug_object(self, key):
        """Return a dict about the inside of a value: `type` (an address), `encoding`, `refcount`,
        `serializedlength`, `lru`, `lru_seconds_idle`. (DEBUG OBJECT)"""
        return self.execute_command("DEBUG OBJECT", key)

    # -- modules -----------------------------------------------------------------------------------

    def module_list(self):
        """Return a list of dicts with `name`, `ver`, `path` and `args` of the modules. (MODULE LIST)"""
        return self.execute_command("MODULE LIST")

    def module_load(self, path, *args):
        """Return True after loading the module in the file `path`, with its arguments. (MODULE LOAD)"""
        return self.execute_command("MODULE LOAD", path, *args)

    def module_loadex(self, path, options=None, args=None):
        """Return OK after loading the module in the file `path`. (MODULE LOADEX)

        options: a list of names and values in turn, its directives. args: a list of arguments.
        """
        words = [] if options is None else ["CONFIG", *options]
        if args is not None:
            words += "ARGS", *args
        return self.execute_command("MODULE LOADEX", path, *words)

    def module_unload(self, name):
        """Return True after unloading the module; ResponseError if there is none of that name.
        (MODULE UNLOAD)"""
        return self.execute_command("MODULE UNLOAD", name)

    def module_help(self):
        """Return a list of lines about the MODULE commands. (MODULE HELP)"""
        return self.execute_command("MODULE HELP")


def _info(reply):
    info = {}
    for line in text(reply).splitlines():
        if not line or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon:
            info.setdefault("__raw__", []).append(line)
            continue
        if name == "cmdstat_host":              # of a client that took us for a web server: "host:" is its name
            name, value = line.rsplit(":", 1)
        if name == "module":
            info.setdefault("modules", []).append(_info_value(value))
        else:
            info[name] = _info_value(value)
    return info


def _info_value(value):
    if "=" in value:
        return dict(map(_info_item, filter(None, value.split(","))))
    if "," in value:
        return [_info_value(item) for item in value.split(",") if item]
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        return value


def _info_item(item):
    name, equals, value = item.rpartition("=")
    return (name, _info_value(value)) if equals else (item, True)


def _config(reply):
    return {text(name): text(value) for name, value in to_dict(reply).items()}


def _moment(reply):
    return datetime.datetime.fromtimestamp(int(reply)) if reply else None


def _clock(reply):
    return int(reply[0]), int(reply[1])


def _started(reply):
    return True


def _inside(reply):
    fields = dict(pair.split(":", 1) for pair in ("type:" + text(reply)).split() if ":" in pair)
    for name in ("refcount", "serializedlength", "lru", "lru_seconds_idle"):
        if name in fields:
            fields[name] = int(fields[name])
    return fields


def _modules(reply):
    return [to_dict(module) for module in reply]


REPLIES = {
    "BGREWRITEAOF": _started,
    "BGSAVE": _started,
    "CONFIG GET": _config,
    "CONFIG HELP": texts,
    "CONFIG RESETSTAT": ok,
    "CONFIG SET": ok,
    "DEBUG OBJECT": _inside,
    "FLUSHALL": ok,
    "FLUSHDB": ok,
    "INFO": _info,
    "LASTSAVE": _moment,
    "MODULE HELP": texts,
    "MODULE LIST": _modules,
    "MODULE LOAD": bool,
    "MODULE UNLOAD": bool,
    "SAVE": ok,
    "SHUTDOWN": ok,
    "SWAPDB": ok,
    "TIME": _clock,
}
