"""The archive in the console and over HTTP, without a browser: who may read it, and what is hostile."""

import json
import re
from dataclasses import replace
from html import unescape
from zipfile import ZipFile

import pytest

from bridge.archive.evidence.verifier.main import main as verify
from bridge.troubles import troubles
from tests.bridge.console.archived import CONVERSATION, DAY, Archived
from tests.bridge.console.house import TOKEN

FORM = re.compile(r'name="form" value="(\w+)"')
READING = ["entry?number=2", "transcript?name=x", "export?name=x", "archive?q=chairs"]
ASKING = ["archive/search?q=chairs", "archive/entry?number=2", "archive/entries?conversation=x"]
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def house(tmp_path):
    async with Archived(tmp_path, TOKEN).open() as house:
        yield house


@pytest.fixture
async def visitor(house):
    async with house.client() as client:
        await client.post("login", data={"token": TOKEN})
        yield client


async def page(client, path, **query):
    answer = await client.get(path, params=query, allow_redirects=False)
    return answer.status, await answer.text()


async def asked(house, path, **query):
    async with house.client() as client:
        answer = await client.get(f"api/{path}", params=query, headers=BEARER)
        return answer.status, json.loads(await answer.text())


async def test_without_a_token_nobody_reads_what_was_said(tmp_path):
    """What listens on the loopback is open to each program and each user of the machine."""
    async with Archived(tmp_path).open() as house, house.client() as client:
        for path in READING[:3]:
            status, text = await page(client, path)
            assert (status, "with a token alone" in text) == (403, True)
        for path in [*ASKING, "archive", "archive/transcript?conversation=x"]:
            answer = await client.get(f"api/{path}")
            assert (answer.status, "give `web:` one" in await answer.text()) == (403, True)
        status, text = await page(client, READING[3])
        assert (status, "with a token alone" in text) == (200, True)
        assert "chairs at" not in text
        assert re.search("1[56] entries", text), "how much there is tells nothing of what people said"


async def test_with_a_token_one_logs_in(house):
    async with house.client() as client:
        for path in READING:
            assert (await page(client, path))[0] == 303
        for path in ASKING:
            assert (await client.get(f"api/{path}")).status == 401


async def test_what_was_said_is_found_and_marked(visitor):
    _, text = await page(visitor, "archive", q="chairs")
    assert text.count('<a class="hit"') == 2
    assert "Accepted: 120 <mark>chairs</mark> at" in text
    _, text = await page(visitor, "archive", q="发货")
    assert "<mark>发货</mark>" in text
    _, text = await page(visitor, "archive", q="chairs", person="bob", until="2026-03-14")
    assert text.count('<a class="hit"') == 1
    _, text = await page(visitor, "archive", q="no such word")
    assert "Nothing was found." in text
    _, text = await page(visitor, "archive", file="1")
    assert "contract" in text


async def test_a_saved_search_is_a_link(visitor):
    _, text = await page(visitor, "archive")
    (link,) = re.findall(r'href="(archive[^"]*)">the chairs</a>', text)
    _, text = await page(visitor, unescape(link))
    assert text.count('<a class="hit"') == 1
    assert "Accepted: 120 <mark>chairs</mark> at" in text


async def test_a_search_that_cannot_be_done_says_so(visitor):
    status, text = await page(visitor, "archive", q='"', since="2026-13-99", before="x", order="no")
    assert status == 200
    assert "bug" not in text


async def test_an_entry_shows_all_that_is_known_of_it(visitor):
    _, text = await page(visitor, "entry", number=2)
    for known in ("at 18 €", "17.50 €", "👍", "<code>77</code>", "<code>$1</code>", "@ann:example.org"):
        assert known in text
    status, text = await page(visitor, "entry", number=99)
    assert (status, "the archive has no entry 99" in text) == (500, True)
    assert (await page(visitor, "entry", number="<b>"))[0] in (400, 500)


async def test_a_day_is_read_as_it_ended(visitor):
    _, text = await page(visitor, "transcript", name=CONVERSATION, day="2026-03-14")
    assert "17.50 € each" in text
    assert "at 18 €" not in text
    assert "this was a mistake" not in text
    assert "removed by" in text
    assert 'rel="next"' in text
    _, text = await page(visitor, "transcript", name=CONVERSATION, day="2026-03-15")
    assert "They have arrived." in text
    assert 'rel="prev"' in text
    assert (await page(visitor, "transcript", name=CONVERSATION))[0] == 200, "the last one"
    visitor.cookie_jar.update_cookies({"hubbub-zone": "Asia/Shanghai"}, visitor._base_url)
    _, text = await page(visitor, "transcript", name=CONVERSATION, day="2026-03-14")
    assert ">17:01<" in text
    visitor.cookie_jar.update_cookies({"hubbub-zone": "../../etc/passwd"}, visitor._base_url)
    assert "UTC" in (await page(visitor, "transcript", name=CONVERSATION))[1]


async def test_what_people_call_themselves_and_say_is_text(visitor):
    for path, query in (
        ("archive", {}),
        ("archive", {"q": "onerror"}),
        ("archive", {"q": "<script>x</script>", "person": '"><script>'}),
        ("transcript", {"name": CONVERSATION, "day": "2026-03-14"}),
        ("entry", {"number": 8}),
    ):
        _, text = await page(visitor, path, **query)
        assert "<script>alert" not in text
        assert "<script>x" not in text
        assert '"><script>' not in text
        assert "<img" not in text
        assert "<b>offers" not in text
    assert "&lt;img src=x" in text


