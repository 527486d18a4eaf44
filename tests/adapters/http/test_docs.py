"""What docs/http.md shows works as it stands."""

import asyncio
import json
import re
from pathlib import Path

from bridge.testing import ScriptedNetwork

from .world import SECRET, Receiver, configured, running

PAGE = (Path(__file__).parents[3] / "docs/http.md").read_text()
TOKEN = "e5d1c0ffee00c0ffee00"


def example(what: str) -> str:
    """The command on the page that asks for this."""
    commands = re.findall(r"^    (curl (?:.*\\\n)*.*)", PAGE, re.MULTILINE)
    (found,) = [command for command in commands if command.endswith(what)]
    return found


async def shell(command: str, listen: str, lines: int = 0) -> str:
    """What a command prints, or its first lines."""
    command = command.replace("localhost:4242", listen).replace("curl ", "exec curl -sS -m 20 ")
    process = await asyncio.create_subprocess_shell(
        f"TOKEN={TOKEN}; {command}", stdout=asyncio.subprocess.PIPE
    )
    if lines:
        found = "".join([(await process.stdout.readline()).decode() for _ in range(lines)])
        process.terminate()
        await process.wait()
        return found
    out, _ = await process.communicate()
    return out.decode()


async def test_the_examples(tmp_path):
    chat = ScriptedNetwork("chat")
    config = configured(tmp_path, network=f"token: {TOKEN}")
    listen = config.networks["programs"].settings.listen
    async with running(config):
        assert await shell(example("/api/health"), listen) == "OK"
        said = json.loads(await shell(example("/api/message"), listen))
        await chat.until(1)
        chat.say("#one", "ann", "hello")
        (fetched,) = json.loads(await shell(example("/api/messages"), listen))
        stream = asyncio.ensure_future(shell(example("/api/stream"), listen, 2))
        chat.say("#one", "ann", "bye")
        greeting, streamed = map(json.loads, (await stream).splitlines())
    assert chat.texts("#one") == ["<till> 2 teas"]
    assert (said["username"], fetched["text"], streamed["text"]) == ("till", "hello", "bye")
    assert greeting["event"] == "api_connected"
    (shown,) = re.findall(r"^    ({\"text\":\"hello\".*\n.*})$", PAGE, re.MULTILINE)
    assert list(json.loads(shown)) == list(fetched)


async def test_the_snippet_that_verifies(tmp_path):
    chat = ScriptedNetwork("chat")
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    scope = {}
    exec(snippet, scope)
    async with Receiver().serving() as receiver:
        config = configured(tmp_path, room=f"to: '{receiver.url}', secret: {SECRET}")
        async with running(config):
            chat.say("#one", "ann", "hello")
            await receiver.until(1)
    ((headers, body),) = receiver.posted
    assert scope["is_genuine"](SECRET, headers, body)
    assert not scope["is_genuine"](SECRET, headers, body + b" ")
    assert not scope["is_genuine"](SECRET, {**headers, "webhook-timestamp": "1"}, body)
