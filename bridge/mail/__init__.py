"""Mail that Hubbub sends, by the owner's server (`mail:` in bridge.yaml)."""

from .addresses import mail_address
from .sending import MailNotSent, MailUnsure, send_mail, try_mail

__all__ = ["MailNotSent", "MailUnsure", "mail_address", "send_mail", "try_mail"]
