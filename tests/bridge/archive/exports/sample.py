"""A talk with all that there is in one, and an excerpt of a plain list."""

from bridge.archive.entries import Copy, EntryKind, FiledFile, Header, Person, Silence, Words, packed
from bridge.archive.store import Entry, State

K = EntryKind
NIGHT = 1_795_910_380.0  # 2026-11-28, 23:59:40 in UTC
ALICE = Person(id="@alice:example.org", name="Alice", proof="@alice:example.org")
BOB = Person(id="bob!b@host.example", name="bob")
OP = Person(id="op!o@host.example", name="op")
DAVID = Person(id="@david:example.org", name="דוד")
MALLORY = Person(id="mallory!m@host.example", name="<b>Mallory</b>\u202e")
HERE, THERE = ("pond", "#offer"), ("harbour", "!offer:example.org")


class Listed:
    """An excerpt of entries that are at hand."""

    def __init__(self, entries, title="offer", shown=None):
        self.title = title
        self.all = list(entries)
        self.shown = self.all if shown is None else shown
        self.count = len(self.shown)
        self.places = {(one.conversation, one.position): one for one in self.all}
        self.later = {}
        for one in self.all:
            if one.header and one.header.about:
                self.later.setdefault((one.conversation, one.header.about), []).append(one)

    def entries(self):
        return iter(self.shown)

    def about(self, entry):
        return self.later.get((entry.conversation, entry.position), [])

    def at(self, conversation, position):
        return self.places.get((conversation, position))

    def answered(self, entry):
        wanted = entry.header.reply_to
        for one in self.all:
            if wanted and one.header and one.header.id == wanted:
                return one
            if wanted and one.header and one.header.copy and wanted in one.header.copy.ids:
                return self.at(one.conversation, one.header.about)
        return None

    def shows(self, entry):
        return entry in self.shown


def filed(parts, conversation="offer"):
    """Entries of headers and words, as the archive gives them; words may be None: they went."""
    found = []
    for header, words in parts:
        number = len(found) + 1
        state = State.FULL if words is not None else State.WORDLESS
        raw = packed(words) if words is not None else b""
        found.append(Entry(number, conversation, number, header, words, packed(header), raw, state))
    return found


def said(seconds, by, text, place=HERE, kind=K.MESSAGE, **more):
    files = more.pop("files", ())
    spans = more.pop("spans", None)
    header = Header(kind=kind, at=NIGHT + seconds, network=place[0], room=place[1], by=by, **more)
    return header, Words(text=text, files=files, spans=spans) if text is not None else None


DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
FILE = FiledFile(name="offer.pdf", type="application/pdf", size=48_213, sha256=DIGEST)
SPANS = [{"text": "= 440 €", "marks": ["bold"]}, {"text": ", 明天送到"}]
ARRIVED = Copy(network="pond", room="#offer", ids=("m-17",), speaker="")
LOST = Copy(network="marsh", room="offer@rooms.example.org", reason="the room is full")
UNHEARD = Silence(since=NIGHT + 60, until=NIGHT + 400, unheard=True)


def noted(seconds, kind, place=HERE, words=None, **more):
    """What nobody said."""
    header = Header(kind=kind, at=NIGHT + seconds, network=place[0], room=place[1], **more)
    return header, words or Words()


def talk():
    """An offer across two networks, over midnight."""
    edit = {"kind": K.EDIT, "id": "$edit", "target": "$offer", "about": 2}
    return filed(
        [
            said(0, BOB, "", kind=K.MEMBER, change="joined"),
            said(2, ALICE, "Forty crates of pears, at 12 euros?", THERE, id="$offer"),
            noted(2.4, K.COPY, THERE, about=2, copy=ARRIVED),
            noted(2.5, K.COPY, THERE, about=2, copy=LOST),
            said(9, ALICE, "Forty crates of pears, at 11 euros?", THERE, **edit),
            said(12, BOB, "agreed", id="b1", reply_to="m-17"),
            said(14, BOB, "nods", id="b2", style="emote"),
            noted(15, K.REACTION, THERE, Words(emojis=("👍", "🎉")), by=ALICE, about=6),
            said(16, ALICE, "= 440 €, 明天送到", THERE, id="$total", files=(FILE,), spans=SPANS),
            said(17, DAVID, "שלום, תודה 123", THERE, id="$hebrew"),
            said(19, MALLORY, '<script>alert(1)</script> & "more"\nFrom here on', id="m1"),
            said(25, OP, "Pears", kind=K.TOPIC),
            said(30, ALICE, None, THERE, id="$slip"),
            said(35, ALICE, "wrong room", THERE, kind=K.REMOVAL, target="$slip", about=13),
            said(35.5, MALLORY, "spam", kind=K.MEMBER, change="kicked", other=OP),
            said(36, OP, "rates are on the board", id="o1", style="notice"),
            noted(400, K.SILENCE, silence=UNHEARD),
            said(410, BOB, "back again", id="b3"),
            said(420, BOB, None, id="b4", left_out="opted out"),
            said(425, BOB, "robert", kind=K.MEMBER, change="renamed"),
            said(430, BOB, "gone fishing", kind=K.MEMBER, change="left"),
        ]
    )
