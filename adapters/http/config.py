"""The settings of a network of programs and of its rooms."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from bridge import Claim, ListenAddress, Listening, Live, Model, WayOut, address_of, need_token

from .signing import key_of

__all__ = ["NetworkConfig", "RoomConfig"]


def _token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be ASCII letters and digits without spaces: `openssl rand -hex 20` makes one")
    return token


def _secret(secret: SecretStr) -> SecretStr:
    key_of(secret.get_secret_value())
    return secret


def _to(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError("must be an address such as https://shop.example.org/hubbub")
    if parts.username is not None or parts.fragment or parts.port == 0:  # asking for the port checks it
        raise ValueError("must be an address without user, password and #: the secret says who we are")
    return text


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Secret = Annotated[SecretStr, AfterValidator(_secret)]


class NetworkConfig(WayOut):
    """Programs that talk over HTTP, and one port for them."""

    listen: ListenAddress = "127.0.0.1:4242"
    """An address of this machine and a port, for programs to reach us. One that other machines reach needs a
    `token`, and a proxy before it that speaks HTTPS.
    """
    token: Annotated[SecretStr, AfterValidator(_token), Live()] | None = None
    """The word that programs show to be let in (`Authorization: Bearer`). By default every program on this
    machine is, and no other.
    """

    @model_validator(mode="after")
    def _whole(self) -> Self:
        need_token(self.listen, self.token)
        return self

    def claims(self) -> Mapping[str, Claim]:
        return {"listen": Listening(self.listen)}

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return address_of(self.listen)


class RoomConfig(Model):
    """One room: what matterbridge calls a gateway."""

    example: ClassVar[str] = "shop"

    to: Annotated[str, AfterValidator(_to), Field(examples=["https://shop.example.org/hubbub"])] | None = None
    """The address to which all that is said elsewhere is posted, signed. By default programs fetch it
    (`/api/messages`, `/api/stream`, `/api/websocket`).
    """
    secret: Annotated[
        tuple[Secret, ...],
        BeforeValidator(_several),
        Field(max_length=5, json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array"}]}),
    ] = ()
    """The secret that signs webhooks, those that we post and those that others post to `/webhook/ROOM`:
    `whsec_` and 24 to 64 bytes in base64. While it is changed, a list of two: both sign, and both are taken.
    By default there are none.
    """

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.to is not None and not self.secret:
            raise ValueError(
                'to: needs a secret: beside it; `echo "whsec_$(openssl rand -base64 32)"` makes one'
            )
        return self

    @property
    def secrets(self) -> list[str]:
        """The secrets themselves."""
        return [secret.get_secret_value() for secret in self.secret]
