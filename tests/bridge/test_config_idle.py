"""What stands in a map and does nothing is remarked, each at its place."""

import re

import pytest

from bridge.config import load
from bridge.protocols import find

NETWORKS = """
networks:
  irc: {protocol: irc, server: 127.0.0.1, nick: hubbub}
  plain: {protocol: "bridge.testing:ScriptedAdapter", server: plain}
  shop: {protocol: livechat%s}
conversations:
"""
LOBBY = "  sales: {irc: '#sales', shop: {room: sales, %s}}\n"
NEWS = "  news: {irc: '#news', announce: {%s}}\n"
OTHER = "  other: {irc: '#other', plain: other}\n"
SERVER = "write `mail: {server: mail.example.org, from: desk@example.org}` at the top of the map"
MAIL = "mail: {server: 127.0.0.1, from: a@shop.example, security: none}\n"


def remarks(tmp_path, conversations, *, top="", network=""):
    path = tmp_path / "bridge.yaml"
    path.write_text(f"{top}{NETWORKS % network}{conversations}{OTHER}")
    return [re.sub(r"^.*?: conversations\.", "", one) for one in load(path, find, {}).remarks]


@pytest.mark.parametrize(
    ("rules", "remark"),
    [
        ("mail: {away: [a@shop.example]}", f"mail.away: no mail is sent: {SERVER}"),
        ("mail: {transcripts: [a@shop.example]}", f"mail.transcripts: no mail is sent: {SERVER}"),
        ("mail: {unseen: 5m}", f"mail.unseen: no mail is sent: {SERVER}"),
        ("mail: {name: Wool, unseen: 5m}", f"mail: no mail is sent: {SERVER}"),
        ("mail: {name: Wool}", f"mail.name: no mail is sent: {SERVER}"),
        ("suggest: visitors", "suggest: there are no saved answers: name their file with `saved:`"),
        ("rooms: [irc]", "rooms: does nothing without `mode: rooms`: write that, or take this line out"),
        ("mode: rooms, rooms: [plain]", 'rooms: "plain" has no room in this conversation'),
        ("agents: ['icr/anna!*']", 'agents: "icr/anna!*" is nobody: "icr" has no room in this conversation'),
        ("bots: ['bots/*']", 'bots: "bots/*" is nobody: "bots" has no room in this conversation'),
    ],
)
def test_what_a_desk_needs_and_is_not_there(tmp_path, rules, remark):
    assert remarks(tmp_path, LOBBY % rules) == [f"sales.shop.{remark}"]


@pytest.mark.parametrize(
    "rules",
    [
        "mode: rooms",
        "mode: rooms, rooms: [irc]",
        "agents: ['irc/anna!*', '*/ben', 'irc/a@b/c']",
        "suggest: 'off'",
        "mail: {}",
    ],
)
def test_what_does_something_is_not_remarked(tmp_path, rules):
    assert remarks(tmp_path, LOBBY % rules) == []


def test_mail_that_is_sent_is_not_remarked(tmp_path):
    assert remarks(tmp_path, LOBBY % "mail: {away: [a@shop.example]}", top=MAIL) == []


@pytest.mark.parametrize("rules", ["mode: rooms", "mode: rooms, rooms: [plain]"])
def test_rooms_that_no_network_can_make(tmp_path, rules):
    (remark,) = remarks(
        tmp_path,
        f"  sales: {{plain: sales, shop: {{room: sales, {rules}}}}}\n  more: {{irc: '#x', plain: y}}\n",
    )
    assert remark.endswith("in the lobby")
    assert remark.startswith("sales.shop.rooms: " if "[" in rules else "sales.shop.mode: ")


def test_lists_that_a_desk_cannot_offer(tmp_path):
    offered = LOBBY % "subscribe: [news, nws]"
    remark = "sales.shop.subscribe: "
    links = "name `public_url` at the top-level `media:`"
    assert remarks(tmp_path, offered + NEWS % "") == [
        f"{remark}there is no list 'nws': give that conversation `announce: {{}}`",
        f"{remark}visitors are offered no list: {SERVER}; and {links}",
    ]
    offered = LOBBY % "subscribe: [news]"
    assert remarks(tmp_path, offered + NEWS % "", top=MAIL) == [
        f"{remark}visitors are offered no list: {links}"
    ]
    media = "media: {public_url: 'https://files.shop.example'}\n"
    assert remarks(tmp_path, offered + NEWS % "", top=MAIL + media) == []


def test_pages_that_cannot_show_it(tmp_path):
    (remark,) = remarks(tmp_path, LOBBY % "mode: lobby", network=", origins: https://shop.example")
    assert remark.startswith("sales.shop: no page elsewhere can show it: name `public_url`")
    both = ", origins: https://shop.example, public_url: https://chat.shop.example"
    assert remarks(tmp_path, LOBBY % "mode: lobby", network=both) == []


@pytest.mark.parametrize(
    ("rules", "remark"),
    [
        ("announcers: [icr/ada]", 'announcers: "icr/ada" is nobody: "icr" has no room in this conversation'),
        (
            "announcers: [ada], approve_above: 5",
            'approve_above: nobody can agree to what "ada" announces to over 5 people: name another',
        ),
        (
            "quiet: '22:00-08:00'",
            "quiet: counts by UTC for who names no zone of their own: say which with time_zone",
        ),
    ],
)
def test_what_a_list_needs_and_is_not_there(tmp_path, rules, remark):
    used = LOBBY % "mode: lobby"
    assert remarks(tmp_path, used + NEWS % rules) == [f"news.announce.{remark}"]
