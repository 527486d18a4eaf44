"""From matrix-appservice-irc, heisenbridge and biboumi."""

import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from bridge.cli.import_ import import_

from .examples import APPSERVICE, BIBOUMI, HEISENBRIDGE
from .importing import checked, database, moved


def test_appservice_irc(tmp_path):
    found = moved(tmp_path, "config.yaml", APPSERVICE)
    assert found.code == 1
    assert "set the variable MATRIX_TOKEN to an access token" in found.said
    assert "secret-" not in found.said + found.comments
    checked(found.file, MATRIX_TOKEN="token")
    assert found.made["networks"] == {
        "ExampleNet": {
            "protocol": "irc", "server": "irc.example.net", "nick": "MatrixBot", "username": "matrixbot",
            "sasl": {"user": "MatrixBot", "password": "secret-bot"}, "puppets": {"max": 40, "idle": "10800s"},
        },
        "plain": {
            "protocol": "irc", "server": "irc.plain.example", "tls": False, "nick": "MatrixBot",
            "puppets": {"max": 30},
        },
        "matrix": {
            "protocol": "matrix", "homeserver": "http://localhost:8008", "user": "@hubbub:example.org",
            "token": "${MATRIX_TOKEN}", "ignore": ["*@*:evil.example*"],
        },
    }  # fmt: skip
    assert found.flows() == {
        "pub": {
            "ExampleNet": {"room": "#pub", "key": "secret-channel"},
            "matrix": ["!pub:example.org", "!More:example.org"],
        },
        "old": {"ExampleNet": "#old", "matrix": "!old:example.org"},
    }
    for words in (
        "sslselfsign",
        "dynamicChannels",
        "excludedUsers",
        "matrixClients",
        "puppets",
        "ident",
        "provisioning",
    ):
        key = "ircClients" if words == "puppets" else words
        number = next(
            at for at, line in enumerate(APPSERVICE.splitlines(), 1) if line.strip().startswith(key)
        )
        near = [f"config.yaml:{number + more}: " for more in (0, 1, 2)]
        assert any(place in line and words in line for line in found.said.splitlines() for place in near), (
            words
        )


def test_heisenbridge_by_the_admin_api(tmp_path):
    found = moved(tmp_path, "accountdata.json", HEISENBRIDGE)
    assert found.code == 1
    assert "secret-" not in found.said + found.comments
    checked(
        found.file, MATRIX_TOKEN="t", MATRIX_USER="@h:example.org", MATRIX_HOMESERVER="https://example.org"
    )
    assert found.made["networks"]["Libera"] == {
        "protocol": "irc", "server": "irc.libera.chat", "nick": "ada", "username": "ada", "realname": "Ada",
        "sasl": {"user": "ada", "password": "secret-sasl"}, "password": "secret-server",
    }  # fmt: skip
    assert found.made["networks"]["local"] == {
        "protocol": "irc", "server": "irc.local.example", "tls": False, "nick": "hubbub",
    }  # fmt: skip
    assert found.flows() == {
        "tea": {
            "Libera": {"room": "#tea", "key": "secret-key", "topics": "sync"},
            "matrix": "!Plumbed:example.org",
        }
    }
    for words in ("tls_insecure", "of 2 servers", "AUTOCMD", "tls_cert", "RELAYTAG", '"#lost" is left out'):
        assert words in found.said
    assert '"#cats" is @ada:example.org\'s own window' in found.said
    assert "empty: the network has no servers" in found.said


def test_heisenbridge_by_sync(tmp_path):
    kept = json.loads(HEISENBRIDGE)["account_data"]
    rooms = {
        room: {
            "account_data": {"events": [{"type": kind, "content": content} for kind, content in data.items()]}
        }
        for room, data in kept["rooms"].items()
    }
    events = [{"type": "m.push_rules", "content": {}}, {"type": "irc", "content": kept["global"]["irc"]}]
    sync = json.dumps({"account_data": {"events": events}, "rooms": {"join": rooms}, "next_batch": "s1"})
    written = moved(tmp_path, "a.json", HEISENBRIDGE).made
    (tmp_path / "bridge.yaml").unlink()
    assert moved(tmp_path, "sync", sync).made == written


def test_heisenbridge_without_its_rooms(tmp_path):
    networks = json.dumps(json.loads(HEISENBRIDGE)["account_data"]["global"]["irc"])
    found = moved(tmp_path, "irc.json", networks)
    assert found.code == 1
    assert found.made["networks"].keys() == {"Libera", "local"}
    assert "this file names no rooms" in found.said
    registration = (
        "id: heisenbridge\nas_token: secret-as\nhs_token: secret-hs\nsender_localpart: heisenbridge\n"
    )
    found = moved(tmp_path, "registration.yaml", registration, "--force")
    assert found.code == 1
    assert "this file names no rooms" in found.said
    assert "secret" not in found.said


