"""The beginning and the end of a connection."""

import asyncio
import contextlib

from bridge.adapter import Adapter, Endpoint
from bridge.errors import AdapterError, ConnectionLost, causes
from bridge.model import Receipt, RoomId, plain

from .core import only_adapter_errors
from .place import Place, same

__all__ = ["ConnectionContract"]

_MANY = 20
_DIGITS = 64
"""Of a SHA-256 digest in hexadecimal."""


class ConnectionContract:
    """A run begins and ends as the core needs it."""

    async def test_a_cancelled_run_ends_soon_and_can_be_followed_by_another(self, place: Place) -> None:
        async with place.running():
            flights = [
                await place.send(plain("<alice> on its way")) for _ in range(min(place.record.window, _MANY))
            ]
            _see_what_is_told(place.adapter, place.room)
        assert place.adapter.peer() is None, "peer tells of a connection that has ended"
        for flight in flights:
            await place.until(flight)
            assert flight.done(), (
                "run is over, and a command's future is still open: what was on its way ends with"
                " ConnectionLost"
            )
            assert not flight.cancelled(), "a command's future was cancelled: it ends with ConnectionLost"
            with contextlib.suppress(AdapterError), only_adapter_errors("the future of send"):
                flight.result()
        rooms = dict(place.adapter.rooms)
        async with place.running():
            await place.serve({})
            await place.serve(rooms)  # as after two reloads
            await place.joined()
            await place.deliver(plain("<alice> here again"))

    async def test_the_end_of_the_server_ends_the_run(self, doomed: Place) -> None:
        async with doomed.running() as run:
            await doomed.demo.stop()
            await doomed.until(run)
            assert run.done(), (
                "run goes on without a server: it ends with ConnectionLost; so a TextAdapter's does when read"
                " raises EOFError (asyncio's readline returns nothing instead)"
            )
            doomed.check_end(run)
            errors = list(causes(run.exception()))
            assert errors, "run returned at the end of its server: it ends with ConnectionLost"
            assert isinstance(errors[0], ConnectionLost), (
                f"run ended with {errors[0]!r} when its server did: that is ConnectionLost"
            )
        again = asyncio.ensure_future(doomed.adapter.run(doomed.core.gate({doomed.room})))
        await doomed.until(again)  # who listens waits for its network
        again.cancel()
        await asyncio.wait([again])
        doomed.check_end(again)
        try:
            with only_adapter_errors("look"):
                await doomed.within(
                    doomed.adapter.look(doomed.adapter.rooms), "look waits for a server for ever"
                )
        except AdapterError:
            return
        raise AssertionError("look finds all well where there is no server: it raises ConnectionLost")

    async def test_looking_disturbs_nobody(self, place: Place) -> None:
        async with place.running():
            found = await place.within(place.adapter.look(place.adapter.rooms), "look does not return")
            same(
                found, {place.room: None}, "look says for each room what is wrong, and None where all is well"
            )
            after = await place.attempt(place.message(plain("<alice> undisturbed")))
            assert isinstance(after, Receipt), (
                f"look disturbs the service that runs ({type(after).__name__}: {after}): it needs a name or a"
                " session of its own"
            )

    async def test_what_cannot_be_a_room_is_refused_with_a_sentence(self, place: Place) -> None:
        for text in place.not_rooms:
            assert _refusal(place.adapter, text), (
                f"{text[:20]!r} is no room, and room_id takes it, or says nothing: it raises ValueError with"
                " a sentence for the owner"
            )
        same(
            place.adapter.room_id(place.room), place.room, "room_id makes another room of what it made itself"
        )


def _see_what_is_told(adapter: Adapter, room: RoomId) -> None:
    """Raise AssertionError when what the archive asks has an answer that makes no sense."""
    peer, lifetime, is_open = adapter.peer(), adapter.retention(room), adapter.history_is_open(room)
    assert peer is None or (isinstance(peer, Endpoint) and peer.server.rpartition(":")[2].isdecimal()), (
        f"peer returned {peer!r}: it is an Endpoint, whose server is a host, a colon and a port, or None"
    )
    assert peer is None or bool(peer.tls) is (len(peer.certificate) == _DIGITS), (
        f"peer returned {peer!r}: a server that speaks TLS has shown a certificate, and no other has"
    )
    assert lifetime is None or (isinstance(lifetime, float) and lifetime > 0), (
        f"retention returned {lifetime!r}: seconds, or None"
    )
    assert is_open is None or type(is_open) is bool, f"history_is_open returned {is_open!r}: a bool, or None"


def _refusal(adapter: Adapter, text: str) -> str:
    try:
        adapter.room_id(text)
    except ValueError as error:
        return str(error)
    return ""
