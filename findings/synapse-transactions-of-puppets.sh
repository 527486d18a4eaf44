#!/bin/sh
# Synapse 1.163.2 (PyPI matrix-synapse), SQLite, Python 3.11 or later.
#
# An application service speaks as its users by one token and `user_id=`. The specification ties a transaction id
# to the device or the access token that it came with, and has a repeated request answered as the first one was.
# For a person with a device Synapse keeps that in its database: after a restart a repeated PUT still gives the
# first event. For users of a service it is otherwise in two ways, and neither is an error that one could see:
#
# 1. The ids of all its users in one room are one space. When two of them use the same id for different words, the
#    second is answered 200 with the event of the first, and what that user said is nowhere.
# 2. They are kept in memory alone. After a restart of the server, a PUT that is repeated, because its answer was
#    lost in that restart, makes a second event: the very case for which the ids exist.
#
# So a bridge makes its ids unique over all its users, and after a restart of the server looks into the room before
# it repeats what may have arrived, which for a person's account it need not do.
#
# Seen:
#   a person, before and after a restart: the same event
#   a puppet, twice: the same event
#   a puppet, before and after a restart: another event
#   two puppets with one id: 1 event, and 1 of 2 messages in the room
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install 'matrix-synapse==1.163.2'
cat > talk.py <<'PYTHON'
import contextlib
import hashlib
import hmac
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SERVER = "finding.test"
with socket.socket() as found:
    found.bind(("127.0.0.1", 0))
    PORT = found.getsockname()[1]
URL = f"http://127.0.0.1:{PORT}"
pathlib.Path("service.yaml").write_text(
    "id: bridge\nurl: null\nas_token: as-token\nhs_token: hs-token\nsender_localpart: bridge\nrate_limited: false\n"
    "namespaces:\n  users:\n    - {exclusive: true, regex: '@bridge_.*'}\n  rooms: []\n  aliases: []\n"
)
pathlib.Path("homeserver.yaml").write_text(
    f"server_name: {SERVER}\nreport_stats: false\nsigning_key_path: signing.key\nmedia_store_path: media\n"
    "database: {name: sqlite3, args: {database: synapse.db}}\nlog_config: log.yaml\n"
    f"pid_file: synapse.pid\nregistration_shared_secret: shared\nmacaroon_secret_key: key\nform_secret: form\n"
    f"listeners: [{{port: {PORT}, type: http, bind_addresses: [127.0.0.1], resources: [{{names: [client]}}]}}]\n"
    "trusted_key_servers: []\napp_service_config_files: [service.yaml]\n"
)
pathlib.Path("log.yaml").write_text("version: 1\nroot: {level: ERROR}\n")
MAIN = [sys.executable, "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"]


def call(method, path, body=None, token="as-token", **query):
    asked = urllib.request.Request(
        f"{URL}{path}?{urllib.parse.urlencode(query)}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


@contextlib.contextmanager
def running():
    server = subprocess.Popen(MAIN, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                call("GET", "/_matrix/client/versions", token="")
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait()


def person():
    nonce = call("GET", "/_synapse/admin/v1/register", token="")["nonce"]
    mac = hmac.new(b"shared", f"{nonce}\0ada\0word\0notadmin".encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": "ada", "password": "word", "admin": False, "mac": mac}
    return call("POST", "/_synapse/admin/v1/register", body, token="")["access_token"]


def said(room, txn, words, **who):
    path = f"/_matrix/client/v3/rooms/{urllib.parse.quote(room)}/send/m.room.message/{txn}"
    return call("PUT", path, {"msgtype": "m.text", "body": words}, **who)["event_id"]


subprocess.run([*MAIN, "--generate-keys"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
with running():
    ada = person()
    room = call("POST", "/_matrix/client/v3/createRoom", {"preset": "public_chat"}, token=ada)["room_id"]
    puppets = [f"@bridge_{name}:{SERVER}" for name in ("bob", "eve")]
    for puppet in puppets:
        user = {"type": "m.login.application_service", "username": puppet[1:].split(":")[0], "inhibit_login": True}
        call("POST", "/_matrix/client/v3/register", user)
        call("POST", f"/_matrix/client/v3/join/{urllib.parse.quote(room)}", {}, user_id=puppet)
    bob, eve = puppets
    hers = said(room, "t1", "from ada", token=ada)
    his = said(room, "t2", "from bob", user_id=bob)
    again = said(room, "t2", "from bob", user_id=bob)
    shared = [said(room, "t3", "bob's words", user_id=bob), said(room, "t3", "eve's words", user_id=eve)]
with running():
    hers_later = said(room, "t1", "from ada", token=ada)
    his_later = said(room, "t2", "from bob", user_id=bob)
    path = f"/_matrix/client/v3/rooms/{urllib.parse.quote(room)}/messages"
    shown = [one.get("content", {}).get("body", "") for one in call("GET", path, token=ada, dir="b", limit=50)["chunk"]]


def events(one, other):
    return "the same event" if one == other else "another event"


print("a person, before and after a restart:", events(hers, hers_later))
print("a puppet, twice:", events(his, again))
print("a puppet, before and after a restart:", events(his, his_later))
here = sum(words in shown for words in ("bob's words", "eve's words"))
print(f"two puppets with one id: {len(set(shared))} event, and {here} of 2 messages in the room")
PYTHON
env/bin/python talk.py > seen
cat seen
[ "$(cat seen)" = "a person, before and after a restart: the same event
a puppet, twice: the same event
a puppet, before and after a restart: another event
two puppets with one id: 1 event, and 1 of 2 messages in the room" ]
