"""`reload: watch`, of a service as a process: what is saved is followed, what has mistakes is told."""

import json
import subprocess
import sys
from pathlib import Path

HUBBUB = str(Path(sys.executable).with_name("hubbub"))
MAP = """reload: watch
networks:
  here: {protocol: 'bridge.testing:ScriptedAdapter', server: here}
conversations:
  lobby: {here: [one, two]}
"""


def status(file: Path) -> dict:
    done = subprocess.run(
        [HUBBUB, "status", "--json", str(file)], check=False, capture_output=True, text=True, timeout=30
    )
    return json.loads(done.stdout)


def test_what_is_saved_is_followed_and_what_has_mistakes_is_told(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(MAP)
    with subprocess.Popen([HUBBUB, "run", str(file)], stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None

        def until(words: str) -> None:
            while words not in (line := service.stderr.readline()):
                assert line, "the service stopped"

        try:
            until("relaying 1 conversation")
            file.write_text(MAP + "  other: {here: [three, four]}\n")
            until("relaying 2 conversations")
            beside = tmp_path / "beside"
            beside.write_text(MAP + "  other: {heer: [three, four]}\n")
            beside.rename(file)
            until("not followed")
            told = status(file)
            assert set(told["networks"]["here"]["rooms"]) == {"one", "two", "three", "four"}
            (wrong,) = [one for one in told["wrong"] if one["what"].startswith("the file has mistakes")]
            assert wrong["reason"].startswith(f"{file}:6:")
            with file.open("a") as writing:
                writing.write("  cut: {here: [one,\n")
            until("is not closed")
            until("not followed")
            (wrong,) = [
                one for one in status(file)["wrong"] if one["what"].startswith("the file has mistakes")
            ]
            assert "is not closed" in wrong["reason"]
            file.write_text(MAP)
            until("relaying 1 conversation")
            told = status(file)
            assert set(told["networks"]["here"]["rooms"]) == {"one", "two"}
            assert told["map"]["refused"] is None
        finally:
            service.kill()
