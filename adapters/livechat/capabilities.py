"""The record of a desk."""

from bridge import Authorship, Capabilities, Support, Unit

__all__ = ["DESK"]

DESK = Capabilities(
    text_limit=8000,
    unit=Unit.CODE_POINTS,
    reply=Support.FULL,
    edit=Support.FULL,
    delete=Support.FULL,
    file=Support.FULL,
    file_limit=50_000_000,
    captions=True,
    doubt=Support.FULL,
    typing=Support.PARTIAL,
    authorship=Authorship.PUPPET,
    times=True,
    window=256,
)
"""Agents speak to visitors as themselves. That somebody writes is shown of an agent who talks to one."""
