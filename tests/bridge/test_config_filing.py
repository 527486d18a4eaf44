"""What a bridge.yaml says of tags, saved searches and the mail about them."""

import pytest

from bridge.config.check import against_name
from bridge.config.filing import tag_name
from bridge.config.mail import Mail
from bridge.errors import ConfigError

from .fake_protocol import GOOD, Bench

FILED = """
archive:
  tags: {Offer: 10y, "#offer-won": 1y}
  searches: {offers: "tag:offer", "price rises": '"new price" room:sales'}
  mail: {server: mail.example.org, from: hubbub@example.org, user: hubbub, password: secret, ca_file: own.pem}
  digest: {to: [ada@example.org], at: "07:30", time_zone: Europe/Berlin, searches: [offers]}
"""


def test_all_of_it(bench: Bench):
    found = bench.load(GOOD + FILED).archive
    assert found.tags == {"offer": 10 * 365 * 86_400.0, "offer-won": 365 * 86_400.0}
    assert found.searches["price rises"] == '"new price" room:sales'
    assert found.mail is not None
    assert found.mail.reached_at == 587
    assert found.mail.ca_file == bench.folder / "own.pem"
    assert "secret" not in repr(found)
    assert found.digest is not None
    assert (found.digest.at, found.digest.time_zone) == ("07:30", "Europe/Berlin")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("searches: [offers]", "searches: [offer]", 'there is no search "offer"; did you mean "offers"?'),
        ("07:30", "7:30", "archive.digest.at: must be a time of day such as 07:30"),
        ("Europe/Berlin", "Berlin", "must be a time zone"),
        ("[ada@example.org]", "[ada]", "must be an address such as ada@example.org"),
        ("ada@example.org", '"a@b, c@d"', "must be an address"),
        ("user: hubbub, ", "", "user and password go together"),
        ("ca_file: own.pem", "security: none", "security: none sends in the clear: only to 127.0.0.1"),
        ("mail.example.org", "mail.example.org:25", 'write "mail.example.org", and port: 25 beside it'),
        ("Offer: 10y", "two words: 10y", "must be one word of at most 40 letters, digits, - _ or ."),
    ],
)
def test_what_is_wrong_has_a_sentence(bench: Bench, old, new, problem):
    with pytest.raises(ConfigError) as found:
        bench.load(GOOD + FILED.replace(old, new))
    assert any(problem in sentence for sentence in found.value.problems), found.value.problems


def test_the_password_may_stand_in_a_file(bench: Bench):
    (bench.folder / "mail").write_text("from a file\n")
    found = bench.load(GOOD + FILED.replace("password: secret", "password_file: mail")).archive
    assert found.mail is not None
    assert found.mail.password is not None
    assert found.mail.password.get_secret_value() == "from a file"
    problems = bench.problems(GOOD + FILED.replace("password: secret", "password_file: none"))
    assert any("archive.mail.password_file" in one for one in problems), problems


@pytest.mark.parametrize("left", ["mail", "searches"])
def test_a_digest_needs_what_it_tells_of_and_who_sends_it(bench: Bench, left):
    without = "\n".join(line for line in FILED.splitlines() if not line.strip().startswith(left))
    with pytest.raises(ConfigError, match=f"digest needs {left}"):
        bench.load(GOOD + without)


def test_a_tag_is_one_however_it_is_written():
    assert {tag_name(text) for text in ("Offer", "#offer", " OFFER ", "ｏｆｆｅｒ")} == {"offer"}
    assert tag_name("报价") == "报价"
    for text in ("", "#", "a b", "a\nb", "tag:x", "x" * 41):
        with pytest.raises(ValueError, match="one word"):
            tag_name(text)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_security(security, port):
    assert Mail.model_validate({"server": "::1", "from": "a@b", "security": security}).reached_at == port


def test_one_mail_server_for_all_that_is_sent(bench: Bench):
    """That of the archive comes first for its digest; `mail` may still name a network."""
    mail = "mail: {server: all.example.org, from: all@example.org, ca_file: all.pem}\n"
    own = next(line for line in FILED.splitlines() if line.strip().startswith("mail"))
    found = bench.load(GOOD + mail + FILED.replace(own + "\n", ""))
    assert found.mail is not None
    assert found.mail.ca_file == bench.folder / "all.pem"
    assert found.archive.mail == found.mail
    found = bench.load(GOOD + mail + FILED)
    assert found.archive.mail is not None
    assert found.archive.mail.server == "mail.example.org"
    assert against_name("mail") is None
