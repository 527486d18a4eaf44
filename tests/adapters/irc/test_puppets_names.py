"""What people from elsewhere are called on IRC, and what tells them apart."""

from ipaddress import ip_network

import pytest

from adapters.irc.puppets import names


@pytest.mark.parametrize(
    ("name", "key", "nick"),
    [
        ("Ada", "jabber/ada@example.org", "Ada"),
        ("Zoë Ünal", "jabber/zoe@example.org", "Zoe_Unal"),
        ("王小明", "matrix/@xiaoming:example.org", "xiaoming"),
        ("李 Li", "matrix/@a:example.org", "Li"),
        ("Ada 🎉", "matrix/@a:example.org", "Ada"),
        ("42", "telegram/42", "_42"),
    ],
)
def test_a_nick_is_what_irc_can_write_of_a_name(name, key, nick):
    assert next(names.nicks(name, key, 30)) == nick


def test_who_has_no_letters_at_all_has_a_nick_of_their_own_on_each_day():
    people = ["xmpp/小明@example.org", "xmpp/大山@example.org", "xmpp/occupant:cOqTJq8iBEcr"]
    found = [next(names.nicks("小明", key, 9)) for key in people]
    assert len(set(found)) == 3
    assert all(nick.startswith("guest") and len(nick) == 9 for nick in found)
    assert found == [next(names.nicks("小明", key, 30)) for key in people]


@pytest.mark.parametrize("most", [0, 9, 15, 30])
def test_all_nicks_of_a_person_differ_and_fit(most):
    found = list(names.nicks("A very long name of somebody", "matrix/@long:example.org", most))
    assert len(set(found)) == len(found) == 5
    assert all(len(nick) <= (most or 9) for nick in found)


def test_a_ban_of_what_stands_before_the_at_meets_one_person():
    people = [f"telegram/123456789{number}" for number in range(100)] + [
        *("jabber/ada@example.org", "matrix/@ada:example.org", "jabber/ada@example.net", "jabber/小@x"),
    ]
    found = {names.ident_of(key) for key in people}
    assert len(found) == len(people)
    for ident in found:
        assert ident.isalnum()
        assert ident.islower() or ident.isdigit()
        assert ident.isascii()
        assert len(ident) == 9


def test_operators_read_who_somebody_is_whatever_they_are_called():
    said = names.realname_of("x" * 200, "jabber/ada@example.org")
    assert said.startswith("ada@example.org on jabber (Hubbub): xxx")
    assert len(said.encode()) == 100
    assert "\r" not in names.realname_of("a\r\nQUIT", "jabber/a")


@pytest.mark.parametrize("prefix", ["2001:db8::/64", "10.1.0.0/16", "10.1.2.0/30", "10.1.2.3/32"])
def test_an_address_lies_below_its_prefix_and_is_the_same_on_each_day(prefix):
    network = ip_network(prefix)
    for number in range(50):
        address = names.address_of(f"jabber/{number}", network)
        assert address in network
        assert address == names.address_of(f"jabber/{number}", network)
        if network.num_addresses > 2 and network.version == 4:
            assert address not in (network.network_address, network.broadcast_address)
