"""Which people on the network are ours, so that nothing is made of what they say. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge import BoundedDict

__all__ = ["OwnPeople"]

_MOST = 20_000
_LOWER = str.maketrans({chr(upper): chr(upper + 32) for upper in range(65, 91)})


@dataclass(slots=True)
class Bearer:
    """Somebody of ours, by the nick that they have or had."""

    key: str
    """Who they are (`Speaker.key`)."""
    mask: str = ""
    """Their user@host, as the network shows it; "" before it is known."""
    here: bool = False
    """Whether the nick is theirs for certain, since they are connected by it."""


class OwnPeople:
    """All nicks that people from elsewhere have or had.

    A nick that is free can become anybody's: it counts together with a mask, which nobody else can choose.
    """

    def __init__(self) -> None:
        self._bearers: BoundedDict[str, Bearer] = BoundedDict(_MOST)

    def __bool__(self) -> bool:
        return bool(self._bearers)

    def __contains__(self, source: str) -> bool:
        """Whether this prefix, or nick alone, is one of ours."""
        return self.who(source) is not None

    def who(self, source: str) -> str | None:
        """Return who is behind a prefix; None: nobody of ours. Where no mask is shown, the nick has to do."""
        nick, _, mask = source.partition("!")
        bearer = self._bearers.get(nick.translate(_LOWER))
        if bearer is None or (mask and bearer.mask and mask != bearer.mask):
            return None
        return bearer.key

    def came(self, nick: str, key: str) -> None:
        """Note that somebody of ours is connected by this nick. Their mask is still to be shown."""
        self._bearers[nick.translate(_LOWER)] = Bearer(key, here=True)

    def expect(self, nick: str, other: str) -> None:
        """Note that somebody who is connected by a nick has asked for another one."""
        if (bearer := self._bearers.get(nick.translate(_LOWER))) is not None:
            self._bearers.setdefault(other.translate(_LOWER), Bearer(bearer.key, bearer.mask))

    def renamed(self, nick: str, other: str) -> None:
        """Note that somebody has another nick now."""
        if (bearer := self._bearers.get(nick.translate(_LOWER))) is not None:
            bearer.here = False
            self._bearers[other.translate(_LOWER)] = Bearer(bearer.key, bearer.mask, here=True)

    def learn(self, source: str) -> None:
        """Take the mask of somebody who is here from what the network shows."""
        nick, _, mask = source.partition("!")
        bearer = self._bearers.get(nick.translate(_LOWER))
        if bearer is not None and bearer.here and "@" in mask:
            bearer.mask = mask

    def went(self, nick: str) -> None:
        """Note that somebody's connection is gone. What they said still counts as ours, and so does what the
        network tells of their going.
        """
        if (bearer := self._bearers.get(nick.translate(_LOWER))) is not None:
            bearer.here = False

    def kept(self) -> dict[str, tuple[str, str]]:
        """Return what to remember over a restart: key and mask by nick."""
        return {nick: (one.key, one.mask) for nick, one in self._bearers.items() if one.mask}

    def remember(self, kept: Mapping[str, tuple[str, str]]) -> None:
        """Take in what was remembered."""
        for nick, (key, mask) in kept.items():
            self._bearers[nick] = Bearer(key, mask)
