"""What the demo's terminal shows."""

import pytest

from bridge.demo import Screen
from bridge.model import (
    Content,
    Kind,
    Mark,
    MessageCreated,
    MessageId,
    Removed,
    RoomId,
    Sender,
    Span,
    UserId,
    plain,
)


class Shown:
    """A screen between five networks, and what it shows."""

    def __init__(self, capsys):
        self._capsys = capsys
        self._screen = Screen()
        self._screen.networks = ("irc", "jabber", "matrix", "mqtt", "bots")

    def talk(self, network, name, words, kind=Kind.TEXT):
        self._screen.talk(network, said(name, words, kind))

    def hear(self, words, *networks, name="hubbub", kind=Kind.TEXT):
        for network in networks:
            self._screen.hear(network, said(name, words, kind), named=network in ("mqtt", "bots"))

    def remove(self, network):
        removed = Removed(
            id=MessageId("2"), room=RoomId("lobby"), sender=Sender(UserId("a"), "a"), target=MessageId("1")
        )
        self._screen.hear(network, removed, named=False)

    def lines(self):
        return [" ".join(line.split()) for line in self._capsys.readouterr().out.splitlines()]

    def flushed(self):
        self._screen.flush()
        return self.lines()


def said(name, words, kind):
    content = plain(words) if isinstance(words, str) else words
    sender = Sender(UserId(name), name)
    return MessageCreated(id=MessageId("1"), room=RoomId("lobby"), sender=sender, content=content, kind=kind)


@pytest.fixture
async def shown(capsys):
    return Shown(capsys)


async def test_what_looks_the_same_everywhere_is_shown_once_and_at_once(shown):
    shown.talk("irc", "ada", "hello")
    shown.hear("<a\u200bda> hello", "jabber", "matrix")
    shown.hear("hello", "mqtt", name="ada")
    assert shown.lines() == ["irc ada: hello"]
    shown.hear("hello", "bots", name="ada")
    assert shown.lines() == ["all others ← <ada> hello"]
    shown.talk("irc", "ada", "waves", Kind.EMOTE)
    shown.hear("* a\u200bda waves", "jabber", "matrix")
    shown.hear("waves", "mqtt", "bots", name="ada", kind=Kind.EMOTE)
    assert shown.lines() == ["irc * ada waves", "all others ← * ada waves"]


async def test_what_looks_different_is_shown_with_its_networks(shown):
    bold = Content((Span("<ada> "), Span("hello", frozenset({Mark.BOLD}))))
    shown.hear("hello", "mqtt", name="ada")
    shown.hear(bold, "irc")
    shown.hear("hello", "bots", name="ada")
    shown.hear(bold, "jabber")
    assert shown.lines() == []
    assert shown.flushed() == ["mqtt bots ← <ada> hello", "irc jabber ← <ada> hello"]


async def test_each_network_keeps_its_order(shown):
    shown.hear("one", "irc", "jabber")
    shown.hear("two", "irc")
    shown.hear("one", "irc")
    shown.hear("two", "jabber", "matrix")
    assert shown.flushed() == ["irc jabber ← one", "irc jabber ← two", "matrix", "irc ← one"]


async def test_lines_that_follow_each_other_in_a_room_stay_together(shown):
    shown.hear("one", "irc")
    shown.hear("one\ntwo", "jabber", "matrix")
    shown.hear("two", "irc")
    assert shown.flushed() == ["irc ← one", "irc ← two", "jabber matrix ← one", "two"]


async def test_who_speaks_in_a_room_is_no_copy_to_their_neighbours(shown):
    shown.hear("hello", "irc", name="guest")
    shown.talk("irc", "guest", "hello")
    shown.hear("hello", "irc", name="guest")
    shown.hear("<guest> hello", "jabber", "matrix")
    shown.hear("hello", "mqtt", "bots", name="guest")
    assert shown.flushed() == ["irc guest: hello", "all others ← <guest> hello"]


async def test_a_removal_that_is_said_in_two_ways_is_one(shown):
    shown.remove("matrix")
    shown.remove("matrix")
    assert shown.flushed() == ["matrix ← takes a message back"]
