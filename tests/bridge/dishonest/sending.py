"""What goes wrong with what is sent, and with what is asked."""

import asyncio
import time
from dataclasses import replace
from typing import Any

from bridge.errors import TemporaryFailure
from bridge.model import (
    Content,
    EditMessage,
    Receipt,
    SendMessage,
    SetTyping,
    Span,
    Whisper,
    plain,
)
from bridge.testing import ScriptedAdapter
from bridge.testing.contract.place import ALICE


def sending(change):
    """An adapter that does something else in place of a command; None: nothing, and confirms it."""

    class Adapter(ScriptedAdapter):
        def send_now(self, command, settle):
            changed = change(command)
            if changed is not None:
                return super().send_now(changed, settle)
            settle(Receipt(None))
            return True

    return Adapter


def ignoring(kind):
    return sending(lambda command: None if isinstance(command, kind) else command)


def losing(**fields):
    return sending(
        lambda command: replace(command, **fields) if isinstance(command, SendMessage) else command
    )


def spans(change):
    def changed(command):
        if not isinstance(command, SendMessage):
            return command
        return replace(command, content=Content(tuple(map(change, command.content.spans))))

    return sending(changed)


LosesMarks = spans(lambda span: replace(span, marks=frozenset()))
LosesMentions = spans(lambda span: replace(span, mention=None))
LosesBlocks = spans(lambda span: Span(span.text))
CutsText = spans(lambda span: Span(span.text[:100]))
CutsLines = spans(lambda span: replace(span, text=span.text.replace("one\ntwo", "one")))
CutsMarked = spans(lambda span: replace(span, text=span.text[:1000]) if span.marks else span)
Escapes = spans(lambda span: Span(span.text.replace("<", "&lt;").replace("&lt;alice", "<alice")))


class LosesCaptions(ScriptedAdapter):
    def send_now(self, command, settle):
        if isinstance(command, SendMessage) and command.file is not None:
            command = replace(command, content=Content(()))
        return super().send_now(command, settle)


class SendsInReverse(ScriptedAdapter):
    """What is sent at once leaves in reverse."""

    def send_now(self, command, settle):
        if not hasattr(self, "_waiting"):
            self._waiting = []
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append((command, settle))
        return True

    def _flush(self):
        waiting, self._waiting = self._waiting, []
        for command, settle in reversed(waiting):
            super().send_now(command, settle)


class FlowsOver(ScriptedAdapter):
    """Its network takes one at a time."""

    _busy = False

    def send_now(self, command, settle):
        if self._busy:
            raise TemporaryFailure("slow down")
        self._busy = True

        def settled(outcome):
            self._busy = False
            settle(outcome)

        return super().send_now(command, settled)


def failing(error):
    """A connection that is not there shows itself so."""

    class Adapter(ScriptedAdapter):
        def send_now(self, command, settle):
            if self._emit is None:
                raise error
            return super().send_now(command, settle)

    return Adapter


class ConfirmsAtOnce(ScriptedAdapter):
    """A command counts as done when it is written."""

    def send_now(self, command, settle):
        settle(Receipt(None))
        return True


class NamesNothing(ScriptedAdapter):
    """What the network calls a message does not stand in its receipt."""

    def send_now(self, command, settle):
        return super().send_now(
            command, lambda outcome: settle(Receipt(None) if isinstance(outcome, Receipt) else outcome)
        )


class ConfirmsNothing(ScriptedAdapter):
    def send_now(self, command, settle):
        return super().send_now(command, lambda _: None)


class ConfirmsWithNone(ScriptedAdapter):
    async def send(self, command):
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def send_now(self, command, settle):
        return False


class LeavesOpen(ScriptedAdapter):
    """What was on its way when the connection ended stays so."""

    def send_now(self, command, settle):
        def settled(outcome):
            if isinstance(outcome, Receipt):
                settle(outcome)

        return super().send_now(command, settled)


class BlocksSending(ScriptedAdapter):
    def send_now(self, command, settle):
        time.sleep(0.06)
        return super().send_now(command, settle)


class BlocksHearing(ScriptedAdapter):
    def hear(self, events, position):
        time.sleep(0.06)
        super().hear(events, position)


class SaysNoAndDoesIt(ScriptedAdapter):
    def send_now(self, command, settle):
        self._server.perform(command, settle)
        return True


class SaysNoLater(ScriptedAdapter):
    """It refuses what it cannot do as if that were for now."""

    def send_now(self, command, settle):
        if isinstance(command, EditMessage):
            raise TemporaryFailure("not now")
        return super().send_now(command, settle)


class SaysNoAndSendsIt(ScriptedAdapter):
    """It refuses what it cannot do, and does it all the same."""

    def send_now(self, command, settle):
        if isinstance(command, EditMessage):
            self._server.perform(command, lambda _: None)
        return super().send_now(command, settle)


class HidesTyping(ScriptedAdapter):
    def hint(self, command):
        if not isinstance(command, SetTyping):
            super().hint(command)


class HidesReading(ScriptedAdapter):
    def hint(self, command):
        if isinstance(command, SetTyping):
            super().hint(command)


class HidesWhispers(ScriptedAdapter):
    def hint(self, command):
        if not isinstance(command, Whisper):
            super().hint(command)


class WhispersToAll(ScriptedAdapter):
    """Whatever is for one person, somebody else is told."""

    def hint(self, command):
        if isinstance(command, Whisper):
            command = replace(command, user=command.user.removesuffix("x"))
        super().hint(command)


class WhispersInTheRoom(ScriptedAdapter):
    def hint(self, command):
        super().hint(command)
        if isinstance(command, Whisper):
            said = SendMessage(room=command.room, speaker=ALICE, txn="0.0.0", content=plain(command.text))
            self._server.perform(said, lambda _: None)


# -- questions


def finding(answer):
    class Adapter(ScriptedAdapter):
        async def find_sent(self, room, since, txns):
            return answer(self, txns)

    return Adapter


def oops(*_: Any):
    raise KeyError("txn")


class PastIsOurs(ScriptedAdapter):
    """Its past has what it said itself."""

    async def past(self, room, since):
        said = [replace(event, replayed=True) for event in self._server.happened()]
        return [*said, replace(self._server.saying(room, "hubbub", "not this"), replayed=True)]


class NoSource(ScriptedAdapter):
    def source(self, address):
        return replace(super().source(address), url="mxc://nowhere")


class StillThere(ScriptedAdapter):
    """Everybody is there, under every name that they had."""

    def is_present(self, room, name):
        return name.lower() in {"ann", "annx"}
