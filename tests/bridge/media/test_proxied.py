"""Files of networks behind a proxy: they come through it, and no name is looked up here."""

from dataclasses import replace

import pytest
from yarl import URL

from adapters.irc import Adapter as IrcAdapter
from bridge.adapter import Source
from bridge.boundary import Guarded
from bridge.config import WayOut
from bridge.media import Missing
from bridge.media.guard import may_be_asked_for
from bridge.model import File
from tests.bridge.kit.proxies import NAMES, NamingProxy, looked_up  # noqa: F401 - a fixture

NOT_FETCHED = Missing("it could not be fetched")


@pytest.fixture
async def proxy(server):
    proxy = NamingProxy({f"files{NAMES}": server.port, "files.example.onion": server.port})
    await proxy.start()
    yield proxy
    await proxy.stop()


async def test_a_file_comes_through_the_proxy(server, serve, proxy, looked_up):  # noqa: F811
    way = WayOut.model_validate({"proxy": proxy.address})
    server.put("a", b"words")
    server.redirect("b", f"http://files.example.onion:{server.port}/a")
    service = await serve(source=lambda _network, address: Source(address, way_out=way), hosts=())
    for number, path in enumerate("ab"):
        found = await service.got(number, server.address(path, "files.example.onion"))
        assert isinstance(found, File)
    assert set(proxy.asked) == {"files.example.onion"}
    assert not [name for name in looked_up if "onion" in name]


async def test_the_proxy_is_not_asked_for_its_own_surroundings(server, serve, proxy, caplog):
    way = WayOut.model_validate({"proxy": proxy.address})
    service = await serve(source=lambda _network, address: Source(address, way_out=way), hosts=())
    for number, host in enumerate(("127.0.0.1", "[::1]", "localhost", f"files{NAMES}", "router.lan")):
        assert await service.got(number, server.address("a", host)) == NOT_FETCHED
    server.redirect("c", server.address("a", "10.0.0.1"))
    assert await service.got(9, server.address("c", "files.example.onion")) == NOT_FETCHED
    assert proxy.asked == ["files.example.onion"]


async def test_a_file_goes_nowhere_when_the_proxy_is_gone(server, serve, proxy, caplog):
    way = WayOut.model_validate({"proxy": proxy.address})
    await proxy.stop()
    server.put("a", b"words")
    service = await serve(source=lambda _network, address: Source(address, way_out=way), hosts=("*",))
    assert await service.got(1, server.address("a")) == NOT_FETCHED
    assert not server.asked
    assert f"the proxy 127.0.0.1 port {proxy.port} cannot be reached" in caplog.text


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("files.example.org", True), ("abc.onion", True), ("8.8.8.8", True), ("[2606:4700::1111]", True),
        ("127.0.0.1", False), ("127.1", False), ("10.0.0.1", False), ("[::1]", False), ("0x7f.1", False),
        ("localhost", False), ("a.localhost.", False), ("printer.local", False), ("intranet", False),
    ],
)  # fmt: skip
def test_what_a_proxy_may_be_asked_for(host, may):
    assert may_be_asked_for(URL(f"http://{host}/a")) is may


def test_every_adapter_that_has_a_proxy_has_its_files_fetched_by_it():
    """It need not know: the core fills that in."""
    plain = IrcAdapter.NetworkConfig(server="irc.example.org", nick="hubbub")
    proxied = plain.model_copy(update={"proxy": WayOut.model_validate({"proxy": "http://a:1"}).proxy})
    sources = []
    for config in (plain, proxied):
        guarded = Guarded(Sourcing, "net", config, "I am a bridge.")
        sources.append(guarded.source("https://example.org/a"))
    assert sources[0].way_out is None
    assert sources[1] == replace(sources[0], way_out=proxied.way)


class Sourcing(IrcAdapter):
    def source(self, address):
        return Source(address)
