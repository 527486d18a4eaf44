"""Whatever stands there: what is written passes `check`, or what is missing is said; secrets never are."""

import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.config import Filters, Replacement
from bridge.errors import ConfigError
from bridge.filters import rewriting
from bridge.model import plain
from bridge.moving import FORMATS
from bridge.moving.matterbridge.filters import put_of
from bridge.moving.matterbridge.keys import LOST, NEEDLESS, SECRET
from bridge.moving.patterns import globs_of, template_of

from .examples import APPSERVICE, BIBOUMI, HEISENBRIDGE, MATTERBRIDGE
from .importing import checked, moved

often = settings(max_examples=60, deadline=None)
SECRET_KEYS = sorted(SECRET)
_CARRIED = """
server nick usetls usesasl username realname nickservnick nickservusername charset jid muc login mxid
remotenickformat ignorenicks ignoremessages replacemessages replacenicks
showjoinpart bind http_proxy messagedelay messagesplit synctopic showtopicchange
bindaddress usedirecttls notls nostarttls tlsclientcertificate unheardof
"""
OTHER_KEYS = sorted((LOST.keys() | NEEDLESS | set(_CARRIED.split())) - SECRET)
TEXT = st.one_of(
    st.sampled_from(
        ["true", "relay", "irc.example.org:6697", "https://matrix.example.org", "a@example.org", "@a:a.org",
         "[{PROTOCOL}] {NICK} ", "^bot$ x", "127.0.0.1:4242", "nickserv", "${HOME}", "$(x)", "{", "\n", ""]
    ),
    st.text(max_size=12),
)  # fmt: skip
PAIRS = st.lists(TEXT, min_size=2, max_size=2)
PLAIN = st.one_of(
    TEXT,
    st.booleans(),
    st.integers(-5, 99999),
    st.lists(TEXT, max_size=2),
    st.lists(PAIRS, max_size=2),
    st.none(),
)
CASES = st.sampled_from([str, str.upper, str.title])


@st.composite
def tokens(draw):
    """Secrets that nothing else looks like."""
    return (
        "Zq"
        + draw(st.text("abcdefghijklmnopqrstuvwxyz0123456789$'\"\\ {}#é", min_size=10, max_size=20))
        + "Qz"
    )


@st.composite
def keys(draw):
    found = {draw(CASES)(key): draw(PLAIN) for key in draw(st.lists(st.sampled_from(OTHER_KEYS), max_size=8))}
    secrets = {
        draw(CASES)(key): draw(tokens()) for key in draw(st.lists(st.sampled_from(SECRET_KEYS), max_size=4))
    }
    return found | secrets


CHANNELS = st.one_of(
    st.sampled_from(["#a", "#B", "lobby", "#c:example.org", "!x:y", "api"]), st.text(max_size=6)
)
ACCOUNTS = [
    "irc.a",
    "irc.b",
    "xmpp.a",
    "xmpp.c",
    "matrix.a",
    "matrix.home",
    "api.x",
    "discord.d",
    "telegram.networks",
]


BASES = {
    "irc": {"server": "irc.example.org:6697", "nick": "relay", "usetls": True},
    "xmpp": {
        "server": "example.org:5222",
        "jid": "relay@example.org",
        "password": "Zqhidden-xmppQz",
        "muc": "m.d",
    },
    "matrix": {"server": "https://example.org", "login": "relay", "token": "Zqhidden-matrixQz"},
    "api": {"bindaddress": "127.0.0.1:4242"},
}
GOOD = {"irc": "#a", "xmpp": "lobby", "matrix": "#c:example.org"}


@st.composite
def account_of(draw, protocol):
    """One that works, mostly, with something else besides, mostly."""
    base = BASES.get(protocol, {}) if draw(st.integers(0, 5)) else {}
    found = {draw(CASES)(key): value for key, value in base.items()}
    more = draw(keys()) if draw(st.integers(0, 2)) else {}
    return found | {
        key: value for key, value in more.items() if key.lower() not in base or draw(st.booleans())
    }


@st.composite
def ends(draw):
    account = draw(st.sampled_from(ACCOUNTS))
    channel = GOOD.get(account.partition(".")[0], "x") if draw(st.integers(0, 3)) else draw(CHANNELS)
    found = {"account": draw(CASES)(account), "channel": channel}
    if draw(st.booleans()):
        found["options"] = {draw(st.sampled_from(["key", "Key", "webhookurl"])): draw(tokens())}
    return found


