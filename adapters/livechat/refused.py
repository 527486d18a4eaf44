"""The refusal of a browser that may not do what it asks for."""

__all__ = ["VisitRefused"]


class VisitRefused(Exception):
    """Says no to a visitor's browser: with a status, a word for the widget and a sentence for people."""

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        retry_after: float | None = None,
        /,
        **values: object,
    ) -> None:
        """`code` is one word, for programs; `sentence` is for the visitor, and said in their language where
        the catalogues have it (`N_`): what only whoever builds the page can mend is in English;
        `retry_after`: seconds until it may be tried again; `values` are those of names in braces.
        """
        super().__init__(sentence)
        self.values = values
        self.status = status
        self.code = code
        self.retry_after = retry_after
