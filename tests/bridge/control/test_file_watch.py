"""The map's file is followed whenever somebody has saved it, however they do that."""

import os
from pathlib import Path

import pytest

from bridge.control.file_watch import FileWatch, look_at


async def nothing() -> None:
    """Is not called: these ask the watch themselves, as it does once a second."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "bridge.yaml"
    file.write_text("one\n")
    return file


def watch(file: Path) -> FileWatch:
    return FileWatch(file, look_at(file), nothing)


async def looks(watch: FileWatch, times: int = 4) -> list[bool]:
    return [await watch.is_changed() for _ in range(times)]


def in_place(file: Path) -> None:
    file.write_text("two\n")


def renamed_over(file: Path) -> None:
    beside = file.with_name(".bridge.yaml.swp")
    beside.write_text("two\n")
    beside.rename(file)


def with_the_times_of_before(file: Path) -> None:
    before = file.stat()
    file.write_text("two\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("save", [in_place, renamed_over, with_the_times_of_before])
async def test_each_way_to_save_it_is_followed_once(file: Path, save):
    watching = watch(file)
    assert await looks(watching) == [False] * 4
    save(file)
    assert await looks(watching) == [False, True, False, False]


async def test_a_config_map_is_swapped_by_its_link(tmp_path: Path):
    """As the kubelet does it: https://kubernetes.io/docs/concepts/configuration/configmap/."""
    for version in ("..1", "..2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "bridge.yaml").write_text(f"{version}\n")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "bridge.yaml").symlink_to("..data/bridge.yaml")
    watching = watch(tmp_path / "bridge.yaml")
    (tmp_path / "..data_tmp").symlink_to("..2")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    assert await looks(watching) == [False, True, False, False]


async def test_what_was_changed_since_it_was_read_at_the_start_is_followed(file: Path):
    seen = look_at(file)
    file.write_text("two\n")
    assert await looks(FileWatch(file, seen, nothing)) == [False, True, False, False]


async def test_nothing_is_read_while_somebody_still_writes(file: Path):
    watching = watch(file)
    with file.open("w") as writing:
        writing.write("half")
        writing.flush()
        assert await looks(watching) == [False] * 4
        writing.write(" and whole\n")
    assert await looks(watching) == [False, True, False, False]


async def test_a_file_that_grows_is_read_when_it_is_still(file: Path):
    watching = watch(file)
    for _ in range(5):
        with file.open("a") as writing:
            writing.write("more\n")
        assert await looks(watching, 1) == [False]
    assert await looks(watching) == [True, False, False, False]


async def test_a_file_that_is_gone_for_a_while_is_no_change(file: Path):
    watching, text = watch(file), file.read_text()
    file.rename(file.with_name("aside"))
    assert await looks(watching) == [False] * 4
    file.with_name("aside").rename(file)
    file.write_text(text + "two\n")
    assert await looks(watching) == [False, True, False, False]
