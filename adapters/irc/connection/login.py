"""The way from a connection into the rooms, step by step."""

import logging
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.irc.config import NickServ, no_answer
from adapters.irc.wire.line import line
from bridge import AuthenticationFailed, ConnectionLost, RoomState, RoomStateChanged

if TYPE_CHECKING:
    from .connection import IrcConnection

__all__ = ["SERVICES", "enter", "silence", "stay_known"]

log = logging.getLogger(__name__)

_REGISTER_TIMEOUT = 30.0
_NICKSERV_TIMEOUT = 10.0
_SASL_TIMEOUT = 20.0
"""Seconds to wait for SASL: a server does not tell that its services have died."""
SERVICES = 900.0
"""Seconds to wait for services that are away."""
_ASK_AGAIN = 15.0


async def enter(connection: "IrcConnection") -> None:
    """Log in, then join rooms for ever. Raises an AdapterError when the server does not let us in."""
    registration, confirmations = connection.dispatcher.registration, connection.dispatcher.confirmations
    if not await _until(connection, lambda: registration.welcome, _REGISTER_TIMEOUT):
        raise ConnectionLost(silence(connection))
    # all that the server tells of itself stands before this PONG
    told = confirmations.start(connection.now())
    told.after = connection.stir
    connection.write(b"PING :" + told.token.encode())
    await _until(connection, lambda: confirmations.oldest is not told, _REGISTER_TIMEOUT)
    await _set_modes(connection)
    await _log_in(connection)
    connection.arrived.set()
    connection.known.set()
    await _join(connection)


async def stay_known(connection: "IrcConnection") -> None:
    """Log in again, for ever, whenever services that were gone are back and no longer know us: rooms for
    registered nicks would refuse each line. Messages wait until then.
    """
    registration, config = connection.dispatcher.registration, connection.config
    await connection.arrived.wait()
    while True:
        await _until(connection, lambda: registration.forgotten, math.inf)
        connection.known.clear()
        log.info("the services of %s have logged hubbub out: logging in again", config.server)
        for data in registration.again():
            await connection.polite(data)
        if not await _until(connection, lambda: registration.authenticated, _SASL_TIMEOUT):
            raise ConnectionLost(f"{config.server} does not answer to SASL: its services may be away")
        if config.nickserv and not config.sasl:
            connection.dispatcher.identified = None
            await _identify(connection, config.nickserv)
        connection.known.set()


async def _until(connection: "IrcConnection", condition: Callable[[], bool], patience: float) -> bool:
    """Wait until the condition is true, at most so long. Returns whether it is."""
    end = connection.now() + patience
    while not condition() and connection.now() < end:
        await connection.stirred(end - connection.now())
    return condition()


def silence(connection: "IrcConnection") -> str:
    server, port = connection.config.address
    if not connection.alive:
        return no_answer(connection.config)
    if connection.odd:
        said = f"it said {connection.odd!r}"
        return f"what listens on port {port} of {server} does not speak IRC ({said}): check port"
    if "sasl" in connection.session.caps and not connection.dispatcher.registration.authenticated:
        return f"{server} offers SASL but does not answer to it: its services may be away"
    return f"{server} took the connection on port {port} but says nothing: check port and tls"


async def _set_modes(connection: "IrcConnection") -> None:
    """Set the user modes of the owner's choice, and the one that says that this is a bot (IRCv3 bot mode)."""
    bot = connection.session.isupport.get("BOT", "")
    modes = [connection.config.umodes] if connection.config.umodes else []
    if connection.config.bot_mode and len(bot) == 1:
        modes.append(f"+{bot}")
    for mode in modes:
        await connection.polite(line("MODE", connection.session.nick, mode))


async def _log_in(connection: "IrcConnection") -> None:
    """Authenticate as the owner wants; wait for SASL where the server does not offer it now."""
    registration, config = connection.dispatcher.registration, connection.config
    if config.nickserv and not (config.sasl and registration.authenticated):
        registration.authenticated = (
            await _identify(connection, config.nickserv) or registration.authenticated
        )
    if registration.authenticated:
        return
    reason = f"{config.server} offers no SASL now (its services may be away): hubbub joins once it does"
    rooms = connection.dispatcher.channels.places
    connection.dispatcher.events.extend(
        RoomStateChanged(room=room, state=RoomState.REFUSED, reason=reason) for room in rooms
    )
    connection.flush()
    end = connection.now() + connection.patience
    while connection.now() < end and not await _until(
        connection, lambda: registration.authenticated, _ASK_AGAIN
    ):
        # not every server sends CAP NEW: InspIRCd 3 has to be asked
        await connection.polite(line("CAP", "LS", "302"))
    if not registration.authenticated:
        raise ConnectionLost(
            f"{config.server} offers no SASL: its services may be away; if it never has any, "
            "write nickserv: in place of sasl:"
        )


async def _identify(connection: "IrcConnection", nickserv: NickServ) -> bool:
    dispatcher, server = connection.dispatcher, connection.config.server
    words = ["IDENTIFY", *([nickserv.user] if nickserv.user else []), nickserv.password.get_secret_value()]
    await connection.polite(
        line("PRIVMSG", "NickServ", trailing=" ".join(words), encoding=connection.config.encoding)
    )
    await _until(connection, lambda: dispatcher.identified is not None, _NICKSERV_TIMEOUT)
    if dispatcher.identified is False:
        raise AuthenticationFailed(
            f"NickServ of {server} does not take our password: check nickserv.password"
        )
    if dispatcher.identified is None:
        log.warning(
            "NickServ of %s does not answer, going on without: check nickserv and its services", server
        )
    return bool(dispatcher.identified)


async def _join(connection: "IrcConnection") -> None:
    """Join the rooms that are due, for ever."""
    channels = connection.dispatcher.channels
    length = connection.session.number("CHANNELLEN", 200)
    while True:
        places, data = channels.join(connection.now(), length)
        connection.flush()
        if data is not None:
            await connection.bucket.take(2)
            connection.write(data)
            connection.barrier(places)
            continue
        due = channels.next_due()
        await connection.stirred(None if due is None else max(due - connection.now(), 0.0))
