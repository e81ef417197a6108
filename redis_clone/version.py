"""Which Redis this is compatible with, and which redis_clone it is."""

__all__ = ["REDIS_VERSION", "__version__"]

REDIS_VERSION = "7.2.6"
__version__ = "0.1.0"
