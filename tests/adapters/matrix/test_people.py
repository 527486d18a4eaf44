"""Scripted people do more than talk, and see what others do."""

import asyncio

import pytest

from adapters.matrix.testing import Demo
from bridge import (
    Change,
    FileKind,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    ReactionsChanged,
    Removed,
    TopicChanged,
    TypingChanged,
    plain,
)
from tests.people import PATIENCE, picture, sees


@pytest.fixture(scope="module")
async def demo(tmp_path_factory):
    made = Demo(tmp_path_factory.mktemp("synapse"))
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def test_they_see_what_others_do(demo, tmp_path):
    ann, bob = [await demo.person(name) for name in ("ann", "bob")]
    came = await sees(ann, MemberChanged)
    assert (came.sender.name, came.change) == ("bob", Change.JOINED)
    await ann.type()
    assert (await sees(bob, TypingChanged)).typing
    said = await ann.say(plain("helo"))
    assert (await sees(bob, MessageCreated)).id == said
    await ann.edit(said, plain("hello"))
    edited = await sees(bob, MessageEdited)
    assert (edited.target, edited.content) == (said, plain("hello"))
    answer = await bob.say(plain("hi"), answers=said, thread=said)
    seen = await sees(ann, MessageCreated)
    assert (seen.id, seen.reply_to, seen.thread, seen.mark) == (answer, said, said, "")
    await ann.react(answer, "👍", "🎉")
    given = [await sees(bob, ReactionsChanged) for _ in range(2)]
    assert [one.added for one in given] == [("👍",), ("🎉",)]
    await ann.react(answer, "🎉")
    assert (await sees(bob, Removed)).target == given[0].id
    await ann.set_topic("cats")
    assert (await sees(bob, TopicChanged)).topic == "cats"
    await bob.remove(answer)
    assert (await sees(ann, Removed)).target == answer
    cat = tmp_path / "cat.png"
    cat.write_bytes(picture())
    await ann.send(cat, "my cat")
    file = (await sees(bob, MessageCreated)).content
    (shared,) = file.attachments
    assert (file.text, shared.name, shared.kind, shared.width) == ("my cat", "cat.png", FileKind.IMAGE, 2)
    await bob.rename("rob")
    assert (await sees(ann, MemberChanged)).name == "rob"
    await bob._call("POST", f"rooms/{bob._room}/receipt/m.read/{said}", {})
    assert await asyncio.wait_for(ann.read.get(), PATIENCE) == said
