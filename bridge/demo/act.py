"""What the demo's people do besides talking, and whether everybody got to see it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image, ImageDraw

from bridge.model import (
    Capabilities,
    Event,
    MessageCreated,
    MessageEdited,
    MessageId,
    ReactionsChanged,
    Removed,
    plain,
)
from bridge.testing import Person

__all__ = ["Act", "picture"]

_SKY, _WATER, _STONE = (176, 214, 240), (70, 120, 170), (96, 84, 74)
_Sight = Callable[[Event], bool]


@dataclass(frozen=True, slots=True)
class Act:
    """An edit, an answer, a reaction, a picture, a removal, where networks have them; and questions."""

    people: Mapping[str, Person]
    records: Mapping[str, Capabilities]
    seen: Mapping[str, Sequence[Event]]
    """The events that the person on each network has seen so far."""
    until: Callable[[Callable[[], bool]], Awaitable[None]]
    """Waits for something; raises TimeoutError."""
    missed: list[str]
    """Things that somebody did not get to see."""

    async def play(self, folder: Path) -> list[str]:
        """Do it, one after the other. Returns what that was."""
        return [*await self._change(folder), *await self._ask()]

    async def _ask(self) -> list[str]:
        """Ask those who say nothing unasked."""
        done = []
        for network, person in self.people.items():
            if person.prompt:
                asking = next(n for n, other in self.people.items() if not other.prompt)
                await self._say(asking, person.prompt)
                done.append(f"the answer of {person.name}")
                await self._all(done[-1], network, partial(_is_of, person.name))
        return done

    async def _change(self, folder: Path) -> list[str]:
        able = [n for n, person in self.people.items() if self.records[n].edit and not person.prompt]
        if not able:
            return []
        here, there = able[-1], able[0]
        said = await self._say(here, "Meet me at the brigde at noon")
        await self.people[here].edit(said[here], plain("Meet me at the bridge at noon"))
        await self._all("the edit", here, _edited)
        await self._say(there, "I will be there", answers=said[there])
        done = ["the edit", "the answer"]
        if self.records[there].reaction:
            await self.people[there].react(said[there], "👍")
            reacting = [network for network in self.people if self.records[network].reaction]
            await self._all("the reaction", there, _reacted, reacting)
            done.append("the reaction")
        if self.records[here].file:
            await self.people[here].send(picture(folder), "This is where it stands")
            await self._all("the picture", here, _pictured)
            done.append("the picture")
        if self.records[there].delete:
            wrong = await self._say(there, "This belongs elsewhere, sorry")
            await self.people[there].remove(wrong[there])
            removing = [network for network in self.people if self.records[network].delete]
            await self._all("the removal", there, _removed, removing)
            done.append("the removal")
        return done

    async def _say(self, here: str, text: str, answers: MessageId | None = None) -> dict[str, MessageId]:
        """Say something. Returns its name on each network where it was seen."""
        name = await self.people[here].say(plain(text), answers=answers)
        found = await self._all(f'"{text}"', here, lambda event: _says(event, text))
        names = {network: event.id for network, event in found.items() if isinstance(event, MessageCreated)}
        return names | ({here: name} if name is not None else {})

    async def _all(
        self, what: str, here: str, sight: _Sight, networks: Sequence[str] | None = None
    ) -> dict[str, Event]:
        """Wait until it is seen everywhere else."""
        others = [n for n in self.people if n != here and (networks is None or n in networks)]

        def found() -> dict[str, Event]:
            hits = {n: next(filter(sight, reversed(self.seen[n])), None) for n in others}
            return {network: event for network, event in hits.items() if event is not None}

        try:
            await self.until(lambda: len(found()) == len(others))
        except TimeoutError:
            self.missed.extend(f"{what} on {network}" for network in others if network not in found())
        return found()


def _says(event: Event, text: str) -> bool:
    return isinstance(event, MessageCreated) and event.content.text.endswith(text)


def _is_of(who: str, event: Event) -> bool:
    if not isinstance(event, MessageCreated):
        return False
    return event.sender.name == who or f"<{who}>" in event.content.text.replace("\u200b", "")


def _edited(event: Event) -> bool:
    if isinstance(event, MessageEdited):
        return event.content.text.endswith("bridge at noon")
    return isinstance(event, MessageCreated) and event.content.text.endswith("*bridge")


def _reacted(event: Event) -> bool:
    return isinstance(event, ReactionsChanged) and "👍" in (event.emojis or event.added)


def _pictured(event: Event) -> bool:
    return isinstance(event, MessageCreated) and bool(
        event.content.attachments or "bridge.png" in event.content.text
    )


def _removed(event: Event) -> bool:
    return isinstance(event, Removed)


def picture(folder: Path) -> Path:
    """Draw a bridge over a river, as a file in this folder."""
    image = Image.new("RGB", (320, 200), _SKY)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 150, 320, 200), _WATER)
    draw.rectangle((0, 96, 320, 112), _STONE)
    for pillar in (40, 150, 260):
        draw.rectangle((pillar, 112, pillar + 20, 170), _STONE)
    for arch in (60, 170):
        draw.arc((arch, 100, arch + 90, 190), 180, 360, _STONE, 8)
    path = folder / "bridge.png"
    image.save(path)
    return path
