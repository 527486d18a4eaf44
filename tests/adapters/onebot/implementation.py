"""A OneBot v11 implementation, written from its specification: QQ's groups, and the account of a bridge.

It shares no code with the adapter, so that a mistake that both its sides make shows. Frames have the fields
of NapCat, of LLBot or of Lagrange, as their sources write them.
"""

import asyncio
import contextlib
import itertools
import json
import time
from dataclasses import dataclass, field

import aiohttp
from aiohttp import WSMsgType, web

from bridge.testing import free_port

TOKEN = "a-token-of-the-tests"
OWN = 2854196310
"""The account's number: more than 31 bits."""
FACES = {14: "/微笑", 399: "/tnt"}


@dataclass
class Group:
    name: str
    members: dict[int, dict] = field(default_factory=dict)
    """By number: nickname and card."""
    said: list[dict] = field(default_factory=list)
    """What stands in the history, as sender, id, time and segments."""
    shut: dict[int, float] = field(default_factory=dict)


class Implementation:
    """QQ, as far as the account sees it, and the WebSocket server or clients of an implementation."""

    def __init__(self, style="napcat"):
        self.style = style
        self.groups: dict[int, Group] = {}
        self.people: dict[int, Group] = {}
        """Talks with single people, as groups of one."""
        self.files: dict[str, bytes] = {}
        self.listeners = []
        """Called with the group, the sender and the message whenever one is said, or taken back."""
        self.asked: list[tuple[str, dict]] = []
        self.online = True
        self.history = True
        self.silent: set[str] = set()
        """Actions that are done and never answered."""
        self.refusals: dict[str, tuple[int, str]] = {}
        self.as_string = False
        self._ids = itertools.count(1_900_000_000, 7)
        self._events: set = set()
        self._sockets: set = set()
        self._tasks: list[asyncio.Task] = []
        self._runner = None

    # QQ

    def group(self, number, *members):
        group = self.groups.setdefault(number, Group(f"group {number}"))
        group.members[OWN] = {"nickname": "hubbub", "card": ""}
        for uin, nickname, card in members:
            group.members[uin] = {"nickname": nickname, "card": card}
        return group

    async def say(self, number, uin, *segments, at=None):
        """Somebody says this in a group. Returns the message's number."""
        return await self._said(self.groups[number], "group", number, uin, segments, at)

    async def write(self, uin, *segments):
        """Somebody writes to the account."""
        return await self._said(self.talk(uin), "private", uin, uin, segments)

    def talk(self, uin):
        talk = self.people.setdefault(uin, Group(""))
        talk.members.setdefault(uin, {"nickname": f"person {uin}", "card": ""})
        return talk

    async def _said(self, place, kind, number, uin, segments, at=None):
        message = {
            "id": next(self._ids),
            "seq": len(place.said) + 1,
            "time": int(at or time.time()),
            "user": uin,
            "segments": list(segments),
        }
        place.said.append(message)
        for listener in self.listeners:
            listener(number, uin, message)
        if uin != OWN or self.style == "llbot":
            await self.event(self.frame(place, kind, number, message))
        return message["id"]

    async def recall(self, number, message, by):
        group = self.groups[number]
        (said,) = [one for one in group.said if one["id"] == message]
        group.said.remove(said)
        for listener in self.listeners:
            listener(number, by, {"recalled": message})
        await self.notice(
            "group_recall", group_id=number, user_id=said["user"], operator_id=by, message_id=message
        )

    async def notice(self, kind, **data):
        await self.event({"post_type": "notice", "notice_type": kind, "time": int(time.time()), **data})

    async def event(self, frame):
        text = json.dumps({"self_id": OWN, **frame}, ensure_ascii=False)
        for socket in tuple(self._events):
            with contextlib.suppress(ConnectionError, RuntimeError):
                await socket.send_str(text)

    def frame(self, place, kind, number, message):
        uin, member = message["user"], place.members.get(message["user"], {"nickname": "", "card": ""})
        segments = [self._shown(segment) for segment in message["segments"]]
        raw = "".join(map(_cq, segments))
        frame = {
            "self_id": OWN,
            "user_id": uin,
            "time": message["time"],
            "message_id": message["id"],
            "message_type": kind,
            "sub_type": "normal" if kind == "group" else "friend",
            "raw_message": raw,
            "message": raw if self.as_string else segments,
            "font": 14 if self.style != "lagrange" else 0,
            "sender": {"user_id": uin, "nickname": member["nickname"]},
            "post_type": "message_sent" if uin == OWN and self.style != "lagrange" else "message",
        }
        if kind == "group":
            frame |= {"group_id": number}
            frame["sender"] |= {"card": member["card"], "role": "member"}
        if self.style == "lagrange":
            frame |= {"anonymous": None, "message_style": None}
        else:
            frame |= {
                "message_seq": message["id" if self.style == "napcat" else "seq"],
                "group_name": place.name,
            }
            frame |= {"message_format": "string" if self.as_string else "array"}
        if self.style == "napcat":
            frame |= {"real_id": message["id"], "real_seq": str(message["seq"])}
        if uin == OWN:
            frame["target_id"] = number
        return frame

    def _shown(self, segment):
        """As this implementation tells of it."""
        kind, data = segment["type"], dict(segment["data"])
        if kind == "face" and self.style == "napcat":
            data |= {"raw": {"faceIndex": int(data["id"]), "faceText": FACES.get(int(data["id"]), "")}}
            data |= {"resultId": None, "chainCount": None}
        elif kind == "at" and self.style == "llbot":
            data |= {"name": "somebody"}
        elif kind == "image":
            size, name = str(len(self.files.get(data["name"], b""))), data.pop("name")
            url = f"{self.web}/files/{name}"
            data = {
                "napcat": {"summary": "", "file": name, "sub_type": 0, "url": url, "file_size": size},
                "llbot": {"file": name, "subType": 0, "url": url, "file_size": size},
                "lagrange": {"file": url, "url": url, "summary": "[图片]"},
            }[self.style]
        elif kind == "file":
            name = data.pop("name")
            data = {"file": name, "file_id": f"/a:{name}", "file_size": str(len(self.files.get(name, b"")))}
            if self.style == "lagrange":
                data = {"file_name": name, "file_hash": "", "file_id": f"/a:{name}", "url": ""}
        return {"type": kind, "data": data}

    # The wire

    async def listen(self, port=None, tls=None):
        """Listen as a WebSocket server does ("forward"), behind TLS with a context. Returns its address."""
        app = web.Application()
        app.router.add_get("/files/{name}", self._file)
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        port = port or free_port()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=tls).start()
        safe, host = ("s", "localhost") if tls else ("", "127.0.0.1")  # the name in a certificate
        self.web = f"http{safe}://{host}:{port}"
        return f"ws{safe}://{host}:{port}"

    async def _file(self, request):
        data = self.files.get(request.match_info["name"])
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data)

    async def _serve(self, request):
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        given = request.query.get("access_token") or request.headers.get("Authorization", "")[7:]
        if given != TOKEN:
            if self.style != "lagrange":
                await socket.send_json(
                    {"status": "failed", "retcode": 1403, "data": None, "message": "token验证失败"}
                )
            await socket.close(code={"napcat": 1000, "llbot": 1008, "lagrange": 1002}[self.style])
            return socket
        await self._talk(socket, request.path.rstrip("/"))
        return socket

    async def call(self, url, *roles, token=TOKEN, query=False):
        """Connect as a WebSocket client does ("reverse"), for each role; again and again, until stopped."""
        self._tasks += [
            asyncio.create_task(self._call(url, role, token, query)) for role in roles or ["Universal"]
        ]

    async def _call(self, url, role, token, query):
        headers = {"X-Self-ID": str(OWN), "X-Client-Role": role, "User-Agent": "OneBot/11"}
        if not query:
            headers["Authorization"] = f"Bearer {token}"
        async with aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with session.ws_connect(
                        url, headers=headers, params={"access_token": token} if query else {}, max_msg_size=0
                    ) as socket:
                        await self._talk(socket, {"API": "/api", "Event": "/event"}.get(role, ""))
                await asyncio.sleep(0.1)

    async def _talk(self, socket, path):
        self._sockets.add(socket)
        if path != "/api":
            meta = {"self_id": OWN, "time": int(time.time()), "post_type": "meta_event"}
            await socket.send_json({**meta, "meta_event_type": "lifecycle", "sub_type": "connect"})
            self._events.add(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and path != "/event":
                    await self._answer(socket, json.loads(message.data))
        finally:
            self._events.discard(socket)
            self._sockets.discard(socket)

    async def beat(self, online):
        status = {"online": online, "good": True}
        await self.event(
            {
                "time": int(time.time()),
                "post_type": "meta_event",
                "meta_event_type": "heartbeat",
                "status": status,
                "interval": 30_000,
            }
        )

    async def _answer(self, socket, asked):
        name, params, echo = asked["action"], asked.get("params", {}), asked.get("echo")
        self.asked.append((name, params))
        answer = {"status": "ok", "retcode": 0, "data": None, "echo": echo}
        if self.style != "lagrange":
            answer |= {"message": "", "wording": ""}
        try:
            answer["data"] = await self._do(name, params)
        except _Failed as error:
            code, words = error.args
            answer |= {"status": "failed", "retcode": code}
            if self.style != "lagrange":
                answer |= {"message": words, "wording": words}
        if name not in self.silent:
            await socket.send_json(answer)

    async def _do(self, name, params):
        if name in self.refusals:
            raise _Failed(*self.refusals[name])
        do = getattr(self, f"_do_{name}", None)
        if do is None:
            raise _Failed(1404, f"不支持的API {name}")
        return await do(**params)

    async def drop(self):
        """End every connection."""
        for socket in tuple(self._sockets):
            await socket.close()

    async def stop(self):
        """End all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # Actions

    async def _do_get_login_info(self):
        return {"user_id": OWN, "nickname": "hubbub"}

    async def _do_get_status(self):
        return {"online": self.online, "good": True, "stat": {}}

    async def _do_get_friend_list(self):
        return [{"user_id": uin, "nickname": "", "remark": ""} for uin in self.people]

    async def _do_get_group_list(self, no_cache=False):
        return [
            {"group_id": number, "group_name": group.name, "member_count": len(group.members)}
            for number, group in self.groups.items()
            if OWN in group.members
        ]

    async def _do_get_group_member_list(self, group_id):
        return [self._member(group_id, uin) for uin in self.groups[group_id].members]

    async def _do_get_group_member_info(self, group_id, user_id, no_cache=False):
        if user_id not in self.groups[group_id].members:
            raise _Failed(1200, f"群({group_id})成员{user_id}不存在")
        return self._member(group_id, user_id)

    def _member(self, number, uin):
        group = self.groups[number]
        until = int(group.shut.get(uin, 0))
        return {"group_id": number, "user_id": uin, **group.members[uin], "shut_up_timestamp": until}

    async def _do_send_group_msg(self, group_id, message):
        group = self.groups.get(group_id)
        if group is None or OWN not in group.members or group.shut.get(OWN, 0) > time.time():
            raise _Failed(1200, 'EventChecker Failed: EventRet: {"result": 120, "errMsg": "..."}')
        return {"message_id": await self._said(group, "group", group_id, OWN, self._taken(message))}

    async def _do_send_private_msg(self, user_id, message, auto_escape=False, group_id=None):
        if isinstance(message, str):
            message = [{"type": "text", "data": {"text": message}}]
        number = await self._said(self.talk(user_id), "private", user_id, OWN, self._taken(message))
        return {"message_id": number}

    def _taken(self, message):
        taken = []
        for segment in message:
            assert segment["type"] in ("text", "at", "reply", "image"), segment
            data = segment["data"]
            if segment["type"] == "image":
                data = {"name": self._kept(data["file"], data["name"])}
            taken.append({"type": segment["type"], "data": data})
        if not taken:
            raise _Failed(1200, "消息体无法解析, 请检查是否发送了不支持的消息类型")
        return taken

    def _kept(self, given, name):
        import base64

        scheme, _, data = given.partition("://")
        assert scheme == "base64"
        self.files[name] = base64.b64decode(data, validate=True)
        return name

    async def _do_upload_group_file(self, group_id, file, name):
        segment = {"type": "file", "data": {"name": self._kept(file, name)}}
        await self._said(self.groups[group_id], "group", group_id, OWN, [segment])
        return {"file_id": f"/a:{name}"} if self.style != "lagrange" else None

    async def _do_get_group_file_url(self, group_id, file_id):
        return {"url": f"{self.web}/files/{file_id.removeprefix('/a:')}"}

    async def _do_delete_msg(self, message_id):
        for number, group in self.groups.items():
            if any(one["id"] == message_id for one in group.said):
                return await self.recall(number, message_id, OWN)
        raise _Failed(1200, "Recall failed")

    async def _do_get_group_msg_history(self, group_id, count=20):
        return self._last(self.groups[group_id], "group", group_id, count)

    async def _do_get_friend_msg_history(self, user_id, count=20):
        return self._last(self.talk(user_id), "private", user_id, count)

    def _last(self, place, kind, number, count):
        if not self.history:
            raise _Failed(1404, "不支持的API get_group_msg_history")
        if not place.said and self.style == "napcat":
            raise _Failed(1200, "消息undefined不存在")
        return {"messages": [self.frame(place, kind, number, one) for one in place.said[-count:]]}


class _Failed(Exception):
    """A retcode, and words."""


def _cq(segment):
    def escaped(text, more=""):
        text = text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")
        return text.replace(",", "&#44;") if more else text

    if segment["type"] == "text":
        return escaped(segment["data"]["text"])
    data = "".join(
        f",{key}={escaped(str(value), ',')}" for key, value in segment["data"].items() if value is not None
    )
    return f"[CQ:{segment['type']}{data}]"
