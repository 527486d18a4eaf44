"""IRC, as one relay bot per network.

Follows the Modern IRC Client Protocol (modern.ircdocs.horse), RFC 1459 and 2812 where it is silent,
and of IRCv3: capability negotiation 302, message-tags, SASL 3.1 and 3.2, server-time, batch,
echo-message, labeled-response, message ids, draft/chathistory, the client tags typing, draft/reply,
draft/react and draft/unreact, draft/message-redaction, bot mode, chghost, setname, userhost-in-names;
and InspIRCd's `chanhistory` (channel mode H), which replays a room's last lines on JOIN.

Behind soju and ZNC, known by what only they offer, the past is the bouncer's: soju's by
draft/chathistory, ZNC's played back as it shows us the room (`znc.in/playback`). WHOIS tells since when the
bouncer is on the network; what was said before that, it did not hear. A line without msgid is named by its
time and words there. JOIN may be answered after our PING.

What we say is marked by the client-only tag `+hubbub/txn`. History counts where its lines have a
msgid and a time. A position is the time of the last line heard in a room, when we first came there,
whether the server kept a history then (+ or -), and the last msgid.

Replies, reactions and typing by people here are heard where clients tag them, and ours bear the same
tags where the server lets them through (CLIENTTAGDENY). A reply needs message ids too; else, and with
`replies: words`, it quotes what it replies to. A reaction is one TAGMSG for each emoji that is new or gone,
by what we remember of the last 2,000 messages that we reacted to. Typing is shown only while half of
the flood control's burst is left, so that no message waits for it. Where the server has REDACT, what we
said is taken back with it; what others remove, authors and operators alike, is as the server authorised
it. Edits, threads and read marks there are none.

Code is marked by the formatting code for monospace; as people type it with `code: backticks`, for clients
that show that as something else, such as irssi; not at all with `code: plain`.

Topics are heard as they change, and set where the room lets us. Who comes, goes or takes another nick
is heard live, by the members of each room as NAMES told them; a ban alone or an account is not. Who is away
is asked of a room where somebody wants to know (WHO), and heard from then on (away-notify), or asked again.

A room that is made is a channel of a free name, invite-only and secret, with an exception for our own mask
(INVEX), so that we come back into it; one that everybody had left is closed anew as we enter it. Where there
are no such exceptions, somebody there has to invite us after a restart. Whoever was there then kept the
channel, in which we are no operator any more: nobody else can be invited, and in the end we leave people
among themselves. Behind a bouncer no room is made.

Known gaps: behind a bouncer, what answers our PING is not the network, and a room is not known to be lost
while the bouncer has no network; a network that replays a room's history when the bouncer joins it makes
that new talk; removals reach only clients that know REDACT, and a server may forbid them, as Ergo does to
those without an account; reactions, topics and typing while we are away are not heard; which reactions
we gave is forgotten with a restart, so that one of those is not taken back; of who was kicked the mask
is unknown where the server has no userhost-in-names and they were there before us; without message-tags,
server-time and msgid (ngIRCd and many more) there is no history, and nobody can tell what became of a
message whose connection broke; a history that was switched off and on again while we were away is
taken for one that is not full; CHATHISTORY costs two lines of the flood control for each page of each
room; who takes our nick while we are away is not heard afterwards. SASL knows PLAIN and EXTERNAL, not
SCRAM; a channel that forwards elsewhere is refused; a channel that strips colours (+c, +S) is not told
from one that shows them; STS policies are not stored.
"""

from .adapter import IrcAdapter as Adapter

__all__ = ["Adapter"]
