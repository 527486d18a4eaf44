"""What real clients send on one network, and what people see of it on the others: `corpus/README.md`."""

from pathlib import Path

import pytest
import yaml

from bridge import app
from bridge.notices import digest
from tests.e2e.square import NETWORKS, square

pytestmark = pytest.mark.timeout(240)

_FOLDER = Path(__file__).with_name("corpus")
_KEYS = {"name", "sent", "after", "wrong", *NETWORKS}
ENTRIES = [
    pytest.param(
        source,
        entry,
        id=f"{source}: {entry['name']}",
        marks=[pytest.mark.xfail(reason=entry["wrong"], strict=True)] if "wrong" in entry else [],
    )
    for source in NETWORKS
    for entry in yaml.safe_load((_FOLDER / f"{source}.yaml").read_text())
]


@pytest.fixture(scope="module")
async def place(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "_PATROL", 3600.0)  # it is told when to look after what it has folded
        patch.setattr(digest, "_PAUSE", 0.0)
        patch.setattr(digest, "_QUIET", 0.0)
        async with square(tmp_path_factory.mktemp("corpus")) as made:
            yield made


@pytest.mark.parametrize(("source", "entry"), ENTRIES)
async def test_what_people_see(place, source, entry):
    seen = await place.play(source, entry["sent"], entry.get("after", []))
    expected = {network: entry[network] for network in NETWORKS if network != source}
    assert {network: seen[network] for network in expected} == expected


@pytest.mark.parametrize("source", NETWORKS)
def test_the_entries_are_whole(source):
    entries = yaml.safe_load((_FOLDER / f"{source}.yaml").read_text())
    names = [entry["name"] for entry in entries]
    assert len(set(names)) == len(names)
    for entry in entries:
        assert entry.keys() <= _KEYS, entry["name"]
        assert {"name", "sent", *NETWORKS} - entry.keys() == {source}, entry["name"]
