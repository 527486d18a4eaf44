"""The console's pages as text, in the language of whoever reads them."""

import gettext
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from rich.filesize import decimal

from bridge.identity.names import safe_name
from bridge.language import translations

__all__ = ["LANGUAGES", "day_of", "fragment", "language_of", "own_name", "page", "zone_of"]

_CATALOGUES = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.po"))}
LANGUAGES = ("en", *_CATALOGUES)
"""What can be chosen, by BCP 47: a new catalogue beside this file is a new language."""
_ENGLISH = "English"
"""What each catalogue translates with the name of its own language."""
COOKIE = "hubbub-language"
ZONE = "hubbub-zone"


def language_of(request: web.Request) -> str:
    """Return the language that somebody chose, or that their browser prefers."""
    chosen = request.query.get("lang", request.cookies.get(COOKIE, ""))
    if chosen in LANGUAGES:
        return chosen
    wishes = []
    for wish in request.headers.get("Accept-Language", "")[:200].split(","):
        name, _, weight = wish.partition(";q=")
        wishes.append((-_weight(weight), name.strip().lower().partition("-")[0]))
    return next((name for weight, name in sorted(wishes) if weight and name in LANGUAGES), "en")


def zone_of(request: web.Request) -> ZoneInfo:
    """Return the time zone of somebody's browser, which the script tells us; UTC: it did not."""
    try:
        return ZoneInfo(request.cookies.get(ZONE, "UTC")[:100])
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return ZoneInfo("UTC")


def page(name: str, language: str, values: Mapping[str, Any]) -> str:
    """Return a whole page."""
    return _environment(language).get_template(f"{name}.html").render(values, language=language)


def fragment(name: str, language: str, values: Mapping[str, Any]) -> str:
    """Return a part of a page, which changes while somebody looks at it."""
    return str(_environment(language).get_template(f"_{name}.html").render(values, language=language))


def own_name(language: str) -> str:
    """Return what a language calls itself."""
    return _speech(language).gettext(_ENGLISH)


@lru_cache
def _speech(language: str) -> gettext.NullTranslations:
    return translations(_CATALOGUES[language]) if language in _CATALOGUES else gettext.NullTranslations()


@lru_cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=PackageLoader("bridge.console"),
        autoescape=True,  # for every template, whatever its name
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.install_gettext_translations(_speech(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {"moment": _moment, "clock": _clock, "hour": _hour, "day": day_of, "code": _code}
    made.filters |= {
        "shown": safe_name,
        "size": decimal,
        "short": "{:g}".format,
        "count": "{:,}".format,
        "without": _without,
    }
    made.globals["languages"] = [(code, own_name(code)) for code in LANGUAGES]
    return made


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def _moment(when: float) -> Markup:
    """Show a point in time, which the script shows as the visitor's clock does."""
    then = datetime.fromtimestamp(when, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        then.isoformat(timespec="seconds"), then.strftime("%Y-%m-%d %H:%M UTC")
    )


def _clock(when: float) -> Markup:
    """Show a time of day, with seconds."""
    then = datetime.fromtimestamp(when, UTC)
    return Markup('<time class="clock" datetime="{}">{}</time>').format(
        then.isoformat(timespec="milliseconds"), then.strftime("%H:%M:%S")
    )


def _hour(when: float, zone: tzinfo) -> Markup:
    """Show a time of day, without seconds, as the clocks of a zone do."""
    then = datetime.fromtimestamp(when, zone)
    return Markup('<time class="hour" datetime="{}">{}</time>').format(
        then.isoformat(timespec="milliseconds"), then.strftime("%H:%M")
    )


def day_of(when: float, zone: tzinfo) -> str:
    """Return the day of a point in time in a zone: `2026-11-28`."""
    return datetime.fromtimestamp(when, zone).date().isoformat()


def _without(query: Mapping[str, str], key: str) -> list[tuple[str, str]]:
    """Return what a query asks for but for one thing."""
    return [(name, text) for name, text in query.items() if name != key]


def _code(text: str) -> Markup:
    """Set apart what stands in backticks."""
    parts = str(escape(text)).split("`")
    return Markup("".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)))  # noqa: S704 -- escaped above
