"""The way of a message: route, filter, journal; then, per destination room, compose, send, record."""

from .observers import Observer, Observers, ObserverStatus
from .router import Router
from .routes import compile_routes

__all__ = ["Observer", "ObserverStatus", "Observers", "Router", "compile_routes"]
