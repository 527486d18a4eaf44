"""What a refusal means (client-server API, "Standard error response")."""

import datetime as dt
import email.utils
import json

import pytest

from adapters.matrix.client.errors import (
    Duplicate,
    Forbidden,
    LoggedOut,
    NotMatrix,
    NotThere,
    answer,
    refusal,
)
from bridge import (
    AuthenticationFailed,
    ConnectionLost,
    RateLimited,
    Rejected,
    RoomUnavailable,
    TemporaryFailure,
)


def refused(status, code="", headers=None, **more):
    body = json.dumps({"errcode": code, "error": "because", **more}).encode()
    return refusal(status, headers or {}, body)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "M_FORBIDDEN", Forbidden),
        (401, "M_UNKNOWN_TOKEN", LoggedOut),
        (401, "M_MISSING_TOKEN", LoggedOut),
        (401, "M_UNAUTHORIZED", AuthenticationFailed),
        (403, "M_USER_DEACTIVATED", AuthenticationFailed),
        (401, "M_USER_LOCKED", AuthenticationFailed),
        (429, "M_LIMIT_EXCEEDED", RateLimited),
        (400, "M_LIMIT_EXCEEDED", RateLimited),
        (413, "M_TOO_LARGE", Rejected),
        (413, "", Rejected),
        (404, "M_NOT_FOUND", NotThere),
        (404, "M_UNRECOGNIZED", NotMatrix),
        (405, "M_UNRECOGNIZED", NotMatrix),
        (404, "", NotMatrix),
        (400, "M_UNKNOWN", Rejected),
        (400, "M_DUPLICATE_ANNOTATION", Duplicate),
        (400, "M_BAD_JSON", Rejected),
        (400, "M_NOT_JSON", Rejected),
        (400, "M_INVALID_PARAM", Rejected),
        (400, "M_UNSUPPORTED_ROOM_VERSION", Rejected),
        (400, "M_INCOMPATIBLE_ROOM_VERSION", Rejected),
        (403, "M_GUEST_ACCESS_FORBIDDEN", RoomUnavailable),
        (403, "M_USER_SUSPENDED", RoomUnavailable),
        (403, "M_RESOURCE_LIMIT_EXCEEDED", TemporaryFailure),
        (500, "M_UNKNOWN", TemporaryFailure),
        (502, "M_UNKNOWN", TemporaryFailure),
        (503, "", TemporaryFailure),
    ],
)
def test_every_code_has_its_error(status, code, error):
    """ "Common error codes", "Other error codes"."""
    assert type(refused(status, code)) is error


def test_the_servers_words_are_told():
    assert str(refused(403, "M_FORBIDDEN")) == "the homeserver says: because"
    assert (
        str(refusal(403, {}, b'{"errcode":"M_FORBIDDEN","error":["x"]}'))
        == "the homeserver says: M_FORBIDDEN"
    )


@pytest.mark.parametrize(
    ("headers", "more", "seconds"),
    [
        ({}, {"retry_after_ms": 1500}, 1.5),
        ({"Retry-After": "7"}, {}, 7),
        ({"Retry-After": "7"}, {"retry_after_ms": 1500}, 7),
        ({"Retry-After": "1"}, {"retry_after_ms": 9000}, 9),
        ({"Retry-After": "1"}, {"retry_after_ms": 104}, 0.104),
        ({"Retry-After": "soon"}, {"retry_after_ms": "never"}, 5),
        ({"Retry-After": "9" * 30}, {"retry_after_ms": -5}, 0),
        ({}, {"retry_after_ms": 1e300}, 3600),
        ({}, {"retry_after_ms": True}, 5),
        ({}, {}, 5),
    ],
)
def test_how_long_to_wait(headers, more, seconds):
    """Client-server API, "Rate limiting": retry_after_ms and Retry-After are both obeyed."""
    error = refused(429, "M_LIMIT_EXCEEDED", headers, **more)
    assert error.retry_after == seconds
    assert "override_ratelimit" in str(error)


def test_a_date_to_wait_for():
    """RFC 9110, 10.2.3 "Retry-After"."""
    date = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60))
    assert 50 < refused(429, "M_LIMIT_EXCEEDED", {"Retry-After": date}).retry_after <= 60


def test_soft_logout_is_told_apart():
    """Client-server API, "Soft logout"."""
    assert refused(401, "M_UNKNOWN_TOKEN", soft_logout=True).soft
    assert not refused(401, "M_UNKNOWN_TOKEN").soft
    assert not refused(401, "M_UNKNOWN_TOKEN", soft_logout="yes").soft


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (502, TemporaryFailure),
        (429, RateLimited),
        (413, Rejected),
        (404, NotMatrix),
        (403, NotMatrix),
        (301, NotMatrix),
    ],
)
def test_answers_of_something_in_front(status, error):
    assert type(refusal(status, {}, b"<html>Bad Gateway</html>")) is error


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"1", b"\xff", b'{"a":', b"[" * 100_000, b"null"])
def test_what_is_not_an_answer(body):
    with pytest.raises(ConnectionLost, match="check homeserver"):
        answer(body)


def test_numbers_that_python_does_not_take():
    assert answer(b'{"a": ' + b"9" * 5000 + b"}") == {"a": 0}


def test_what_is_nested_too_deep_costs_only_itself():
    """An event may hold 10,000 levels, which Python's parser refuses together with all around it."""
    deep = b"[" * 20_000 + b"]" * 20_000
    body = rb'{"a": "x[{\"", "b": [{"c": %s, "d": "\\"}, {"e": %s}], "f": {"g": 2}}' % (deep, deep)
    read = answer(body)
    assert read["a"] == 'x[{"'
    assert read["b"][0]["d"] == "\\"
    assert read["b"][1].keys() == {"e"}
    assert read["f"] == {"g": 2}


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' + b"[" * 5000,
        b'{"a":' + b"[" * 5000 + b"]" * 4999,
        b"]" * 300 + b"[" * 5000,
        b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}",
        b'{"a":' + b"[" * 5000 + b'"' + b"\\" * 9999,
    ],
)
def test_what_is_nested_and_broken_is_no_answer(body):
    with pytest.raises(NotMatrix):
        answer(body)
