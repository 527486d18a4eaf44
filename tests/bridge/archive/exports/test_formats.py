"""What each format says of a talk, read back by whoever reads such files."""

import contextlib
import csv
import email
import email.policy
import io
import json
import mailbox
import re
import zipfile

import pytest

from bridge.archive.entries import Words
from bridge.archive.exports import EXPORTERS, ExportOptions
from tests.bridge.archive.exports.sample import (
    ALICE,
    ARRIVED,
    DIGEST,
    HERE,
    OP,
    THERE,
    K,
    Listed,
    filed,
    noted,
    said,
    talk,
)


def exported(name, entries=None, **options):
    return b"".join(
        EXPORTERS[name].chunks(Listed(talk() if entries is None else entries), ExportOptions(**options))
    )


@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("entries", [[], talk()], ids=["nothing", "a talk"])
def test_a_format_is_the_same_bytes_each_time(name, entries):
    """Whatever the machine's zone and clock are; only what is chosen makes a difference."""
    once = exported(name, entries)
    assert exported(name, entries) == once
    if entries and name != "jsonl":
        assert exported(name, entries, zone="Asia/Tokyo") != once


@pytest.mark.parametrize("name", EXPORTERS)
def test_what_went_and_what_is_left_of_it(name):
    """A bare entry, a message without its words, and one by nobody."""
    whole = filed([said(0, None, "by nobody"), said(1, ALICE, None), said(2, ALICE, "still here")])
    bare = whole[0].__class__(4, "offer", 4, None, None, b"", b"", 2)
    assert exported(name, [bare, *whole, bare])


def test_json_lines_have_the_bytes_of_the_chain():
    for line, entry in zip(exported("jsonl").splitlines(), talk(), strict=True):
        found = json.loads(line)
        assert (found["conversation"], found["position"]) == ("offer", entry.position)
        assert b'"header":' + entry.raw_header in line
        assert ("words" in found) == (entry.words is not None)


# Text


def test_text_over_midnight_in_another_zone():
    lines = exported("text", zone="Europe/Berlin").decode().splitlines()
    assert lines[0] == "--- Log opened Sun Nov 29 00:59:40 2026"
    assert not [line for line in lines if line.startswith("--- Day changed")]
    assert "00:59 < Alice> = 440 €, 明天送到" in lines


def test_two_of_one_name_are_told_apart():
    """By their networks; on one network by what that calls them."""
    other = ALICE.__class__(id="alice!a@host", name="alice")
    third = ALICE.__class__(id="alice!b@host", name="ALICE")
    text = exported("text", filed([said(0, ALICE, "one", THERE), said(1, other, "two")])).decode()
    assert "< Alice (harbour)> one" in text
    assert "< alice (pond)> two" in text
    text = exported("text", filed([said(0, other, "one"), said(1, third, "two")])).decode()
    assert "< alice (alice!a@host)> one" in text


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("text", "^--- Log closed$|^Bcc|\x1b|\x00|\u202e"),
        ("html", "^Bcc|\x1b|\x00"),
        ("mbox", "^Subject: forged|^Bcc"),
    ],
)
def test_nobody_writes_lines_of_the_export_itself(name, forged):
    """What people say ends no log, begins no header and does nothing to a terminal."""
    wicked = "hello\r--- Log closed\u2028--- Log closed\x1b[31m\u202e"
    person = ALICE.__class__(id="x\r\nBcc: all", name="eve\r\nSubject: forged\x00")
    found = exported(name, filed([said(0, person, wicked)])).decode()
    assert not re.search(forged, found, re.MULTILINE)


def test_hubbub_is_nobody_of_the_room():
    """One on all networks; whoever goes by its name is told apart from it."""
    ours = ALICE.__class__(id="", name="Hubbub")
    feigned = ALICE.__class__(id="x!x@host", name="Hubbub")
    entries = filed([said(0, ours, "one"), said(1, ours, "two", THERE), said(2, feigned, "three")])
    text = exported("text", entries).decode()
    assert re.findall("< (.*?)> (one|two|three)", text) == [
        ("Hubbub", "one"),
        ("Hubbub", "two"),
        ("Hubbub (pond)", "three"),
    ]
    assert "3 messages · 1 person" in exported("html", entries).decode()


def test_a_copy_of_what_is_not_exported_says_nothing():
    """Of a topic, or of a message before that time."""
    entries = filed([said(0, OP, "Pears", kind=K.TOPIC), noted(1, K.COPY, about=1, copy=ARRIVED)])
    assert exported("html", entries).count(b"<time ") == 1
    ((letter, _),) = opened(exported("rsmf", entries))
    assert letter["X-RSMF-EventCount"] == "1"


