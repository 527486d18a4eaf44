"""Known secrets, struck out of what is logged, shown or told: a server may quote what we sent to it."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus

__all__ = ["forget", "know", "strike"]

_STRUCK = "[secret]"
_SHORT = 6
"""Characters. What is shorter is struck out only where it stands alone: it may be a part of any word."""

_known: set[str] = set()
_pattern: re.Pattern[str] | None = None


def know(secrets: Iterable[str]) -> None:
    """Strike these out as well from now on, in every encoding that they travel in."""
    global _pattern  # noqa: PLW0603 - one process has one log
    _known.update(form for secret in secrets if secret.strip() for form in _forms(secret))
    # the longest first: one may be a part of another
    forms = sorted(_known, key=lambda form: (-len(form), form))
    _pattern = re.compile("|".join(map(_alone, forms))) if forms else None


def forget() -> None:
    """Know no secret any more."""
    _known.clear()
    know(())


def strike(text: str) -> str:
    """Return the text without any secret that is known."""
    return _pattern.sub(_STRUCK, text) if _pattern is not None else text


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it stands, as Python, JSON, XML and addresses have it, and in the midst of base64."""
    yield secret
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    xml = escape(secret, quote=False)
    yield xml
    yield xml.replace('"', "&quot;")
    yield xml.replace('"', "&quot;").replace("'", "&apos;")
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    data = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        # what begins and ends between two letters of base64 depends on what stands beside it
        text = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        whole = text[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]
        if len(whole) >= _SHORT:
            yield whole
            yield whole.translate(str.maketrans("+/", "-_"))


def _alone(form: str) -> str:
    pattern = re.escape(form)
    return pattern if len(form) >= _SHORT else rf"(?<!\w){pattern}(?!\w)"
