"""Exports from an archive on disk, and by the command."""

import io
import itertools
import json

import pytest
from click.testing import CliRunner

from bridge.archive.entries import Words
from bridge.archive.exports import (
    EXPORTERS,
    ExportOptions,
    Picked,
    Selection,
    Watched,
    read_lines,
    write_whole,
)
from bridge.archive.filing.tags import Tagged, add_tag
from bridge.archive.store import NewEntry, Store
from bridge.cli import commands
from bridge.cli.transcript import _FORMATS
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError, HubbubError

from .sample import ALICE, BOB, NIGHT, K, Listed, filed, said, talk


def new_entries(conversation="offer"):
    """The talk as it comes into an archive, with the words of what is taken back later."""
    for one in talk():
        kept = one.words is not None or one.header.left_out
        words = one.words or Words(text="" if kept else "a slip")
        yield NewEntry(conversation, one.header, words)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "archive.sqlite3", SYSTEM)
    store.add(new_entries())
    yield store
    store.close()


@pytest.fixture
def reader(store):
    with store.reader() as reader:
        yield reader


def exported(excerpt, name, **options):
    return b"".join(EXPORTERS[name].chunks(excerpt, ExportOptions(**options)))


def texts(excerpt):
    return [one.words.text for one in excerpt.entries() if one.words is not None and one.words.text]


def test_json_lines_come_back_as_the_same_bytes(reader, tmp_path):
    """Of a conversation in which somebody took something back, too."""
    reader_of_others = Selection(reader, ["offer"])
    once = exported(reader_of_others, "jsonl")
    assert b"a slip" not in once
    again = Store(tmp_path / "again.sqlite3", SYSTEM)
    try:
        again.add(read_lines(io.BytesIO(once), "offer.jsonl"))
        with again.reader() as other:
            assert exported(Selection(other, ["offer"]), "jsonl") == once
    finally:
        again.close()


def test_json_lines_of_a_part_come_back_with_what_they_are_about(reader, tmp_path):
    once = exported(Selection(reader, ["offer"], since=NIGHT + 1, until=NIGHT + 13), "jsonl")
    again = Store(tmp_path / "again.sqlite3", SYSTEM)
    try:
        again.add(read_lines(io.BytesIO(once), "offer.jsonl"))
        with again.reader() as other:
            (edit,) = (one for one in other.entries() if one.header.kind is K.EDIT)
            assert other.at("offer", edit.header.about).header.id == "$offer"
    finally:
        again.close()


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"conversation": "x", "position": 1, "header": {"kind": "?"}}']
)
def test_a_line_that_is_none_is_named(line):
    with pytest.raises(ArchiveError, match=r"offer\.jsonl:2: this is no line of an archive's export"):
        list(read_lines([b'{"conversation": "x", "position": 1}', line], "offer.jsonl"))


def test_an_answer_finds_what_it_answers_by_a_copys_name(reader):
    page = exported(Selection(reader, ["offer"]), "html").decode()
    assert '<a class="re" href="#e2"><bdi>Alice</bdi> 23:59:42 <q dir="auto">Forty crates' in page


def test_every_format_can_be_made_from_an_archive(reader):
    whole = Selection(reader, ["offer"])
    for name in EXPORTERS:
        assert exported(whole, name) == exported(Selection(reader, ["offer"]), name)


def test_a_time_has_nothing_of_what_came_later(reader):
    """Of the offer it knows no edit yet."""
    early = Selection(reader, ["offer"], until=NIGHT + 5)
    assert texts(early) == ["Forty crates of pears, at 12 euros?"]
    page = exported(early, "html").decode()
    assert "at 12 euros" in page
    assert "11 euros" not in page
    late = Selection(reader, ["offer"], since=NIGHT + 5, until=NIGHT + 10)
    assert "Alice</bdi> changed an earlier message: <bdi>Forty" in exported(late, "html").decode()


def test_what_is_filed_meanwhile_is_not_looked_at(store, reader):
    excerpt = Selection(reader, ["offer"])
    before = texts(excerpt)
    store.add(
        [NewEntry("offer", *said(900, BOB, "one more")), NewEntry("other", *said(901, BOB, "elsewhere"))]
    )
    assert texts(excerpt) == before
    assert texts(Selection(reader, ["offer"])) == [*before, "one more"]


@pytest.mark.parametrize("who", ["@alice:example.org", "ALICE"])
def test_somebodys_part_is_what_they_did_and_what_is_about_it(reader, who):
    kinds = [one.header.kind for one in Selection(reader, ["offer"], person=who).entries()]
    assert kinds == [K.MESSAGE, K.COPY, K.COPY, K.EDIT, K.REACTION, K.MESSAGE, K.MESSAGE, K.REMOVAL]


def test_what_a_search_found_can_be_exported(reader):
    picked = Picked(reader, [9, 2], title="offers")
    assert texts(picked) == ["= 440 €, 明天送到", "Forty crates of pears, at 12 euros?"]
    page = exported(picked, "html").decode()
    assert "<h1><bdi>offers</bdi></h1>" in page
    assert "edited 23:59:49" in page


