"""CONFIG: asking for the configuration and changing it while the server runs. config.py does the work."""
from ..config_rewrite import rewrite
from ..errors import OptionSyntaxError, RedisError
from ..registry import group

command = group("server")
command.container("CONFIG", "A container for server configuration commands.", since="2.0.0")


def _text(raw):
    return raw.decode("utf-8", "surrogateescape")


@command("CONFIG|GET", arity=-3, flags="admin noscript loading stale", since="2.0.0")
def config_get(session, *patterns):
    """Returns the effective values of configuration parameters."""
    found = session.engine.config.get([_text(pattern) for pattern in patterns])
    return {name.encode("utf-8", "surrogateescape"): value.encode("utf-8", "surrogateescape")
            for name, value in found.items()}


@command("CONFIG|SET", arity=-4, flags="admin noscript loading stale", since="2.0.0")
def config_set(session, *args):
    """Sets configuration parameters in-flight."""
    if len(args) % 2:
        raise OptionSyntaxError()
    pairs = [(_text(name), _text(value)) for name, value in zip(args[::2], args[1::2])]
    session.engine.config.set_many(pairs, session.is_local)
    return "OK"


@command("CONFIG|RESETSTAT", arity=2, flags="admin noscript loading stale", since="2.0.0")
def config_resetstat(session):
    """Resets the server's statistics."""
    engine = session.engine
    engine.stats.reset()
    for session in engine.sessions.values():
        session.bytes_in = session.bytes_out = 0
    for record in engine.command_records:
        record.forget_figures()
    keyspace = engine.keyspace
    keyspace.hits = keyspace.misses = keyspace.expired = 0
    return "OK"


@command("CONFIG|REWRITE", arity=2, flags="admin noscript loading stale", since="2.8.0")
def config_rewrite(session):
    """Persists the effective configuration to file."""
    engine = session.engine
    if not engine.config.path:
        raise RedisError("ERR The server is running without a config file")
    try:
        rewrite(engine.config)
    except OSError as error:
        engine.log.warning(f"CONFIG REWRITE failed: {error.strerror}")
        raise RedisError(f"ERR Rewriting config file: {error.strerror}") from None
    engine.log.notice("CONFIG REWRITE executed with success.")
    return "OK"


@command("CONFIG|HELP", arity=2, flags="loading stale", since="5.0.0")
def config_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "GET <pattern>",
        "    Return parameters matching the glob-like <pattern> and their values.",
        "SET <directive> <value>",
        "    Set the configuration <directive> to <value>.",
        "RESETSTAT",
        "    Reset statistics reported by the INFO command.",
        "REWRITE",
        "    Rewrite the configuration file.",
        "HELP",
        "    Print this help.",
    ]
