"""What docs/visitors.md gives to shops does what it says, in each of their languages."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.livechat.guard.identity import is_vouched_for

PAGE = Path(__file__).parents[3] / "docs" / "visitors.md"
SECRET, ANN = "5f0c" * 16, ("4711", "Ann 小红", "ann@example.org")
GIVEN = ", ".join(json.dumps(text, ensure_ascii=False) for text in (SECRET, *ANN))
PROGRAMS = {
    "python": ([sys.executable, "-c"], f"import json\nprint(json.dumps(hubbub_identity({GIVEN})))"),
    "js": (
        [Path(sys.executable).with_name("node"), "-e"],
        f"console.log(JSON.stringify(hubbubIdentity({GIVEN})))",
    ),
}
if shutil.which("php"):  # no server of ours needs it
    PROGRAMS["php"] = (["php", "-r"], f"echo json_encode(hubbub_identity({GIVEN}));")


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_shop_signs_as_the_page_shows(language):
    (shown,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    command, call = PROGRAMS[language]
    done = subprocess.run(
        [*command, f"{shown}\n{call}"], capture_output=True, text=True, check=True, timeout=30
    )
    identity = json.loads(done.stdout)
    assert (identity["user"], identity["name"], identity["mail"]) == ANN
    assert is_vouched_for([SECRET], **identity, now=time.time())
