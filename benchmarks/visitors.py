"""Visitors of a desk, in a process of their own: asked in lines of JSON, and answering in such."""

import asyncio
import contextlib
import json
import random
import sys
import time

POSTING = 40
"""Connections that their lines go by, such as a web server before the desk has."""
JITTER = 5.0
"""Seconds within which a browser that lost its stream tries again."""


class Pool:
    """Connections for one request after the other."""

    def __init__(self, host, port):
        self._at = (host, port)
        self._free = asyncio.Queue()
        for _ in range(POSTING):
            self._free.put_nowait(None)

    async def post(self, path, body, headers=""):
        """Post until it is taken. Returns what is answered."""
        while True:
            connection = await self._free.get()
            try:
                if connection is None:
                    connection = await asyncio.open_connection(*self._at)
                status, answer = await self._ask(connection, path, json.dumps(body), headers)
            except (OSError, EOFError, ValueError):
                connection = None
                await asyncio.sleep(0.05)
            else:
                if status < 500:
                    assert status < 300, answer
                    return json.loads(answer)
                await asyncio.sleep(0.05)
            finally:
                self._free.put_nowait(connection)

    async def _ask(self, connection, path, body, headers):
        reader, writer = connection
        body = body.encode()
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: chat\r\n{headers}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        return int(head[9:12]), await reader.readexactly(length)


class Visitor:
    """One chat, and the stream of it."""

    def __init__(self, crowd, number):
        self.crowd, self.number, self.last = crowd, number, 0
        self.said, self.answered = [], []
        self.following = asyncio.Event()

    @property
    def headers(self):
        a, b = divmod(self.number, 250)
        forwarded = f"X-Forwarded-For: 198.18.{a % 250}.{b}\r\n"
        return f"{forwarded}Authorization: Bearer {self.token}\r\n" if self.last else forwarded

    async def open(self):
        opened = await self.crowd.pool.post(
            "/desk/sales/chats", {"text": "hello", "name": f"v{self.number}"}, self.headers
        )
        self.token, self.last = opened["token"], opened["events"][-1]["n"]
        self.reading = asyncio.ensure_future(self.follow())
        await self.following.wait()

    async def follow(self):
        while True:
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
                await self._stream()
            self.following.clear()
            await asyncio.sleep(random.uniform(0.0, JITTER))

    async def _stream(self):
        reader, writer = await asyncio.open_connection(*self.crowd.at, limit=16384)
        try:
            writer.write(
                f"GET /chat/events?after={self.last} HTTP/1.1\r\nHost: chat\r\n{self.headers}"
                "Accept: text/event-stream\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise OSError
            self.following.set()
            while True:
                line = await reader.readuntil(b"\n")
                if line.startswith(b"data: "):
                    self._saw(json.loads(line[6:]))
        finally:
            writer.transport.abort()

    def _saw(self, event):
        if "n" in event:
            if event["n"] != self.last + 1:
                self.crowd.wrong += 1
            self.last = event["n"]
        if event["kind"] == "said" and event["by"] == "agent":
            self.crowd.latencies.append(time.monotonic() - float(event["text"]))
            self.answered.append(event["text"])

    async def say(self):
        text = f"{time.monotonic()}"
        self.said.append(text)
        await self.crowd.pool.post("/chat/say", {"key": f"k{text}", "text": text}, self.headers)

    async def begin(self, lines, within):
        """Say so many, one after the other, beginning by chance within these seconds."""
        await asyncio.sleep(random.uniform(0.0, within))
        for _ in range(lines):
            await self.say()


class Crowd:
    """All of them."""

    def __init__(self, host, port):
        self.at, self.pool = (host, port), Pool(host, port)
        self.visitors, self.latencies, self.wrong = [], [], 0
        self.talking = ()

    async def open(self, count):
        new = [Visitor(self, len(self.visitors) + n) for n in range(count)]
        self.visitors += new
        await asyncio.gather(*(one.open() for one in new))

    async def say(self, count, per_second):
        began, sayings = time.monotonic(), []
        for n in range(count):
            sayings.append(asyncio.ensure_future(self.visitors[n % len(self.visitors)].say()))
            await asyncio.sleep(max(0.0, began + (n + 1) / per_second - time.monotonic()))
        await asyncio.gather(*sayings)

    async def lost(self):
        """Wait until all have lost their stream."""
        while any(one.following.is_set() for one in self.visitors):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def begin(self, each, lines, within):
        """Let one in so many talk, 0: nobody. Waits for nothing."""
        talking = self.visitors[::each] if each else ()
        self.talking = [asyncio.ensure_future(one.begin(lines, within)) for one in talking]

    async def back(self):
        """Wait until all follow again."""
        await asyncio.gather(*(one.following.wait() for one in self.visitors))

    async def said(self):
        """What each has said, once it is taken."""
        await asyncio.gather(*self.talking)
        return {one.number: one.said for one in self.visitors if one.said}

    async def answered(self):
        """What each was told by agents."""
        return {one.number: one.answered for one in self.visitors if one.answered}

    async def seen(self, count):
        while len(self.latencies) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        found, self.latencies = self.latencies, []
        return {"latencies": found, "wrong": self.wrong}


async def main():
    loop = asyncio.get_running_loop()
    crowd = Crowd("127.0.0.1", int(sys.argv[1]))
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        name, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(await getattr(crowd, name)(*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
