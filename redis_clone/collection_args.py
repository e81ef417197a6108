"""Arguments that commands of several collection types share: SSCAN, SRANDMEMBER, LMPOP and their kin.

Pure functions: callable from any thread. Not here: SCAN's own options, since it knows types as well.
"""
from .args import INT64_MAX, parse_int, parse_range_int
from .errors import OptionSyntaxError, RedisError
from .glob import compile_pattern

__all__ = ["parse_scan_options", "parse_pick_count", "parse_random_options", "check_picks_fit",
           "parse_multi_pop", "split_options"]

_SCAN_COUNT = 10                            # what SSCAN returns at a time unless told
_LARGEST_PICKS_BYTES = 512 * 1024 * 1024
_BULK_FRAME_BYTES = 6                       # the least that a bulk string takes beside its bytes


def parse_scan_options(args):
    """``(matches, count)`` from the options of SSCAN, HSCAN or ZSCAN; `matches` is None to mean all."""
    pattern, count = b"*", _SCAN_COUNT
    for position in range(0, len(args), 2):
        word = args[position].upper()
        if position + 1 == len(args) or word not in (b"MATCH", b"COUNT"):
            raise OptionSyntaxError
        if word == b"MATCH":
            pattern = args[position + 1]
        else:
            count = parse_int(args[position + 1])
            if count < 1:
                raise OptionSyntaxError
    return None if pattern == b"*" else compile_pattern(pattern), count


def parse_pick_count(raw):
    """The count of SRANDMEMBER and its kin, negative where the same element may be picked again."""
    return parse_range_int(raw, -INT64_MAX, INT64_MAX)


def parse_random_options(args, word):
    """``(count, with more)`` of HRANDFIELD or ZRANDMEMBER; `word` asks for the values or scores as well."""
    count = parse_pick_count(args[0])
    if len(args) == 1:
        return count, False
    if len(args) > 2 or args[1].upper() != word:
        raise OptionSyntaxError
    if abs(count) > INT64_MAX // 2:
        raise RedisError("ERR value is out of range")
    return count, True


def check_picks_fit(count, examples):
    """Refuse to make a reply of `count` items that are like `examples` when it would not fit in memory.

    Redis has no such limit: it goes on until the client, or the memory, has had enough.
    """
    if count * (sum(map(len, examples)) / len(examples) + _BULK_FRAME_BYTES) > _LARGEST_PICKS_BYTES:
        raise RedisError("ERR value is out of range")


def parse_multi_pop(numkeys, args, sides):
    """``(keys, side, count)`` of LMPOP or ZMPOP; `args` follow `numkeys`, `sides` maps words to sides."""
    numkeys = parse_range_int(numkeys, 1, INT64_MAX, "ERR numkeys should be greater than 0")
    if numkeys >= len(args) or args[numkeys].upper() not in sides:
        raise OptionSyntaxError
    side = sides[args[numkeys].upper()]
    options = args[numkeys + 1:]
    if not options:
        return args[:numkeys], side, 1
    if len(options) == 1 or options[0].upper() != b"COUNT":
        raise OptionSyntaxError
    count = parse_range_int(options[1], 1, INT64_MAX, "ERR count should be greater than 0")
    if len(options) > 2:
        raise OptionSyntaxError
    return args[:numkeys], side, count


def split_options(args, operand_counts):
    """Each option in turn as (word in upper case, its operands); `operand_counts` has the words that are known.

    Raises OptionSyntaxError when it comes to one that is not, or that lacks operands.
    """
    position = 0
    while position < len(args):
        word = args[position].upper()
        operands = args[position + 1:position + 1 + operand_counts.get(word, 0)]
        if len(operands) != operand_counts.get(word):
            raise OptionSyntaxError
        yield word, operands
        position += 1 + len(operands)
