"""The settings of a TOC server and of its chat rooms."""

import re
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge import Host, Model, WayOut, is_loopback

__all__ = ["NetworkConfig", "RoomConfig"]


def _screen_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ]{1,30}", text):
        raise ValueError("must be a screen name: letters, digits and spaces")
    return text


class NetworkConfig(WayOut):
    """One account at one server that speaks TOC, as AIM and ICQ did."""

    server: Annotated[Host, Field(examples=["127.0.0.1"])]
    """The server's name or address, without a port."""
    port: Annotated[int, Field(ge=1, le=65535)] = 9898
    """The server's port for TOC."""
    screen_name: Annotated[str, AfterValidator(_screen_name), Field(examples=["Hubbub"])]
    """The account's name, or its number on ICQ."""
    password: Annotated[SecretStr, Field(min_length=1)]
    """The account's password: used nowhere else, since everybody on the way to the server can read it."""
    insecure: bool = False
    """Whether a server may be used that is not on this machine, though TOC encrypts nothing."""
    burst: Annotated[float, Field(ge=1)] = 5
    """So many messages at once, after a silence."""
    per_second: Annotated[float, Field(gt=0)] = 0.4
    """So many messages per second from then on: servers drop what comes faster."""

    @model_validator(mode="after")
    def _is_told(self) -> Self:
        if not self.insecure and not is_loopback(self.server.lower()):
            raise ValueError(
                "TOC encrypts nothing, and everybody on the way can read the password: use a server on this"
                " machine, or a tunnel to it, or write insecure: true"
            )
        return self


class RoomConfig(Model):
    """One chat room."""

    example: ClassVar[str] = "lobby"
