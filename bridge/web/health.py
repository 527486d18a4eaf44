"""Whether the service lives, is ready and is well, for whoever restarts it or is called at night."""

from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web

from bridge.config.words import counted
from bridge.status import Status
from bridge.supervisor import NetworkState
from bridge.troubles import troubles

from .app import SECURITY, Site

__all__ = ["add_health"]

_UNWRITABLE = "the journal cannot be written"


def add_health(site: Site, status: Callable[[], Awaitable[Status]]) -> None:
    """Add `/livez`, `/readyz`, `/healthz`: 200, or 503 with the reason; `?verbose` tells of each network."""

    async def livez(_: web.Request) -> web.StreamResponse:
        return _said([] if (await status()).taking else [_UNWRITABLE])

    async def readyz(_: web.Request) -> web.StreamResponse:
        now = await status()
        waiting = [
            f"{name} is being connected for the first time"
            for name, network in now.networks.items()
            if network.state is NetworkState.CONNECTING and not network.reason
        ]
        return _said([*([] if now.taking else [_UNWRITABLE]), *waiting])

    async def healthz(request: web.Request) -> web.StreamResponse:
        now = await status()
        more = list(_networks(now)) if "verbose" in request.query else []
        return _said([trouble.sentence for trouble in troubles(now)], more)

    for path, answer in (("/livez", livez), ("/readyz", readyz), ("/healthz", healthz)):
        site.add(path, answer)


def _said(wrong: list[str], more: list[str] | None = None) -> web.Response:
    lines = [*(wrong or ["ok"]), *(more or [])]
    text = "".join(f"{line}\n" for line in lines)
    return web.Response(
        status=503 if wrong else 200, text=text, headers=SECURITY | {"Cache-Control": "no-store"}
    )


def _networks(status: Status) -> Iterator[str]:
    for name, network in status.networks.items():
        joined = sum(room.joined for room in network.rooms.values())
        owed = sum(room.owed for room in network.rooms.values())
        rooms = f"{joined} of {counted(len(network.rooms), 'room')} joined"
        reason = f" ({network.reason})" if network.reason else ""
        yield f"{name}: {network.state}{reason}, {rooms}, {counted(owed, 'message')} waiting"
