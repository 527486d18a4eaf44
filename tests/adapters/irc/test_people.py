"""Scripted people do more than talk, and see what others do: as far as the server goes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.irc.testing import Demo, Person
from bridge import (
    Change,
    MemberChanged,
    MessageCreated,
    ReactionsChanged,
    TopicChanged,
    TypingChanged,
    Unsupported,
    plain,
)
from tests.people import sees

from .servers import Inspircd


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    made = Demo(tmp_path / "irc")
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def two(port: int) -> list[Person]:
    people = [Person("ann", "#lobby"), Person("bob", "#lobby")]
    for person in people:
        await person.join(port)
    return people


async def test_with_message_tags(inspircd: Inspircd) -> None:
    ann, bob = await two(inspircd.port)
    try:
        came = await sees(ann, MemberChanged)
        assert (came.sender.name, came.change) == ("bob", Change.JOINED)
        await ann.type()
        assert (await sees(bob, TypingChanged)).typing
        said = await ann.say(plain("hello"))
        assert (await sees(bob, MessageCreated)).id == said is not None
        assert (await bob.heard.get()).content == plain("hello")
        await bob.say(plain("hi"), answers=said)
        assert (await sees(ann, MessageCreated)).reply_to == said
        await bob.react(said, "👍", "🎉")
        assert [(await sees(ann, ReactionsChanged)).added for _ in range(2)] == [("👍",), ("🎉",)]
        await bob.react(said, "🎉")
        assert (await sees(ann, ReactionsChanged)).removed == ("👍",)
        await ann.set_topic("cats")
        assert (await sees(bob, TopicChanged)).topic == "cats"
        await bob.rename("rob")
        assert (await sees(ann, MemberChanged)).name == "rob"
        await ann.kick("rob", "enough")
        gone = await sees(bob, MemberChanged)
        assert (gone.sender.name, gone.change, gone.reason) == ("rob", Change.KICKED, "enough")
        assert gone.by is not None
        assert gone.by.name == "ann"
    finally:
        await asyncio.gather(ann.leave(), bob.leave())


async def test_with_nothing_of_it(demo: Demo) -> None:
    """ngIRCd: whoever asks for more is told so."""
    ann, bob = await two(demo.port)
    assert await ann.say(plain("hello")) is None
    name = (await sees(bob, MessageCreated)).id
    for wish in (
        ann.edit(name, plain("hallo")),
        ann.remove(name),
        ann.react(name, "👍"),
        ann.say(plain("hi"), answers=name),
        ann.say(plain("hi"), thread=name),
        ann.send(demo.folder / "ngircd.conf"),
        ann.type(),
    ):
        with pytest.raises(Unsupported):
            await wish
    await bob.leave()
    left = await sees(ann, MemberChanged)
    while left.change is Change.JOINED:
        left = await sees(ann, MemberChanged)
    assert (left.sender.name, left.change) == ("bob", Change.LEFT)
    await ann.leave()
