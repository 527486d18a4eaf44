"""The composition root: builds everything from a configuration, runs it, and follows a new one."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from .adapter import Adapter, Source
from .aside import aside, in_steps
from .awake import Awake
from .boundary import Guarded
from .clock import SYSTEM, Clock
from .complaints import Complaints
from .compose.attachments import Attachments
from .config import Config, needs_connection
from .config.words import counted as many
from .config.words import nearest, quoted
from .counts import Counts, counted
from .errors import AdapterError, ConfigError, HubbubError, JournalError, Rejected
from .features import Features
from .introductions import introduction, introductions
from .journal import Journal
from .journal.sqlite import SqliteJournal
from .keepsake import Keepsake
from .media import Files, Uploads
from .model import Event, RoomId
from .notices import Teller
from .protocols import find
from .relay import Observer, Observers, ObserverStatus, RoomStatus, Router, compile_routes
from .relay.opened import NetworkConversations
from .reloads import Reloads
from .status import RoomReport, Status, count, network_report, room_report
from .supervisor import NetworkState, Supervisor
from .watchdog import watched

__all__ = ["Bridge"]

log = logging.getLogger(__name__)

_PATROL = 5.0
_DRAIN = 2.0
"""How long a stop waits for the confirmations of what is on its way, in seconds."""
_GLANCES = 100
_BREATH = 0.01
"""How long the relay has the loop between two steps of pruning, in seconds."""


@dataclass(frozen=True, slots=True)
class _Running:
    """A network that is kept connected."""

    adapter: Adapter
    supervisor: Supervisor
    task: "asyncio.Task[None]"


def on_disk(config: Config, clock: Clock) -> Journal:
    """Open the journal that a configuration names. Raises JournalError when it cannot be used."""
    return SqliteJournal(config.journal, synced=config.durability == "full", clock=clock)


class Bridge:
    """A configuration at work."""

    def __init__(  # noqa: PLR0913 -- by name, but for the first
        self,
        config: Config,
        *,
        watch: Callable[[str, Event], None] | None = None,
        beside: "Callable[[Bridge], AbstractAsyncContextManager[None]] | None" = None,
        journal: Callable[[Config, Clock], Journal] = on_disk,
        observers: Sequence[Observer] = (),
        clock: Clock = SYSTEM,
    ) -> None:
        """`watch` is called with each event and the name of its network; `beside` gives what to have open
        while the relay runs and the journal is ours; `journal` opens that; `observers` see what it takes.
        """
        self._config = config
        self._clock = clock
        self._watch = watch
        self._beside = beside or (lambda _: contextlib.nullcontext())
        self._open = journal
        self._looking_on = observers
        self.journal = config.journal
        """The journal's file: the same until the end."""
        self.reloads = Reloads(clock)
        self._networks: dict[str, _Running] = {}
        self._mapped: Mapping[str, Mapping[RoomId, Any]] = {}
        """The rooms of the map, by network, each with its settings."""
        self._changing = asyncio.Lock()
        self._behind: set[str] = set()
        """The networks whose adapters have other rooms to serve."""
        self._opened = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled. Raises JournalError when the journal cannot be used."""
        self._since = self._clock.now()
        with watched(), contextlib.closing(self._open(self._config, self._clock)) as journal:
            media = self._config.media

            def sender(seq: int) -> str:
                found = journal.sender(seq)
                return found.id if found else ""

            files = self._files = Files(
                media, journal.secret(b"files"), self._source, journal.is_owed, sender, self._clock
            )
            uploads = self._uploads = Uploads(sender, self._clock)
            notices = self._notices = Teller(journal, self.room)
            attachments = Attachments(files, uploads, media)
            self._router = Router(journal, attachments, notices, self._moved, self._watch)
            self.features = Features(self._router, notices, self.adapter, lambda: self._config)
            self._observers = Observers((*self._looking_on, *self.features.observers), self._router.dispatch)
            files.ended = uploads.ended = self._router.unpark
            try:
                async with asyncio.TaskGroup() as self._group:
                    self._group.create_task(files.run())
                    self._group.create_task(uploads.run())
                    self._group.create_task(self._observers.run())
                    self._group.create_task(self._follow_directory())
                    async with self._site(files):
                        async with self._changing:
                            await self._become(self._config)
                        async with self.features.running(), self._draining(), self._beside(self):
                            await self._patrol()
            except ExceptionGroup as errors:
                known, _ = errors.split(JournalError)
                raise (known or errors).exceptions[0] from None
            finally:
                for worker in self._router.workers.values():
                    worker.close()
                self._router.dispatch.close()

    def _site(self, files: Files) -> AbstractAsyncContextManager[None]:
        """Return a context in which everything that is handed out over HTTP is served."""
        if self._config.media.public_url is None:
            return contextlib.nullcontext()
        from .web import files_site  # with its library: a sixth of the memory of a service

        return files_site(self._config.media, files, self.features.lists.add_pages).serving()

    async def reload(self, config: Config) -> None:
        """Follow another configuration. What did not change keeps its connection and its queue.

        Raises JournalError, and changes nothing, while the journal cannot be written.
        """
        if self._router.journal.failing:
            raise JournalError("the journal cannot be written now: make room on its disk, then reload")
        async with self._changing:
            await self._become(config)

    def adapter(self, network: str) -> Adapter:
        """Return the adapter of a network."""
        return self._networks[network].adapter

    async def patrol(self) -> None:
        """Look after what waits, and tell: done every few seconds."""
        self.features.patrol()
        await self._router.patrol()
        await self._notices.patrol()
        self._router.dispatch.commit()

    # What the owner may ask

    @property
    def config(self) -> Config:
        """The configuration that is followed."""
        return self._config

    def rooms(self) -> Iterable[RoomStatus]:
        """Return the status of each room of the map."""
        return [worker.status() for worker in self._router.workers.values()]

    def room(self, number: int) -> RoomStatus | None:
        """Return the status of one room; None: it is not in the map."""
        return self._router.rooms.status(number)

    def state(self, network: str) -> tuple[NetworkState, str]:
        """Return where we stand with a network, and why its last connection ended."""
        supervisor = self._networks[network].supervisor
        return supervisor.state, supervisor.reason

    def counts(self) -> Counts:
        """Return what was counted since the start."""
        ended = {name: one.supervisor.ended for name, one in self._networks.items()}
        return counted(self._router, ended, self.reloads)

    async def status(self) -> Status:
        """Return how everything stands now."""
        self._router.dispatch.commit()  # else what has just been delivered counts as owed
        found = await count(self.journal)
        owed = {(room.network, room.room): room for room in found.owed}
        gaps, now = self._notices.gaps.latest, self._clock.now()

        def tell(room: RoomStatus) -> RoomReport:
            return room_report(room, owed.get((room.network, room.id)), gaps.get(room.number), now)

        rooms: dict[str, list[RoomStatus]] = {}
        for room in self.rooms():
            rooms.setdefault(room.network, []).append(room)
        networks = {
            name: network_report(
                self._config.networks[name].protocol, running.supervisor, rooms.get(name, []), tell
            )
            for name, running in self._networks.items()
        }
        return Status(
            version=version("hubbub"),
            since=self._since,
            taking=not self._router.journal.failing,
            networks=networks,
            undelivered=found.undelivered,
            files={"fetched": self._files.standing(), "uploaded": self._uploads.standing()},
            observers=self.observers(),
            map=self.reloads.report(),
        )

    def observers(self) -> Sequence[ObserverStatus]:
        """Return how far each observer is."""
        return [*self._observers.status(), *self.features.archive.status()]

    def revive(self, letters: Sequence[tuple[int, int]]) -> int:
        """Send again what was given up, by the numbers of room and message. Returns how many there were."""
        return self._router.revive(letters)

    async def catch_up(self, network: str, room: str, since: float) -> int:
        """Read what was said in a room since then, in seconds since 1970, and relay what was missed of it;
        returns how much that is. Raises an AdapterError, or ConfigError where there is no such room.
        """
        if network not in self._networks:
            raise ConfigError([f"there is no network {quoted(network)}{nearest(network, self._networks)}"])
        adapter = self.adapter(network)
        try:
            found = find(self._config.networks[network].protocol).room_id(room)
        except ValueError as error:
            raise ConfigError([str(error)]) from None
        if found not in adapter.rooms:
            raise ConfigError([f"{network} has no room {quoted(room)}{nearest(found, adapter.rooms)}"])
        return self._router.take_past(network, await adapter.past(found, since))

    async def _become(self, config: Config) -> None:
        directory = self._router.rooms.directory
        mapped = await aside(config.rooms)
        changed = {
            name
            for name in self._networks
            if not (name in mapped or (name in config.networks and any(directory.rooms(name))))
            or needs_connection(self._config.networks[name], config.networks[name])
        }
        await self._stop(changed)
        self._rename(config)
        self._config, self._mapped = config, mapped
        directory.follow(config.networks)
        names = [name for name in config.networks if self._rooms(name)]
        told = introductions(config)
        adapters = {
            name: self._adapter(name, told.get(name) or introduction(config.owner, "en")) for name in names
        }
        rules = {name: config.networks[name].rules for name in names}
        numbers: dict[tuple[str, RoomId], int] = {}

        def give_number(room: tuple[str, RoomId]) -> None:
            numbers[room] = self._router.journal.number(*room)

        await in_steps(give_number, ((name, room) for name in mapped for room in mapped[name]))
        routes = await aside(partial(compile_routes, config, lambda *room: numbers[room], self._router.muted))
        await self._router.rooms.follow(routes, adapters, rules)
        rooms = {name: self._rooms(name) for name in names}
        moved = await aside(lambda: [name for name in names if adapters[name].rooms != rooms[name]])
        await asyncio.gather(*[self._serve(name, adapters[name]) for name in moved])
        self._start(adapters)
        joined, among = many(len(config.conversations), "conversation"), many(len(adapters), "network")
        log.info("relaying %s on %s", joined, among)

    def _rooms(self, network: str) -> Mapping[RoomId, Any]:
        """Return the rooms that the adapter of a network has to serve, each with its settings."""
        return {**dict(self._router.rooms.directory.rooms(network)), **self._mapped.get(network, {})}

    def _moved(self, networks: AbstractSet[str]) -> None:
        """Let these networks serve their rooms: an adapter opened or closed a conversation with them."""
        self._behind |= networks
        self._opened.set()

    async def _follow_directory(self) -> None:
        while True:
            await self._opened.wait()
            async with self._changing:
                self._opened.clear()
                networks, self._behind = self._behind, set()
                if networks <= self._networks.keys():
                    await asyncio.gather(*[self._serve(name, self.adapter(name)) for name in networks])
                else:
                    await self._become(self._config)  # one of them had nothing to do before

    def _rename(self, config: Config) -> None:
        """Give networks that have another name now what they had under the old one."""
        for name, network in config.networks.items():
            if network.was is None:
                continue
            if self._router.journal.rename(network.was, name):
                log.info("%s is what %s was", name, network.was)
            try:
                Keepsake(self.journal, name).take_over(network.was)
            except OSError as error:
                log.warning("the session of %s stays where it is: %s", network.was, error)

    async def _serve(self, name: str, adapter: Adapter) -> None:
        """Have an adapter be in its rooms, if need be by a new connection."""
        try:
            await adapter.serve(self._rooms(name))
        except AdapterError as error:
            self._networks[name].supervisor.restart(f"its rooms did not change ({error})")

    def _source(self, network: str, address: str) -> Source:
        """Return where a file of a network can be fetched. Raises Rejected."""
        if network not in self._networks:
            raise Rejected("its network left the map")
        return self._networks[network].adapter.source(address)

    def _adapter(self, name: str, text: str) -> Adapter:
        """Return the adapter of a network, as it runs or new; `text` is how it introduces itself."""
        network = self._config.networks[name]
        kind, running = find(network.protocol), self._networks.get(name)
        adapter = running.adapter if running else Guarded(kind, name, network.settings, text)
        adapter.introduction, adapter.catch_up, adapter.mail = text, network.catch_up, self._config.mail
        adapter.follow(network.settings)
        if running is None:
            adapter.avatars, adapter.lists = self._router.avatars.beside(name), self.features.lists
            adapter.keepsake, adapter.clock = Keepsake(self.journal, name), self._clock
            adapter.conversations = NetworkConversations(name, self._router.rooms)
        return adapter

    def _start(self, adapters: Mapping[str, Adapter]) -> None:
        """Start what does not run yet."""
        for name, adapter in adapters.items():
            if name not in self._networks:
                supervisor = Supervisor(adapter, self._router.emit(name), self._router.offline)
                task = self._group.create_task(supervisor.run())
                self._networks[name] = _Running(adapter, supervisor, task)

    async def _stop(self, names: set[str]) -> None:
        """Disconnect these networks; what is owed to their rooms stays in the journal."""
        workers = self._router.rooms.forget(names)
        tasks = [self._networks.pop(name).task for name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for worker in workers:
            worker.close()
        await self._router.dispatch.committed()

    async def _patrol(self) -> None:
        """Look after connections that seem alive and confirm nothing, after what waits, and what is old."""
        awake, complaints = Awake(self._clock), Complaints(log, self._clock)
        while True:
            await awake.sleep(_PATROL)
            try:
                # Before anything is awaited, where a stop would not be noticed.
                self._restart_dead(awake.since)
                self._router.journal.guard()
                await self.patrol()
                await self._prune()
            except HubbubError:
                raise
            except Exception as error:  # noqa: BLE001 whatever it is, the relay goes on
                complaints.tell("patrol", f"not everything could be looked after: a bug ({error!r})", error)

    def _restart_dead(self, awake: float) -> None:
        for name, reason in self._router.overdue(awake).items():
            self._networks[name].supervisor.restart(reason)

    async def _prune(self) -> None:
        now, keep = self._clock.now(), self._config.keep
        more = True
        while more:
            more = self._router.journal.prune(text_before=now - keep.text, names_before=now - keep.ids)
            await self._clock.sleep(_BREATH)

    @contextlib.asynccontextmanager
    async def _draining(self) -> AsyncIterator[None]:
        """Begin nothing new at the end, and let what is on its way arrive, before the networks go."""
        try:
            yield
        finally:
            workers = self._router.workers.values()
            for worker in workers:
                worker.stop()
            for _ in range(_GLANCES):
                if all(worker.idle() for worker in workers):
                    break
                await self._clock.sleep(_DRAIN / _GLANCES)
