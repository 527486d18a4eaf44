"""The author's name beside a message that its sender says for somebody else (MSC4144). Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from bridge import Byline, Sender, UserId

from .untrusted import clean, mapping, text_of

__all__ = ["FALLBACK", "PROFILE", "Profile", "marked", "profile_of", "profile_to", "said_under"]

PROFILE = "com.beeper.per_message_profile"
_STABLE = "m.per_message_profile"
FALLBACK = "data-mx-profile-fallback"
"""The attribute of the name in formatted words, for clients that know no profiles."""
_MOST_BYTES = 255
_LONGEST_NAME = 28
"""Characters of a name that an account gives itself: behind it remains room for the account's own."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Under what name something is said, by its sender's word."""

    id: str
    """Opaque, and of this sender alone."""
    name: str
    has_fallback: bool

    def without_name(self, text: str) -> str:
        """Return the words without the name before them, where it is there."""
        return text.removeprefix(f"{self.name}: ") if self.has_fallback else text


def profile_of(content: Mapping[str, Any]) -> Profile | None:
    """Return the profile of a message; None: it is said under the sender's own name."""
    found = mapping(content.get(PROFILE) or content.get(_STABLE))
    id_, name = found.get("id"), found.get("displayname")
    if not (isinstance(id_, str) and isinstance(name, str) and _fits(id_) and _fits(name) and name.strip()):
        return None
    return Profile(id_, name, found.get("has_fallback") is True)


def said_under(profile: Profile | None, sender: Sender) -> Sender:
    """Return who says something under a profile. Nobody can take over another's name by that: their own
    account is named behind it, and what else is theirs is bound to that.
    """
    if profile is None:
        return sender
    user = UserId(f"{sender.id}/{_digest(profile.id)}")
    name = " ".join(text_of(profile.name).split())
    if name != sender.name:
        short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        name = f"{short} (via {sender.name})"
    return Sender(user, name, account=sender.id)


def profile_to(byline: Byline, text: str) -> dict[str, Any] | None:
    """Return the profile of a message of ours; None: its author's name is too long."""
    before = text[: byline.end]
    # with its template of names a room can be one whose plain words clients take the name from as well
    whole = before[:-1] if not byline.start and before.endswith(":") else ""
    name = next((name for name in (whole, byline.name) if name and _fits(name)), None)
    return {"id": _digest(byline.key), "displayname": clean(name)} if name is not None else None


def marked(html: str, byline: Byline, text: str) -> str | None:
    """Return formatted words whose name is marked as what a profile says too; None: it is not there."""
    end = byline.end + text.startswith(" ", byline.end)
    before, name = (
        escape(clean(part), quote=False) for part in (text[: byline.start], text[byline.start : end])
    )
    if byline.start == byline.end or not html.startswith(before + name):
        return None
    return f"{before}<strong {FALLBACK}>{name}</strong>{html[len(before + name) :]}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _fits(text: str) -> bool:
    """Whether a profile may hold this ("Field limits")."""
    return bool(text) and "\0" not in text and len(text.encode(errors="surrogatepass")) <= _MOST_BYTES
