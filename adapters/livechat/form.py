"""The form that a visitor fills in before a chat begins."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bridge import Model

from .asked import NewVisit
from .refused import VisitRefused

__all__ = ["FormField", "Worded", "filled", "form_shown", "need_address", "worded"]

Worded = str | Mapping[str, str]
"""Words, or by language what they are: `{en: Size, zh: 尺码}`."""
_WHO = ("name", "mail")


class FormField(Model):
    """One thing that a visitor is asked for."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    """What agents see before the answer; `name` and `mail` say who the visitor is."""
    label: Worded = ""
    """What stands above it, also by language: `{en: Size, zh: 尺码}`. By default its name."""
    type: Literal["text", "email", "tel", "textarea", "select", "checkbox"] = "text"
    """How it is filled in."""
    required: bool = False
    """Whether no chat begins without it."""
    options: tuple[str, ...] = ()
    """Of a `select`: what can be chosen."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.type == "select") != bool(self.options):
            raise ValueError(f"{self.name}: `options` belong to `type: select`, which needs some")
        return self


def worded(words: Worded, language: str) -> str:
    """Return the words for a language (BCP 47), or the first ones that there are."""
    if isinstance(words, str):
        return words
    return words.get(language.partition("-")[0].lower()) or next(iter(words.values()), "")


def form_shown(form: tuple[FormField, ...], language: str) -> list[dict[str, object]]:
    """Return it as a page shows it."""
    return [field.model_dump() | {"label": worded(field.label, language)} for field in form]


def filled(form: tuple[FormField, ...], consent: Worded | None, asked: NewVisit) -> dict[str, str]:
    """Return what a visitor filled in, for agents. Raises VisitRefused where something is missing."""
    answers = {**asked.fields, "name": asked.name, "mail": asked.mail}
    for field in form:
        known = asked.identity is not None and field.name in _WHO
        answer = answers.get(field.name, "").strip()
        if field.required and not known and answer in ("", "false"):
            raise VisitRefused(400, "form", f"{worded(field.label, asked.language) or field.name}: ?")
        if field.options and answer and answer not in field.options:
            raise VisitRefused(400, "form", f"{worded(field.label, asked.language) or field.name}: ?")
    if consent is None:
        return asked.fields
    if not asked.consent:
        raise VisitRefused(400, "form", worded(consent, asked.language))
    return {**asked.fields, "consent": "yes"}


def need_address(form: tuple[FormField, ...], mail: str, language: str) -> None:
    """Raise VisitRefused where a message is left without an address to answer to."""
    if not mail.strip():
        label = next((worded(field.label, language) for field in form if field.name == "mail"), "")
        raise VisitRefused(400, "form", f"{label or 'mail'}: ?")
