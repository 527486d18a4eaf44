"""A desk whose mail a server takes, and a visitor of its page."""

import asyncio
import contextlib

import aiohttp

from adapters.livechat import session as sessions
from adapters.livechat.testing import Person as Customer
from bridge.config.mail import Mail
from bridge.model import SendMessage, plain
from bridge.testing import HandClock
from tests.bridge.mail.postbox import Postbox

from .places import ALICE, ROOM, DeskPlace, address, new_adapter

PATIENCE = 10.0
HOURS = {"time_zone": "Asia/Shanghai", "open": {"mon-sun": "00:00-24:00"}}


class Office:
    """A desk whose mail a server takes, and a visitor."""

    def __init__(self, place, box, folder):
        self.place, self.box, self.folder = place, box, folder
        self.adapter, self.visitor = place.adapter, place.person

    @property
    def url(self):
        return address(self.adapter)

    @property
    def store(self):
        return self.adapter._session.desks.store

    async def agent(self, text):
        await self.place.give(
            SendMessage(room=ROOM, speaker=ALICE, txn=self.place.next_txn(), content=plain(text))
        )

    async def talk(self):
        """Have a chat in which both have said something."""
        await self.visitor.join("有红色的吗？")
        await self.agent(f"{self.visitor.chat}: Yes, in M and L")

    async def goes(self):
        """Have the visitor leave the page."""
        self.visitor._reading.cancel()
        await self.until(lambda: self.visitor.chat not in self.adapter._session.desks.followers)

    async def comes_back(self):
        """Have them open it again, with what they had then."""
        self.visitor._reading = asyncio.ensure_future(self.visitor._read())
        await self.until(lambda: self.visitor.chat in self.adapter._session.desks.followers)

    async def until(self, true):
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.01)

    async def post(self, path, **body):
        """Ask as the visitor's page does. Returns the status and the answer."""
        headers = {"Authorization": f"Bearer {self.visitor.token}"} if self.visitor.token else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url + path, json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    async def desk(self):
        """What a page is told before there is a chat."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/desk/{ROOM}") as answer:
            return await answer.json()

    async def asks(self, to="xh@example.org"):
        assert await self.post("/chat/mail", to=to) == (200, {})

    async def mails(self, count):
        """Wait for so many mails. Returns them."""
        await self.until(lambda: len(self.box.taken) >= count and not self.states("sending"))
        assert len(self.box.taken) == count
        return [message for _, _, message in self.box.taken]

    def states(self, state=""):
        found = [one for (one,) in self.store._ask("SELECT state FROM mail ORDER BY number")]
        return [one for one in found if one == state] if state else found

    async def becomes(self, *states):
        await self.until(lambda: self.states() == list(states))

    def told(self):
        return [row.body.text for row in self.store.feed(ROOM) if row.sender == "desk" and row.kind == "said"]


@contextlib.asynccontextmanager
async def offices(folder, monkeypatch):
    """Gives what opens an office, whose `place.running` runs it."""
    monkeypatch.setattr(sessions, "_TICK", 0.02)
    found = []

    async def make(server=None, **rules):
        adapter = await new_adapter(
            folder,
            rules={"hours": HOURS, **rules},
            public_url="https://chat.shop.example/x",
            origins=["https://shop.example"],
        )
        adapter.clock = HandClock()
        adapter.mail = server
        visitor = Customer("小红", address(adapter), ROOM)
        office = Office(DeskPlace(adapter, ROOM, None, visitor), Postbox(), folder)
        found.append(office)
        return office

    yield make
    for office in found:
        await office.visitor.leave()


def by(port, security="none", **more):
    settings = {"server": "127.0.0.1", "port": port, "from": "desk@shop.example", "security": security}
    return Mail.model_validate(settings | more)


@contextlib.asynccontextmanager
async def posting(office):
    """Have the mail server there and the desk run."""
    async with office.box.open() as port:
        office.adapter.mail = by(port)
        async with office.place.running():
            yield
