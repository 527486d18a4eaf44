"""One conversation across real servers, with the bridge as its owner runs it."""

import asyncio
import itertools
import json
import os
import signal

import pytest
import yaml

from bridge.model import Content, Kind, Mark, Span, plain
from bridge.testing import free_port
from tests.adapters.bots import frameworks
from tests.adapters.places import CONFIG, chat_map
from tests.e2e.world import HUBBUB, NETWORKS, World, hubbub, servers


@pytest.fixture(scope="module")
async def running_servers(tmp_path_factory):
    async with servers(tmp_path_factory.mktemp("e2e")) as world:
        await world.join()
        yield world


@pytest.fixture
async def world(running_servers: World):
    for proxy in running_servers.proxies.values():
        await proxy.cut()
        await proxy.start()
    for leftover in running_servers.folder.glob("hubbub.sqlite3*"):
        leftover.unlink()
    yield running_servers
    assert running_servers.quiet(), "somebody heard more than was said"


async def test_what_is_said_anywhere_is_heard_everywhere_else(world):
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        for here in NETWORKS:
            name = world.people[here].name
            await world.people[here].say(plain(f"hello from {here} 👋 你好"))
            await world.people[here].say(plain("waves"), Kind.EMOTE)
            for there in NETWORKS.keys() - {here}:
                assert await world.heard(there, 2) == [
                    f"<{name}> hello from {here} 👋 你好",
                    f"* {name} waves",
                ]


async def test_a_bot_is_asked_on_irc_and_answers_everywhere(world, tmp_path):
    port = free_port()
    plan = yaml.safe_load(chat_map())
    plan["networks"]["bots"] = frameworks.settings(port)
    plan["conversations"]["lobby"]["bots"] = "shop"
    file = tmp_path / "bridge.yaml"
    file.write_text(yaml.safe_dump(plan))
    async with frameworks.nonebot(tmp_path, port), hubbub(world, config=file) as bridge:
        await bridge.joined(*NETWORKS, "bots")
        await world.people["irc"].say(plain("!price"))
        assert await world.heard("irc") == ["<pricebot> ada, it is 42"]
        for there in ("jabber", "matrix"):
            question, answer = await world.heard(there, 2)
            assert question == "<ada> !price"
            assert answer.endswith("<pricebot> ada, it is 42")  # behind what it answers, on XMPP


