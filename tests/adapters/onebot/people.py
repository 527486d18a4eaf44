"""People in a QQ group, who speak and hear through the scripted implementation alone."""

from bridge import Attachment, Content, Kind, MessageCreated, MessageId, Removed, RoomId, Sender, Span, UserId
from bridge.errors import Unsupported
from bridge.testing import Person

from .implementation import OWN


def text(words):
    return {"type": "text", "data": {"text": words}}


class Somebody(Person):
    """A member of a group, as QQ's own clients show it to them."""

    def __init__(self, qq, number, uin, name):
        super().__init__(name)
        self.qq, self.number, self.uin = qq, number, uin
        qq.group(number, (uin, f"nick of {name}", name))
        qq.listeners.append(self._sees)

    def _sees(self, number, uin, message):
        if number != self.number or uin == self.uin:
            return
        member = self.qq.groups[number].members[uin]
        who = Sender(UserId(str(uin)), member["card"] or member["nickname"])
        room = RoomId(f"group:{number}")
        if (gone := message.get("recalled")) is not None:
            self._saw(
                Removed(id=MessageId(f"{gone} gone"), room=room, sender=who, target=MessageId(str(gone)))
            )
            return
        spans, files, answers = [], [], None
        for segment in message["segments"]:
            data = segment["data"]
            match segment["type"]:
                case "text":
                    spans.append(Span(data["text"]))
                case "at" if data["qq"] != "all":
                    called = self.qq.groups[number].members[int(data["qq"])]
                    spans.append(
                        Span(f"@{called['card'] or called['nickname']} ", mention=UserId(data["qq"]))
                    )
                case "reply":
                    answers = MessageId(str(data["id"]))
                case "image" | "file":
                    files.append(Attachment(f"{self.qq.web}/files/{data['name']}", data["name"]))
                case kind:
                    spans.append(Span(f"[{kind}]"))
        self._saw(
            MessageCreated(
                id=MessageId(str(message["id"])),
                room=room,
                sender=who,
                content=Content(tuple(spans), tuple(files)),
                reply_to=answers,
            )
        )

    async def say(self, content, kind=Kind.TEXT, *, answers=None, thread=None):
        if kind is Kind.EMOTE or thread is not None:
            raise Unsupported("there are no emotes and no threads on QQ")
        segments = [{"type": "reply", "data": {"id": str(answers)}}] if answers else []
        segments += [
            text(span.text)
            if span.mention is None
            else {"type": "at", "data": {"qq": span.mention or str(OWN)}}
            for span in content.spans
        ]
        return MessageId(str(await self.qq.say(self.number, self.uin, *segments)))

    async def remove(self, target):
        await self.qq.recall(self.number, int(target), self.uin)

    async def send(self, path, caption=""):
        self.qq.files[path.name] = path.read_bytes()
        kind = "image" if path.suffix in (".png", ".jpg", ".gif") else "file"
        segments = [{"type": kind, "data": {"name": path.name}}]
        if caption:
            segments.append(text(caption))
        return MessageId(str(await self.qq.say(self.number, self.uin, *segments)))

    async def rename(self, name):
        old, self.name = self.name, name
        self.qq.groups[self.number].members[self.uin]["card"] = name
        await self.qq.notice(
            "group_card", group_id=self.number, user_id=self.uin, card_new=name, card_old=old
        )
