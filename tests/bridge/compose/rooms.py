"""A room that something is composed for, without a relay around it."""

from bridge.compose.facts import Facts
from bridge.compose.view import RoomView
from bridge.config import ShowRules
from bridge.language import ENGLISH
from bridge.model import RoomId


class NoDigest:
    """Nothing is told later."""

    def reacted(self, room, reaction):
        pass

    def repeated(self, room, source, seq, who, phrase):
        return False


def room_view(journal, adapter, capabilities, prefix):
    """The room two of an adapter, number 2; people come from the network left."""
    return RoomView(
        number=2,
        id=RoomId("two"),
        adapter=adapter,
        title="right two",
        logged=str,
        about=lambda delivery: {},
        capabilities=capabilities,
        show=ShowRules(),
        locale=ENGLISH,
        facts=Facts(journal, 2),
        origin=lambda source, room: ("left", prefix),
        is_heard=lambda source, sender: True,
        unique=(),
        attachments=None,
        digest=NoDigest(),
    )
