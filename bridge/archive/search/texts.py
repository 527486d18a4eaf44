"""Shows a hit as text."""

from bridge.archive.store import Entry

__all__ = ["text_of"]


def text_of(entry: Entry) -> str:
    """Return what was said, what its files are called, in brackets, and the emojis of a reaction, each on a
    line of its own.
    """
    if (words := entry.words) is None:
        return ""
    files = (f"[{file.name}]" for file in words.files if file.name)
    return "\n".join(text for text in (words.text, *files, *words.added, *(words.emojis or ())) if text)
