"""Matrix: a relay bot in rooms of one homeserver's account, over the client-server API.

Follows the Matrix specification v1.13, client-server API; sections are named by their titles, since
their numbers change: Client Authentication (Login, Soft logout), Syncing with Filtering and
Lazy-loading room members, Sending events to a room, Rooms (Room aliases, Joining rooms), Instant
Messaging (Rich text, Media captions), Content Repository (authenticated media), Sticker Messages, User
and room mentions, Rich replies (their former fallbacks are read, none are written), Threading, Event
replacements, Event annotations and reactions, Redactions, Relationships API, Typing Notifications,
Receipts, Room Upgrades, Rate limiting, Transaction identifiers; and MSC3245 for voice messages.

What is promised. A message is confirmed by its event id. One in doubt is looked up by our mark in the
room's history, back to ten minutes before its first attempt, so that neither the device nor the server's
memory matters; one that is not there is sent again with its transaction id, which gives the same event
should it only just have arrived. The device stays the same: with a token it is the token's, with a
password `device_id` or one made of the network's and the user's name. What was said while we were away
is read from the last position, with what the sync left out, before a room counts as joined. While the
homeserver limits the account, rooms speak in turn.

An edit, a removal or a set of reactions may be asked for again at any time and gives the same: what is
gone counts as removed, and of reactions only the difference is sent. Edits alert nobody, since nobody can
tell whom the message alerted already. Redactions are believed as far as the homeserver looked at them.

With a registration (application service API: Registration, Identity assertion) people from elsewhere have
users of their own, who come into a room with their first words there. The bot's account stays the ear: what
is theirs is known by their ids, and the service is sent nothing and listens nowhere. Whom a room has sent out
is kept out for a minute, whom it has banned or muted for as long, and nobody speaks for them.

A room that is made is private, with invitations, and its history is open to those who are let in later; only
the bot lets people in. Who is in a room with no more than 500 people is asked for once, where somebody wants
to know that, and who is away is heard from then on, as far as the homeserver tells (Presence).

A file goes up before its message takes its place, read from the disk as it is sent; other words for it
come with the file itself. Typing and read marks move no position and wait for nobody. People who come
and go are told while we listen.

matrix-nio serves for the session (homeserver, token, device) and for its HTTP request with login, whoami,
logout, joins, aliases and names. That request is overridden to turn every refusal into one of our
errors, so that its endless retries never begin. Not used, for what was measured: `sync_forever`
(hammers a server that answers 502), its event classes (60 us each, by JSON schema), `room_send`
(ignores Retry-After).

Known gaps: encrypted rooms are refused, and a file that is encrypted in another room is named, not
carried; reactions that are images and have no name are not relayed. Who types and has not spoken yet
goes by their id. A thread on what is itself in a thread becomes a reply. With a message its newest
100 edits are removed, unless that breaks off in between: a server names none of them any more then, and
no client shows them. Where a server puts the target of a redaction into one place only, only people's
removals of their own words count. Of more than 5,000 events that were missed in one room, or of more
messages than `catch_up` wants after an absence, the oldest are left out, with a warning. A copy that
was redacted before it was confirmed is found only by the device that sent it.
"""

from .adapter import MatrixAdapter as Adapter

__all__ = ["Adapter"]
