"""A channel of IRC as a room of XMPP, by a gateway: biboumi, joined to Prosody and to ngIRCd."""

import asyncio
import contextlib
import sqlite3
import time

import pytest

from adapters.irc.testing import Demo as Ircd
from adapters.xmpp import Adapter
from bridge import Authorship, RoomId, SendMessage, Speaker, Support, Txn, plain
from bridge.testing import Server
from tests.adapters.irc.binaries import find
from tests.adapters.xmpp.harness import running
from tests.adapters.xmpp.places import Prosody

GATEWAY = "irc.demo.hubbub.test"
ROOM = RoomId(f"#lobby%127.0.0.1@{GATEWAY}")
BOT = "hubbub@demo.hubbub.test"
ALICE = Speaker(Authorship.PREFIX, "alice")
SETTINGS = (
    f"hostname={GATEWAY}\npassword=secret\nxmpp_server_ip=127.0.0.1\nport={{port}}\nidentd_port=0\n"
    "db_name={folder}/biboumi.sqlite\nlog_level=1\n"
)
COLUMNS = {
    "server_": "127.0.0.1",
    "verifycert_": 0,
    "throttlelimit_": 100,
    "maxhistorylength_": 20,
    **dict.fromkeys(("tlsports_", "pass_", "username_", "realname_", "trustedfingerprint_"), ""),
    **dict.fromkeys(("encodingout_", "encodingin_", "address_", "nick_", "saslpassword_"), ""),
}

pytestmark = pytest.mark.skipif(find("biboumi") is None, reason="biboumi is not installed")


class Gateway(Prosody):
    """Prosody with biboumi as a component."""

    def settings(self):
        return f'{super().settings()}\nComponent "{GATEWAY}"\n  component_secret = "secret"\n'


@pytest.fixture(scope="module")
async def irc(tmp_path_factory):
    """The IRC server; whoever is the bot finds its channels at the gateway."""
    folders = [tmp_path_factory.mktemp(name) for name in ("ircd", "prosody", "biboumi")]
    biboumi = Server(folders[2], "biboumi")
    async with contextlib.AsyncExitStack() as stack:
        ircd, prosody = Ircd(folders[0]), Gateway(folders[1])
        for server in (ircd, prosody):
            stack.push_async_callback(server.stop)
            await server.start()
        (folders[2] / "biboumi.cfg").write_text(SETTINGS.format(port=prosody.components, folder=folders[2]))
        stack.push_async_callback(biboumi.stop)
        await biboumi.run(find("biboumi"), str(folders[2] / "biboumi.cfg"))
        ircd.xmpp_port = prosody.port
        log = folders[2] / "biboumi.log"
        async with asyncio.timeout(25):
            while "Authenticated with the XMPP server" not in log.read_text():
                await asyncio.sleep(0.05)
        with contextlib.closing(sqlite3.connect(folders[2] / "biboumi.sqlite")) as settings:
            known = {**COLUMNS, "owner_": BOT, "ports_": str(ircd.port)}
            places = ", ".join("?" * len(known))
            settings.execute(
                f"INSERT INTO ircserveroptions_ ({', '.join(known)}) VALUES ({places})", tuple(known.values())
            )
            settings.commit()
        yield ircd


@contextlib.asynccontextmanager
async def bridge(irc, positions):
    settings = {"jid": BOT, "password": "hubbub", "server": "127.0.0.1", "port": irc.xmpp_port, "tls": "none"}
    adapter = Adapter("home", Adapter.NetworkConfig.model_validate(settings), "I am a bridge.")
    async with running(adapter, {ROOM: Adapter.RoomConfig()}, joined=False, positions=positions) as ears:
        yield adapter, ears


async def say(adapter, txn, text):
    command = SendMessage(room=ROOM, speaker=ALICE, txn=Txn(txn), content=plain(text))
    return await (await adapter.send(command))


async def test_a_channel_of_a_gateway(irc):
    positions = {}
    carl = await irc.person("carl", "#lobby")
    async with bridge(irc, positions) as (adapter, ears):
        await ears.until_joined(ROOM)
        await carl.say(plain("hello"))
        assert (await ears.said()).content.text == "hello"
        await say(adapter, "1.aa", "one\ntwo\nthree")
        await carl.say(plain("and?"))
        assert (await ears.said()).content.text == "and?", "what we say does not come back"
        assert await adapter.look({ROOM: Adapter.RoomConfig()}) == {ROOM: None}
    since = time.time()
    async with bridge(irc, positions) as (adapter, ears):
        past, _ = await ears.until_joined(ROOM)
        assert past == [], "what we said is not said again"
        assert await adapter.find_sent(ROOM, since - 60, [Txn("1.aa"), Txn("2.aa")]) == {}, "nobody can tell"
        assert adapter.capabilities(ROOM).doubt is Support.PARTIAL
        said = await adapter.past(ROOM, since - 60)
        assert [event.content.text for event in said] == ["hello", "and?"]
