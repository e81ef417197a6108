"""The picture that LOLWUT draws: a maze out of the one line of BASIC that every owner of a C64 typed in.

    10 PRINT CHR$(205.5+RND(1)); : GOTO 10
"""

__all__ = ["draw"]


def draw(random, columns=40, rows=8):
    """A maze of this size as text; sizes that make no sense are brought within limits."""
    columns, rows = max(1, min(columns, 1000)), max(1, min(rows, 200))
    return "".join("".join(random.choice("╱╲") for _ in range(columns)) + "\n" for _ in range(rows))
