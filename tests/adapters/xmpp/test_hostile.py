"""What people may send to make a bridge stumble: nothing ends the connection or touches another's message."""

import random
from xml.sax.saxutils import escape, quoteattr

import pytest

from bridge import Txn
from tests.adapters.xmpp.harness import (
    JID,
    MUC,
    ROOM,
    STANZAS,
    Server,
    adapter,
    command,
    give,
    message,
    running,
)

BATCHES, SIZE = 10, 2_500
SEEDS = range(4)
"""Together a hundred thousand stanzas."""
EVERY = 50
"""Each so many hostile stanzas somebody says something ordinary."""

TEXTS = (
    "hello", "", " ", "\n\n\n", "/me", "/me ", "/me waves", "> " * 40 + "deep", "```", "```\n" * 9,
    "*_~`" * 50, "*a* _b_ ~c~ `d`", "\u202e reversed", "\ufeff", "é" * 300, "😀" * 200, "a\u0300" * 200,
    "&<>'\"]]>", "\ufffd", "1a.2.0.0123456789abcdef", "x" * 3000, "\t", "\r\n", "@room",
    "https://example.org/" + "a" * 500,
)  # fmt: skip
STAMPS = (
    "2025-01-01T00:00:00Z", "2027-12-31T23:59:60Z", "1970-01-01T00:00:00Z", "0000-00-00",
    "9999-12-31T23:59:59-14:00", "20020910T23:08:25", "", "now", "٢٠٢٦-01-01T00:00:00Z",
)  # fmt: skip
SOURCES = (
    f"{ROOM}/mallory", f"{ROOM}/mallory", f"{ROOM}/mallory", f"{ROOM}/hubbub ", f"{ROOM}/Hubbub",
    f"{ROOM}/a/b", f"{ROOM}/", "other@muc.example.org/hubbub", "mallory@example.org/x", "example.org",
    "muc.example.org", "",
)  # fmt: skip
TYPES = (
    "groupchat",
    "groupchat",
    "groupchat",
    "groupchat",
    "chat",
    "normal",
    "headline",
    "error",
    "odd",
    None,
)
SPACES = (
    "jabber:client",
    "urn:xmpp:sid:0",
    "urn:xmpp:mam:2",
    "http://jabber.org/protocol/xhtml-im",
    "urn:x",
    "",
)
NAMES = (
    "body",
    "stanza-id",
    "origin-id",
    "result",
    "html",
    "delay",
    "x",
    "forwarded",
    "message",
    "subject",
    "a",
)


