"""The other way round: Hubbub as a OneBot v11 implementation, to which the frameworks of bots connect.

Follows OneBot v11 (github.com/botuniverse/onebot-11): the four ways of communication, events, actions,
messages as arrays and, in `raw_message`, as strings with CQ codes. Of what the frameworks call beyond that:
`get_group_member_list` and its like for people who have spoken, `.handle_quick_operation`.

A room of this network is a group. Whoever speaks elsewhere has a number of their own there: the network's
record says that everybody has an account of theirs, so that a text begins with the command that somebody
typed. All bots that are connected speak as one person, the network's.

A message is confirmed when each bot that is connected has answered the WebSocket's ping behind it, or the
POST of it (RFC 6455, section 5.5.2: whoever reads a ping answers it, in its order). While no bot is connected
no room is joined, and what is said waits in the journal. What was sent stands in a file beside the journal,
with the numbers of people and messages: it answers `get_msg`, and `find_sent`.

Known gaps: there are no private chats, no requests, no uploads of files to a group's folder; edits are shown
as people type them, reactions not at all; who comes and goes is not told; segments that are no talk
(`music`, `json`, `xml`) become a word. One bot that is away while another is connected misses what is said.
"""

from .adapter import BotsAdapter as Adapter

__all__ = ["Adapter"]