@pytest.mark.parametrize("name", EXPORTERS)
def test_what_a_hold_spares_is_there(name):
    """A removal whose message kept its words, since somebody has to produce them."""
    removal = said(5, ALICE, "", kind=K.REMOVAL, about=1)
    found = exported(name, filed([said(0, ALICE, "spared words", id="a"), removal]))
    if name == "rsmf":
        ((_, manifest),) = opened(found)
        assert [(one["body"], one["deleted"]) for one in manifest["events"]] == [("spared words", True)]
    else:
        assert b"spared words" in found


# CSV


def test_a_table_reads_back_and_holds_no_formula():
    """RFC 4180; OWASP's list of what begins a formula."""
    raw = exported("csv", bom=True)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == len(talk()) + 1
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[8]["text"] == "'= 440 €, 明天送到"
    assert rows[8]["files"] == f"offer.pdf sha256:{DIGEST}"
    assert rows[10]["text"].splitlines()[1] == "From here on"
    assert rows[0]["time"] == "2026-11-28T23:59:40.000+00:00"
    for row in rows:
        assert None not in row
        assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


# Mail


def letters_of(raw, folder):
    """As Python's reader of mailboxes finds them."""
    assert raw.isascii()
    file = folder / "offer.mbox"
    file.write_bytes(raw)
    with contextlib.closing(mailbox.mbox(file)) as box:
        return [email.message_from_bytes(bytes(one), policy=email.policy.default) for one in box]


def test_a_mailbox_reads_back_in_threads(tmp_path):
    """RFC 4155 and 5322; RFC 9078 for a reaction."""
    letters = letters_of(exported("mbox"), tmp_path)
    assert len(letters) == 15
    assert [letter.defects for letter in letters] == [[]] * 15
    by_id = {letter["Message-ID"]: letter for letter in letters}
    assert len(by_id) == 15
    offer, edit, answer, emote, reaction, total, hebrew, mallory = letters[:8]
    assert edit["In-Reply-To"] == answer["In-Reply-To"] == offer["Message-ID"]
    assert reaction["References"].split() == [offer["Message-ID"], answer["Message-ID"]]
    assert (reaction["Content-Disposition"], reaction.get_content()) == ("reaction", "👍 🎉\n")
    assert emote.get_content() == "* bob nods\n"
    assert total["Subject"] == "[offer] = 440 €, 明天送到"
    assert f"sha256:{DIGEST}" in total.get_content()
    assert hebrew["From"].addresses[0].display_name == "דוד"
    assert mallory.get_content().splitlines()[1] == "From here on"
    assert offer["Date"].datetime.isoformat() == "2026-11-28T23:59:42+00:00"


def test_a_letter_has_short_lines_whatever_is_in_it(tmp_path):
    """RFC 5322, 2.1.1: none above 998 octets; all that is said comes back."""
    words = "From me\n" + "слово " * 300 + "\n" + "x" * 3000
    person = ALICE.__class__(id="@" + "é" * 100, name="名" * 60)
    raw = exported("mbox", filed([said(0, person, words)], conversation="ó" * 80))
    assert max(map(len, raw.splitlines())) <= 998
    (letter,) = letters_of(raw, tmp_path)
    assert letter.get_content() == words + "\n"
    assert len(letter["From"].addresses[0].username) <= 64
    assert not letter.defects


def test_single_letters_are_those_of_the_mailbox(tmp_path):
    with zipfile.ZipFile(io.BytesIO(exported("eml"))) as archive:
        assert archive.testzip() is None
        raw = [archive.read(name) for name in sorted(archive.namelist())]
    assert all(one.count(b"\n") == one.count(b"\r\n") for one in raw)
    found = [email.message_from_bytes(one)["Message-ID"] for one in raw]
    assert found == [one["Message-ID"] for one in letters_of(exported("mbox"), tmp_path)]


# RSMF


