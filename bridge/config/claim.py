"""What one network of a map has for itself, so that a second that wants it too is a mistake."""

from collections.abc import Sequence
from dataclasses import dataclass

from .document import Document, Spot, dotted

__all__ = ["Claim", "Named", "refuse_seconds"]


class Claim:
    """Something that only one can have; as text, what it is: `listening at 127.0.0.1:4242`."""

    __slots__ = ()

    def meets(self, other: "Claim") -> bool:
        """Whether not both can be had."""
        return self == other


@dataclass(frozen=True, slots=True)
class Named(Claim):
    """Something that is told apart by its words alone: `the client_id "hubbub" at mqtt.example.org`."""

    what: str

    def __str__(self) -> str:
        return self.what


def refuse_seconds(document: Document, claims: Sequence[tuple[Spot, Claim]]) -> None:
    """Note a mistake in each value that claims what an earlier one has, with the places of both."""
    for number, (spot, claim) in enumerate(claims):
        first = next((there for there, other in claims[:number] if claim.meets(other)), None)
        if first is None:
            continue
        line, column = document.place(first)
        what = "this" if document.betrays(spot[:-1], str(claim)) else str(claim)
        document.problem(
            spot,
            f"{what} is for one alone, and {dotted(first)} has it already, at line {line}, column {column}:"
            f" give one of the two another {spot[-1]}",
        )
