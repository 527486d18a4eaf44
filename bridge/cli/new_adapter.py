"""`hubbub new-adapter`: a package that speaks a protocol of its own and is to speak another."""

import re
from importlib.util import find_spec
from pathlib import Path

import click

from bridge.config.words import printable, quoted
from bridge.errors import HubbubError

__all__ = ["new_adapter"]

_TEMPLATE = Path(__file__).with_name("template")
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@click.command()
@click.argument("name")
@click.option("--into", "folder", type=click.Path(path_type=Path), help="The folder to make: hubbub-NAME.")
def new_adapter(name: str, folder: Path | None) -> None:
    """Write a package with an adapter for a protocol.

    It runs and has its tests. Until you make it speak your network's protocol it speaks one of its own.

    \b
    Examples:
      hubbub new-adapter gadu
      hubbub new-adapter gadu --into ~/src/hubbub-gadu
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.protocols import names

    if not _NAME.fullmatch(name):
        why = "cannot name a protocol: write small letters, digits and _, a letter first"
        raise click.BadParameter(f"{quoted(name)} {why}", param_hint="NAME")
    package = f"hubbub_{name}"
    if name in names() or find_spec(package):
        raise click.BadParameter(f"{quoted(name)} is there already: choose another", param_hint="NAME")
    folder = folder or Path(package.replace("_", "-"))
    try:
        folder.mkdir(parents=True)
        for path in sorted(_TEMPLATE.rglob("*.txt")):
            target = folder / str(path.relative_to(_TEMPLATE).with_suffix("")).replace("sample", name)
            target.parent.mkdir(exist_ok=True)
            target.write_text(_named(path.read_text(), name))
    except FileExistsError:
        why = f"{printable(str(folder))} is there already: name another folder"
        raise click.BadParameter(why, param_hint="--into") from None
    except OSError as error:
        raise HubbubError(f"{printable(str(folder))} cannot be written: {error.strerror}") from None
    click.echo(
        f"{printable(str(folder))} is an adapter that runs. Go there and try it:\n\n"
        "    pip install -e '.[test]'\n    pytest\n    hubbub demo bridge.yaml\n\n"
        f"Then make {package} speak your network's protocol: docs/adapters.md says how."
    )


def _named(text: str, name: str) -> str:
    text = text.replace("hubbub-sample", f"hubbub-{name.replace('_', '-')}")
    return text.replace("sample", name).replace("Sample", name.capitalize())
