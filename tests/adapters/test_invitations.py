"""How the demo tells to join with an own client."""

import importlib

import pytest


@pytest.mark.parametrize("protocol", ["irc", "xmpp", "matrix"])
def test_no_fact_is_torn_apart(protocol, tmp_path):
    """Each line stands indented in a terminal of 80 columns."""
    name, *facts = (
        importlib.import_module(f"adapters.{protocol}.testing").Demo(tmp_path).invitation().splitlines()
    )
    assert " " not in name
    assert any("lobby" in fact for fact in facts)
    assert all(len(fact) < 72 for fact in facts)
