"""The way of a message: route, filter, journal; then, per destination room, compose, send, record."""

from .observers import Observer, Observers, ObserverStatus
from .room import RoomStatus
from .router import Router
from .routes import compile_routes

__all__ = ["Observer", "ObserverStatus", "Observers", "RoomStatus", "Router", "compile_routes"]
