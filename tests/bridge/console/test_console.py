"""The console without a browser: who may come in, what forms do, and what no page shows."""

import asyncio
import contextlib
import logging
import re

import aiohttp
import pytest

from bridge.control.reloading import NotFollowed
from bridge.control.requests import ReloadRequest
from bridge.errors import Rejected
from tests.bridge.console.house import TOKEN, House

PAIR = {"lobby": {"left": "one", "right": "two"}}
FORM = re.compile(r'name="form" value="(\w+)"')
PRINT = re.compile(r'name="fingerprint" value="(\w+)"')


@pytest.fixture
async def house(tmp_path):
    async with House(tmp_path, PAIR, ["left", "right"]).open() as house:
        yield house


@pytest.fixture
async def guarded(tmp_path):
    async with House(tmp_path, PAIR, ["left", "right"], TOKEN).open() as house:
        yield house


async def page(client, path="", **headers):
    answer = await client.get(path, headers=headers, allow_redirects=False)
    return answer.status, await answer.text()


async def send(client, path, *, form=None, headers=None, **fields):
    """Send a form of a page that was opened before."""
    form = form if form is not None else FORM.search((await page(client, "map"))[1])[1]
    answer = await client.post(path, data={"form": form, **fields}, headers=headers, allow_redirects=False)
    return answer.status, await answer.text()


PAGES = ["", "conversation?name=lobby", "network?name=left", "messages", "undelivered", "log", "map"]


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_is_small_and_may_do_little(house, path):
    """Content Security Policy 3: nothing in the page itself is run, and nothing comes from elsewhere."""
    async with house.client() as client:
        answer = await client.get(path)
        text = await answer.text()
        assert answer.status == 200
        files = [await (await client.get(name)).read() for name in ("console.css", "console.js")]
    assert len(text.encode()) + sum(map(len, files)) < 50_000
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=|https?://", text)


async def test_what_people_call_things_is_text(tmp_path):
    name = "<b>it's</b>"
    async with House(
        tmp_path, {name: {"left": "<i>x</i>", "right": "&amp;"}}, ["left", "right"]
    ).open() as house:
        house.networks["right"].refusals["&amp;"] = "<script>alert(1)</script>"
        house.networks["right"].drop()
        async with house.client() as client:
            for path in ("", "network?name=right", "map", "messages", "log"):
                text = (await page(client, path))[1]
                assert "<b>it" not in text
                assert "<i>x" not in text
                assert "<script>alert" not in text


async def test_with_a_token_one_logs_in_also_on_this_machine(guarded):
    async with guarded.client() as client:
        for path in PAGES:
            answer = await client.get(path, allow_redirects=False)
            assert (answer.status, answer.headers["Location"]) == (303, "login")
        assert (await client.get("live?page=overview")).status == 401
        assert (await client.post("map", data={"form": ""}, allow_redirects=False)).status == 303
        assert (await client.post("login", data={"token": "wrong"})).status == 401
        answer = await client.post("login", data={"token": TOKEN}, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "./")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Secure" not in cookie
        assert (await page(client))[0] == 200
        assert TOKEN not in (await page(client, "log"))[1]
        assert (await send(client, "logout"))[0] == 303
        assert (await page(client))[0] == 303


async def test_behind_tls_the_cookie_is_for_tls_alone(guarded):
    """RFC 6265bis, section 4.1.3.2: a name with the prefix `__Host-` is bound to this host."""
    async with guarded.client() as client:
        answer = await client.post(
            "login", data={"token": TOKEN}, headers={"X-Forwarded-Proto": "https"}, allow_redirects=False
        )
        assert answer.headers["Set-Cookie"].startswith("__Host-hubbub=")
        assert "Secure" in answer.headers["Set-Cookie"]


async def test_who_guesses_has_to_wait(guarded):
    async with guarded.client() as client:
        for _ in range(10):
            assert (await client.post("login", data={"token": "guess"})).status == 401
        answer = await client.post("login", data={"token": TOKEN}, allow_redirects=False)
        assert (answer.status, answer.headers["Retry-After"]) == (429, "60")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-For": "192.0.2.7"},
        {"X-Forwarded-Proto": "https"},
        {"Via": "1.1 proxy"},
    ],
    ids=["another name", "a proxy", "one that speaks TLS", "a gateway"],
)
async def test_without_a_token_it_is_for_this_machine_alone(house, headers):
    """A name may be made to lead here, and a proxy makes everybody seem to be here."""
    async with house.client() as client:
        status, text = await page(client, **headers)
        assert status == 403
        assert "give it a token" in text
        assert "lobby" not in text


