"""A running service and its owner's commands, as a person at a shell uses them."""

import asyncio
import contextlib
import json
import os
import re

import pytest

from adapters.irc.testing import Person
from bridge.journal.sqlite import SqliteJournal
from bridge.model import MessageCreated, MessageId, RoomId, Sender, UserId, plain
from tests.adapters.irc.harness import client
from tests.adapters.places import demo_server
from tests.e2e.world import HUBBUB

CONFIG = """\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {port}, tls: false, nick: hubbub}}
conversations:
  lobby: {{irc: {rooms}}}
"""


class Shell:
    """The owner's shell, in the folder of the configuration."""

    def __init__(self, folder, demo):
        self.folder = folder
        self.demo = demo
        self._port = demo.port
        self.rooms("#one", "#two")

    def rooms(self, *rooms):
        (self.folder / "bridge.yaml").write_text(CONFIG.format(port=self._port, rooms=list(rooms)))

    async def run(self, *arguments):
        """Run the command; returns its exit code and all that it says."""
        process = await asyncio.create_subprocess_exec(
            HUBBUB,
            *arguments,
            cwd=self.folder,
            env={**os.environ, "HUBBUB_CONFIG": "bridge.yaml"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode, said.decode()

    @contextlib.asynccontextmanager
    async def service(self):
        """The service, in both rooms."""
        process = await asyncio.create_subprocess_exec(
            HUBBUB, "run", cwd=self.folder, stderr=asyncio.subprocess.PIPE
        )
        joined = 0
        async with asyncio.timeout(60):
            while joined < 2:
                joined += b"is joined" in await process.stderr.readline()
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.communicate(), 30)


@pytest.fixture
async def shell(tmp_path):
    """A folder whose journal holds a dead letter to #two, and a server."""
    (tmp_path / "irc").mkdir()
    async with demo_server("irc", tmp_path / "irc") as (demo, _):
        journal = SqliteJournal(tmp_path / "hubbub.sqlite3")
        one, two = journal.number("irc", RoomId("#one")), journal.number("irc", RoomId("#two"))
        sender = Sender(UserId("alice!a@h"), "alice")
        for n in range(3):
            event = MessageCreated(
                id=MessageId(str(n)), room=RoomId("#one"), sender=sender, content=plain(f"lost {n}")
            )
            journal.take(one, event, (two,))
        journal.commit()
        for delivery in journal.owed(two):
            journal.give_up(delivery, "a moderator said no")
        journal.commit()
        journal.close()
        yield Shell(tmp_path, demo)


async def hears(person, count):
    """What comes next, whenever it was said."""
    heard = [(await asyncio.wait_for(person.heard.get(), 30)).content.text for _ in range(count)]
    return [re.sub(r"^\[\d\d:\d\d UTC\] ", "", text.replace("\u200b", "")) for text in heard]


async def test_an_owner_s_day(shell):
    async with shell.service():
        person = Person("bob", "#two")
        await person.join(shell._port)
        code, said = await shell.run("undelivered")
        assert (code, said.count("alice  lost ")) == (0, 3)
        assert "  3  a moderator said no\n" in said

        code, said = await shell.run("undelivered", "retry", "1", "3")
        assert (code, said) == (0, "2 messages are queued again, in their old order, before what is newer.\n")
        assert await hears(person, 2) == ["<alice> lost 0", "<alice> lost 2"]

        code, said = await shell.run("db", "backup", "copy")
        assert code == 0, said
        code, said = await shell.run("db", "check")
        assert (code, said.splitlines()[-1]) == (0, "The journal is sound.")
        code, said = await shell.run("db", "restore", "copy")
        assert code == 1
        assert re.search(r"in use by another Hubbub \(process \d+\)", said)

        shell.rooms("#one", "#three")
        code, said = await shell.run("reload", "--dry-run")
        assert code == 0
        assert said.splitlines() == [
            "It would join irc #three.",
            "It would leave irc #two.",
            "irc would keep its connection.",
        ]
        code, said = await shell.run("reload")
        assert said.startswith("It joined irc #three.\n")
        code, said = await shell.run("undelivered", "retry", "--all")
        assert (code, said) == (1, "1 message to a room in no conversation: still undelivered.\n")
        await person.leave()

    code, said = await shell.run("reload")
    assert code == 1
    assert "no service is running" in said
    code, said = await shell.run("db", "restore", "copy")
    assert code == 0, said
    shell.rooms("#one", "#two")
    code, said = await shell.run("undelivered", "retry", "--all")
    assert said == "1 message is queued again; what the rooms take goes out when the service is started.\n"
    person = Person("bob", "#two")
    await person.join(shell._port)
    async with shell.service():
        assert await hears(person, 1) == ["<alice> lost 1"]
    await person.leave()


async def test_a_reload_disturbs_nobody(shell):
    """People see a new nick and no new connection; and a network may change its name."""
    file = shell.folder / "bridge.yaml"
    async with shell.service(), client(shell._port, "carol", "#one") as carol:
        text = file.read_text()
        file.write_text(text.replace("nick: hubbub", "nick: bridge, prefix: '{name}: '"))
        code, said = await shell.run("reload")
        assert (code, said.splitlines()) == (
            0,
            [
                'irc: prefix is now "{name}: "; it was not set.',
                "irc: nick is now bridge instead of hubbub.",
                "irc kept its connection.",
            ],
        )
        await carol.heard(r"^:hubbub!\S+ NICK :?bridge")
        async with client(shell._port, "dave", "#two") as dave:
            carol.say("PRIVMSG #one :hello")
            await dave.heard(r"^:bridge!\S+ PRIVMSG #two :c\W*arol: hello")

        file.write_text(
            file.read_text().replace("  irc: {", "  home: {was: irc, ").replace("{irc:", "{home:")
        )
        code, said = await shell.run("reload", "--dry-run")
        assert said.splitlines() == [
            "It would rename irc to home, with all that belongs to it.",
            "It would connect anew to home.",
        ]
        code, said = await shell.run("reload")
        assert (code, said.splitlines()[0]) == (0, "It renamed irc to home, with all that belongs to it.")
        await carol.heard(r"^:bridge!\S+ JOIN :?#one")
        code, said = await shell.run("undelivered")
        assert "home #two" in said

        (shell.folder / "other.yaml").write_text(text)
        code, said = await shell.run("reload", "other.yaml")
        assert code == 1
        assert f"the service follows {file}, not {shell.folder}/other.yaml" in said


async def test_nobody_misses_a_word_while_the_map_changes(shell):
    """Rooms come and go, names look otherwise, and a file has mistakes: all that carol says is there once."""
    file = shell.folder / "bridge.yaml"
    good = file.read_text().replace("nick: hubbub", "nick: hubbub, flood: {burst: 1000, per_second: 1000}")
    said = 0

    async def talk(carol):
        nonlocal said
        while True:
            said += 1
            carol.say(f"PRIVMSG #one :word {said}")
            await asyncio.sleep(0.05)

    file.write_text(good)
    maps = [
        good + "  other: {irc: ['#three', '#four']}\n",
        good.replace("nick: hubbub", "nick: hubbub, prefix: '{name}: '"),
        good.replace("'#two'", "'#five', '#two'"),
        good + "  cut: {irc: [\n",
        good.replace("lobby:", "again:"),
    ]
    async with (
        shell.service(),
        client(shell._port, "carol", "#one") as carol,
        client(shell._port, "dave", "#two") as dave,
    ):
        talking = asyncio.ensure_future(talk(carol))
        for text in maps * 2:
            file.write_text(text)
            code, _ = await shell.run("reload")
            assert code == (78 if "cut" in text else 0)
        talking.cancel()
        carol.say("PRIVMSG #one :word and no more")
        words = []
        while "and no more" not in words:
            words.append((await dave.heard(" PRIVMSG #two :.*word ")).rpartition("word ")[2])
        assert words == [*map(str, range(1, said + 1)), "and no more"]


async def test_what_is_wrong_shows_in_seconds(shell):
    """A room that lets nobody in, then a server that is gone, then no service."""

    def words(said):
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d( \(\d+ \w+\))?", "WHEN", said).splitlines()

    async with shell.service(), client(shell._port, "carol", "#three") as carol:
        code, said = await shell.run("status")
        assert code == 0, said
        assert re.fullmatch(r"Hubbub \S+ runs since WHEN: all is well", words(said)[0])
        assert words(said)[2] == "  irc  irc  connected since WHEN  2 of 2 rooms"
        assert words(said)[4] == "3 messages are not delivered: `hubbub undelivered`"

        carol.say("MODE #three +i")
        await carol.heard(r"MODE #three :?\+i")
        shell.rooms("#one", "#two", "#three")
        await shell.run("reload")
        code, said = await shell.run("status")
        assert (code, words(said)[2]) == (1, "irc #three cannot be joined")
        assert "invite" in words(said)[3]
        assert "  irc  irc  connected since WHEN  2 of 3 rooms" in words(said)

        await shell.demo.stop()
        async with asyncio.timeout(30):
            while "irc cannot be reached" not in words((await shell.run("status"))[1]):
                await asyncio.sleep(0.1)
        code, said = await shell.run("status", "--json")
        (wrong,) = json.loads(said)["wrong"]
        assert (code, wrong["network"], wrong["what"]) == (1, "irc", "cannot be reached")
    assert (await shell.run("status"))[0] == 3


async def test_a_service_that_was_killed_leaves_nothing_in_the_way(shell):
    async with shell.service() as process:
        process.kill()
        await process.communicate()
    assert (await shell.run("undelivered", "retry", "2"))[0] == 0
    async with shell.service():
        code, said = await shell.run("reload", "--dry-run")
        assert (code, said) == (0, "Nothing would change.\n")
