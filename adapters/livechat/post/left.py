"""Makes a mail to those who answer of what a visitor left while nobody was there."""

from bridge import mail_address
from bridge.desk import NewChat

from .letter import ChatLetter, clean

__all__ = ["left_letter"]


def left_letter(message: NewChat, desk: str) -> ChatLetter:
    """Return the mail, in English, as agents are spoken to. An answer goes to the visitor."""
    name = " ".join(clean(message.name).split())
    address = mail_address(message.mail)
    facts = [
        ("Name", name),
        ("Mail", message.mail),
        *message.fields.items(),
        ("Page", " ".join(filter(None, (message.title, message.page)))),
        ("Language", message.language),
    ]
    told = [f"{what}: {' '.join(clean(value).split())}" for what, value in facts if value.strip()]
    return ChatLetter(
        f"{name or 'visitor'} ({desk})",
        f"{name or 'A visitor'} left a message at {desk}",
        "en",
        "\n".join([clean(message.text).strip(), "", "-- ", *told]) + "\n",
        reply_to=(name, address) if address is not None else None,
    )
