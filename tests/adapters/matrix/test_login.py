"""One login for many starts: the session is kept beside the journal."""

import asyncio
import json
import re
import stat
import sys
from pathlib import Path

import pytest

from adapters.matrix import Adapter
from adapters.matrix.testing import SERVER, Demo
from bridge import AuthenticationFailed, Keepsake, RateLimited

from .homeserver import Core, Homeserver, adapter_for, error, message
from .test_synapse import adapter_for as adapter_on
from .test_synapse import alias, create, curl

HUBBUB = str(Path(sys.executable).with_name("hubbub"))


class Limited(Demo):
    """With few logins, as servers have it."""

    def _command(self, port):
        command = super()._command(port)
        settings = self.folder / "homeserver.yaml"
        read = json.loads(settings.read_text())
        read["rc_login"]["account"] = {"per_second": 0.01, "burst_count": 3}
        settings.write_text(json.dumps(read))
        return command


@pytest.fixture
async def synapse(tmp_path):
    demo = Limited(tmp_path / "synapse")
    await demo.start()
    yield demo
    await demo.stop()


@pytest.fixture
async def server():
    async with Homeserver() as server:
        yield server


@pytest.fixture
def keepsake(tmp_path):
    return Keepsake(tmp_path / "hubbub.sqlite3", "matrix")


def adapter_with(keepsake, url, **settings):
    adapter = adapter_for(url, **({"password": "secret"} | settings))
    adapter.keepsake = keepsake
    return adapter


