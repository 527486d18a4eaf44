"""`hubbub init`: a first bridge.yaml, asked for and tried."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.config.words import printable
from bridge.errors import HubbubError

from .words import config_argument

if TYPE_CHECKING:  # what `--help` need not wait for
    from .setup.dialogue import Dialogue
    from .setup.draft import Draft
    from .setup.written import Written

__all__ = ["init"]

_INTERRUPTED = 130
"""As shells say that SIGINT ended a command."""


@click.command()
@config_argument
@click.option(
    "--set", "given", multiple=True, metavar="KEY=VALUE",
    help="An answer, by its place in FILE, such as networks.libera.nick=hubbub; as often as you like.",
)  # fmt: skip
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help="A file with answers, in the form of FILE (YAML or JSON).",
)
@click.option(
    "--secrets", type=click.Choice(["here", "files", "variables"]),
    help="Where passwords stand: in FILE (which only you can read), in files beside it, or in variables.",
)  # fmt: skip
@click.option("--desk", is_flag=True, help="Make a desk: visitors of a web page are answered in a room.")
@click.option("--no-input", is_flag=True, help="Ask nothing: what is needed is given, or missing.")
@click.option("--offline", is_flag=True, help="Try no login and look at no room.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there already; it is kept beside it.")
def init(  # noqa: PLR0913 -- the command's options
    file: Path, given: tuple[str, ...], answers: Path | None, secrets: str | None, *,
    desk: bool, no_input: bool, offline: bool, force: bool,
) -> None:  # fmt: skip
    """Ask, try each login, and write FILE.

    Asks which networks to connect to, logs in to each as soon as it can, asks for the rooms to join and looks
    at them, and writes a map with comments that only you can read, with its schema for editors. Nothing is
    relayed, and nothing is left behind when you end it with Ctrl-C. Without a terminal it asks nothing, and
    takes what --set and --answers give.

    \b
    Examples:
      hubbub init
      hubbub init --desk
      hubbub init /etc/hubbub/bridge.yaml --secrets files
      hubbub init --no-input --answers answers.yaml --set networks.home.password='${HOME_PASSWORD}'

    Exit codes: 0 it is written, 1 it is not, 2 wrong usage, 78 an answer has a mistake.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from .setup.desk import visitors
    from .setup.dialogue import Dialogue
    from .setup.draft import drafting
    from .setup.steps import ask_all
    from .setup.written import write

    dialogue = Dialogue(with_somebody=sys.stdin.isatty() and sys.stdout.isatty() and not no_input)
    try:
        file = _place(dialogue, file, force=force)
        with drafting(file) as draft:
            _take(draft, given, answers)
            shop = visitors(draft) if desk else None
            if dialogue.with_somebody:
                _greet(dialogue, file, desk=desk)
            ask_all(dialogue, draft, offline=offline, visitors=shop)
            _see_that_it_is_whole(draft)
            where: Any = secrets or _secrets(dialogue)
            _tell(dialogue, draft, write(draft, where, _schema(draft)))
            if shop is not None:
                _tell_of_pages(dialogue, draft, shop)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nNothing is written.", err=True)
        sys.exit(_INTERRUPTED)


def _place(dialogue: "Dialogue", file: Path, *, force: bool) -> Path:
    """Return the path to write to, where nothing is or what is there may go. Raises HubbubError."""
    shown = printable(str(file))
    if not file.parent.is_dir():
        raise HubbubError(f"there is no folder {printable(str(file.parent))}: make it, or name another")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise HubbubError(
            f"you may not write into {printable(str(file.parent.absolute()))}: name another folder"
        )
    if os.path.lexists(file) and not force:
        if not dialogue.with_somebody:
            raise HubbubError(f"{shown} is there already: name another, or give --force")
        if not dialogue.agrees(
            f"{shown} is there already. Replace it (it is kept beside it)?", default=False
        ):
            raise HubbubError(f"{shown} stays as it is: name another with hubbub init OTHER.yaml")
    return file


