"""Matrix: a relay bot in rooms of one homeserver's account, over the client-server API.

Follows the Matrix specification v1.11, client-server API; sections are named by their titles, since
their numbers change: Client Authentication (Login, Soft logout), Syncing with Filtering and
Lazy-loading room members, Sending events to a room, Rooms (Room aliases, Joining rooms), Instant
Messaging (Rich text), User and room mentions, Rich replies with their fallbacks, Event replacements,
Room Upgrades, Rate limiting.

Of matrix-nio serve the session (homeserver, token, device) and its HTTP request with login, whoami,
logout, joins, aliases and names. Its request is overridden to turn every refusal into one of our
errors, so that its endless retries never begin. Not used, for what was measured: `sync_forever`
(hammers a server that answers 502), its event classes (60 us each, by JSON schema), `room_send`
(ignores Retry-After).

Known gaps: encrypted rooms are refused; deletions, reactions and threads as such are not relayed; a
file is named, not carried; a message that bears another Hubbub's mark is not relayed. Of more than
5,000 messages that were missed in one room the oldest are left out, with a warning.
"""

from .adapter import MatrixAdapter as Adapter

__all__ = ["Adapter"]
