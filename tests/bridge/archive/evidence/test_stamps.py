"""Stamps of a real authority, `openssl ts`, by RFC 3161."""

import contextlib
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.archive.evidence.stamps import StampQuestion, ask, check_stamp, read_authority
from bridge.archive.evidence.verifier.stamps import read_stamp
from bridge.errors import ArchiveError

from .authority import Authority, openssl, serving

DATA = b'{"round":1}'
DIGEST = sha256(DATA).digest()
KINDS = {
    "without its certificate": {},
    "with an extra certificate": {"extra": True},
    "by an elliptic curve": {
        "kind": "ec -pkeyopt ec_paramgen_curve:P-256",
        "digest": "sha384",
        "extra": True,
    },
    "named by SHA-1": {"named_by": "sha1"},
    "named by SHA-512": {"named_by": "sha512", "digest": "sha512"},
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), extra=True)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stamp_is_verified_as_it_comes(tmp_path: Path, kind: str):
    """In all forms that replies have; `openssl ts -verify`, which others use, agrees."""
    authority, question = Authority(tmp_path, **KINDS[kind]), StampQuestion.about(DIGEST)
    async with authority.serving() as url:
        reply = await ask(url, question)
    at = check_stamp(reply, question, read_authority(authority.ca))
    assert at > 1.7e9
    assert read_stamp(reply)["imprint"] == DIGEST
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "kept.tsr").write_bytes(reply)
    openssl("ts", "-verify", "-data", "data", "-in", "kept.tsr", "-CAfile", "ca.pem", folder=tmp_path)
    for other in (StampQuestion(sha256(b"").digest(), question.nonce), StampQuestion.about(DIGEST)):
        with pytest.raises(ArchiveError, match="answers another question"):
            check_stamp(reply, other, read_authority(authority.ca))


def test_whom_nobody_vouches_for_is_refused(authority: Authority, tmp_path: Path):
    question = StampQuestion.about(DIGEST)
    reply = authority.stamp(question.encoded())
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(ArchiveError, match="does not lead to one of"):
        check_stamp(reply, question, read_authority(Authority(other).ca))
    with pytest.raises(ArchiveError, match="no certificate in PEM"):
        read_authority(b"nothing")


def test_the_owner_can_name_the_signer_itself(authority: Authority):
    question = StampQuestion.about(DIGEST)
    signer = read_authority((authority.folder / "signer.pem").read_bytes())
    assert check_stamp(authority.stamp(question.encoded()), question, signer) > 0


@settings(deadline=None, max_examples=150)
@given(data=st.data(), bits=st.integers(1, 255))
def test_a_stamp_with_a_flipped_byte_is_refused_or_says_the_same(
    authority: Authority, data: st.DataObject, bits: int
):
    """Where the status has words, and where certificates are that are not needed, nothing is signed."""
    question, ca = StampQuestion.about(DIGEST), read_authority(authority.ca)
    kept = authority.folder / "whole.tsr"
    if not kept.exists():
        kept.write_bytes(authority.stamp(question.encoded()))
        (authority.folder / "nonce").write_text(str(question.nonce))
    raw = bytearray(kept.read_bytes())
    question = StampQuestion(DIGEST, int((authority.folder / "nonce").read_text()))
    at = check_stamp(bytes(raw), question, ca)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= bits
    with contextlib.suppress(ArchiveError):  # nothing else is raised
        assert check_stamp(bytes(raw), question, ca) == at


def test_a_certificate_of_a_version_that_is_none_is_refused(authority: Authority):
    question = StampQuestion.about(DIGEST)
    third, none = b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x08"  # RFC 5280, section 4.1.2.1
    reply = authority.stamp(question.encoded()).replace(third, none)
    with pytest.raises(ArchiveError, match="InvalidVersion"):
        check_stamp(reply, question, read_authority(authority.ca))


@settings(deadline=None, max_examples=80)
@given(raw=st.binary(max_size=300))
def test_any_bytes_are_refused(authority: Authority, raw: bytes):
    with pytest.raises(ArchiveError, match="not kept"):
        check_stamp(raw, StampQuestion.about(DIGEST), read_authority(authority.ca))


@pytest.mark.parametrize(
    ("status", "kind", "size", "words"),
    [
        (500, "text/html", 3, "answered 500"),
        (200, "text/html", 3, "no time-stamping authority"),
        (302, "text/html", 3, "answered 302"),
        (200, "application/timestamp-reply", 300_000, "too much"),
    ],
)
async def test_what_is_no_authority_is_named(status: int, kind: str, size: int, words: str):
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=b"x" * size, content_type=kind, headers={"Location": "/"})

    site = web.Application()
    site.router.add_post("/", answer)
    async with serving(site) as address:
        with pytest.raises(ArchiveError, match=words):
            await ask(address, StampQuestion.about(DIGEST))
    with pytest.raises(ArchiveError, match="cannot be reached"):
        await ask(address, StampQuestion.about(DIGEST))
