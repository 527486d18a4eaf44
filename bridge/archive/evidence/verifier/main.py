"""What is told."""

from __future__ import annotations

import argparse
import io
import json
import sys
from typing import Any

from .checks import check
from .findings import BundleFindings
from .reading import UnreadablePart, printable, when

__all__ = ["main", "sentences", "verdict"]

SHOWN = 20
"""So many findings are told: the first says most."""


def verdict(findings: BundleFindings) -> str:
    """Return what comes of it, in one sentence."""
    if not findings.wrong:
        return "Nothing was changed: all is as the gateway recorded it"
    first = findings.wrong[0]
    at = f" ({when(first['at'])})" if first.get("at") is not None else ""
    return f"SOMETHING WAS CHANGED. The first: {first['what']}{at}: {first['sentence']}"


def sentences(findings: BundleFindings, trusted: str = "") -> list[str]:
    """Return what was found, for people. `trusted`: the fingerprint that the owner published."""
    facts = findings.facts
    many, disclosed = facts["last"] - facts["first"] + 1, facts.get("disclosed", 0)
    rest = "all of them" if disclosed == many else f"{disclosed} of them, and of the others the digests alone"
    told = [f"Conversation {facts['conversation']!r}, entries {facts['first']} to {facts['last']}: {rest}."]
    told += [f"Signed by the key with the SHA-256 fingerprint {key}." for key in facts.get("keys", ())]
    if not trusted:
        told.append("Whose key that is, no file can say: compare it with what the gateway's owner published.")
    told += [checkpoint(one) for one in findings.checkpoints]
    stamp = next((one["stamp"] for one in findings.checkpoints if "stamp" in one), None)
    if stamp:
        # By the clock of the stamp: the authority's certificate may have run out since.
        data, at = stamp["file"].replace(".tsr", ".json"), stamp["at"]
        told.append(
            "Who made a stamp, this says, with the authority's certificate from elsewhere: "
            f"openssl ts -verify -data {data} -in {stamp['file']} -CAfile CERTIFICATE -attime {at}"
        )
    told += [f"{remark}." for remark in findings.remarks]
    for one in findings.wrong[:SHOWN]:
        at = f" ({when(one['at'])})" if one.get("at") is not None else ""
        told.append(f"WRONG: {one['what']}{at}: {one['sentence']}.")
    more = len(findings.wrong) - SHOWN
    told += [f"WRONG: {more} more."] if more > 0 else []
    return [printable(line) for line in [*told, f"{verdict(findings)}."]]


def checkpoint(one: dict[str, Any]) -> str:
    """Return what is told of a checkpoint."""
    line = f"Checkpoint {one['number']} of {when(one['at'])}: "
    if "next_key" in one:
        line += f"from then on signs the key with the fingerprint {one['next_key']}."
    else:
        line += f"all to entry {one['place']} was there." if "place" in one else "of other conversations."
    if "stamp" in one:
        line += f" Its stamp ({one['stamp']['file']}) says {one['stamp']['time']}."
    if (told := one.get("witness")) is not None:
        line += f" Told in {told.get('network')} {told.get('room')} at {when(told.get('said'))}"
        line += (
            f", confirmed as {told['id']}."
            if told.get("id")
            else ", confirmed."
            if "confirmed" in told
            else "."
        )
    return line


def main(arguments: list[str] | None = None) -> int:
    """Verify a bundle, and say what was found. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Verify a bundle of evidence that Hubbub made.")
    parser.add_argument("bundle", nargs="?", default=".", help="the zip, or the folder it was unpacked into")
    parser.add_argument("--fingerprint", default="", help="the key's, as the gateway's owner published it")
    parser.add_argument("--json", action="store_true", help="all of it as JSON, for machines")
    asked = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    trusted = "".join(asked.fingerprint.lower().replace(":", "").split())
    found: dict[str, Any]
    try:
        findings = check(asked.bundle)
        if trusted and trusted not in findings.facts.get("keys", ()):
            findings.other(
                "public-key.pem", f"no key here has the fingerprint {trusted}: somebody else signed"
            )
        lines, code = sentences(findings, trusted), 1 if findings.wrong else 0
        found = {**findings.facts, "checkpoints": findings.checkpoints, "remarks": findings.remarks}
        found.update(verdict="changed" if code else "unchanged", wrong=findings.wrong)
    except (UnreadablePart, OSError) as error:
        lines, code = [printable(f"{asked.bundle} cannot be verified: {error}.")], 2
        found = {"verdict": "unreadable", "wrong": [{"what": "the bundle", "sentence": str(error)}]}
    print(json.dumps(found, indent=2) if asked.json else "\n".join(lines))  # noqa: T201 -- it is a program
    return code


if __name__ == "__main__":
    sys.exit(main())
