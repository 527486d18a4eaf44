"""Shows a desk to a page before there is a chat."""

from bridge.desk import Welcome

from .config import RoomConfig
from .form import form_shown, worded

__all__ = ["desk_shown"]


def desk_shown(found: Welcome, rules: RoomConfig | None, language: str, **more: object) -> dict[str, object]:
    """Return what a page shows of a desk before there is a chat, with `more` that others know."""
    files = rules.files if rules is not None else None
    return {
        "open": found.is_open,
        "until": found.until if found.is_open else None,
        "next": None if found.is_open else found.until,
        "hours": found.hours,
        "expect": found.expect,
        "form": form_shown(rules.form, language) if rules is not None else [],
        "consent": worded(rules.consent, language) if rules is not None and rules.consent else None,
        "texts": {name: worded(text, language) for name, text in rules.texts.items()} if rules else {},
        "files": {"types": files.types, "most": files.most} if files is not None else None,
        "away_form": True,
        "language": language,
    } | more
