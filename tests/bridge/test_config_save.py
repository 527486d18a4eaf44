"""bridge.yaml is written in one step, as it was, or not at all."""

import os
import stat

import pytest

from bridge.config import load
from bridge.config.save import Manuscript, save
from bridge.errors import ConfigError
from tests.bridge.world import PROTOCOL

MAP = f"""\
networks:
  left: {{protocol: "{PROTOCOL}", server: left}}
  right: {{protocol: "{PROTOCOL}", server: right}}
conversations:
  lobby: {{left: one, right: two}}
"""
NEW = MAP.replace(": two", ": three")


async def check(path):
    from bridge.protocols import find

    return load(path, find)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "bridge.yaml"
    path.write_text(MAP)
    path.chmod(0o640)
    return path


async def test_it_is_there_with_its_mode_and_nothing_is_left(file):
    config = await save(Manuscript.of(file), NEW, check)
    assert file.read_text() == NEW
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(file.parent.iterdir()) == [file]
    assert config.conversations["lobby"].rooms[1].room == "three"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_it_belongs_to_whom_it_belonged(file):
    os.chown(file, 1234, 4321)
    await save(Manuscript.of(file), NEW, check)
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)


async def test_line_ends_and_the_mark_of_windows_stay(file):
    file.write_bytes(b"\xef\xbb\xbf" + MAP.replace("\n", "\r\n").encode())
    await save(Manuscript.of(file), NEW, check)
    assert file.read_bytes() == b"\xef\xbb\xbf" + NEW.replace("\n", "\r\n").encode()


async def refused(file, text, why, old=None):
    before = file.read_bytes()
    with pytest.raises(ConfigError, match=why):
        await save(old or Manuscript.of(file), text, check)
    assert file.read_bytes() == before
    assert list(file.parent.glob(".*")) == []


async def test_mistakes_are_named_with_the_place_in_the_file_itself(file):
    await refused(file, MAP.replace(": two", ': "t w o"'), r"bridge.yaml:5:29: .*a room needs a name")


async def test_what_somebody_else_changed_meanwhile_stays(file):
    old = Manuscript.of(file)
    file.write_text(MAP + "# mine\n")
    await refused(file, NEW, "was changed meanwhile", old)


async def test_a_change_while_it_is_checked_stays_too(file):
    async def slowly(path):
        file.write_text(MAP + "# mine\n")
        return await check(path)

    with pytest.raises(ConfigError, match="was changed meanwhile"):
        await save(Manuscript.of(file), NEW, slowly)
    assert file.read_text() == MAP + "# mine\n"


async def test_a_link_as_of_a_configmap_is_refused(file):
    """Kubernetes, ConfigMaps as volumes: the file is a link to a folder that is exchanged as a whole."""
    link = file.parent / "linked.yaml"
    link.symlink_to(file)
    with pytest.raises(ConfigError, match="is a link, as where a ConfigMap"):
        await save(Manuscript.of(link), NEW, check)
    assert file.read_text() == MAP


async def test_a_second_name_is_refused(file):
    os.link(file, file.parent / "second")
    await refused(file, NEW, "has a second name")


async def test_what_may_not_be_written_is_said(file, monkeypatch):
    """As root every folder may be written: the kernel's answer is made here."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    await refused(file, NEW, "the service may not write into .*: let its user")
