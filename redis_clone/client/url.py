"""URLs that name a server: redis://, rediss:// (TLS) and unix://.

    redis://user:password@host:6379/0?socket_timeout=5&decode_responses=true
    rediss://:password@host/1?ssl_ca_certs=/path/of/ca.pem
    unix://user:password@/path/of/socket?db=1

The form is that of redis-py: the path is the number of the database (of a Unix socket: its file), and any option
of the client may stand in the query. User, password, host and path may have %-escapes.
"""
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["parse_url"]

TRUE, FALSE = ("true", "yes", "y", "t", "1", "on"), ("false", "no", "n", "f", "0", "off", "")


def parse_url(url):
    """Return the options of a client that a URL stands for, a dict. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss", "unix") or not url.startswith(parts.scheme + "://"):
        start = url.split(":")[0]
        raise ValueError(f"the URL of a server begins with redis://, rediss:// or unix://, not {start!r:.40}")
    query = parse_qsl(parts.query, strict_parsing=bool(parts.query))
    options = dict(_parse_option(name, value) for name, value in query)
    if parts.username:
        options["username"] = unquote(parts.username)
    if parts.password:
        options["password"] = unquote(parts.password)
    if parts.scheme == "unix":
        options["unix_socket_path"] = unquote(parts.path)
        return options
    if parts.hostname:
        options["host"] = unquote(parts.hostname)
    if parts.port is not None:              # raises ValueError if it is no port
        options["port"] = parts.port
    number = unquote(parts.path).strip("/")
    if number and "db" not in options:
        if not number.isdigit():
            raise ValueError(f"the path of the URL of a server is the number of a database, not {number!r:.40}")
        options["db"] = int(number)
    if parts.scheme == "rediss":
        options["ssl"] = True
    return options


def _parse_boolean(value):
    if value.lower() in TRUE + FALSE:
        return value.lower() in TRUE
    raise ValueError


PARSERS = {
    "db": int, "max_connections": int, "health_check_interval": int, "protocol": int, "port": int,
    "ssl_min_version": int, "socket_timeout": float, "socket_connect_timeout": float, "timeout": float,
    "socket_keepalive": _parse_boolean, "retry_on_timeout": _parse_boolean, "decode_responses": _parse_boolean,
    "ssl_check_hostname": _parse_boolean, "single_connection_client": _parse_boolean,
}


def _parse_option(name, value):
    try:
        return name, PARSERS.get(name, str)(value)
    except ValueError:
        raise ValueError(f"{name}={value!r:.40} in the URL of a server is not a possible value") from None
