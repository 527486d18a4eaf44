"""`hubbub completion`: what lets a shell complete commands, options, and names of the map."""

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what lets a shell complete commands.

    And options, and the networks, rooms and conversations of the map (bridge.yaml, or $HUBBUB_CONFIG).

    \b
    Examples:
      hubbub completion bash > ~/.local/share/bash-completion/completions/hubbub
      hubbub completion zsh > ~/.zfunc/_hubbub
      hubbub completion fish > ~/.config/fish/completions/hubbub.fish
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from . import commands

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(commands, {}, "hubbub", "_HUBBUB_COMPLETE").source())