def test_conversations_stand_one_behind_the_other(store, reader):
    store.add(new_entries("second"))
    lines = exported(Selection(reader, ["offer", "second"]), "text").decode().splitlines()
    assert [line for line in lines if line.endswith(("Hubbub: offer", "Hubbub: second"))] == [
        "23:59 -!- Hubbub: offer",
        "23:59 -!- Hubbub: second",
    ]
    assert sum(line.startswith("--- Log") for line in lines) == 4


@pytest.mark.parametrize("name", EXPORTERS)
def test_a_file_is_made_while_the_archive_is_read(name, monkeypatch):
    """What is at hand at once is a few entries, however many there are."""
    monkeypatch.setattr("bridge.archive.exports.rsmf._MOST", 100)
    monkeypatch.setattr("bridge.archive.exports.exporter._OFTEN", 1)
    many = Listed(filed([said(n, ALICE, f"message {n}") for n in range(2000)]))
    read = [0]
    watched = Watched(many, lambda done: read.__setitem__(0, done))
    chunks = EXPORTERS[name].chunks(watched, ExportOptions())
    first = list(itertools.islice(chunks, 3))
    assert len(first) == 3
    assert read[0] - (EXPORTERS[name].passes - 1) * 2000 <= 400
    assert sum(1 for _ in chunks) > 2
    assert read[0] == EXPORTERS[name].passes * 2000


# Files and the command


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    file = tmp_path / "offer.log"
    file.write_bytes(b"before")

    def broken():
        yield b"half"
        assert file.read_bytes() == b"before"
        raise ArchiveError("the archive is damaged")

    with pytest.raises(ArchiveError):
        write_whole(file, broken())
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("offer.log", b"before")]
    assert write_whole(file, [b"a", b"b"]) == 2
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"ab", 0o600)
    with pytest.raises(HubbubError, match="cannot be written: No such file"):
        write_whole(tmp_path / "nowhere" / "x", [])


def transcript(store, *words):
    done = CliRunner().invoke(commands, ["transcript", *words, "--archive", str(store.file)])
    return done.exit_code, done.stdout, done.stderr or done.exception


def test_the_command_knows_all_formats():
    assert list(_FORMATS) == list(EXPORTERS)


def test_the_command_writes_to_a_terminal_or_a_file(store, tmp_path):
    code, out, _ = transcript(store, "offer", "--zone", "Europe/Berlin", "--since", "2026-11-29T01:06")
    assert code == 0
    assert out.splitlines()[:2] == [
        "--- Log opened Sun Nov 29 01:06:20 2026",
        "01:06 -!- Hubbub: From 2026-11-29 01:00:40 to 2026-11-29 01:06:20: #offer on pond was not heard",
    ]
    file = tmp_path / "offer.jsonl"
    code, out, _ = transcript(store, "offer", "-o", str(file))
    assert (code, out) == (0, f"{file} is written: {file.stat().st_size:,} bytes.\n")
    assert (
        json.loads(file.read_text().splitlines()[1])["words"]["text"] == "Forty crates of pears, at 12 euros?"
    )


def test_the_command_says_where_there_is_nothing_of_that(store):
    asked = ["transcript", "offer", "--archive", str(store.file), "--person", "carl", "--since", "2026"]
    done = CliRunner().invoke(commands, asked)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == 'hubbub: nothing in "offer" goes with --since 2026 and --person carl\n'


def test_the_command_takes_what_has_a_tag(store):
    tagged = Tagged(
        tag="deal", conversation="offer", first=6, last=6, first_position=6, last_position=6, at=NIGHT
    )
    add_tag(store, tagged)
    code, out, _ = transcript(store, "offer", "--tag", "deal")
    assert code == 0
    assert [line[6:] for line in out.splitlines()[1:-1]] == [
        "< bob> agreed",
        "-!- Alice reacted with 👍 🎉 to the message of 23:59",
    ]


@pytest.mark.parametrize(
    ("words", "said_of_it"),
    [
        (["ofer"], 'the archive has no conversation "ofer"; did you mean "offer"?'),
        (["kitchen"], 'the archive has no conversation "kitchen": it has offer'),
        (["offer", "--tag", "x"], 'nothing in "offer" has the tag "x"'),
        (["offer", "--zone", "Mars/Base"], 'there is no zone "Mars/Base"'),
        (["offer", "--until", "soon"], '"soon" is no time'),
        (["offer", "-o", "x.zip"], "say with --format what is in the zip"),
        (["offer", "-o", "/"], "/ is there already"),
        (["offer", "-o", "x.pdf"], "no format ends with .pdf: say with --format"),
    ],
)
def test_the_command_says_what_to_do(store, words, said_of_it):
    code, _, error = transcript(store, *words)
    assert code in (1, 2)
    assert said_of_it in str(error)
