"""What a stand-alone server does to its process: tuning, limits, daemonizing, the pid file.

All of it is process-wide or inherited by threads, so an embedded server does none of it. Each function looks
whether the platform can do a thing, does without where it cannot, and says in the log what it did.

The tuning is there because of the interpreter lock. With one thread for each client, every wake-up on
another processor fights for that lock, and two thirds of the speed go to the scheduler. So the threads keep
to one processor (`server-cpulist`), a thread that wakes up does not push aside the one that runs
(`scheduler-batch`), and those that wait for the lock ask for it every 100 ms instead of every 5
(`switch-interval-ms`). Threads that take turns so well may also send their replies in groups (`group-replies`,
departures.py). An interpreter without that lock (free-threaded) needs none of this.
"""

import contextlib
import gc
import os
import signal
import sys
import threading

from .processors import leave_signals, parse_cpu_list

try:
    import resource
except ImportError:                             # Windows
    resource = None

__all__ = ["allow_recursion", "check_backlog", "daemonize", "garbage_collector_at_rest", "raise_descriptor_limit",
           "remove_pid_file", "settle_garbage_collector", "signals_for_the_main_thread", "tune_threads",
           "write_pid_file"]

_STACK_BYTES = 1 << 20
_RECURSION_LIMIT, _RECURSION_LIMIT_3_11 = 16_000, 2_000         # see `allow_recursion`
_RESERVED_DESCRIPTORS = 32                      # for listeners, files, pipes: as many as Redis keeps back


# --- threads -------------------------------------------------------------------------------------------


def tune_threads(config, log):
    """Set scheduling, processor, switch interval and stack size for the threads that are yet to start.

    Returns whether they take turns well enough for replies in groups: see departures.py.
    """
    done, take_turns = [_set_stack_size()], False
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        done += [_use_batch_scheduling(config, log),
                 _use_one_processor(config, log),
                 _set_switch_interval(config)]
        take_turns = config["group-replies"] and _take_turns()
        done += ["replies in groups (group-replies)" if take_turns else None]
    else:
        done += ["the rest as the system has it, since this Python runs threads in parallel"]
    log.notice("Threads: " + "; ".join(filter(None, done)))
    return take_turns


def _take_turns():
    """Whether threads share one processor, and none that wakes up pushes aside the one that runs."""
    if not hasattr(os, "SCHED_BATCH") or not hasattr(os, "sched_getaffinity"):
        return False
    return os.sched_getscheduler(0) == os.SCHED_BATCH and len(os.sched_getaffinity(0)) == 1


def _set_stack_size():
    # Only the pages in use take memory. Small stacks (256 kB) were seen to overflow in deep recursion.
    try:
        threading.stack_size(_STACK_BYTES)
    except (ValueError, RuntimeError):
        return None
    return f"stacks of {_STACK_BYTES >> 10} kB"


def _use_batch_scheduling(config, log):
    if not config["scheduler-batch"] or not hasattr(os, "SCHED_BATCH"):
        return None
    try:
        if os.sched_getscheduler(0) != os.SCHED_OTHER:
            return None                         # somebody has chosen a policy for this process already
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError as error:
        log.warning(f"Batch scheduling (scheduler-batch) is not possible: {error.strerror}")
        return None
    return "batch scheduling (scheduler-batch)"


def _use_one_processor(config, log):
    wanted = config["server-cpulist"]
    if wanted == "all" or not hasattr(os, "sched_setaffinity"):
        return None
    try:
        # The last one, since interrupts and other people's single processes tend to use the first.
        processors = parse_cpu_list(wanted) if wanted else {max(os.sched_getaffinity(0))}
        os.sched_setaffinity(0, processors)
    except (OSError, ValueError) as error:
        log.warning(f"The processors of server-cpulist '{wanted}' cannot be used: {error}")
        return None
    return f"processor {','.join(map(str, sorted(processors)))} (server-cpulist)"


def _set_switch_interval(config):
    interval_ms = config["switch-interval-ms"]
    sys.setswitchinterval(interval_ms / 1000)
    return f"a switch interval of {interval_ms} ms (switch-interval-ms)"


@contextlib.contextmanager
def signals_for_the_main_thread():
    """Threads that start during this, and theirs, leave SIGTERM and SIGINT to the main thread: see `leave_signals`."""
    before = leave_signals()
    try:
        yield
    finally:
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def allow_recursion(log):
    """Let functions of scripts call themselves deeper than the thousand levels that Python allows.

    Since CPython 3.11 a call from Python to Python takes nothing from the thread's stack. Endless recursions of some
    25 to 40 kinds, in a thread with a stack of `_STACK_BYTES`:

        3.12            all end with an error, even with a limit of 60,000; PUC Lua allows 20,000 calls
        3.11            pcall and iterators still take some: the process lives with a limit of 4,000, not with 6,000

    Older ones and PyPy need stack for every call and keep their limits.
    """
    if sys.implementation.name != "cpython" or sys.version_info < (3, 11):
        return
    limit = _RECURSION_LIMIT if sys.version_info >= (3, 12) else _RECURSION_LIMIT_3_11
    if sys.getrecursionlimit() < limit:
        sys.setrecursionlimit(limit)
        log.verbose(f"Recursion limit: {limit}")


