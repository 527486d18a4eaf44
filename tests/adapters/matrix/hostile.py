"""Events that no honest client sends: a grammar of everything we look at, with odd values put anywhere."""

import copy
import time

from .homeserver import USER

DEEP = "@@DEEP@@"
"""Stands for more levels of nesting than a JSON writer has; put in when the text is made."""
_LEVELS = 8000

_HTML = [
    "<b>" * 700, "</p>" * 700, "<blockquote>" * 300 + "x", "<a href='javascript:x'>y</a>", "<" * 5000,
    "<ol start='99999999999999999999999'><li>x</li></ol>", "&#99999999999;" * 200, "<!--" * 2000,
    "<span data-mx-color='#zzz' data-mx-spoiler><font color=red>", "<mx-reply>" + "x" * 500, "<pre><code c",
    "<a href='https://matrix.to/#/@hubbub:s'>bot</a>", "<ul><li>" * 200, "\x00<\ud800>", "<script>xx",
]  # fmt: skip
_IDS = ["$e1", "$sent0", "$wave", "", " ", "$", "x" * 300, "\ud800", "$\u202ee", USER, "!lobby:s"]
_USERS = [
    "@mallory:x",
    "@Ünï:x",
    "@a:b:c:d",
    "mallory",
    "@",
    "@:",
    "@x:" + "y" * 400,
    "@\ud800:x",
    "",
    USER + "x",
]
_TIMES = [0, 1, -1, -(10**18), 10**13, 10**30, 1.5, 1e308, float("nan"), float("inf"), "now", True]
_TXNS = ["1.0.0.0123456789abcdef", "1.ab", "", "\x00", "x" * 5000, 5, None, ["1.ab"]]
_KEYS = ["👍", "❤️", "❤", "lol", "mxc://x/y", "", " ", "\n", "\u202e", "x" * 5000, "\ud800", "\x00", "\ufe0f"]
_KINDS = [
    "m.room.message", "m.sticker", "m.room.member", "m.room.encrypted", "m.room.encryption",
    "m.room.tombstone", "m.room.redaction", "m.reaction", "m.room.name", "m.room.topic",
    "m.room.power_levels", "org.example.new", "",
]  # fmt: skip
_FILES = ["mxc://x", "mxc://x/y", "mxc://x/../y", "https://x/y", "mxc://\ud800/y", "mxc://" + "x" * 5000]
_INFOS = [{"w": -1}, {"mimetype": "image/png", "size": 10**25, "w": True, "h": 1.5, "duration": "5"}, "x"]
_ODD = [
    None, True, False, 0, -1, 10**25, 1e308, float("nan"), "", "x", "\ud800\udc00\ud800", "\x00\x1b[2J",
    [], {}, [[]], [{}], {"": ""}, {"event_id": "$e1"}, "m.replace", "m.thread", "$e1", USER,
    "a" * 3000,
]  # fmt: skip


def _message(choose):
    html = {"format": "org.matrix.custom.html", "formatted_body": choose(_HTML)}
    relation = {
        "rel_type": choose(["m.replace", "m.thread", "m.annotation", ""]),
        "event_id": choose(_IDS),
        "m.in_reply_to": {"event_id": choose(_IDS)},
    }
    return {
        "msgtype": choose(["m.text", "m.emote", "m.notice", "m.image", "m.location", "m.bad.encrypted", ""]),
        "body": choose(["x", "> <@alice:s> x\n\ny", "* x", "\n" * 50, "\u202ex\ud800"]),
        **choose([{}, {}, html]),
        **choose([{}, {}, {"m.relates_to": relation, "m.new_content": choose([{}, {"body": "new"}])}]),
        **choose([{}, {}, {"hubbub.txn": choose(_TXNS)}]),
        **choose([{}, {"m.mentions": {"user_ids": [USER], "room": True}}]),
        **choose([{}, {"filename": "x", "url": choose(_FILES), "geo_uri": "geo:1", "info": choose(_INFOS)}]),
    }


def _about(choose, kind):
    """What is done about a message."""
    if kind == "m.room.redaction":
        return {"redacts": choose(_IDS), "reason": choose(_HTML), "hubbub.txn": choose(_TXNS)}
    relation = {"rel_type": "m.annotation", "event_id": choose(_IDS), "key": choose(_KEYS)}
    return {"m.relates_to": relation, **choose([{}, {"hubbub.txn": choose(_TXNS)}])}


def _event(choose, number):
    """Well-formed, more or less; the homeserver sees to it that nobody else bears our name."""
    kind = choose(["m.room.message", choose(_KINDS)])
    content = _message(choose)
    if kind in ("m.room.redaction", "m.reaction"):
        content = _about(choose, kind)
    if kind == "m.room.member":
        content = {"membership": choose(["join", "leave", "ban", "x"]), "displayname": choose(_HTML)}
    if kind in ("m.room.topic", "m.room.name"):
        content = {kind[7:]: choose(_HTML), "hubbub.txn": choose(_TXNS)}
    event = {
        "type": kind,
        "event_id": choose([*[f"$h{number}"] * 4, choose(_IDS)]),
        "sender": choose(_USERS),
        "origin_server_ts": choose([int(time.time() * 1000) + 31_536_000_000, choose(_TIMES)]),
        "content": content,
        "unsigned": {"transaction_id": choose(_TXNS), "age": -5},
    }
    if kind == "m.room.redaction":
        event["redacts"] = choose([choose(_IDS), content["redacts"]])
    if kind == "m.room.member":
        event["state_key"] = choose(_USERS)
        event["unsigned"]["prev_content"] = {"membership": choose(["join", "leave", "x"])}
    if kind in ("m.room.topic", "m.room.name", "m.room.power_levels"):
        event["state_key"] = ""
    if choose([0] * 20 + [1]):
        # It is related to itself.
        event["content"]["m.relates_to"] = {"rel_type": "m.replace", "event_id": event["event_id"]}
    return event


def _mutate(event, choose):
    """Put something odd into one place of it, or take that place away."""
    place = event
    while True:
        key = choose(list(place))
        if isinstance(place[key], dict) and place[key] and choose([True, True, False]):
            place = place[key]
            continue
        break
    if choose([True, False, False]):
        del place[key]
    else:
        place[key] = copy.deepcopy(choose(_ODD))


def events(random, count):
    """So many of them. Of 2,000 one is as large as an event may be."""
    for number in range(count):
        event = _event(random.choice, number)
        if number % 2000 == 7:
            event["content"] = {
                "body": "x" * 60_000,
                "formatted_body": "<i>x" * 15_000,
                "format": "org.matrix.custom.html",
            }
        elif number % 5000 == 11:
            event["content"]["org.example"] = DEEP
        for _ in range(random.choice((0, 0, 1, 1, 3))):
            if event:
                _mutate(event, random.choice)
        yield random.choice(_ODD) if number % 100 == 3 else event


def deep(text):
    """The JSON with its deepest places."""
    return text.replace(f'"{DEEP}"', '{"a":' * _LEVELS + "1" + "}" * _LEVELS)
