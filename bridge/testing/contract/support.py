"""The record holds for more than words: FULL arrives, NO is refused, PARTIAL is one of the two."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from bridge.errors import AdapterError, Unsupported
from bridge.model import (
    US,
    Answered,
    Command,
    Content,
    DeleteMessage,
    EditMessage,
    MarkRead,
    MessageCreated,
    MessageEdited,
    MessageId,
    Part,
    ReactionsChanged,
    Receipt,
    Removed,
    SendMessage,
    SetReactions,
    SetTopic,
    SetTyping,
    Span,
    Speaker,
    Support,
    TalkEvent,
    TopicChanged,
    TypingChanged,
    UserId,
    Whisper,
    plain,
)

from .place import ALICE, Place, same

__all__ = ["SupportContract", "prove", "prove_shown", "take_back"]

E = TypeVar("E", bound=TalkEvent)
_THUMB = "👍"
_LONG_AGO = 1_600_000_000.0


class SupportContract:
    """Each field of the record is true."""

    async def test_what_is_claimed_of_edits_and_removals(self, place: Place) -> None:
        async with place.running():
            part, names = await _sent(place)
            edit = EditMessage(
                room=place.room,
                speaker=ALICE,
                txn=place.next_txn(),
                target=part,
                content=plain("<alice> edited"),
            )
            if (seen := await prove(place, "edit", edit, MessageEdited)) is not None:
                same(seen.content, edit.content, "an edit arrives in other words")
                assert seen.target in names, f"an edit is of another message: {seen!r}"
            delete = DeleteMessage(room=place.room, speaker=ALICE, txn=place.next_txn(), target=part)
            if (gone := await prove(place, "delete", delete, Removed)) is not None:
                assert gone.target in names, f"a removal is of another message: {gone!r}"

    async def test_what_is_claimed_of_reactions_and_the_topic(self, place: Place) -> None:
        async with place.running():
            said, names = await _said(place)
            react = SetReactions(
                room=place.room,
                speaker=ALICE,
                txn=place.next_txn(),
                target=Part(said.id, said.aliases),
                emojis=(_THUMB,),
            )
            if (seen := await prove(place, "reaction", react, ReactionsChanged)) is not None:
                same(seen.emojis or seen.added, (_THUMB,), "a reaction arrives as another")
                assert seen.target in names, f"a reaction is to another message: {seen!r}"
                await place.confirmed(replace(react, txn=place.next_txn(), emojis=()))
                gone = "the reactions of a speaker became none, and nobody saw that"
                while not isinstance(await place.seen(gone), ReactionsChanged | Removed):
                    pass
            topic = SetTopic(room=place.room, speaker=ALICE, txn=place.next_txn(), topic="what we talk about")
            if (given := await prove(place, "topic", topic, TopicChanged)) is not None:
                same(given.topic, topic.topic, "a topic arrives in other words")

    async def test_what_is_claimed_of_messages(self, place: Place) -> None:
        """Answers, threads, mentions and times."""
        async with place.running():
            said, names = await _said(place)
            part, words = Part(said.id, said.aliases), said.content.text
            answered = Answered(part, said.sender.name, words, said.sender.id)

            def answers(seen: MessageCreated) -> bool:
                # who cannot say which message it answers may quote it
                quoted = place.record.reply is Support.PARTIAL and words in seen.content.text
                return seen.reply_to in names or quoted

            # who is meant themselves may see it as a mention of "you"
            meant = {said.sender.id, US}
            mention = Content((Span("<alice> ask "), Span(said.sender.name, mention=said.sender.id)))
            await prove_shown(place, "reply", _said_so(place, answered=answered), answers)
            await prove_shown(
                place, "thread", _said_so(place, thread=part), lambda seen: seen.thread is not None
            )
            await prove_shown(
                place,
                "mention",
                place.message(mention),
                lambda seen: any(span.mention in meant for span in seen.content.spans),
            )
            await prove_shown(
                place, "times", _said_so(place, at=_LONG_AGO), lambda seen: seen.at == _LONG_AGO
            )

    async def test_what_is_claimed_of_typing_and_reading(self, place: Place) -> None:
        async with place.running():
            said, names = await _said(place)
            if place.record.typing is Support.FULL:
                place.adapter.hint(SetTyping(room=place.room, typing=True))
                seen = await place.did(TypingChanged, _unseen(place, "typing"))
                assert seen.typing, f"somebody begins to write, and it arrives as the end of that: {seen!r}"
            if place.record.read is Support.FULL:
                place.adapter.hint(MarkRead(room=place.room, target=Part(said.id, said.aliases)))
                read = await place.within(place.person.read.get(), _unseen(place, "read"))
                assert read in names, f"another message is marked as read: {read!r}"

    async def test_what_is_claimed_of_whispers(self, place: Place) -> None:
        async with place.running():
            if place.record.whisper is not Support.FULL:
                return
            said, _ = await _said(place)
            place.adapter.hint(Whisper(room=place.room, user=said.sender.id, text="for you\nalone"))
            for line in ("for you", "alone"):
                told = await place.within(place.person.alone.get(), _unseen(place, "whisper"))
                same(told, line, "what somebody is told alone arrives in other words")
            other = UserId(f"{said.sender.id}x")
            place.adapter.hint(Whisper(room=place.room, user=other, text="for somebody else"))
            await place.deliver(marker := plain("<alice> nothing came before this"))
            seen = await place.did(MessageCreated)
            assert seen.content == marker, f"what is for one person is said in the room: {seen!r}"
            assert place.person.alone.empty(), "somebody is told what is for somebody else alone"


async def prove(place: Place, field: str, command: Command, kind: type[E]) -> E | None:
    """Give a command that a field of the record is about. Returns what the person sees of it; None: that it
    is not done was said.
    """
    support, found = Support(getattr(place.record, field)), await place.attempt(command)
    if support is Support.NO:
        how = "confirmed" if isinstance(found, Receipt) else f"refused with {found!r}"
        assert isinstance(found, Unsupported), (
            f"the record says NO to {field}, and {type(command).__name__} was {how}: raise Unsupported, or"
            " say in the record what the network can do"
        )
        await _nothing(place, field, kind)
        return None
    if isinstance(found, AdapterError):
        _may_fail(field, support, found)
        return None
    return await place.did(kind, _unseen(place, field))


async def take_back(place: Place, part: Part, speaker: Speaker) -> None:
    """Take back what was said by another process, of which nothing is known but its id and who said it: so
    words are erased of which only an archive knows.
    """
    alone = Part(part.id, speaker=part.speaker)
    await prove(
        place,
        "delete",
        DeleteMessage(room=place.room, speaker=speaker, txn=place.next_txn(), target=alone),
        Removed,
    )


async def prove_shown(
    place: Place, field: str, command: SendMessage, shows: Callable[[MessageCreated], bool]
) -> None:
    """Send a message that shows what a field of the record is about, or is an ordinary one without it."""
    claim = getattr(place.record, field)
    support = Support(claim) if claim is not True else Support.FULL
    found = await place.attempt(command)
    if isinstance(found, AdapterError):
        if support is not Support.NO or not isinstance(found, Unsupported):
            _may_fail(field, support, found)
        return
    shown = shows(seen := await place.did(MessageCreated, _unseen(place, field)))
    if support is Support.NO:
        assert not shown, (
            f"the record says NO to {field}, and a message shows it: say what the network can do"
        )
    else:
        assert shown, f"{_unseen(place, field)}\n  found: {seen!r}"


def _may_fail(field: str, support: Support, error: AdapterError) -> None:
    assert support is Support.PARTIAL, (
        f"the record says {support.name} to {field}, and it failed ({type(error).__name__}: {error}): say"
        " PARTIAL where it depends, NO where it cannot be done"
    )
    assert str(error), f"{field} is PARTIAL, and failed without a sentence that says when it can be done"


def _unseen(place: Place, field: str) -> str:
    claim = getattr(place.record, field)
    return (
        f"the record says {claim.name if isinstance(claim, Support) else claim} to {field}, it was done, and"
        f" {place.person.name} saw nothing of it: send it as the network's clients know it, or say NO"
    )


async def _nothing(place: Place, field: str, kind: type[E]) -> None:
    """See nothing of a kind before an ordinary message."""
    await place.deliver(marker := plain("<alice> nothing came before this"))
    while not (isinstance(event := await place.seen(), MessageCreated) and event.content == marker):
        assert not isinstance(event, kind), (
            f"the record says NO to {field}, it was refused with Unsupported, and yet it arrived: {event!r}"
        )


async def _sent(place: Place) -> tuple[Part, set[MessageId]]:
    """Send a message. Returns what it is called: for the adapter, and for people."""
    part = (await place.deliver(plain("<alice> hello"))).part
    seen = await place.did(MessageCreated)
    if part is None:
        assert Support.FULL not in {place.record.edit, place.record.delete}, (
            "the record says FULL to edit or delete, and a message was confirmed without its name"
            " (Receipt.part)"
        )
        part = Part(seen.id, seen.aliases)
    return part, {part.id, *part.aliases, seen.id, *seen.aliases}


async def _said(place: Place) -> tuple[MessageCreated, set[MessageId]]:
    """Let somebody say something. Returns it, and all that it is called."""
    name = await place.person.say(plain("what do you think"))
    said = await place.said()
    return said, {said.id, *said.aliases, *([name] if name is not None else [])}


def _said_so(place: Place, **more: Any) -> SendMessage:
    return replace(place.message(plain("<alice> I say so")), **more)
