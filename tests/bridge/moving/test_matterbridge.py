"""From matterbridge: its accounts, gateways, fallbacks and variables."""

import json
import tomllib

import pytest
import yaml

from .examples import MATTERBRIDGE
from .importing import checked, moved


def shouted(part, *, upper):
    """Keys in another case."""
    if isinstance(part, dict):
        return {
            key.upper() if upper else key.lower(): shouted(value, upper=upper) for key, value in part.items()
        }
    return [shouted(one, upper=upper) for one in part] if isinstance(part, list) else part


FORMS = {
    "matterbridge.toml": MATTERBRIDGE,
    "upper.json": json.dumps(shouted(tomllib.loads(MATTERBRIDGE), upper=True), indent=1),
    "lower.yaml": yaml.safe_dump(shouted(tomllib.loads(MATTERBRIDGE), upper=False)),
    "without-ending": MATTERBRIDGE,
    "json-without-ending": json.dumps(tomllib.loads(MATTERBRIDGE)),
}


@pytest.mark.parametrize("name", FORMS)
def test_what_is_written_passes_check_whatever_form_it_had(tmp_path, name):
    found = moved(tmp_path, name, FORMS[name])
    assert found.code == 0, found.said
    told = checked(found.file)
    assert "#lobby" in told
    assert "secret-" not in found.said
    assert "secret-" not in found.comments
    networks = found.made["networks"]
    assert networks["libera"] == {
        "protocol": "irc", "server": "irc.libera.chat", "nick": "relay",
        "nickserv": {"password": "secret-nickserv"}, "flood": {"burst": 10, "per_second": 4.0},
        "prefix": "[{protocol}] <{name}> ", "ignore_names": ["^bot$$", "spam", "^a+$$"],
        "ignore_text": ["^!", r"^\."],
        "replace_text": [
            {"find": "teh", "put": "the"},
            {"find": r"(?P<first>\w+)-(\w+)", "put": r"\2\\-\1 $$5 "},
        ],
        "replace_names": [{"find": "_+$$", "put": ""}],
    }  # fmt: skip
    assert networks["oftc"] == {
        "protocol": "irc", "server": "irc.oftc.net", "tls": False, "nick": "relay",
        "sasl": {"user": "account", "password": "secret-sasl"}, "prefix": "[{protocol}] <{name}> ",
        "ignore_text": ["^!", r"^\."],
    }  # fmt: skip
    assert networks["jabber"] == {
        "protocol": "xmpp", "jid": "relay@example.org", "password": "secret-xmpp",
        "server": "xmpp.example.org", "nick": "relay", "prefix": "[{protocol}] <{name}> ", "members": "note",
        "ignore_text": ["^!", r"^\."],
    }  # fmt: skip
    assert networks["home"] == {
        "protocol": "matrix", "homeserver": "https://matrix.example.org", "user": "@relay:example.org",
        "password": "secret-matrix", "prefix": "{name} ({network}): ", "ignore_text": ["^!", r"^\."],
    }  # fmt: skip
    assert networks["programs"] | {"prefix": ""} == {
        "protocol": "http", "listen": "127.0.0.1:4242", "token": "secret-api", "prefix": "",
        "ignore_text": ["^!", r"^\."],
    }  # fmt: skip
    assert found.made["media"] == {"max_file": "2MB"}
    assert found.flows() == {
        "lobby": {
            "libera": {"room": "#Lobby", "key": "secret-key"},
            "jabber": {"room": "lobby@conference.example.org", "create": True},
            "home": "#lobby:example.org",
        },
        "news and more": {
            "programs": {"room": "news-and-more", "direction": "from"},
            "libera": {"room": "#news", "direction": "to"},
            "oftc": "#both",
        },
        "same #one": {"libera": "#one", "oftc": "#one"},
        "same #two": {"libera": "#two", "oftc": "#two"},
    }


LOST = {
    "SkipTLSVerify": "ca_file",
    "ColorNicks": "no colours",
    "RunCommands": "commands after login",
    "Frobnicate": "nothing for this key",
    "StripNick": "names are shown",
    "IgnoreNicks": "'(?<!x)y' cannot look at what stands before",
    "ReplaceMessages": r"'a\\Z' has \Z, which is written \z here",
    "ReplaceNicks": "'$10' cannot be put in place of",
    "OutMessage": "scripts are not run",
    "[discord.guild]": "does not speak discord",
    'RemoteNickFormat = "{LABEL}': "no {LABEL} in a prefix",
    "BindAddress": "only this machine can now",
}


@pytest.mark.parametrize("key", LOST)
def test_what_is_not_carried_is_said_with_its_line_and_stands_as_a_comment(tmp_path, key):
    found = moved(tmp_path, "mb.toml", MATTERBRIDGE)
    number = next(at for at, line in enumerate(MATTERBRIDGE.splitlines(), 1) if line.startswith(key))
    said = [line for line in found.said.splitlines() if f"mb.toml:{number}: " in line]
    assert any(LOST[key] in line for line in said)
    assert f"(line {number})" in found.comments
    assert LOST[key] in found.comments