# --- memory --------------------------------------------------------------------------------------------


def settle_garbage_collector(log):
    """Keep the collector of reference cycles away from the data.

    It visits every container there is, so with millions of keys one full run takes seconds during which all
    clients wait, while the server itself makes no cycles. Scripts do, hence the young objects are still
    looked at now and then; what is loaded by now will never be garbage and is taken out of its sight.
    """
    if sys.implementation.name != "cpython":
        return
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000_000)
    log.verbose("Garbage collector: only young objects are examined")


@contextlib.contextmanager
def garbage_collector_at_rest():
    """While millions of objects are made that will stay; afterwards these, too, are out of its sight."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        if sys.implementation.name == "cpython":
            gc.freeze()


# --- descriptors ---------------------------------------------------------------------------------------


def raise_descriptor_limit(config, log):
    """Make room for `maxclients` connections, or lower that; False if there is no room for any.

    CONFIG SET maxclients is held to the same limit from now on.
    """
    if resource is None:
        return True
    wanted = config["maxclients"] + _RESERVED_DESCRIPTORS
    before = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    limit, error = _set_descriptor_limit(wanted)
    if limit < _RESERVED_DESCRIPTORS + 1:
        log.warning(f"Your current 'ulimit -n' of {limit} is not enough for the server to start. Please "
                    f"increase your open file limit to at least {wanted}. Exiting.")
        return False
    if limit < wanted:
        log.warning(f"You requested maxclients of {config['maxclients']} requiring at least {wanted} max "
                    "file descriptors.")
        log.warning(f"Server can't set maximum open files to {wanted} because of OS error: {error}.")
        config.set_many([("maxclients", str(limit - _RESERVED_DESCRIPTORS))])
        log.warning(f"Current maximum open files is {limit}. maxclients has been reduced to "
                    f"{config['maxclients']} to compensate for low ulimit. If you need higher maxclients "
                    "increase 'ulimit -n'.")
    elif limit > before:
        log.notice(f"Increased maximum number of open files to {limit} (it was originally set to {before}).")
    config.on_change("maxclients", _check_max_clients)
    return True


def _check_max_clients(clients):
    limit, _ = _set_descriptor_limit(clients + _RESERVED_DESCRIPTORS)
    if limit < clients + _RESERVED_DESCRIPTORS:
        raise ValueError("The operating system is not able to handle the specified number of clients, try "
                         f"with {limit - _RESERVED_DESCRIPTORS}")


def _set_descriptor_limit(wanted):
    """Raise the soft limit, the hard one too where allowed; return what it is now and why not more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return max(soft, wanted), None
    reason = None
    hard_suffices = hard == resource.RLIM_INFINITY or hard >= wanted
    attempts = [(wanted, hard)] if hard_suffices else [(wanted, wanted), (hard, hard)]
    for attempt in attempts:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, attempt)
            return attempt[0], reason
        except (OSError, ValueError) as error:  # ValueError: may not raise the hard limit
            reason = getattr(error, "strerror", None) or "Operation not permitted"
    return soft, reason


def check_backlog(config, log):
    """Say so if the kernel will cut `tcp-backlog` short."""
    try:
        with open("/proc/sys/net/core/somaxconn", encoding="ascii") as file:
            most = int(file.read())
    except (OSError, ValueError):
        return
    if 0 < most < config["tcp-backlog"]:
        log.warning(f"WARNING: The TCP backlog setting of {config['tcp-backlog']} cannot be enforced because "
                    f"/proc/sys/net/core/somaxconn is set to the lower value of {most}.")


# --- daemon and pid file -------------------------------------------------------------------------------


def daemonize(log):
    """Go on in the background, in a process that has no terminal and can get none; the caller's one ends."""
    if not hasattr(os, "fork"):
        log.warning("daemonize has no effect: this platform has no fork")
        return
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    if null > 2:
        os.close(null)


def write_pid_file(config, log):
    """Write the process id to `pidfile`; a daemon has one even if none is configured."""
    path = _pid_file(config)
    if not path:
        return
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
    except OSError as error:
        log.warning(f"Failed to write PID file: {error.strerror}")


def remove_pid_file(config, log):
    """Undo `write_pid_file`."""
    path = _pid_file(config)
    if path:
        log.notice("Removing the pid file.")
        try:
            os.unlink(path)
        except OSError:
            pass                                # never written, or somebody tidied up


def _pid_file(config):
    return config["pidfile"] or ("/var/run/redis.pid" if config["daemonize"] else "")
