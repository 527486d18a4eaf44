"""One to many, only by consent: conversations whose owner announces something to people who want to be told.

stopping, of the core   how people say that they want nothing more
asking, subscribing, verbs   what people ask for, and what they are answered
ledger, book, store    who wants what, what was announced and who was told it, in one SQLite file
announcing   who may announce, to how many, and what another has to agree to
delivering   who is told now: one after another, each once
posting, letters, door, pages   mails, and the pages to which they lead
"""

from .lists import Lists

__all__ = ["Lists"]
