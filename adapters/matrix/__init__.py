"""Matrix: a relay bot in rooms of one homeserver's account, over the client-server API.

Follows the Matrix specification v1.11, client-server API; sections are named by their titles, since
their numbers change: Client Authentication (Login, Soft logout), Syncing with Filtering and
Lazy-loading room members, Sending events to a room, Rooms (Room aliases, Joining rooms), Instant
Messaging (Rich text), User and room mentions, Rich replies with their fallbacks, Event replacements,
Room Upgrades, Rate limiting, Transaction identifiers.

What is promised. A message is confirmed by its event id. One in doubt is looked up by our mark in the
room's history, back to ten minutes before its first attempt, so that neither the device nor the server's
memory matters; one that is not there is sent again with its transaction id, which gives the same event
should it only just have arrived. The device stays the same: with a token it is the token's, with a
password `device_id` or one made of the network's and the user's name. What was said while we were away
is read from the last position, with what the sync left out, before a room counts as joined. While the
homeserver limits the account, rooms speak in turn.

Of matrix-nio serve the session (homeserver, token, device) and its HTTP request with login, whoami,
logout, joins, aliases and names. Its request is overridden to turn every refusal into one of our
errors, so that its endless retries never begin. Not used, for what was measured: `sync_forever`
(hammers a server that answers 502), its event classes (60 us each, by JSON schema), `room_send`
(ignores Retry-After).

Known gaps: encrypted rooms are refused; deletions, reactions and threads as such are not relayed; a
file is named, not carried. Of more than 5,000 events that were missed in one room, or of more messages
than `catch_up` wants after an absence, the oldest are left out, with a warning. A copy that was redacted
before it was confirmed is found only by the device that sent it.
"""

from .adapter import MatrixAdapter as Adapter

__all__ = ["Adapter"]
