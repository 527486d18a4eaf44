"""IRC, as one relay bot per network.

Follows the Modern IRC Client Protocol (modern.ircdocs.horse), RFC 1459 and 2812 where it is silent,
and of IRCv3: capability negotiation 302, message-tags, SASL 3.1 and 3.2, server-time, batch,
echo-message, labeled-response, message ids, draft/chathistory, draft/reply, draft/react,
draft/message-redaction, bot mode, chghost, setname; and InspIRCd's `chanhistory` (channel mode H),
which replays a room's last lines on JOIN.

What we say is marked by the client-only tag `+hubbub/txn`. History counts where its lines have a
msgid and a time. A position is the time of the last line heard in a room, when we first came there,
whether the server kept a history then (+ or -), and the last msgid.

Answers and reactions by people here are heard where clients tag them. Our own answers quote what they
answer, because most clients show nothing of the tag and people would read an answer to nothing; with
`replies: tag` they bear the tag instead, where the server lets it through. Our own reactions are not
sent, since next to nobody would see them. Where the server has REDACT, what we said is taken back with
it; what others remove, authors and operators alike, is as the server authorised it. Edits there are none.

Known gaps: removals reach only clients that know REDACT, and a server may forbid them, as Ergo does to
those without an account; reactions given while we are away are not heard; without message-tags,
server-time and msgid (ngIRCd and many more) there is no history, and nobody can tell what became of a
message whose connection broke; a history that was switched off and on again while we were away is
taken for one that is not full; CHATHISTORY costs two lines of the flood control for each page of each
room; who takes our nick while we are away is not heard afterwards. SASL knows PLAIN and EXTERNAL, not
SCRAM; a channel that forwards elsewhere is refused; a channel that strips colours (+c, +S) is not told
from one that shows them; STS policies are not stored.
"""

from .adapter import IrcAdapter as Adapter

__all__ = ["Adapter"]
