#!/bin/sh
# Synapse 1.163.2 (PyPI matrix-synapse), SQLite, Python 3.11 or later.
#
# Somebody opens a direct chat with a user of an application service, as people do who click on a bridge's puppet:
# their client makes a room, invites the user and sends what was typed, without waiting. The service is told of the
# invitation by a transaction, and joins. The words that were said between the two never come by a transaction, not
# even after the join: Synapse tells a service of an event if a user of its is in the room at that moment, or is
# named in it, and somebody who is invited is not in it yet. Nothing fails, all requests and transactions are
# answered 200, and the sender sees their message in the room. So the very first message to each puppet is lost,
# and only the second one arrives.
#
# A service that joins has to read the room's past, which it may: what was said since the invitation is there.
#
# Seen:
#   by transactions: second words
#   in the room, as the puppet sees it: first words, second words
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
import http.server
import json
import pathlib
import queue
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

SERVER = "finding.test"
events = queue.Queue()


class Service(http.server.BaseHTTPRequestHandler):
    """An application service that takes all that it is told."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for event in said.get("events", ()):
            events.put(event)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT

    def log_message(self, *_):
        pass


service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
with socket.socket() as found:
    found.bind(("127.0.0.1", 0))
    PORT = found.getsockname()[1]
URL = f"http://127.0.0.1:{PORT}"
pathlib.Path("service.yaml").write_text(
    f"id: bridge\nurl: http://127.0.0.1:{service.server_address[1]}\nas_token: as-token\nhs_token: hs-token\n"
    "sender_localpart: bridge\nrate_limited: false\n"
    "namespaces:\n  users:\n    - {exclusive: true, regex: '@bridge_.*'}\n  rooms: []\n  aliases: []\n"
)
pathlib.Path("homeserver.yaml").write_text(
    f"server_name: {SERVER}\nreport_stats: false\nsigning_key_path: signing.key\nmedia_store_path: media\n"
    "database: {name: sqlite3, args: {database: synapse.db}}\nlog_config: log.yaml\npid_file: synapse.pid\n"
    "registration_shared_secret: shared\nmacaroon_secret_key: key\nform_secret: form\ntrusted_key_servers: []\n"
    f"listeners: [{{port: {PORT}, type: http, bind_addresses: [127.0.0.1], resources: [{{names: [client]}}]}}]\n"
    "app_service_config_files: [service.yaml]\n"
)
pathlib.Path("log.yaml").write_text("version: 1\nroot: {level: ERROR}\n")
MAIN = [sys.executable, "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def call(method, path, body=None, token="as-token", **query):
    asked = urllib.request.Request(
        f"{URL}{path}?{urllib.parse.urlencode(query)}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def person():
    nonce = call("GET", "/_synapse/admin/v1/register", token="")["nonce"]
    mac = hmac.new(b"shared", f"{nonce}\0ada\0word\0notadmin".encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": "ada", "password": "word", "admin": False, "mac": mac}
    return call("POST", "/_synapse/admin/v1/register", body, token="")["access_token"]


def said(words):
    body = {"msgtype": "m.text", "body": words}
    call("PUT", f"{room}/send/m.room.message/{words[:5]}", body, token=ada)


def told(enough):
    """What the service is told until this is so, or for ten seconds."""
    seen, end = [], time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(queue.Empty):
            seen.append(events.get(timeout=0.2))
            if enough(seen[-1]):
                break
    return seen


def words_of(found):
    return [event["content"]["body"] for event in found if event["type"] == "m.room.message"]


subprocess.run([*MAIN, "--generate-keys"], check=True, **QUIET)
server = subprocess.Popen(MAIN, **QUIET)
try:
    for _ in range(300):
        with contextlib.suppress(OSError):
            call("GET", "/_matrix/client/versions", token="")
            break
        time.sleep(0.1)
    ada, puppet = person(), f"@bridge_bob:{SERVER}"
    user = {"type": "m.login.application_service", "username": "bridge_bob", "inhibit_login": True}
    call("POST", "/_matrix/client/v3/register", user)
    wanted = {"preset": "trusted_private_chat", "is_direct": True, "invite": [puppet]}
    made = call("POST", "/_matrix/client/v3/createRoom", wanted, token=ada)["room_id"]
    room = f"/_matrix/client/v3/rooms/{urllib.parse.quote(made)}"
    said("first words")
    heard = told(lambda event: event.get("state_key") == puppet)
    call("POST", f"{room}/join", {}, user_id=puppet)
    said("second words")
    heard += told(lambda event: words_of([event]) == ["second words"])
    heard += told(lambda _: False)  # whatever comes later
    page = call("GET", f"{room}/messages", dir="b", limit=50, user_id=puppet)["chunk"]
finally:
    server.terminate()
    server.wait()
print("by transactions:", ", ".join(words_of(heard)))
print("in the room, as the puppet sees it:", ", ".join(reversed(words_of(page))))
PYTHON
env/bin/python talk.py > seen
cat seen
[ "$(cat seen)" = "by transactions: second words
in the room, as the puppet sees it: first words, second words" ]
