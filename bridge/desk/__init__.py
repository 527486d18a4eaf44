"""Live chat: visitors of a web page, and agents who answer them from the rooms that they are in anyway.

A desk is a room of a network like others, whose adapter shows it to visitors. What is here decides what
becomes of what visitors and agents say, and keeps it; it knows no protocol, and opens no connection.
"""

from .rules import DeskRules

__all__ = ["DeskRules"]
