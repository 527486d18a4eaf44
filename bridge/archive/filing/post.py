"""Makes and sends the daily digest beside whoever writes the archive: it searches and waits for a mail server
in a thread of its own.
"""

import hashlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from bridge.archive.store import Reader, Store
from bridge.clock import Clock
from bridge.config.filing import DailyMail
from bridge.config.mail import Mail

from .daily import (
    DigestJob,
    DigestOutcome,
    DigestResult,
    begin_digest,
    digest_note,
    finish_digest,
)
from .digest import NewlyFound
from .questions import FilingRules
from .searching import find_new

__all__ = ["Post"]

_GLANCE = 10.0
"""How often is looked whether a digest is due, in seconds."""

Find: TypeAlias = Callable[[Reader, str, str, int, int], NewlyFound]
"""Does a saved search: by its name and query, behind a number of the archive up to another."""


class Post:
    """Sends it when it is due."""

    def __init__(self, store: Store, clock: Clock, find: Find = find_new) -> None:
        self._store = store
        self._clock = clock
        self._find = find
        self._mail: Mail | None = None
        self._digest: DailyMail | None = None
        self._searches: list[tuple[str, str]] = []
        self._glanced = float("-inf")
        self._ours = False
        self._thread: threading.Thread | None = None
        self._outcome: DigestOutcome | None = None

    def follow(self, rules: FilingRules) -> None:
        """Send as these rules say from now on."""
        self._mail = Mail.model_validate(rules.mail) if rules.mail is not None else None
        self._digest = DailyMail.model_validate(rules.digest) if rules.digest is not None else None
        wanted = self._digest.searches if self._digest is not None else None
        self._searches = [
            (name, query) for name, query in rules.searches.items() if wanted is None or name in wanted
        ]

    def step(self) -> bool:
        """Begin what is due, and note what ended. Returns False: nobody need ask again at once."""
        if self._thread is not None and not self._thread.is_alive():
            self._end()
        now = self._clock.now()
        if self._mail is None or self._digest is None or self._thread is not None:
            return False
        if 0 <= now - self._glanced < _GLANCE:
            return False
        self._glanced = now
        with self._store.reader() as reader:
            latest = reader.last()
        job = begin_digest(self._store, self._digest, now, latest, ours=self._ours)
        if job is not None:
            self._ours = True
            self._begin(job, self._mail, self._digest)
        return False

    def _begin(self, job: DigestJob, mail: Mail, digest: DailyMail) -> None:
        searches = list(self._searches)

        def run() -> None:
            try:
                with self._store.reader() as reader:
                    chains = b"".join(one.chain for one in reader.conversations())
                    name = hashlib.sha256(chains).hexdigest()[:12]
                    self._outcome = job.run(partial(self._find, reader), searches, mail, digest, name)
            except Exception as error:  # noqa: BLE001 the archive goes on, and the owner is told
                self._outcome = DigestOutcome(DigestResult.UNSURE, f"a bug ({error!r})")

        self._outcome = None
        self._thread = threading.Thread(target=run, name="digest", daemon=True)
        self._thread.start()

    def _end(self) -> None:
        self._thread = None
        outcome = self._outcome or DigestOutcome(DigestResult.UNSURE, "it ended without a result")
        finish_digest(self._store, outcome, self._clock.now())

    def close(self) -> None:
        """Wait a little for what is being sent, and note how that ended."""
        if self._thread is not None:
            self._thread.join(_GLANCE)
            if not self._thread.is_alive():
                self._end()

    def trouble(self) -> str:
        """Say what is wrong; empty: nothing."""
        note = digest_note(self._store) if self._digest is not None else None
        return note.trouble if note is not None else ""

    def told(self) -> str:
        """Say how the digest stands; empty: there is none."""
        if self._digest is None:
            return ""
        note = digest_note(self._store)
        last = f"; the last, of {note.day}: {note.result}" if note is not None else ""
        return f"daily at {self._digest.at} {self._digest.time_zone} to {', '.join(self._digest.to)}{last}"