async def test_a_part_of_it_is_taken_along(house, visitor):
    answer = await visitor.get(
        "export", params={"name": CONVERSATION, "format": "jsonl", "until": "2026-03-14"}
    )
    found = [json.loads(line) for line in (await answer.text()).splitlines()]
    assert len(found) == 14
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="sales & <b>offers')
    answer = await visitor.get("export", params={"name": CONVERSATION, "format": "doc"})
    assert (answer.status, "there is no format" in await answer.text()) == (500, True)
    async with house.client() as client:
        query = {"conversation": CONVERSATION, "format": "text", "time_zone": "Europe/Berlin"}
        answer = await client.get("api/archive/transcript", params=query, headers=BEARER)
        assert "10:09" in (text := await answer.text())
        assert "Accepted" in text
        query |= {"conversation": "nothing"}
        answer = await client.get("api/archive/transcript", params=query, headers=BEARER)
        assert (answer.status, "has no conversation" in await answer.text()) == (409, True)


async def test_an_entry_is_tagged_and_found_by_it(visitor):
    _, text = await page(visitor, "entry", number=2)
    form = FORM.search(text)[1]
    answer = await visitor.post("tag", data={"form": form, "number": "2", "tag": "#Offer"})
    text = await answer.text()
    assert (answer.status, str(answer.url).rpartition("/")[2]) == (200, "entry?number=2")
    assert 'value="offer"' in text
    _, text = await page(visitor, "archive", tag="offer")
    assert text.count('<a class="hit"') == 1
    _, text = await page(visitor, "archive")
    assert ">offer</a>" in text
    answer = await visitor.post("tag", data={"form": form, "number": "2", "tag": "two words"})
    assert "Nothing was changed" in await answer.text()
    answer = await visitor.post("tag", data={"form": form, "number": "2", "remove": "offer"})
    assert 'value="offer"' not in await answer.text()
    answer = await visitor.post("tag", data={"form": "0" * 64, "number": "2", "tag": "x"})
    assert answer.status == 403


async def test_a_bundle_of_evidence_can_be_verified(visitor, tmp_path):
    _, text = await page(visitor, "entry", number=2)
    assert "1, signed" in text
    link = re.search(r'href="(evidence[^"]+)"', text)[1]
    answer = await visitor.get(unescape(link))
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(await answer.read())
    assert verify([str(bundle)]) == 0
    with ZipFile(bundle) as found:
        told = found.read("transcript.txt").decode()
    assert "at 18 €" in told
    assert "Accepted" not in told, "nothing else is disclosed"
    answer = await visitor.get(
        "evidence", params={"name": CONVERSATION, "since": "2020-01-01", "until": "2020-01-02"}
    )
    assert "is left from that time" in await answer.text()


async def test_programs_ask_the_same(house):
    status, found = await asked(house, "archive")
    (stand,) = found["conversations"]
    assert (status, found["there"], stand["name"], stand["keep"]) == (200, True, CONVERSATION, 2 * 31_536_000)
    assert stand["entries"] >= 15, "and that it is archived from now on"
    assert (found["checkpoint"]["number"], found["checkpoint"]["stamped"]) == (1, False)
    _, found = await asked(house, "archive/search", q="chairs", limit=1)
    (hit,) = found["found"]
    assert (hit["entry"]["words"]["text"], hit["newest"]) == ("Accepted: 120 chairs at 17.50 €.", None)
    assert ["chairs", True] in hit["snippet"]
    _, found = await asked(house, "archive/search", q="chairs", before=found["before"])
    assert [(hit["entry"]["header"]["kind"], hit["message"]) for hit in found["found"]] == [("edit", 2)]
    assert found["before"] is None
    _, found = await asked(house, "archive/search", q="good", person="ann")
    assert "17.50" in found["found"][0]["newest"], "what it says now does not have the word"
    status, found = await asked(house, "archive/search", q='"no end', language="zh")
    assert (status, "引号" in found["error"]) == (409, True), found
    assert (await asked(house, "archive/search", q="x", time_zone="Mars"))[0] == 409
    _, found = await asked(house, "archive/entry", number=2, around=1)
    assert [one["number"] for one in found["around"]] == [1, 2, 3]
    assert [one["header"]["kind"] for one in found["about"]] == ["copy", "edit", "reaction"]
    _, found = await asked(house, "archive/entries", conversation=CONVERSATION, until=DAY + 200, limit=2)
    assert [one["number"] for one in found["entries"]] == [1, 2]
    assert (found["after"], found["later"]) == (2, DAY + 240)
    status, found = await asked(house, "archive/entries", conversation="sale")
    assert (status, "has no conversation" in found["error"]) == (409, True)


async def test_how_it_stands_is_counted_for_whoever_watches(house):
    async with house.client() as client:
        answer = await client.get("metrics", headers=BEARER)
        text = await answer.text()
    assert re.search(r"^hubbub_archive_entries 1[56].0", text, re.MULTILINE)
    assert re.search(r"^hubbub_archive_bytes [1-9]", text, re.MULTILINE)
    status = await house.abilities.status()
    assert status.archive.entries >= 15
    broken = replace(status, archive=replace(status.archive, wrong=[("it is not stamped", "do something")]))
    assert [(one.what, one.todo) for one in troubles(broken)] == [("it is not stamped", "do something")]
