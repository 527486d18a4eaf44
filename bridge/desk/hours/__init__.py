"""The hours of a desk: as its owner writes them, what follows at a moment, and how people are told."""

from .block import DeskHours
from .calendar import Calendar, Holiday, Override, Shift, Situation, situation
from .moments import moment
from .told import told_agents, told_visitors

__all__ = [
    "Calendar",
    "DeskHours",
    "Holiday",
    "Override",
    "Shift",
    "Situation",
    "moment",
    "situation",
    "told_agents",
    "told_visitors",
]
