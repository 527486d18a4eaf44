"""What strangers may do, how often, and what of it agents see."""

import hashlib
import io
import itertools

import pytest
from PIL import Image

from adapters.livechat.asked import Identity, NewVisit
from adapters.livechat.callers import Caller
from adapters.livechat.config import NetworkConfig
from adapters.livechat.guard.guard import Guard
from adapters.livechat.guard.identity import identity_signature
from adapters.livechat.refused import VisitRefused
from bridge.desk import Chat
from bridge.testing import HandClock

SECRET = "5f0c" * 16
ANN, NEIGHBOUR, BOB = "2001:db8:0:1::5", "2001:db8:0:1:9::7", "203.0.113.9"


class Desk:
    """The chats that are there, and the guard before them."""

    def __init__(self, **guard):
        self.chats, self.clock = {}, HandClock(1_795_953_600)
        config = {"origins": ["https://shop.example"], "secret": SECRET, "guard": guard}
        self.guard = Guard(
            NetworkConfig.model_validate(config),
            b"k" * 32,
            open_chats=lambda: [one for one in self.chats.values() if one.closed_at is None],
            chat=self.chats.get,
            clock=self.clock,
        )

    async def open(self, address=BOB, text="hello", language="en", **asked):
        admitted = await self.guard.opening(
            Caller(address, "sales", language=language), NewVisit(text, **asked)
        )
        number = len(self.chats) + 1
        self.chats[number] = Chat(number, "sales", self.clock.now(), address=admitted.address)
        return admitted

    async def refusal(self, *args, **asked):
        with pytest.raises(VisitRefused) as refused:
            await self.open(*args, **asked)
        return refused.value

    async def say(self, text, chat=1, address=BOB):
        return await self.guard.saying(Caller(address, "sales", chat), text)


async def test_who_behaves_is_let_in():
    desk = Desk()
    asked = NewVisit(
        "Is it wool?", "Bob", "bob@example.org", {"order": "12.5"}, "https://shop.example/s?a=1", "S"
    )
    admitted = await desk.guard.opening(Caller(BOB, "sales"), asked)
    assert admitted.asked == asked
    assert admitted.customer == ""
    assert "203" not in admitted.address or len(admitted.address) == 32


async def test_an_address_has_so_many_open_chats():
    desk = Desk(limits={"open": 2})
    first, second = await desk.open(ANN), await desk.open(NEIGHBOUR)
    assert first.address == second.address
    refused = await desk.refusal(ANN)
    assert (refused.status, refused.code, refused.retry_after) == (429, "open", 60)
    await desk.open(BOB)
    desk.chats[1].closed_at = desk.clock.now()
    await desk.open(ANN)


async def test_all_have_so_many_open_chats():
    desk = Desk(limits={"open_in_all": 2})
    await desk.open(ANN)
    await desk.open(BOB)
    assert (await desk.refusal("198.51.100.1")).code == "open"


async def test_an_address_begins_so_many_chats_in_so_much_time(caplog):
    desk = Desk(limits={"opened": "2/h", "open": 100})
    await desk.open()
    await desk.open()
    refused = await desk.refusal()
    assert (refused.status, refused.code, refused.retry_after) == (429, "pace", 1800)
    assert [message.partition(": or")[0] for message in caplog.messages] == ["visitors are refused: opened"]
    await desk.open(ANN)
    desk.clock.move(1801)
    await desk.open()
    await desk.refusal()


async def test_all_begin_so_many_chats_in_so_much_time():
    desk = Desk(limits={"opened_in_all": "3/m"})
    for number in range(3):
        await desk.open(f"198.51.100.{number}")
    assert (await desk.refusal(ANN)).code == "pace"


async def test_so_much_is_said_in_so_much_time():
    desk = Desk(limits={"said": "3/m"})
    await desk.open()
    for _ in range(3):
        assert await desk.say("again") == "again"
    with pytest.raises(VisitRefused) as refused:
        await desk.say("again")
    assert (refused.value.status, refused.value.retry_after) == (429, 20)
    desk.clock.move(21)
    await desk.say("again")


@pytest.mark.parametrize("text", ["x" * 101, "x\n" * 5])
async def test_what_is_long_is_refused(text):
    desk = Desk(limits={"length": 100, "lines": 4})
    assert (await desk.refusal(text=text)).code == "long"
    await desk.open(text="y\n" * 4)
    with pytest.raises(VisitRefused, match=r"100 letters|4 lines"):
        await desk.say(text)


async def test_who_fills_in_what_nobody_sees_is_refused():
    assert (await Desk().refusal(website="https://spam.example")).code == "form"


async def test_links_of_strangers_are_harmless_until_an_agent_answers():
    desk = Desk(links=1)
    admitted = await desk.open(
        text="see https://shop.evil/x", name="evil.shop", fields={"a.bc": "www.evil.shop"}
    )
    assert admitted.asked.text == "⚠ see https[:]//shop[.]evil/x"
    assert admitted.asked.name == "evil[.]shop"
    assert admitted.asked.fields == {"a[.]bc": "www[.]evil[.]shop"}
    assert await desk.say("or evil.shop") == "⚠ or evil[.]shop"
    with pytest.raises(VisitRefused) as refused:
        await desk.say("evil.shop and evil.example")
    assert refused.value.code == "links"
    desk.chats[1].answered_at = desk.clock.now()
    assert await desk.say("evil.shop and evil.example") == "evil.shop and evil.example"


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/a?b=c.de", "https://shop.example/a?b=c.de"),
        ("https://shop.example.evil/a", "https[:]//shop[.]example[.]evil/a"),
        ("https://shop.example@evil.example/", "https[:]//shop[.]example@evil[.]example/"),
        ("https://shop.example/ https://evil.example", "https[:]//shop[.]example/ https[:]//evil[.]example"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("", ""),
    ],
)
async def test_the_page_of_a_visitor_is_a_link_if_it_is_the_shops(page, shown):
    desk = Desk()
    assert desk.guard.page(page) == shown
    assert (await desk.open(page=page)).asked.page == shown


