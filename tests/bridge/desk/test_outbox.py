"""The mail of desks: a line that a visitor has not seen stands in one of their mails, whatever else fails."""

import pytest

from bridge.desk import DeskStore, MailKind

MAIL = "xh@example.org"


@pytest.fixture
def store(tmp_path):
    store = DeskStore(tmp_path / "desks.sqlite3")
    yield store
    store.close()


def add(store, at, last):
    store.outbox.add(MailKind.UNSEEN, "sales", MAIL, at, chat=1, last=last, wait=300.0)


def test_what_did_not_go_and_what_was_said_meanwhile_go_together(store):
    """Else the later one goes first where that is tried sooner, and the lines before it never do."""
    with store.transaction():
        add(store, 0.0, last=0)
        row = store.outbox.due(300.0)
        assert store.outbox.claim(row.number, 5, 300.0)
        add(store, 310.0, last=5)
        store.outbox.postpone(row, 900.0, "451 later")
        store.outbox.join(row)
    assert store.outbox.due(899.0) is None
    again = store.outbox.due(900.0)
    assert (again.number, again.last) == (row.number, 0)
    with store.transaction():
        store.outbox.settle(again.number, "sent")
    assert store.outbox.due(1e9) is None
