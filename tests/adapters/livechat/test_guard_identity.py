"""Customers whom the shop vouches for; its side of it is done by openssl."""

import subprocess

import pytest

from adapters.livechat.guard.identity import FRESH, identity_signature, is_vouched_for

SECRET, NOW = "5f0c" * 16, 1_795_953_600
ANN = {"user": "4711", "name": "Ann 小红", "mail": "ann@example.org", "time": NOW}


def signed(secret=SECRET, **fields):
    fields = ANN | fields
    told = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", secret],
        input="hubbub-identity-1\n{user}\n{name}\n{mail}\n{time}".format(**fields).encode(),
        capture_output=True,
        check=True,
    )
    return fields | {"signature": told.stdout.decode().split()[-1]}


def test_the_shop_signs_as_anybody_can():
    identity = signed()
    assert identity["signature"] == identity_signature(
        SECRET, *(ANN[key] for key in ("user", "name", "mail", "time"))
    )
    assert is_vouched_for([SECRET], **identity, now=NOW + 60)
    assert is_vouched_for(["another" * 4, SECRET], **identity, now=NOW + 60)  # while it is changed
    assert is_vouched_for([SECRET], **signed(name="", mail=""), now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"user": "4712"},
        {"name": "Bob"},
        {"mail": "bob@example.org"},
        {"time": NOW + 1},
        {"signature": ""},
        {"signature": "é"},
        {"user": "4711\nAnn 小红", "name": "ann@example.org", "mail": str(NOW)},
    ],
)
def test_nothing_of_it_can_be_changed(change):
    assert not is_vouched_for([SECRET], **(signed() | change), now=NOW)


def test_it_is_good_for_hours():
    identity = signed()
    assert is_vouched_for([SECRET], **identity, now=NOW + FRESH)
    assert not is_vouched_for([SECRET], **identity, now=NOW + FRESH + 1)
    assert is_vouched_for([SECRET], **identity, now=NOW - 299)
    assert not is_vouched_for([SECRET], **identity, now=NOW - 301)


@pytest.mark.parametrize("secrets", [[], ["another" * 4]])
def test_another_secret_vouches_for_nobody(secrets):
    assert not is_vouched_for(secrets, **signed(), now=NOW)


@pytest.mark.parametrize(
    "fields",
    [{"user": ""}, {"user": "4711\n5"}, {"name": "a\nb"}, {"time": NOW + 0.5}, {"time": float("nan")}],
)
def test_what_no_shop_signs_is_refused_though_it_is_signed(fields):
    identity = ANN | fields
    time = int(identity["time"]) if identity["time"] == identity["time"] else 0
    signature = identity_signature(SECRET, identity["user"], identity["name"], identity["mail"], time)
    assert not is_vouched_for([SECRET], **identity, signature=signature, now=NOW)
