"""Mail of desks that did not go: told as what is wrong, and sent again or forgotten."""

import json

import pytest
from click.testing import CliRunner

from bridge.cli.desk import desk
from bridge.desk import DeskStore, MailKind, NewChat
from bridge.desk.located import desks
from bridge.desk.stuck_mail import do_with_stuck, mail_reports, stuck_mail
from bridge.status import Status
from bridge.troubles import troubles

from .place import written


@pytest.fixture
def shop(tmp_path, monkeypatch, located):
    """Two desks of one network, the first with mail that did not go, in various ways."""
    monkeypatch.chdir(tmp_path)
    config = located(written(("shop", "sales"), ("shop", "support")))
    there = desks(config)
    store = DeskStore(there[0].file)
    with store.transaction():
        for name in ("sales", "sales", "support", "elsewhere"):
            store.outbox.add(MailKind.MESSAGE, name, "ann@shop.example", 1.0, message=NewChat("Hello"))
        store.outbox.give_up(1, "550 <ann@shop.example>: unknown", 5.0)
        store.outbox.give_up(4, "550 no", 5.0)
        late = store.outbox.due(2.0)
        for _ in range(5):
            store.outbox.postpone(late, 9.0, "no answer")
        soon = store.outbox.due(2.0)
        store.outbox.postpone(soon, 9.0, "450 wait a minute")
        assert (late.number, soon.number) == (2, 3)
    yield there, store
    store.close()


@pytest.fixture
def located(tmp_path):
    from bridge.config import load
    from bridge.protocols import find

    def read(text):
        (tmp_path / "bridge.yaml").write_text(text)
        return load(tmp_path / "bridge.yaml", find)

    return read


def wrong(there):
    status = Status("1", 0.0, True, {}, 0, {}, (), mail=mail_reports(there))
    return [trouble.sentence for trouble in troubles(status)]


def test_what_does_not_go_is_wrong_until_that_is_handled(shop):
    there, store = shop
    given_up, late = wrong(there)
    assert given_up == (
        "shop sales has mail that did not go (1 mail, the last: 550 <…>: unknown): "
        "`hubbub desk mail` says which and why: --retry sends it again, --forget forgets it"
    )
    assert late.startswith("shop sales has mail that cannot go yet (1 mail, the last: no answer): ")
    assert do_with_stuck(there, {1}, "retry", 20.0) == 1
    assert store.outbox.due(20.0).number == 2
    assert [one.number for _, one in stuck_mail(there)] == [2]
    assert do_with_stuck(there, (), "forget", 20.0) == 1
    assert wrong(there) == []
    with store.transaction():
        store.outbox.settle(1, "sent")
    assert wrong(there) == []


def test_it_stands_for_as_long_from_when_it_was_given_up(shop):
    there, store = shop
    for before, numbers in ((4.0, [1, 2]), (6.0, [2])):
        with store.transaction():
            store.outbox.trim(before)
        assert [one.number for _, one in stuck_mail(there)] == numbers


def test_an_owner_lists_it_and_has_it_sent_again_or_forgotten(shop):
    _, store = shop
    told = " ".join(CliRunner().invoke(desk, ["mail"]).output.split())
    assert "1 what was left at sales, to ann@shop.example: asked for 1970" in told
    assert "; 550 <ann@shop.example>: unknown" in told
    assert "tried again; no answer" in told
    ran = CliRunner().invoke(desk, ["mail", "support", "--json"])
    assert json.loads(ran.output) == {"done": 0, "mails": []}
    assert CliRunner().invoke(desk, ["mail", "--retry", "--forget"]).exit_code == 2
    none = "There is no such mail: `hubbub desk mail` lists what did not go.\n"
    assert CliRunner().invoke(desk, ["mail", "--forget", "--number", "99"]).output == none
    assert CliRunner().invoke(desk, ["mail", "--retry", "--number", "1"]).output == "1 mail: goes again.\n"
    assert store.outbox.due(1e12).message.text == "Hello"
    assert CliRunner().invoke(desk, ["mail", "--forget"]).output == "1 mail: is forgotten.\n"
    assert CliRunner().invoke(desk, ["mail"]).output == "All mail of desks went.\n"


def test_a_desk_that_nobody_opened_has_none(tmp_path, monkeypatch, located):
    monkeypatch.chdir(tmp_path)
    located(written())
    assert CliRunner().invoke(desk, ["mail"]).output == "All mail of desks went.\n"
