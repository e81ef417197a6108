"""The scenario of raw bytes: inline commands, requests cut anywhere, and what is no request at all."""

from .steps import raw

INLINE_PARTS = (
    b"PING", b"SET s1 v", b"GET s1", b"ECHO", b" ", b"\t", b"\r", b"*", b"$", b"\\", b"\x00", b"\xff",
    b"a" * 100, b'"a b"', b"'a b'", b'"\\x41\\n"', b'"\\xzz"', b"'\\''", b'"a"b', b'"', b"'", b'""', b"''")
# The connection is closed at once, whatever else was still to be answered: not to be combined or cut.
HTTP_REQUESTS = (b"post /\r\n", b"Host: a\r\n")
REQUESTS = (
    # Inline.
    b"PING\r\n", b"PING\n", b"\r\n", b"\n", b"  PING  \r\n", b'SET s1 "a b"\r\nGET s1\r\n', b"GET 's1'\r\n",
    b'SET s1 "a\r\n', b"SET s1 'a'b\r\n", b"GET / HTTP/1.1\r\n", b"\x00\r\n", b"\xff\xfe\r\n",
    b"x" * 200 + b"\r\n", b"$4\r\nPING\r\n", b":1\r\n", b"+PING\r\n", b"-x\r\n", b"QUIT\r\nPING\r\n",
    b"MULTI\r\nSET s1 a\r\nEXEC\r\n", b"MULTI\r\nNOSUCH\r\nEXEC\r\n", b"SUBSCRIBE c1\r\nGET s1\r\n",
    b"HELLO 3\r\nGET nokey\r\n", b"CLIENT REPLY OFF\r\nPING\r\n", b"CLIENT REPLY SKIP\r\nPING\r\nPING\r\n",
    # Numbers of arguments.
    b"*1\r\n$4\r\nPING\r\n", b"*0\r\n", b"*-1\r\n", b"*-10\r\n", b"*\r\n", b"*a\r\n", b"*1a\r\n", b"* 1\r\n",
    b"*+1\r\n", b"*01\r\n", b"*1048576\r\n", b"*1048577\r\n", b"*2147483648\r\n",
    b"*99999999999999999999\r\n", b"*" + b"1" * 100 + b"\r\n", b"*1\n$4\nPING\n",
    # Lengths.
    b"*1\r\n\r\n", b"*1\r\n$\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$a\r\n", b"*1\r\n$0\r\n\r\n",
    b"*1\r\n$536870913\r\n", b"*1\r\n$9223372036854775808\r\n", b"*1\r\n$04\r\nPING\r\n",
    b"*1\r\n$3\r\nPING\r\n", b"*1\r\n$5\r\nPING\r\n\r\n",
    b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n", b"*1\r\n+PING\r\n", b"*2\r\n$3\r\nGET\r\n:1\r\n",
    b"*2\r\n$4\r\nECHO\r\n$6\r\na\r\nb\r\n\r\n", b"*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n",
    b"*3\r\n$3\r\nSET\r\n$2\r\ns1\r\n",
)
TO_DAMAGE = b"*3\r\n$3\r\nSET\r\n$2\r\ns1\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$2\r\ns1\r\n"
DAMAGE = b"*$:+-0123456789\r\n \x00x"
NOISE = b"*$-0123456789\r\n\r\n PINGGETa\"'\\x\x00\xff"


def raw_requests(writer):
    """Some requests, each on a connection of its own."""
    steps = []
    for number in range(writer.random.randint(3, 8)):
        data = _request(writer.random)
        steps.append(raw("R%d" % number, *([data] if data in HTTP_REQUESTS else pieces(writer.random, data))))
    return steps


def pieces(random, data):
    """Return the data whole, or cut in two."""
    if len(data) < 2 or random.random() < 0.6:
        return [data]
    cut = random.randrange(1, len(data))
    return [data[:cut], data[cut:]]


def _request(random):
    chance = random.random()
    if chance < 0.05:
        return random.choice(HTTP_REQUESTS)
    if chance < 0.45:
        return b"".join(random.choice(REQUESTS) for _ in range(random.randint(1, 3)))
    if chance < 0.65:
        return b"".join(random.choice(INLINE_PARTS) for _ in range(random.randint(1, 8))) + b"\r\nPING\r\n"
    if chance < 0.85:
        damaged = bytearray(TO_DAMAGE)
        for _ in range(random.randint(1, 3)):
            damaged[random.randrange(len(damaged))] = random.choice(DAMAGE)
        return bytes(damaged)
    return bytes(random.choice(NOISE) for _ in range(random.randint(1, 40)))
