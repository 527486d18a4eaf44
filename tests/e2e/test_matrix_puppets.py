"""People as themselves on Matrix, where the bridge has an application service and is killed at each step."""

import pytest

from adapters.matrix.puppets.registration import new_registration
from adapters.matrix.testing import Demo
from bridge.model import plain
from tests.e2e.five import PLACES, gathered
from tests.e2e.kills import STEPS, survive
from tests.e2e.world import hubbub


class Synapse(Demo):
    """Synapse that knows the service."""

    def __init__(self, folder):
        super().__init__(folder)
        made = new_registration("matrix", "@hubbub:demo.hubbub.test", folder.parent / "registration.yaml")
        if not made.file.exists():
            made.file.write_text(made.text)
        self.registrations = (made.file,)


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("puppets")
    (folder / "bridge.yaml").write_text(
        """\
networks:
  irc: {protocol: irc, server: 127.0.0.1, port: "${IRC_PORT}", tls: false, nick: hubbub,
    flood: {burst: 10000, per_second: 10000}, ping: {after: 3, timeout: 2}, tell_gap: 0s}
  matrix: {protocol: matrix, homeserver: "http://127.0.0.1:${MATRIX_PORT}", user: "@hubbub:demo.hubbub.test",
    password: hubbub, registration: registration.yaml}
conversations:
  lobby:
    irc: "#lobby"
    matrix: "#lobby:demo.hubbub.test"
"""
    )
    async with gathered(folder, {"irc": PLACES["irc"], "matrix": Synapse}) as world:
        yield world


@pytest.fixture(autouse=True)
def begin_anew(world):
    world.forget()


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_loses_nothing_and_repeats_nothing(world, step):
    kills = [("matrix", 3), ("irc", 2), ("matrix", 7), ("matrix", 2)]
    await survive(world, [(step, *kill) for kill in kills], rate=4)


async def test_who_is_removed_by_a_moderator_hears_of_it(world):
    """The people who are silenced on one side are told so on theirs, by what could not be delivered."""
    async with hubbub(world) as bridge:
        await bridge.joined("irc", "matrix")
        irc, matrix = world.people["irc"], world.people["matrix"]
        await irc.say(plain("hello"))
        assert (await matrix.heard.get()).sender == irc.name
        demo = world.demos["matrix"]
        wire = await demo.room("#lobby:demo.hubbub.test")
        members = (await demo.call("GET", f"/_matrix/client/v3/rooms/{wire}/joined_members", demo._owner))[
            "joined"
        ]
        (puppet,) = [user for user in members if user.startswith("@_hubbub_matrix_")]
        await demo.call(
            "POST",
            f"/_matrix/client/v3/rooms/{wire}/kick",
            demo._owner,
            {"user_id": puppet, "reason": "enough"},
        )
        await irc.say(plain("what?"))
        (told,) = await world.heard("irc")
        assert "was sent out there" in told
