"""How the archive is filed, as a person writes it: tags, saved searches, and the mail that tells of them."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge.loopback import is_loopback

from .block import Model
from .host import Host
from .values import File, Line, TimeZone

__all__ = ["Address", "DailyMail", "Mail", "TagName", "TimeOfDay", "tag_name"]

_ADDRESS = re.compile(r"[^\s@<>,;\"\\]+@[^\s@<>,;\"\\]+")
_LONGEST_TAG = 40
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def tag_name(text: str) -> str:
    """Return a tag as it is kept, however it is written: `Offer` and `#offer` are one. Raises ValueError."""
    name = unicodedata.normalize("NFKC", text).strip().removeprefix("#").casefold()
    if not name or len(name) > _LONGEST_TAG or not all(c.isalnum() or c in "-_." for c in name):
        raise ValueError(f"must be one word of at most {_LONGEST_TAG} letters, digits, - _ or .")
    return name


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or not text.isprintable() or not text.isascii():
        raise ValueError("must be an address such as ada@example.org, in ASCII")
    return text


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("must be a time of day such as 07:30")
    return text


TagName = Annotated[str, AfterValidator(tag_name)]
Address = Annotated[str, AfterValidator(_address)]
"""Where mail goes to, or comes from: the bare address."""
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
"""Hours and minutes, from 00:00 to 23:59."""


class Mail(Model):
    """The mail server by which the archive sends mail."""

    server: Annotated[Host, Field(description="Its name, which its certificate must be for.")]
    port: Annotated[
        int | None,
        Field(
            ge=1, le=65535, description="By default 587 with `starttls`, 465 with `tls` and 25 with `none`."
        ),
    ] = None
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="How the connection is encrypted; `none` only to this machine itself."),
    ] = "starttls"
    ca_file: Annotated[
        File | None, Field(description="Further authorities to believe, in PEM; relative to this file.")
    ] = None
    sender: Annotated[
        Address, Field(alias="from", description="Who the mail is from.", examples=["hubbub@example.org"])
    ]
    user: Annotated[Line | None, Field(description="The account there, if it wants one.")] = None
    password: Annotated[SecretStr | None, Field(description="The account's password.")] = None

    @model_validator(mode="after")
    def _is_safe(self) -> "Mail":
        if self.security == "none" and not is_loopback(self.server):
            raise ValueError("security: none sends in the clear: only to 127.0.0.1, ::1 or localhost")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self

    @property
    def reached_at(self) -> int:
        """The port."""
        return self.port or _PORTS[self.security]


class DailyMail(Model):
    """A mail each day with what saved searches newly found."""

    to: Annotated[
        tuple[Address, ...],
        Field(min_length=1, description="Whom it goes to.", examples=[["ada@example.org"]]),
    ]
    at: Annotated[TimeOfDay, Field(description="When it is sent.")] = "07:00"
    time_zone: Annotated[TimeZone, Field(description="The zone of that time, and of those in the mail.")] = (
        "UTC"
    )
    searches: Annotated[
        tuple[Line, ...] | None, Field(min_length=1, description="Which of `searches`; by default all.")
    ] = None
