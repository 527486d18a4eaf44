"""What a look at the service, its machine and its networks finds, for `hubbub doctor`."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Grade"]


class Grade(StrEnum):
    """How bad it is."""

    WELL = "well"
    DOUBTFUL = "doubtful"
    """Everything goes on, and will not, or may not be meant."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    """What it is, in a word or two, for programs: `certificate`, `disk`."""
    grade: Grade
    sentence: str
    """What is so; unless all is well, also what to do. Without secrets."""
