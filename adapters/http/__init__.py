"""HTTP: programs that read and write a conversation, by matterbridge's API and by signed webhooks.

Follows what matterbridge 1.26.0 does (`bridge/api/api.go`, `contrib/api.yaml` there), and Standard Webhooks
1.0. `docs/http.md` tells programs what they get.

A room is joined while a program reads it: what is said meanwhile stays in the journal. Delivered is what was
written to the connection of the first program that has it; a room with an address (`to`) is always joined,
and delivered is what was answered with a 2xx.

Known gaps: formatting does not cross, either way; where a message comes from is known by network alone, not
by protocol and room.
"""

from .adapter import HttpAdapter as Adapter

__all__ = ["Adapter"]
