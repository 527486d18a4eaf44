"""What a browser is answered that may not do what it asks for."""

__all__ = ["VisitRefused"]


class VisitRefused(Exception):
    """Says no to a visitor's browser: with a status, a word for the widget and a sentence for people."""

    def __init__(self, status: int, code: str, sentence: str, retry_after: float | None = None) -> None:
        """`code` is one word, by which the widget finds what it says in the visitor's language; `sentence` is
        for whoever builds the page; `retry_after`: seconds until it may be tried again.
        """
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.retry_after = retry_after
