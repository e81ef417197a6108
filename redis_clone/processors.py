"""Which processors threads and processes run on, and which threads take signals, where the system lets one choose."""
import os
import re
import signal

__all__ = ["leave_processors", "leave_signals", "parse_cpu_list"]

# Before this process was tuned: what whoever started it (taskset, a container) has left to it.
_ALLOWED = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else frozenset()


def parse_cpu_list(text):
    """The processors in a list such as 0,2 or 1-3 or 0-7:2 (every second one); raises ValueError."""
    processors = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]+)(?:-([0-9]+)(?::([0-9]+))?)?\s*", part)
        if not match:
            raise ValueError("a list looks like 0,2 or 1-3 or 0-7:2")
        first, last, step = match.groups()
        processors.update(range(int(first), int(last or first) + 1, int(step or 1)))
    return processors


def leave_processors(wanted=""):
    """Run the calling thread on the processors in the list `wanted`, or on those that it was not bound to so far."""
    if not hasattr(os, "sched_setaffinity"):
        return
    try:
        processors = parse_cpu_list(wanted) if wanted else _ALLOWED - os.sched_getaffinity(0)
        if processors:
            os.sched_setaffinity(0, processors)
    except (OSError, ValueError):
        pass                                    # stays where it is


def leave_signals():
    """Let the calling thread, and those it starts, leave SIGTERM and SIGINT to the main thread.

    Python runs signal handlers there only, but the kernel may hand a signal to any thread that takes it: then the
    main thread sleeps on. Returns the mask that there was, or None where there are none.
    """
    if hasattr(signal, "pthread_sigmask"):
        return signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    return None
