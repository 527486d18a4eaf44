"""What a visitor is asked before a chat begins."""

import pytest
from pydantic import ValidationError

from adapters.livechat.asked import Identity, NewVisit
from adapters.livechat.config import RoomConfig
from adapters.livechat.form import filled, form_shown, worded
from adapters.livechat.refused import VisitRefused

RULES = RoomConfig.model_validate(
    {
        "form": [
            {"name": "name", "required": True},
            {"name": "size", "label": {"en": "Size", "zh": "尺码"}, "type": "select", "options": ["S", "M"]},
        ],
        "consent": {"en": "I agree", "zh": "我同意"},
    }
)


def visit(**more):
    return NewVisit(**{"text": "hello", "name": "ann", "consent": True, **more})


def taken(asked):
    return filled(RULES.form, RULES.consent, asked)


def test_what_was_filled_in_is_for_agents_with_the_consent():
    assert taken(visit(fields={"size": "M"})) == {"size": "M", "consent": "yes"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": " "}, "name"),
        ({"fields": {"size": "XXL"}}, "Size"),
        ({"fields": {"size": "XXL"}, "language": "zh-CN"}, "尺码"),
        ({"consent": False, "language": "zh"}, "我同意"),
    ],
)
def test_what_is_missing_is_named_in_their_language(more, said):
    with pytest.raises(VisitRefused, match=said) as refused:
        taken(visit(**more))
    assert (refused.value.status, refused.value.code) == (400, "form")


def test_the_shop_says_who_has_logged_in():
    assert taken(visit(name="", identity=Identity("4711", 0.0, "…")))


def test_where_nothing_is_asked_nothing_is_added():
    assert filled((), None, visit(name="", consent=False, fields={"cart": "2"})) == {"cart": "2"}


def test_it_is_shown_in_the_language_of_the_page():
    assert [field["label"] for field in form_shown(RULES.form, "zh-Hans")] == ["", "尺码"]
    assert worded({"de": "Größe", "zh": "尺码"}, "fr") == "Größe"


@pytest.mark.parametrize("field", [{"type": "select"}, {"options": ["S"]}])
def test_only_a_choice_has_options(field):
    with pytest.raises(ValidationError, match="size: `options` belong to"):
        RoomConfig.model_validate({"form": [{"name": "size", **field}]})
