"""TOC2 over FLAP: AIM and ICQ, as their servers of today speak it.

Follows AOL's TOC 1.0 (the document PROTOCOL that came with TiK), and for version 2 the descriptions of its
users: `toc2_login` with `-utf8`, `CHAT_IN_ENC`. Chat rooms are found by name at each start, in exchange 4;
their numbers are of one connection. What we say is reflected: that confirms it.

Known gaps: nothing is encrypted; no history, no names of messages, so that nobody can tell what became of a
message whose connection broke; direct messages get the introduction; who comes and goes is not told; one
screen name has one connection, so that `hubbub check --online` does not log in.
"""

from .adapter import TocAdapter as Adapter

__all__ = ["Adapter"]
