"""No two people who are in a room together look the same there, whatever they call themselves."""

from itertools import combinations
from unicodedata import normalize

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.compose.namesakes import Namesakes
from bridge.compose.prefix import Prefix
from bridge.lookalikes import folded
from bridge.looks import look
from bridge.model import Kind, Sender, UserId

NETWORKS = ("libera", "oftc", "xmpp")
USUAL = [
    "<{name}> ",
    "[{network}] <{name}> ",
    "{name}: ",
    "{name} ",
    "{network}/{name} | ",
]
RARE = [
    "({name}) ",
    "{name}'s: ",
    "-{name}- ",
    "{name}. ",
    "{name} ({id}): ",
]

pieces = st.sampled_from([
    "Ada", "ada", "Аda", "ADA", "Ann Lee", "Ann_Lee", "Ann-Lee", "Ian", "lan", "Bob", "B0b", "Hubbub", "o'b",
    " ", "_", "-", "'", ".", ":", "|", "<", ">", "(", ")", "[", "]", "/", "＞", "›", "‐", "*", "@", "#", "`",
    "(libera)", " (oftc)", "[libera] ", "(2)", " (xmpp 2)", "libera/", " | ", "> ", "\u200b", "\u202e", "2",
])  # fmt: skip
names = st.lists(pieces, min_size=1, max_size=4).map("".join)
people = st.lists(
    st.tuples(st.sampled_from(NETWORKS), st.sampled_from("abc"), names),
    min_size=2,
    max_size=5,
    unique_by=lambda one: one[:2],
)


def sight(text):
    """What people see, with all signs that stand in it."""
    plain = normalize("NFKC", regex.sub(r"\p{Default_Ignorable_Code_Point}", "", text))
    return " ".join(plain.translate(folded()).casefold().split())


def shown(template, kind, people):
    """How each of them is shown in a room of another network, after all have spoken."""
    room = Namesakes("irc", lambda _: (), lambda _: False)
    room.follow({"irc", *NETWORKS}, ())
    prefixes = {network: Prefix(template, network, "p") for network in NETWORKS}
    found = {}
    for _ in range(2):
        for network, user, name in people:
            prefix, sender = prefixes[network], Sender(UserId(user), name)
            called = room.speaking(network, sender, told=prefix.tells_network(kind), form=prefix.form)
            found[network, user] = prefix.render(called, kind, pings=False, user=user)
    return found


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.EMOTE])
@pytest.mark.parametrize("template", USUAL + RARE)
@settings(deadline=None)
@example([("libera", "a", "ada (oftc)"), ("oftc", "a", "ada"), ("oftc", "b", "Ada")])
@example([("libera", "a", "o'b"), ("oftc", "a", "o b")])
@given(people)
def test_no_two_who_are_there_look_the_same(template, kind, people):
    found = shown(template, kind, people)
    same = look if template in USUAL else sight
    alike = [(one, other) for one, other in combinations(found.values(), 2) if same(one) == same(other)]
    assert not alike
