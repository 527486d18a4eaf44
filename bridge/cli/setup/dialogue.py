"""Questions and answers: at a terminal, or those that were given alone."""

from collections.abc import Mapping

import click

from bridge.cli.words import wrapped
from bridge.config.words import printable, quoted
from bridge.config.writing import is_variable
from bridge.errors import HubbubError
from bridge.secrets import strike

from .questions import Question

__all__ = ["Dialogue", "raw"]

_TRUTH = ("true", "false")
_TRUTHS = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false", "off": "false"}
"""What people answer."""


def raw(answer: str) -> str:
    """Return an answer as a value of bridge.yaml: a variable as it is, and any other `$` as text."""
    return answer if is_variable(answer) else answer.replace("$", "$$")


class Dialogue:
    """With somebody at a terminal; or with nobody, and then what is not given has to be left out."""

    def __init__(self, *, with_somebody: bool) -> None:
        self.with_somebody = with_somebody

    def say(self, text: str = "", colour: str | None = None, *, bold: bool = False) -> None:
        """Tell something."""
        click.secho(wrapped(printable(strike(text)), "  ") if text else "", fg=colour, bold=bold)

    def title(self, text: str) -> None:
        """Begin with something else."""
        click.secho(f"\n{printable(text)}", bold=True)

    def refuse(self, where: str, sentence: str) -> None:
        """Tell what is wrong with an answer. Raises HubbubError where nobody can give another."""
        if not self.with_somebody:
            raise HubbubError(f"{where}: {sentence}")
        self.say(sentence, "red")

    def ask(self, where: str, question: Question, present: str) -> str:
        """Return the value that is wanted; empty: none. `present` is the one that there is.

        Raises HubbubError where nobody is there and the question needs an answer.
        """
        if not self.with_somebody:
            if question.needed and not present:
                raise HubbubError(f"{where} is not given: {question.sentence} Give it with --set {where}=...")
            return present
        click.echo()
        such = f" Such as {question.example}" if question.example else ""
        self.say(question.sentence + such, "bright_black")
        answer = self._secret(question, present) if question.secret else self._line(question, present)
        return present if answer is None else raw(answer)

    def _line(self, question: Question, present: str) -> str | None:
        offered = present or question.default
        among = f" ({'/'.join(question.choices)})" if question.choices else ""
        text = f"  {click.style(question.key, fg='cyan')}{among}"
        while True:
            answer: str = click.prompt(text, default=offered, show_default=bool(offered)).strip()
            if answer or not question.needed:
                break
            self.say("This one is needed.", "red")
        if question.choices == _TRUTH:
            answer = _TRUTHS.get(answer.lower(), answer)
        if answer == offered:
            return None  # what there is stays, and what counts anyhow needs not be written
        return answer

    def _secret(self, question: Question, present: str) -> str | None:
        kept = " (Enter: as before)" if present else "" if question.needed else " (Enter: none)"
        while True:
            text = f"  {click.style(question.key, fg='cyan')}, not shown{kept}"
            answer: str = click.prompt(text, default="", show_default=False, hide_input=True)
            if answer or present or not question.needed:
                return answer or None
            self.say("This one is needed.", "red")

    def line(self, text: str, default: str = "") -> str:
        """Return a line that somebody types; where nobody does, the default."""
        if not self.with_somebody:
            return default
        answer: str = click.prompt(f"  {text}", default=default, show_default=bool(default))
        return answer.strip()

    def agrees(self, text: str, *, default: bool) -> bool:
        """Whether somebody agrees; where nobody is there, the default."""
        return click.confirm(f"  {text}", default=default) if self.with_somebody else default

    def choose(self, text: str, choices: Mapping[str, str]) -> str:
        """Let somebody choose one of these words, each with what it means; the first is offered."""
        width = max(map(len, choices))
        for word, meaning in choices.items():
            click.echo(f"    {click.style(f'{word:<{width}}', fg='cyan')}  {meaning}")
        while True:
            answer = self.line(text, next(iter(choices))).lower()
            found = [word for word in choices if word.startswith(answer)] if answer else []
            if found:
                return found[0]
            self.say(f"{quoted(answer)} is none of {', '.join(choices)}.", "red")
