"""A million messages as people write them, the same each time: English, German, Chinese and Japanese.

Words, and what is often said in one go, are drawn by Zipf's law: a few hundred real ones, many made of
syllables or characters. Each message has its network's own name: a third each as on IRC, XMPP and Matrix.
"""

import base64
import random
import uuid
from collections.abc import Iterator
from itertools import accumulate

from bridge.archive.entries import Copy, EntryKind, Header, Person, Words
from bridge.archive.store import NewEntry

SEED = 15
START = 1_700_000_000.0
CONVERSATIONS = 20
PEOPLE = 400
_BULK = 20_000
_SHARES = {"en": 0.4, "de": 0.2, "zh": 0.3, "ja": 0.1}
_LENGTHS = {"en": 7, "de": 6.5, "zh": 6.5, "ja": 6}
"""So many pieces has a message, on average: words, and what is often said in one go."""
_COMMON = {
    "en": "the I to a and you it is in of that for on not with be this have are was but do my at can so "
    "just if what like we me all no or there get they will one now up out your know as how think "
    "yes good see time when about an want he some from would more then here need us going had did "
    "has them could really work why make should right back been because new also only still even "
    "too sure much than ok thanks sorry please today tomorrow server meeting offer price contract "
    "delivery invoice order agree update version release file",
    "de": "ich das die ist der nicht und es du in ja zu was wir den mit auf so ein aber hat für wie sie "
    "an da man auch noch nur dann eine kann mal wenn schon habe war oder nein mir von sind doch "
    "haben bei jetzt uns immer hier mehr nach wird im gut alles sein aus als keine um heute "
    "morgen Angebot Preis Vertrag Lieferung Rechnung Danke bitte Besprechung übrigens Straße "
    "größer natürlich",
    "zh": "的 我 了 是 不 你 在 就 有 他 这 好 都 也 说 要 人 们 吧 吗 去 会 那 看 很 到 想 来 还 知道 "
    "什么 今天 明天 可以 没有 我们 怎么 现在 时候 觉得 一下 问题 价格 合同 报价 交货 发票 同意 "
    "谢谢 会议 数据库 服务器 公司 客户 时间 东西 应该 因为 所以",
    "ja": "の は が を に で と も です ます した する これ それ この その ない ある いる 今日 明日 "
    "会議 見積もり 契約 納品 価格 ありがとう お願いします わかりました すみません サーバー "
    "データベース 時間 問題 会社 仕事 電話 資料 確認 了解",
}
_VOWELS, _CONSONANTS = "aeiouaeio", "bcdfghklmnprstvwst"


def _vocabulary(language: str, chance: random.Random) -> list[str]:
    common = _COMMON[language].split()
    made: set[str] = set()
    if language in ("zh", "ja"):
        characters = [
            bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFA)
        ]
        chance.shuffle(characters)
        weights = list(accumulate(1 / (rank + 20) for rank in range(len(characters))))
        kana = [chr(code) for code in range(0x3042, 0x308F)]
        while len(made) < 12_000:
            word = "".join(
                chance.choices(characters, cum_weights=weights, k=chance.choice((1, 2, 2, 2, 2, 3, 4)))
            )
            if language == "ja":
                word = word[:2] + "".join(chance.choices(kana, k=chance.choice((0, 1, 1, 2))))
            made.add(word)
    else:
        while len(made) < 25_000:
            syllables = chance.choice((1, 2, 2, 2, 3, 3, 4 if language == "de" else 3))
            word = "".join(
                chance.choice(_CONSONANTS)
                + chance.choice(_VOWELS)
                + chance.choice(("", "", "n", "r", "s", "t"))
                for _ in range(syllables)
            )
            made.add(word.capitalize() if language == "de" and chance.random() < 0.4 else word)
    rest = sorted(made - set(common))
    chance.shuffle(rest)
    words = common + rest
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    between = "" if language in ("zh", "ja") else " "
    said = [
        between.join(chance.choices(words, cum_weights=weights, k=chance.choice((2, 2, 3, 4)))) for _ in words
    ]
    return [one for both in zip(words, said, strict=True) for one in both]


