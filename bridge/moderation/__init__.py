"""Bans and kicks of one room that count in the whole conversation, where its owner wants that."""

from .moderation import Moderation
from .mutes import Mute, Mutes

__all__ = ["Moderation", "Mute", "Mutes"]
