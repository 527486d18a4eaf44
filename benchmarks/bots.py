"""Messages into a bot and its answers back, at a thousand a second. The bot is a process of its own."""

import asyncio
import json
import sys
import time

from bridge.app import Bridge
from bridge.config import load
from bridge.protocols import find
from bridge.testing import free_port

from .network import Network, batches

COUNT = 2000
PER_SECOND = 1000
AT_ONCE = 10

_BOT = """
import asyncio, itertools, json, sys, websockets

async def answer():
    async with websockets.connect(sys.argv[1], proxy=None, compression=None) as socket:
        async for frame in socket:
            event = json.loads(frame)
            if event.get("post_type") == "message":
                text = event["message"][0]["data"]["text"].replace("number", "answers")
                message = [{"type": "text", "data": {"text": text}}]
                params = {"group_id": event["group_id"], "message": message}
                await socket.send(json.dumps({"action": "send_group_msg", "params": params, "echo": 1}))

asyncio.run(answer())
"""


def _configured(folder, port):
    file = folder / "bridge.yaml"
    networks = {
        "bots": {"protocol": "bots", "nickname": "bot", "listen": f"127.0.0.1:{port}"},
        "left": {"protocol": "bridge.testing:ScriptedAdapter", "server": "left"},
    }
    file.write_text(
        json.dumps({"networks": networks, "conversations": {"c": {"left": "one", "bots": "two"}}})
    )
    return load(file, find, {})


async def answered(folder):
    """CPU seconds for each 1,000 messages and their answers, answers per second, whether they kept order."""
    left, port, texts = Network("left"), free_port(), []
    left.on_text = texts.append
    running = asyncio.ensure_future(Bridge(_configured(folder, port)).run())
    try:
        while not left.connected:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        left.happen(*left.messages("one", [-1]))  # waits for the bot
        bot = await asyncio.create_subprocess_exec(sys.executable, "-c", _BOT, f"ws://127.0.0.1:{port}/")
        await asyncio.wait_for(left.until(1), 60)
        texts.clear()
        began, cpu = time.perf_counter(), time.process_time()
        for turn, numbers in enumerate(batches(COUNT, AT_ONCE)):
            left.happen(*left.messages("one", numbers))
            await asyncio.sleep(max(0.0, began + (turn + 1) * AT_ONCE / PER_SECOND - time.perf_counter()))
        await left.until(COUNT + 1)
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
        bot.terminate()
        await bot.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])
    ordered = texts == [f"<bot> message answers {n}" for n in range(COUNT)]
    return cpu / COUNT * 1000, COUNT / took, ordered
