"""A bot as people write them with NoneBot: it names a price when somebody says !price.

`python -m adapters.bots.testing.bot PORT` connects to the port of Hubbub's on this machine. On its standard
output it tells what it hears, an event of OneBot a line; it ends with its standard input.
"""

import json
import os
import socket
import sys
import threading
import time
from typing import Any

import nonebot
from nonebot.adapters.onebot.v11 import Adapter, Event, GroupMessageEvent

__all__: list[str] = []


class _Telling(Adapter):
    """NoneBot's own adapter, which also tells: handlers have tasks of their own, and no order."""

    @classmethod
    def json_to_event(cls, json_data: Any) -> Event | None:
        event = super().json_to_event(json_data)
        if event is not None and event.post_type != "meta_event":
            print(json.dumps(json_data), flush=True)  # noqa: T201 - whoever started it reads that
        return event


def _wait_for(port: int) -> None:
    """Wait until somebody listens: NoneBot itself would try again after three seconds."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def _main(port: int) -> None:
    threading.Thread(target=_end_with_input, daemon=True).start()
    nonebot.logger.remove()
    nonebot.logger.add(sys.stderr, level="WARNING")
    nonebot.init(driver="~websockets", onebot_ws_urls={f"ws://127.0.0.1:{port}/"}, command_start={"!"})
    nonebot.get_driver().register_adapter(_Telling)
    price = nonebot.on_command("price")

    @price.handle()
    async def answer(event: GroupMessageEvent) -> None:
        await price.finish(f"{event.sender.card}, it is 42", reply_message=True)

    print("{}", flush=True)  # noqa: T201 - it is ready
    _wait_for(port)
    nonebot.run()


if __name__ == "__main__":
    _main(int(sys.argv[1]))
