"""What a homeserver is told of us, and what we hold of it (application service API, "Registration")."""

import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from adapters.matrix.untrusted import listed, mapping, text_of
from bridge import AuthenticationFailed, RegistrationFile, know

from .namespace import Namespace, escaped

__all__ = ["AppService", "new_registration", "read_registration"]

_REGEX = re.compile(r"\^?@(?P<prefix>(?:[a-z0-9_=/+-]|\\?\.(?![*+]))+)\.[*+](?::.*)?\$?")
"""A namespace that has one prefix."""
_LARGEST = 64 * 1024
_LONGEST_ID = 255
_LONGEST_URL = 1000
_ADVICE = """\
Give it to the homeserver, which has to be able to read it. Synapse, in homeserver.yaml:

    app_service_config_files:
      - {file}

Start the homeserver anew, and put this below networks: {network}:

    registration: {file}

The file is as secret as a password. {address}"""
_NO_ADDRESS = """\
No part of it is an address: the homeserver sends nothing by it, and
the bot's own account goes on hearing what is said."""
_ADDRESS = """\
What people write to single people from elsewhere
the homeserver sends to {url}, where Hubbub listens: where it has to
come another way, as from another machine, write the address of that way as the url of the file."""


@dataclass(frozen=True, slots=True)
class AppService:
    """An application service: who it may act for, and the token that proves it."""

    namespace: Namespace
    token: str = field(repr=False)
    id: str = ""
    user: str = ""
    """The service's own user."""
    secret: str = field(default="", repr=False)
    """By which we know the homeserver."""
    url: str = ""
    """Where the homeserver finds us; empty: it tells us nothing."""


def new_registration(
    network: str, user: str, file: Path | None, listen: str | None = None
) -> RegistrationFile:
    """Return a registration with new tokens for a network whose bot is this user; `listen`: where the
    homeserver may tell us something.
    """
    file = (file or Path(f"{network}-registration.yaml")).absolute()
    server = user.partition(":")[2]
    name = f"_hubbub_{escaped(network)}"
    regex = f"@{re.escape(name)}_.*:{re.escape(server)}".replace(r"\-", "-")
    url = f"http://{listen}" if listen is not None else None
    settings: dict[str, Any] = {
        "id": f"hubbub-{escaped(network)}",
        "url": url,
        "as_token": secrets.token_hex(32),
        "hs_token": secrets.token_hex(32),
        "sender_localpart": name,
        "rate_limited": False,
        "namespaces": {"users": [{"exclusive": True, "regex": regex}], "aliases": [], "rooms": []},
    }
    # JSON's values are YAML's too
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())
    address = _ADDRESS.format(url=url) if url else _NO_ADDRESS
    return RegistrationFile(file, text, _ADVICE.format(file=file, network=network, address=address))


def read_registration(file: Path, server: str, *, listens: bool = False) -> AppService:
    """Read a registration for a homeserver of this name; `listens`: the homeserver has to find us by it.
    Raises AuthenticationFailed with a sentence.
    """
    try:
        with file.open(encoding="utf-8") as opened:
            settings = mapping(yaml.safe_load(opened.read(_LARGEST)))
    except OSError as error:
        raise AuthenticationFailed(
            f"the registration {file} cannot be read ({error.strerror}): make one with hubbub"
            " generate-registration"
        ) from None
    except (ValueError, yaml.YAMLError, RecursionError):
        raise _unfit(file, "is no YAML") from None
    token = settings.get("as_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise _unfit(file, "has no as_token")
    secret = text_of(settings.get("hs_token"))
    know([token, *([secret] if secret else [])])
    local = text_of(settings.get("sender_localpart"), _LONGEST_ID)
    if listens and not (secret and settings.get("url") and settings.get("id") and local):
        raise _unfit(file, "does not say where we listen, by a url")
    for entry in map(mapping, listed(mapping(settings.get("namespaces")).get("users"))):
        if (namespace := _namespace(entry.get("regex"), server)) is not None:
            return AppService(
                namespace,
                token,
                id=text_of(settings.get("id"), _LONGEST_ID),
                user=f"@{local}:{server}",
                secret=secret,
                url=text_of(settings.get("url"), _LONGEST_URL),
            )
    raise _unfit(file, f"has no namespace of users such as '@_hubbub_.*:{re.escape(server)}'")


def _namespace(regex: object, server: str) -> Namespace | None:
    if not isinstance(regex, str) or (found := _REGEX.fullmatch(regex)) is None:
        return None
    namespace = Namespace(found["prefix"].replace("\\", ""), server)
    try:
        fits = re.match(regex, f"@{namespace.prefix}x:{server}")
    except re.error:
        return None
    return namespace if fits else None


def _unfit(file: Path, how: str) -> AuthenticationFailed:
    return AuthenticationFailed(f"the registration {file} {how}: make one with hubbub generate-registration")
