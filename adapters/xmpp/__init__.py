"""XMPP: one account in multi-user chats (MUC), over TCP.

Follows RFC 6120 and 6121 (streams, TLS, SASL, stanzas), RFC 7622 (addresses), and of the XMPP extensions:
XEP-0030 (service discovery), XEP-0045 (multi-user chat, with its subjects and its comings and goings),
XEP-0059 (paging), XEP-0066 (links to files), XEP-0071 (XHTML-IM, on the way in), XEP-0085 (who writes),
XEP-0128 (forms in discovery), XEP-0198 (stream management with resumption), XEP-0201 (threads), XEP-0203
(delay, to know history and to say when something was said), XEP-0245 (/me), XEP-0249 (invitations, on the way
out), XEP-0264 (thumbnails, on the way out), XEP-0300 (hashes, likewise), XEP-0308 (correction), XEP-0313 (a
room's archive), XEP-0333 (displayed markers, on the way out), XEP-0334 (what need not be kept), XEP-0359
(stanza ids), XEP-0363 (files to the server), XEP-0368 (direct TLS), XEP-0382 (hidden words, on the way in),
XEP-0385 (shared media, on the way in), XEP-0393 (message styling), XEP-0394 (marks beside the body, on the
way in), XEP-0410 (self-ping), XEP-0421 (occupant ids), XEP-0424 (retraction, in its forms of 2023 and of
today), XEP-0425 (moderation, likewise, on the way in), XEP-0428 (what is only for clients that know no
better), XEP-0444 (reactions), XEP-0446 (what is known of a file), XEP-0447 (shared files), XEP-0461
(replies), XEP-0482 (calls, as one line).

A correction names the id that we gave the message. Replies, reactions and removals need the room's own id
(XEP-0359): where a room gives none, a reply is only a quotation, a removal has only the older form to
rely on, and there are no reactions. That a moderator removed something is believed of the room alone.

A thread is known by its root: a message that we put in one bears the thread's own name in the room, or else
the root's. A subject that is told as we come in is no news; some rooms confirm ours without its id, so it is
known again by its words. A slot for one byte, asked for at each login, shows whether our server takes files
of ours, and where they will stand: only files there may have a private address.

What was said while we were away is read from the room's archive, or from the history that the room shows
(XEP-0045 section 7.2.14) where it names its messages; what was sent when a connection ended is looked up in
the same places, by its id.

A room that is made is hidden, persistent and for members only, at the service of a room that we are in.
Whoever is invited is made a member, and told directly (XEP-0249), which takes their address: a room shows it
to moderators, or to all.

slixmpp serves for the connection, for the negotiation of TLS, SASL and the resource, and for addresses. Once
the session stands, stanzas go past it: its stanza objects cost more than all else that a message takes.

Known gaps: in a room whose messages bear no stanza ids nothing can be told of what was missed while the
bridge was away for longer than a stream can be resumed, and what was sent is found only as far as the room
shows its history; what its author keeps out of the archive (XEP-0334) is missed likewise; a removal is
announced without its reason; avatars are not relayed; encrypted messages and files are named, not read; a
nick that a room holds back is not told apart from one in use; where there are no occupant ids, who took over
a nick while the bridge was away is taken for who had it before.
"""

from .adapter import XmppAdapter as Adapter

__all__ = ["Adapter"]
