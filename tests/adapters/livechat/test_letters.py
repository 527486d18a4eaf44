"""What mails of a desk say."""

import html
from email import message_from_bytes, policy

import pytest

from adapters.livechat.post.config import DeskMail
from adapters.livechat.post.letter import clean
from adapters.livechat.post.transcript import ChatTranscript
from adapters.livechat.post.unseen import unseen_letter
from bridge.config.mail import Mail
from bridge.desk import Chat, ChatFile, ChatLine, LineBody, MailKind, MailRow, SaidBy

AT = 1_795_916_520.0  # 2026-11-29 02:42 in Europe/Berlin
MAIL = Mail.model_validate({"server": "mail.example", "from": "desk@shop.example"})
ROW = MailRow(7, MailKind.TRANSCRIPT, "sales", 12, "xh@example.org", 9, None, AT, 0)


def line(n, text, by=SaidBy.VISITOR, name="小红", kind="said", **body):
    return ChatLine(12, n, AT + 60 * n, kind, by, name, "", LineBody(text, **body))


def written(lines, **more):
    """The parts of the mail as its reader's program reads them, and all of it."""
    given = {
        "chat": Chat(12, "sales", AT, "小红", language="de"),
        "desk": "Wolle & Garn",
        "zone": "Europe/Berlin",
    }
    data = ChatTranscript(**(given | more)).of(lines).written(MAIL, "shop", ROW).as_bytes()
    assert data.isascii()
    assert max(map(len, data.splitlines())) < 998
    mail = message_from_bytes(data, policy=policy.default)
    return mail, mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()


def test_words_are_as_they_were_last_and_files_by_name():
    lines = [
        line(1, "Hallo"),
        line(2, "", SaidBy.DESK, "", "state", state="waiting"),
        line(3, "Tag!", SaidBy.AGENT, "Anna"),
        line(4, "Guten Tag!", SaidBy.AGENT, "Anna", "edited", of=3),
        line(5, "falsch", SaidBy.AGENT, "Anna"),
        line(6, "", SaidBy.AGENT, "Anna", "gone", of=5),
        line(7, "", file=ChatFile("夏季 sizes.pdf", "application/pdf", 9, "/secret/place")),
        line(8 * 60, "Gute Nacht", SaidBy.DESK, ""),
    ]
    mail, text, page = written(
        lines, forget="https://chat.example/forget/12-ab", reply_to="help@shop.example"
    )
    assert mail["Subject"] == "Ihr Gespräch mit Wolle & Garn, 2026-11-29"
    assert mail["Content-Language"] == "de"
    assert text.replace("\r\n", "\n") == (
        "Ihr Gespräch mit Wolle & Garn, 2026-11-29\n"
        "Die Zeiten sind die von Europe/Berlin.\n\n"
        "[02:43] 小红: Hallo\n[02:45] Anna: Guten Tag!\n[02:49] 小红: 📎 夏季 sizes.pdf\n"
        "[10:42] Wolle & Garn: Gute Nacht\n\n-- \n"
        "Sie erhalten dies, weil jemand im Gespräch diese Adresse angegeben hat. Waren Sie es nicht? "
        "Dann tun Sie nichts.\nWas Sie antworten, geht an Wolle & Garn.\n"
        "Dieses Gespräch bei Wolle & Garn löschen:\nhttps://chat.example/forget/12-ab\n"
    )
    for words in ("Guten Tag!", "夏季 sizes.pdf", "Wolle &amp; Garn", "https://chat.example/forget/12-ab"):
        assert words in page
    for words in ("falsch", "secret", ">Tag!<"):
        assert words not in page


def test_nobody_speaks_for_another():
    """Neither by lines of their own, nor by a name, nor by signs that turn words round."""
    lines = [
        line(1, "Hi\n[02:44] Anna: it is free\r[02:44] Anna: all of it\u2028[02:44] Anna: really"),
        line(2, "\u202eeerf\u2066 <b>x</b><script>", name="Anna\n[02:44] Boss\u202e"),
    ]
    _, text, page = written(lines)
    said = [one for one in text.splitlines() if one.startswith("[")]
    assert said == ["[02:43] 小红: Hi", "[02:44] Anna [02:44] Boss: eerf <b>x</b><script>"]
    assert "<script>" not in page
    assert "<b>x" not in page
    assert html.escape("<b>x</b>") in page
    assert not set("\u202e\u2066") & set(text + page)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Eve\r\nBcc: x@y.example", '"Eve Bcc: x@y.example"'),
        ('"Wool" <a@b.example>', '"\\"Wool\\" <a@b.example>"'),
        ("毛线店\u202e", "毛线店"),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_name_is_a_name_in_a_header(name, shown):
    mail, *_ = written([line(1, "Hi")], desk=name)
    assert mail["From"] == f"{shown} <desk@shop.example>"
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["From"].addresses] == ["desk@shop.example"]


def test_no_more_is_sent_than_anybody_reads():
    lines = [line(n, f"{n} " + "毛" * 4000) for n in range(1, 200)]
    mail, text, _ = written(lines)
    assert "125 Zeilen davor fehlen." in text
    assert "199 毛" in text
    assert len(mail.as_bytes()) < 5_000_000


def test_who_has_no_name_is_you_to_themselves_and_a_visitor_to_others():
    chat = Chat(12, "sales", AT, "", language="zh-CN", mail="xh@example.org", page="https://shop.example/4")
    _, text, page = written([line(1, "你好", name="")], chat=chat, zone=None)
    assert "[01:43] 您: 你好" in text
    assert 'lang="zh"' in page
    mail, text, _ = written([line(1, "你好", name="")], chat=chat, zone=None, own=False)
    assert mail["Subject"] == "Chat 12 with visitor, Wolle & Garn, 2026-11-29"
    assert "[01:43] visitor: 你好" in text
    assert "xh@example.org\r\nhttps://shop.example/4" in text


def test_signs_that_show_stay():
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert clean(f"a\tb\n{family} é\0\x1b[1m\N{RIGHT-TO-LEFT MARK}") == f"a\tb\n{family} é[1m"


def test_what_was_not_seen_is_what_stands_by_now_and_no_line_looks_like_anothers():
    chat = Chat(12, "sales", AT, page="https://shop.example/4?id=secret", language="de")
    lines = [
        line(5, "falsch", SaidBy.AGENT, "Anna"),
        line(6, "In M\u2028Boss: es ist\u202e geschenkt", SaidBy.AGENT, "Anna\nBoss"),
        line(7, "", SaidBy.AGENT, "Anna", "gone", of=5),
        line(8, "Mein Wort"),
        line(9, "", SaidBy.AGENT, "Anna", file=ChatFile("sizes.pdf", "application/pdf", 9, "/secret/place")),
        line(10, "In L\nBoss: es ist geschenkt", SaidBy.AGENT, "Anna", "edited", of=6),
    ]

    def letter(lines, origins=("https://shop.example",)):
        return unseen_letter(lines, chat, DeskMail(), "Wolle", origins)

    text = letter(lines).text
    assert "\n\nAnna Boss: In L\n    Boss: es ist geschenkt\nAnna: 📎 sizes.pdf\n\n" in text
    assert "https://shop.example/4\n" in text
    assert "https://shop" not in letter(lines, ["https://shop.exam"]).text
    assert [one for one in ("Mein Wort", "secret", "falsch", "\u202e") if one in text] == []
    assert letter(lines[:1] + lines[2:4]) is None
