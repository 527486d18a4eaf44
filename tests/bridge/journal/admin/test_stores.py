"""What desks, lists and bots keep beside a journal is copied, checked and put back with it."""

import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest

from bridge.announce.ledger import Subscriber, SubscriptionLedger
from bridge.announce.restoring import go_on_from_lists
from bridge.announce.store import LISTS_FILE, ListsFile
from bridge.desk import DeskReader, DeskStore, FeedRow, LineBody, MailKind, NewChat
from bridge.desk.store.restoring import go_on_from_desks
from bridge.desk.store.schema import DESK_FILE
from bridge.errors import JournalError
from bridge.journal.admin import maintenance
from bridge.journal.sqlite import SqliteJournal
from bridge.model import RoomId, UserId
from bridge.stores import LISTS, beside_backup, beside_journal, copy_of, place_of
from tests.bridge.journal.filled import DAMAGES, fill

DESK = "shop.login.sqlite3"
GO_ON = {LISTS_FILE.application: go_on_from_lists, DESK_FILE.application: go_on_from_desks}


@pytest.fixture
async def kept(tmp_path):
    """A journal with a desk, whose service goes on, and lists."""
    journal = tmp_path / "j.sqlite3"
    await fill(journal)
    with Stores(journal) as stores:
        yield stores


class Stores(contextlib.ExitStack):
    """The stores of a journal, open as its service has them."""

    def __init__(self, journal: Path) -> None:
        super().__init__()
        self.journal = journal
        self.desk = self.enter_context(contextlib.closing(DeskStore(place_of(journal, DESK))))
        self.lists = self.enter_context(contextlib.closing(ListsFile(place_of(journal, LISTS))))
        self.ledger = SubscriptionLedger(self.lists)
        place_of(journal, "shop.login").write_text("the key of addresses")

    def chat(self, text: str, at: float = 1.0) -> int:
        with self.desk.transaction():
            return self.desk.add_chat("sales", NewChat(text, name=text), f"token of {text}", at).number

    def mail(self, chat: int) -> None:
        with self.desk.transaction():
            self.desk.outbox.add(MailKind.COPY, "sales", "a@b.example", 1.0, chat=chat)

    def subscribe(self, who: str) -> int:
        asked = Subscriber("irc", UserId(who), who, RoomId("lobby"))
        entry = self.ledger.ask("news", asked, now=1.0, words="", where="", language="en")
        self.ledger.confirm(entry.id, now=2.0, words="", where="")
        return entry.id

    def restore(self, backup: Path) -> maintenance.Restored:
        self.close()
        return maintenance.restore(self.journal, backup, go_on=GO_ON)


def rows(file, question):
    with contextlib.closing(sqlite3.connect(file)) as database:
        return database.execute(question).fetchall()


async def test_a_backup_has_what_stands_beside_the_journal(kept, tmp_path):
    kept.chat("Ann")
    kept.subscribe("ann")
    backup = tmp_path / "away" / "backup"
    backup.parent.mkdir()
    found = maintenance.backup(kept.journal, backup)
    assert sorted(file.name for file in backup.parent.iterdir()) == [
        "backup",
        f"backup+{LISTS}",
        "backup+shop.login",
        f"backup+{DESK}",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in backup.parent.iterdir()} == {0o600}
    assert [one.file for one in found.stores] == list(beside_backup(backup).values())
    assert rows(copy_of(backup, DESK), "SELECT name FROM chat") == [("Ann",)]
    assert rows(copy_of(backup, LISTS), "SELECT user FROM subscription") == [("ann",)]
    assert copy_of(backup, "shop.login").read_text() == "the key of addresses"


async def test_all_of_a_backup_is_of_one_moment(kept, tmp_path):
    """A service goes on meanwhile, and writes the stores and the journal."""
    backup = tmp_path / "backup"
    with contextlib.closing(SqliteJournal(kept.journal)) as journal:

        def goes_on(what, done, total):
            number = kept.chat(f"later {done} {what}")
            kept.subscribe(f"later {done} {what}")
            journal.notes.keep("chat", "", "", f"{number}")

        maintenance.backup(kept.journal, backup, tell=goes_on)
    assert kept.desk.chat(1) is not None
    assert rows(backup, "SELECT * FROM note WHERE kind = 'chat'") == []
    assert rows(copy_of(backup, DESK), "SELECT * FROM chat") == []
    assert rows(copy_of(backup, LISTS), "SELECT * FROM subscription") == []


