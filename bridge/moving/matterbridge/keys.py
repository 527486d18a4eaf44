"""What becomes of matterbridge's keys that no setting of ours stands for."""

from collections.abc import Mapping

from bridge.moving.sentences import ALWAYS_VERIFIED

__all__ = ["LOST", "NEEDLESS", "SECRET", "SHOWN", "UNKNOWN"]

UNKNOWN = "Hubbub has nothing for this key; if it is misspelt, matterbridge had nothing for it either"

_LOOKS = "people's names and pictures are shown as the network lets Hubbub do it"
_LISTENS = "Hubbub does not listen for the webhooks of this network"

LOST: Mapping[str, str] = {
    "extractnicks": "who another relay bot speaks for is not told apart: there is no counterpart for",
    "stripnick": "names are shown as people have them, made harmless where they must be; replace_names:"
    " at the networks that they come from can do the same (docs/filters.md)",
    "colornicks": "names have no colours",
    "editsuffix": "an edit is shown as the words that changed (edits:), and has no suffix",
    "editdisable": "edits cross; to show nothing of them in a network's rooms, write edits: off there",
    "nosendjoinpart": "who comes and goes is told where members: note stands, whichever network they are on",
    "verbosejoinpart": "who comes and goes is told without their masks",
    "bind": "source: is for networks to which Hubbub connects itself",
    "http_proxy": "it was for what goes by HTTP alone; proxy: is for all of a network (docs/proxies.md)",
    "runcommands": "commands after login are not sent: modes can stand in umodes, a login in nickserv",
    "userelaymsg": "names stand before the words, or people have connections of their own (puppets:)",
    "userelayfallback": "RELAYMSG is not used",
    "relayfallbacknick": "RELAYMSG is not used",
    "stripmarkdown": "formatting is translated into each network's own",
    "webhookurl": _LISTENS,
    "webhookbindaddress": _LISTENS,
    "skiptlsverify": ALWAYS_VERIFIED,
    "mediadownloadpath": "Hubbub keeps files in a folder of its own and hands them out itself (media:)",
    "mediaserverdownload": "files are handed out by Hubbub itself: media: with public_url (docs/media.md)",
    "mediaserverupload": "files are handed out by Hubbub itself: media: with public_url (docs/media.md)",
    "mediadownloadblacklist": "files are chosen by type (media: types), or by name with ignore_text:, which"
    " leaves out all of the message (docs/filters.md):",
    "tengomodifymessage": "scripts are not run",
    "spoofusername": f"{_LOOKS}; on this one by an application service (docs/matrix.md)",
    "usemsc4144": f"{_LOOKS}; on this one by an application service (docs/matrix.md)",
    "sessionfile": "encrypted rooms cannot be read: their keys stay where they are",
    "picklekey": "encrypted rooms cannot be read: their keys stay where they are",
    "recoverykey": "encrypted rooms cannot be read: their keys stay where they are",
    "deviceid": "a token has its device already",
    "mechanism": "the way to log in is chosen by what the server offers",
    "noplain": "the way to log in is chosen by what the server offers",
    "anonymous": "an account is needed",
    "v6": "Hubbub chooses the address family",
}
"""Why something that is on is not carried. What is off, or empty, needs no word."""

_NEEDLESS = """
debug debuglevel logfile label joindelay rejoindelay pingdelay preservethreading messagequeue messagelength
messageclipped showusertyping iconurl quotedisable quoteformat quotelengthlimit keepquotedreply htmldisable
disablemarkdownparsing nohomeserversuffix useusername usefullname ignorefailureonstart doublecolonprefix
mediaconvertwebptopng mediaconverttgs joinmucnohistory buffer
"""
NEEDLESS = frozenset(_NEEDLESS.split())
"""Keys that need no counterpart: Hubbub does by itself what they are for, or has no use for it."""

SECRET = frozenset(
    {"runcommands", "password", "token", "nickservpassword", "webhookurl", "picklekey", "recoverykey"}
)
"""Keys whose values are shown nowhere."""

SHOWN = frozenset({"extractnicks", "mediadownloadblacklist"})
"""Keys whose values are repeated in a comment, for their owner to do it by hand."""