def texts(count: int) -> Iterator[str]:
    """So many texts."""
    chance = random.Random(SEED)
    words = {language: _vocabulary(language, chance) for language in _SHARES}
    weights = {
        language: list(accumulate(1 / (rank + 3) for rank in range(len(known))))
        for language, known in words.items()
    }
    pools: dict[str, list[str]] = {language: [] for language in _SHARES}
    made = 0
    while made < count:
        languages = chance.choices(list(_SHARES), weights=list(_SHARES.values()), k=_BULK)
        for language in languages[: count - made]:
            length = max(1, min(60, int(chance.lognormvariate(-0.32, 0.8) * _LENGTHS[language])))
            pool = pools[language]
            if len(pool) < length:
                pool += chance.choices(words[language], cum_weights=weights[language], k=_BULK)
            taken = pool[-length:]
            del pool[-length:]
            if language in ("zh", "ja"):
                text = "".join(taken)
                if length > 8:
                    text = f"{text[: len(text) // 2]}，{text[len(text) // 2 :]}"
                yield text + chance.choice(("", "", "。", "？" if language == "zh" else "！"))
            else:
                if length > 9:
                    taken[length // 2] += ","
                yield " ".join(taken) + chance.choice(("", "", ".", "?", "!"))
        made += _BULK


def _person(number: int, network: str) -> Person:
    name = f"{random.Random(number).choice(_COMMON['en'].split())}{number}"
    return {
        "irc": Person(f"{name}!~{name}@host-{number % 97}.example.net", name),
        "xmpp": Person(f"{base64.b64encode(random.Random(number).randbytes(32)).decode()}", name),
        "matrix": Person(f"@{name}:server{number % 7}.example.org", name),
    }[network]


_ROOMS = {
    "irc": "#talk{0}",
    "xmpp": "talk{0}@conference.example.org",
    "matrix": "!{0:018x}:server1.example.org",
}


def _name(network: str, chance: random.Random) -> str:
    """What a network calls a message."""
    if network == "irc":  # message-tags, as Ergo and InspIRCd make them
        return base64.b32encode(chance.randbytes(16)).decode().rstrip("=").lower()
    if network == "xmpp":  # XEP-0359
        return str(uuid.UUID(bytes=chance.randbytes(16), version=4))
    return "$" + base64.urlsafe_b64encode(chance.randbytes(32)).decode().rstrip("=")


def entries(count: int, *, copies: bool = False) -> Iterator[NewEntry]:
    """So many messages, as they are filed; `copies`: and that both other networks took each."""
    chance = random.Random(SEED + 1)
    conversations = [f"talk{number}" for number in range(CONVERSATIONS)]
    by_size = list(accumulate(1 / (rank + 1) for rank in range(CONVERSATIONS)))
    networks = list(_ROOMS)
    people = {network: [_person(number, network) for number in range(PEOPLE)] for network in networks}
    active = list(accumulate(1 / (rank + 5) for rank in range(PEOPLE)))
    drawn: list[int] = []
    where: list[int] = []
    now = START
    for number, text in enumerate(texts(count)):
        if not drawn:
            drawn = chance.choices(range(PEOPLE), cum_weights=active, k=_BULK)
            where = chance.choices(range(CONVERSATIONS), cum_weights=by_size, k=_BULK)
        now = round(now + chance.expovariate(1 / 30), 3)
        who, talk = drawn.pop(), where.pop()
        network = networks[who % 3]
        room = _ROOMS[network].format(talk)
        name = _name(network, chance)
        header = Header(
            kind=EntryKind.MESSAGE,
            at=now,
            network=network,
            room=room,
            id=name,
            by=people[network][who],
            seq=number + 1,
        )
        yield NewEntry(conversations[talk], header, Words(text=text))
        if copies:
            for other in networks:
                if other != network:
                    copied = Copy(other, _ROOMS[other].format(talk), (_name(other, chance),))
                    header = Header(
                        kind=EntryKind.COPY,
                        at=round(now + chance.random(), 3),
                        network=network,
                        room=room,
                        target=name,
                        copy=copied,
                    )
                    yield NewEntry(conversations[talk], header, Words())
