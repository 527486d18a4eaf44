"""The settings of a QQ account behind an implementation of OneBot v11, and of its groups."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator, model_validator

from bridge import Claim, ListenAddress, Listening, Live, Model, Prompted, RoomId, WayOut, need_token

__all__ = ["NetworkConfig", "Pace", "RoomConfig", "room_id"]

_ROOM = re.compile(r"(group|private):([1-9][0-9]{0,19})", re.ASCII)


def _token(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be one word of ASCII, and not empty")
    return secret


def _here(listen: object) -> object:
    """Take a port alone for one of this machine alone."""
    return f"127.0.0.1:{listen}" if isinstance(listen, str) and listen.strip().isdecimal() else listen


class Pace(Model):
    """The pace in one group: QQ freezes accounts that say too much."""

    burst: Annotated[float, Field(ge=1, le=1e6)] = 5
    """So many messages at once, after a silence."""
    per_second: Annotated[float, Field(gt=0, le=1e6)] = 1
    """So many messages per second from then on."""


class NetworkConfig(WayOut):
    """One QQ account, behind NapCat, LLBot or the like."""

    url: Annotated[str | None, Prompted(), Field(examples=["ws://127.0.0.1:3001"])] = None
    """The address at which the implementation listens (its WebSocket server). There is no default:
    give this or `listen`."""
    listen: Annotated[ListenAddress | None, BeforeValidator(_here), Field(examples=["127.0.0.1:6700"])] = None
    """A port of this machine, or address and port, at which Hubbub listens for the implementation (its
    WebSocket client, or reverse WebSocket). There is no default: give this or `url`."""
    access_token: Annotated[SecretStr, AfterValidator(_token)]
    """The same token as in the implementation's settings. Whoever has it speaks as the account."""
    ca_file: Path | None = None
    """Certificates to trust, in PEM, for a `wss://` address with one of its own. By default the system's."""
    pace: Annotated[Pace, Live()] = Pace()
    """The pace in each group."""

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError("must be an address such as ws://127.0.0.1:3001")
        if parts.query or parts.username or parts.password:
            raise ValueError("must hold no token and no password: those belong into access_token")
        return url

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) == (self.listen is None):
            raise ValueError("give url, to connect to the implementation, or listen, for it to connect to us")
        if self.ca_file is not None and not (self.url or "").startswith("wss:"):
            raise ValueError("ca_file goes with an address in url that begins with wss://")
        if self.listen is not None and not self.is_direct:
            raise ValueError("proxy and source go with url: with listen, it is the others who connect")
        if self.listen is not None:
            need_token(self.listen, self.access_token)
        return self

    def claims(self) -> Mapping[str, Claim]:
        return {} if self.listen is None else {"listen": Listening(self.listen)}


class RoomConfig(Model):
    """One group, or one person."""

    example: ClassVar[str] = "group:123456"


def room_id(text: str) -> RoomId:
    """Return a group or a person by their QQ number, as `group:123` or `private:123`.

    Raises ValueError with a sentence.
    """
    if (found := _ROOM.fullmatch(text.strip().lower())) is not None:
        return RoomId(f"{found[1]}:{found[2]}")
    digits = "".join(re.findall("[0-9]", text[:100]))[:12] or "123456"
    raise ValueError(
        f'{text[:40]!r} is no QQ group: write "group:{digits}", or "private:{digits}" for a person'
    )
