"""Tells whoever comes from elsewhere, such as a visitor of a web page, that they are archived, before their
first word.
"""

from bridge.language import N_, spoken
from bridge.language.spans import span
from bridge.model import RoomId

from .policy import Policy

__all__ = ["told_first"]

_WORDS = N_("What is written here is archived and kept for {time}.")
_FILES = N_("What is written here is archived and kept for {time}, files too.")
_FACTS = N_("It is archived who writes here and when, but not what, and kept for {time}.")


def told_first(policy: Policy, place: tuple[str, RoomId], language: str) -> str:
    """Return what is archived of a room, by its network and name, and for how long; empty: nothing is."""
    locale, told = spoken(language), []
    for name in policy.by_room.get(place, ()):
        kept = policy.kept[name]
        sentence = _FACTS if not kept.text else _FILES if kept.files else _WORDS
        told.append(locale.gettext(sentence, time=span(kept.keep, locale)))
    return " ".join(told)
