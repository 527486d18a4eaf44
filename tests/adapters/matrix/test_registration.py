"""Ids of people from elsewhere: theirs alone, whatever they are called; and registrations by other hands."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.puppets.namespace import Namespace
from adapters.matrix.puppets.pairs import parted, private_id
from adapters.matrix.puppets.registration import read_registration
from bridge import AuthenticationFailed

SERVER = "demo.hubbub.test"
BOT = f"@hubbub:{SERVER}"
HERE = Namespace("_hubbub_matrix_", SERVER)
ADA = "irc/ada!~ada@example.org"
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(KEYS)
def test_an_id_leads_back_to_whose_it_is(key):
    user = HERE.user_of(key)
    if user is not None:
        assert HERE.key_of(user) == key
        assert user == user.lower()
        assert user.isascii()


def test_ids_of_others_are_nobodys():
    assert HERE.user_of(ADA) == f"@_hubbub_matrix_irc=2fada=21=7eada=40example.org:{SERVER}"
    for user in (
        BOT,
        "@_hubbub_matrix_x:evil.example",
        f"@_hubbub_irc_x:{SERVER}",
        f"@_hubbub_matrix_:{SERVER}",
    ):
        assert HERE.key_of(user) is None
    assert HERE.user_of("ä" * 200) is None


@pytest.mark.parametrize(
    ("regex", "prefix"),
    [
        (r"@_hubbub_.*:demo\.hubbub\.test", "_hubbub_"),
        ("@_hubbub_.*", "_hubbub_"),
        (r"@irc\.x_.+:.*", "irc.x_"),
        ("@(a|b).*", None),
        (".*", None),
        (r"@_hubbub_.*:elsewhere\.test", None),
    ],
)
def test_namespaces_of_registrations_by_other_hands(tmp_path: Path, regex, prefix):
    file = tmp_path / "registration.yaml"
    file.write_text(yaml.safe_dump({"as_token": "x", "namespaces": {"users": [{"regex": regex}]}}))
    if prefix is None:
        with pytest.raises(AuthenticationFailed, match="namespace"):
            read_registration(file, SERVER)
    else:
        assert read_registration(file, SERVER).namespace == Namespace(prefix, SERVER)


def test_a_room_of_two_is_called_the_same_at_all_times():
    room = private_id("@alice:s", ADA)
    assert parted(room) == ("@alice:s", ADA)
    for other in ("#a/b:s", "!x:s", "@alice:s", "@alice:s/", "@alice:s/A", "@alice:s/=zz", "@a/b"):
        assert parted(other) is None
