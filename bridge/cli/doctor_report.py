"""What `hubbub doctor` finds, printed."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from bridge.config import Config, load
from bridge.config.words import counted, printable
from bridge.examination import Finding, Grade
from bridge.protocols import find
from bridge.secrets import strike

from .doctor_machine import LOOKS, Machine
from .doctor_networks import look_at
from .log import gathered
from .mail_server import mail_servers
from .terminal import Terminal
from .words import print_json

__all__ = ["report"]

_HERE = "this machine"
_STYLES = {Grade.WELL: "", Grade.DOUBTFUL: "yellow", Grade.WRONG: "bold red"}


def report(file: Path, *, offline: bool, as_json: bool) -> bool:
    """Look, and print what is found. Returns whether nothing is wrong. Raises ConfigError."""
    config = load(file, find)
    found: dict[str, list[Finding]] = {}
    terminal = Terminal()
    for about, findings in _findings(Machine(file, config), offline=offline):
        found[about] = [_without_secrets(finding) for finding in findings]
        if not as_json:
            _show(terminal, about, found[about])
    grades = [finding.grade for findings in found.values() for finding in findings]
    wrong, doubtful = grades.count(Grade.WRONG), grades.count(Grade.DOUBTFUL)
    if as_json:
        told = [{"about": about, **asdict(one)} for about, findings in found.items() for one in findings]
        print_json({"well": not wrong, "findings": told})
    else:
        _sum_up(terminal, wrong, doubtful)
    return not wrong


def _findings(machine: Machine, *, offline: bool) -> Iterator[tuple[str, list[Finding]]]:
    """Yield what is found about this machine, then about each network; a terminal shows what is looked at."""
    with _telling("looking at this machine"):
        here = [finding for look in LOOKS for finding in look(machine)]
    yield _HERE, here
    if offline:
        return
    names = list(machine.config.networks)
    with _telling(f"looking at {', '.join(names)}"), gathered() as remarks:
        answers = asyncio.run(_all(machine.config, names))
    for name, findings in zip(names, answers, strict=True):
        its = [remark for remark in remarks if remark.startswith(f"{name}: ")]
        doubts = [Finding("remark", Grade.DOUBTFUL, remark.removeprefix(f"{name}: ")) for remark in its]
        yield name, findings + doubts
    for server, why in mail_servers(machine.config):
        said = why or "lets Hubbub in, and takes its mail"
        yield server, [Finding("mail", Grade.WRONG if why else Grade.WELL, said)]


async def _all(config: Config, names: list[str]) -> list[list[Finding]]:
    return await asyncio.gather(*(look_at(config, name) for name in names))


def _telling(what: str) -> contextlib.AbstractContextManager[object]:
    """Return a context in which a person sees that something goes on."""
    console = Console(stderr=True)
    return console.status(f"{what} …") if console.is_terminal else contextlib.nullcontext()


def _without_secrets(finding: Finding) -> Finding:
    return Finding(finding.subject, finding.grade, printable(strike(finding.sentence)))


def _show(terminal: Terminal, about: str, findings: list[Finding]) -> None:
    terminal.say()
    terminal.say(printable(about), "bold")
    for finding in findings:
        terminal.say(finding.sentence, _STYLES[finding.grade], head=f"  {finding.grade:8}  ")


def _sum_up(terminal: Terminal, wrong: int, doubtful: int) -> None:
    terminal.say()
    if not wrong and not doubtful:
        terminal.say("All is well.", "bold green")
        return
    parts = [f"{counted(wrong, 'thing')} {'is' if wrong == 1 else 'are'} wrong"] if wrong else []
    if doubtful:
        parts.append(f"{counted(doubtful, 'thing')} {'is' if doubtful == 1 else 'are'} worth a look")
    terminal.say("; ".join(parts) + ".", "bold red" if wrong else "bold yellow")
