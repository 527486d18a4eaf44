"""A service signs its archive, has that stamped and told elsewhere, and nothing waits for it."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bridge.app import Bridge
from bridge.archive.entries import EntryKind
from bridge.archive.evidence import attesting
from bridge.archive.evidence.audit import audit
from bridge.archive.evidence.bundle import write_bundle
from bridge.archive.evidence.checkpoints import unstamped
from bridge.archive.evidence.keys import KeyFile
from bridge.archive.evidence.selection import by_time
from bridge.archive.store import Reader, Round
from bridge.config import Config
from bridge.config.evidence import Stamps, Witness
from bridge.control.abilities import Abilities
from bridge.control.evidence_requests import CheckpointRequest, RotateRequest
from bridge.testing import free_port
from bridge.testing.clock import HandClock
from bridge.troubles import troubles
from tests.bridge.archive.filed import archived, filed
from tests.bridge.world import config, running

from .authority import Authority
from .world import unpacked, verified


async def found(look: Callable[[], Any]) -> Any:
    """What is there, once it is."""
    async with asyncio.timeout(30):
        while not (seen := look()):
            await asyncio.sleep(0.02)
        return seen


def rounds(kept: Config) -> list[Round]:
    with Reader(kept.archive.file) as reader:
        return list(reader.rounds())


@pytest.fixture
def kept(tmp_path: Path, left: Any, right: Any) -> Config:
    """A conversation that is archived, and one that is there for a witness."""
    return archived(config(tmp_path, {"lobby": ["left one", "right two"], "notary": ["left n", "right w"]}))


async def test_what_is_said_is_signed_stamped_and_told(
    kept: Config, left: Any, right: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: HandClock
):
    """Over an hour: the authority cannot be reached at first, which `status` says; in the end all is signed.
    A year later nobody who holds the key can have made it up since.
    """
    monkeypatch.setattr(attesting, "_OFTEN", 0.02)
    (tmp_path / "authority").mkdir()
    authority = Authority(tmp_path / "authority", extra=True)
    stamps = Stamps(url=f"http://127.0.0.1:{free_port()}/tsr", ca=tmp_path / "authority/ca.pem")
    settings = kept.archive.model_copy(
        update={"stamps": stamps, "witness": Witness(network="right", room="w")}
    )
    kept = replace(kept, archive=settings)
    async with running(kept, clock=clock) as bridge:
        left.say("one", "alice", "我出售自行车，300 euros")
        await filed(kept, 1)
        clock.move(3600)
        await found(lambda: rounds(kept))
        trouble = await found(lambda: standing(bridge))
        assert "cannot be reached" in trouble[0].reason
        assert "is not signed, stamped or told" in " ".join(map(str, troubles(await bridge.status())))
        async with authority.serving() as url:
            there = settings.model_copy(update={"stamps": stamps.model_copy(update={"url": url})})
            await bridge.reload(replace(kept, archive=there))
            clock.move(600)
            await found(lambda: rounds(kept)[-1].stamp)
            await found(lambda: not standing(bridge))
        noted = await found(
            lambda: (text := rounds(kept)[-1].witness) and "confirmed" in text and json.loads(text)
        )
        left.say("one", "alice", "done")
        await filed(kept, 2, EntryKind.MESSAGE)
        abilities = Abilities(bridge, never, clock=clock)
        asked = await abilities.do(CheckpointRequest(), "a test")
        assert asked.number == len(rounds(kept)) > 1
        turned = await abilities.do(RotateRequest(), "a test")
        assert turned.fingerprint == KeyFile(kept.archive.file).key(None).fingerprint
    stamped = next(one for one in rounds(kept) if one.stamp)
    told = next(one for one in right.said if sha256(stamped.body).hexdigest() in one.content.text)
    assert told.room == "w"
    assert (noted["network"], noted["room"], noted["text"]) == ("right", "w", told.content.text)
    assert noted["id"].startswith("c")
    with Reader(kept.archive.file) as reader:
        assert unstamped(reader) == len(rounds(kept)) - stamped.number
    after = audit(kept.archive.file)
    assert (after.flaws, after.unsigned, after.stamps) == ([], 0, 1)

    bundle = tmp_path / "bundle.zip"
    with Reader(kept.archive.file) as reader:
        places = [one.position for one in by_time(reader, "lobby", None, None)]
        key = KeyFile(kept.archive.file).key(None)
        write_bundle(reader, key, "lobby", places, bundle, authority=authority.ca)
    code, words = verified(bundle)
    assert code == 0, words
    assert "Its stamp (stamps/" in words
    assert noted["id"] in words
    by_hand(bundle, tmp_path / "unpacked", f"{stamped.number:06}")
    by_hand_a_year_later(words, tmp_path / "unpacked")


async def never() -> Config:
    raise AssertionError


def by_hand(bundle: Path, folder: Path, stamp: str) -> None:
    """What the page says that an expert does, does what it says."""
    for name, raw in unpacked(bundle).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    (folder / "authority.pem").write_bytes((folder / "stamps/authority.pem").read_bytes())
    page = (Path(__file__).parents[4] / "docs/evidence.md").read_text()
    block = page.partition("By hand, with OpenSSL 3")[2].partition("\n\n")[2].partition("\n\n")[0]
    lines = [line.strip().replace("000012", stamp) for line in block.splitlines()]
    assert len(lines) == 7
    for line in lines:
        ran = subprocess.run(
            ["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, f"{line}: {ran.stderr}"


def by_hand_a_year_later(words: str, folder: Path) -> None:
    """A stamp outlives the certificate that it was made with, as the verifier tells an expert to ask."""
    command = words[words.index("openssl ts -verify") :].partition("\n")[0]
    command = command.replace("CERTIFICATE", "authority.pem")
    later = ["faketime", "-f", "+366d", "sh", "-c", command]
    ran = subprocess.run(later, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert "Verification: OK" in ran.stdout, ran.stderr


def standing(bridge: Bridge) -> list[Any]:
    return [one for one in bridge.observers() if one.name == "evidence"]
