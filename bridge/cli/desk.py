"""`hubbub desk`: figures of a desk, and what staffing it asks for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .archived import TIME
from .desk_mail import mail
from .words import config_file, json_option, print_json

if TYPE_CHECKING:  # here: nobody who asks for help waits for it
    from bridge.desk.located import MappedDesk
    from bridge.desk.reading import TimesWanted

__all__ = ["desk"]

_F = TypeVar("_F", bound=Callable[..., object])


def _options(command: _F) -> _F:
    """Those that both commands have."""
    file = click.option(
        "--file", type=click.Path(path_type=Path), help="The configuration, where it is not the usual one."
    )
    since = click.option(
        "--since", type=TIME, help="Chats that were opened from then on: 2026-11, 2026-11-28, 4w."
    )
    until = click.option("--until", type=TIME, help="Up to the end of then.")
    zone = click.option("--zone", metavar="ZONE", default="", help="Whose clock counts: Europe/Berlin.")
    return since(until(zone(file(json_option(command)))))


class _Within(click.ParamType[float]):
    """A time in seconds, written with its unit."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from pydantic import TypeAdapter, ValidationError

        from bridge.config.values import Duration

        try:
            return float(TypeAdapter(Duration).validate_python(str(value)))
        except ValidationError:
            self.fail(f"{value!r} is no time with its unit: write 60s or 2m", param, ctx)


class _Share(click.ParamType[float]):
    """A share: 80%, or 0.8."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            found = 0.0
        if not 0 < found < 1:
            self.fail(f"{value!r} is no share: write 80%, between 0% and 100%", param, ctx)
        return found


@click.group()
def desk() -> None:
    """Figures of a desk, and what staffing it asks for.

    They are read from the desk's own file, also while no service runs. And what it could not send by mail.

    \b
    Examples:
      hubbub desk figures
      hubbub desk plan sales --times 10
    """  # noqa: D301 - the sign is click's, for lines that stay as they are


@desk.command()
@click.argument("desk", required=False, default="")
@_options
@click.option(
    "--by", type=click.Choice(["agent", "hour"]), help="Of each agent, or each hour of the week, alone."
)
def figures(  # noqa: PLR0913 each by its name
    desk: str,
    since: tuple[float, float] | None,
    until: tuple[float, float] | None,
    zone: str,
    file: Path | None,
    *,
    as_json: bool,
    by: str | None,
) -> None:
    """Say how soon visitors were answered, how long that took, by whom and when.

    Of the chats that were opened in the last four weeks, or between two times. Without DESK it is the only
    one of the map.

    \b
    Examples:
      hubbub desk figures
      hubbub desk figures sales --since 2026-11 --by agent
      hubbub desk figures sales --by hour --zone Asia/Shanghai
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.desk.reading import read_figures

    from .desk_screen import show_figures

    found = read_figures(_meant(file, desk), _times(since, until, zone))
    if as_json:
        _print_json(found)
    else:
        show_figures(found, by)


@desk.command()
@click.argument("desk", required=False, default="")
@_options
@click.option(
    "--times", type=click.FloatRange(0, min_open=True), help="So many times the chats that were counted."
)
@click.option(
    "--chats-per-day", "per_day", type=click.FloatRange(0, min_open=True),
    help="So many chats on a day on which the desk is open.",
)  # fmt: skip
@click.option(
    "--season", type=click.FloatRange(0, min_open=True), default=1.0,
    help="So many times as many again: 1.8 for December.",
)  # fmt: skip
@click.option(
    "--within", type=_Within(), default="60s", show_default=True, help="How soon visitors shall be answered."
)
@click.option("--share", type=_Share(), default="80%", show_default=True, help="How many of them shall be.")
@click.option(
    "--at-once",
    type=click.FloatRange(1, 100),
    help="How many chats an agent has at a time; by default the desk's `capacity`.",
)
def plan(  # noqa: PLR0913 each by its name
    desk: str,
    since: tuple[float, float] | None,
    until: tuple[float, float] | None,
    zone: str,
    file: Path | None,
    *,
    as_json: bool,
    times: float | None,
    per_day: float | None,
    season: float,
    within: float,
    share: float,
    at_once: float | None,
) -> None:
    """Say how many agents each hour of the week asks for.

    From the chats of the last twelve weeks, or between two times: a pilot that a tenth of the visitors saw is
    planned with --times 10 for all of them. By Erlang's formula for waiting (Erlang C); docs/desk-figures.md
    says what it takes for granted.

    \b
    Examples:
      hubbub desk plan
      hubbub desk plan sales --times 10 --within 60s --share 80%
      hubbub desk plan sales --chats-per-day 300 --season 1.8
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.desk.erlang import Target
    from bridge.desk.reading import PlanWanted, read_plan

    from .desk_screen import show_plan

    if times is not None and per_day is not None:
        raise click.UsageError("say how many either by --times or by --chats-per-day")
    asked = PlanWanted(Target(within, share), times or 1.0, per_day, season, at_once)
    found = read_plan(_meant(file, desk), _times(since, until, zone), asked)
    if as_json:
        _print_json(found)
    else:
        show_plan(found)


def _meant(file: Path | None, desk: str) -> "MappedDesk":
    from bridge.config import load
    from bridge.desk.located import one_desk
    from bridge.protocols import find

    return one_desk(load(file or config_file(), find), desk)


def _times(since: tuple[float, float] | None, until: tuple[float, float] | None, zone: str) -> "TimesWanted":
    from bridge.clock import SYSTEM
    from bridge.desk.reading import TimesWanted

    return TimesWanted(SYSTEM.now(), zone, since and since[0], until and until[1])


def _print_json(found: object) -> None:
    import msgspec

    print_json(msgspec.to_builtins(found))


desk.add_command(mail)