async def test_a_form_that_is_not_ours_changes_nothing(house):
    before = house.file.read_text()
    async with house.client() as client:
        text = (await page(client, "map"))[1]
        form, fingerprint = FORM.search(text)[1], PRINT.search(text)[1]
        filled = {
            "new": "1", "conversation": "x", "fingerprint": fingerprint,
            "network": "left", "room": "q", "direction": "both",
        }  # fmt: skip
        for given, headers in (
            ("", {}),
            ("0" * 64, {}),
            (form, {"Origin": "https://evil.example"}),
            (form, {"Sec-Fetch-Site": "cross-site"}),
        ):
            assert (await send(client, "map", form=given, headers=headers, **filled))[0] == 403
    async with house.client() as other:
        assert (await send(other, "map", form=form, **filled))[0] == 403, "another browser's form"
    assert house.file.read_text() == before


async def test_a_conversation_is_mapped_and_followed(house, caplog):
    """Comments stay; the service is in the new rooms; the log says who changed what."""
    caplog.set_level(logging.INFO, "bridge.console")
    async with house.client() as client:
        text = (await page(client, "map"))[1]
        fields = [
            ("form", FORM.search(text)[1]), ("fingerprint", PRINT.search(text)[1]),
            ("new", "1"), ("conversation", "new one"),
            ("network", "left"), ("room", "three"), ("direction", "both"),
            ("network", "right"), ("room", "four"), ("direction", "from"),
            ("network", "left"), ("room", ""), ("direction", "both"),
        ]  # fmt: skip
        answer = await client.post("map", data=[*fields, ("check", "1")])
        assert "This can be saved" in await answer.text()
        assert "new one" not in house.file.read_text()
        answer = await client.post("map", data=fields)
        text = await answer.text()
        assert "Saved, and followed" in text
        assert "left three is joined" in text
        house.networks["right"].say("four", "ann", "hello")
        await house.networks["left"].until(1)
        again = await client.post("map", data=fields)
        assert "was changed meanwhile" in await again.text(), "the old form is from before"
    written = house.file.read_text()
    assert "# the map of a test" in written
    assert '  "new one":\n    left: three\n    right: {room: four, direction: from}\n# the end\n' in written
    assert "left 'three' into 'new one'" in caplog.text
    assert "127.0.0.1" in caplog.text


async def test_mistakes_are_shown_and_nothing_changes(house):
    before = house.file.read_text()
    async with house.client() as client:
        text = (await page(client, "map?conversation=lobby"))[1]
        fingerprint = PRINT.search(text)[1]
        room = {"network": "left", "direction": "both", "fingerprint": fingerprint}
        _, text = await send(client, "map", conversation="lobby", room="a b", **room)
        assert "Nothing was changed" in text
        assert "a room needs a name" in text
        _, text = await send(client, "map", conversation="lobby", remove="right/0", fingerprint=fingerprint)
        assert "must join two rooms or more" in text
        assert (await send(client, "map", conversation="lobby", room="", **room))[1].count(
            "Nothing was filled in"
        )
    assert house.file.read_text() == before


async def test_what_was_given_up_is_sent_again(house):
    right = house.networks["right"]
    right.errors.append(Rejected("you are muted"))
    house.networks["left"].say("one", "ann", "secret words")
    async with house.client() as client, asyncio.timeout(10):
        while "you are muted" not in (await page(client, "undelivered"))[1]:
            await asyncio.sleep(0.02)
        text = (await page(client, "undelivered"))[1]
        assert "secret words" not in text
        letter = re.search(r'name="letter"[^>]*value="([^"]+)"', text)[1]
        assert "Nothing was chosen" in (await send(client, "undelivered"))[1]
        text = (await send(client, "undelivered", letter=letter))[1]
        assert "1 message is sent again." in text
        await right.until(1)
        assert right.texts("two")[-1].endswith("secret words")