def test_each_thing_is_said_once_and_for_whom_it_is(tmp_path):
    found = moved(tmp_path, "mb.toml", MATTERBRIDGE)
    assert found.said.count("StripNick") == 1
    assert "irc.oftc: usetls: the connection is not encrypted" in found.said
    assert '"discord.guild" "general" is left out' in found.said
    assert '"asleep" is not enabled' in found.said


def test_variables_come_before_the_file_and_stay_variables(tmp_path):
    variables = {
        "MATTERBRIDGE_XMPP_JABBER_PASSWORD": "secret-of-the-environment",
        "MATTERBRIDGE_IRC_LIBERA_NICK": "herald",
        "MATTERBRIDGE_GENERAL_REMOTENICKFORMAT": "{NICK}: ",
    }
    found = moved(tmp_path, "mb.toml", MATTERBRIDGE, variables=variables)
    assert found.code == 0, found.said
    networks = found.made["networks"]
    assert networks["jabber"]["password"] == "${MATTERBRIDGE_XMPP_JABBER_PASSWORD}"
    assert networks["libera"]["nick"] == "herald"
    assert networks["libera"]["prefix"] == "{name}: "
    assert networks["home"]["prefix"] == "{name} ({network}): "
    assert "secret-of-the-environment" not in found.text + found.said
    checked(found.file, **variables)


@pytest.mark.parametrize(
    ("keys", "wanted", "said"),
    [
        ('Server="127.0.0.1:5222"\nNoTLS=true', {"server": "127.0.0.1", "tls": "none"}, None),
        ('Server="example.org:5222"\nNoStartTLS=true', {}, "TLS is used"),
        ('Server="example.org:5223"\nUseDirectTLS=true', {"server": "example.org", "tls": "direct"}, None),
        ('Server="example.org:5299"', {"server": "example.org", "port": 5299}, None),
        ('Server="example.org"', {}, None),
        ("Anonymous=true", {}, "an account is needed"),
    ],
)  # fmt: skip
def test_ways_to_an_xmpp_server(tmp_path, keys, wanted, said):
    text = f'[xmpp.x]\nJid="relay@example.org/home"\nPassword="secret-x"\nMuc="rooms.example.org"\n{keys}\n'
    text += '[[samechannelgateway]]\nname="a"\nenable=true\naccounts=["xmpp.x"]\nchannels=["b"]\n'
    text += '[irc.i]\nServer="i:6697"\nUseTLS=true\nNick="n"\n[[gateway]]\nname="g"\nenable=true\n'
    text += 'inout=[{account="xmpp.x",channel="c@d"},{account="irc.i",channel="#c"}]\n'
    found = moved(tmp_path, "mb.toml", text)
    assert found.code == 0, found.said
    checked(found.file)
    ours = found.made["networks"]["x"]
    base = {"protocol": "xmpp", "jid": "relay@example.org", "password": "secret-x"}
    assert ours == base | wanted
    assert said is None or said in found.said


LOGINS = {
    'NickServNick="NickServ@services"\nNickServPassword="p4ssword"': {"nickserv": {"password": "p4ssword"}},
    'NickServNick="nickserv"\nNickServUsername="me"\nNickServPassword="p4ssword"': {
        "nickserv": {"user": "me", "password": "p4ssword"}
    },
    'UseSASL=true\nNickServPassword="p4ssword"': {"sasl": {"user": "relay", "password": "p4ssword"}},
    'UseSASL=true\nTLSClientCertificate="our.pem"': {
        "cert_file": "our.pem", "sasl": {"mechanism": "external"},
    },
    'NickServNick="Q@CServe.quakenet.org"\nNickServPassword="p4ssword"': {},
    "UseSASL=true": {},
    'Password="p4ssword"': {"password": "p4ssword"},
    'Charset="cp1252"\nRealName="The relay"\nUserName="relay"': {
        "username": "relay", "realname": "The relay", "encoding": "cp1252",
    },
    'Charset="no-such-thing"': {},
    "ShowTopicChange=false\nMessageSplit=false": {"topics": "off", "long": "clip"},
    "SyncTopic=true": {"topics": "sync"},
    'RemoteNickFormat="{TENGO}"': {},
    'Bind="192.0.2.7"': {"source": "192.0.2.7"},
    'Bind="eth0:0"': {},
    'http_proxy="http://proxy:3128"': {},
}  # fmt: skip


