"""What is seen of a server before any login: its name, its certificate, its clock."""

import time

import pytest

from bridge.config import WayOut
from bridge.examination import Grade
from bridge.kit import see_certificate, see_clock, see_name, trust
from bridge.testing import free_port
from tests.adapters.trouble import certificate, listening, plain

DIRECT = WayOut()
SOON, WELL, WRONG = Grade.DOUBTFUL, Grade.WELL, Grade.WRONG


async def test_a_certificate_that_ends_soon(tmp_path):
    pem, serving = certificate(tmp_path)
    async with listening(b"", serving) as port:
        found = await see_certificate("localhost", port, trust(pem, alone=True), way_out=DIRECT)
    assert (found.subject, found.grade) == ("certificate", SOON)
    assert found.sentence.startswith("the certificate of localhost ends in 1 day, on 20")


async def test_one_that_lasts(tmp_path, monkeypatch):
    """Until when is told, so that an owner need not ask."""
    pem, serving = certificate(tmp_path)
    monkeypatch.setattr("bridge.kit.examining._SOON", 1)
    async with listening(b"", serving) as port:
        found = await see_certificate("localhost", port, trust(pem, alone=True), way_out=DIRECT)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * 86400))
    assert (found.grade, found.sentence) == (WELL, f"the certificate of localhost verifies, until {day}")


@pytest.mark.parametrize(
    ("made", "name", "known", "said"),
    [
        ({"expired": True}, "localhost", True, "its owner has to renew it"),
        ({"name": "elsewhere"}, "localhost", True, "made out to another name"),
        ({}, "localhost", False, "name its authority in ca_file"),
    ],
    ids=["expired", "name", "chain"],
)
async def test_one_that_is_no_good(tmp_path, made, name, known, said):
    pem, serving = certificate(tmp_path, **made)
    async with listening(b"", serving) as port:
        found = await see_certificate(
            "127.0.0.1", port, trust(pem if known else None, alone=True), way_out=DIRECT, name=name
        )
    assert found.grade is WRONG
    assert said in found.sentence
    assert plain(found.sentence)


async def test_what_is_no_server_for_it(tmp_path):
    context = trust()
    async with listening(b"hello\r\n") as port:
        found = await see_certificate("127.0.0.1", port, context, way_out=DIRECT)
    assert (found.grade, "does not speak TLS" in found.sentence) == (WRONG, True)
    found = await see_certificate("127.0.0.1", free_port(), context, way_out=DIRECT)
    assert (found.grade, "(Connection refused)" in found.sentence) == (WRONG, True)
    assert plain(found.sentence)


async def test_one_that_says_nothing(monkeypatch):
    monkeypatch.setattr("bridge.kit.examining._PATIENCE", 0.2)
    async with listening(None) as port:
        found = await see_certificate("127.0.0.1", port, trust(), way_out=DIRECT)
    assert (found.grade, "gives no answer" in found.sentence) == (WRONG, True)


async def test_names():
    assert (await see_name("127.0.0.1", 1, DIRECT)).grade is WELL
    assert (await see_name("localhost", 1, DIRECT)).grade is WELL
    found = await see_name("nobody.invalid", 1, DIRECT)  # RFC 6761 section 6.4: it is nobody's
    assert (found.subject, found.grade) == ("name", WRONG)
    assert plain(found.sentence)


@pytest.mark.parametrize(
    ("theirs", "grade", "said"),
    [
        (0.0, WELL, "is the one of this machine"),
        (-30.0, WELL, "is the one of this machine"),
        (600.0, WRONG, "s ahead of the one of this machine: set the one that is wrong"),
        (-600.0, WRONG, "600 s behind the one of this machine: set the one that is wrong"),
    ],
)
def test_clocks(theirs, grade, said):
    now = time.time()
    found = see_clock("the server", now + theirs, now)
    assert (found.grade, said in found.sentence) == (grade, True), found
