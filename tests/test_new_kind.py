"""A new kind of event: the files that it touches, and that nothing else has to know it."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EDITS = {
    "bridge/model/events.py": [
        (
            "class Change(StrEnum):",
            """\
@dataclass(frozen=True, slots=True, kw_only=True)
class PollOpened:
    \"\"\"Somebody asks the room to choose.\"\"\"

    id: MessageId
    aliases: tuple[MessageId, ...] = ()
    room: RoomId
    sender: Sender
    question: str
    options: tuple[str, ...]
    at: float | None = None
    replayed: bool = False
    mark: str = ""


class Change(StrEnum):""",
        ),
        ("TalkEvent = MessageCreated", "TalkEvent = PollOpened | MessageCreated"),
        ('    "NameChanged",\n', '    "NameChanged",\n    "PollOpened",\n'),
    ],
    "bridge/model/registry.py": [
        ("    NameChanged,\n", "    NameChanged,\n    PollOpened,\n"),
        (
            "    NameChanged: EventKind(",
            """\
    PollOpened: EventKind(1, lambda poll: f"(asks) {poll.question}", lambda _: ()),
    NameChanged: EventKind(""",
        ),
    ],
    "bridge/model/__init__.py": [
        ("    NameChanged,\n", "    NameChanged,\n    PollOpened,\n"),
        ('    "NameChanged",\n', '    "NameChanged",\n    "PollOpened",\n'),
    ],
    "bridge/face.py": [
        ("    NameChanged,\n", "    NameChanged,\n    PollOpened,\n"),
        ('    "NameChanged",\n', '    "NameChanged",\n    "PollOpened",\n'),
    ],
    "bridge/compose/registry.py": [
        ("    NameChanged,\n", "    NameChanged,\n    PollOpened,\n"),
        (
            "from . import edit, message, reaction, removal, topic",
            "from . import edit, message, poll, reaction, removal, topic",
        ),
        (
            "    NameChanged: topic.compose,\n",
            "    NameChanged: topic.compose,\n    PollOpened: poll.compose,\n",
        ),
    ],
    "bridge/compose/poll.py": [
        (
            "",
            '''\
"""What somebody asks the room to choose from."""

from bridge.journal import Delivery
from bridge.model import PollOpened

from . import words
from .memory import RoomMemory
from .next import Next
from .view import RoomView

__all__ = ["compose"]


def compose(delivery: Delivery, event: PollOpened, view: RoomView, memory: RoomMemory) -> Next:
    """Say the question, and what there is to choose from."""
    by = memory.called(view, delivery.source, event.sender)
    text = f"* {by} asks: {event.question} ({', '.join(event.options)})"
    return words.note(delivery, text, view, memory)
''',
        )
    ],
}
"""What to put in place of what, by file. With the `decode` of an adapter, where the network has polls, and
`capabilities` of the model, if not all of them do, that makes eight.
"""
STORY = """\
import asyncio, sys
from pathlib import Path
from bridge import MessageId, PollOpened, RoomId, Sender, UserId
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config, opened, running

async def main(folder):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    ada = Sender(UserId("ada"), "ada")
    poll = PollOpened(
        id=MessageId("p"), room=RoomId("one"), sender=ada, question="Tea?", options=("yes", "no")
    )
    map = config(folder, {"lobby": ["left one", "right two"]})
    async with running(map):
        right.gate.clear()
        left.happen(poll)
        await left.settled()
    right.gate.set()
    async with running(map):  # from the journal
        await right.until(1)
    print(*right.texts("two"))

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_new_kind_touches_few_files_and_crosses(tmp_path):
    """In a copy of the tree, with types checked: every place that has to know it would be named."""
    for part in ("bridge", "adapters", "tests"):
        skip = shutil.ignore_patterns("__pycache__", "corpus", "golden")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, edits in EDITS.items():
        file = tmp_path / name
        text = file.read_text() if file.exists() else ""
        for old, new in edits:
            assert old in text, f"{name} has no {old!r}"
            text = text.replace(old, new, 1)
        file.write_text(text)
    assert len(EDITS) + 2 <= 8
    types = [sys.executable, "-m", "mypy", "bridge", "adapters"]
    checked = subprocess.run(types, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    story = [sys.executable, "-c", STORY, str(tmp_path)]
    told = subprocess.run(story, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert told.stdout == "* ada asks: Tea? (yes, no)\n", told.stderr
