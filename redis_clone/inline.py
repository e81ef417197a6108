"""Redis' quoting rules: a typed line as words (inline requests, lines of redis.conf), and a word in quotes."""

__all__ = ["quote", "split_inline"]

_ESCAPES = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("b"): 8, ord("a"): 7}
_SPACES = b" \n\r\t\v\f\0"
_HEX = frozenset(b"0123456789abcdefABCDEF")
_LETTERS = {byte: letter for letter, byte in _ESCAPES.items()}
_LETTERS.update({ord(char): ord(char) for char in '\\"'})
_QUOTED = [b"\\%c" % _LETTERS[byte] if byte in _LETTERS else bytes([byte]) if 32 <= byte < 127 else b"\\x%02x" % byte
           for byte in range(256)]


def split_inline(line):
    """Split a line into words with Redis' quoting rules; None when a quote stays open.

    "..." knows \\n \\r \\t \\b \\a \\xHH and \\ before any other character, '...' only \\'. A closing
    quote must be followed by a space or the end.
    """
    if b'"' not in line and b"'" not in line:
        return line.split()
    words, position, size = [], 0, len(line)
    while True:
        while position < size and line[position] in _SPACES:
            position += 1
        if position >= size:
            return words
        word = bytearray()
        quote = 0
        while position < size:
            byte = line[position]
            if quote:
                if byte == 92 and quote == 34:                              # a backslash within "..."
                    if line[position + 1:position + 2] == b"x" and len(line) > position + 3 \
                            and line[position + 2] in _HEX and line[position + 3] in _HEX:
                        word.append(int(line[position + 2:position + 4], 16))
                        position += 3
                    elif position + 1 < size:
                        position += 1
                        word.append(_ESCAPES.get(line[position], line[position]))
                    else:
                        return None
                elif byte == 92 and line[position + 1:position + 2] == b"'":
                    position += 1
                    word.append(39)
                elif byte == quote:
                    if position + 1 < size and line[position + 1] not in _SPACES:
                        return None
                    quote = 0
                    position += 1
                    break
                else:
                    word.append(byte)
            elif byte in _SPACES:
                break
            elif byte in b"\"'":
                quote = byte
            else:
                word.append(byte)
            position += 1
        if quote:
            return None
        words.append(bytes(word))


def quote(word):
    """A word (bytes) in double quotes, in printable ASCII; split_inline gives it back."""
    return b'"%b"' % b"".join(map(_QUOTED.__getitem__, word))
