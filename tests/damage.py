"""Damaged payloads for the tests of everything that reads bytes from who knows where."""
import random

from redis_clone.persistence.corrupt import CorruptPayload

INTERESTING = (0x00, 0x01, 0x3F, 0x40, 0x7F, 0x80, 0xBF, 0xC0, 0xE0, 0xF0, 0xF1, 0xF4, 0xF5, 0xFD, 0xFE, 0xFF)


def truncated(payload):
    """Every part of it that begins where it begins, but the whole."""
    return [payload[:size] for size in range(len(payload))]


def flipped(payload, count, seed):
    """Copies with one to three places that differ: a bit, a byte, one more or one less."""
    chance = random.Random(seed)
    for _ in range(count):
        copy = bytearray(payload)
        for _ in range(chance.choice((1, 1, 2, 3))):
            place = chance.randrange(len(copy))
            how = chance.randrange(5)
            if how < 2:
                copy[place] ^= 1 << chance.randrange(8)
            elif how == 2:
                copy[place] = chance.choice(INTERESTING)
            elif how == 3 and len(copy) > 1:
                del copy[place]
            else:
                copy.insert(place, chance.randrange(256))
        yield bytes(copy)


def survivors(decode, payloads):
    """What `decode` makes of those payloads that it does not refuse; it must refuse with CorruptPayload."""
    results = []
    for payload in payloads:
        try:
            results.append(decode(payload))
        except CorruptPayload:
            pass
        except Exception as error:
            raise AssertionError(f"{payload!r} makes {error!r}") from error
    return results
