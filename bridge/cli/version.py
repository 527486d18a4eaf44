"""`hubbub version`: what is installed here, for whoever reports a bug."""

import platform
import re
import sqlite3
from typing import Any

import click

from .words import json_option, print_json

__all__ = ["version"]


@click.command()
@json_option
def version(*, as_json: bool) -> None:
    """Print versions, and which protocols there are.

    Of Hubbub, of what it runs on, and of the libraries that it uses; and why a protocol cannot be used here.

    \b
    Examples:
      hubbub version
      hubbub version --json
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    found = _versions()
    if as_json:
        print_json(found)
        return
    click.secho(f"hubbub {found['hubbub']}", bold=True)
    click.echo(f"Python {found['python']}, SQLite {found['sqlite']}, {found['system']}")
    for title in ("protocols", "libraries"):
        click.echo(f"\n{title}")
        width = max(map(len, found[title]))
        for name, what in found[title].items():
            problem = None if isinstance(what, str) else what["problem"]
            shown = what if isinstance(what, str) else problem or f"from {what['package']}"
            click.echo(f"  {name:<{width}}  {click.style(shown, fg='yellow' if problem else None)}")


def _versions() -> dict[str, Any]:
    from importlib.metadata import version as installed

    return {
        "hubbub": installed("hubbub"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "protocols": _protocols(),
        "libraries": _libraries(),
    }


def _protocols() -> dict[str, dict[str, str | None]]:
    """Return each protocol with the package that it is of, and why it cannot be used, if so."""
    from bridge.errors import ConfigError
    from bridge.protocols import find, names

    found: dict[str, dict[str, str | None]] = {}
    for name in names():
        try:
            package = find(name).__module__.partition(".")[0]
        except ConfigError as error:
            found[name] = {"package": None, "problem": str(error)}
        else:
            found[name] = {"package": "hubbub" if package == "adapters" else package, "problem": None}
    return found


def _libraries() -> dict[str, str]:
    """Return those that the service runs on, its extras' too where they are installed."""
    from importlib.metadata import PackageNotFoundError, requires
    from importlib.metadata import version as installed

    found = {}
    for requirement in requires("hubbub") or ():
        name, condition = re.split(r"[^\w.-]", requirement, maxsplit=1)[0], requirement.partition(";")[2]
        if name == "hubbub" or re.search("dev|demo", condition):
            continue
        try:
            found[name] = installed(name)
        except PackageNotFoundError:
            continue
    return dict(sorted(found.items()))
