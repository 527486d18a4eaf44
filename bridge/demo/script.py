"""What the demo's people say, and whether every word of it arrived."""

from dataclasses import dataclass, field

from bridge.compose.fit import degrade
from bridge.model import (
    Authorship,
    Block,
    Capabilities,
    Content,
    Kind,
    Mark,
    MessageCreated,
    Span,
    of_lines,
    plain,
    text_of,
)

__all__ = ["FAREWELL", "SCRIPT", "Ear", "ScriptLine"]


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One line of the script: who of those that talk says it, and how."""

    speaker: int
    content: Content
    kind: Kind = Kind.TEXT
    quick: bool = False
    """Whether the next one is said without waiting for this one to have arrived."""


def _marked(*spans: Span | str) -> Content:
    return Content(tuple(Span(span) if isinstance(span, str) else span for span in spans))


_PASTE = "\n".join(f"{n}. A long paste keeps its lines and their order" for n in range(1, 6))

SCRIPT = (
    ScriptLine(0, plain("Hello! I am here. Can you hear me over there?")),
    ScriptLine(1, plain("Loud and clear. Emoji work too: 👋 🎉 👩‍💻")),
    ScriptLine(2, plain("大家好！汉字也可以。 Καλημέρα. Привет.")),
    ScriptLine(0, plain("waves to everybody"), Kind.EMOTE),
    ScriptLine(3, plain("The window is open. It is 21.5 °C inside.")),
    ScriptLine(
        1,
        _marked(
            "Formatting: ",
            Span("bold", frozenset({Mark.BOLD})),
            ", ",
            Span("italic", frozenset({Mark.ITALIC})),
            ", ",
            Span("struck", frozenset({Mark.STRIKE})),
            " and ",
            Span("code()", frozenset({Mark.CODE})),
        ),
    ),
    ScriptLine(
        2,
        Content(
            of_lines(
                [
                    (Block(quote=1), (Span("Can you hear me over there?"),)),
                    (Block(), (Span("Yes. A quote, and some code:"),)),
                    (Block(code="python"), (Span("for room in conversation:"),)),
                    (Block(code="python"), (Span("    room.hear(message)"),)),
                ]
            )
        ),
    ),
    ScriptLine(0, plain("What of <html>, *stars* and @room? They stay as they are.")),
    ScriptLine(2, plain(_PASTE)),
    *(ScriptLine(n % 4, plain(f"Quick line {n // 4 + 1} of 3"), quick=True) for n in range(12)),
)

FAREWELL = ScriptLine(1, plain("That was everything. Now it is your turn."))


def _squeezed(text: str) -> str:
    return "".join(text.replace("\u200b", "").replace("\u2060", "").split())


@dataclass(slots=True)
class Ear:
    """One person's side of the conversation: what should arrive from each of the others, and what did."""

    capabilities: Capabilities
    expected: dict[str, str] = field(default_factory=dict)
    """By speaker: all words that should have come, in order, without white space."""
    heard: dict[str, str] = field(default_factory=dict)

    def expect(self, speaker: str, content: Content) -> None:
        """Expect what the speaker says elsewhere."""
        words = text_of(degrade(content, self.capabilities))
        self.expected[speaker] = self.expected.get(speaker, "") + _squeezed(words)

    @property
    def names_authors(self) -> bool:
        """Whether a copy's sender is who said it; else the words begin with the name."""
        return self.capabilities.authorship is not Authorship.PREFIX

    def hear(self, said: MessageCreated) -> None:
        """Note that a copy arrived."""
        words = _squeezed(said.content.text)
        for speaker in self.expected:
            named = self.names_authors and _squeezed(said.sender.name) == speaker
            for prefix in ("",) if named else (f"<{speaker}>", f"*{speaker}"):
                if words.startswith(prefix):
                    self.heard[speaker] = self.heard.get(speaker, "") + words.removeprefix(prefix)
                    return

    def complete(self) -> bool:
        """Whether every word arrived, once and in order."""
        return self.heard == self.expected

    def broken(self) -> bool:
        """Whether something came that should not have, or out of order, so that waiting is in vain."""
        return any(
            not self.expected.get(speaker, "").startswith(words) for speaker, words in self.heard.items()
        )
