#!/bin/sh
# Synapse, with keys made at the first start, the account of the bridge, and a public room.
set -eu
export PATH=/opt/synapse/bin:$PATH
[ -e own.yaml ] || python3 -m synapse.app.homeserver --generate-config --server-name chat.example --report-stats no \
    --config-path own.yaml --data-directory /data
echo "registration_shared_secret: '$HUBBUB_SECRET'" >secret.yaml
accounts() {
    until register_new_matrix_user --exists-ok --no-admin -u hubbub -p "$HUBBUB_SECRET" -c secret.yaml \
        http://127.0.0.1:8008 >/dev/null 2>&1; do
        sleep 1
    done
    python3 - <<'PYTHON'
import json, os, urllib.error, urllib.request


def call(path, body, token=""):
    request = urllib.request.Request(f"http://127.0.0.1:8008/_matrix/client/v3/{path}", json.dumps(body).encode())
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    return json.load(urllib.request.urlopen(request))


user = {"type": "m.id.user", "user": "hubbub"}
login = {"type": "m.login.password", "identifier": user, "password": os.environ["HUBBUB_SECRET"]}
token = call("login", login)["access_token"]
try:
    call("createRoom", {"preset": "public_chat", "room_alias_name": "lobby", "name": "Lobby"}, token)
except urllib.error.HTTPError as error:
    if json.load(error)["errcode"] != "M_ROOM_IN_USE":
        raise
call("logout", {}, token)
PYTHON
}
accounts &
exec python3 -m synapse.app.homeserver --config-path own.yaml --config-path /etc/hubbub/synapse.yaml --config-path secret.yaml