def opened(raw):
    """The letters of an export, and the manifests in them."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            assert name.endswith(".rsmf")
            letter = email.message_from_bytes(archive.read(name), policy=email.policy.default)
            (enclosed,) = letter.iter_attachments()
            assert enclosed.get_filename() == "rsmf.zip"
            assert enclosed["Content-Transfer-Encoding"] == "base64"
            with zipfile.ZipFile(io.BytesIO(enclosed.get_content())) as inner:
                yield letter, json.loads(inner.read("rsmf_manifest.json"))


def test_rsmf_keeps_the_rules_of_its_version():
    """RSMF 2.0.0: the headers, one attachment `rsmf.zip`, ids that are there, types that it knows."""
    found = list(opened(exported("rsmf")))
    assert [letter["Subject"] for letter, _ in found] == ["offer 2026-11-28", "offer 2026-11-29"]
    for letter, manifest in found:
        assert (letter["X-RSMF-Version"], manifest["version"]) == ("2.0.0", "2.0.0")
        assert letter["X-RSMF-EventCount"] == str(len(manifest["events"]))
        assert letter["X-RSMF-BeginDate"] == manifest["events"][0]["timestamp"]
        assert len(letter["From"].addresses) == 1
        (conversation,) = manifest["conversations"]
        people = {one["id"] for one in manifest["participants"]}
        assert set(conversation["participants"]) == people
        ids = {event["id"] for event in manifest["events"]}
        for event in manifest["events"]:
            assert event["type"] in {"message", "disclaimer", "join", "leave", "history", "unknown"}
            assert event["conversation"] == conversation["id"]
            assert event.get("participant") in people | {None}
            assert event.get("parent") in ids | {None}
            assert all(custom["name"] and custom["value"] for custom in event["custom"])
    assert len({manifest["eventcollectionid"] for _, manifest in found}) == 1


def test_rsmf_has_edits_reactions_threads_and_removals():
    (_, first), (letter, second) = opened(exported("rsmf"))
    events = {event["id"]: event for event in (*first["events"], *second["events"])}
    offer, agreed, slip = events["m2"], events["m6"], events["m13"]
    names = {one["id"]: one["display"] for one in first["participants"]}
    (edit,) = offer["edits"]
    assert (edit["previous"], edit["new"]) == (
        "Forty crates of pears, at 12 euros?",
        "Forty crates of pears, at 11 euros?",
    )
    assert offer["body"] == edit["new"]
    assert agreed["parent"] == "m2"
    assert [(one["value"], [names[who] for who in one["participants"]]) for one in agreed["reactions"]] == [
        ("👍", ["Alice"]),
        ("🎉", ["Alice"]),
    ]
    assert slip["deleted"] is True
    assert {"name": "Did not arrive", "value": "marsh offer@rooms.example.org: the room is full"} in offer[
        "custom"
    ]
    assert "00:06:30 bob: back again" in letter.get_body().get_content()


def test_a_long_day_has_several_files_of_rsmf(monkeypatch):
    monkeypatch.setattr("bridge.archive.exports.rsmf._MOST", 3)
    found = list(opened(exported("rsmf")))
    assert [letter["X-RSMF-EventCount"] for letter, _ in found] == ["3", "3", "1", "3", "3", "3"]


# The page


def test_a_page_escapes_everything_and_asks_for_nothing():
    page = exported("html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;more&#34;" in page
    assert "<bdi>&lt;b&gt;Mallory&lt;/b&gt;</bdi>" in page
    assert not re.search(r"\b(src|srcset)=|@import|url\(", page)


def test_an_answer_quotes_what_was_said_then():
    """An offer that was raised before somebody agreed to it, and again after."""
    later = said(500, ALICE, "Forty crates, at 50 euros", THERE, kind=K.EDIT, target="$offer", about=2)
    parts = [(one.header, one.words) for one in talk()]
    page = exported("html", filed([*parts, later])).decode()
    assert re.search(
        r'href="#e2"><bdi>Alice</bdi> 23:59:42 <q dir="auto">Forty crates of pears, at 11 euros\?', page
    )
    assert page.index("at 50 euros") < page.index("at 12 euros?") < page.index("at 11 euros?")


def test_formatting_is_shown_and_no_link_leads_elsewhere_than_it_may():
    spans = [
        {"text": "loud", "marks": ["bold", "italic"]},
        {"text": " go", "href": 'https://example.org/?a=1&b="2"'},
        {"text": " run", "href": "javascript:alert(1)"},
        {"text": "\nquoted", "block": {"quote": 1, "code": None, "item": None, "indent": 0}},
    ]
    page = exported("html", filed([said(0, ALICE, "loud go run\nquoted", spans=spans)])).decode()
    assert "<em><strong>loud</strong></em>" in page
    assert '<a href="https://example.org/?a=1&amp;b=&#34;2&#34;" rel="noreferrer"> go</a>' in page
    assert "javascript:" not in page
    assert '<blockquote dir="auto">quoted</blockquote>' in page


def test_formatting_of_a_later_release_is_left_out():
    page = exported("html", filed([said(0, ALICE, "plain words", spans=[{"shape": 3}])])).decode()
    assert '<p dir="auto">plain words</p>' in page


def test_reactions_are_those_that_are_left():
    words = [Words(added=("👍",)), Words(added=("🎉",)), Words(removed=("👍",))]
    changes = [noted(1 + n, K.REACTION, HERE, one, by=ALICE, about=1) for n, one in enumerate(words)]
    page = exported("html", filed([said(0, ALICE, "hello"), *changes])).decode()
    assert "🎉" in page
    assert "👍" not in page


def test_the_words_of_a_page_are_in_the_language_that_is_chosen():
    page = exported("html", language="de", zone="Europe/Berlin").decode()
    assert '<html lang="de">' in page
    assert "Sonntag, 29. November 2026" in page
    assert "10 Nachrichten · 5 Menschen" in page
    assert "Von <bdi>Alice</bdi> entfernt: <bdi>01:00:15</bdi>: <bdi>wrong room</bdi>" in page
