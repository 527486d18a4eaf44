"""The settings of a network of visitors, and of its desks."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from bridge import (
    Around,
    Claim,
    ListenAddress,
    Listening,
    Live,
    Model,
    Prompted,
    address_of,
    is_loopback,
)
from bridge.desk import DeskRules

from .attachments import FileRules
from .form import FormField, Worded
from .guard.config import GuardRules
from .post.config import DeskMail

__all__ = ["NetworkConfig", "RoomConfig"]

_SHORTEST = 16
_SERVER = "write `mail: {server: mail.example.org, from: desk@example.org}` at the top of the map"
_LINKS = "name `public_url` at the top-level `media:`"


def _origin(text: str) -> str:
    text = text.removesuffix("/")  # as it is copied from a browser
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or text != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError(
            "must be where pages of the shop come from, without a path, such as https://shop.example"
        )
    return text.lower()


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _public(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://chat.shop.example")
    return text.rstrip("/")


def _proxy(text: str) -> str:
    ipaddress.ip_network(text)  # raises ValueError with a sentence
    return text


def _secret(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _SHORTEST:
        raise ValueError(f"must have {_SHORTEST} letters or more: `openssl rand -hex 32` makes one")
    return secret


class NetworkConfig(Model):
    """Visitors of a web page, who come to this listener."""

    listen: ListenAddress = "127.0.0.1:8490"
    """An address of this machine and a port, for a web server before us that speaks HTTPS. One that other
    machines reach needs `proxies`.
    """
    public_url: Annotated[
        Annotated[str, AfterValidator(_public)] | None,
        Live(),
        Prompted(),
        Field(examples=["https://chat.shop.example"]),
    ] = None
    """The address by which browsers reach the chat: that of a web server with HTTPS, which passes everything
    on to `listen`. Without one, a browser on this machine alone can try it.
    """
    origins: Annotated[
        tuple[Annotated[str, AfterValidator(_origin)], ...],
        BeforeValidator(_several),
        Live(),
        Prompted(),
        Field(
            examples=["https://shop.example"],
            json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array"}]},
        ),
    ] = ()
    """Where the pages come from that may show the widget, one or a list: no other page's script gets an
    answer. By default those of `public_url` alone, if any.
    """
    proxies: tuple[Annotated[str, AfterValidator(_proxy)], ...] = ()
    """Addresses of web servers on other machines that come here for visitors, such as `10.0.0.5` or
    `10.0.0.0/24`: what they say of a visitor's address (`X-Forwarded-For`) is believed, and nobody else but
    this machine is answered.
    """
    secret: Annotated[SecretStr, AfterValidator(_secret), Live()] | None = None
    """What the shop signs the names of customers with who have logged in. By default nobody can say who they
    are with proof.
    """
    guard: GuardRules = GuardRules()
    """What visitors may do, how often, and who is asked about them."""
    connections: Annotated[int, Field(ge=10, le=100_000)] = 2000
    """So many connections of visitors at most, at a time: an open chat has one or two."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.proxies and not is_loopback(address_of(self.listen)[0]):
            raise ValueError(
                f"listen: {self.listen} can be reached from other machines: name the web server before it"
                " that speaks HTTPS (`proxies:`), or listen on 127.0.0.1"
            )
        return self

    def claims(self) -> Mapping[str, Claim]:
        return {"listen": Listening(self.listen)}

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return address_of(self.listen)


class RoomConfig(DeskRules):
    """One desk."""

    example: ClassVar[str] = "sales"

    files: Annotated[
        FileRules | None, Field(description="Which files visitors may send. By default none.")
    ] = None
    form: Annotated[
        tuple[FormField, ...],
        Field(max_length=12, description="What visitors are asked before a chat begins. By default nothing."),
    ] = ()
    subscribe: Annotated[
        tuple[str, ...],
        Field(
            max_length=10,
            description="Lists (conversations with `announce:`) that visitors can subscribe to by mail. By "
            "default none.",
            examples=[["news"]],
        ),
    ] = ()
    consent: Annotated[
        Worded | None,
        Field(
            description="What visitors agree to by a tick before a chat begins, also by language; addresses "
            "in it can be followed.",
            examples=["I agree to https://shop.example/privacy"],
        ),
    ] = None
    texts: Annotated[
        Mapping[str, Worded],
        Field(
            description="Words of the shop for the widget, by their names there, also by language. By "
            "default its own.",
            examples=[{"title": {"en": "Wool & Yarn", "zh": "毛线店"}, "hello": "Questions?"}],
        ),
    ] = {}
    mail: Annotated[
        DeskMail,
        Field(description="Mail to visitors and to the shop, by the server of the top-level `mail:`."),
    ] = DeskMail()

    def does_nothing(self, around: Around) -> Iterator[tuple[tuple[str, ...], str]]:
        yield from super().does_nothing(around)
        if not around.mail:
            idle = [key for key in type(self.mail).model_fields if key in self.mail.model_fields_set]
            if idle:  # one remark, however many of them there are
                yield ("mail", *idle[: len(idle) == 1]), f"no mail is sent: {_SERVER}"
        for name in self.subscribe:
            if name not in around.lists:
                yield ("subscribe",), f"there is no list {name!r}: give that conversation `announce: {{}}`"
        if self.subscribe and not (around.mail and around.links):
            needed = [] if around.mail else [_SERVER]
            needed += [] if around.links else [_LINKS]
            yield ("subscribe",), f"visitors are offered no list: {'; and '.join(needed)}"
        if around.network.origins and around.network.public_url is None:
            yield (), "no page elsewhere can show it: name `public_url` at its network, besides `origins`"
