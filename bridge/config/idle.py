"""Remarks settings that do nothing, since the map does not have what they need, each at its place."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.model import Support

from .around import Around, Idle, nobody_of
from .document import Document, Spot
from .models import AdapterClass, Config, Conversation
from .words import counted, quoted

__all__ = ["remarked"]


def remarked(
    document: Document,
    config: Config,
    spots: Mapping[tuple[str, Any], Spot],
    protocols: Mapping[str, AdapterClass | None],
) -> Config:
    """Return the configuration with all remarks: also about what does nothing in it. `spots` say where each
    room stands first.
    """

    def makes_rooms(network: str) -> bool:
        records = getattr(protocols[network], "records", dict[str, Any])()
        return any(one.rooms is not Support.NO for one in records.values())

    lists = {name for name, one in config.conversations.items() if one.announce is not None}
    for name, conversation in config.conversations.items():
        for keys, sentence in _of_list(conversation):
            document.remark(("conversations", name, "announce", *keys), sentence)
        for entry in conversation.rooms:
            spot = spots.get((entry.network, entry.room), ("",) * 2)
            if spot[1] != name:  # it was told of there
                continue
            others = [one.network for one in conversation.rooms if one is not entry]
            around = Around(
                config.networks[entry.network].settings,
                others,
                lists,
                config.mail is not None,
                config.media.public_url is not None,
                makes_rooms,
            )
            block = spot[:-1] if spot[-1] == "room" else spot
            for keys, sentence in entry.settings.does_nothing(around):
                document.remark((*block, *keys), sentence)
    return replace(config, remarks=document.remarked())


def _of_list(conversation: Conversation) -> Idle:
    rules = conversation.announce
    if rules is None:
        return
    for sentence in nobody_of(rules.announcers, [one.network for one in conversation.rooms]):
        yield ("announcers",), sentence
    if len(rules.announcers) == 1 and "approve_above" in rules.model_fields_set:
        more = counted(rules.approve_above, "person", "people")
        alone = quoted(rules.announcers[0])
        yield (
            ("approve_above",),
            f"nobody can agree to what {alone} announces to over {more}: name another",
        )
    if rules.quiet is not None and "time_zone" not in rules.model_fields_set:
        yield ("quiet",), "counts by UTC for who names no zone of their own: say which with time_zone"
