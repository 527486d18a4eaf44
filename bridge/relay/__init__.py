"""The way of a message: route, filter, journal; then, per destination room, compose, send, record."""

from .router import Router
from .routes import compile_routes

__all__ = ["Router", "compile_routes"]
