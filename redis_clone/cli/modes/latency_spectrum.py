"""--latency-dist: how long a PING takes, as a row of coloured characters a second, or each -i seconds.

Each character stands for a range of latencies, its colour for the share of the PINGs in it. Needs a terminal
with 256 colours.
"""
import math
import time

from .asking import ask_until_answered
from .latency import PAUSE_S

__all__ = ["run"]

INTERVAL_S = 1
ROWS_UNDER_LEGEND = 20

# From black over grey to yellow and red: numbers of xterm's 256 colours.
PALETTE = (0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 144, 143, 142, 184, 226, 214, 208, 202, 196)

# The longest latency of each range in microseconds, and its character. Milliseconds from 1 to 10 one by one,
# they are the most interesting; the rest is about logarithmic.
RANGES = (
    (10, "."), (125, "-"), (250, "*"), (500, "#"),
    (1000, "1"), (2000, "2"), (3000, "3"), (4000, "4"), (5000, "5"), (6000, "6"), (7000, "7"), (8000, "8"),
    (9000, "9"),
    (10_000, "A"), (20_000, "B"), (30_000, "C"), (40_000, "D"), (50_000, "E"),
    (100_000, "F"), (200_000, "G"), (300_000, "H"), (400_000, "I"), (500_000, "J"),
    (1_000_000, "K"), (2_000_000, "L"), (4_000_000, "M"), (8_000_000, "N"), (16_000_000, "O"), (30_000_000, "P"),
    (60_000_000, "Q"), (math.inf, "?"),
)

LEGEND = """\
---------------------------------------------
. - * #          .01 .125 .25 .5 milliseconds
1,2,3,...,9      from 1 to 9     milliseconds
A,B,C,D,E        10,20,30,40,50  milliseconds
F,G,H,I,J        .1,.2,.3,.4,.5       seconds
K,L,M,N,O,P,Q,?  1,2,4,8,16,30,60,>60 seconds
From 0 to 100%: {}\x1b[0m
---------------------------------------------""".format("".join(f"\x1b[48;5;{color}m " for color in PALETTE))


def run(connection, options, out, clock=time):
    """Print rows until interrupted."""
    interval_ns = (options.interval_s or INTERVAL_S) * 1e9
    latencies_us, rows, began_ns = [], 0, clock.monotonic_ns()
    while True:
        start_ns = clock.monotonic_ns()
        ask_until_answered(connection, out, "PING", clock=clock)
        now_ns = clock.monotonic_ns()
        latencies_us.append((now_ns - start_ns) // 1000)
        if now_ns - began_ns > interval_ns:
            if rows % ROWS_UNDER_LEGEND == 0:
                out.print(LEGEND)
            out.print(_row(latencies_us))
            out.flush()
            latencies_us, rows, began_ns = [], rows + 1, now_ns
        clock.sleep(PAUSE_S)


def _row(latencies_us):
    counts = [0] * len(RANGES)
    for latency_us in latencies_us:
        counts[next(index for index, (most_us, _) in enumerate(RANGES) if latency_us <= most_us)] += 1
    # In black letters. Shares, not counts: the picture is not to depend on the number of PINGs.
    row = "\x1b[38;5;0m"
    for count, (_, character) in zip(counts, RANGES):
        color = PALETTE[math.ceil(count / len(latencies_us) * (len(PALETTE) - 1))]
        row += f"\x1b[48;5;{color}m{character}"
    return row + "\x1b[0m"
