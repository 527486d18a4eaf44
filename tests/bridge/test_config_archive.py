"""What a bridge.yaml says of the archive."""

import pytest

from bridge.config import Archive, ArchiveRules, changed_settings
from bridge.control.config_diff import compare
from bridge.errors import ConfigError

from .fake_protocol import GOOD, Bench

YEAR = 365 * 86_400.0


def asking(rules: str, top: str = "") -> str:
    return f"{GOOD}    archive: {rules}\n{top}"


def test_a_conversation_is_archived_only_where_it_says_so(bench: Bench):
    assert bench.load(GOOD).conversations["lobby"].archive is None
    found = bench.load(asking("{keep: 2y}")).conversations["lobby"].archive
    assert found == ArchiveRules(keep=2 * YEAR, text=True, files=False)


@pytest.mark.parametrize(("keep", "seconds"), [("1w", 7 * 86_400), ("0.5y", YEAR / 2), ("90d", 90 * 86_400)])
def test_how_long_is_said_in_weeks_and_years_too(bench: Bench, keep, seconds):
    rules = bench.load(asking(f"{{keep: {keep}}}")).conversations["lobby"].archive
    assert rules is not None
    assert rules.keep == seconds


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ("{text: true}", '"keep" is missing'),
        ("yes", "archive: must be a mapping (key: value), not text"),
        ("{keep: for ever}", "archive.keep: must be a time with its unit: 30s, 2m, 24h, 7d or 2y"),
        ("{keep: 0d}", "archive.keep: must be more than 0"),
        ("{keep: 1y, text: false, files: true}", "files: true needs text: true"),
        ("{kep: 1y}", 'unknown key "kep"; did you mean "keep"?'),
    ],
)
def test_what_is_wrong_has_a_sentence(bench: Bench, rules, problem):
    with pytest.raises(ConfigError) as found:
        bench.load(asking(rules))
    assert any(problem in sentence for sentence in found.value.problems), found.value.problems


@pytest.mark.parametrize(
    ("top", "file"),
    [
        ("", "hubbub-archive.sqlite3"),
        ("journal: data/talk.db", "data/talk-archive.db"),
        ("archive: {file: filed/all.sqlite3}", "filed/all.sqlite3"),
        ("archive: {file: /srv/all.sqlite3}", "/srv/all.sqlite3"),
    ],
)
def test_its_file_is_beside_the_journal_or_where_the_owner_wants_it(bench: Bench, top, file):
    assert bench.load(asking("{keep: 1d}", top)).archive.file == bench.folder / file


def test_people_find_what_was_said_since_they_joined_unless_the_owner_says_otherwise(bench: Bench):
    assert bench.load(GOOD).archive.search == "since_joined"
    assert bench.load(asking("{keep: 1d}", "archive: {search: nobody}")).archive.search == "nobody"
    assert Archive().file is None


def test_what_changed_is_told(bench: Bench):
    before = bench.load(asking("{keep: 2y}"))
    after = bench.load(asking("{keep: 2w, files: true}", "archive: {search: all, file: a.sqlite3}"))
    told = [str(setting) for setting in changed_settings(before, after)]
    assert told == [
        f"archive.file: {bench.folder / 'hubbub-archive.sqlite3'} → {bench.folder / 'a.sqlite3'}",
        "archive.search: since_joined → all",
        "conversation lobby: archive.keep: 2y → 14d",
        "conversation lobby: archive.files: false → true",
    ]
    begun = [str(setting) for setting in changed_settings(bench.load(GOOD), before)]
    assert begun[0] == "conversation lobby: archive.keep: nothing → 2y"
    assert compare(before, after, {}).restart_for == ("archive.file",)


def test_its_word_names_no_network(bench: Bench):
    with pytest.raises(ConfigError, match='"archive" cannot name a network'):
        bench.load(GOOD.replace("one:", "archive:"))
