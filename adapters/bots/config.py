"""The settings of a network of bots and of its rooms."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from bridge import Claim, ListenAddress, Listening, Model, RoomId, address_of, need_token

from .numbers import LARGEST

__all__ = ["NetworkConfig", "RoomConfig", "room_id"]

_LONGEST = 100


def _line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must be one line of text, and not empty")
    return text


def _secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be one word of letters, digits and signs")
    return secret


def _address(*schemes: str) -> AfterValidator:
    def check(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.hostname or not text.isprintable() or " " in text:
            raise ValueError(f"must be an address that begins with {' or '.join(f'{s}://' for s in schemes)}")
        if parts.username or parts.password:
            raise ValueError("must hold no password: the token has a setting of its own")
        return text

    return AfterValidator(check)


Line = Annotated[str, AfterValidator(_line)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
SocketAddress = Annotated[str, _address("ws", "wss")]
WebAddress = Annotated[str, _address("http", "https")]


class NetworkConfig(Model):
    """Bots written for OneBot v11, which connect to Hubbub: one person, or several."""

    nickname: Annotated[Line, Field(max_length=60, examples=["pricebot"])]
    """The name by which people call the bot, everywhere."""
    self_id: Annotated[int, Field(ge=1, le=LARGEST)] | None = None
    """The bot's own number, which some frameworks want to know before. By default one is made from the
    network's name, and logged.
    """
    listen: ListenAddress = "127.0.0.1:5700"
    """The address and port at which bots connect, by WebSocket or HTTP. Any address but this machine's own
    needs a `token` of 16 letters or more.
    """
    url: WebAddress | None = None
    """The address at which bots on other machines reach `listen`: addresses of files begin with it."""
    token: Secret | None = None
    """OneBot's `access_token`: what bots show to us, and we to them."""
    connect: tuple[SocketAddress, ...] = ()
    """Addresses of bots to which Hubbub connects (reverse WebSocket)."""
    post: tuple[WebAddress, ...] = ()
    """Addresses of bots to which events are posted (HTTP POST)."""
    secret: Secret | None = None
    """With what posted events are signed (`X-Signature`)."""
    heartbeat: Annotated[float, Field(ge=1, le=15)] = 15
    """Seconds between two signs of life, in both directions."""
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """For how many days bots can ask for messages and files again."""

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        need_token(self.listen, self.token)
        return self

    def claims(self) -> Mapping[str, Claim]:
        return {"listen": Listening(self.listen)}

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen at."""
        return address_of(self.listen)

    @property
    def access(self) -> str:
        """The token; empty: there is none."""
        return self.token.get_secret_value() if self.token is not None else ""


class RoomConfig(Model):
    """One group."""

    example: ClassVar[str] = "shop"


def room_id(text: str) -> RoomId:
    """Return the name of a group. Raises ValueError with a sentence."""
    if not text or not text.isprintable() or " " in text:
        raise ValueError(f'{text!r} cannot be a group of bots: give it a name of one word, such as "shop"')
    if len(text) > _LONGEST:
        raise ValueError(f"{text[:40]!r}... cannot be a group of bots: it is longer than {_LONGEST} letters")
    return RoomId(text)
