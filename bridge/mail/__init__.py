"""Mail that Hubbub sends, by the owner's server (`mail:` in bridge.yaml)."""

from .sending import MailNotSent, MailUnsure, send_mail

__all__ = ["MailNotSent", "MailUnsure", "send_mail"]
