"""The actions that bots can ask for (OneBot v11, "api/public"), whichever way they ask."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any, TypeAlias

import msgspec

from adapters.onebot.wire import Segment, identity, to_array
from bridge import Attachment, RoomId, TemporaryFailure

from .decode import Said, Unsayable, read, said_by_bot
from .encode import sender
from .kept import KeptFile, KeptMessage
from .numbers import read_number
from .session import Session, written

__all__ = ["BAD_REQUEST", "UNKNOWN_ACTION", "Actions"]

Params: TypeAlias = Mapping[str, Any]

UNKNOWN_ACTION = 1404
BAD_REQUEST = 1400
_FAILED = 100
_MEMBERS_MOST = 3000


class _Refused(Exception):
    """An action fails; the text is a sentence for the bot's author."""

    def __init__(self, sentence: str, retcode: int = _FAILED) -> None:
        super().__init__(sentence)
        self.retcode = retcode


class Actions:
    """Does what bots ask for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def answer(self, text: str | bytes) -> str:
        """Return the answer to a request over WebSocket."""
        try:
            request = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            return written(_failure(BAD_REQUEST, f"the request is no JSON: {error}"))
        if not isinstance(request, dict):
            return written(_failure(BAD_REQUEST, "the request is no object"))
        result = await self.perform(request.get("action"), request.get("params") or {})
        if "echo" in request:
            result["echo"] = request["echo"]
        return written(result)

    async def perform(self, action: object, params: object) -> dict[str, Any]:
        """Return the result of an action."""
        name = action if isinstance(action, str) else ""
        plain = name.removesuffix("_rate_limited").removesuffix("_async")
        do = _ACTIONS.get(plain)
        if do is None:
            return _failure(UNKNOWN_ACTION, f"there is no action {name!r} here")
        if not isinstance(params, dict):
            return _failure(BAD_REQUEST, "params are no object")
        try:
            data = await do(self, params)
        except _Refused as error:
            return _failure(error.retcode, str(error))
        except (Unsayable, TemporaryFailure) as error:
            return _failure(_FAILED, str(error))
        if name.endswith("_async"):
            return {"status": "async", "retcode": 1, "data": None}
        return {"status": "ok", "retcode": 0, "data": data, "message": ""}

    # Messages

    async def send_msg(self, params: Params) -> Any:
        if params.get("message_type") == "private" or "group_id" not in params:
            return await self.send_private_msg(params)
        return await self.send_group_msg(params)

    async def send_group_msg(self, params: Params) -> Any:
        room = self._room(params)
        plain = params.get("auto_escape") in (True, "true", "1", 1)
        found = read(params.get("message"), plain=plain)
        said = said_by_bot(found, self._name)
        secrets = [self._keep_file(said, place) for place in range(len(said.files))]
        content = replace(said.content, attachments=self._addressed(said, secrets))
        body = written(to_array(_with_addresses(found, [self._session.url_of(*one) for one in secrets])))
        return {"message_id": await self._session.say(room, replace(said, content=content), body)}

    async def send_private_msg(self, params: Params) -> Any:
        raise _Refused("there are no private chats here: only groups, by group_id")

    async def delete_msg(self, params: Params) -> Any:
        message = self._message(params)
        if message.person != self._session.number:
            raise _Refused("a bot can only take back what it said itself")
        await self._session.take_back(message)

    async def get_msg(self, params: Params) -> Any:
        message = self._message(params)
        return {
            "time": message.at,
            "message_type": "group",
            "message_id": message.id,
            "real_id": message.id,
            "group_id": self._session.numbers.get(RoomId(message.room), 0),
            "sender": sender(message.person, message.name),
            "message": msgspec.json.decode(message.body),
        }

    async def quick_operation(self, params: Params) -> Any:
        context, operation = params.get("context"), params.get("operation")
        if not isinstance(context, dict) or not isinstance(operation, dict):
            raise _Refused("context and operation must be objects", BAD_REQUEST)
        reply = operation.get("reply")
        if not reply or context.get("post_type") != "message":
            return
        found = list(read(reply, plain=bool(operation.get("auto_escape"))))
        if operation.get("at_sender", True) and identity(context.get("user_id")):
            found[:0] = [Segment("at", {"qq": str(context["user_id"])}), Segment("text", {"text": " "})]
        await self.send_group_msg({"group_id": context.get("group_id"), "message": to_array(found)})

    def _keep_file(self, said: Said, place: int) -> tuple[str, str]:
        """Keep a file that came with a message. Returns what is secret in its address, and its name."""
        name = next((a.name for a in said.content.attachments if a.address == str(place)), "") or "file"
        file = KeptFile(name, "application/octet-stream", data=said.files[place])
        return self._session.store.put_file(file, int(self._session.clock.now())), name

    def _addressed(self, said: Said, secrets: list[tuple[str, str]]) -> tuple[Attachment, ...]:
        """Return the attachments with addresses that `source` knows."""
        found = []
        for one in said.content.attachments:
            own = (
                secrets[int(one.address)][0] if one.address.isdigit() else self._session.own_file(one.address)
            )
            found.append(replace(one, address=f"own:{own}") if own is not None else one)
        return tuple(found)

    # Groups and people

    async def get_group_list(self, params: Params) -> Any:
        return [self._group(room) for room in self._session.groups.values()]

    async def get_group_info(self, params: Params) -> Any:
        return self._group(self._room(params))

    async def get_group_member_list(self, params: Params) -> Any:
        room, session = self._room(params), self._session
        number = session.numbers[room]
        others = [one for one in session.store.members(room) if one.id != session.number]
        me = _member(number, session.number, session.name)
        return [
            me,
            *(_member(number, one.id, one.name, one.first, one.last) for one in others[:_MEMBERS_MOST]),
        ]

    async def get_group_member_info(self, params: Params) -> Any:
        room, session = self._room(params), self._session
        person = self._person(params)
        number = session.numbers[room]
        if person == session.number:
            return _member(number, session.number, session.name)
        found = session.store.members(room, person)
        if not found:
            raise _Refused(f"nobody with the number {person} has spoken in this group lately")
        return _member(number, found[0].id, found[0].name, found[0].first, found[0].last)

    async def get_login_info(self, params: Params) -> Any:
        return {"user_id": self._session.number, "nickname": self._session.name}

    async def get_stranger_info(self, params: Params) -> Any:
        person = self._person(params)
        if (name := self._name(person)) is None:
            raise _Refused(f"nobody has the number {person}")
        return {"user_id": person, "nickname": name, "sex": "unknown", "age": 0}

    async def get_friend_list(self, params: Params) -> Any:
        return []

    # The implementation

    async def get_status(self, params: Params) -> Any:
        return {"online": True, "good": True}

    async def get_version_info(self, params: Params) -> Any:
        return {"app_name": "hubbub", "app_version": _version(), "protocol_version": "v11"}

    async def can_send(self, params: Params) -> Any:
        return {"yes": True}

    # What params name

    def _room(self, params: Params) -> RoomId:
        number = read_number(identity(params.get("group_id")))
        room = self._session.groups.get(number) if number is not None else None
        if room is None:
            raise _Refused(f"there is no group {number or '(group_id is missing)'}; get_group_list names all")
        return room

    def _person(self, params: Params) -> int:
        return _number(params, "user_id")

    def _message(self, params: Params) -> KeptMessage:
        number = _number(params, "message_id")
        if (found := self._session.store.message(number)) is None:
            raise _Refused(f"there is no message {number}, or none any more")
        return found

    def _name(self, person: int) -> str | None:
        session = self._session
        return session.name if person == session.number else session.store.name(person)

    def _group(self, room: RoomId) -> dict[str, Any]:
        count = len(self._session.store.members(room)) + 1
        return {
            "group_id": self._session.numbers[room],
            "group_name": room,
            "group_memo": "",
            "group_create_time": 0,
            "group_level": 0,
            "member_count": count,
            "max_member_count": max(count, _MEMBERS_MOST),
        }


def _number(params: Params, key: str) -> int:
    if (number := read_number(identity(params.get(key)))) is None:
        raise _Refused(f"{key} must be a number", BAD_REQUEST)
    return number


def _member(group: int, person: int, name: str, first: int = 0, last: int = 0) -> dict[str, Any]:
    return {
        "group_id": group,
        **sender(person, name),
        "join_time": first,
        "last_sent_time": last,
        "unfriendly": False,
        "title_expire_time": 0,
        "card_changeable": False,
    }


def _with_addresses(found: tuple[Segment, ...], urls: list[str]) -> list[Segment]:
    """Return segments with an address in place of each file that came with them."""
    left = iter(urls)

    def addressed(segment: Segment) -> Segment:
        if not segment.data.get("file", "").startswith("base64://"):
            return segment
        url = next(left)
        return Segment(segment.type, {**segment.data, "file": url, "url": url})

    return [addressed(segment) for segment in found]


def _failure(retcode: int, sentence: str) -> dict[str, Any]:
    return {"status": "failed", "retcode": retcode, "data": None, "message": sentence, "wording": sentence}


@functools.cache
def _version() -> str:
    return version("hubbub")


_ACTIONS: Mapping[str, Callable[[Actions, Params], Awaitable[Any]]] = {
    **{
        do.__name__: do
        for do in (
            Actions.send_msg,
            Actions.send_group_msg,
            Actions.send_private_msg,
            Actions.delete_msg,
            Actions.get_msg,
            Actions.get_group_list,
            Actions.get_group_info,
            Actions.get_group_member_list,
            Actions.get_group_member_info,
            Actions.get_login_info,
            Actions.get_stranger_info,
            Actions.get_friend_list,
            Actions.get_status,
            Actions.get_version_info,
        )
    },
    ".handle_quick_operation": Actions.quick_operation,
    "can_send_image": Actions.can_send,
    "can_send_record": Actions.can_send,
}
