"""Saved answers, and how they are found. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

__all__ = ["SavedAnswer", "SavedAnswers", "languages_of"]

_CLOSE = 3


def languages_of(language: str) -> Sequence[str]:
    """Return a language and what it is a kind of, by BCP 47: `zh-Hant-TW`, `zh-Hant`, `zh`."""
    parts = language.lower().replace("_", "-").split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """One answer, in one language or several."""

    key: str
    texts: Mapping[str, str]
    """By language, in lower case; "" is for any."""
    also: tuple[str, ...] = ()
    """Words that visitors ask for it with, besides its key."""

    def text(self, languages: Iterable[str]) -> str:
        """Return it in the first of these languages that it has, or else as it stands first."""
        for language in (one for wanted in languages for one in languages_of(wanted)):
            if language in self.texts:
                return self.texts[language]
        return self.texts.get("") or next(iter(self.texts.values()))


@dataclass(frozen=True, slots=True)
class SavedAnswers:
    """All of a desk."""

    by_key: Mapping[str, SavedAnswer] = field(default_factory=dict)
    """By the key in lower case, in the order of the file."""

    def __iter__(self) -> Iterator[SavedAnswer]:
        return iter(self.by_key.values())

    def __len__(self) -> int:
        return len(self.by_key)

    def find(self, key: str) -> SavedAnswer | Sequence[str]:
        """Return the answer of a key, or of the only one that begins so; else the keys that may be meant."""
        wanted = key.casefold()
        if (found := self.by_key.get(wanted)) is not None:
            return found
        begin = [answer for folded, answer in self.by_key.items() if folded.startswith(wanted)]
        if wanted and len(begin) == 1:
            return begin[0]
        close = get_close_matches(wanted, self.by_key, n=_CLOSE)
        return [answer.key for answer in begin] or [self.by_key[one].key for one in close]

    def having(self, word: str) -> list[SavedAnswer]:
        """Return those with a word somewhere in them; all, for no word."""
        wanted = word.casefold()
        return [
            answer
            for answer in self
            if any(wanted in text.casefold() for text in (answer.key, *answer.also, *answer.texts.values()))
        ]
