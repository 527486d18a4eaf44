"""`hubbub muted` and `hubbub unmute`, asked of a service in this process."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from bridge.config import ShowRules
from bridge.control.abilities import Abilities
from bridge.control.server import Control
from bridge.model import Change, MemberChanged, RoomId
from bridge.testing import ScriptedNetwork
from tests.bridge.relay.test_whole import person
from tests.bridge.world import config, running

HUBBUB = str(Path(sys.executable).with_name("hubbub"))


async def test_who_is_muted_and_is_heard_again(tmp_path):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    rules = ShowRules(moderators="everywhere")
    map_ = config(tmp_path, {"lobby": ["left one", "right two"]}, show=rules)

    async def read():
        return map_

    async def hubbub(*arguments):
        ran = await asyncio.to_thread(
            subprocess.run,
            [HUBBUB, *arguments, "--journal", str(map_.journal)],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return ran.returncode, ran.stdout + ran.stderr

    async with running(map_, lambda bridge: Control(Abilities(bridge, read)).listening()):
        assert await hubbub("muted") == (0, "Nobody is muted.\n")
        banned = MemberChanged(
            room=RoomId("one"), sender=person("eve"), change=Change.BANNED, by=person("ann"), reason="spam"
        )
        left.announce(banned)
        code, told = await hubbub("muted")
        assert code == 0
        assert "eve (left/eve!user@host) is muted in lobby until that is lifted" in " ".join(told.split())
        assert "in left one by ann: spam" in " ".join(told.split())
        (mute,) = json.loads((await hubbub("muted", "--json"))[1])
        assert (mute["user"], mute["until"], mute["dry_run"]) == ("eve!user@host", None, False)
        code, told = await hubbub("unmute", "bob")
        assert (code, "nobody called" in told) == (1, True)
        assert (await hubbub("unmute", "left/eve!user@host"))[0] == 0
        left.say("one", "eve", "hello")
        await right.until(1)
