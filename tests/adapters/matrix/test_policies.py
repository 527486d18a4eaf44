"""Who is under a rule of a policy list."""

import pytest

from adapters.matrix.rooms.policies import Policies

LIST = "!list:s"


def rule(entity, key="1", kind="m.policy.rule.user", recommendation="m.ban", **more):
    content = {"entity": entity, "recommendation": recommendation, "reason": "so", **more}
    return {"type": kind, "state_key": key, "content": content}


@pytest.mark.parametrize(
    ("entity", "kind", "user", "barred"),
    [
        ("@eve:evil", "m.policy.rule.user", "@eve:evil", True),
        ("@eve:evil", "m.policy.rule.user", "@eve:evil2", False),
        ("@*:evil", "m.policy.rule.user", "@bob:evil", True),
        ("@spam?:*", "org.matrix.mjolnir.rule.user", "@spam1:x", True),
        ("@spam?:*", "m.room.rule.user", "@spam12:x", False),
        ("*.evil", "m.policy.rule.server", "@a:b.evil", True),
        ("evil", "m.policy.rule.server", "@a:evil:8448", True),
        ("evil", "m.room.rule.server", "@a:notevil", False),
        ("[ab]*", "m.policy.rule.server", "@a:apple", False),
        ("@eve:evil", "m.policy.rule.room", "@eve:evil", False),
    ],
)
def test_whom_a_rule_bars(entity, kind, user, barred):
    policies = Policies()
    policies.begin(LIST, [rule(entity, kind=kind)])
    assert policies.bars(user) is barred


def test_rules_come_change_and_go():
    policies = Policies()
    policies.begin(LIST, [rule("@eve:evil")])
    policies.begin("!other:s", [rule("@eve:evil", recommendation="org.matrix.mjolnir.ban")])
    assert policies.bars("@eve:evil")
    policies.learn(LIST, {"type": "m.policy.rule.user", "state_key": "1", "content": {}})
    assert policies.bars("@eve:evil")
    policies.learn("!other:s", rule("@bob:evil"))
    assert not policies.bars("@eve:evil")
    assert policies.bars("@bob:evil")
    policies.forget("!other:s")
    assert not policies.bars("@bob:evil")


@pytest.mark.parametrize(
    "event",
    [
        None,
        {"type": "m.policy.rule.user", "state_key": 1, "content": {"entity": "*"}},
        rule(5),
        rule("*" * 300),
        rule(""),
        rule("*", recommendation="m.allow"),
        rule("*", recommendation=["m.ban"]),
    ],
)
def test_what_is_no_rule_bars_nobody(event):
    policies = Policies()
    policies.begin(LIST, [event])
    assert not policies.bars("@eve:evil")


def test_the_number_of_rules_has_a_bound():
    policies = Policies()
    policies.begin(LIST, [rule(f"@{number}:x", str(number)) for number in range(20_010)])
    assert policies.bars("@19999:x")
    assert not policies.bars("@20005:x")
    assert policies.full