def test_biboumi_with_its_database(tmp_path):
    database(tmp_path / "biboumi.sqlite")
    found = moved(tmp_path, "biboumi.cfg", BIBOUMI)
    assert found.code == 1
    assert "set the variable JABBER_ROOMS to the host of your server's rooms" in found.said
    assert "secret-" not in found.said + found.comments
    checked(found.file, JABBER_ROOMS="rooms.example.org")
    assert found.made["networks"] == {
        "libera": {"protocol": "irc", "server": "irc.libera.chat", "nick": "hubbub", "encoding": "UTF-8"},
        "old": {
            "protocol": "irc", "server": "old.example", "nick": "hubbub", "tls": False, "port": 6668,
            "encoding": "latin-1",
        },
        "new": {"protocol": "irc", "server": "irc.new.example", "nick": "hubbub"},
        "fixed": {"protocol": "irc", "server": "irc.fixed.example", "nick": "hubbub"},
        "jabber": {
            "protocol": "xmpp", "jid": "irc.example.org", "password": "secret-component",
            "server": "127.0.0.1",
        },
    }  # fmt: skip
    assert found.flows() == {
        "tea": {"libera": "#tea", "jabber": {"room": "tea@${JABBER_ROOMS}", "create": True}},
        "cats": {"old": "#cats", "jabber": {"room": "cats@${JABBER_ROOMS}", "create": True}},
        "new": {"new": "#new", "jabber": {"room": "new@${JABBER_ROOMS}", "create": True}},
    }
    for words in (
        "several people have settings",
        "people's own server password and account's password and nick",
    ):
        assert words in found.said
    assert "biboumi.cfg:6: admin: " in found.said
    assert "biboumi.cfg:9: webirc_password: " in found.said
    assert "identd_port" not in found.said


def test_biboumis_database_alone(tmp_path):
    database(tmp_path / "b.sqlite")
    before = (tmp_path / "b.sqlite").read_bytes()
    found = moved(tmp_path, "b.sqlite", "")
    assert found.code == 1
    blanks = {"JABBER_ROOMS": "r.example.org", "JABBER_COMPONENT": "irc.example.org", "JABBER_SECRET": "s"}
    for name in blanks:
        assert f"set the variable {name} to" in found.said
    checked(found.file, **blanks)
    assert "secret-" not in found.text + found.said
    assert (tmp_path / "b.sqlite").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.sqlite", "bridge.yaml"]


def test_biboumis_variables_and_a_server_elsewhere(tmp_path):
    text = "hostname=irc.example.org\npassword=secret-a\nxmpp_server_ip=192.0.2.1\nport=5348\ndb_name=postgres://u:secret-b@h/d\n"
    found = moved(tmp_path, "b", text, variables={"BIBOUMI_PASSWORD": "secret-c"})
    assert "secret" not in found.said.replace("its secret", "")
    assert found.made["networks"]["jabber"] == {
        "protocol": "xmpp", "jid": "irc.example.org", "password": "${BIBOUMI_PASSWORD}",
        "server": "192.0.2.1",
        "tls": "direct", "port": 5348,
    }  # fmt: skip
    assert "a PostgreSQL database is not read" in found.said


@pytest.mark.parametrize(
    ("name", "content", "words", "said"),
    [
        ("gone.toml", "", (), "there is no such file"),
        ("a.toml", "[irc.a]\nServer = 'x\n", (), "a.toml:2:"),
        ("a.json", '{"a": 1,\n "b": secret}', (), "a.json:2:"),
        ("a.yaml", "a: b\n c: [secret\n", (), "a.yaml:2:"),
        ("a.yaml", "a: \x00", (), "a.yaml:1"),
        ("a.yaml", "a: !secret b\nc: !!int secret\n", (), "a.yaml"),
        ("a.yaml", "a: &a [*a]\n", (), "nested too deeply"),
        ("a.json", "[" * 5000, (), "a.json"),
        ("a.yaml", "whatever: 1\n", (), "say which it is with --from"),
        ("a.txt", "", (), "no such file"),
        ("a.yaml", "- 1\n", ("--from", "heisenbridge"), "nothing of heisenbridge"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(tmp_path, name, content, words, said):
    found = moved(tmp_path, name, content, *words)
    assert found.error is not None
    assert type(found.error).__name__ == "ConfigError", found.error
    assert said in str(found.error)
    assert "secret" not in str(found.error)
    assert not found.file.exists()


def test_a_database_of_something_else(tmp_path):
    with closing(sqlite3.connect(tmp_path / "x")) as made:
        made.executescript("CREATE TABLE a (b)")
    found = moved(tmp_path, "x", "")
    assert "the database cannot be read" in str(found.error)
    assert "name that" in str(moved(tmp_path, "x", "", "--from", "matterbridge").error)


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "bridge.yaml").write_text("mine")
    (tmp_path / "bridge.yaml").chmod(0o600)
    found = moved(tmp_path, "config.yaml", APPSERVICE)
    assert "is there already" in str(found.error)
    assert found.text == "mine"
    (tmp_path / "bridge.yaml").chmod(0o644)
    again = moved(tmp_path, "config.yaml", APPSERVICE, "--force")
    assert again.error is None
    assert "conversations:" in again.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bridge.yaml", "config.yaml"]


def test_the_other_bridges_file_is_only_read(tmp_path):
    (tmp_path / "bridge.yaml").write_text(APPSERVICE)
    (tmp_path / "bridge.yaml").chmod(0o600)
    found = moved(tmp_path, "bridge.yaml", "", "--force")
    assert found.code == 2
    assert "FILE itself is not written over" in found.said
    assert found.text == APPSERVICE


def test_the_help_has_examples():
    told = CliRunner().invoke(import_, ["--help"]).output
    assert "\n    hubbub import matterbridge.toml\n" in told


def test_a_folder_that_is_not_there(tmp_path):
    found = moved(tmp_path, "config.yaml", APPSERVICE, "-o", str(tmp_path / "no" / "bridge.yaml"))
    assert "cannot be written" in str(found.error)
