"""Looks whether the mail servers of the map let Hubbub in."""

from collections.abc import Iterator

from bridge.config import Config
from bridge.mail import try_mail

__all__ = ["mail_servers"]


def mail_servers(config: Config) -> Iterator[tuple[str, str]]:
    """Yield each with what is wrong and what to do; empty: it takes mail from us. Blocks. None is sent
    any.
    """
    seen = []
    for mail in (config.mail, config.archive.mail):
        if mail is not None and mail not in seen:
            seen.append(mail)
            why = try_mail(mail)
            yield f"mail server {mail.server}", f"{why}: see to `mail:` in the map" if why else ""
