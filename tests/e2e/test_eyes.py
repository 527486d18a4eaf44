"""Those who judge what is seen see right."""

import xml.etree.ElementTree as ET

import pytest

from tests.e2e.eyes import IrcEyes, MatrixEyes, XmppEyes

QUOTING = (
    "<body>&gt; x\ny</body><reply xmlns='urn:xmpp:reply:0' id='?'/>"
    "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body end='4'/></fallback>"
)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a \x02b\x02 \x1dc\x0f d", "a **b** _c_ d"),
        ("\x0304red\x03 \x0301,01hidden\x03 \x03", "{04:red} ||hidden|| "),
        ("\x01ACTION waves\x01", "* waves"),
        ("n\u200bame", "name"),
        ("http://127.0.0.1:81/x/y/cat.png (1 B)", "http://local/cat.png (1 B)"),
    ],
)
def test_on_irc(text, seen):
    sight = IrcEyes("hubbub").see({}, "hubbub!u@h", "PRIVMSG", ["#room", text])
    assert sight is not None
    assert sight.text == seen


def test_only_the_bridge_is_seen_and_all_are_remembered():
    eyes = IrcEyes("hubbub")
    assert eyes.see({"msgid": "1"}, "ada!u@h", "PRIVMSG", ["#room", "hello"]) is None
    answer = eyes.see({"+draft/reply": "1"}, "hubbub!u@h", "PRIVMSG", ["#room", "hi"])
    assert answer is not None
    assert answer.text == 're "hello": hi'


@pytest.mark.parametrize(
    ("inside", "seen"),
    [
        ("<body>a *b*</body>", "a *b*"),
        (QUOTING, 're "?": y'),
        ("<body>http://h/a.png</body><x xmlns='jabber:x:oob'><url>http://h/a.png</url></x>", "[file a.png]"),
        ("<subject>tea</subject>", "topic: tea"),
    ],
)
def test_on_xmpp(inside, seen):
    stanza = f"<message xmlns='jabber:client' type='groupchat' from='r@h/hubbub' id='1'>{inside}</message>"
    sight = XmppEyes("hubbub").see(ET.fromstring(stanza))
    assert sight is not None
    assert sight.text == seen


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("a <strong>b</strong><br>c", "a **b**\nc"),
        ("x<br><blockquote>q<br>r</blockquote>y", "x\n> q\n> r\ny"),
        ('<ul><li>a<ol start="3"><li>b</li></ol></li></ul>', "• a\n  3. b"),
        ("<pre><code>a\n b\n</code></pre>", "```\na\n b\n```"),
        ('<a href="https://matrix.to/#/@a:h">a</a> <a href="https://h">h</a>', "[@ a] [h](https://h)"),
    ],
)
def test_on_matrix(html, seen):
    content = {"msgtype": "m.text", "body": "?", "format": "org.matrix.custom.html", "formatted_body": html}
    event = {"event_id": "$1", "sender": "@hubbub:h", "type": "m.room.message", "content": content}
    sight = MatrixEyes("@hubbub:h").see(event)
    assert sight is not None
    assert sight.text == seen
