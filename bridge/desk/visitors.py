"""Visitors as their owner means them, and what desks keep of them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec

from bridge.config import Config

from .located import desks
from .store import DeskReader

__all__ = ["answering", "kept_of", "visitors"]

_MOST = 100_000


def visitors(config: Config, who: Sequence[str]) -> list[str]:
    """Return people as `network/id`, where they are visitors of desks that are called by what they are known
    by (`Chat.known_by`): those of all networks with a desk. Others are returned as they are.
    """
    networks = list(dict.fromkeys(desk.network for desk in desks(config)))
    found: list[str] = []
    for one in who:
        kind, colon, value = one.partition(":")
        if networks and colon and value and kind in {"customer", "mail"}:
            known = value.casefold() if kind == "mail" else value
            found += [f"{network}/{kind}:{known}" for network in networks]
        else:
            found.append(one)
    return found


def answering(config: Config, people: Collection[tuple[str, str]]) -> list[str]:
    """Return the desks at which any of these people, each meant by network and id, have answered visitors.
    Raises TemporaryFailure.
    """
    keys = {f"{network}/{user}" for network, user in people}
    found = []
    for desk in desks(config):
        if desk.file.exists():
            with DeskReader(desk.file) as reader:
                if any(one.key in keys for one in reader.agents(desk.name)):
                    found.append(desk.name)
    return found


def kept_of(config: Config, people: Collection[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the chats that desks keep of visitors, each meant by network and id, with all that is known of
    them, and the messages that they left. Raises TemporaryFailure.
    """
    files = {desk.network: desk.file for desk in desks(config)}
    told: set[tuple[str, int]] = set()
    for network, who in sorted(people):
        if network not in files or not files[network].exists():
            continue
        with DeskReader(files[network]) as reader:
            for chat in reader.of_person(who):
                number = chat.number
                if (network, number) in told:  # meant by its number, too
                    continue
                told.add((network, number))
                yield {
                    "network": network,
                    "chat": msgspec.to_builtins(chat),
                    "lines": [
                        msgspec.to_builtins(line._asdict()) for line in reader.lines(number, most=_MOST)
                    ],
                    "notes": [msgspec.to_builtins(note) for note in reader.notes(number)],
                    "tags": reader.tags(number),
                }
            for left in reader.left.of_person(who):
                yield {"network": network, "left": {**left._asdict(), "text": reader.left.text(left)}}