async def test_what_stands_beside_the_desks_words_is_one_line():
    """Else a visitor could write lines that look like the desk's own."""
    desk = Desk()
    asked = {"name": "Ann\n[Desk] 5", "mail": "a@b.de\nx", "fields": {"a\r\nb": "c\u2028d"}, "title": " T\n"}
    admitted = (await desk.open(**asked)).asked
    assert (admitted.name, admitted.mail, admitted.title) == ("Ann [Desk] 5", "a@b.de x", "T")
    assert admitted.fields == {"a b": "c d"}
    assert desk.guard.beside("five\nstars at evil.example") == "five stars at evil[.]example"


async def test_a_browser_works_before_it_begins():
    desk = Desk(proof=6)

    def worked(task):
        tries = ((number, f"{task['seed']}:{number}".encode()) for number in itertools.count())
        found = next(number for number, tried in tries if hashlib.sha256(tried).digest()[0] < 4)
        return {"seed": task["seed"], "answer": str(found)}

    proof = worked(desk.guard.proof(Caller(ANN, "sales")))
    assert (await desk.refusal(ANN)).code == "proof"
    assert (await desk.refusal(BOB, proof=proof)).code == "proof"
    await desk.open(NEIGHBOUR, proof=proof)  # who has several addresses at home has them all the time
    assert (await desk.refusal(ANN, proof=proof)).code == "proof"
    assert Desk().guard.proof(Caller(ANN, "sales")) is None


async def test_the_shop_says_who_a_customer_is():
    desk = Desk()
    time = int(desk.clock.now())
    identity = Identity("4711", time, identity_signature(SECRET, "4711", "Ann", "", time), "Ann")
    admitted = await desk.open(name="Bob", mail="bob@example.org", identity=identity)
    assert (admitted.customer, admitted.asked.name, admitted.asked.mail) == ("4711", "Ann", "bob@example.org")
    for changed in (("4712", time, identity.signature, "Ann"), ("4711", time, "", "Ann")):
        assert (await desk.refusal(identity=Identity(*changed))).code == "identity"
    desk.guard.config = NetworkConfig()
    assert (await desk.refusal(identity=identity)).code == "identity"


async def test_a_refusal_is_in_the_visitors_language():
    refused = await Desk().refusal(language="zh-CN", website="x")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(refused))


async def test_who_comes_from_nowhere_is_refused():
    assert (await Desk().refusal("")).code == "address"


def picture():
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.png", picture(), "image/png"),
        ("a.txt", picture(), "image/png"),
        ("a.png", b"<!DOCTYPE html><script>1</script>", "text/html"),
        ("a.pdf", b"MZ" + bytes(200), None),
        ("a.csv", "a;ü\n".encode(), "text/csv"),
    ],
)
async def test_a_file_is_what_is_in_it(tmp_path, name, content, media_type):
    (tmp_path / "file").write_bytes(content)
    found = await Desk().guard.brought(Caller(BOB, "sales", 1), name, tmp_path / "file")
    assert found == media_type if media_type else found not in ("application/pdf", "text/plain")


async def test_an_address_sends_so_many_files():
    """With a status that holds up nothing else: a browser waits after 429."""
    desk = Desk(limits={"files": "2/h"})
    desk.guard.bringing(Caller(ANN, "sales", 1))
    desk.guard.bringing(Caller(NEIGHBOUR, "sales", 2))
    with pytest.raises(VisitRefused) as refused:
        desk.guard.bringing(Caller(ANN, "sales", 1))
    assert refused.value.status == 403
    desk.guard.bringing(Caller(BOB, "sales", 3))


async def test_an_address_asks_for_so_many_mails():
    desk = Desk(limits={"mails": "1/d", "mails_in_all": "2/d"})
    desk.guard.mailing(Caller(ANN, "sales", 1))
    with pytest.raises(VisitRefused) as refused:
        desk.guard.mailing(Caller(NEIGHBOUR, "sales", 1))
    assert refused.value.retry_after == 86_400
    desk.guard.mailing(Caller(BOB, "sales", 2))
    with pytest.raises(VisitRefused):
        desk.guard.mailing(Caller("198.51.100.1", "sales", 3))


@pytest.mark.parametrize(
    ("guard", "problem"),
    [
        ({"dnsbl": ["not a zone"]}, "name of a list"),
        ({"dnsbl": ["localhost"]}, "name of a list"),
        ({"clamav": "clamd"}, "socket of clamd"),
        ({"clamav": "localhost:99999"}, "socket of clamd"),
        ({"limits": {"opened": "often"}}, "20/m"),
        ({"limits": {"opened": 5}}, "string"),
        ({"limits": {"opened": "0/m"}}, "20/m"),
        ({"proof": 40}, "24"),
    ],
)
def test_a_mistake_in_the_map_is_told(guard, problem):
    with pytest.raises(ValueError, match=problem):
        NetworkConfig.model_validate({"guard": guard})


def test_the_map_is_written_as_it_was_read():
    guard = {"limits": {"opened": "30/h"}, "dnsbl": ["Zen.Example.ORG."], "clamav": "/run/clamav/clamd.ctl"}
    config = NetworkConfig.model_validate({"guard": guard})
    assert config.guard.dnsbl == ("zen.example.org",)
    assert NetworkConfig.model_validate(config.model_dump(mode="json", exclude={"secret"})) == config
