"""Two passes over the data: the core's own blocks, then each protocol's; all mistakes at once."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from bridge.errors import ConfigError
from bridge.model import RoomId

from .claim import Claim, refuse_seconds
from .desks import heard_by_two
from .document import Data, Document, Spot
from .evidence import Witness
from .explain import Block, bare, keys_of, unknown_key
from .fill import fields, models_in, read_files, secret_fields
from .filters import EVERYTHING, Filters
from .idle import remarked
from .models import (
    AdapterClass,
    Config,
    Conversation,
    ConversationBlock,
    DeliveryRules,
    Direction,
    Model,
    Network,
    NetworkBlock,
    RoomBlock,
    RoomEntry,
    ShowRules,
    TopBlock,
)
from .words import closest, printable, quoted, straight

__all__ = ["Check", "Find", "against_name"]

Find: TypeAlias = Callable[[str], AdapterClass]
"""Gives the adapter of a protocol; raises ConfigError when there is none."""

_PROTOCOL = re.compile(r"[a-z]\w*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_SPOKEN = ("protect", "language", "time_zone")
"""What a conversation says for all its rooms."""
_NETWORK = re.compile(r"[\w.-]{1,64}")
_RESERVED = {*keys_of(ConversationBlock), *keys_of(RoomBlock), *keys_of(TopBlock)} - {"mail", "web"}
"""Words that name no network; these two did so before they had a meaning of their own."""


def against_name(name: str) -> str | None:
    """Say why a network cannot have this name; None: it can."""
    if name in _RESERVED:
        return (
            f"{quoted(name)} cannot name a network: the word has another meaning here. Where it did, say "
            f"`was: {name}` below the new name, so that all of it is kept"
        )
    if not _NETWORK.fullmatch(name):
        return 'a network\'s name is made of letters, digits, ".", "_" and "-"'
    return None


@dataclass(slots=True)
class _Found:
    """A room as it stands in the file."""

    spot: Spot
    entry: RoomEntry


@dataclass(slots=True)
class Check:
    """The two passes; they share what is known of networks and rooms so far."""

    document: Document
    find: Find
    left_out: Counter[str]
    """Counts the rooms of each conversation that are left out on purpose."""
    protocols: dict[str, AdapterClass | None] = field(default_factory=dict)
    shown: dict[str, ShowRules] = field(default_factory=dict)
    """The rules of each network for its rooms that have none of their own."""
    rooms: dict[tuple[str, RoomId], _Found] = field(default_factory=dict)
    """Each room at the first place where it stands."""

    def config(self) -> Config | None:
        """Return the configuration; None when there are mistakes, which the document has then."""
        document = self.document
        if not isinstance(document.data, dict):
            document.problem((), "the file must be a mapping, with networks: and conversations:")
            return None
        top: TopBlock | None = Block(document, (), TopBlock, self._filled(document.data)).read()
        networks = {name: self._network(name) for name in self._names("networks")}
        conversations = {name: self._conversation(name) for name in self._names("conversations")}
        self._names_before(networks)
        for name, sentence in heard_by_two(filter(None, conversations.values()), self._of_strangers):
            document.problem(("conversations", name), sentence, key=True)
        self._claims(top, networks)
        witness = self._witness(top)
        if top is not None and top.archive.digest is not None and not (top.archive.mail or top.mail):
            document.problem(("archive", "digest"), "digest needs mail: the server that sends it", key=True)
        if top is None or document.problems:
            return None
        if not self.left_out:
            self._unused(networks)
        folder = document.path.parent
        journal = folder / top.journal.expanduser()
        self._journal_folder(journal.parent)
        mail = top.mail.located(folder) if top.mail is not None else None
        config = Config(
            networks={name: network for name, network in networks.items() if network},
            conversations={name: found for name, found in conversations.items() if found and found.rooms},
            owner=top.owner,
            journal=journal,
            durability=top.durability,
            keep=top.keep,
            media=top.media.model_copy(update={"folder": folder / top.media.folder.expanduser()}),
            web=top.web,
            archive=top.archive.located(folder, journal, witness, mail),
            mail=mail,
            reload=top.reload,
        )
        spots = {room: found.spot for room, found in self.rooms.items()}
        return remarked(document, config, spots if not self.left_out else {}, self.protocols)

    def _filled(self, data: dict[str, Data]) -> dict[str, Data]:
        """Return the file with what its own blocks have in files, such as `web: token_file:`, in place of
        them.
        """
        return self._filled_in(TopBlock, data, ())

    def _filled_in(self, model: type[Model], data: dict[str, Data], spot: Spot) -> dict[str, Data]:
        found = dict(data)
        for key, annotation in fields(model):
            for inner in models_in(annotation):
                value = found.get(key)
                if value is not None and secret_fields(inner):
                    found[key] = read_files(self.document, inner, value, (*spot, key))
                elif isinstance(value, dict):
                    found[key] = self._filled_in(inner, value, (*spot, key))
        return found

    def _witness(self, top: TopBlock | None) -> Witness | None:
        """Return the witness, whose room has the name that its network has for it. Refuses one that cannot be
        told anything.
        """
        witness = top.archive.witness if top is not None else None
        if witness is None or self.document.problems or self.left_out:
            return witness
        adapter = self.protocols.get(witness.network)
        try:
            room = RoomId("") if adapter is None else adapter.room_id(witness.room)
        except ValueError:
            room = RoomId("")
        found = self.rooms.get((witness.network, room))
        if found is None or found.entry.direction is Direction.FROM:
            spot = ("archive", "witness", "room")
            sentence = f"{witness.network} has no room {quoted(witness.room)} that is written to: "
            self.document.problem(spot, f"{sentence}put it into a conversation")
        return witness.model_copy(update={"room": str(room)})

    def _names_before(self, networks: Mapping[str, Network | None]) -> None:
        """Refuse a former name of a network that is a network's now, or that two networks claim."""
        seen: dict[str, str] = {}
        for name, network in networks.items():
            if network is None or network.was is None:
                continue
            if network.was in networks:
                sentence = (
                    f"{quoted(network.was)} is a network itself: take this line out, or rename that one"
                )
            elif network.was in seen:
                sentence = f"{quoted(network.was)} became {quoted(seen[network.was])} already"
            else:
                seen[network.was] = name
                continue
            self.document.problem(("networks", name, "was"), sentence)

    def _claims(self, top: TopBlock | None, networks: Mapping[str, Network | None]) -> None:
        """Refuse what two places of the file claim, and only one can have."""
        claims: list[tuple[Spot, Claim]] = []
        for block, model in (("media", top.media), ("web", top.web)) if top else ():
            for key, claim in model.claims().items() if model else ():
                claims.append(((block, key), claim))
        for name, network in networks.items():
            for key, claim in network.settings.claims().items() if network else ():
                claims.append((("networks", name, key), claim))
        refuse_seconds(self.document, claims)

    def _journal_folder(self, folder: Path) -> None:
        """Look for the journal's folder, which the service does not make; it may run as another user than we
        do.
        """
        shown = f'"{printable(str(folder))}"'
        if not os.path.isdir(folder):  # noqa: PTH112 - which raises nothing
            self.document.remark(("journal",), f"there is no folder {shown}: make it, or name another")
        elif not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            sentence = f"you may not write into the folder {shown}: let the service's user, or name another"
            self.document.remark(("journal",), sentence)

    def _unused(self, networks: Iterable[str]) -> None:
        used = {network for network, _ in self.rooms}
        for name in networks:
            if name not in used:
                sentence = "is in no conversation: write a room of it into one, or take the network out"
                self.document.remark(("networks", name), sentence, key=True)

    def _names(self, key: str) -> list[str]:
        """Return the names in one of the two great blocks."""
        block = self.document.at((key,))
        if block == {} and not self.left_out:
            self.document.problem((key,), "has nothing in it")
        return list(block) if isinstance(block, dict) else []

    def _split(self, spot: Spot, core: type[Model]) -> tuple[dict[str, Data], dict[str, Data]] | None:
        """Return a block's keys that every such block has, and the others; None when it is not a block."""
        block = self.document.at(spot)
        if not isinstance(block, dict):
            if not self.document.is_broken(spot):
                what = "has nothing in it" if block is None else "must be a mapping (key: value)"
                self.document.problem(spot, what)
            return None
        common = keys_of(core)
        return (
            {key: value for key, value in block.items() if key in common},
            {key: value for key, value in block.items() if key not in common},
        )

    def _own(self, spot: Spot, model: type[Model], data: dict[str, Data], core: type[Model]) -> Any:
        """Make the second pass over one block: check it by its protocol's model."""
        if not data and (found := bare(model)) is not None:
            return found
        filled = read_files(self.document, model, data, spot)
        return Block(self.document, spot, model, filled, also=keys_of(core)).read()

    def _network(self, name: str) -> Network | None:
        document, spot = self.document, ("networks", name)
        self.protocols[name] = None
        if sentence := against_name(name):
            document.problem(spot, sentence, key=True)
        if (parts := self._split(spot, NetworkBlock)) is None:
            return None
        common, own = parts
        protocol = self.protocols[name] = self._protocol((*spot, "protocol"), common.get("protocol"))
        settings = self._own(spot, protocol.NetworkConfig, own, NetworkBlock) if protocol else None
        for key in own if "protocol" not in common else ():
            if closest(key, ["protocol"]):
                unknown_key(document, (*spot, key), ["protocol"])
        core: NetworkBlock | None = Block(document, spot, NetworkBlock, common).read()
        if core is None or settings is None:
            return None
        self.shown[name] = _only(ShowRules, core)
        rules = _only(DeliveryRules, core)
        catch_up, show = core.catch_up, self.shown[name]
        return Network(
            name, core.protocol, settings, _filters(core), core.prefix, catch_up, rules, show, core.was
        )

    def _protocol(self, spot: Spot, text: Data) -> AdapterClass | None:
        document = self.document
        if not isinstance(text, str) or document.is_broken(spot):
            return None
        shown = "the variable's value" if document.conceals(spot) else quoted(text)
        if not _PROTOCOL.fullmatch(text):
            meant = f"; did you mean {quoted(text.lower())}?" if _PROTOCOL.fullmatch(text.lower()) else ""
            document.problem(spot, f"{shown} is not a protocol's name{meant}")
            return None
        try:
            return self.find(text)
        except ConfigError as error:
            for sentence in error.problems:
                document.problem(spot, f"{shown} names no protocol" if document.conceals(spot) else sentence)
        return None

    def _conversation(self, name: str) -> Conversation | None:
        document, spot = self.document, ("conversations", name)
        if not name.isprintable() or len(name) > 100:
            document.problem(spot, "a conversation's name is one line of at most 100 characters", key=True)
        if (parts := self._split(spot, ConversationBlock)) is None:
            return None
        common, own = parts
        core: ConversationBlock | None = Block(document, spot, ConversationBlock, common).read()
        spoken = _said(core, _SPOKEN) if core else {}
        found: list[_Found | None] = []
        for network, value in own.items():
            if network in self.protocols:
                entries = self._entries((*spot, network), value)
                found += [self._room(*entry, network, spoken) for entry in entries]
                continue
            known = [*self.protocols, *keys_of(ConversationBlock)]
            unknown_key(document, (*spot, network), known, what="network")
            found.append(None)
        rooms = [room for room in found if room]
        least, rooms_needed = (1, "a room") if core and core.announce else (2, "two rooms or more")
        if len(found) + self.left_out[name] < least:
            document.problem(spot, f"must join {rooms_needed}", key=True)
        elif len(rooms) == len(found) and not self.left_out[name]:
            self._flows(spot, rooms)
        self._distinct(rooms)
        joined = tuple(room.entry for room in rooms)
        rules = core and (core.prefix, core.archive, core.announce)
        return Conversation(name, joined, _filters(core), *rules) if core and rules else None

    def _of_strangers(self, network: str) -> bool:
        return not getattr(self.protocols[network], "instructed", True)

    def _entries(self, spot: Spot, value: Data) -> Iterator[tuple[Spot, Data]]:
        """Yield the rooms of one network in a conversation, each with its spot."""
        if not isinstance(value, list) or not value:
            yield spot, value
            return
        for index, entry in enumerate(value):
            yield (*spot, index), entry

    def _room(self, spot: Spot, entry: Data, network: str, spoken: dict[str, Any]) -> _Found | None:
        """Read a room. `spoken` is what the conversation says of how its rooms are spoken to."""
        document = self.document
        if document.is_broken(spot):
            return None
        if isinstance(entry, list) or not entry:
            document.problem(spot, "must be a room, or a mapping with room:" if entry else "names no room")
            return None
        block = entry if isinstance(entry, dict) else {"room": entry}
        there = (*spot, "room") if isinstance(entry, dict) else spot
        common = {key: value for key, value in block.items() if key in keys_of(RoomBlock)}
        own = {key: value for key, value in block.items() if key not in common}
        protocol = self.protocols[network]
        settings = self._own(spot, protocol.RoomConfig, own, RoomBlock) if protocol else None
        core: RoomBlock | None = Block(document, spot, RoomBlock, common).read()
        if core is None or protocol is None or document.is_broken(there):
            return None
        try:
            room = protocol.room_id(straight(core.room))
        except ValueError as error:
            hidden = document.betrays(there, str(error))
            document.problem(there, "is not a room of this protocol" if hidden else str(error))
            return None
        if settings is None:
            return None
        said = spoken | _said(core, ShowRules.model_fields)
        show = (self.shown.get(network) or ShowRules()).model_copy(update=said)
        return _Found(there, RoomEntry(network, room, core.direction, settings, show, _filters(core)))

    def _flows(self, spot: Spot, rooms: list[_Found]) -> None:
        for direction in (Direction.FROM, Direction.TO):
            if all(room.entry.direction is direction for room in rooms):
                sentence = f"nothing can flow here, since every room has direction: {direction}"
                self.document.problem(spot, sentence, key=True)

    def _distinct(self, rooms: list[_Found]) -> None:
        """See that each room is in a conversation once, and has the same settings in all."""
        here: dict[tuple[str, RoomId], _Found] = {}
        for room in rooms:
            key = (room.entry.network, room.entry.room)
            if key not in here and key not in self.rooms:
                here[key] = self.rooms[key] = room
                continue
            shown = "this room" if self.document.conceals(room.spot) else quoted(room.entry.room)
            if earlier := here.get(key):
                line, column = self.document.values[earlier.spot]
                sentence = f"{shown} stands in this conversation already, at line {line}, column {column}"
                self.document.problem(room.spot, sentence)
            elif (first := self.rooms.get(key)) and _differ(first.entry, room.entry):
                line, column = self.document.values[first.spot]
                sentence = (
                    f"{shown} has other settings at line {line}, column {column}: give it the same in both"
                )
                self.document.problem(room.spot, sentence)
            elif first:
                self.document.remark(
                    room.spot,
                    f"{shown} is in the conversation {quoted(str(first.spot[1]))} too, and both hear what is "
                    "said in it: if that is not meant, take it out of one",
                )
            here.setdefault(key, room)
            self.rooms.setdefault(key, room)


M = TypeVar("M", bound=Model)


def _only(model: type[M], block: Model) -> M:
    """Return the part of a block that this model describes."""
    return model.model_construct(**{key: getattr(block, key) for key in model.model_fields})


def _said(block: Model, keys: Iterable[str]) -> dict[str, Any]:
    """Return those of these keys that a block has, with their values."""
    written = block.model_fields_set
    return {key: getattr(block, key) for key in keys if key in written}


def _filters(block: Filters) -> Filters:
    return _only(Filters, block) if block.model_fields_set & Filters.model_fields.keys() else EVERYTHING


def _differ(one: RoomEntry, other: RoomEntry) -> bool:
    return one.settings != other.settings or one.show != other.show
