"""Policy lists: rooms whose state says who is not welcome anywhere ("Moderation policy lists")."""

from collections.abc import Iterable

from adapters.matrix.untrusted import mapping, text_of
from bridge import BoundedDict, fits_glob

__all__ = ["RULES", "Policies"]

_KINDS = {
    "m.policy.rule.user": False,
    "m.room.rule.user": False,
    "org.matrix.mjolnir.rule.user": False,
    "m.policy.rule.server": True,
    "m.room.rule.server": True,
    "org.matrix.mjolnir.rule.server": True,
}
"""The types of rules, with those of before; and whether they are about servers."""
RULES = tuple(_KINDS)
_BANS = frozenset({"m.ban", "org.matrix.mjolnir.ban"})
_MOST_RULES = 20_000
_MOST_KNOWN = 20_000
_LONGEST = 255


class Policies:
    """All rules of all lists that are followed."""

    def __init__(self) -> None:
        self.lists: set[str] = set()
        """The rooms that are such lists."""
        self._rules: dict[tuple[str, str, str], tuple[bool, str, str]] = {}
        """By room, type and state key: whether it is about servers, the glob, and the reason."""
        self._globs: dict[bool, list[str]] = {False: [], True: []}
        self._exact: dict[bool, set[str]] = {False: set(), True: set()}
        self._stale = False
        self._known: BoundedDict[str, bool] = BoundedDict(_MOST_KNOWN)
        """People who were asked for, and whether a rule bars them."""
        self.full = False
        """Whether there were more rules than are followed."""

    def begin(self, wire: str, events: Iterable[object]) -> None:
        """Go by the whole state of a list."""
        self.forget(wire)
        self.lists.add(wire)
        for event in events:
            self.learn(wire, event)

    def forget(self, wire: str) -> None:
        """Go by a list no more."""
        self.lists.discard(wire)
        self._rules = {key: rule for key, rule in self._rules.items() if key[0] != wire}
        self._changed()

    def learn(self, wire: str, event: object) -> None:
        """Take in an event of a list's state: a rule, or the end of one."""
        event = mapping(event)
        kind, state_key = event.get("type"), event.get("state_key")
        if not isinstance(kind, str) or kind not in _KINDS or not isinstance(state_key, str):
            return
        key = (wire, kind, state_key)
        content = mapping(event.get("content"))
        entity = content.get("entity")
        if (
            not isinstance(entity, str)
            or not 0 < len(entity) <= _LONGEST
            or str(content.get("recommendation")) not in _BANS
        ):
            if self._rules.pop(key, None) is not None:
                self._changed()
            return
        if key not in self._rules and len(self._rules) >= _MOST_RULES:
            self.full = True
            return
        self._rules[key] = (_KINDS[kind], entity, text_of(content.get("reason"), _LONGEST))
        self._changed()

    def bars(self, user: str) -> bool:
        """Whether a rule is about somebody, or about their server."""
        if not self._rules:
            return False
        if self._stale:
            self._sort()
        known = self._known.get(user)
        if known is None:
            known = self._known[user] = self._look(user)
        return known

    def _look(self, user: str) -> bool:
        server = user.partition(":")[2]
        host = server.rpartition(":")[0] if server.rpartition(":")[2].isdigit() else server
        return any(
            name in self._exact[about] or any(fits_glob(glob, name) for glob in self._globs[about])
            for about, name in ((False, user), (True, server), (True, host))
        )

    def _changed(self) -> None:
        self._stale = True
        self._known.clear()

    def _sort(self) -> None:
        self._stale = False
        self._globs, self._exact = {False: [], True: []}, {False: set(), True: set()}
        for about, glob, _ in self._rules.values():
            if "*" in glob or "?" in glob:
                self._globs[about].append(glob)
            else:
                self._exact[about].add(glob)
