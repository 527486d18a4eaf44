"""QQ, through an implementation of OneBot v11 such as NapCat, LLBot (LLOneBot) or Lagrange.OneBot.

Follows OneBot v11 (github.com/botuniverse/onebot-11): forward and reverse WebSocket, messages as arrays or
with CQ codes. Beyond it, where the implementation has them: `get_group_msg_history` and
`get_friend_msg_history` for what was missed and for what became of our own messages, `upload_group_file`
and `upload_private_file`, `get_group_file_url` and `get_private_file_url`, and the notices `group_card`,
`group_dismiss`, `bot_offline` and `notify` with `group_name`.

A position is the time of the last message heard in a room, the newest message known there, and of the
message of ours that was on its way last the txn, a digest, the time, and the newest message known then.

Known gaps: edits, threads, topics and emotes there are none; reactions, typing, pokes, announcements and
essence messages do not cross, nor the words of merged forwards; who is muted and who becomes administrator
is not told; a removal while we are away is not heard; a file that we upload has no name, so that it cannot
be taken back; voice messages and videos are sent as files. Where only `group_upload` tells of a file, as in
go-cqhttp, it is not seen.
"""

from .adapter import OneBotAdapter as Adapter

__all__ = ["Adapter"]