def _take(draft: "Draft", given: tuple[str, ...], answers: Path | None) -> None:
    """Take the answers that are given. Raises ConfigError, or UsageError."""
    from bridge.config.document import Document
    from bridge.config.loading import read_text
    from bridge.config.yaml import compose
    from bridge.errors import ConfigError

    data: dict[str, Any] = {}
    if answers is not None:
        document = Document(answers)
        compose(read_text(answers), document)
        if document.problems or not isinstance(document.data, dict):
            raise ConfigError(document.report() or [f"{answers}: must be a mapping, as bridge.yaml is"])
        data = document.data
    for one in given:
        path, sign, value = one.partition("=")
        steps = path.split(".")
        if not sign or not all(steps):
            raise click.BadParameter(
                f"{one}: write KEY=VALUE, such as networks.libera.nick=hubbub", param_hint="--set"
            )
        block = data
        for step in steps[:-1]:
            block = block.setdefault(step, {})
            if not isinstance(block, dict):
                raise click.BadParameter(f"{path}: {step} is a value already", param_hint="--set")
        block[steps[-1]] = value
    for name, into in (("networks", draft.networks), ("conversations", draft.conversations)):
        found = data.pop(name, {})
        if not isinstance(found, dict):
            raise click.BadParameter(f"{name} must be a mapping", param_hint="--answers")
        into.update(found)
    draft.top.update(data)


def _greet(dialogue: "Dialogue", file: Path, *, desk: bool) -> None:
    dialogue.say()
    if desk:
        dialogue.say("A desk: visitors of a web page write, and agents answer in a room of a chat network.")
    else:
        dialogue.say("Hubbub joins rooms of chat networks: what is said in one appears in the others.")
    dialogue.say("Have an account at hand for Hubbub on each of these networks: one of its own, not yours.")
    dialogue.say(
        f"Each login is tried, then {file} is written. Ctrl-C ends this, and nothing is left behind."
    )


def _see_that_it_is_whole(draft: "Draft") -> None:
    from bridge.config.document import dotted
    from bridge.errors import ConfigError

    if mistakes := draft.whole().mistakes:
        raise ConfigError(
            [f"{dotted(spot)}: {sentence}" if spot else sentence for spot, sentence in mistakes]
        )


def _secrets(dialogue: "Dialogue") -> str:
    if not dialogue.with_somebody:
        return "here"
    dialogue.title("Where shall passwords stand?")
    return dialogue.choose(
        "where?",
        {
            "here": "in the file, which only you can read",
            "files": "each in a file of its own beside it",
            "variables": "in variables, which you set for the service",
        },
    )


def _schema(draft: "Draft") -> dict[str, Any]:
    from bridge.config import schema
    from bridge.protocols import find, protocols

    return schema(protocols() | {one["protocol"]: find(one["protocol"]) for one in draft.networks.values()})


def _tell(dialogue: "Dialogue", draft: "Draft", done: "Written") -> None:
    """Say what is written and what comes next."""
    from bridge.config import load
    from bridge.protocols import find

    shown = printable(str(draft.target))
    named = "" if str(draft.target) == "bridge.yaml" else f" {shown}"
    dialogue.title(f"{shown} is written, for you alone to read.")
    if done.aside is not None:
        dialogue.say(f"What was there before is kept: {done.aside}")
    for name in done.variables:
        dialogue.say(f"Set the variable {name} for the service, and in this shell.", "yellow")
    for sentence in draft.untried:
        dialogue.say(f"This did not work yet: {sentence}", "yellow")
    for sentence in () if done.variables else load(draft.target, find).remarks:
        dialogue.say(sentence, "yellow")
    click.echo("\nNext:")
    steps = {
        f"hubbub run{named}": "relays, until Ctrl-C",
        f"hubbub status --watch{named}": "shows how it stands, in another terminal",
    }
    width = max(map(len, steps))
    for words, what in steps.items():
        dialogue.say(f"  {words:<{width}}  {what}")


def _tell_of_pages(dialogue: "Dialogue", draft: "Draft", shop: str) -> None:
    """Say what goes into a page."""
    from .setup.desk import lines_for_pages

    for line, trial in lines_for_pages(draft, shop):
        dialogue.say()
        dialogue.say("The line for your pages, before </body>:")
        click.echo(f"  {line}")
        dialogue.say(f"While it runs, try it without a page: {trial}")
