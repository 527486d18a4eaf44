"""The sentences for visitors who have their chat deleted, or may one day."""

from bridge.language import N_, spoken

__all__ = ["Farewell"]

_GONE = N_("Your chat is deleted.")
_KEPT = N_(
    "Your chat is deleted here. A copy stays in our archive, since it may be needed in a legal dispute. It "
    "is deleted there too once that is over."
)


class Farewell:
    """The sentences, in a language as a browser says it."""

    def __init__(self, language: str) -> None:
        self._speak = spoken(language)
        self.language = self._speak.language

    def done(self, *, kept: bool) -> str:
        """Return what became of it; `kept`: something of it stays, since it must not go now."""
        return self._speak.gettext(_KEPT if kept else _GONE)

    @property
    def title(self) -> str:
        return self._speak.gettext("Delete my chat")

    @property
    def question(self) -> str:
        return self._speak.gettext(
            "What you wrote in this chat and what was answered is deleted for good, with us too."
        )

    def promise(self, archived: str) -> str:
        """Return what is told before a chat begins: that it is archived, and that it can be deleted."""
        return self._speak.gettext("{archived} You can delete your chat at any time.", archived=archived)

    def link(self, address: str) -> str:
        """Return where a chat can be deleted later, for a transcript."""
        return self._speak.gettext("To have this chat deleted: {address}", address=address)

    @property
    def unknown(self) -> str:
        return self._speak.gettext("There is no such chat any more.")
