"""LATENCY: what the latency monitor has recorded. Not here: GRAPH, DOCTOR, and HISTOGRAM."""
from ..registry import group

command = group("server")
command.container("LATENCY", "A container for latency diagnostics commands.", since="2.8.13")


@command("LATENCY|LATEST", arity=2, flags="admin noscript loading stale", since="2.8.13")
def latency_latest(session):
    """Returns the latest latency samples for all events."""
    return [[name.encode(), *event.samples[-1], event.highest_ms]
            for name, event in session.engine.latency.events.items()]


@command("LATENCY|HISTORY", arity=3, flags="admin noscript loading stale", since="2.8.13")
def latency_history(session, name):
    """Returns timestamp-latency samples for an event."""
    event = session.engine.latency.events.get(name.decode("utf-8", "replace"))
    return [list(sample) for sample in event.samples] if event else []


@command("LATENCY|RESET", arity=-2, flags="admin noscript loading stale", since="2.8.13")
def latency_reset(session, *names):
    """Resets the latency data for one or more events."""
    return session.engine.latency.forget([name.decode("utf-8", "replace") for name in names])


@command("LATENCY|HELP", arity=2, flags="loading stale", since="2.8.13")
def latency_help(session):
    """Returns helpful text about the different subcommands."""
    return [
        "LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "HISTORY <event>",
        "    Return time-latency samples for the <event> class.",
        "LATEST",
        "    Return the latest latency samples for all events.",
        "RESET [<event> ...]",
        "    Reset latency data of one or more <event> classes.",
        "    (default: reset all data for all event classes)",
        "HELP",
        "    Print this help.",
    ]
