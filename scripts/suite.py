"""How the suites of benchmark.py begin and end: what is chosen, what cannot be measured, the exit status."""
import shutil
import sys

from servers import ServerFailed                # which makes the package known, too
from redis_clone.client import ClientError

__all__ = ["parse_choice", "run_suite"]


def parse_choice(parser, arguments, measurements):
    """The options of a suite that can be told which of its `measurements` to do: `only` becomes a list of them."""
    options = parser.parse_args(arguments)
    chosen = options.only.lower().split(",")
    unknown = sorted(set(chosen) - set(measurements))
    if unknown:
        parser.error(f"nothing is named {', '.join(unknown)}; there are {', '.join(measurements)}")
    options.only = [name for name in measurements if name in chosen]
    if options.rounds < 1 or options.requests is not None and options.requests < 1:
        parser.error("--rounds and --requests: the least is 1")
    return options


def run_suite(options, run):
    """Call `run(options, real)`, `real` being the path of the real server or None; returns the exit status.

    `run` returns a list of what missed its limits, which counts with `options.check`.
    """
    real = shutil.which(options.real)
    if not real:
        print(f"{options.real} is not installed: there is nothing to compare with\n")
    try:
        missed = run(options, real)
    except (ClientError, ServerFailed, OSError) as error:
        print(f"benchmark.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if missed:
        print("\nMissed:\n" + "\n".join(f"  {what}" for what in missed))
    return 1 if missed and options.check else 0
