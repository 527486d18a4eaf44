"""A homeserver in the test process that does what a test tells it."""

import asyncio
import itertools
import json
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from .core import ALIAS, USER, WIRE, Core, Position, adapter_for, again, message


@dataclass
class Answer:
    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def error(status, code, **more):
    return Answer(status, {"errcode": code, "error": "because", **more})


_SEEN = {"num_joined_members": 1, "guest_can_join": False, "world_readable": False}


class Homeserver:
    """`answers[endpoint]` are given first, one a request; then it behaves."""

    def __init__(self):
        self.answers = defaultdict(deque)
        self.always = {}
        self.requests = []
        self.aliases = {ALIAS: WIRE}
        self.joined = {WIRE}
        self.joinable = set()
        self.state = defaultdict(list)
        self.invites = {}
        self.left = {}
        self.sent = []
        self.uploads = []
        self.typing = {}
        self.logins = []
        self.tokens = {"token"}
        self.password = "secret"
        self.page = 100
        self._log = []
        self._typed = 0
        self._changed = asyncio.Event()
        self._numbers = itertools.count(1)

    async def __aenter__(self):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    # What tests say

    def say(self, body, wire=WIRE, sender="@alice:s", **content):
        return self.happen("m.room.message", {"msgtype": "m.text", "body": body, **content}, wire, sender)

    def happen(self, kind, content, wire=WIRE, sender="@alice:s", **fields):
        number = next(self._numbers)
        event = {
            "type": kind, "event_id": f"$e{number}", "sender": sender, "content": content,
            "origin_server_ts": int(time.time() * 1000), **fields,
        }  # fmt: skip
        self._log.append((wire, event))
        self._wake()
        return event["event_id"]

    def react(self, target, key, sender="@alice:s", wire=WIRE):
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        return self.happen("m.reaction", {"m.relates_to": relation}, wire, sender)

    def redact(self, target, sender="@alice:s", wire=WIRE, unsigned=None, **content):
        """As servers do: nothing is left of it ("Redactions")."""
        event = self.find(target, wire)
        name = self.happen(
            "m.room.redaction",
            {"redacts": target, **content},
            wire,
            sender,
            redacts=target,
            unsigned=unsigned or {},
        )
        event["content"] = {}
        event["unsigned"] = {**event.get("unsigned", {}), "redacted_because": self._log[-1][1]}
        return name

    def type(self, *users, wire=WIRE):
        """These, and nobody else, write now."""
        self._typed += 1
        self.typing[wire] = {"events": [{"type": "m.typing", "content": {"user_ids": list(users)}}]}
        self._wake()

    def find(self, name, wire=WIRE):
        return next((event for room, event in self._log if (room, event["event_id"]) == (wire, name)), None)

    def reactions(self, target, sender=USER, wire=WIRE):
        """What somebody reacts with, as it is written."""
        found = self._annotations(wire, target)
        return [event["content"]["m.relates_to"]["key"] for event in found if event["sender"] == sender]

    def invite(self, wire, inviter, alias=None):
        events = [
            {
                "type": "m.room.member",
                "state_key": USER,
                "sender": inviter,
                "content": {"membership": "invite"},
            }
        ]
        if alias:
            events.append(
                {
                    "type": "m.room.canonical_alias",
                    "state_key": "",
                    "sender": inviter,
                    "content": {"alias": alias},
                }
            )
        self.invites[wire] = {"invite_state": {"events": events}}
        self.joinable.add(wire)
        self._wake()

    def kick(self, wire=WIRE, membership="leave", reason="bye"):
        self.joined.discard(wire)
        event = {
            "type": "m.room.member", "state_key": USER, "sender": "@mod:s", "event_id": "$kick",
            "content": {"membership": membership, "reason": reason},
        }  # fmt: skip
        self.left[wire] = {"timeline": {"events": [event]}}
        self._wake()

    def count(self, endpoint):
        return sum(name == endpoint for name, _ in self.requests)

    def _wake(self):
        self._changed.set()
        self._changed = asyncio.Event()

    # What it does

    async def _handle(self, request):
        path = request.raw_path.partition("?")[0].split("/")
        name, handler, arguments = self._route(request, [_unquoted(part) for part in path])
        body = await request.read()
        self.requests.append((name, request))
        answer = self.answers[name].popleft() if self.answers[name] else self.always.get(name)
        if answer is None:
            if (
                name not in ("versions", "login")
                and request.headers.get("Authorization", "")[7:] not in self.tokens
            ):
                answer = error(401, "M_UNKNOWN_TOKEN")
            else:
                body = body if name == "upload" else json.loads(body or b"{}")
                answer = await handler(request, body, *arguments)
        if callable(answer):
            answer = await answer()
        if isinstance(answer.body, bytes | str):
            text = answer.body if isinstance(answer.body, str) else answer.body.decode("latin-1")
            return web.Response(
                status=answer.status, text=text, content_type="text/html", headers=answer.headers
            )
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)

    def _route(self, request, path):
        match path[3:]:
            case ["versions"]:
                return "versions", self._versions, ()
            case [_, "login"]:
                return "login", self._login, ()
            case [_, "logout"]:
                return "logout", self._nothing, ()
            case [_, "account", "whoami"]:
                return "whoami", self._whoami, ()
            case [_, "sync"]:
                return "sync", self._sync, ()
            case [_, "joined_rooms"]:
                return "joined_rooms", self._joined_rooms, ()
            case [_, "directory", "room", alias]:
                return "directory", self._directory, (alias,)
            case [_, "join", room]:
                return "join", self._join, (room,)
            case [_, "rooms", room, "leave"]:
                return "leave", self._leave, (room,)
            case [_, "rooms", room, "state", kind, *_]:
                return "state", self._state, (room, kind)
            case [_, "rooms", room, "typing", _]:
                return "typing", self._nothing, ()
            case [_, "rooms", room, "receipt", "m.read", _]:
                return "receipt", self._nothing, ()
            case [_, "media", "config"]:
                return "config", self._config, ()
            case [_, "upload"]:
                return "upload", self._upload, ()
            case [_, "rooms", room, "messages"]:
                return "messages", self._messages, (room,)
            case [_, "rooms", room, "hierarchy"]:
                return "hierarchy", self._hierarchy, (room,)
            case [_, "rooms", room, "send", "m.room.message", txn]:
                return "send", self._send, (room, txn)
            case [_, "rooms", room, "send", "m.reaction", txn]:
                return "react", self._react, (room, txn)
            case [_, "rooms", room, "redact", target, txn]:
                return "redact", self._redact, (room, target, txn)
            case [_, "rooms", room, "relations", target, "m.annotation", "m.reaction"]:
                return "relations", self._relations, (room, target)
            case [_, "rooms", _, "relations", _, "m.replace", "m.room.message"]:
                return "edits", self._nothing, ()
            case [_, "rooms", room, "event", name]:
                return "event", self._event, (room, name)
            case [_, "profile", *_]:
                return "profile", self._nothing, ()
            case _:
                return "unknown", self._unknown, ()

    async def _versions(self, _request, _body):
        return Answer(body={"versions": ["v1.11"]})

    async def _nothing(self, _request, _body):
        return Answer()

    async def _unknown(self, _request, _body):
        return error(404, "M_UNRECOGNIZED")

    async def _whoami(self, _request, _body):
        return Answer(body={"user_id": USER, "device_id": "D"})

    async def _login(self, _request, body):
        self.logins.append(body)
        if body.get("password") != self.password:
            return error(403, "M_FORBIDDEN")
        token = f"token{len(self.logins)}"
        self.tokens.add(token)
        return Answer(body={"user_id": USER, "device_id": body["device_id"], "access_token": token})

    async def _joined_rooms(self, _request, _body):
        return Answer(body={"joined_rooms": sorted(self.joined)})

    async def _directory(self, _request, _body, alias):
        if alias not in self.aliases:
            return error(404, "M_NOT_FOUND")
        return Answer(body={"room_id": self.aliases[alias], "servers": ["s"]})

    async def _join(self, _request, _body, room):
        wire = self.aliases.get(room, room)
        if wire not in self.joinable | self.joined:
            return error(403, "M_FORBIDDEN")
        self.invites.pop(wire, None)
        if wire not in self.joined:
            self.joined.add(wire)
            self.happen("m.room.member", {"membership": "join"}, wire, USER, state_key=USER)
        return Answer(body={"room_id": wire})

    async def _leave(self, _request, _body, room):
        self.joined.discard(room)
        return Answer()

    async def _state(self, _request, _body, room, kind):
        if _request.method == "PUT":
            return Answer(body={"event_id": self.happen(kind, _body, room, USER, state_key="")})
        if kind == "m.room.member":
            return Answer(body={"membership": "join" if room in self.joined else "leave"})
        found = [event["content"] for event in self.state[room] if event["type"] == kind]
        return Answer(body=found[-1]) if found else error(404, "M_NOT_FOUND")

    async def _config(self, _request, _body):
        return Answer(body={"m.upload.size": 1000})

    async def _upload(self, request, body):
        self.uploads.append((request.query.get("filename"), request.headers["Content-Type"], body))
        return Answer(body={"content_uri": f"mxc://s/file{len(self.uploads)}"})

    async def _hierarchy(self, _request, _body, room):
        return (
            Answer(body={"rooms": [{"room_id": room, "join_rule": "public", "children_state": [], **_SEEN}]})
            if room in self.joinable
            else error(403, "M_FORBIDDEN")
        )

    async def _send(self, _request, body, room, txn):
        known = {name: event for _, name, _, event in self.sent}
        event = known.get(txn) or f"$sent{len(self.sent)}"
        if txn not in known:
            self.sent.append((room, txn, body, event))
            self.happen("m.room.message", body, room, USER, event_id=event, unsigned={"transaction_id": txn})
        return Answer(body={"event_id": event})

    async def _react(self, _request, body, room, txn):
        relation = body["m.relates_to"]
        event = self._by_txn(room, txn)
        if not event and any(
            item["sender"] == USER and item["content"]["m.relates_to"]["key"] == relation["key"]
            for item in self._annotations(room, relation["event_id"])
        ):
            return error(400, "M_DUPLICATE_ANNOTATION")
        event = event or self.happen("m.reaction", body, room, USER, unsigned={"transaction_id": txn})
        return Answer(body={"event_id": event})

    async def _redact(self, _request, body, room, target, txn):
        if self.find(target, room) is None:
            return error(404, "M_NOT_FOUND")
        event = self._by_txn(room, txn) or self.redact(
            target, USER, room, unsigned={"transaction_id": txn}, **body
        )
        return Answer(body={"event_id": event})

    async def _relations(self, request, _body, room, target):
        if self.find(target, room) is None:
            return error(404, "M_NOT_FOUND")
        start = int(request.query.get("from", 0))
        found = self._annotations(room, target)[::-1]
        more = {"next_batch": str(start + self.page)} if len(found) > start + self.page else {}
        return Answer(body={"chunk": found[start : start + self.page], **more})

    async def _event(self, _request, _body, room, name):
        event = self.find(name, room)
        return error(404, "M_NOT_FOUND") if event is None else Answer(body=event)

    def _by_txn(self, room, txn):
        for wire, event in self._log:
            if wire == room and event.get("unsigned", {}).get("transaction_id") == txn:
                return event["event_id"]
        return None

    def _annotations(self, room, target):
        return [
            event
            for wire, event in self._log
            if wire == room
            and event["type"] == "m.reaction"
            and event["content"].get("m.relates_to", {}).get("event_id") == target
        ]

    async def _sync(self, request, _body):
        since = request.query.get("since")
        if since is None:
            return Answer(body=self._reply([], full=True))
        place, _, typed = since[1:].partition("_")
        if not place.isdigit():
            return error(400, "M_UNKNOWN")
        start, typed = int(place), int(typed or 0)
        if request.query["timeout"] != "0":
            try:
                async with asyncio.timeout(float(request.query["timeout"]) / 1000):
                    while (len(self._log), self._typed) <= (start, typed) and not self.left | self.invites:
                        await self._changed.wait()
            except TimeoutError:
                pass
        return Answer(body=self._reply(self._log[start:], full=False, start=start))

    def _reply(self, log, *, full, start=0):
        rooms = defaultdict(list)
        for number, (wire, event) in enumerate(log, start):
            rooms[wire].append((number, event))
        join = {}
        for wire in self.joined & (self.joined if full else rooms.keys() | self.typing.keys()):
            events = rooms[wire][-self.page :]
            join[wire] = {
                "timeline": {"events": [event for _, event in events]},
                "state": {"events": self.state[wire] if full else []},
            }
            if wire in self.typing and not full:
                join[wire]["ephemeral"] = self.typing.pop(wire)
            if len(rooms[wire]) > self.page:
                join[wire]["timeline"] |= {"limited": True, "prev_batch": f"p{events[0][0]}"}
        reply = {"next_batch": f"s{len(self._log)}" + (f"_{self._typed}" if self._typed else "")}
        parts = {"join": join, "invite": dict(self.invites), "leave": dict(self.left)}
        if any(parts.values()):
            reply["rooms"] = parts
        self.left.clear()
        self.invites.clear()
        return reply

    async def _messages(self, request, _body, room):
        start = int(request.query.get("from", f"p{len(self._log)}")[1:])
        end = int(request.query.get("to", "s0")[1:])
        wanted = json.loads(request.query["filter"])
        before = [
            (n, event)
            for n, (wire, event) in enumerate(self._log)
            if wire == room and end <= n < start and _fits(event, wanted)
        ]
        chunk = before[-self.page :]
        reply = {"chunk": [event for _, event in reversed(chunk)]}
        if len(before) > len(chunk):
            reply["end"] = f"p{chunk[0][0]}"
        return Answer(body=reply)


def _fits(event, wanted):
    kind, sender = event["type"], event["sender"]
    unwanted = any(fnmatchcase(kind, pattern) for pattern in wanted.get("not_types", []))
    return not unwanted and kind in wanted.get("types", [kind]) and sender in wanted.get("senders", [sender])


def _unquoted(part):
    return unquote(part)


__all__ = [
    "ALIAS",
    "USER",
    "WIRE",
    "Answer",
    "Core",
    "Homeserver",
    "Position",
    "adapter_for",
    "again",
    "error",
    "message",
]
