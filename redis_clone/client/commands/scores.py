"""Elements with scores in replies: RESP2 has them in turn, the score as a text, RESP3 in pairs, as a double.

Results are those of RESP2. Where these are texts, a double is spelled as a server of version 7.2 spells it, as bytes
or str like the element beside it.
"""

__all__ = ["flat_pairs", "key_and_pairs", "key_member_score", "pairs", "popped", "rank_and_score", "scanned"]


def pairs(cast):
    """The function that makes a list of pairs (element, `cast(score)`)."""
    def convert(reply):
        if not reply:
            return reply
        if type(reply[0]) is not list:
            members = iter(reply)
            return list(zip(members, map(read, members)))
        if cast is float:
            return [(member, score) for member, score in reply]
        return [(member, read(_like(member, score))) for member, score in reply]

    read = _reader(cast)
    return convert


def popped(reply):
    """A list of pairs (element, score); a single one comes without a list around it."""
    if reply and type(reply[0]) is not list:
        members = iter(reply)
        return [(member, float(score)) for member, score in zip(members, members)]
    return [(member, score) for member, score in reply]


def flat_pairs(reply):
    """Elements and texts of scores in turn."""
    if not reply or type(reply[0]) is not list:
        return reply
    return [item for member, score in reply for item in (member, _like(member, score))]


def key_and_pairs(reply):
    """`[key, [[element, text of score], ...]]`, None for none."""
    if not reply:
        return reply
    key, found = reply
    return [key, [[member, _like(member, score)] for member, score in found]]


def key_member_score(reply):
    """`(key, element, score)`, None for none."""
    if not reply:
        return None
    key, member, score = reply
    return key, member, float(score)


def rank_and_score(cast):
    """The function that makes `[rank, cast(score)]`, None for none."""
    def convert(reply):
        if not reply:
            return reply
        rank, score = reply
        return [rank, read(_like(b"", score))]

    read = _reader(cast)
    return convert


def scanned(cast):
    """The function that makes one step of ZSCAN: the next cursor, and a list of pairs (element, `cast(score)`)."""
    def convert(reply):
        cursor, found = reply
        return int(cursor), make_pairs(found)

    make_pairs = pairs(cast)
    return convert


def _reader(cast):
    """`cast` for the text of a score; what cannot read that gets the float."""
    if cast is float:
        return float

    def read(score):
        try:
            return cast(score)
        except (ValueError, TypeError):
            return cast(float(score))

    return read


def _like(member, score):
    """The text of a score, as the same type as the element it belongs to."""
    if not isinstance(score, float):
        return score
    spelled = _spelled(score)
    return spelled if isinstance(member, str) else spelled.encode("ascii")


def _spelled(number):
    """A double as the server's text: positional while that is short, else like 1e+17."""
    text = repr(number)
    if text.endswith(".0") and len(text) < 10:
        return text[:-2]
    if not text[-1].isdigit():                              # inf, nan
        return text
    sign = "-" if text[0] == "-" else ""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).rstrip("0")
    power = int(exponent or 0) + len(whole) - len(digits)   # the number is int(digits) * 10 ** power
    digits = digits.lstrip("0")
    size = len(digits)
    scientific = power + size - 1
    if power >= 0 and scientific < size + 7:
        return sign + digits + "0" * power
    if power < 0 and (power > -7 or abs(scientific) < 4):
        point = size + power
        return sign + (digits[:point] + "." + digits[point:] if point > 0 else "0." + "0" * -point + digits)
    return sign + digits[0] + ("." + digits[1:] if size > 1 else "") + f"e{scientific:+d}"