@st.composite
def configurations(draw):
    found = {"general": draw(keys()) if draw(st.booleans()) else {}}
    for account in ACCOUNTS:
        protocol, _, name = account.partition(".")
        if draw(st.integers(0, 5)):
            found.setdefault(protocol, {})[draw(CASES)(name)] = draw(account_of(protocol))
    found["gateway"] = [
        {"name": draw(TEXT), "enable": draw(st.sampled_from([True, True, "true", False]))}
        | {
            draw(CASES)(way): draw(st.lists(ends(), max_size=4, min_size=way == "inout"))
            for way in ("in", "out", "inout")
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    if draw(st.booleans()):
        accounts = draw(st.lists(st.sampled_from(ACCOUNTS), max_size=4))
        channels = draw(st.lists(CHANNELS, max_size=2))
        found["samechannelgateway"] = [
            {"name": "s", "enable": True, "accounts": accounts, "channels": channels}
        ]
    return found


def secrets_of(part):
    """Every secret that is in it."""
    if isinstance(part, dict):
        return [secret for value in part.values() for secret in secrets_of(value)]
    if isinstance(part, list):
        return [secret for value in part for secret in secrets_of(value)]
    return [part] if isinstance(part, str) and part.startswith("Zq") and part.endswith("Qz") else []


def judge(folder: Path, name: str, text: str, secrets: list[str], *words: str) -> None:
    found = moved(folder, name, text, *words)
    said = found.said + str(found.error or "")
    for secret in secrets:
        assert secret not in said, (secret, said)
    assert found.error is None or isinstance(found.error, ConfigError), found.error
    if found.error is not None:
        return
    comments = "\n".join(re.findall(r"^\s*#.*", found.text, re.MULTILINE))
    for secret in secrets:
        assert secret not in comments
    blanks = dict.fromkeys(re.findall(r"set the variable (\w+) to", found.said))
    if found.code == 0:
        assert not blanks
    samples = {"USER": "@a:example.org", "HOMESERVER": "https://example.org", "COMPONENT": "i.example.org"}
    samples |= {"ROOMS": "rooms.example.org"}
    values = {name: samples.get(name.rpartition("_")[2], "secret") for name in blanks}
    if found.code == 0 or "is whole then" in found.said:
        checked(found.file, **values)
    else:
        assert found.code == 1
        assert "none could be carried" in found.said, found.said


def as_toml(part) -> str:
    """A value as TOML has it, without what is nothing."""
    match part:
        case dict():
            there = [f"{as_toml(key)} = {as_toml(value)}" for key, value in part.items() if value is not None]
            return f"{{{', '.join(there)}}}"
        case list():
            return f"[{', '.join(map(as_toml, part))}]"
        case str():
            return json.dumps(part, ensure_ascii=False).replace("\x7f", "\\u007f")
        case _:
            return json.dumps(part)


def tables(configuration) -> str:
    """All of it, as the values of its top."""
    return "\n".join(f"{as_toml(key)} = {as_toml(value)}" for key, value in configuration.items())


FORMS = {"json": json.dumps, "yaml": yaml.safe_dump, "toml": tables}


@often
@given(configurations(), st.sampled_from(list(FORMS)))
def test_matterbridge(configuration, form):
    folder = Path(tempfile.mkdtemp())
    try:
        text = FORMS[form](configuration)
        judge(folder, f"mb.{form}", text, secrets_of(configuration), "--from", "matterbridge")
    finally:
        shutil.rmtree(folder)


EXAMPLES = {"a.toml": MATTERBRIDGE, "b.yaml": APPSERVICE, "c.json": HEISENBRIDGE, "d.cfg": BIBOUMI}
PIECES = st.sampled_from(
    [
        "\n",
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        ":",
        "=",
        "#",
        "\x00",
        "true",
        "- ",
        "  ",
        "1e999",
        "\ufeff",
        "&a *a",
    ]
)


@often
@given(
    st.sampled_from(list(EXAMPLES)),
    st.lists(st.tuples(st.floats(0, 1), PIECES), max_size=3),
    st.data(),
)
def test_files_that_somebody_has_broken(name, slips, data):
    text = EXAMPLES[name]
    for at, piece in slips:
        begin = int(at * len(text))
        text = text[:begin] + piece + text[begin:]
    wanted = data.draw(st.sampled_from([(), *(("--from", form) for form in FORMATS)]))
    secrets = re.findall(r"secret-\w{4,}", text)
    folder = Path(tempfile.mkdtemp())
    try:
        judge(folder, name, text, secrets, *wanted)
    finally:
        shutil.rmtree(folder)


NAMES = ["bot", "Bot", "mybot2", "b.t", "a*", "x[m]", "", "spam", "99", "^$", "a|b", "(a)"]


@settings(max_examples=300, deadline=None)
@example("\\$")
@example("^\\^(a|b)$")
@given(st.text("abot.^$*+?|()[]\\d9m", max_size=8))
def test_a_pattern_matches_the_same_names_as_its_expression(expression):
    import fnmatch

    found = globs_of(expression)
    if found is None:
        return
    for name in NAMES:
        ours = any(fnmatch.fnmatchcase(name.casefold(), glob.casefold()) for glob in found)
        assert ours is bool(re.search(expression, name, re.IGNORECASE)), (expression, found, name)


GO = [
    # by Go's documentation of Regexp.Expand
    ("(a)(b)", "$2$1", "ba"), ("(a)(b)", "${1}x", "ax"), ("(a)(b)", "$1x", ""), ("(?P<n>a)b", "$n!", "a!"),
    ("(a)b", "$$1", "$1"), ("(a)b", "$9\\", "\\"), ("(a)b", "$ $", "$ $"), ("ab", "$0$0", "abab"),
]  # fmt: skip


@pytest.mark.parametrize(("find", "put", "made"), GO)
def test_what_go_puts_there_is_what_we_put_there(find, put, made):
    ours = put_of(find, put)
    rule = Replacement(find=find, put=ours)
    told = rewriting(Filters(replace_text=(rule,)))
    assert told.content(plain("ab")).text == made


@given(st.text("{}NICKLABEL []<>", max_size=20))
def test_a_template_is_one_that_format_takes(text):
    made = template_of(text, {"NICK": "name"})
    assert isinstance(made.text.format(name="x"), str)
