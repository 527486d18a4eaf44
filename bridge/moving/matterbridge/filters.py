"""Matterbridge's ignore and replace rules as ours: both are RE2's, so most stay as they are."""

import re
from collections.abc import Iterable, Mapping

from bridge.expressions import expression
from bridge.moving.model import Value

from .account import ForeignAccount

__all__ = ["filters", "put_of"]

_LONGEST = 500
_FIELD = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})?", re.ASCII)
"""What Go puts in place of what was found (`Regexp.Expand`)."""


def filters(account: ForeignAccount) -> dict[str, Value]:
    """Return what an account leaves out and replaces of what people say on its network."""
    found: dict[str, Value] = {}
    for theirs, ours in (("ignorenicks", "ignore_names"), ("ignoremessages", "ignore_text")):
        if kept := _ignored(account, theirs):
            found[ours] = tuple(kept)
    for theirs, ours in (("replacemessages", "replace_text"), ("replacenicks", "replace_names")):
        if rules := _replaced(account, theirs):
            found[ours] = tuple(rules)
    return found


def _ignored(account: ForeignAccount, key: str) -> Iterable[str]:
    """Return expressions that stand side by side, so that none has a space in it."""
    kept: dict[str, None] = {}
    for pattern in account.text(key).split():
        if why := _mistake(pattern):
            account.lost(key, f"{pattern!r} {why}")
        else:
            kept[pattern] = None
    return kept


def _replaced(account: ForeignAccount, key: str) -> list[Mapping[str, Value]]:
    """Return pairs of what is replaced, and by what."""
    rules: list[Mapping[str, Value]] = []
    for pair in account.pairs(key):
        if pair is None:
            account.lost(key, "a rule is a pair of texts: what is replaced, and by what")
            continue
        find, put = pair
        if why := _mistake(find):
            account.lost(key, f"{find!r} {why}")
        elif (ours := put_of(find, put)) is None:
            account.lost(
                key, f"{put!r} cannot be put in place of {find!r}: it is one line with \\1 to \\9 in it"
            )
        else:
            rules.append({"find": find, "put": ours})
    return rules


def _mistake(pattern: str) -> str:
    """Say what is wrong with an expression; empty: nothing."""
    if not pattern:
        return "would be found everywhere"
    if len(pattern) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    try:
        expression(pattern)
    except ValueError as error:
        return str(error)
    return ""


def put_of(find: str, template: str) -> str | None:
    """Return what Go would put there in our words; None: we have none."""
    known = expression(find)
    pieces, at = [], 0
    for field in _FIELD.finditer(template):
        pieces.append(template[at : field.start()].replace("\\", "\\\\"))
        at = field.end()
        name = field[1] or field[2]
        if name is None:
            pieces.append("$")
            continue
        number = int(name) if name.isdigit() else known.names.get(name, known.groups + 1)
        if number <= known.groups:
            if number > 9:
                return None
            pieces.append(f"\\{number}")
    made = "".join((*pieces, template[at:].replace("\\", "\\\\")))
    return made if made.isprintable() and len(made) <= _LONGEST else None
