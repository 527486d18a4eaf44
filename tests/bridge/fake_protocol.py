"""A protocol for the configuration's tests: its models have one field of each sort."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from bridge.config import Config, Model, load
from bridge.errors import ConfigError
from bridge.model import RoomId


class Login(Model):
    user: str
    password: SecretStr


class Pace(Model):
    burst: float = Field(10, gt=0)


class FakeNetwork(Model):
    server: Annotated[str, Field(min_length=1)]
    port: int = Field(7000, ge=1, le=65535)
    tls: bool = True
    start: Literal["direct", "later", "none"] = "direct"
    nick: str = "hubbub"
    token: SecretStr | None = None
    ca_file: Path | None = None
    login: Login | None = None
    pace: Pace = Pace()

    @field_validator("nick")
    @classmethod
    def _nick(cls, nick: str) -> str:
        if " " in nick:
            raise ValueError(f"{nick} has a space in it")
        return nick

    @model_validator(mode="after")
    def _whole(self) -> "FakeNetwork":
        if self.token and self.login:
            raise ValueError("give token or login, not both")
        return self


class FakeRoom(Model):
    key: SecretStr | None = None
    create: bool = False


class Fake:
    NetworkConfig = FakeNetwork
    RoomConfig = FakeRoom

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        if not text.startswith("#"):
            raise ValueError(f"{text} is not a room: a room begins with #")
        return RoomId(text.lower())


def find(protocol: str) -> type[Fake]:
    if protocol != "fake":
        raise ConfigError([f"there is no protocol {protocol!r}"])
    return Fake


class Bench:
    """Writes a configuration into a folder and loads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "bridge.yaml"

    def load(self, text: str | bytes, without: frozenset[str] = frozenset(), **environ: str) -> Config:
        self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load(self.path, find, environ, without)

    def problems(self, text: str | bytes, **environ: str) -> list[str]:
        """What is wrong with a configuration, without the folder's name; [] when nothing is."""
        try:
            self.load(text, **environ)
        except ConfigError as error:
            return [problem.replace(f"{self.folder}/", "") for problem in error.problems]
        return []


GOOD = """\
networks:
  one: {protocol: fake, server: one.example}
  two: {protocol: fake, server: two.example}
conversations:
  lobby:
    one: "#lobby"
    two: "#lobby"
"""
"""Nothing is wrong with it."""
