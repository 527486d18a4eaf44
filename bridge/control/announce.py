"""Announces for an owner."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bridge.announce.announcing import ListPlan
from bridge.app import Bridge
from bridge.boundary.texts import is_text
from bridge.config.words import quoted
from bridge.errors import HubbubError

from .announce_requests import AnnounceAnswer, AnnounceRequest, ToldNetwork
from .requests import Request

__all__ = ["ListAbilities"]


class ListAbilities:
    """All of them, for a bridge that runs."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self.able: Mapping[type[Request[Any]], Callable[[Any], Awaitable[Any]]] = {
            AnnounceRequest: self._announce
        }

    async def _announce(self, request: AnnounceRequest) -> AnnounceAnswer:
        lists = self._bridge.features.lists
        if request.to:
            raise HubbubError(
                f"nobody can be named: what is announced in {quoted(request.list)} goes to those who have "
                "subscribed and confirmed it themselves, and to nobody else"
            )
        if request.dry_run:
            return _answer(lists.plan(request.list))
        if not is_text(request.text):
            raise HubbubError("this is no text that can be written")
        number, plan, code = lists.announce(request.list, request.text)
        return _answer(plan, number, code)


def _answer(plan: ListPlan, number: int = 0, code: str = "") -> AnnounceAnswer:
    return AnnounceAnswer(
        number=number,
        list=plan.list,
        people=plan.people,
        networks={name: ToldNetwork(one.people, one.away, one.asleep) for name, one in plan.networks.items()},
        seconds=plan.seconds,
        last_wakes=plan.last_wakes,
        needs_approval=plan.needs_approval,
        code=code,
    )
