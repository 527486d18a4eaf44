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
                difference = f"the library has {theirs!r:.300}, and we {ours!r:.300}"
                self.contradictions.append(f"{difference} of {event!r:.1000}")
        super()._saw(event)


def missing(content, text):
    """The words that a library does not have in its text, which has its marks in it."""
    return [word for span in content.spans for word in span.text.split() if word not in text]
