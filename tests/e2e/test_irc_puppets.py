"""People as themselves on IRC, where the bridge is killed at each step."""

import pytest

from tests.e2e.five import PLACES, gathered
from tests.e2e.kills import STEPS, survive

_IRC = """{{protocol: irc, server: 127.0.0.1, port: "${{{}}}", tls: false, nick: hubbub,
    flood: {{burst: 10000, per_second: 10000}}, ping: {{after: 3, timeout: 2}}, tell_gap: 0s,
    puppets: {{burst: 100, per_second: 100}}}}"""


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("puppets")
    (folder / "bridge.yaml").write_text(
        f"""\
networks:
  irc: {_IRC.format("IRC_PORT")}
  kept: {_IRC.format("KEPT_PORT")}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:${{MATRIX_PORT}}",
    user: "@hubbub:demo.hubbub.test", password: hubbub}}
conversations:
  lobby:
    irc: "#lobby"
    kept: "#lobby"
    matrix: "#lobby:demo.hubbub.test"
"""
    )
    async with gathered(folder, {name: PLACES[name] for name in ("irc", "kept", "matrix")}) as world:
        yield world


@pytest.fixture(autouse=True)
def begin_anew(world):
    world.forget()


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_loses_nothing_and_repeats_nothing(world, step):
    kills = [("kept", 3), ("irc", 2), ("kept", 7), ("matrix", 3), ("irc", 5)]
    await survive(world, [(step, *kill) for kill in kills], rate=4)
