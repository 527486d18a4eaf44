"""A bouncer between the bridge and a network: what it does not hear itself is told to people."""

from pathlib import Path

from tests.adapters.irc.bouncers import Znc
from tests.adapters.irc.harness import client
from tests.adapters.irc.servers import Inspircd
from tests.e2e.proxy import Proxy
from tests.e2e.world import World, hubbub

_CONFIG = """\
networks:
  near:
    {{protocol: irc, server: 127.0.0.1, port: {near}, tls: false, nick: hubbub, password: "hub/test:secret",
      tell_gap: 0s}}
  far: {{protocol: irc, server: 127.0.0.1, port: {far}, tls: false, nick: hubbub}}
conversations:
  lobby: {{near: "#lobby", far: "#lobby"}}
"""


async def test_it_loses_its_network_while_we_are_there(tmp_path: Path) -> None:
    """Its connection to us stays, and nobody hears what is said until it is back: that is a gap."""
    near, far = Inspircd(tmp_path / "near"), Inspircd(tmp_path / "far")
    await near.start()
    await far.start()
    proxy = Proxy(near.port)
    await proxy.start()
    znc = Znc(tmp_path / "znc", proxy.port, "#lobby", clear=False)
    file = tmp_path / "bridge.yaml"
    try:
        async with client(near.port, "bob", "#lobby") as bob, client(far.port, "eve", "#lobby") as eve:
            await znc.start()
            await bob.heard(":hubbub!.* JOIN")
            file.write_text(_CONFIG.format(near=znc.port, far=far.port))
            async with hubbub(World(tmp_path), config=file) as bridge:
                await bridge.joined("near", "far")
                bob.say("PRIVMSG #lobby :heard")
                await eve.heard("PRIVMSG #lobby :.*heard")
                await proxy.cut()
                await bob.heard(":hubbub!.* QUIT")
                bob.say("PRIVMSG #lobby :nobody hears this")
                await proxy.start()
                await bob.heard(":hubbub!.* JOIN")
                await eve.heard("NOTICE #lobby :The bridge was away .*; .*said in #lobby on near meanwhile")
    finally:
        await znc.close()
        await proxy.cut()
        await far.stop()
        await near.stop()
