"""Three networks behind a proxy that alone knows where they are, as Tor does, and that is late."""

import asyncio
import contextlib
import os
import ssl

import yaml

from bridge import app
from bridge.config import load
from bridge.model import plain
from bridge.protocols import find
from bridge.testing import free_port
from tests.adapters.irc.servers import make_certificate
from tests.adapters.places import chat_map
from tests.bridge.kit.proxies import NAMES, NamingProxy, looked_up  # noqa: F401 - a fixture
from tests.e2e.world import NETWORKS, servers

SERVERS = {network: f"{network}{NAMES}" for network in NETWORKS}


@contextlib.asynccontextmanager
async def encrypting(certificate, key, target):
    """Speaks TLS before a server that does not. Gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def copy(reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
            writer.close()

    async def serve(reader, writer):
        there, on = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(copy(reader, on), copy(there, writer))

    port = free_port()
    async with await asyncio.start_server(serve, "127.0.0.1", port, ssl=context):
        yield port


def behind(folder, proxy, variables, certificate):
    """The map in which each network is a name that the proxy alone knows, at a port where nobody is."""
    plan = yaml.safe_load(chat_map())
    plan["networks"]["irc"] |= {"server": SERVERS["irc"], "port": 1, "tls": True, "ca_file": f"{certificate}"}
    plan["networks"]["jabber"] |= {"server": SERVERS["jabber"], "port": 1}
    plan["networks"]["matrix"]["homeserver"] = f"http://{SERVERS['matrix']}:1"
    for network in NETWORKS:
        plan["networks"][network]["proxy"] = proxy.address
    file = folder / "proxied.yaml"
    file.write_text(yaml.safe_dump(plan))
    return load(file, find, {**os.environ, **variables})


@contextlib.asynccontextmanager
async def relaying(config):
    bridge = app.Bridge(config)
    task = asyncio.ensure_future(bridge.run())
    try:
        yield bridge, task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def joined(bridge, task):
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(0.05)
            assert not task.done(), task.result()
            with contextlib.suppress(AttributeError):  # it has not begun
                if sum(room.joined for room in bridge.rooms()) == len(NETWORKS):
                    return


async def test_everything_goes_through_the_proxy_and_nothing_around_it(tmp_path, looked_up):  # noqa: F811
    async with servers(tmp_path) as world:
        await world.join()
        ports = {network: world.proxies[network].target for network in NETWORKS}
        certificate, key = make_certificate(tmp_path, host=SERVERS["irc"])
        async with encrypting(certificate, key, ports["irc"]) as encrypted:
            known = {SERVERS[network]: port for network, port in (ports | {"irc": encrypted}).items()}
            proxy = NamingProxy(known)
            config = behind(tmp_path, proxy, world.variables, certificate)
            looked_up.clear()
            async with relaying(config) as (bridge, task):
                # there is no proxy yet: why nothing works is said, and nobody looks for another way
                async with asyncio.timeout(30):
                    while True:
                        await asyncio.sleep(0.05)
                        with contextlib.suppress(AttributeError, KeyError):
                            reasons = {network: bridge.state(network)[1] for network in NETWORKS}
                            if all(reasons.values()):
                                break
                for network, reason in reasons.items():
                    assert SERVERS[network] in reason
                    assert (
                        f"the proxy 127.0.0.1 port {proxy.port} cannot be reached (Connection refused)"
                        in reason
                    )
                await proxy.start()
                await joined(bridge, task)
                await world.people["irc"].say(plain("hello from afar"))
                for network in ("jabber", "matrix"):
                    assert await world.heard(network) == ["<ada> hello from afar"]
                await world.people["matrix"].say(plain("and back"))
                for network in ("irc", "jabber"):
                    assert await world.heard(network) == ["<alan> and back"]
            await proxy.stop()
    assert set(proxy.asked) == set(SERVERS.values())
    assert not [name for name in looked_up if name.endswith(NAMES)]
