"""Replies of bytes made replies of str, for `decode_responses`."""

__all__ = ["decoder"]


def decoder(encoding, errors):
    """Return a function from a reply to the same with every byte string in it decoded. Raises
    UnicodeDecodeError, then the reply is lost but nothing else."""

    def decode(reply):
        kind = type(reply)
        if kind is bytes:
            return reply.decode(encoding, errors)
        if kind is list:
            return [item.decode(encoding, errors) if type(item) is bytes else decode(item) for item in reply]
        if isinstance(reply, bytes):        # Verbatim
            return reply.decode(encoding, errors)
        if isinstance(reply, list):         # Push
            return kind(map(decode, reply))
        if kind is tuple:
            return tuple(map(decode, reply))
        if kind is dict:
            return {decode(key): decode(value) for key, value in reply.items()}
        if kind is set:
            return set(map(decode, reply))
        return reply

    return decode