async def test_a_backup_is_replaced_as_a_whole_and_only_unasked_nothing(kept, tmp_path):
    backup = tmp_path / "backup"
    copy_of(backup, DESK).write_text("precious")
    with pytest.raises(JournalError, match=r"login\.sqlite3 exists: name another file, or say --force"):
        maintenance.backup(kept.journal, backup)
    assert not backup.exists()
    stale = copy_of(backup, "old.login.sqlite3")
    stale.write_text("of a desk that is no more")
    maintenance.backup(kept.journal, backup, force=True)
    assert list(beside_backup(backup)) == [LISTS, DESK]
    assert not stale.exists()


@pytest.mark.parametrize(
    "name", ["j-lists.sqlite3", "j-lists.sqlite3-wal", f"j.sqlite3.{DESK}", f"j.sqlite3.{DESK}-wal"]
)
async def test_a_backup_takes_no_place_of_a_store(kept, tmp_path, name):
    with pytest.raises(JournalError, match="cannot be replaced"):
        maintenance.backup(kept.journal, tmp_path / name, force=True)


@pytest.mark.parametrize("damage", DAMAGES[:2])
async def test_a_damaged_store_is_found_and_never_backed_up_or_restored(kept, tmp_path, damage):
    for number in range(200):
        kept.chat(f"{number} " + "x" * 200)
    good, backup = tmp_path / "good", tmp_path / "backup"
    maintenance.backup(kept.journal, good)
    kept.close()
    damage(place_of(kept.journal, DESK))
    found = maintenance.check(kept.journal)
    assert found.findings == ()
    assert [bool(store.finding) for store in found.stores] == [False, True]
    with pytest.raises(JournalError, match=r"shop\.login\.sqlite3(: the file is damaged| cannot be copied)"):
        maintenance.backup(kept.journal, backup)
    assert not backup.exists()
    told = maintenance.restore(kept.journal, good, go_on=GO_ON).told
    assert [sentence for sentence in told if "there again, if there were any" in sentence]
    assert not any(store.finding for store in maintenance.check(kept.journal).stores)
    damage(copy_of(good, DESK))
    before = place_of(kept.journal, DESK).read_bytes()
    with pytest.raises(JournalError, match="take another backup"):
        maintenance.restore(kept.journal, good)
    assert place_of(kept.journal, DESK).read_bytes() == before


async def test_a_restore_puts_stores_back_and_keeps_what_was_there(kept, tmp_path):
    kept.chat("Ann")
    maintenance.backup(kept.journal, tmp_path / "backup")
    kept.chat("Ben")
    place_of(kept.journal, "shop.login").write_text("another key")
    done = kept.restore(tmp_path / "backup")
    assert [file.name for file in done.stores] == ["j-lists.sqlite3", f"j.sqlite3.{DESK}"]
    assert done.left == ()
    desk = place_of(kept.journal, DESK)
    assert rows(desk, "SELECT name FROM chat") == [("Ann",)]
    (aside,) = [file for file in tmp_path.glob(f"j.sqlite3.{DESK}.before-*") if file.suffix[-4:] != "-wal"]
    assert rows(aside, "SELECT name FROM chat") == [("Ann",), ("Ben",)]
    assert place_of(kept.journal, "shop.login").read_text() == "the key of addresses"
    assert list(beside_journal(kept.journal)) == [LISTS, DESK]


async def test_a_backup_of_the_journal_alone_leaves_stores_as_they_are(kept, tmp_path):
    """As those of releases before had none of them."""
    maintenance.backup(kept.journal, tmp_path / "backup")
    for copy in beside_backup(tmp_path / "backup").values():
        copy.unlink()
    kept.chat("Ann")
    done = kept.restore(tmp_path / "backup")
    assert done.left == tuple(beside_journal(kept.journal).values())
    assert rows(place_of(kept.journal, DESK), "SELECT name FROM chat") == [("Ann",)]


