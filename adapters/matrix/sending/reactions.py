"""Reactions that are known without asking. Pure state."""

from dataclasses import dataclass, field

from bridge import BoundedDict, MessageCreated, ReactionsChanged, TalkEvent

__all__ = ["Ours", "Reactions", "bare"]

_MOST_MESSAGES = 1000
_MOST_WRITTEN = 1000
_NOBODY = ""
_VARIATIONS = str.maketrans("", "", "\ufe0e\ufe0f")

Ours = dict[str, list[str]]
"""The events of our reactions to one message, by emoji without variation selectors."""


def bare(key: str) -> str:
    """Return a reaction without variation selectors: most clients send some, others none."""
    return key.translate(_VARIATIONS)


@dataclass(slots=True)
class Reactions:
    """Our reactions to the newest messages, so that one more costs one request; and people's spelling."""

    _ours: BoundedDict[tuple[str, str], Ours] = field(default_factory=lambda: BoundedDict(_MOST_MESSAGES))
    """By message and by who reacts; by "" while nobody has."""
    _written: BoundedDict[str, str] = field(default_factory=lambda: BoundedDict(_MOST_WRITTEN))

    def heard(self, event: TalkEvent) -> None:
        """Take in a live event. Not for history: we may have reacted to what stands there."""
        if isinstance(event, MessageCreated):
            self.said(event.id)
        elif isinstance(event, ReactionsChanged):
            for key in event.added:
                self.seen(key)

    def said(self, event: str) -> None:
        """Note a new message: nobody can have reacted to it yet."""
        self._ours.setdefault((event, _NOBODY), {})

    def seen(self, key: str) -> None:
        """Note how somebody writes a reaction."""
        self._written[bare(key)] = key

    def written(self, key: str) -> str:
        """Return a reaction as people here write it: clients count as one only what is written alike."""
        return self._written.get(bare(key), key)

    def take(self, event: str, user: str) -> Ours | None:
        """Take out the reactions of one of us to an event; None: unknown. They stay unknown until `keep`."""
        nothing = self._ours.pop((event, _NOBODY), None)
        return self._ours.pop((event, user), nothing)

    def keep(self, event: str, user: str, ours: Ours) -> None:
        """Remember the reactions of one of us as they are now."""
        self._ours[event, user] = ours
