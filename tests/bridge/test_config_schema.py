"""The JSON Schema for editors."""

import json
import re

from bridge.config import Filters, ShowRules, schema

from .fake_protocol import Fake


def test_a_schema_has_what_the_models_have():
    found = schema({"fake": Fake})
    json.dumps(found)
    blocks = {"networks", "conversations", "keep", "media", "web", "archive", "mail"}
    assert set(found["properties"]) == {*blocks, "owner", "journal", "durability", "reload"}
    (network,) = found["properties"]["networks"]["additionalProperties"]["oneOf"]
    assert network["properties"]["protocol"]["const"] == "fake"
    assert network["required"] == ["protocol", "server"]
    assert network["additionalProperties"] is False
    assert {"server", "port", "token", "token_file", "ignore", "prefix"} <= set(network["properties"])


def test_a_number_may_come_from_a_variable():
    (network,) = schema({"fake": Fake})["properties"]["networks"]["additionalProperties"]["oneOf"]
    port = network["properties"]["port"]
    assert port["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 65535}
    assert port["anyOf"][1]["type"] == "string"
    assert port["default"] == 7000


def test_a_secret_that_is_required_may_stand_in_a_file():
    login = schema({"fake": Fake})["$defs"]["fake.Login"]
    assert set(login["properties"]) == {"user", "password", "password_file"}
    assert login["required"] == ["user"]


def test_a_room_is_text_or_a_block_or_a_list():
    conversation = schema({"fake": Fake})["properties"]["conversations"]["additionalProperties"]
    own = {"prefix", "protect", "language", "time_zone", "archive", "announce"}
    assert set(conversation["properties"]) == {*Filters.model_fields, *own}
    text, block, several = conversation["additionalProperties"]["anyOf"]
    assert text == {"type": "string"}
    assert set(block["properties"]) == {
        "room",
        "direction",
        *ShowRules.model_fields,
        *Filters.model_fields,
        "key",
        "key_file",
        "create",
    }
    assert several["type"] == "array"


def test_every_reference_leads_somewhere():
    found = schema({"fake": Fake, "other": Fake})
    text = json.dumps(found)
    references = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert references
    assert references <= found["$defs"].keys()


def test_without_protocols():
    assert schema({})["properties"]["networks"]["additionalProperties"] is True


def test_a_default_is_written_as_in_the_file():
    found = schema({"fake": Fake})
    keep, media = found["$defs"]["bridge.Keep"], found["$defs"]["bridge.Media"]
    assert keep["properties"]["ids"]["default"] == "90d"
    assert media["properties"]["max_folder"]["default"] == "2GB"
    (network,) = found["properties"]["networks"]["additionalProperties"]["oneOf"]
    for name in ("tell_after", "max_age"):
        value = network["properties"][name]
        assert re.search(value["pattern"], value["default"])


def test_what_a_room_does_not_say_is_as_the_network_says():
    conversation = schema({"fake": Fake})["properties"]["conversations"]["additionalProperties"]
    _, room, _ = conversation["additionalProperties"]["anyOf"]
    assert not [key for key in ShowRules.model_fields if "default" in room["properties"][key]]
