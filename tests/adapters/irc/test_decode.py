"""Golden lines of IRC to events."""

import pytest

from adapters.irc import decode
from adapters.irc.session import Session
from adapters.irc.wire.line import decode_text, parse
from bridge import Content, Kind, Mark, MessageCreated, RoomId, Span

BOB = ":bob!b@example.org"


def session(*rooms: str) -> Session:
    made = Session("hubbub")
    made.serve([RoomId(room) for room in rooms or ["#lobby"]])
    return made


def heard(text: str, of: Session | None = None) -> MessageCreated | None:
    return decode.message(parse(text), of or session())


def said(text: str) -> tuple[Span, ...]:
    return decode.content(text).spans


def marked(text: str, *marks: Mark, colour: int | None = None) -> Span:
    return Span(text, frozenset(marks), colour=colour)


def test_a_message() -> None:
    """RFC 2812 section 3.3.1: PRIVMSG; the sender is the whole mask."""
    event = heard(f"{BOB} PRIVMSG #Lobby :hello there")
    assert event
    assert (event.room, event.sender.id, event.sender.name) == ("#lobby", "bob!b@example.org", "bob")
    assert event.content == Content((Span("hello there"),))
    assert (event.kind, event.at, event.replayed) == (Kind.TEXT, None, False)


def test_tags_give_id_and_time() -> None:
    """IRCv3 message-ids and server-time."""
    event = heard(f"@msgid=abc;time=2026-01-02T03:04:05.500Z {BOB} PRIVMSG #lobby :x")
    assert event
    assert event.id == "abc"
    assert event.at == 1767323045.5


@pytest.mark.parametrize("command", ["PRIVMSG #lobby :x", "TOPIC #lobby :x", "REDACT #lobby abc"])
def test_the_account_is_what_the_network_vouches_for(command: str) -> None:
    """IRCv3 account-tag: of who is logged in, and of nobody else."""
    of = session()
    of.caps.add("draft/message-redaction")
    for tags, proof in (("@account=ada ", "ada"), ("@+account=ada ", ""), ("", "")):
        event = decode.event(parse(f"{tags}{BOB} {command}"), of)
        assert event
        assert event.sender.proof == proof


def test_a_time_that_makes_no_sense_is_none() -> None:
    """IRCv3 server-time: what is no ISO 8601 is left out, the message stays."""
    event = heard(f"@time=yesterday {BOB} PRIVMSG #lobby :x")
    assert event
    assert event.at is None


def test_ids_that_we_make_are_unique() -> None:
    """Without message-ids, a name for each message."""
    of = session()
    ids = {event.id for _ in range(1000) if (event := heard(f"{BOB} PRIVMSG #lobby :same", of))}
    assert len(ids) == 1000


def test_action_and_notice() -> None:
    """CTCP ACTION (modern.ircdocs.horse/ctcp), with and without its end; RFC 2812 section 3.3.2: NOTICE."""
    for end in ("\x01", ""):
        event = heard(f"{BOB} PRIVMSG #lobby :\x01ACTION waves{end}")
        assert event
        assert (event.kind, event.content.text) == (Kind.EMOTE, "waves")
    event = heard(f"{BOB} NOTICE #lobby :look")
    assert event
    assert event.kind is Kind.NOTICE


@pytest.mark.parametrize(
    "line",
    [
        f"{BOB} PRIVMSG #other :x",
        f"{BOB} PRIVMSG @#lobby :for operators only",
        f"{BOB} PRIVMSG hubbub :private",
        f"{BOB} PRIVMSG #lobby :\x01VERSION\x01",
        f"{BOB} PRIVMSG #lobby :\x01ACTIONS x\x01",
        f"{BOB} PRIVMSG #lobby :\x02\x02",
        ":hubbub!h@example.org PRIVMSG #lobby :our own",
        ":irc.example.org NOTICE #lobby :a server speaks",
        f"{BOB} PRIVMSG #lobby\u00a0x :a no-break space parts no arguments",
    ],
)
def test_no_message_for_us(line: str) -> None:
    """RFC 2812 section 2.3.1: other targets, other CTCP, ourselves, servers; only U+0020 parts arguments."""
    assert heard(line) is None


def test_ctcp_quoting_makes_no_line_break() -> None:
    """CTCP low-level quoting (obsolete, withdrawn in modern.ircdocs.horse/ctcp) is not undone."""
    event = heard(f"{BOB} PRIVMSG #lobby :a\x10nb\x10rc\x100d")
    assert event
    assert event.content.text == "anbrc0d"


def test_ctcp_within_a_line_is_text() -> None:
    """CTCP (modern.ircdocs.horse/ctcp): a message is CTCP as a whole or not at all."""
    event = heard(f"{BOB} PRIVMSG #lobby :well \x01ACTION a\x01 and \x01ACTION b\x01")
    assert event
    assert (event.kind, event.content.text) == (Kind.TEXT, "well ACTION a and ACTION b")


