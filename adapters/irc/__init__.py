"""IRC, as one relay bot per network.

Follows the Modern IRC Client Protocol (modern.ircdocs.horse), RFC 1459 and 2812 where it is silent,
and of IRCv3: capability negotiation 302, message-tags, SASL 3.1 and 3.2, server-time, batch,
echo-message, labeled-response, message ids, draft/chathistory, bot mode, chghost, setname; and
InspIRCd's `chanhistory` (channel mode H), which replays a room's last lines on JOIN.

What we say is marked by the client-only tag `+hubbub/txn`. History counts where its lines have a
msgid and a time. A position is the time of the last line heard in a room, when we first came there,
whether the server kept a history then (+ or -), and the last msgid.

Known gaps: without message-tags, server-time and msgid (ngIRCd and many more) there is no history,
and nobody can tell what became of a message whose connection broke; a history that was switched off
and on again while we were away is taken for one that is not full; CHATHISTORY costs two lines of the
flood control for each page of each room; who takes our nick while we are away is not heard
afterwards. SASL knows PLAIN and EXTERNAL, not SCRAM; a channel that forwards elsewhere is refused; a
channel that strips colours (+c, +S) is not told from one that shows them; STS policies are not stored.
"""

from .adapter import IrcAdapter as Adapter

__all__ = ["Adapter"]
