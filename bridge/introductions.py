"""What the bot says of itself to strangers."""

from .config import Config
from .language import locale

__all__ = ["introduction", "introductions"]


def introductions(config: Config) -> dict[str, str]:
    """Return what the bot says of itself to anybody on a network: what it is, and who answers for it. Not
    which rooms it joins: some of them are private. In the language of those rooms, if they share one.
    """
    spoken: dict[str, set[str]] = {}
    for conversation in config.conversations.values():
        for entry in conversation.rooms:
            spoken.setdefault(entry.network, set()).add(entry.show.language)
    return {
        network: introduction(config.owner, languages.pop() if len(languages) == 1 else "en")
        for network, languages in spoken.items()
    }


def introduction(owner: str | None, language: str) -> str:
    """Return what is said of the bot in one language."""
    there = locale(language, None)
    return there.gettext(
        "I am a bridge (Hubbub) and no person: I carry what is said between rooms on several networks. "
        "I do not read private messages. For questions, ask {owner}.",
        owner=owner or there.gettext("the people who invited me"),
    )
