"""Settings: all that a client needs to know about its server, checked, and the connections made from it.

The names are redis-py's. Each is explained at Redis.
"""
from ..version import __version__
from .connection import Connection
from .decoding import decoder
from .errors import TimeoutError
from .retry import NoBackoff, Retry, default_retry
from .transport import default_keepalive_options, tls_context

__all__ = ["DEFAULT", "Settings"]

LIBRARY_NAME = "redis-clone"


class Default:
    """Stands for what is decided elsewhere, where None means something."""

    def __repr__(self):
        return "DEFAULT"


DEFAULT = Default()


class Settings:
    """What every connection of a pool has in common."""

    def __init__(self, host="localhost", port=6379, db=0, username=None, password=None, path=None,
                 unix_socket_path=None, socket_timeout=None, socket_connect_timeout=None, socket_keepalive=None,
                 socket_keepalive_options=None, encoding="utf-8", encoding_errors="strict", decode_responses=False,
                 retry=DEFAULT, retry_on_timeout=False, retry_on_error=None, ssl=False, ssl_keyfile=None,
                 ssl_certfile=None, ssl_cert_reqs="required", ssl_ca_certs=None, ssl_ca_path=None, ssl_ca_data=None,
                 ssl_check_hostname=True, ssl_password=None, ssl_min_version=None, ssl_ciphers=None,
                 health_check_interval=0, client_name=None, lib_name=DEFAULT, lib_version=DEFAULT, protocol=2,
                 push_handler=None, server=None):
        unix_socket_path = path if unix_socket_path is None else unix_socket_path
        self.decode_responses = decode_responses
        self.encoding, self.encoding_errors = encoding, encoding_errors
        self.encode_text = _text_encoder(encoding, encoding_errors)
        self.decode = decoder(encoding, encoding_errors) if decode_responses else None
        self.retry = _retry(retry, retry_on_timeout, retry_on_error)
        self.push_handler = push_handler
        if server is not None and not hasattr(server, "open_memory_connection"):
            raise TypeError(f"server must be a Server of this process, not {type(server).__name__}")
        self._server = server
        library = (LIBRARY_NAME if lib_name is DEFAULT else lib_name,
                   __version__ if lib_version is DEFAULT else lib_version)
        if username is not None and password is None:
            password = ""                   # a user who needs none
        self._options = {
            "db": int(db or 0), "username": username, "password": password, "client_name": client_name,
            "protocol": int(protocol or 2), "timeout_s": socket_timeout or None, "on_push": push_handler,
            "encode_text": self.encode_text,
        }
        self._socket_options = {
            "connect_timeout_s": socket_connect_timeout or None, "unix_socket": unix_socket_path,
            "keepalive": bool(socket_keepalive),
            "keepalive_options": default_keepalive_options() if socket_keepalive_options is None
            else socket_keepalive_options,
            "library": None if None in library else library, "health_check_s": health_check_interval or 0,
            "typed_errors": True, "host": host, "port": int(port),
        }
        if ssl:
            self._socket_options["tls"] = tls_context(
                keyfile=ssl_keyfile, certfile=ssl_certfile, password=ssl_password, cert_reqs=ssl_cert_reqs,
                ca_certs=ssl_ca_certs, ca_path=ssl_ca_path, ca_data=ssl_ca_data, check_hostname=ssl_check_hostname,
                min_version=ssl_min_version, ciphers=ssl_ciphers)
        self.address = self.new_stream_connection().address     # wrong settings are told now, not with the first use
        self.client_name, self.db = client_name, self._options["db"]
        self.health_check_interval = health_check_interval or 0

    def new_connection(self):
        """Return a connection for commands, not open."""
        if self._server is None:
            return Connection(**self._options, **self._socket_options)
        library = self._socket_options["library"] or (None, None)
        return self._server.open_memory_connection(lib_name=library[0], lib_version=library[1], **self._options)

    def new_stream_connection(self):
        """Return a connection for what arrives without having been asked for (messages, MONITOR), not open."""
        if self._server is None:
            return Connection(**self._options, **self._socket_options)
        return Connection(
            **self._options, **self._socket_options, open_socket=self._server.open_pipe, address="memory")


def _text_encoder(encoding, errors):
    """A function from str to bytes. The usual encoding has one that is much quicker."""
    if (encoding.lower().replace("_", "-"), errors) in (("utf-8", "strict"), ("utf8", "strict")):
        return str.encode
    "".encode(encoding, errors)             # LookupError now instead of later
    return lambda text: text.encode(encoding, errors)


def _retry(retry, on_timeout, on_error):
    if retry is DEFAULT:
        retry = default_retry()
    elif retry is None:
        retry = Retry(NoBackoff(), 0)
    errors = list(on_error or ()) + ([TimeoutError] if on_timeout else [])
    return retry.with_errors(errors) if errors else retry
