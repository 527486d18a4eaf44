"""Commands as their owner runs them at a prompt, on another day where a test wants that."""

import asyncio
import subprocess

__all__ = ["run", "set_on"]


async def run(*command, folder, code=0, **variables):
    """Run a command that ends with this code, or with 1 or 2 where that is None; returns what it prints."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, told = await asyncio.wait_for(process.communicate(), 60)
    expected = (1, 2) if code is None else (code,)
    assert process.returncode in expected, (command, said.decode(), told.decode())
    return said.decode()


def set_on(offset):
    """Return the variables that set the clock of a process on (`+7d`), as Debian's faketime makes them."""
    said = subprocess.run(["faketime", "-f", offset, "env"], check=True, capture_output=True, text=True)
    found = dict(line.partition("=")[::2] for line in said.stdout.splitlines())
    return {"DONT_FAKE_MONOTONIC": "1", **{name: found[name] for name in ("LD_PRELOAD", "FAKETIME")}}
