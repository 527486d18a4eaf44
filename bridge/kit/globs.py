"""Globs, as networks have them in masks and rules. Pure."""

__all__ = ["fits_glob"]


def fits_glob(glob: str, text: str) -> bool:
    """Whether a text fits a glob, where `*` is any characters and `?` is one.

    Each piece between stars is looked for once, from where the one before ended: a glob that is made to be
    slow costs no more than its length times that of the text.
    """
    first, *rest = glob.split("*")
    if not rest:
        return len(first) == len(text) and _begins(first, text, 0)
    *middle, last = rest
    at, end = len(first), len(text) - len(last)
    if at > end or not _begins(first, text, 0) or not _begins(last, text, end):
        return False
    for piece in middle:
        at = _find(piece, text, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _begins(piece: str, text: str, at: int) -> bool:
    return all(sign in ("?", text[at + number]) for number, sign in enumerate(piece))


def _find(piece: str, text: str, at: int, end: int) -> int:
    if "?" not in piece:
        return text.find(piece, at, end)
    places = range(at, end - len(piece) + 1)
    return next((place for place in places if _begins(piece, text, place)), -1)
