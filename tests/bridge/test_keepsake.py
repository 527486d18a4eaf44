"""What a network keeps beside the journal, and what its adapter keeps beside that."""

from bridge.keepsake import Keepsake


def test_a_network_that_is_renamed_keeps_all_of_it(tmp_path):
    journal = tmp_path / "hubbub.sqlite3"
    before, now = Keepsake(journal, "shop"), Keepsake(journal, "store")
    before.write("key")
    Keepsake(journal, "shop2").write("of another")
    before.path.with_name(f"{before.path.name}.sqlite3").write_text("chats")
    folder = before.path.with_name(f"{before.path.name}.files")
    folder.mkdir()
    (folder / "file").write_text("words")
    now.take_over("shop")
    assert now.read() == "key"
    assert now.path.with_name(f"{now.path.name}.sqlite3").read_text() == "chats"
    assert now.path.with_name(f"{now.path.name}.files").joinpath("file").read_text() == "words"
    assert before.read() is None
    assert Keepsake(journal, "shop2").read() == "of another"


def test_what_is_kept_already_stays(tmp_path):
    before, now = (Keepsake(tmp_path / "hubbub.sqlite3", name) for name in ("shop", "store"))
    before.write("old")
    now.write("new")
    now.take_over("shop")
    assert (before.read(), now.read()) == ("old", "new")