async def hubbub(*arguments):
    process = await asyncio.create_subprocess_exec(
        HUBBUB, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def test_many_starts_and_looks_are_one_login_and_one_device(synapse, tmp_path):
    token = await synapse.register("lou", "lou")
    await create(synapse, token, "often")
    file = tmp_path / "bridge.yaml"
    file.write_text(
        f"networks: {{matrix: {{protocol: matrix, homeserver: '{synapse.url}', user: '@hubbub:{SERVER}',"
        f" password: hubbub}}}}\nconversations: {{one: {{matrix: ['#often:{SERVER}', '#lobby:{SERVER}']}}}}\n"
    )
    keepsake = Keepsake(tmp_path / "hubbub.sqlite3", "matrix")
    code, said = await hubbub("login", "matrix", str(file))
    assert (code, str(keepsake.path) in said) == (0, True), said
    assert stat.S_IMODE(keepsake.path.stat().st_mode) == 0o600
    assert keepsake.read() is not None
    for number in range(5):
        adapter = adapter_on(synapse, "often")
        adapter.keepsake = keepsake
        async with Core(adapter) as core:
            await core.joined(alias("often"))
            if not number:
                assert (await hubbub("check", "--online", str(file)))[0] == 0
            await core.do(message("still here", f"{number}.a", alias("often")))
    listed = await curl(synapse, "GET", "devices", json.loads(keepsake.read())["token"])
    assert len([one for one in listed["devices"] if one["display_name"] == "Hubbub"]) == 1
    for _ in range(2):  # without a place to keep it, as it was
        async with Core(adapter_on(synapse, "often")) as core:
            await core.joined(alias("often"))
    async with Core(adapter_on(synapse, "often")) as core:
        reason = await core.end()
    assert isinstance(reason, RateLimited)
    assert reason.retry_after > 10


async def test_a_network_under_another_name_goes_on_with_its_session(synapse, tmp_path):
    token = await synapse.register("max", "max")
    await create(synapse, token, "moved")
    first = adapter_on(synapse, "moved")
    first.keepsake = Keepsake(tmp_path / "journal", "matrix")
    kept = Keepsake(tmp_path / "journal", "home")
    second = Adapter("home", first.config, "I relay")
    second.rooms, second.keepsake = first.rooms, kept
    for adapter in (first, second):
        async with Core(adapter) as core:
            await core.joined(alias("moved"))
        kept.take_over("matrix")
    listed = await curl(synapse, "GET", "devices", json.loads(kept.read())["token"])
    assert len([one for one in listed["devices"] if one["display_name"] == "Hubbub"]) == 1


async def test_a_kept_token_that_ended_leads_to_one_login(server, keepsake):
    for _ in range(3):
        async with Core(adapter_with(keepsake, server.url)) as core:
            await core.joined()
    assert len(server.logins) == 1
    server.tokens.clear()
    for _ in range(3):
        async with Core(adapter_with(keepsake, server.url)) as core:
            await core.joined()
    assert len(server.logins) == 2


async def test_a_login_beside_a_running_service_is_what_it_goes_on_with(server, keepsake):
    """As `hubbub login` does; a server ends the old session of a device then."""
    async with Core(adapter_with(keepsake, server.url)) as core:
        await core.joined()
        server.tokens.clear()
        await adapter_with(keepsake, server.url).look({})
        server.say("hello")
        assert (await core.said()).content.text == "hello"
    assert len(server.logins) == 2


@pytest.mark.parametrize("kept", ["", "{", "[]", "\ud800", '{"token": 1}', '{"token": "token"}'])
async def test_what_is_no_session_of_ours_is_not_used(server, keepsake, kept):
    keepsake.path.write_text(kept, errors="surrogatepass")
    async with Core(adapter_with(keepsake, server.url)) as core:
        await core.joined()
    assert len(server.logins) == 1


@pytest.mark.parametrize("other", [{"device_id": "OTHER"}, {"token": "token", "password": None}])
async def test_a_session_is_only_for_its_own_account_and_device(server, keepsake, other):
    async with Core(adapter_with(keepsake, server.url)) as core:
        await core.joined()
    kept = keepsake.read()
    async with Core(adapter_with(keepsake, server.url, **other)) as core:
        await core.joined()
    assert (len(server.logins), keepsake.read() == kept) == (
        (2, False) if "device_id" in other else (1, True)
    )


async def test_where_it_cannot_be_kept_it_works_all_the_same(server, tmp_path, caplog):
    (tmp_path / "file").touch()
    async with Core(adapter_with(Keepsake(tmp_path / "file/hubbub.sqlite3", "matrix"), server.url)) as core:
        await core.joined()
    assert "each start will be a login" in caplog.text
    assert "token1" not in caplog.text


async def test_no_login_is_tried_before_its_time(server):
    adapter = adapter_for(server.url, password="secret")
    server.answers["login"].append(error(429, "M_LIMIT_EXCEEDED", retry_after_ms=79_000))
    for _ in range(2):
        async with Core(adapter) as core:
            reason = await core.end()
        assert isinstance(reason, RateLimited)
        assert 60 < reason.retry_after <= 79
        assert re.search(r"wait [67]\d s before the next login", str(reason))
    assert server.count("login") == 1


async def test_a_soft_logout_while_logins_are_limited_is_waited_for(server):
    """Client-server API, "Rate limiting": the run goes on with the login that is allowed later."""
    async with Core(adapter_for(server.url, password="secret")) as core:
        await core.joined()
        server.answers["sync"] += [error(401, "M_UNKNOWN_TOKEN", soft_logout=True)] * 2
        server.answers["login"].append(error(429, "M_LIMIT_EXCEEDED", retry_after_ms=1200))
        server.say("one")
        assert (await core.said()).content.text == "one"
        server.say("two")
        assert (await core.said()).content.text == "two"
    assert server.count("login") == 3


async def test_two_that_end_each_others_sessions_stop(server, keepsake):
    """The second refusal of a new token is no reason to log in for ever."""
    async with Core(adapter_with(keepsake, server.url)) as core:
        await core.joined()
        server.tokens.clear()
        server.say("wake")
        reason = await core.end()
    assert isinstance(reason, AuthenticationFailed)
    assert len(server.logins) == 1
