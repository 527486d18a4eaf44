"""Writes the README of a bundle. Pure."""

from .verifier.reading import printable

__all__ = ["readme"]

_TEXT = """\
Evidence of what was said in the conversation {conversation}

Hubbub, a gateway between chat networks, recorded this conversation as it passed. This bundle
holds a part of that record, entries {first} to {last}, and what shows that it was not changed
since.

WHAT IT PROVES
- The entries that are disclosed here are, to the byte and in this order, those that the gateway
  recorded, and none was put between them or taken out since a checkpoint was signed over them.
- Where a checkpoint has a stamp of a time-stamping authority (RFC 3161), or was told to a room
  elsewhere, they were there at that time at the latest, whoever holds the key now.

WHAT IT DOES NOT PROVE
- Who typed something. It has who said it as the network told the gateway, and what that vouched
  for.
- That all was recorded that was said: something could be left out before it was recorded, and
  the gateway says of times in which it could not hear only what it knew of.
- That the gateway's owner did not make up all of it: whoever holds the key can sign another
  history, as far back as no stamp, no witness and no earlier bundle says otherwise.

WHAT IS NOT HERE
- Of entries that are not disclosed, and of words that were erased or taken back, there are
  digests alone. They are salted: nobody can find out by trial what was said.

HOW TO VERIFY IT
- With Python 3.9 or later, in this folder or on the zip, without a network:
      python3 -I verify.py
      python3 -I verify.py --fingerprint FINGERPRINT bundle.zip
  It says of each thing whether it was changed, and ends with 0 if nothing was, 1 if something
  was, and 2 where it cannot read the bundle. Who does not trust the verify.py in here takes the
  same file from a release of Hubbub: `hubbub evidence verifier` prints it.
- The key's SHA-256 fingerprint is
      {fingerprint}
  Compare it with what the owner of the gateway published. By openssl:
      openssl pkey -pubin -in public-key.pem -outform DER | sha256sum
- That an authority made a stamp, with its certificate from elsewhere:
      openssl ts -verify -data stamps/N.json -in stamps/N.tsr -CAfile CERTIFICATE
  Where that certificate has run out since, `-attime` and the stamp's time, in seconds since
  1970, ask whether it was good then; verify.py tells the whole command.

FILES
  transcript.txt     what the disclosed entries say, for people
  entries.jsonl      the entries, one on a line, with their links
  checkpoints.jsonl  what was signed, and how this chain stands in it
  stamps/            stamps, and the checkpoints that they are over
  manifest.json      the digests of all files; manifest.sig is the signature over it
  public-key.pem     the key
  verify.py          the verifier
"""


def readme(conversation: str, first: int, last: int, fingerprint: str) -> bytes:
    """Return the text."""
    shown = repr(printable(conversation))
    return _TEXT.format(conversation=shown, first=first, last=last, fingerprint=fingerprint).encode()
