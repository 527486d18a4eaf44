"""docs/transcripts.md shows what the formats really write."""

import json
import re
from pathlib import Path

import pytest

from .test_formats import exported, opened

PAGE = (Path(__file__).parents[4] / "docs" / "transcripts.md").read_text()
BLOCKS = re.findall(r"^```\n([\s\S]*?)^```$", PAGE, re.MULTILINE)
FORMATS = ["text", "html", "jsonl", "mbox", "csv"]


@pytest.mark.parametrize(("name", "block"), list(zip(FORMATS, BLOCKS[:-1], strict=True)), ids=FORMATS)
def test_an_example_is_what_is_written(name, block):
    """Line by line and in this order, with lines left out between them in a log and a table."""
    written = exported(name).decode().replace("\r\n", "\n")
    if name in ("text", "csv"):
        lines = iter(written.splitlines())
        assert [line for line in block.splitlines() if line not in lines] == []
    else:
        assert block in written


def test_the_example_of_rsmf_is_what_is_written():
    _, manifest = next(opened(exported("rsmf")))
    assert BLOCKS[-1] in json.dumps(manifest, indent=1, ensure_ascii=False)
