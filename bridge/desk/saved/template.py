"""The text of a saved answer, which has names in braces where a chat's own words come. Pure.

`{visitor}` is what the visitor is called, `{visitor|there}` is `there` where nobody knows; a brace that is
meant as text is written twice.
"""

from collections.abc import Collection, Mapping
from string import Formatter

__all__ = ["VARIABLES", "check_text", "filled"]

VARIABLES = ("visitor", "agent", "desk", "hours", "page")
"""What is known of every chat; what visitors put into the form besides has its own names."""


def _pieces(text: str) -> list[tuple[str, str | None, str | None]]:
    """Return the text in pieces: words as they are, with the name that stands behind them, and what stands
    there where it is not known. Raises ValueError.
    """
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("has a { or } too many: a brace that is meant as text is written twice") from None
    found: list[tuple[str, str | None, str | None]] = []
    for words, field, spec, conversion in parsed:
        if field is None:
            found.append((words, None, None))
            continue
        name, bar, otherwise = field.partition("|")
        if spec or conversion or not name.strip():
            raise ValueError("has braces with no name: {visitor}, or {visitor|there} where nobody knows it")
        found.append((words, name.strip(), otherwise if bar else None))
    return found


def check_text(text: str) -> set[str]:
    """Return the names in a text. Raises ValueError with what to do about it."""
    return {name for _, name, _ in _pieces(text) if name is not None}


def filled(text: str, values: Mapping[str, str]) -> tuple[str, Collection[str]]:
    """Return a text with values in place of their names, and the names that had none; "" is none."""
    said: list[str] = []
    lacking: dict[str, None] = {}
    for words, name, otherwise in _pieces(text):
        said.append(words)
        if name is not None:
            value = values.get(name, "") or otherwise
            if value is None:
                lacking[name] = None
            said.append(value or "")
    return "".join(said), tuple(lacking)
