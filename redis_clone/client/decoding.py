"""The texts in replies: all of them str, for `decode_responses`; or else all of them bytes, status lines too."""

__all__ = ["decoder", "encode_status", "encode_statuses"]


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


def encode_status(line):
    """The bytes of a status line, which the parser has made a str."""
    return line.encode("utf-8", "surrogateescape")


def encode_statuses(reply):
    """The reply with all status lines in it as bytes. Only scripts and transactions have any within a list."""
    kind = type(reply)
    if kind is str:
        return encode_status(reply)
    if kind is dict:
        return {encode_statuses(key): encode_statuses(value) for key, value in reply.items()}
    return kind(map(encode_statuses, reply)) if kind in (list, set, tuple) else reply
