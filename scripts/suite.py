"""How the suites of benchmark.py begin and end: what cannot be measured, and the exit status."""
import shutil
import sys

from servers import ServerFailed                # which makes the package known, too
from redis_clone.client import ClientError

__all__ = ["run_suite"]


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
