"""What keeps a room from sending: named holds, and what happens to them.

A room sends while nothing holds it. Several things may at once (a message failed while the room is away), so
its state is the set of its holds, and each thing that happens lifts some and places some:

    happens     lifts                      places
    JOINED      AWAY PAUSED                ENTERING
    PARTED      ENTERING                   AWAY
    PREPARE                                PREPARING
    PREPARED    PREPARING
    RECORD                                 RECORDING
    RECORDED    ENTERING RECORDING
    PLACE                                  PLACING
    PLACED      PLACING
    FAILED                                 HALTED
    SETTLED     HALTED
    PAUSE                                  PAUSED
    PASSED      PAUSED
    RESTART     ENTERING RECORDING HALTED
    STOP                                   STOPPED

ENTERING is lifted once it is on record that the room is open, since what is sent from then on is in doubt
after a crash. Whatever else holds a room then goes on doing so.
"""

from enum import Enum, Flag, auto
from functools import cache

__all__ = ["FREE", "Hold", "Input", "after"]


class Hold(Flag):
    """A reason why a room sends nothing."""

    AWAY = auto()
    """It is not joined."""
    ENTERING = auto()
    """It is joined, and that is not on record yet."""
    PREPARING = auto()
    """What was in doubt is being settled, and what is too old left out."""
    RECORDING = auto()
    """What was noted is not on record yet."""
    PLACING = auto()
    """A message waits for its place in the network's order."""
    HALTED = auto()
    """A message failed: what is on its way is settled first."""
    PAUSED = auto()
    """The network wants time, or a bug does."""
    STOPPED = auto()
    """Nothing new begins until the end."""


FREE = Hold(0)
"""Nothing holds the room."""


class Input(Enum):
    """Something that happens to a room: what it lifts, and what it places."""

    JOINED = (Hold.AWAY | Hold.PAUSED, Hold.ENTERING)
    PARTED = (Hold.ENTERING, Hold.AWAY)
    PREPARE = (FREE, Hold.PREPARING)
    PREPARED = (Hold.PREPARING, FREE)
    RECORD = (FREE, Hold.RECORDING)
    RECORDED = (Hold.ENTERING | Hold.RECORDING, FREE)
    PLACE = (FREE, Hold.PLACING)
    PLACED = (Hold.PLACING, FREE)
    FAILED = (FREE, Hold.HALTED)
    SETTLED = (Hold.HALTED, FREE)
    PAUSE = (FREE, Hold.PAUSED)
    PASSED = (Hold.PAUSED, FREE)
    RESTART = (Hold.ENTERING | Hold.RECORDING | Hold.HALTED, FREE)
    STOP = (FREE, Hold.STOPPED)


@cache  # all that there are: arithmetic of flags is slow
def after(holds: Hold, happens: Input) -> Hold:
    """Return the holds of a room after something happened."""
    lifted, placed = happens.value
    return holds & ~lifted | placed
