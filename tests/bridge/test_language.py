"""What Hubbub says itself, in every language."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import bridge.language
from bridge.language import ENGLISH, LANGUAGES, locale

FOLDER = Path(bridge.language.__file__).parent
ROOT = FOLDER.parents[1]
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "N_": None, "ours": None}
FOREIGN = [language for language in LANGUAGES if language != "en"]


@pytest.fixture(scope="module")
def sentences():
    """All that the code says to people: a text, or one for a single thing and one for many."""
    found = set()
    for part in ("bridge", "adapters"):
        for _, _, message, _, _ in extract_from_dir(str(ROOT / part), keywords=KEYWORDS):
            found.add(tuple(message) if isinstance(message, (list, tuple)) else message)
    assert len(found) > 50
    return found


def catalogue(language):
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def fields(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("language", FOREIGN)
def test_every_sentence_is_translated_and_none_is_left_over(language, sentences):
    found = catalogue(language)
    known = {
        message.id if isinstance(message.id, str) else tuple(message.id) for message in found if message.id
    }
    assert known == sentences, "build/hubbub.pot, which make catalogue writes, has all of them"
    for message in found:
        if message.id:
            texts = [message.string] if isinstance(message.string, str) else message.string
            assert all(text.strip() for text in texts), message.id
            assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", FOREIGN)
def test_a_translation_has_the_fields_of_its_sentence(language):
    for message in catalogue(language):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else message.id
        texts = [message.string] if isinstance(message.string, str) else message.string
        wanted = fields(ids[0]) | fields(ids[-1])
        for text in texts:
            assert wanted - {"number"} <= fields(text) <= wanted, text


def test_chinese_has_its_own_signs():
    """Between its signs stand none of half the width; brackets that set a remark apart are those of the lines
    of all languages, since people's lines are told from others by them.
    """
    for message in catalogue("zh"):
        for text in [message.string] if isinstance(message.string, str) else message.string:
            assert not re.search(r"[\u4e00-\u9fff}][,:;?!(]|[,:;?!)][\u4e00-\u9fff{]", text), text


def test_a_name_in_braces_is_no_field():
    said = locale("de", None).gettext("* {name} took a message back", name="{0} {name} {x")
    assert said == "* {0} {name} {x hat eine Nachricht zurückgenommen"


def test_one_and_many():
    assert ENGLISH.ngettext("{number} day", "{number} days", 1) == "1 day"
    assert [locale("de", None).ngettext("{number} day", "{number} days", n) for n in (1, 3)] == [
        "1 Tag",
        "3 Tage",
    ]
    assert locale("zh", None).ngettext("{number} day", "{number} days", 1) == "1 天"


def test_a_time_has_its_zone_or_is_in_that_of_the_people():
    then = 1_700_000_000.0  # 2023-11-14, 22:13:20 in UTC
    assert ENGLISH.clock(then, then) == "22:13 UTC"
    assert ENGLISH.clock(then, then + 7200) == "2023-11-14 22:13 UTC"
    assert locale("de", "Europe/Berlin").clock(then, then) == "23:13"
    assert locale("de", "Asia/Kolkata").clock(then, then - 7200 * 12) == "2023-11-15 03:43"
