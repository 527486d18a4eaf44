"""Live chat: visitors of a web page talk with agents, who answer from the rooms that they are in anyway.

The wire between the widget (`static/chat.js`) and the listener is ours; `docs/wire.md` has it. What
becomes of what is said is decided in `bridge.desk`, and all of it stands in one file beside the journal.
Delivered is what stands there: a visitor's browser fetches it from where it was.

Known gaps: formatting does not reach visitors.
"""

from .adapter import LivechatAdapter as Adapter

__all__ = ["Adapter"]
