"""A terminal for programs that need one."""

import asyncio
from pathlib import Path

__all__ = ["Terminal"]


class Terminal:
    """A program in tmux, on a tmux server of its own."""

    def __init__(self, folder: Path) -> None:
        self._socket = str(folder / "tmux")

    async def tmux(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "tmux", "-u", "-S", self._socket, *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        out, _ = await process.communicate()
        return out.decode()

    async def type(self, text: str) -> None:
        await self.tmux("send-keys", "-l", text)
        await self.tmux("send-keys", "Enter")

    async def shows(self, text: str) -> str:
        """Wait until the screen shows this. Returns it with its colours and marks."""
        async with asyncio.timeout(25):
            while text not in await self.tmux("capture-pane", "-p"):
                await asyncio.sleep(0.05)
        return await self.tmux("capture-pane", "-p", "-e")