async def events(client, path):
    """Read a stream: each event with its data."""
    async with client.get(path, timeout=aiohttp.ClientTimeout(total=20)) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        async for line in answer.content:
            yield line.decode().rstrip("\n")


async def test_what_people_say_is_hidden_until_its_owner_wants_it(house):
    async with house.client() as client:
        for shown in (False, True):
            if shown:
                await send(client, "text", text="show")
            async with contextlib.aclosing(events(client, "live?page=messages")) as lines:
                assert await anext(lines) == ": still here"
                house.networks["left"].say("one", "ann", "secret words")
                async for line in lines:
                    if line.startswith("data:") and "<li" in line:
                        break
            assert ("secret words" in line) is shown
            assert ("ann" in line) is shown


async def test_languages(house):
    async with house.client() as client:
        assert '<html lang="en">' in (await page(client))[1]
        assert (
            '<html lang="zh">' in (await page(client, **{"Accept-Language": "fr, zh-TW;q=0.8, en;q=0.5"}))[1]
        )
        assert '<html lang="zh">' in (await page(client, "log?lang=zh"))[1]
        assert '<html lang="zh">' in (await page(client))[1], "it is remembered"
        assert '<html lang="en">' in (await page(client, "?lang=en", **{"Accept-Language": "zh"}))[1]


async def test_a_map_that_was_refused_is_seen(house):
    """As after `hubbub reload`: the service goes on with the old one."""
    house.file.write_text("networks: {}\n")
    with pytest.raises(NotFollowed):
        await house.abilities.do(ReloadRequest(), "a test")
    async with house.client() as client, asyncio.timeout(20):
        while "the map has mistakes: the service still follows the one of" not in (await page(client))[1]:
            await asyncio.sleep(0.1)
        assert "The map cannot be read" not in (await page(client, "map"))[1]


async def test_no_secret_stands_in_the_log_page(house):
    from bridge.secrets import know

    know(["hunter2hunter2"])
    logging.getLogger("bridge.test").warning("the server said hunter2hunter2")
    async with house.client() as client:
        text = (await page(client, "log?level=warning"))[1]
        assert "the server said [secret]" in text
        assert "is joined" not in text


async def test_no_secret_stands_beside_what_was_changed(tmp_path):
    """What differs is shown without what stands around it, which no reload may have read yet."""
    inside = House(tmp_path, PAIR, ["left", "right"])
    web = 'web:\n  token: "old letters, many"\n  listen: 127.0.0.1:1\n'
    inside.file.write_text(inside.file.read_text().replace("# the end\n", web))
    inside.file.chmod(0o644)
    async with inside.open() as house, house.client() as client:
        inside.file.write_text(inside.file.read_text().replace("old letters", "new letters"))
        fingerprint = PRINT.search((await page(client, "map?conversation=lobby"))[1])[1]
        room = {"conversation": "lobby", "network": "right", "room": "new", "direction": "both"}
        _, text = await send(client, "map", check="1", fingerprint=fingerprint, **room)
        assert "This can be saved" in text
        assert "new]" in text, "what differs is there"
        assert "letters, many" not in text
        assert "anybody on this machine can open" in text
        assert ".bridge-" not in text, "the file is called by its name"


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=no"]
)
async def test_what_is_no_form_is_answered_politely(guarded, kind):
    async with guarded.client() as client:
        for path in ("login", "map"):
            answer = await client.post(path, data=b"--x\r\nno", headers={"Content-Type": kind})
            assert answer.status in {400, 415}
            assert "Content-Security-Policy" in answer.headers
            await client.post("login", data={"token": TOKEN})


async def test_who_sends_a_form_without_an_end_has_to_leave(guarded, monkeypatch):
    """Else a stranger at the login keeps everybody out, with a few connections."""
    monkeypatch.setattr("bridge.console.frame._PATIENCE", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", guarded.port)
    head = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    writer.write(f"{head}Content-Length: 1000\r\n\r\ntoken=".encode())
    async with asyncio.timeout(20):
        assert b" 408 " in await reader.readline()
    writer.close()
