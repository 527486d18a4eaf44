"""From a connection to the rooms: what is done in order once the server talks."""

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Protocol

from bridge import AuthenticationFailed, ConnectionLost, RoomState, RoomStateChanged

from .channels import Place
from .config import NetworkConfig, NickServ, no_answer
from .dispatch import Ears
from .flood import Bucket
from .session import Session
from .wire import line

__all__ = ["SERVICES", "Door", "enter", "silence", "stay_known"]

log = logging.getLogger(__name__)

_REGISTER_TIMEOUT = 30.0
_NICKSERV_TIMEOUT = 10.0
_SASL_TIMEOUT = 20.0
"""Services that died may be asked for ever: a server does not tell."""
SERVICES = 900.0
"""Seconds to wait for services that are away."""
_ASK_AGAIN = 15.0


class Door(Protocol):
    """What of a connection is needed to get in."""

    config: NetworkConfig
    ears: Ears
    session: Session
    bucket: Bucket
    arrived: asyncio.Event
    known: asyncio.Event
    patience: float

    @property
    def odd(self) -> str | None:
        """The first line from the server that was not IRC."""

    @property
    def alive(self) -> bool:
        """Whether lines can be said."""

    def now(self) -> float:
        """The loop's clock."""

    def write(self, data: bytes) -> None:
        """Send a line at once."""

    def flush(self) -> None:
        """Hand over what happened."""

    def stir(self) -> None:
        """Wake up whoever waits."""

    def barrier(self, places: list[Place]) -> None:
        """Mark where the server's answer to a JOIN of these rooms ends."""

    async def polite(self, data: bytes) -> None:
        """Send a line when the server's flood control allows it."""

    async def stirred(self, timeout: float | None) -> None:  # noqa: ASYNC109  # what is waited for may come first
        """Wait until something changes, at most so long."""


async def enter(door: Door) -> None:
    """Log in, then be in the rooms for ever. Raises an AdapterError when there is no getting in."""
    registration, flights = door.ears.registration, door.ears.flights
    if not await _until(door, lambda: registration.welcome, _REGISTER_TIMEOUT):
        raise ConnectionLost(silence(door))
    # all that the server tells of itself stands before this PONG
    told = flights.start(door.now())
    told.after = door.stir
    door.write(b"PING :" + told.token.encode())
    await _until(door, lambda: flights.oldest is not told, _REGISTER_TIMEOUT)
    await _set_modes(door)
    await _log_in(door)
    door.arrived.set()
    door.known.set()
    await _join(door)


async def stay_known(door: Door) -> None:
    """Log in again, for ever, when services that were gone are back and do not know us any more: rooms for
    those who are known would refuse each line. What is to be said waits until then.
    """
    registration, config = door.ears.registration, door.config
    await door.arrived.wait()
    while True:
        await _until(door, lambda: registration.forgotten, math.inf)
        door.known.clear()
        log.info("the services of %s have logged hubbub out: logging in again", config.server)
        for data in registration.again():
            await door.polite(data)
        if not await _until(door, lambda: registration.authenticated, _SASL_TIMEOUT):
            raise ConnectionLost(f"{config.server} does not answer to SASL: its services may be away")
        if config.nickserv and not config.sasl:
            door.ears.identified = None
            await _identify(door, config.nickserv)
        door.known.set()


async def _until(door: Door, condition: Callable[[], bool], patience: float) -> bool:
    """Wait until something stirs that makes the condition true; False: not in time."""
    end = door.now() + patience
    while not condition() and door.now() < end:
        await door.stirred(end - door.now())
    return condition()


def silence(door: Door) -> str:
    server, port = door.config.address
    if not door.alive:
        return no_answer(door.config)
    if door.odd:
        return (
            f"what listens on port {port} of {server} does not speak IRC (it said {door.odd!r}): check port"
        )
    if "sasl" in door.session.caps and not door.ears.registration.authenticated:
        return f"{server} offers SASL but does not answer to it: its services may be away"
    return f"{server} took the connection on port {port} but says nothing: check port and tls"


async def _set_modes(door: Door) -> None:
    """User modes of the owner's choice, and the one that says that this is a bot (IRCv3 bot mode)."""
    bot = door.session.isupport.get("BOT", "")
    modes = [door.config.umodes] if door.config.umodes else []
    if door.config.bot_mode and len(bot) == 1:
        modes.append(f"+{bot}")
    for mode in modes:
        await door.polite(line("MODE", door.session.nick, mode))


async def _log_in(door: Door) -> None:
    """Be authenticated, as far as that was asked for; without SASL on offer, wait for it."""
    registration, config = door.ears.registration, door.config
    if config.nickserv and not (config.sasl and registration.authenticated):
        registration.authenticated = await _identify(door, config.nickserv) or registration.authenticated
    if registration.authenticated:
        return
    reason = f"{config.server} offers no SASL now (its services may be away): hubbub joins once it does"
    rooms = door.ears.channels.places
    door.ears.events.extend(
        RoomStateChanged(room=room, state=RoomState.REFUSED, reason=reason) for room in rooms
    )
    door.flush()
    end = door.now() + door.patience
    while door.now() < end and not await _until(door, lambda: registration.authenticated, _ASK_AGAIN):
        # not every server tells with CAP NEW: InspIRCd 3 has to be asked
        await door.polite(line("CAP", "LS", "302"))
    if not registration.authenticated:
        raise ConnectionLost(
            f"{config.server} offers no SASL: its services may be away; if it never has any, "
            "write nickserv: in place of sasl:"
        )


async def _identify(door: Door, nickserv: NickServ) -> bool:
    ears, server = door.ears, door.config.server
    words = ["IDENTIFY", *([nickserv.user] if nickserv.user else []), nickserv.password.get_secret_value()]
    await door.polite(line("PRIVMSG", "NickServ", trailing=" ".join(words), encoding=door.config.encoding))
    await _until(door, lambda: ears.identified is not None, _NICKSERV_TIMEOUT)
    if ears.identified is False:
        raise AuthenticationFailed(
            f"NickServ of {server} does not take our password: check nickserv.password"
        )
    if ears.identified is None:
        log.warning(
            "NickServ of %s does not answer, going on without: check nickserv and its services", server
        )
    return bool(ears.identified)


async def _join(door: Door) -> None:
    """Join what is due, for ever."""
    channels = door.ears.channels
    length = door.session.number("CHANNELLEN", 200)
    while True:
        places, data = channels.join(door.now(), length)
        door.flush()
        if data is not None:
            await door.bucket.take(2)
            door.write(data)
            door.barrier(places)
            continue
        due = channels.next_due()
        await door.stirred(None if due is None else max(due - door.now(), 0.0))