@pytest.mark.parametrize("keys", LOGINS)
def test_keys_of_irc(tmp_path, keys):
    text = f'[irc.a]\nServer="irc.example.org:6697"\nUseTLS=true\nNick="relay"\n{keys}\n'
    text += '[irc.b]\nServer="[::1]:6668"\nNick="9 lives"\n[[samechannelgateway]]\nname="a"\nenable=true\n'
    text += 'accounts=["irc.a","IRC.B"]\nchannels=["#c"]\n'
    found = moved(tmp_path, "mb.toml", text)
    assert found.code == 0, found.said
    checked(found.file)
    base = {"protocol": "irc", "server": "irc.example.org", "nick": "relay"}
    assert found.made["networks"]["a"] == base | LOGINS[keys]
    assert found.made["networks"]["b"] == {
        "protocol": "irc", "server": "::1", "port": 6668, "tls": False, "nick": "hubbub",
    }  # fmt: skip
    assert "write a nick that IRC knows" in found.said


def test_a_matrix_account_by_token_or_over_http(tmp_path):
    text = '[matrix.a]\nServer="http://matrix.example.org:8008"\nMxID="@relay:example.org"\nToken="secret-token"\n'
    text += 'DeviceID="D"\nPickleKey="secret-pickle"\nhttp_proxy="http://ada:secret-proxy@proxy.lan:3128"\n'
    text += '[matrix.b]\nServer="matrix.org"\n'
    text += '[[samechannelgateway]]\nname="a"\nenable=true\naccounts=["matrix.a","matrix.b"]\n'
    text += 'channels=["#c:d.org"]\n'
    found = moved(tmp_path, "mb.toml", text)
    assert found.made["networks"]["a"] == {
        "protocol": "matrix", "homeserver": "http://matrix.example.org:8008", "user": "@relay:example.org",
        "proxy": {"address": "http://proxy.lan:3128", "user": "ada", "password": "secret-proxy"},
        "token": "secret-token", "insecure": True,
    }  # fmt: skip
    assert "secret" not in found.said.replace("docs/secret", "")
    assert found.code == 1
    assert "set the variable B_USER to the full id" in found.said
    assert "It is whole then" in found.said
    checked(found.file, B_USER="@b:matrix.org", B_TOKEN="abc")


def test_what_check_refuses_is_taken_out_and_said(tmp_path):
    text = '[irc.a]\nServer="irc.a:6697"\nUseTLS=true\nNick="relay"\nUserName="a b"\nPassword="two\\nlines"\n'
    text += '[irc.b]\nNick="relay"\n[irc.c]\nServer="c c:6697"\nUseTLS=true\nNick="r"\n'
    text += '[irc.networks]\nServer="n:6667"\n'
    text += '[[gateway]]\nname="g"\nenable=true\n'
    for account in ("irc.a", "irc.b", "irc.c", "irc.networks", "irc.z"):
        text += f'[[gateway.inout]]\naccount="{account}"\nchannel="#{account}"\n'
    text += '[[gateway.inout]]\naccount="irc.a"\nchannel="nowhere"\noptions={key="a key"}\n'
    found = moved(tmp_path, "mb.toml", text)
    assert found.code == 0, found.said
    checked(found.file)
    assert found.made["networks"].keys() == {"a", "networks-irc"}
    assert found.flows() == {"g": {"a": "#irc.a", "networks-irc": "#irc.networks"}}
    assert "the network b is left out" in found.said
    assert "a nowhere is left out: 'nowhere' is not an IRC channel" in found.said
    assert "username: must be one word" in found.said
    assert "there is no such account in the file" in found.said
    assert "lines" not in found.said.replace("one line", "")


@pytest.mark.parametrize("ways", ["in", "out"])
def test_a_gateway_in_which_nothing_flows_is_left_out(tmp_path, ways):
    text = '[irc.a]\nServer="a:6697"\nNick="r"\n[irc.b]\nServer="b:6667"\nNick="r"\n'
    text += '[[gateway]]\nname="g"\nenable=true\n'
    text += f'{ways}=[{{account="irc.a",channel="#c"}},{{account="irc.b",channel="#c"}}]\n'
    found = moved(tmp_path, "mb.toml", text)
    assert found.code == 1
    assert "nothing can flow here" in found.said
    assert "conversations" in found.said
    assert found.flows() == {}
    assert "nothing can flow here" in found.comments


def test_a_room_in_two_gateways_has_one_key(tmp_path):
    text = '[irc.a]\nServer="a:6697"\nNick="r"\n[irc.b]\nServer="b:6667"\nNick="r"\n'
    for name, options in (("g", ""), ("H", 'options={key="thekey"}')):
        text += f'[[gateway]]\nname="{name}"\nenable=true\n'
        channel = "#c" if options else "#C"
        text += f'[[gateway.inout]]\naccount="irc.a"\nchannel="{channel}"\n{options}\n'
        text += f'[[gateway.inout]]\naccount="irc.b"\nchannel="#{name}"\n'
    found = moved(tmp_path, "mb.toml", text)
    assert found.code == 0, found.said
    checked(found.file)
    assert found.flows()["g"]["a"] == {"room": "#C", "key": "thekey"}
    assert found.flows()["H"]["a"] == {"room": "#c", "key": "thekey"}
