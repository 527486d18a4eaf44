"""Matrix: a relay bot in rooms of one homeserver's account, over the client-server API.

Follows the Matrix specification v1.11, client-server API: login and soft logout (5.6, 5.7), syncing
with filters and lazily loaded members (6.4, 6.5), sending (6.6), joining by alias and via servers
(8.1, 8.4), rich text (11.2.1.7), mentions (11.37), replies and their fallback (11.35), edits
(11.33.3), room upgrades (11.32).

Of matrix-nio serve the session (homeserver, token, device) and its HTTP request with login, whoami,
logout, joins, aliases and names. Its request is overridden to turn every refusal into one of our
errors, so that its endless retries never begin. Not used, for what was measured: `sync_forever`
(hammers a server that answers 502), its event classes (60 us each, by JSON schema), `room_send`
(ignores Retry-After).

Known gaps: encrypted rooms are refused; deletions, reactions and threads as such are not relayed; a
file is named, not carried; a message that bears another Hubbub's mark is not relayed.
"""

from .adapter import MatrixAdapter as Adapter

__all__ = ["Adapter"]