async def test_nobody_is_told_anything_twice_by_a_restore(kept, tmp_path):
    kept.mail(kept.chat("Ann"))
    kept.subscribe("ann")
    kept.lists.write("INSERT INTO announcement VALUES (7, 'news', 'text', '', '', 1.0, 'going', '', 1.0)")
    kept.lists.write("INSERT INTO told VALUES (7, 1, 'owed', 1.0, 1.0, 0)")
    kept.lists.write("INSERT INTO announcement VALUES (8, 'news', 'text', '', '', 1.0, 'waiting', '', NULL)")
    maintenance.backup(kept.journal, tmp_path / "backup")
    told = kept.restore(tmp_path / "backup").told
    assert told == (
        "Not told what was announced, since they may have been after the backup: 1 person.",
        "Not sent, since it may have been after the backup: 1 mail of desks.",
    )
    lists = place_of(kept.journal, LISTS)
    assert rows(lists, "SELECT state FROM told") == [("unreached",)]
    assert rows(lists, "SELECT state FROM announcement WHERE id = 8") == [("expired",)]
    assert rows(place_of(kept.journal, DESK), "SELECT state FROM mail") == [("refused",)]


async def test_who_wanted_nothing_more_since_the_backup_is_told_nothing(kept, tmp_path):
    ann, ben = kept.subscribe("ann"), kept.subscribe("ben")
    maintenance.backup(kept.journal, tmp_path / "backup")
    kept.ledger.end("irc", UserId("ann"), now=9.0, words="STOP", where="irc, alone")
    late = kept.subscribe("late")
    told = kept.restore(tmp_path / "backup").told
    assert told == ("Ended since the backup, and ended still: 1 subscription.",)
    with Stores(kept.journal) as after:
        assert [one.id for one in after.ledger.active("news")] == [ben]
        assert after.ledger.entry(ann).ended_words == "STOP"
        assert after.subscribe("new") > late, "links of before name it"


async def test_what_visitors_deleted_since_the_backup_is_deleted_again(kept, tmp_path):
    gone, stays = kept.chat("Gone", 1.0), kept.chat("Stays", 2.0)
    maintenance.backup(kept.journal, tmp_path / "backup")
    with kept.desk.transaction():
        kept.desk.erase(gone)
    late = kept.chat("Late", 3.0)
    told = kept.restore(tmp_path / "backup").told
    assert told == ("Deleted since the backup, and deleted again: 1 chat.",)
    with DeskReader(place_of(kept.journal, DESK)) as reader:
        assert reader.chat(gone) is None
        assert reader.chat(stays).name == "Stays"
    assert b"Gone" not in place_of(kept.journal, DESK).read_bytes()
    with Stores(kept.journal) as after:
        assert after.chat("New") > late, "a link to delete another is not one to delete this"


async def test_who_was_erased_since_the_backup_is_erased_again(kept, tmp_path):
    def leave(mail, at):
        new = NewChat(f"I am {mail}", mail=mail)
        with kept.desk.transaction():
            row = FeedRow(0, "sales", at, "said", 0, 0, "desk", "Desk", LineBody(text=new.text))
            kept.desk.left.add(kept.desk.add_feed(row), "sales", at, new)
            kept.desk.outbox.add(MailKind.MESSAGE, "sales", "owner@b.example", at, message=new)

    kept.chat("Ann")
    leave("gone@b.example", 1.0)
    leave("stays@b.example", 2.0)
    maintenance.backup(kept.journal, tmp_path / "backup")
    with kept.desk.transaction():
        kept.desk.forget_left("mail:gone@b.example", kept.desk.left.of_person("mail:gone@b.example"))
    told = kept.restore(tmp_path / "backup").told
    assert told[-1] == "Deleted since the backup, and deleted again: 1 message."
    desk = place_of(kept.journal, DESK)
    assert rows(desk, "SELECT mail FROM left_message") == [("stays@b.example",)]
    assert b"gone@b.example" not in desk.read_bytes()


async def test_a_file_that_was_begun_anew_deletes_no_message(kept, tmp_path):
    kept.chat("Ann")
    with kept.desk.transaction():
        kept.desk.left.add(1, "sales", 1.0, NewChat("", mail="ann@b.example"))
    maintenance.backup(kept.journal, tmp_path / "backup")
    kept.close()
    for file in tmp_path.glob(f"j.sqlite3.{DESK}*"):
        file.unlink()
    with Stores(kept.journal) as anew:
        anew.chat("Ben", at=3.0)
        assert anew.restore(tmp_path / "backup").told == ()
    assert rows(place_of(kept.journal, DESK), "SELECT mail FROM left_message") == [("ann@b.example",)]
