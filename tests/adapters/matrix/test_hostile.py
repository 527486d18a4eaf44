"""100,000 hostile events: they harm nobody but themselves."""

import itertools
import json
import random
from typing import get_args

from bridge import (
    MemberChanged,
    MessageCreated,
    NameChanged,
    ReactionsChanged,
    Removed,
    RoomStateChanged,
    TalkEvent,
    TopicChanged,
)

from .homeserver import ALIAS, USER, WIRE, Answer, Core, Homeserver, adapter_for, message
from .hostile import deep, events

_EVENTS = 100_000
_BATCH = 500


def batch(wicked, number, limited, following):
    """A sync's answer that holds these, and then a normal message."""
    normal = {
        "type": "m.room.message",
        "event_id": f"$wave{number}",
        "sender": "@alice:s",
        "origin_server_ts": 1_700_000_000_000,
        "content": {"msgtype": "m.text", "body": f"well {number}"},
    }
    timeline = {"events": [*wicked, normal]}
    if limited:
        timeline |= {"limited": True, "prev_batch": "p9"}
    parts = {"join": {WIRE: {"timeline": timeline, "state": {"events": wicked[:20]}}}}
    return Answer(body=deep(json.dumps({"next_batch": following, "rooms": parts})))


def words_of(event):
    match event:
        case Removed():
            return event.reason
        case ReactionsChanged():
            assert len(event.added[0]) <= 64
            return event.added[0]
        case TopicChanged():
            return event.topic
        case NameChanged():
            return event.name
        case MemberChanged():
            return f"{event.sender.name}{event.reason}{event.name}"
        case _:
            return event.content.text + "".join([f"{file}" for file in event.content.attachments])


async def test_a_hundred_thousand_hostile_events():
    """No exception, no delay, and nobody's word is confirmed or suppressed by another's."""
    source = random.Random(3)
    wicked = events(source, _EVENTS)
    numbers = itertools.count()
    async with Homeserver() as server, Core(adapter_for(server.url)) as core:
        await core.joined()
        count = heard = marked = 0
        kinds = set()
        while chunk := list(itertools.islice(wicked, _BATCH)):
            count += len(chunk)
            number = next(numbers)
            if number % 5 == 0:
                # The first half is what the sync left out.
                half = len(chunk) // 2
                server.answers["messages"].append(
                    Answer(body=deep(json.dumps({"chunk": chunk[:half], "state": chunk[:20]})))
                )
                chunk = chunk[half:]
            following = f"s{len(server._log) + 1}"
            server.answers["sync"].append(batch(chunk, number, number % 5 == 0, following))
            server.say("wake")
            if number % 20 == 0:
                receipt = await (await core.adapter.send(message("x", f"{number}.ab")))
                assert receipt.part.id == server.sent[-1][3]
            while getattr(said := await core.next(object), "id", "") != f"$wave{number}":
                assert not isinstance(said, RoomStateChanged)
                assert said.sender.id != USER
                words_of(said).encode("utf-8")
                kinds.add(type(said))
                heard, marked = heard + 1, marked + bool(getattr(said, "mark", ""))
            assert isinstance(said, MessageCreated)
            assert (said.sender.id, said.mark, said.content.text) == ("@alice:s", "", f"well {number}")
        assert count == _EVENTS
        assert heard > _EVENTS / 10, "they are good enough to be looked at"
        assert marked > _EVENTS / 100
        assert kinds == set(get_args(TalkEvent)) | {MemberChanged}
        assert not core.run.done()
        sent = [txn for _, txn, *_ in server.sent]
        assert sent == [f"{number}.ab" for number in range(0, next(numbers), 20)]
        found = await core.adapter.find_sent(ALIAS, 0.0, ["1.ab", "0.ab"])
        assert (found["1.ab"], found["0.ab"].part.id) == (None, "$sent0")
