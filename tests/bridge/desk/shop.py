"""A desk with people at it: agents who say things in its lobby, and visitors."""

import itertools
from pathlib import Path

from bridge.desk import ChatLine, Desk, DeskRules, DeskStore, NewChat, Person, Seams
from bridge.model import (
    Answered,
    Authorship,
    Content,
    DeleteMessage,
    EditMessage,
    MessageId,
    Part,
    RoomId,
    SendMessage,
    Speaker,
    Txn,
    plain,
)
from bridge.testing import HandClock

NOW = 1_800_000_000.0


class Shop:
    """One desk over a file, which can be opened anew."""

    def __init__(self, folder: Path, rules: DeskRules | None = None, **seams: object) -> None:
        self.clock = HandClock(NOW)
        self.file = folder / "desk.sqlite3"
        self.rules = rules or DeskRules()
        self.seams = seams
        self.people = [Person("irc/anna", "Anna", "irc"), Person("irc/ben", "Ben", "irc")]
        self.txns = itertools.count(1)
        self.keys = itertools.count(1)
        self.begin()

    def begin(self) -> None:
        self.store = DeskStore(self.file)
        self.language = "en"
        self.desks: dict[str, object] = {}
        self.desk = self.at("sales")

    def at(self, name: str) -> Desk:
        seams = Seams(lambda: self.people, is_agent=lambda key: not key.startswith("shop/"), **self.seams)
        return Desk(
            self.store,
            name,
            self.rules,
            self.clock,
            seams,
            desks=self.desks,
            language=lambda: self.language,
        )

    def again(self) -> None:
        """Stop, and start anew."""
        self.store.close()
        self.begin()

    def open(self, text: str = "Hello", name: str = "小红", **more: object) -> int:
        return self.desk.open(NewChat(text, name=name, key="first", **more)).number

    def says(self, number: int, text: str) -> int:
        return self.desk.said(number, f"k{next(self.keys)}", text)

    def send(
        self,
        who: str,
        text: str | Content,
        *,
        to: str = "",
        room: str = "sales",
        txn: str = "",
        speaker: Speaker | None = None,
    ) -> SendMessage:
        return SendMessage(
            room=RoomId(room),
            speaker=speaker or Speaker(Authorship.PUPPET, who.title(), f"irc/{who}"),
            txn=Txn(txn or f"{next(self.txns)}.ab"),
            content=plain(text) if isinstance(text, str) else text,
            answered=Answered(Part(MessageId(to)), "x", "y") if to else None,
        )

    @staticmethod
    def bridge_itself() -> Speaker:
        return Speaker(Authorship.PREFIX, "Anna")

    @staticmethod
    def other_visitor() -> Speaker:
        return Speaker(Authorship.PUPPET, "Anna", "shop/7")

    def agent(self, who: str, text: str | Content, **more: str) -> str:
        """Say it in the lobby. Returns the name that it has there."""
        return self.desk.heard(self.send(who, text, **more)).id

    def edit(self, who: str, target: str, text: str) -> str:
        said = self.send(who, text)
        return self.desk.heard(
            EditMessage(
                room=said.room,
                speaker=said.speaker,
                txn=said.txn,
                target=Part(MessageId(target)),
                content=said.content,
            )
        ).id

    def remove(self, who: str, target: str) -> str:
        said = self.send(who, "")
        return self.desk.heard(
            DeleteMessage(room=said.room, speaker=said.speaker, txn=said.txn, target=Part(MessageId(target)))
        ).id

    def lines(self, number: int) -> list[ChatLine]:
        return self.store.lines(number)

    def shown(self, number: int) -> dict[int, str]:
        """What a visitor's page shows of what people said, once all is applied, by line."""
        shown: dict[int, str] = {}
        for line in self.lines(number):
            if line.kind == "said":
                shown[line.n] = line.body.text
            elif line.kind == "edited" and line.body.of in shown:
                shown[line.body.of] = line.body.text
            elif line.kind == "gone":
                shown.pop(line.body.of, None)
        return shown

    def seen(self, number: int) -> list[str]:
        """The same with who said it."""
        by = {line.n: line.by for line in self.lines(number)}
        return [f"{by[n]}: {text}" for n, text in self.shown(number).items()]

    def told(self, room: str = "sales") -> list[str]:
        """What agents see."""
        return [
            row.body.text if row.sender == "desk" else f"[{row.sender_name}] {row.body.text}"
            for row in self.store.feed(room)
            if row.kind == "said"
        ]
