"""Events come back from their rows as they were."""

import pytest

from bridge.journal import codec
from bridge.model import (
    Block,
    Content,
    Kind,
    Mark,
    MessageEdited,
    MessageId,
    RoomId,
    Sender,
    Span,
    UserId,
)

from .test_journal import event


@pytest.mark.parametrize(
    "fact",
    [
        event(aliases=(MessageId("x"),), kind=Kind.EMOTE, reply_to=MessageId("m0"), at=1.5, replayed=True),
        MessageEdited(
            id=MessageId("e"),
            room=RoomId("r"),
            sender=Sender(UserId("u"), "n"),
            target=MessageId("m"),
            content=Content(
                (
                    Span(
                        "a",
                        frozenset({Mark.BOLD, Mark.CODE}),
                        "https://x/",
                        255,
                        UserId("u"),
                        Block(1, "py", 2, 3),
                    ),
                    Span("你好 👋"),
                )
            ),
        ),
    ],
)
def test_an_event_comes_back_from_its_row_as_it_was(fact):
    assert codec.decode(*codec.encode(fact)) == fact
