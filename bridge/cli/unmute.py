"""`hubbub unmute`: let somebody be heard again whom moderators have muted."""

from pathlib import Path

import click

from bridge.config.words import counted, quoted
from bridge.control import ask
from bridge.errors import HubbubError

from .suggestions import conversations, muted_people
from .words import journal_argument, journal_option

__all__ = ["unmute"]


@click.command()
@click.argument("who", shell_complete=muted_people)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@click.option("--conversation", default="", shell_complete=conversations, help="Only there.")
def unmute(who: str, file: Path | None, journal: Path | None, conversation: str) -> None:
    """Let WHO be heard again whom moderators have muted.

    WHO is a name, an id, or network and id as `hubbub muted` shows them (libera/ada!a@b). A ban stays in the
    room where it was made: it is for its moderators to lift there.

    \b
    Examples:
      hubbub unmute mallory
      hubbub unmute 'libera/mallory!m@example.org' --conversation lobby
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    request = {"command": "unmute", "who": who, "conversation": conversation}
    answer = ask(journal_argument(file, journal), request)
    if not answer["lifted"]:
        raise HubbubError(f"nobody called {quoted(who)} is muted: `hubbub muted` lists who is")
    click.echo(f"{counted(answer['lifted'], 'decision')} of moderators no longer counted.")
