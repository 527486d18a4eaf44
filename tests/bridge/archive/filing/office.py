"""An archive that a test fills, with who keeps it, by a clock that the test moves."""

from hashlib import sha256

from bridge.archive.entries import Copy, EntryKind, FiledFile, Header, Person, Words
from bridge.archive.filing.answering import FilingAnswers
from bridge.archive.filing.questions import FilingRules, Which
from bridge.archive.keeping import KeptFor
from bridge.archive.store import NewEntry, Store
from bridge.archive.store.kept_files import KeptFiles, Message, folder_of
from bridge.testing.clock import HandClock

DAY = 86_400.0
YEAR = 365 * DAY
BEGIN = 1_800_000_000.0


class Office:
    def __init__(self, file):
        self.clock = HandClock(BEGIN)
        self.store = Store(file, self.clock)
        self.keeper = FilingAnswers(self.store, self.clock, KeptFiles(self.store).tidy)
        self._seq = 0

    def close(self):
        self.keeper.close()
        self.store.close()

    def keep(self, seconds, *names, tags=None):
        for name in names or ("sales",):
            self.store.put_note("policy", name, _packed(KeptFor(seconds)))
        self.keeper.follow(FilingRules(tags=tags or {}))

    def say(self, text, who="ada", conversation="sales", kind=EntryKind.MESSAGE, network="libera", **more):
        """File an entry. Returns its number."""
        self._seq += 1
        words = {name: more.pop(name) for name in ("quoted", "spans", "files") if name in more}
        by = more.pop("by", Person(id=f"{who}!x", name=who) if who else None)
        header = {"at": self.clock.now(), "room": "#sales", "id": f"id{self._seq}", "seq": self._seq} | more
        new = NewEntry(
            conversation, Header(kind=kind, network=network, by=by, **header), Words(text=text, **words)
        )
        return self.store.add([new])[0]

    def name_of(self, number):
        return self.entry(number).header.id

    def copy(self, number, network="matrix", speaker="ada"):
        of = self.entry(number).header
        copy = Copy(network=network, room="!room", ids=(f"${number}",), speaker=speaker)
        return self.say("", who="", kind=EntryKind.COPY, target=of.id, id="", seq=0, copy=copy)

    def remove(self, number, who="ada"):
        return self.say("", who=who, kind=EntryKind.REMOVAL, target=self.name_of(number))

    def edit(self, number, text, who="ada"):
        return self.say(text, who=who, kind=EntryKind.EDIT, target=self.name_of(number))

    def file_of(self, number, digest):
        file = FiledFile(name="plan.pdf", sha256=digest, kept=True)
        return self.say(
            "", who="", kind=EntryKind.FILE, target=self.name_of(number), id="", seq=0, files=(file,)
        )

    def keep_file(self, number, content):
        """File a file of a message, and keep it. Returns where it is kept."""
        digest, header = sha256(content).hexdigest(), self.entry(number).header
        sent = self.store.file.with_name("sent")
        sent.write_bytes(content)
        message = Message("sales", header.network, header.room, header.id)
        assert KeptFiles(self.store).keep(sent, digest, message)
        sent.unlink()
        self.file_of(number, digest)
        return folder_of(self.store.file) / digest[:2] / digest

    def entry(self, number):
        with self.store.reader() as reader:
            return reader.entry(number)

    def states(self, conversation="sales"):
        """What is left: `full`, `wordless` and `bare`, by position, without what tells of erasures."""
        with self.store.reader() as reader:
            return [
                entry.state.name.lower()
                for entry in reader.entries(conversation)
                if entry.header is None or entry.header.kind is not EntryKind.ERASURE
            ]

    def texts(self, conversation="sales"):
        with self.store.reader() as reader:
            found = [entry for entry in reader.entries(conversation) if entry.words is not None]
        return [
            one.words.text for one in found if one.header.kind is not EntryKind.ERASURE and one.words.text
        ]

    def work(self):
        """Do all that is due."""
        while self.keeper.step():
            pass

    def later(self, seconds):
        """Let time pass, and do what is due then."""
        self.clock.move(seconds)
        self.work()

    def which(self, *numbers):
        return Which(first=numbers[0], last=numbers[-1])


def _packed(kept):
    import msgspec

    return msgspec.json.encode(kept)
