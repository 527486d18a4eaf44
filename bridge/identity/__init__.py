"""Who somebody is in a room where they are not themselves."""

from .names import one_line, safe_name
from .speaker import Author, key_of, resolve, said_as

__all__ = ["Author", "key_of", "one_line", "resolve", "safe_name", "said_as"]
