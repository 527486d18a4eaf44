"""How Hubbub speaks to people: its own sentences in their language, and times as their clocks show them.

The sentences stand in the code in English. What they are in another language stands beside this file, in a
catalogue of GNU gettext (`de.po`): a new file is a new language, and needs no code.
"""

import gettext
import io
import time
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

__all__ = ["ENGLISH", "LANGUAGES", "N_", "Locale", "locale", "spoken", "translations"]

_CATALOGUES = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.po"))}
LANGUAGES = ("en", *_CATALOGUES)
"""What can be chosen, by BCP 47."""


def N_(message: str) -> str:  # noqa: N802 - its name in every project that uses gettext
    """Mark a sentence for the catalogues that is translated later, when it is known for whom."""
    return message


class Locale:
    """A language, and the zone of the times that are told."""

    def __init__(self, language: str, zone: str | None) -> None:
        """`zone` is a name such as Europe/Berlin; None: UTC, which is said."""
        self.language, self.zone = language, zone
        self._catalogue = _catalogue(language)
        self._zone = ZoneInfo(zone) if zone is not None else None

    def gettext(self, message: str, /, **values: object) -> str:
        """Return the sentence, with the values in place of their names in braces."""
        found = self._catalogue.gettext(message)
        return found.format(**values) if values else found

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Return the sentence that fits a number, which is {number} in it."""
        return self._catalogue.ngettext(one, many, number).format(number=number, **values)

    def clock(self, when: float, now: float) -> str:
        """Return a time of day, with the date when that is not the day of `now`, and with its zone unless
        people chose that.
        """
        if self._zone is None:
            then, day = time.gmtime(when), time.gmtime(now)[:3]
        else:
            then = datetime.fromtimestamp(when, self._zone).timetuple()
            day = datetime.fromtimestamp(now, self._zone).timetuple()[:3]
        date = "" if then[:3] == day else "%Y-%m-%d "
        return time.strftime(f"{date}%H:%M" if self._zone is not None else f"{date}%H:%M UTC", then)


@lru_cache(maxsize=256)
def locale(language: str, zone: str | None) -> Locale:
    """Return the locale of a language among `LANGUAGES`. Raises ZoneInfoNotFoundError."""
    return Locale(language, zone)


def spoken(language: str) -> Locale:
    """Return how somebody is spoken to by what their browser says, such as `zh-CN`; English where that is
    none of `LANGUAGES`.
    """
    found = language.partition("-")[0].casefold()
    return locale(found if found in LANGUAGES else "en", None)


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    return translations(_CATALOGUES[language])


def translations(catalogue: Path) -> gettext.NullTranslations:
    """Read a catalogue, whose file is named after its language."""
    # half as much again to start with, for those alone who speak another language
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with catalogue.open("rb") as file:
        write_mo(compiled, read_po(file, locale=catalogue.stem.replace("-", "_")))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


ENGLISH = locale("en", None)
"""For logs, and for people of whom nothing else is known."""