class Grammar:
    """Stanzas from pieces that clients, servers and attackers have been seen to send, and their mutations."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.txn = ""
        self.count = 0

    def stanza(self):
        roll = self.dice.random()
        if roll < 0.9:
            return self.message()
        if roll < 0.95:
            return self.presence()
        return self.request()

    def message(self):
        dice = self.dice
        attributes = [f"from={quoteattr(dice.choice(SOURCES))}", f"to='{JID}'"]
        if kind := dice.choice(TYPES):
            attributes.append(f"type='{kind}'")
        if own := dice.choice((None, "", "m1", "m1", self.txn, self.txn, "1.ab", "ok", "é" * 50, "x" * 1000)):
            attributes.append(f"id='{own}'")
        dice.shuffle(attributes)
        pieces = [self.piece() for _ in range(dice.randrange(7))]
        if pieces and dice.random() < 0.2:
            pieces.append(dice.choice(pieces))
        return f"<message {' '.join(attributes)}>{''.join(pieces)}</message>"

    def piece(self):
        return self.dice.choice(self.PIECES)(self)

    def text(self):
        return escape(self.dice.choice(TEXTS))

    def name(self):
        return self.dice.choice((self.txn, self.txn, "m1", "ok", "forged", "", "1.ab"))

    def body(self):
        return f"<body>{self.text()}</body>"

    def stanza_id(self):
        by = self.dice.choice((f"{ROOM}/mallory", "muc.example.org", "mallory@example.org", "", f"{ROOM} "))
        return f"<stanza-id xmlns='urn:xmpp:sid:0' by='{by}' id='{self.name()}'/>"

    def origin_id(self):
        return f"<origin-id xmlns='urn:xmpp:sid:0' id='{self.name()}'/>"

    def delay(self):
        by = self.dice.choice(("", f"from='{ROOM}/alice'", "from='example.org'", "from=''"))
        name, space = self.dice.choice((("delay", "urn:xmpp:delay"), ("x", "jabber:x:delay")))
        return f"<{name} xmlns='{space}' {by} stamp='{self.dice.choice(STAMPS)}'/>"

    def replace(self):
        return f"<replace xmlns='urn:xmpp:message-correct:0' id='{self.name()}'/>"

    def reply(self):
        ends = [self.dice.choice(("0", "5", "-1", "99999", "9" * 30, "٣", "")) for _ in range(2)]
        return (
            f"<reply xmlns='urn:xmpp:reply:0' id='{self.name()}' to='{ROOM}/alice'/>"
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
            f"<body start='{ends[0]}' end='{ends[1]}'/></fallback>"
        )

    def html(self):
        inside = self.text()
        for _ in range(self.dice.choice((1, 2, 3, 60))):
            tag = self.dice.choice(
                ("p", "b", "blockquote", "pre", "ol", "li", "a href='javascript:x'", "script", "br")
            )
            inside = f"<{tag}>{inside}</{tag.partition(' ')[0]}>"
        return (
            "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>"
            f"{inside}</body></html>"
        )

    def secret(self):
        return self.dice.choice(
            (
                "<encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl'/>",
                "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>",
            )
        )

    def archived(self):
        return (
            f"<result xmlns='urn:xmpp:mam:2' queryid='{self.dice.choice(('', '1', 'x-1'))}' id='forged'>"
            "<forwarded xmlns='urn:xmpp:forward:0'>"
            f"<delay xmlns='urn:xmpp:delay' stamp='{self.dice.choice(STAMPS)}'/>"
            f"<message xmlns='jabber:client' from='{ROOM}/alice' type='groupchat'><body>forged</body>"
            "</message></forwarded></result>"
        )

    def refusal(self):
        return f"<error type='cancel'><forbidden xmlns='{STANZAS}'/></error>"

    def unknown(self):
        inside = ""
        for _ in range(self.dice.choice((1, 2, 5, 5, 200))):
            name, space = self.dice.choice(NAMES), self.dice.choice(SPACES)
            inside = f"<{name} xmlns='{space}' id='{self.name()}'>{inside}</{name}>"
        return inside

    def other(self):
        return self.dice.choice(
            (
                "<subject>new</subject>", "<thread>t</thread>",
                "<active xmlns='http://jabber.org/protocol/chatstates'/>",
                "<x xmlns='jabber:x:oob'><url>https://example.org</url></x>", "<x xmlns='jabber:x:oob'/>",
                "<unstyled xmlns='urn:xmpp:styling:0'/>", f"<x xmlns='{MUC}#user'><status code='110'/></x>",
                "<occupant-id xmlns='urn:xmpp:occupant-id:0'/>", "stray text",
                "<retract xmlns='urn:xmpp:message-retract:1' id='ok'/>", "<body xmlns='urn:other'>no</body>",
            )
        )  # fmt: skip

    PIECES = (
        body, body, body, body, stanza_id, origin_id, delay, replace, reply, html, secret, archived, refusal,
        unknown, other,
    )  # fmt: skip

    def presence(self):
        kind = self.dice.choice(("", "type='unavailable'", "type='error'", "type='subscribe'", "type='odd'"))
        source = self.dice.choice(SOURCES)
        inside = self.dice.choice(
            ("", f"<x xmlns='{MUC}#user'/>", self.refusal(), self.unknown(), self.body())
        )
        return f"<presence from={quoteattr(source)} {kind}>{inside}</presence>"

    def request(self):
        kind = self.dice.choice(("get", "set", "result", "error", "odd"))
        number = self.dice.randrange(100)
        source = self.dice.choice(SOURCES)
        return f"<iq from={quoteattr(source)} type='{kind}' id='{number}'>{self.unknown()}</iq>"


@pytest.fixture
async def server():
    async with Server() as server:
        server.answer = lambda element: "" if element.tag.endswith("}message") else None
        yield server


def ordinary(number):
    """Something that alice says, bearing what others forge as her own names for it."""
    return message("alice", f"ok {number}", stanza_id=f"ok-{number}", name="m1")


@pytest.mark.parametrize("seed", SEEDS)
async def test_hostile_stanzas(server, seed):
    """Each batch holds ordinary messages, and one of ours is under way that all others claim to be."""
    grammar, made, number = Grammar(seed), adapter(server.port), 0
    async with running(made) as ears:
        for batch in range(BATCHES):
            grammar.txn = Txn(f"{batch:x}.{seed}.0.0123456789abcdef")
            receipt = give(made, command(txn=grammar.txn))
            stanzas, expected = [], []
            for _ in range(SIZE // EVERY):
                stanzas += [grammar.stanza() for _ in range(EVERY)]
                stanzas.append(ordinary(number))
                expected.append(f"ok-{number}")
                number += 1
            server.say("".join(stanzas))
            heard = []
            while not heard or heard[-1].id != expected[-1]:
                heard.append(await ears.said())
                assert not ears.task.done()
            assert [event.id for event in heard if event.sender.name == "alice"] == expected
            names = [event.id for event in heard]
            assert len(set(names)) == len(names), "nobody chooses what another's message is called"
            assert not any(event.replayed for event in heard)
            assert {event.mark for event in heard} <= {"", grammar.txn, "1a.2.0.0123456789abcdef"}
            assert not receipt.done(), "only the room confirms, and only the room refuses"
            server.say(message("hubbub", "x", stanza_id=f"q-{batch}", name=grammar.txn))
            assert (await receipt).part.id == f"q-{batch}"
