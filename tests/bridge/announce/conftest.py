from dataclasses import replace

import pytest

from bridge.config.announce import AnnounceRules
from bridge.model import Support
from bridge.testing import HandClock, ScriptedNetwork
from tests.bridge.world import config

from .audience import NOON, RULES, Audience


@pytest.fixture
def irc():
    return whispering("irc")


@pytest.fixture
def jabber():
    return whispering("jabber")


def whispering(name):
    network = ScriptedNetwork(name)
    network.capabilities = replace(network.capabilities, whisper=Support.PARTIAL)
    return network


@pytest.fixture
def clock():
    return HandClock(NOON)


@pytest.fixture
def listed(tmp_path, irc, jabber):
    """A list with a room of its own, and a conversation of people who may want it."""
    made = config(tmp_path, {"news": ["irc desk"], "lobby": ["irc lobby", "jabber lobby"]})
    news = replace(made.conversations["news"], announce=AnnounceRules(**RULES))
    return replace(made, conversations={**made.conversations, "news": news})


@pytest.fixture
def audience(irc, jabber):
    return Audience(irc, jabber)