def test_marks() -> None:
    """modern.ircdocs.horse/formatting: toggles and reset."""
    assert said("a\x02b\x1dc\x02d\x0fe") == (
        Span("a"),
        marked("b", Mark.BOLD),
        marked("c", Mark.BOLD, Mark.ITALIC),
        marked("d", Mark.ITALIC),
        Span("e"),
    )
    assert said("\x1fu\x1f\x1es\x1e\x11c") == (
        marked("u", Mark.UNDERLINE),
        marked("s", Mark.STRIKE),
        marked("c", Mark.CODE),
    )


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("\x034red\x03 none", (marked("red", colour=0xFF0000), Span(" none"))),
        ("\x0304,02red", (marked("red", colour=0xFF0000),)),
        ("\x03041", (marked("1", colour=0xFF0000),)),
        ("\x034,x", (marked(",x", colour=0xFF0000),)),
        ("\x03,x", (Span(",x"),)),
        ("\x0399x", (Span("x"),)),
        ("\x04ff8800x\x04y", (marked("x", colour=0xFF8800), Span("y"))),
        ("\x0301,01hidden\x0f.", (marked("hidden", Mark.SPOILER), Span("."))),
        ("\x0304,04a\x0305b", (marked("a", Mark.SPOILER), marked("b", colour=0x7F0000))),
        ("\x16reverse\x16\x07", (Span("reverse"),)),
        ("tab\tstays", (Span("tab\tstays"),)),
    ],
)
def test_colours(text: str, spans: tuple[Span, ...]) -> None:
    """modern.ircdocs.horse/formatting: colours of one or two digits, hex colours, hidden text."""
    assert said(text) == spans


@pytest.mark.parametrize(
    ("raw", "encoding", "text"),
    [
        ("smørrebrød 中".encode(), "utf-8", "smørrebrød 中"),
        ("café".encode("latin-1"), "utf-8", "café"),
        ("100 €".encode("cp1252"), "utf-8", "100 €"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        ("cut at 中".encode()[:-1], "utf-8", "cut at "),
        ("中文中文".encode()[:-1], "utf-8", "中文中"),
        (b"\x81\x8d\xff", "utf-8", "\ufffd\ufffdÿ"),
    ],
)
def test_encodings(raw: bytes, encoding: str, text: str) -> None:
    """modern.ircdocs.horse section "Character encodings": UTF-8 first, a legacy one else; never an error."""
    if raw == "cut at 中".encode()[:-1]:
        assert decode_text(raw, encoding).startswith(text)
    else:
        assert decode_text(raw, encoding) == text


def test_history_in_a_batch_is_replayed() -> None:
    """IRCv3 batch of type chathistory, nested or not."""
    of = session()
    of.batch(["+outer", "chathistory", "#lobby"], {})
    of.batch(["+inner", "other"], {"batch": "outer"})
    of.batch(["+live", "labeled-response"], {})
    for reference, replayed in (("outer", True), ("inner", True), ("live", False), ("unknown", False)):
        event = heard(f"@batch={reference} {BOB} PRIVMSG #lobby :x", of)
        assert event
        assert event.replayed is replayed
    of.batch(["-outer"], {})
    event = heard(f"@batch=outer {BOB} PRIVMSG #lobby :x", of)
    assert event
    assert not event.replayed


def test_what_is_older_than_our_join_is_replayed() -> None:
    """InspIRCd's channel mode H without batch: told by server-time, and while we join only."""
    of = session("#lobby", "#else")
    of.entering[RoomId("#lobby")] = "2026-01-01T00:00:10.000Z"
    for stamp, room, replayed in (
        ("@time=2026-01-01T00:00:09.999Z ", "#lobby", True),
        ("@time=2026-01-01T00:00:10.000Z ", "#lobby", False),
        ("", "#lobby", True),
        ("@time=2026-01-01T00:00:09.000Z ", "#else", False),
    ):
        event = heard(f"{stamp}{BOB} PRIVMSG {room} :x", of)
        assert event
        assert event.replayed is replayed


def test_tags_are_unescaped() -> None:
    """IRCv3 message-tags: escapes; an odd one loses its backslash."""
    tags = parse(r"@a=x\:\s\\\r\n\q\;b;+c/d=1 PING").tags
    assert tags == {"a": "x; \\\r\nq", "b": "", "+c/d": "1"}


@pytest.mark.parametrize("text", ["", " ", ":source", "@tag", ":source ", "\u00a0", "!?x y"])
def test_what_is_no_line(text: str) -> None:
    """RFC 2812 section 2.3.1: a line has a command."""
    with pytest.raises(ValueError):
        parse(text)


def test_channel_names_follow_the_casemapping() -> None:
    """modern.ircdocs.horse CASEMAPPING: rfc1459 until told otherwise."""
    of = session("#a[b]", "#c~")
    assert of.room("#A{b}") == "#a[b]"
    assert of.room("#C^") == "#c~"
    of.support(["CASEMAPPING=strict-rfc1459"])
    assert of.room("#C^") is None
    assert of.room("#A{B}") == "#a[b]"
    of.support(["CASEMAPPING=ascii"])
    assert of.room("#a{b}") is None
    assert of.room("#A[B]") == "#a[b]"


def test_odd_isupport_is_harmless() -> None:
    """modern.ircdocs.horse RPL_ISUPPORT: tokens of any shape; unescaping; negation."""
    of = session()
    of.support(
        ["PREFIX=ov", "TARGMAX=A:x:y,JOIN:4,PRIVMSG:", "=", "", "-", "NICKLEN=many", "NETWORK=a\\x20b", "=v"]
    )
    assert of.isupport["NETWORK"] == "a b"
    assert of.number("NICKLEN", 9) == 9
    assert of.targets("JOIN", 1) == 4
    assert of.targets("PRIVMSG", 1) == 100
    assert of.targets("KICK", 7) == 1
    of.support(["-TARGMAX", "MAXTARGETS=3"])
    assert of.targets("JOIN", 1) == 3
