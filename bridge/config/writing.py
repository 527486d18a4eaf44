"""Keys, values and comments as they are written into a bridge.yaml."""

import re
import textwrap
from collections.abc import Iterator

from bridge.secrets import strike

from .words import printable

__all__ = ["PLAIN", "comment", "is_variable", "key_of", "quoted", "scalar"]

_WIDTH = 100
PLAIN = re.compile(r"(?!(?i:null|true|false|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9_./@-]*(:[0-9]+)?")
"""Text that needs no quotes, for any reader of YAML."""
_VARIABLE = re.compile(r"\$\{[A-Za-z_]\w*(:-[^}]*)?\}", re.ASCII)


def key_of(name: str) -> str:
    """Return a key, in quotes where it needs them."""
    return name if PLAIN.fullmatch(name) and ":" not in name else quoted(name, "$")


def scalar(text: str) -> str:
    """Return text whose variables and `$$` stand in it as they are meant, in quotes where it needs them."""
    return text if PLAIN.fullmatch(text) else quoted(text, "$")


def is_variable(text: str) -> bool:
    """Whether a value is a variable, and nothing else."""
    return _VARIABLE.fullmatch(text) is not None


def quoted(text: str, dollar: str = "$$") -> str:
    """Return text in quotes. Each `$` in it becomes `dollar`: as it stands it would begin a variable."""
    return f'"{"".join(map(_escaped, text.replace("$", dollar)))}"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def comment(text: str, indent: str) -> Iterator[str]:
    """Yield a sentence as comments, wrapped."""
    before = f"{indent}# "
    more = "" if text.endswith(".") else "  "
    yield from textwrap.wrap(
        printable(strike(text)), _WIDTH,
        initial_indent=before, subsequent_indent=before + more, break_on_hyphens=False,
    )  # fmt: skip
