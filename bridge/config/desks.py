"""Which rooms are heard by whom, where strangers are among them."""

from collections.abc import Callable, Iterable, Iterator

from .models import Conversation
from .words import quoted

__all__ = ["heard_by_two"]


def heard_by_two(
    conversations: Iterable[Conversation], is_of_strangers: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Yield the conversations by which people are heard in two rooms whose networks follow no instructions
    (`Adapter.instructed`), such as desks of visitors, each with a sentence: `12: hello` would go to a
    visitor of each, and visitors of one would speak at the other as those who answer do.
    """
    heard: dict[tuple[str, str], str] = {}
    for conversation in conversations:
        rooms = [(room.network, str(room.room)) for room in conversation.rooms]
        desks = [f"{network} {room}" for network, room in rooms if is_of_strangers(network)]
        if len(desks) > 1:
            yield (
                conversation.name,
                f"{' and '.join(desks)} cannot be in one conversation: give each rooms of its own",
            )
            continue
        for room in rooms if desks else ():
            other = heard.setdefault(room, desks[0])
            if other != desks[0]:
                both = f"{quoted(room[1])} would go to {other} and to {desks[0]}"
                yield conversation.name, f"what is said in {both}: give each rooms of its own"
