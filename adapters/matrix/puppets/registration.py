"""What a homeserver is told of us, and what we hold of it (application service API, "Registration")."""

import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from adapters.matrix.untrusted import listed, mapping
from bridge import AuthenticationFailed, RegistrationFile, know

from .namespace import Namespace, escaped

__all__ = ["AppService", "new_registration", "read_registration"]

_REGEX = re.compile(r"\^?@(?P<prefix>(?:[a-z0-9_=/+-]|\\?\.(?![*+]))+)\.[*+](?::.*)?\$?")
"""A namespace that has one prefix."""
_LARGEST = 64 * 1024
_ADVICE = """\
Give it to the homeserver, which has to be able to read it. Synapse, in homeserver.yaml:

    app_service_config_files:
      - {file}

Start the homeserver anew, and put this below networks: {network}:

    registration: {file}

The file is as secret as a password. No part of it is an address: the homeserver sends nothing by it, and
the bot's own account goes on hearing what is said."""


@dataclass(frozen=True, slots=True)
class AppService:
    """An application service: who it may act for, and the token that proves it."""

    namespace: Namespace
    token: str = field(repr=False)


def new_registration(network: str, user: str, file: Path | None) -> RegistrationFile:
    """Return a registration with new tokens for a network whose bot is this user."""
    file = (file or Path(f"{network}-registration.yaml")).absolute()
    server = user.partition(":")[2]
    name = f"_hubbub_{escaped(network)}"
    regex = f"@{re.escape(name)}_.*:{re.escape(server)}".replace(r"\-", "-")
    settings: dict[str, Any] = {
        "id": f"hubbub-{escaped(network)}",
        "url": None,
        "as_token": secrets.token_hex(32),
        "hs_token": secrets.token_hex(32),
        "sender_localpart": name,
        "rate_limited": False,
        "namespaces": {"users": [{"exclusive": True, "regex": regex}], "aliases": [], "rooms": []},
    }
    # JSON's values are YAML's too
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())
    return RegistrationFile(file, text, _ADVICE.format(file=file, network=network))


def read_registration(file: Path, server: str) -> AppService:
    """Read a registration for a homeserver of this name. Raises AuthenticationFailed with a sentence."""
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
    know([token])
    for entry in map(mapping, listed(mapping(settings.get("namespaces")).get("users"))):
        if (namespace := _namespace(entry.get("regex"), server)) is not None:
            return AppService(namespace, token)
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
