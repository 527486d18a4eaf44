"""docs/search.md shows what is true: each question there finds what the page says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.archive.store import Store

from .talk import ANN, BOB, answered, said

PAGE = Path(__file__).parents[4] / "docs/search.md"
ROWS = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in PAGE.read_text().splitlines()]
SAID = [row for row in ROWS if row[0].isdecimal()]
ASKED = [(row[0].strip("`"), row[1]) for row in ROWS if len(row) == 3 and row[0].startswith("`")]


@pytest.fixture
def spoken(store: Store) -> Store:
    for _, day, network, who, cell in SAID:
        at = datetime.fromisoformat(f"{day} 10:00").replace(tzinfo=UTC).timestamp()
        text, _, file = cell.partition(" (with a file, ")
        more = {"network": network, "at": at, "files": [file.strip("`)")] if file else []}
        store.add([said(text, ANN if who == "ann" else BOB, to="sales", **more)])
    return store


def test_what_the_page_says_is_found(spoken: Store) -> None:
    assert len(SAID) == 7
    assert len(ASKED) > 25
    for question, numbers in ASKED:
        hits = answered(spoken, question).hits
        found = ", ".join(str(hit.entry.number) for hit in hits) or "nothing"
        assert found == numbers, question
