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

    async def waits(self, text: str) -> None:
        """Wait until the last line asks for this."""
        async with asyncio.timeout(25):
            while text not in await self._last():
                await asyncio.sleep(0.05)

    async def asked(self, text: str, answer: str = "") -> None:
        """Wait until the last line asks for this, answer, and wait until that is taken."""
        await self.waits(text)
        before = await self._row()
        await self.type(answer)
        async with asyncio.timeout(25):
            while await self._row() == before:
                await asyncio.sleep(0.02)

    async def _row(self) -> str:
        """In which row the cursor is, counted from the first that there was."""
        return await self.tmux("display-message", "-p", "#{e|+:#{history_size},#{cursor_y}}")

    async def _last(self) -> str:
        shown = await self.tmux("capture-pane", "-p")
        return next((line for line in reversed(shown.splitlines()) if line.strip()), "")