async def members(world, network):
    """How many are in the room of a network, as the bridge knows it."""
    process = await asyncio.create_subprocess_exec(
        *(HUBBUB, "rooms", str(world.folder / "bridge.yaml"), "--network", network, "--json"),
        env={**os.environ, **world.variables},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    (room,) = json.loads(said)
    return room["members"] or 0


@pytest.mark.parametrize("here", NETWORKS)
async def test_who_is_silent_has_their_name_in_their_room(world, here):
    """Somebody elsewhere who takes it is told apart there, and there alone."""
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        other, third = (network for network in NETWORKS if network != here)
        before = await members(world, here)
        silent = await world.demos[here].person("Bob")
        while await members(world, here) == before:
            await asyncio.sleep(0.1)
        namesake = await world.demos[other].person("bob")
        await namesake.say(plain("it is me"))
        assert await world.heard(here) == [f"<bob ({other})> it is me"]
        assert await world.heard(third) == ["<bob> it is me"]
        assert await world.heard(other) == ["it is me"]
        await silent.leave()
        await namesake.leave()


@pytest.mark.parametrize(("here", "there"), list(itertools.permutations(NETWORKS, 2)))
async def test_formatting_crosses(world, here, there):
    both = {"bold": Mark.BOLD, "italic": Mark.ITALIC, "struck": Mark.STRIKE, "code": Mark.CODE}
    spans = [Span(word, frozenset({mark})) for word, mark in both.items()]
    spaced = [span for word in spans for span in (word, Span(" "))][:-1]
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        await world.people[here].say(Content(tuple(spaced)))
        for network in NETWORKS.keys() - {here}:
            heard = await asyncio.wait_for(world.people[network].heard.get(), 30)
            if network == there:
                assert [span for span in heard.content.spans if span.marks] == spans


async def test_a_message_crosses_within_a_blink(world):
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        for here in NETWORKS:
            loop = asyncio.get_running_loop()
            before = loop.time()
            await world.people[here].say(plain("blink"))
            await asyncio.gather(*(world.heard(there) for there in NETWORKS.keys() - {here}))
            assert loop.time() - before < 2


@pytest.mark.parametrize("down", NETWORKS)
async def test_queued_lines_survive_a_kill(world, down):
    """A crash with lines queued for a network that is down: all arrive afterwards, once, in order."""
    here, other = (network for network in NETWORKS if network != down)
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        await world.proxies[down].cut()
        for n in range(20):
            await world.people[here].say(plain(f"line {n}"))
        name = world.people[here].name
        assert await world.heard(other, 20) == [f"<{name}> line {n}" for n in range(20)]
        await world.recorded(other)
        await bridge.kill()
    await world.proxies[down].start()
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        assert await world.heard(down, 20) == [f"<{name}> line {n}" for n in range(20)]
        await world.people[here].say(plain("and on"))
        assert await world.heard(down) == await world.heard(other) == [f"<{name}> and on"]


@pytest.mark.parametrize("down", NETWORKS)
async def test_a_network_that_is_down_at_the_start_disturbs_no_other(world, down):
    here, other = (network for network in NETWORKS if network != down)
    await world.proxies[down].cut()
    async with hubbub(world) as bridge:
        await bridge.joined(here, other)
        await world.people[here].say(plain("hello"))
        name = world.people[here].name
        assert await world.heard(other) == [f"<{name}> hello"]
        await world.proxies[down].start()
        assert await world.heard(down) == [f"<{name}> hello"]


async def test_a_server_that_accepts_and_says_nothing_disturbs_no_other(world):
    world.proxies["irc"].silence()
    async with hubbub(world) as bridge:
        await bridge.joined("jabber", "matrix")
        await world.people["jabber"].say(plain("hello"))
        assert await world.heard("matrix") == ["<grace> hello"]
        world.proxies["irc"].silence()
        await world.proxies["irc"].cut()
        await world.proxies["irc"].start()
        assert await world.heard("irc") == ["<grace> hello"]


async def test_a_stop_is_polite_and_quick(world):
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        assert await asyncio.wait_for(bridge.stop(), 5) == 0
        assert "Traceback" not in bridge.log.read_text()


async def test_a_file_with_mistakes_changes_nothing(world):
    file = world.folder / "bridge.yaml"
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        good = file.read_text()
        try:
            file.write_text(good.replace("nick:", "nikc:"))
            bridge.process.send_signal(signal.SIGHUP)
            await bridge.logged("the new configuration is not followed", 'unknown key "nikc"')
        finally:
            file.write_text(good)
        await world.people["irc"].say(plain("still here"))
        assert await world.heard("jabber") == await world.heard("matrix") == ["<ada> still here"]


async def test_a_second_bridge_on_the_same_journal_is_refused(world):
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        process = await asyncio.create_subprocess_exec(
            HUBBUB, "run", str(world.folder / "bridge.yaml"), stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate()
        assert process.returncode == 1
        assert f"in use by another Hubbub (process {bridge.process.pid})" in errors.decode()


async def test_the_demo_ends_well_and_leaves_nothing(tmp_path):
    process = await asyncio.create_subprocess_exec(
        HUBBUB,
        "demo",
        "--once",
        str(CONFIG),
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "TMPDIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    told = " ".join(output.decode().split())
    assert (
        "Started: ngIRCd (irc), Prosody (jabber), Synapse (matrix), mosquitto (mqtt), NoneBot (bots)" in told
    )
    assert "arrived in order" in told
    assert "the answer of pricebot" in told
    assert list(tmp_path.iterdir()) == []


async def test_the_demo_goes_to_no_real_network(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(CONFIG.read_text().replace("${DEMO_IRC_PORT:-6667}", "6667"))
    process = await asyncio.create_subprocess_exec(
        HUBBUB, "demo", "--once", str(file), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert "is not a map of the demo: it does not use DEMO_IRC_PORT" in errors.decode()
    assert "Traceback" not in errors.decode()


@pytest.mark.parametrize(
    ("broken", "right", "wrong", "sentence"),
    [
        ("jabber", "password: hubbub\n    server", "password: wrong\n    server", "jabber: "),
        (
            "matrix",
            'demo.hubbub.test"\n    password: hubbub',
            'demo.hubbub.test"\n    password: wrong',
            "matrix: ",
        ),
        (
            "irc",
            'server: 127.0.0.1\n    port: "${DEMO_IRC',
            'server: no-such-host.invalid\n    port: "${DEMO_IRC',
            "irc: ",
        ),
    ],
)
async def test_a_network_that_lets_nobody_in_is_told_and_disturbs_no_other(
    world, tmp_path, broken, right, wrong, sentence
):
    text = chat_map()
    assert right in text
    file = tmp_path / "bridge.yaml"
    file.write_text(text.replace(right, wrong))
    here, other = (network for network in NETWORKS if network != broken)
    async with hubbub(world, config=file) as bridge:
        await bridge.joined(here, other)
        await world.people[here].say(plain("hello"))
        assert await world.heard(other) == [f"<{world.people[here].name}> hello"]
        await bridge.logged(sentence, "trying again")
        assert "Traceback" not in bridge.log.read_text()
        assert "wrong" not in bridge.log.read_text().replace("wrong password", "")


async def test_check_online_names_what_is_wrong_and_disturbs_nobody(world, tmp_path):
    text = chat_map()
    file = tmp_path / "bridge.yaml"
    file.write_text(text.replace("password: hubbub\n    server", "password: wrong\n    server"))
    variables = {**os.environ, **world.variables}
    async with hubbub(world) as bridge:
        await bridge.joined(*NETWORKS)
        for config, expected in ((world.folder / "bridge.yaml", 0), (file, 1)):
            process = await asyncio.create_subprocess_exec(
                HUBBUB, "check", "--online", str(config), stdout=asyncio.subprocess.PIPE, env=variables
            )
            output, _ = await process.communicate()
            assert process.returncode == expected, output.decode()
        await world.people["irc"].say(plain("undisturbed"))
        assert await world.heard("jabber") == await world.heard("matrix") == ["<ada> undisturbed"]
