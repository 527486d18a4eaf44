"""What is checked of a bundle, in this order: its files, the checkpoints, the entries."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Any

from .arithmetic import digest, head_of, root_from_path
from .container import Bundle
from .findings import BundleFindings
from .reading import UnreadablePart, need, read_json, unhex, when
from .signatures import fingerprint, is_signed, pem_of
from .stamps import read_stamp
from .walk import Walk

__all__ = ["check"]

LIST, CHECKPOINTS = "manifest.json", "checkpoints.jsonl"
UNLISTED = {LIST, "manifest.sig"}


def check(path: str) -> BundleFindings:
    """Check a bundle. Raises UnreadablePart where it is none, and OSError."""
    findings, bundle = BundleFindings(), Bundle(path)
    raw = bundle.read(LIST)
    try:
        listed = read_list(raw)
    except UnreadablePart as error:
        raise UnreadablePart(f"{LIST}: {error}") from None
    findings.facts = {key: listed[key] for key in ("conversation", "gateway", "first", "last")}
    heads: dict[int, dict[str, Any]] = {}
    steps: tuple[Callable[[], None], ...] = (
        lambda: check_files(bundle, raw, listed, findings),
        lambda: check_checkpoints(bundle, listed, heads, findings),
        lambda: Walk(bundle, listed, heads, findings).check(),
    )
    for step in steps:
        try:
            step()
        except UnreadablePart as error:  # the other steps say what they can
            findings.other("the bundle", str(error))
    return findings


def read_list(raw: bytes) -> dict[str, Any]:
    listed = read_json(raw)
    if listed.get("format") != "hubbub evidence" or listed.get("version") != 1:
        raise UnreadablePart("it is of another format, or of a version that this verifier does not know")
    for key in ("gateway", "conversation"):
        need(listed, key, str)
    for key in ("first", "last"):
        need(listed, key, int)
    need(listed, "files", dict)
    unhex(listed, "key", 32)
    unhex(listed, "chain", 32)
    return listed


def check_files(bundle: Bundle, raw: bytes, listed: dict[str, Any], findings: BundleFindings) -> None:
    """Check the list of files, its signature, and each file."""
    key, files = unhex(listed, "key", 32), listed["files"]
    if not is_signed(key, bundle.read("manifest.sig"), raw):
        findings.other(LIST, "the list of files, its signature or the key in it was changed")
    if bundle.read("public-key.pem") != pem_of(key):
        findings.other("public-key.pem", f"it is not the key that {LIST} names: one of both was changed")
    for name in sorted((files.keys() | bundle.files.keys()) - UNLISTED):
        if name not in bundle.files:
            findings.other(name, "the file was removed")
        elif name in files:
            whole, crc = sha256(), 0
            for piece in bundle.pieces(name):
                whole.update(piece)
                crc = zlib.crc32(piece, crc)
            if whole.hexdigest() != files[name] or bundle.files[name].crc not in (None, crc):
                findings.other(name, "the file was changed")
        elif bundle.is_folder:
            findings.remarks.append(f"{name} is no part of the bundle: nothing is said of it")
        else:
            findings.other(name, "the file was added")


def check_checkpoints(
    bundle: Bundle, listed: dict[str, Any], heads: dict[int, dict[str, Any]], findings: BundleFindings
) -> None:
    """Check each checkpoint. Puts those that are about the chain into `heads`, by the place up to which they
    are about it.
    """
    before: dict[str, Any] = {"round": 0}
    for number, line in enumerate(bundle.pieces(CHECKPOINTS, lines=True), 1):
        body: dict[str, Any] = {}
        try:
            found = read_json(line)
            allow(found, ("body", "signature", "head", "stamp", "witness"))
            raw = need(found, "body", str).encode()
            body = read_json(raw)
            check_signature(body, raw, unhex(found, "signature", 64), listed["gateway"])
            check_order(body, before)
            before = {**body, "digest": digest(raw).hex()}
            findings.checkpoints.append(check_contents(bundle, found, raw, body, listed))
            if "head" in found:
                head = {**findings.checkpoints[-1], "link": unhex(found["head"], "link", 32)}
                heads[head["place"]] = head
        except (UnreadablePart, ValueError) as error:
            name = f"checkpoint {body['round']}" if type(body.get("round")) is int else f"line {number}"
            findings.other(f"{CHECKPOINTS}, {name} of {when(body.get('at'))}", str(error))
    if before.get("next_key", before.get("key")) != listed["key"]:
        findings.other("public-key.pem", "the checkpoints do not lead to this key")
    keys = [one["key"] for one in findings.checkpoints]
    findings.facts["keys"] = list(dict.fromkeys([*keys, fingerprint(unhex(listed, "key", 32))]))


def check_contents(
    bundle: Bundle, found: dict[str, Any], raw: bytes, body: dict[str, Any], listed: dict[str, Any]
) -> dict[str, Any]:
    """Check what comes with a checkpoint. Returns what is told of it."""
    about = {"number": body["round"], "at": body.get("at"), "key": fingerprint(unhex(body, "key", 32))}
    if "next_key" in body:
        about["next_key"] = fingerprint(unhex(body, "next_key", 32))
    if "head" in found:
        about["place"] = check_head(need(found, "head", dict), body, unhex(listed, "chain", 32))
    if "stamp" in found:
        about["stamp"] = check_stamp(bundle, need(found, "stamp", str), raw)
    if "witness" in found:
        about["witness"] = need(found, "witness", dict)
    return about


def allow(found: dict[str, Any], keys: Collection[str]) -> None:
    for key in found:
        if key not in keys:
            raise UnreadablePart(f"it has {key[:40]!r}, which belongs nowhere")


def check_signature(body: dict[str, Any], raw: bytes, signature: bytes, gateway: str) -> None:
    """Check that a checkpoint is signed by the key that it names."""
    if not is_signed(unhex(body, "key", 32), signature, raw):
        raise UnreadablePart("its signature is not over it: one of both was changed")
    if body.get("gateway") != gateway:
        raise UnreadablePart("it is of another gateway")
    if "next_key" in body:
        unhex(body, "next_key", 32)


def check_order(body: dict[str, Any], before: dict[str, Any]) -> None:
    """Check that a checkpoint follows the one before it, and is signed by the key that this one says. Some
    that are not about the chain can be left out between two.
    """
    if need(body, "round", int) <= before["round"]:
        raise UnreadablePart("it stands twice, or out of order")
    if body["key"] != before.get("next_key", before.get("key", body["key"])):
        raise UnreadablePart("it is signed by another key than the checkpoint before it names")
    if body["round"] == before["round"] + 1 and need(body, "previous", str) != before.get(
        "digest", body["previous"]
    ):
        raise UnreadablePart("it does not follow the checkpoint before it: one of both was exchanged")


def check_head(head: dict[str, Any], body: dict[str, Any], chain: bytes) -> int:
    """Check that a link of the chain is under the signed root. Returns its place in the chain."""
    allow(head, ("position", "link", "number", "path"))
    place: int = need(head, "position", int)
    number, size = need(head, "number", int), need(body, "size", int)
    beside = [unhex({"path": one}, "path", 32) for one in need(head, "path", list)]
    if number >= size:
        raise UnreadablePart("it has no such head")
    leaf = head_of(chain, place, unhex(head, "link", 32))
    if root_from_path(leaf, number, size, beside) != unhex(body, "root", 32):
        raise UnreadablePart(f"what it signed of this chain up to entry {place} is something else")
    return place


def check_stamp(bundle: Bundle, name: str, raw: bytes) -> dict[str, Any]:
    """Check that a stamp is over a checkpoint. That its authority made it, `openssl ts -verify` says."""
    stamp = read_stamp(bundle.read(name))
    if stamp["imprint"] != digest(raw) or bundle.read(name.replace(".tsr", ".json")) != raw:
        raise UnreadablePart(f"{name} is a stamp over something else")
    return {"file": name, "time": stamp["time"], "at": stamp["at"], "serial": format(stamp["serial"], "X")}
