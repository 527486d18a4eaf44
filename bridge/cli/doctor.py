"""`hubbub doctor`: everything that can be looked at when something does not work, or might soon not."""

from pathlib import Path

import click

from .words import config_argument, json_option

__all__ = ["doctor"]


@click.command()
@config_argument
@click.option("--offline", is_flag=True, help="Look at this machine alone, and at no network.")
@json_option
@click.pass_context
def doctor(context: click.Context, file: Path, *, offline: bool, as_json: bool) -> None:
    """Look at all that FILE needs, and say what to do.

    The map, the journal, permissions, disk and ports; and of each network its name,
    certificate and clock, and whether it lets Hubbub in, beside a service that runs, and
    relaying nothing. Run it as the service's user.

    Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage, 78 FILE has mistakes.

    \b
    Examples:
      hubbub doctor
      hubbub doctor --offline /etc/hubbub/bridge.yaml
      hubbub doctor --json | jq '.findings[] | select(.grade != "well")'
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from .doctor_report import report  # whoever asks for help need not wait for it

    context.exit(0 if report(file, offline=offline, as_json=as_json) else 1)
