"""The way of a message: route, filter, journal; then, per destination room, compose, send, record."""

from .observers import Observer, Observers, ObserverStatus
from .room import RoomStatus
from .router import Router
from .routes import Muted, Routes, compile_routes

__all__ = [
    "Muted",
    "Observer",
    "ObserverStatus",
    "Observers",
    "RoomStatus",
    "Router",
    "Routes",
    "compile_routes",
]
