"""Scripted people do more than talk, and see what others do."""

import pytest

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
    Unsupported,
    plain,
)
from tests.adapters.xmpp.servers import Archive
from tests.people import picture, sees


@pytest.fixture(scope="module")
async def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prosody")
    folder.chmod(0o755)
    made = Archive(folder)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def people(demo):
    """Ann made the room, and so moderates it."""
    return [await demo.person(name) for name in ("ann", "bob")]


async def test_they_see_what_others_do(people, tmp_path):
    ann, bob = people
    came = await sees(ann, MemberChanged)
    assert (came.sender.name, came.change) == ("bob", Change.JOINED)
    await ann.type()
    assert (await sees(bob, TypingChanged)).typing
    said = await ann.say(plain("helo"))
    first = await sees(bob, MessageCreated)
    assert first.id == said
    await ann.edit(said, plain("hello"))
    edited = await sees(bob, MessageEdited)
    assert (edited.content, edited.target in first.aliases) == (plain("hello"), True)
    answer = await bob.say(plain("hi"), answers=said, thread=said)
    seen = await sees(ann, MessageCreated)
    assert (seen.id, seen.reply_to, seen.thread, seen.content) == (answer, said, said, plain("hi"))
    await ann.react(answer, "👍", "🎉")
    assert (await sees(bob, ReactionsChanged)).emojis == ("👍", "🎉")
    await ann.set_topic("cats")
    assert (await sees(bob, TopicChanged)).topic == "cats"
    await bob.remove(answer)
    assert (await sees(ann, Removed)).target == answer
    await people_share(ann, bob, tmp_path)
    again = await bob.say(plain("spam"))
    await sees(ann, MessageCreated)
    await ann.remove(again)
    gone = await sees(bob, Removed)
    assert (gone.target, gone.by_moderator) == (again, True)
    await bob.rename("rob")
    assert (await sees(ann, MemberChanged)).name == "rob"
    await ann.kick("rob", "enough")
    gone = await sees(ann, MemberChanged)
    assert (gone.sender.name, gone.change, gone.reason) == ("rob", Change.KICKED, "enough")


async def test_they_read_what_they_missed(demo):
    """Across the pages of the archive: what others said, once, in order, and not what was heard before."""
    room = "reading@rooms.demo.hubbub.test"
    cid, dan = [await demo.person(name, room) for name in ("cid", "dan")]
    await cid.say(plain("known"))
    assert (await sees(dan, MessageCreated)).content == plain("known")
    await dan.say(plain("mine"))
    await dan.leave()
    for n in range(60):
        await cid.say(plain(str(n)))
    await dan.join(demo.port)
    await dan.catch_up()
    assert [(await sees(dan, MessageCreated)).content.text for _ in range(60)] == [str(n) for n in range(60)]
    await dan.catch_up()
    await cid.say(plain("after"))
    assert (await sees(dan, MessageCreated)).content == plain("after")


async def people_share(ann, bob, folder):
    cat = folder / "cat.png"
    cat.write_bytes(picture())
    await ann.send(cat)
    file = (await sees(bob, MessageCreated)).content
    (shared,) = file.attachments
    assert (file.text, shared.name, shared.kind, shared.width) == ("", "cat.png", FileKind.IMAGE, 2)
    await ann.send(cat, "my cat")
    assert (await sees(bob, MessageCreated)).content.text == "my cat"


async def test_where_rooms_name_nothing(tmp_path):
    """Without an archive nobody can react."""
    plainer = Archive(tmp_path)
    plainer.more = ""
    tmp_path.chmod(0o755)
    try:
        await plainer.start()
        ann, bob = [await plainer.person(name) for name in ("ann", "bob")]
        said = await ann.say(plain("helo"))
        await ann.edit(said, plain("hello"))
        assert (await sees(bob, MessageEdited)).content == plain("hello")
        with pytest.raises(Unsupported):
            await bob.react(said, "👍")
    finally:
        await plainer.stop()
