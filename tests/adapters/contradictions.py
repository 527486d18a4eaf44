"""A person with two clients: our own decode, and a library's that knows nothing of ours."""


class Contradictions:
    """Notes where the two see different things. Before a person's class among the bases."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.raw = None
        """What came last, as the library has it."""
        self.contradictions = []

    def _saw(self, event):
        for theirs, ours in self.contradicted(event):
            if theirs != ours:
                self.contradictions.append(f"{event!r}: the library has {theirs!r}, and we {ours!r}")
        super()._saw(event)
