"""--intrinsic-latency: for how long this machine itself keeps a process from running. No server is asked.

The same short computation over and over; whatever makes one of its runs much longer than usual would delay a
server just so.
"""
import time

__all__ = ["run"]

NUMBERS = tuple(range(200))


def run(connection, options, out, clock=time):
    """Measure for `options.intrinsic_latency_s` seconds, or until interrupted."""
    began_ns = end_ns = clock.perf_counter_ns()
    until_ns = began_ns + options.intrinsic_latency_s * 1_000_000_000
    runs = most_us = 0
    try:
        while end_ns < until_ns:
            start_ns = clock.perf_counter_ns()
            sum(NUMBERS)
            end_ns = clock.perf_counter_ns()
            runs += 1
            latency_us = (end_ns - start_ns) // 1000
            if latency_us > most_us:
                most_us = latency_us
                out.print(f"Max latency so far: {most_us} microseconds.")
                out.flush()
    except KeyboardInterrupt:
        pass
    average_us = (end_ns - began_ns) / 1000 / max(runs, 1)
    out.print(f"\n{runs} total runs (avg latency: {average_us:.4f} microseconds / {average_us * 1000:.2f} "
              "nanoseconds per run).")
    if average_us:
        out.print(f"Worst run took {most_us / average_us:.0f}x longer than the average latency.")
    return 0
