"""IRC, as one relay bot per network.

Follows the Modern IRC Client Protocol (modern.ircdocs.horse), RFC 1459 and 2812 where it is silent,
and of IRCv3: capability negotiation 302, message-tags, SASL 3.1 and 3.2, server-time, batch,
echo-message, labeled-response, message ids, bot mode, chghost, setname.

Known gaps: history (chathistory) is recognised and left alone, not read; SASL knows PLAIN and
EXTERNAL, not SCRAM; a channel that forwards elsewhere is refused; a channel that strips colours
(+c, +S) is not told from one that shows them; STS policies are not stored.
"""

from .adapter import IrcAdapter as Adapter

__all__ = ["Adapter"]
