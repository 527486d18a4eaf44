"""Which account speaks for whom. Pure: what a room can do for somebody is in its records."""

from dataclasses import dataclass

from bridge.model import US, Authorship, Capabilities, Speaker, UserId

__all__ = ["Author", "key_of", "resolve", "said_as"]


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a command is done for: a person on another network, whose name is made safe."""

    network: str
    id: UserId
    name: str

    @property
    def key(self) -> str:
        """The author's identity, in all rooms and at all times."""
        return key_of(self.network, self.id)


def key_of(network: str, user: UserId) -> str:
    """Return the identity of somebody on a network, whatever they are called."""
    return f"{network}/{user}"


def resolve(author: Author, record: Capabilities) -> Speaker:
    """Return the best speaker for somebody that a record has. Hubbub's own words have no other than the
    bridge's own account.
    """
    if record.authorship is Authorship.PREFIX or author.id == US:
        return Speaker(Authorship.PREFIX, author.name)
    return Speaker(record.authorship, author.name, author.key)


def said_as(account: str | None, author: Author) -> Speaker:
    """Return who said something for somebody, by what was kept of that (`Part.speaker`): nobody else can
    change it.
    """
    if account is None:
        return Speaker(Authorship.PREFIX, author.name)
    return (
        Speaker(Authorship.PUPPET, author.name, account)
        if account
        else Speaker(Authorship.MASQUERADE, author.name, author.key)
    )
