"""What a bridge.yaml says of the archive as evidence."""

import pytest

from bridge.config.evidence import Stamps, Witness
from bridge.errors import ConfigError

from .fake_protocol import GOOD, Bench


def archive(rules: str) -> str:
    return f"{GOOD}archive:\n  {rules}\n"


def test_checkpoints_are_made_by_themselves_and_the_rest_by_choice(bench: Bench):
    found = bench.load(GOOD).archive
    assert (found.checkpoint, found.stamps, found.witness) == (3600.0, None, None)


def test_a_certificate_is_beside_the_file_and_a_witness_a_room_of_the_map(bench: Bench):
    stamps, witness = "{url: https://tsa.example.org/, ca: tsa.pem}", "{network: two, room: '#lobby'}"
    found = bench.load(archive(f"{{checkpoint: 10m, stamps: {stamps}, witness: {witness}}}")).archive
    assert found.stamps is not None
    assert found.stamps == Stamps(url="https://tsa.example.org", ca=found.stamps.ca)
    assert found.stamps.ca.is_absolute()
    assert found.stamps.ca.name == "tsa.pem"
    assert found.witness == Witness(network="two", room="#lobby")


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ("checkpoint: 5s", "archive.checkpoint: must be at least 60"),
        ("stamps: {url: ftp://x, ca: y}", "must be an address such as"),
        ("stamps: {url: https://tsa.example.org}", '"ca" is missing'),
        ("witness: {network: nowhere, room: '#b'}", "archive.witness.room: nowhere has no room"),
        ("witness: {network: two, room: '#elsewhere'}", "put it into a conversation"),
    ],
)
def test_mistakes_are_named(bench: Bench, rules: str, problem: str):
    with pytest.raises(ConfigError) as caught:
        bench.load(archive(rules))
    assert problem in str(caught.value)
