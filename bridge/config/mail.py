"""How Hubbub sends mail, as a person writes it."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge.loopback import is_loopback

from .block import Model
from .host import Host
from .values import File, Line

__all__ = ["Address", "Mail"]

_ADDRESS = re.compile(r"[^\s@<>,;\"\\]+@[^\s@<>,;\"\\]+")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or not text.isprintable() or not text.isascii():
        raise ValueError("must be an address such as ada@example.org, in ASCII")
    return text


Address = Annotated[str, AfterValidator(_address)]
"""Where mail goes to, or comes from: the bare address."""


class Mail(Model):
    """The mail server by which Hubbub sends mail."""

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

    def located(self, folder: Path) -> "Mail":
        """Return the same with its file's whole name; `folder` is that of the configuration."""
        if self.ca_file is None:
            return self
        return self.model_copy(update={"ca_file": folder / self.ca_file.expanduser()})
