"""What `hubbub doctor` sees of a homeserver before any login."""

from email.utils import formatdate
from time import time

import pytest
from aiohttp import web

from adapters.matrix.config import MatrixNetwork
from adapters.matrix.examination import examine
from bridge import Grade
from tests.adapters.trouble import certificate


@pytest.fixture
async def homeserver(tmp_path):
    """What is both the homeserver and the domain, with a clock and a word of its own."""
    pem, context = certificate(tmp_path)
    server = {"ahead": 0.0, "names": None}

    async def answer(request):
        told = {"Date": formatdate(time() + server["ahead"], usegmt=True)}
        if request.path == "/_matrix/client/versions":
            return web.json_response({"versions": ["v1.11"]}, headers=told)
        if request.path == "/.well-known/matrix/client" and server["names"] is not None:
            return web.json_response(server["names"], headers=told)
        return web.Response(status=404, headers=told)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    server["config"] = MatrixNetwork(
        homeserver=f"https://localhost:{port}", user=f"@hub:localhost:{port}", password="x", ca_file=pem
    )
    yield server
    await runner.cleanup()


async def found(server):
    return {finding.subject: finding async for finding in examine(server["config"])}


async def test_all_that_can_be_seen(homeserver):
    seen = await found(homeserver)
    assert {subject: finding.grade for subject, finding in seen.items()} == {
        "name": Grade.WELL,
        "certificate": Grade.DOUBTFUL,  # which the test makes for two days
        "clock": Grade.WELL,
    }


async def test_a_clock_that_is_wrong(homeserver):
    """It stands in every answer (RFC 9110 section 6.6.1)."""
    homeserver["ahead"] = -3600.0
    seen = await found(homeserver)
    assert seen["clock"].grade is Grade.WRONG
    assert "behind the one of this machine" in seen["clock"].sentence


async def test_a_domain_that_names_another_homeserver(homeserver):
    """Client-server API, "Well-known URI"."""
    homeserver["names"] = {"m.homeserver": {"base_url": f"{homeserver['config'].homeserver}/"}}
    assert (await found(homeserver))["well-known"].grade is Grade.WELL
    homeserver["names"] = {"m.homeserver": {"base_url": "https://old.example.org"}}
    seen = await found(homeserver)
    assert seen["well-known"].grade is Grade.DOUBTFUL
    assert "https://old.example.org" in seen["well-known"].sentence
    for odd in ({}, [], {"m.homeserver": 3}, {"m.homeserver": {"base_url": ["x"]}}):
        homeserver["names"] = odd
        assert "well-known" not in await found(homeserver)
