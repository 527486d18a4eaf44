"""Looks at rooms for `hubbub check --online`, without entering them."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from bridge import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    Keepsake,
    RateLimited,
    Rejected,
    RoomId,
    RoomUnavailable,
    TemporaryFailure,
    preflight,
)

from .client.account import Account
from .client.api import Asserted, MatrixClient
from .client.errors import LoggedOut, NotMatrix, NotThere
from .config import MatrixNetwork
from .puppets.registration import AppService, read_registration
from .puppets.transactions import Transactions
from .rooms.permissions import hindrance
from .untrusted import id_of, listed, text_of

__all__ = ["look_around", "tell_ping"]

log = logging.getLogger(__name__)

_PATIENCE = 10.0
"""Seconds that a homeserver may ask to wait between two questions."""
_AGAIN = 2.0
"""Seconds until a homeserver is asked once more whether it finds us."""


async def look_around(
    network: str,
    config: MatrixNetwork,
    keepsake: Keepsake | None,
    rooms: Mapping[RoomId, Any],
    only_read: Collection[RoomId],
) -> Mapping[RoomId, str | None]:
    """Log in and look at rooms. See `Adapter.look`, also for `only_read`."""
    account, passing = account_for_a_look(network, config, keepsake)
    client = MatrixClient(account)

    async def look(room: RoomId, _: Any) -> str | None:
        return await look_at(client, account.user, room, joined, speaks=room not in only_read)

    try:
        await account.open(rename=False)
        joined = await client.joined()
        found = dict(await preflight(rooms, look))
        if config.registration is not None and (
            trouble := await look_at_registration(account, config.registration, config.listen)
        ):
            found[RoomId("")] = trouble
        if passing:
            await account.log_out()
    finally:
        await account.close()
    return found


async def look_at(
    client: MatrixClient, user: str, room: RoomId, joined: frozenset[str], *, speaks: bool
) -> str | None:
    """Look at a room.

    Returns None when all is well, else a sentence for the owner; `speaks`: we are to write.
    """
    try:
        return await _patiently(lambda: _look(client, user, room, joined, speaks))
    except NotThere as error:
        return f"there is no room {room}: check its name ({error})"
    except RateLimited as error:
        return f"{room} cannot be looked at: the homeserver asks to wait {error.retry_after:.0f} s"
    except AdapterError as error:
        return f"{room} cannot be looked at: {error}"


async def look_at_registration(account: Account, file: Path, listen: str | None) -> str | None:
    """Look whether the homeserver knows a registration, and finds us by it where we `listen`. Returns None,
    or a sentence for the owner.
    """
    server = account.user.partition(":")[2]
    try:
        service = read_registration(file, server, listens=listen is not None)
        itself = MatrixClient(account, Asserted(service.token))
        told = await itself.call("GET", ("account", "whoami"))
    except LoggedOut:
        return f"the homeserver does not know the registration {file}: give it to it, and start it anew"
    except AuthenticationFailed as error:
        return str(error)
    except AdapterError as error:
        return f"the registration {file} cannot be tried: {error}"
    if (user := id_of(told.get("user_id"))).partition(":")[2] != server:
        return f"the registration {file} is one of another homeserver, for which it is {user}"
    return await _looked_back(itself, service, listen) if listen is not None else None


async def _looked_back(itself: MatrixClient, service: AppService, listen: str) -> str | None:
    """See whether the homeserver finds us: the service that runs, or else this look."""
    async with contextlib.AsyncExitStack() as stack:
        # where the port is taken, the service runs, or the ping tells who is there in its place
        with contextlib.suppress(ConnectionLost):
            await stack.enter_async_context(Transactions(listen, service.secret).open())
        return await _ping(itself, service)


async def tell_ping(itself: MatrixClient, service: AppService) -> None:
    """Let the homeserver find us, which else tries again after minutes what we missed; log why it cannot."""
    try:
        trouble = await _ping(itself, service)
    except AdapterError as error:
        trouble = f"the homeserver cannot be asked whether it finds us: {error}"
    if trouble is not None:
        log.warning("%s", trouble)


async def _ping(itself: MatrixClient, service: AppService) -> str | None:
    """Ask the homeserver whether it finds us at the registration's address ("Pinging"). Returns None, or a
    sentence for the owner. Raises AdapterErrors. Synapse that hands over what failed before says in that
    moment that it does not find us: it is asked twice.
    """
    trouble = await _ping_once(itself, service)
    if trouble is not None:
        await asyncio.sleep(_AGAIN)
        trouble = await _ping_once(itself, service)
    return trouble


async def _ping_once(itself: MatrixClient, service: AppService) -> str | None:
    path = ("appservice", service.id, "ping")
    try:
        await itself.call("POST", path, body={"transaction_id": secrets.token_hex(8)}, version="v1")
    except NotMatrix:
        return None  # before v1.7 nobody could ask
    except TemporaryFailure as error:
        return (
            f"the homeserver does not find us at {service.url}: let the url of the registration, in its copy"
            f" too, lead to listen: ({error})"
        )
    except (Rejected, RoomUnavailable) as error:
        return (
            f"the homeserver does not take our registration with {service.url}: give it that, and start it"
            f" anew ({error})"
        )
    return None


async def _patiently(look: Callable[[], Awaitable[str | None]]) -> str | None:
    """Look, as slowly as the homeserver wants."""
    while True:
        try:
            return await look()
        except RateLimited as error:
            if error.retry_after > _PATIENCE:
                raise
            await asyncio.sleep(error.retry_after)


async def _look(
    client: MatrixClient, user: str, room: RoomId, joined: frozenset[str], speaks: bool
) -> str | None:
    wire = (await client.resolve(room))[0] if room.startswith("#") else str(room)
    if wire not in joined:
        return await _from_outside(client, user, room, wire, joined)
    return await _from_inside(client, user, room, wire, speaks)


async def _from_inside(client: MatrixClient, user: str, room: RoomId, wire: str, speaks: bool) -> str | None:
    if await client.state(wire, "m.room.encryption") is not None:
        return _encrypted(room)
    if await client.state(wire, "m.room.tombstone") is not None:
        return None  # it was upgraded, and Hubbub follows
    return await hindrance(client, user, room, wire) if speaks else None


async def _from_outside(
    client: MatrixClient, user: str, room: RoomId, wire: str, joined: frozenset[str]
) -> str | None:
    try:
        found = await client.from_outside(wire)
    except (RoomUnavailable, NotThere, Rejected):
        return f"{user} is not in {room} and may not look in: invite it there, and check the room's name"
    membership, rule = text_of(found.get("membership")), text_of(found.get("join_rule"))
    if membership == "ban":
        return f"{user} is banned from {room}: ask a moderator to lift the ban"
    if found.get("encryption") is not None:
        return _encrypted(room)
    if membership == "invite" or rule in ("", "public"):
        return None
    allowed = frozenset(map(id_of, listed(found.get("allowed_room_ids"))))
    if joined & allowed:
        return None  # whoever is in one of these rooms may join ("Restricted rooms")
    kind = f"for members of {' or '.join(sorted(allowed))}" if allowed else "not open to all"
    return f"{user} is not in {room}, which is {kind}: invite it there"


def _encrypted(room: RoomId) -> str:
    return f"{room} is encrypted: Hubbub never writes there; use a room without encryption"


def account_for_a_look(
    network: str, config: MatrixNetwork, keepsake: Keepsake | None
) -> tuple[Account, bool]:
    """Return the account to look with, and whether it has to log out: where the service's token is not at
    hand, a login with its device would end it.
    """
    if config.token is not None or (keepsake is not None and keepsake.ours):
        account = Account(network, config)
        account.keepsake = keepsake
        return account, False
    device = f"{config.device_id}LOOK" if config.device_id else None
    return Account(f"{network} look", config.model_copy(update={"device_id": device})), True
