"""Verifies who signed a stamp: CMS, RFC 5652, as far as RFC 3161 has it.

A library would be less code. The one there is refuses the replies of authorities that put their own
certificate beside the signer's in another order than DER has it, as openssl does.
"""

import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import new as new_hash

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from .verifier.reading import UnreadablePart
from .verifier.stamps import Place, inside, parts

__all__ = ["check_signed"]

_DEEPEST = 8
"""So many certificates stand between a signer and its authority at most."""
_SEQUENCE, _OCTETS, _SET, _CONTEXT = 0x30, 0x04, 0x31, 0xA0
_CONTENT_TYPE, _MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010903"), bytes.fromhex("2a864886f70d010904")
_TIME_STAMP = bytes.fromhex("2a864886f70d0109100104")
_BY_SHA1, _BY_ANY = bytes.fromhex("2a864886f70d010910020c"), bytes.fromhex("2a864886f70d010910022f")
"""The attributes that name the signer's certificate by a digest (RFC 2634, section 5.4, and RFC 5035)."""
_SHA1, _SHA256 = bytes.fromhex("2b0e03021a"), bytes.fromhex("608648016503040201")
_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    _SHA1: hashes.SHA1(),  # noqa: S303 -- of a certificate alone
    _SHA256: hashes.SHA256(),
    bytes.fromhex("608648016503040202"): hashes.SHA384(),
    bytes.fromhex("608648016503040203"): hashes.SHA512(),
}

_UNREADABLE = (
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises of a certificate, besides ValueError."""


def check_signed(
    reply: bytes, signed: Sequence[Place], octets: Place, authority: Sequence[x509.Certificate], at: datetime
) -> None:
    """Check that a reply's content, at `octets`, was signed by somebody whose certificate is for that
    and leads to one of the authority's, all of them valid at that time. Raises UnreadablePart.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a certificate that the library wonders about counts as none
            certificates = [x509.load_der_x509_certificate(raw) for raw in _certificates(reply, signed)]
            signer = _signer(reply, signed[-1], octets, [*certificates, *authority])
            usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
            _check_way(signer, certificates, authority, at)
        if list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING] or not usage.critical:
            raise UnreadablePart("its signer's certificate is not one for stamps")
    except (*_UNREADABLE, IndexError, KeyError, ValueError, TypeError, Warning) as error:
        raise UnreadablePart(f"it cannot be read ({type(error).__name__}: {error})") from error


def _certificates(reply: bytes, signed: Sequence[Place]) -> Iterator[bytes]:
    for place in signed[3:-1]:
        if place[0] == _CONTEXT:
            yield from (raw for raw in _raw(reply, place) if raw[0] == _SEQUENCE)


def _signer(
    reply: bytes, signers: Place, octets: Place, certificates: Sequence[x509.Certificate]
) -> x509.Certificate:
    """Return the certificate of the one signer, whose signature is right (section 5.4)."""
    (one,) = inside(reply, signers, _SET)
    _, _, kind, attributes, _, signature = inside(reply, one)[:6]
    said = _attributes(reply, attributes)
    hashed = _HASHES[_content(reply, inside(reply, kind)[0])]
    if _content(reply, said[_CONTENT_TYPE]) != _TIME_STAMP or hashed.name == "sha1":
        raise UnreadablePart("it is signed in another way than stamps are")
    if _content(reply, said[_MESSAGE_DIGEST]) != new_hash(hashed.name, _content(reply, octets)).digest():
        raise UnreadablePart("its signature is over something else")
    signer = _named(reply, said, certificates)
    # Over the attributes as the SET that they are, whatever their tag is here.
    content = bytes([_SET]) + list(_raw(reply, one))[3][1:]
    _check_signature(signer, _content(reply, signature), content, hashed)
    return signer


def _attributes(reply: bytes, place: Place) -> dict[bytes, Place]:
    found = [inside(reply, one) for one in inside(reply, place, _CONTEXT)]
    return {_content(reply, kind): inside(reply, values, _SET)[0] for kind, values in found}


def _named(
    reply: bytes, said: dict[bytes, Place], certificates: Sequence[x509.Certificate]
) -> x509.Certificate:
    """Return the certificate that the signature names as the signer's."""
    if _BY_ANY in said:
        first, *rest = inside(reply, inside(reply, inside(reply, said[_BY_ANY])[0])[0])
        digest, hashed = first, _HASHES[_SHA256]
        if first[0] != _OCTETS:
            digest, hashed = rest[0], _HASHES[_content(reply, inside(reply, first)[0])]
    else:
        digest = inside(reply, inside(reply, inside(reply, said[_BY_SHA1])[0])[0])[0]
        hashed = _HASHES[_SHA1]
    for certificate in certificates:
        if certificate.fingerprint(hashed) == _content(reply, digest):
            return certificate
    raise UnreadablePart("its signer's certificate is not with it, nor in `archive.stamps.ca`")


def _check_signature(
    signer: x509.Certificate, signature: bytes, content: bytes, hashed: hashes.HashAlgorithm
) -> None:
    key = signer.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(hashed))
        else:
            raise UnreadablePart("it is signed by a kind of key that is not known: RSA and ECDSA are")
    except InvalidSignature:
        raise UnreadablePart("its signature is wrong") from None


def _check_way(
    signer: x509.Certificate,
    certificates: Sequence[x509.Certificate],
    authority: Sequence[x509.Certificate],
    at: datetime,
) -> None:
    """Check that certificates lead from the signer's to the authority's."""
    one = signer
    for _ in range(_DEEPEST):
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise UnreadablePart("a certificate of its signer was not valid at that time")
        if one in authority:
            return
        above = next((two for two in (*authority, *certificates) if _issued(one, two)), None)
        if above is None:
            break
        one = above
    raise UnreadablePart("its signer's certificate does not lead to one of `archive.stamps.ca`")


def _issued(one: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(by)
        return by.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False


def _content(reply: bytes, place: Place) -> bytes:
    return reply[place[1] : place[2]]


def _raw(reply: bytes, place: Place) -> Iterator[bytes]:
    """Yield the elements inside of one, each with its tag and length."""
    start = place[1]
    for _, _, end in parts(reply, place[1], place[2]):
        yield reply[start:end]
        start = end
