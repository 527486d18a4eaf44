"""Mail is sent to a real server of another maker: encrypted, logged in, and with every ending told apart."""

import asyncio
from email.message import EmailMessage

import pytest

from bridge.config.mail import Mail
from bridge.mail import MailNotSent, MailUnsure, send_mail, try_mail

from .postbox import Postbox, certified


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return certified(tmp_path_factory.mktemp("tls"))


def mail(port, security="none", **more):
    settings = {"server": "127.0.0.1", "port": port, "from": "hubbub@example.org", "security": security}
    return Mail.model_validate(settings | more)


async def sent(settings, *to):
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content("你好\n.\nend")
    return await asyncio.to_thread(send_mail, settings, message, to or ("ada@example.org",))


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_encrypted_and_logged_in(tls, security):
    context, certificate = tls
    box = Postbox()
    async with box.open(context, at_once=security == "tls", auth=True) as port:
        settings = mail(port, security, ca_file=certificate, user="hubbub", password="right")
        assert await sent(settings, "ada@example.org", "bob@example.org") == {}
    (sender, to, message), (login,) = box.taken[0], box.logins
    assert (sender, to) == ("hubbub@example.org", ["ada@example.org", "bob@example.org"])
    assert (message["Subject"], message.get_content()) == ("Grüße", "你好\r\n.\r\nend\r\n")
    assert login[1:] == (b"hubbub", b"right", security == "starttls")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_whom_nobody_vouches_for_gets_nothing(tls, security):
    box = Postbox()
    async with box.open(tls[0], at_once=security == "tls", auth=True) as port:
        with pytest.raises(MailNotSent, match=r"its certificate does not verify .* ca_file"):
            await sent(mail(port, security, user="hubbub", password="right"))
    assert not box.taken
    assert not box.logins


async def test_a_server_without_encryption_gets_no_password():
    box = Postbox()
    async with box.open() as port:
        with pytest.raises(MailNotSent, match="offers no encryption"):
            await sent(mail(port, "starttls", user="hubbub", password="right"))
    assert not box.logins


async def test_a_wrong_password_is_told_and_not_shown(tls):
    box = Postbox()
    async with box.open(tls[0], auth=True) as port:
        settings = mail(port, "starttls", ca_file=tls[1], user="hubbub", password="wrong-secret")
        with pytest.raises(MailNotSent, match="refuses user and password \\(535") as found:
            await sent(settings)
    assert "wrong-secret" not in str(found.value)


async def test_whether_a_server_takes_our_mail_is_seen_without_any(tls):
    box = Postbox()
    async with box.open(tls[0], auth=True) as port:
        settings = {"ca_file": tls[1], "user": "hubbub"}
        good, bad = (mail(port, "starttls", **settings, password=word) for word in ("right", "wrong-secret"))
        assert await asyncio.to_thread(try_mail, good) == ""
        told = await asyncio.to_thread(try_mail, bad)
        assert told.startswith("it refuses user and password (535")
        assert "it takes no mail from hubbub@example.org: 530" in await asyncio.to_thread(
            try_mail, mail(port, "starttls", ca_file=tls[1])
        )
    assert await asyncio.to_thread(try_mail, good) == "Connection refused"
    assert not box.taken


async def test_some_or_all_recipients_are_refused():
    box = Postbox()
    box.refuses = {"bob@example.org": "550 no such user"}
    async with box.open() as port:
        refused = await sent(mail(port), "ada@example.org", "bob@example.org")
        assert refused == {"bob@example.org": "550 no such user"}
        with pytest.raises(MailNotSent, match=r"bob@example\.org: 550 no such user"):
            await sent(mail(port), "bob@example.org")
    assert len(box.taken) == 1


async def test_what_the_server_refuses_was_not_sent_and_what_it_does_not_answer_may_have_been():
    box = Postbox()
    async with box.open() as port:
        box.answer = "451 try later"
        with pytest.raises(MailNotSent, match="451 try later"):
            await sent(mail(port))
        box.answer = ""
        with pytest.raises(MailUnsure, match="did not say whether it took the mail"):
            await sent(mail(port))
    with pytest.raises(MailNotSent, match="did not take the mail: Connection refused"):
        await sent(mail(port))


async def test_what_is_refused_for_good_is_told_from_what_may_go_later():
    box = Postbox()
    async with box.open() as port:
        for answer, for_good in (("550 no such user", True), ("450 come back later", False)):
            box.refuses = {"bob@example.org": answer}
            with pytest.raises(MailNotSent) as found:
                await sent(mail(port), "bob@example.org")
            assert found.value.for_good is for_good
        box.refuses = {"bob@example.org": "550 no such user", "eve@example.org": "450 come back later"}
        with pytest.raises(MailNotSent) as found:
            await sent(mail(port), "bob@example.org", "eve@example.org")
        assert not found.value.for_good
        box.answer = "554 not such words"
        with pytest.raises(MailNotSent) as found:
            await sent(mail(port))
        assert found.value.for_good
    with pytest.raises(MailNotSent) as found:
        await sent(mail(port))
    assert not found.value.for_good


async def test_who_does_not_want_it_any_more_is_asked_last():
    """Nothing of it is on its way before that."""
    box, asked = Postbox(), []

    def begin():
        asked.append(len(box.taken))
        raise MailNotSent("it was taken back")

    message = EmailMessage()
    message.set_content("x")
    async with box.open() as port:
        with pytest.raises(MailNotSent, match=r"^it was taken back$"):
            await asyncio.to_thread(send_mail, mail(port), message, ["ada@example.org"], begin)
        box.refuses = {"bob@example.org": "550 no such user"}
        with pytest.raises(MailNotSent, match="no such user"):
            await asyncio.to_thread(send_mail, mail(port), message, ["bob@example.org"], begin)
    assert (asked, box.taken) == ([0], [])
