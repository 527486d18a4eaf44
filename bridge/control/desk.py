"""Reads the files of the desks for their owner: each time in a thread."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bridge.app import Bridge
from bridge.aside import read_aside
from bridge.clock import Clock
from bridge.config import Config
from bridge.desk.erlang import Target
from bridge.desk.located import MappedDesk, desks, one_desk
from bridge.desk.reading import PlanWanted, TimesWanted, read_figures, read_plan
from bridge.desk.rules import DeskRules
from bridge.desk.stuck_mail import do_with_stuck, mail_reports, stuck_mail
from bridge.desk.tally import DeskCounts, DeskTally
from bridge.errors import HubbubError
from bridge.model import RoomId
from bridge.status import MailReport

from .desk_requests import (
    DeskFiguresAnswer,
    DeskFiguresRequest,
    DeskMailAnswer,
    DeskMailRequest,
    DeskPlanAnswer,
    DeskPlanRequest,
    DeskShown,
    MailStuck,
)
from .requests import Request

__all__ = ["DeskAbilities", "desk_mail"]


class DeskAbilities:
    """What an owner can ask of desks."""

    def __init__(self, bridge: Bridge, clock: Clock) -> None:
        self._bridge = bridge
        self._clock = clock
        self._tally = DeskTally(clock.now())
        self._turn = asyncio.Lock()
        self.able: Mapping[type[Request[Any]], Callable[[Any], Awaitable[Any]]] = {
            DeskFiguresRequest: self._figures,
            DeskPlanRequest: self._plan,
            DeskMailRequest: self._mail,
        }

    async def counts(self) -> Sequence[DeskCounts]:
        """Return how the desks of the map stand, and what was counted at each since the start."""
        there = desks(self._bridge.config)
        if not there:
            return []
        async with self._turn:
            found = await read_aside(lambda: self._tally.look(there))
        rules = {(one.network, one.name): one.rules for one in there}
        for one in found:
            one.agents = self._agents(one, rules[one.network, one.desk])
        return found

    def _agents(self, desk: DeskCounts, rules: DeskRules) -> int | None:
        """Count who is in the lobby and can be given a chat; None: nobody can tell."""
        if desk.network not in self._bridge.config.networks:
            return None  # it left the map while its file was read
        conversations = self._bridge.adapter(desk.network).conversations
        if conversations is None:
            return None
        there = {one.key for one in conversations.people(RoomId(desk.desk)) if not one.away}
        return sum(rules.may_answer(key) and not rules.is_bot(key) for key in there.difference(desk.off))

    async def mail(self) -> Sequence[MailReport]:
        """Return how the mail of the desks of the map stands, of those of which some does not go."""
        there = desks(self._bridge.config)
        return await read_aside(lambda: mail_reports(there)) if there else []

    async def _mail(self, request: DeskMailRequest) -> DeskMailAnswer:
        config = self._bridge.config
        return await read_aside(lambda: desk_mail(config, request, self._clock.now()))

    async def _figures(self, request: DeskFiguresRequest) -> DeskFiguresAnswer:
        config = self._bridge.config
        there = [one_desk(config, request.desk)] if request.desk else desks(config)
        async with self._turn:
            shown = await read_aside(lambda: [self._shown(one, request) for one in there])
        return DeskFiguresAnswer(desks=shown)

    def _shown(self, desk: MappedDesk, request: DeskFiguresRequest) -> DeskShown:
        try:
            found, problem = read_figures(desk, self._times(request)), ""
        except HubbubError as error:
            found, problem = None, str(error)
        return DeskShown(network=desk.network, name=desk.name, figures=found, problem=problem)

    async def _plan(self, request: DeskPlanRequest) -> DeskPlanAnswer:
        desk = one_desk(self._bridge.config, request.desk)
        target = Target(request.within, request.share)
        wanted = PlanWanted(target, request.times, request.chats_per_day, request.season, request.at_once)
        async with self._turn:
            found = await read_aside(lambda: read_plan(desk, self._times(request), wanted))
        return DeskPlanAnswer(plan=found)

    def _times(self, request: DeskFiguresRequest | DeskPlanRequest) -> TimesWanted:
        return TimesWanted(self._clock.now(), request.time_zone, request.since, request.until)


def desk_mail(config: Config, request: DeskMailRequest, now: float) -> DeskMailAnswer:
    """Say which mail of desks did not go, and do with it what is asked. Blocks. Raises HubbubError."""
    there = [one_desk(config, request.desk)] if request.desk else desks(config)
    done = do_with_stuck(there, set(request.numbers), request.do, now) if request.do else 0
    left = [
        MailStuck(
            network=desk.network,
            number=one.number,
            desk=one.desk,
            kind=one.kind,
            chat=one.chat,
            to=one.recipient,
            at=one.at,
            given_up=one.given_up_at,
            reason=one.why,
        )
        for desk, one in stuck_mail(there)
    ]
    return DeskMailAnswer(done=done, mails=left)
