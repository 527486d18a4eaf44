"""The settings of an MQTT broker and of its topics."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr

from bridge import Claim, Host, Model, Named, Prompted, WayOut, is_loopback

__all__ = ["NetworkConfig", "RoomConfig"]


class NetworkConfig(WayOut):
    """One account at one MQTT broker, for devices and programs."""

    server: Annotated[Host, Field(examples=["mqtt.example.org"])]
    """The broker's name or address, without a port."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The broker's port. Default: `8883`, or `1883` without TLS."""
    tls: Annotated[bool, Prompted()] = True
    """Whether the connection is encrypted. Without, everybody on the way reads along, the password too."""
    ca_file: Path | None = None
    """Certificates to trust, in PEM, for a broker that has one of its own. By default the system's."""
    client_id: Annotated[str, Field(max_length=100, pattern=r"^[\w.-]+$", examples=["hubbub"])]
    """Names the session in which the broker keeps what is said while Hubbub is away: no other client's."""
    user: Annotated[str | None, Prompted()] = None
    """The account's name. By default none is sent."""
    password: Annotated[SecretStr | None, Prompted()] = None
    """The account's password. By default none is sent."""

    def claims(self) -> Mapping[str, Claim]:
        host, port = self.address
        host = "this machine" if is_loopback(host) else host.lower()
        return {"client_id": Named(f'the client_id "{self.client_id}" at {host} port {port}')}

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.server, self.port or (8883 if self.tls else 1883)


class RoomConfig(Model):
    """One topic."""

    example: ClassVar[str] = "talk/lobby"

    payload: Literal["json", "text"] = "json"
    """The form of messages: JSON with name and text, or plain text that begins with the name. With `json`,
    JSON that has the text's key is read as such; anything else is shown as the text that it is.
    """
    name_key: str = "name"
    """The key under which JSON holds who speaks."""
    text_key: str = "text"
    """The key under which JSON holds the words."""
    retain: bool = False
    """Whether the broker keeps the last message that is sent there, for whoever subscribes later."""
