"""What strangers link to is not clickable, in whatever client reads it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.livechat.guard.links import harmless


@pytest.mark.parametrize(
    ("said", "shown", "count"),
    [
        ("see https://evil.example/x.php?a=1", "see https[:]//evil[.]example/x[.]php?a=1", 1),
        ("看https://evil.example吧", "看https[:]//evil[.]example吧", 1),
        ("看evil.example吧", "看evil[.]example吧", 1),
        ("https://a.example,https://b.example", "https[:]//a[.]example,https[:]//b[.]example", 2),
        ("www.evil.example and evil.example", "www[.]evil[.]example and evil[.]example", 2),
        ("гугл.рф", "гугл[.]рф", 1),
        ("http://127.0.0.1/ and 10.0.0.1", "http[:]//127[.]0[.]0[.]1/ and 10[.]0[.]0[.]1", 2),
        ("https://[::1]/", "https[:]//[::1]/", 1),
        ("xmpp:room@muc.example?join", "xmpp[:]room@muc.example?join", 1),
        ("JavaScript:alert(1)", "JavaScript[:]alert(1)", 1),
        ("https://me@evil.example/x", "https[:]//me@evil[.]example/x", 1),
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e[.]com", 1),
    ],
)
def test_a_link_is_taken_apart(said: str, shown: str, count: int):
    assert harmless(said) == (shown, count)


@pytest.mark.parametrize(
    "said",
    [
        "It costs 12.50, I paid 3.5 times that. Why?",
        "你好。请问有货吗?",
        "my mail is ann@example.org, thanks",
        "我的邮箱是ann@example.org谢谢",
        "order 2026.11.29-7: size L",
        "version 1.2.3",
        "",
    ],
)
def test_what_is_no_link_stays(said: str):
    assert harmless(said) == (said, 0)


PIECES = [*"ab.:/ -é中1[]", "://", "www.", "mailto:", ".com"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_nothing_is_left_that_a_client_links(said: str):
    shown, count = harmless(said)
    found = re.search(r"://|\bmailto:\S|[\w-]\.[a-zé中]{2}", shown)
    assert not found
    assert count or shown == said


@given(st.text())
def test_it_is_the_same_text(said: str):
    shown, _ = harmless(said)
    assert shown.replace("[.]", ".").replace("[:]", ":") == said.replace("[.]", ".").replace("[:]", ":")
