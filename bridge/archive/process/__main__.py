"""The archive's process: `python -m bridge.archive.process FILE`. It answers questions that come on its
input, one after the other where they change the archive, in threads where they only look, and ends with it.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import msgspec

from bridge.archive.evidence import answering as evidence
from bridge.archive.filing.answering import FilingAnswers
from bridge.archive.search.questions import RoomSearch
from bridge.archive.search.rooms import search_in_room
from bridge.archive.store import Reader, Store
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError, HubbubError

from .frames import OPENING, PipeFrame, framed, read_frame
from .parcels import Parcel, Terms
from .questions import Inquiry, ReadUpTo, Tidying
from .recorder import Recorder

__all__ = ["main"]

_NICE = 5
"""What the relay does comes first."""
_LOOKING = 2
"""So many look at once."""

Change: TypeAlias = Callable[[Store, Any], Any]
Look: TypeAlias = Callable[[Reader, Any], Any]

_CHANGES: Mapping[type[Inquiry[Any]], Change] = {**evidence.CHANGES}
"""What changes the archive, or has to come in order: each feature's, by its question."""
_LOOKS: Mapping[type[Inquiry[Any]], Look] = {RoomSearch: search_in_room}
"""What only looks at it, beside the others."""


class _Answering:
    """Answers questions."""

    def __init__(self, store: Store, answers: BinaryIO) -> None:
        self._file = store.file
        self._answers = answers
        self._writing = threading.Lock()
        self._ours = threading.local()
        recorder = Recorder(store)
        self._filing = FilingAnswers(store, SYSTEM, lambda: recorder.tidy(Tidying()))
        changes: dict[type[Inquiry[Any]], Callable[[Any], Any]] = {
            ReadUpTo: recorder.opening,
            Terms: recorder.follow,
            Parcel: recorder.file,
            Tidying: recorder.tidy,
            **self._filing.answers,
        }
        changes.update({kind: partial(change, store) for kind, change in _CHANGES.items()})
        self._changes = {kind.__name__: (kind, change) for kind, change in changes.items()}
        self._looks = {kind.__name__: (kind, look) for kind, look in _LOOKS.items()}
        self._looking = ThreadPoolExecutor(_LOOKING)
        self._changing = ThreadPoolExecutor(1)

    def take(self, frame: PipeFrame) -> None:
        """Take a question on."""
        if frame.word in self._looks:
            self._looking.submit(self._answer, frame, self._look)
        else:
            self._changing.submit(self._answer, frame, self._change)

    def close(self) -> None:
        """Answer what was taken on, and nothing more."""
        self._looking.shutdown(cancel_futures=True)
        self._changing.shutdown()
        self._filing.close()

    def _change(self, frame: PipeFrame) -> Any:
        kind, change = self._changes[frame.word]
        return change(msgspec.msgpack.decode(frame.body, type=kind))

    def _look(self, frame: PipeFrame) -> Any:
        kind, look = self._looks[frame.word]
        reader: Reader | None = getattr(self._ours, "reader", None)
        if reader is None:
            reader = self._ours.reader = Reader(self._file)
        return look(reader, msgspec.msgpack.decode(frame.body, type=kind))

    def _answer(self, frame: PipeFrame, do: Callable[[PipeFrame], Any]) -> None:
        try:
            answer = framed(frame.id, "done", do(frame))
        except HubbubError as error:
            answer = framed(frame.id, "refused", str(error))
        except Exception as error:  # noqa: BLE001 whoever asks is told, and others ask too
            where = "".join(traceback.format_tb(error.__traceback__))  # its words may be what somebody said
            answer = framed(frame.id, "bug", f"{type(error).__name__}, at\n{where}")
        with self._writing:
            _tell(self._answers, answer)


def main(file: Path) -> None:
    """Open the archive, say so or why not, and answer until the input ends."""
    questions, answers = _pipes()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # whoever asks decides when it ends
    os.nice(_NICE)
    logging.basicConfig(stream=sys.stderr, format="archive: %(message)s", level=logging.WARNING)
    try:
        store = Store(file, SYSTEM)
    except ArchiveError as error:
        _tell(answers, framed(OPENING, "refused", str(error)))
        return
    answering = _Answering(store, answers)
    _tell(answers, framed(OPENING, "done", None))
    try:
        while (frame := read_frame(questions)) is not None:
            answering.take(frame)
    finally:
        answering.close()
        store.close()
        with contextlib.suppress(BrokenPipeError):
            answers.close()


def _tell(answers: BinaryIO, frame: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # who asked is gone
        answers.write(frame)
        answers.flush()


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return what is read and written; what anybody prints goes to the error output."""
    questions, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return os.fdopen(questions, "rb"), os.fdopen(answers, "wb")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
