"""Does saved searches: what they find that is new."""

from functools import partial
from itertools import islice

from bridge.archive.search import Hit, ask
from bridge.archive.search.query import read_query
from bridge.archive.store import Reader
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError

from .digest import MOST, DigestHit, NewlyFound
from .tags import numbers_of

__all__ = ["find_new"]

_PAGE = 200
_FAR = 2000
"""So many new hits are counted at most."""
_WIDTH = 400
"""So many characters of a hit are shown."""
_PATIENCE = 30.0
"""How long each page of a search may take, in seconds: nobody waits for it."""


def find_new(reader: Reader, name: str, query: str, after: int, until: int) -> NewlyFound:
    """Return what a saved search finds that has a number behind the one, up to the other."""
    found: list[Hit] = []
    before: int | None = until + 1
    try:
        read = read_query(query, SYSTEM.now())
        while before is not None and before > after + 1 and len(found) < _FAR:
            page = ask(
                read,
                reader,
                tagged=partial(numbers_of, reader),
                limit=_PAGE,
                before=before,
                seconds=_PATIENCE,
            )
            if page.stopped:
                return NewlyFound(name, query, trouble=page.told()[-1])
            new = [hit for hit in page.hits if hit.entry.number > after]
            found += new
            before = page.before if len(new) == len(page.hits) else None
    except ArchiveError as error:
        return NewlyFound(name, query, trouble=str(error))
    shown = [_shown(hit) for hit in islice(reversed(found), MOST)]
    return NewlyFound(name, query, shown, len(found))


def _shown(hit: Hit) -> DigestHit:
    header = hit.entry.header
    assert header is not None
    where = f"{hit.entry.conversation}, {header.network}"
    pieces = tuple((piece.text, piece.marked) for piece in hit.snippet(_WIDTH))
    return DigestHit(hit.entry.number, header.at, where, header.by.name if header.by else "", pieces)
