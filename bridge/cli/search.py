"""`hubbub search`: finds what was said in the archive."""

import re
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.config.words import nearest, printable, quoted
from bridge.errors import ArchiveError, HubbubError

from .words import archive_argument, archive_option, config_file, json_option, print_json

if TYPE_CHECKING:  # here: nobody who asks for help waits for it
    from bridge.archive.search import Searched, Tagged
    from bridge.archive.store import Reader

__all__ = ["search"]

_NONE, _WRONG = 1, 2
"""As grep says it."""
_SECONDS = 20.0
_LEFT_OUT = re.compile(r"-[^-].+")
"""A word with a minus, which is no option."""


class _Question(click.Command):
    """Takes words with a minus as they are."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = args[: args.index("--")] if "--" in args else args
        words = [word for word in options if _LEFT_OUT.fullmatch(word)]
        rest = [word for word in args if word not in words]
        return super().parse_args(ctx, [*rest, *([] if "--" in rest else ["--"]), *words])


@click.command(cls=_Question)
@click.argument("question", nargs=-1)
@click.option("--saved", metavar="NAME", help="What is saved under that name in FILE, and the QUESTION too.")
@click.option("--file", type=click.Path(path_type=Path), help="The configuration: by default bridge.yaml.")
@archive_option
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many at most."
)
@click.option("--before", type=click.IntRange(1), metavar="NUMBER", help="Only older ones than this number.")
@click.option("--best", is_flag=True, help="The best of the newest 1,000 first, instead of the newest.")
@click.option("--context", type=click.IntRange(0, 100), default=0, help="So much of the talk around each.")
@json_option
def search(  # noqa: PLR0913 each by its name
    question: tuple[str, ...],
    file: Path | None,
    archive: Path | None,
    saved: str | None,
    *,
    limit: int,
    before: int | None,
    best: bool,
    context: int,
    as_json: bool,
) -> None:
    """Find what was said in the archive.

    Newest first, also while no service runs. A question has words, "words in this order", begin*, -without,
    from:WHO, in:ROOM, on:NETWORK, since:7d, until:2026-03, tag:TAG, has:file and kind:topic; docs/search.md
    tells of each.

    \b
    Examples:
      hubbub search offer from:ann since:2026-01
      hubbub search '"till friday"' --context 2
      hubbub search 报价 in:sales --json
      hubbub search --saved offers since:7d

    Exit codes: 0 something was found, 1 nothing was, 2 the question or the archive cannot be read.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.archive.search import ask
    from bridge.archive.search.query import QueryError, read_query
    from bridge.archive.store import Reader

    if saved is not None:
        question = (_saved(file or config_file(), saved), *question)
    elif not question:
        raise click.UsageError("say what to look for, or --saved NAME")
    try:
        query = read_query(" ".join(question), time.time())
        with Reader(archive_argument(file, archive)) as reader:
            found = ask(
                query,
                reader,
                tagged=_tagged(reader),
                limit=limit,
                before=before,
                best=best,
                seconds=_SECONDS,
            )
            _show(found, reader, context, as_json=as_json)
    except QueryError as error:
        raise click.UsageError(str(error)) from None
    except ArchiveError as error:
        click.echo(f"hubbub: {error}", err=True)
        sys.exit(_WRONG)
    if not found.hits:
        sys.exit(_NONE)


def _saved(file: Path, name: str) -> str:
    """Return what is saved under a name."""
    from bridge.config import load
    from bridge.protocols import find

    saved = load(file, find).archive.searches
    if name not in saved:
        there = nearest(name, saved) or f": there is {', '.join(map(printable, saved)) or 'none'}"
        raise HubbubError(f"{printable(str(file))} has no saved search {quoted(name)}{there}")
    return saved[name]


def _tagged(reader: Any) -> "Tagged":
    from bridge.archive.filing.tags import numbers_of

    return partial(numbers_of, reader)


def _show(found: "Searched", reader: "Reader", context: int, *, as_json: bool) -> None:
    from .search_hits import HitList, told

    if as_json:
        print_json(told(found, reader, context))
    else:
        HitList().show(found, reader, context)
