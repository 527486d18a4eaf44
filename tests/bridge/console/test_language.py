"""The console's sentences, in every language that has a catalogue."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import bridge.console
from bridge import troubles
from bridge.console.speech import LANGUAGES

FOLDER = Path(bridge.console.__file__).parent
FOREIGN = [language for language in LANGUAGES if language != "en"]
OPTIONS = {"newstyle_gettext": "true", "trimmed": "false", "extensions": "jinja2.ext.i18n"}


def sentences():
    """All that the pages say: in templates, and what is wrong with the service, which they translate."""
    found = {"English", troubles._MAP}
    for _, _, message, _, _ in extract_from_dir(
        str(FOLDER / "templates"),
        method_map=[("**.html", "jinja2")],
        options_map={"**.html": OPTIONS},
        keywords={"_": None, "ngettext": (1, 2)},
    ):
        found.add(tuple(message) if isinstance(message, (list, tuple)) else message)
    tables = (troubles._OBSERVERS, troubles._NETWORKS, troubles._ROOMS, troubles._MAIL)
    for pair in (troubles._JOURNAL, *(pair for table in tables for pair in table.values())):
        found |= set(pair)
    assert len(found) > 100
    return found


@pytest.mark.parametrize("language", FOREIGN)
def test_every_sentence_is_translated_and_none_is_left_over(language):
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = [message for message in read_po(file, locale=language) if message.id]
    known = {one.id if isinstance(one.id, str) else tuple(one.id) for one in catalogue}
    assert known == sentences()
    for message in catalogue:
        ids = [message.id] if isinstance(message.id, str) else message.id
        texts = [message.string] if isinstance(message.string, str) else message.string
        for text in texts:
            assert text.strip(), message.id
            assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", ids[-1])), message.id


def test_there_is_chinese():
    assert "zh" in LANGUAGES
