"""Which protocols there are: a folder each below `adapters`, and packages from outside."""

import importlib
import logging
import pkgutil
import re
import traceback
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from operator import attrgetter
from typing import TYPE_CHECKING

from .adapter import Adapter
from .config import Model
from .config.words import nearest, quoted
from .errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

__all__ = ["find", "names", "protocols"]

_GROUP = "hubbub.adapters"
"""The entry points by which packages from outside say that they have a protocol."""

log = logging.getLogger(__name__)


def protocols() -> dict[str, type[Adapter]]:
    """Return every protocol that can be used, by name. The log says why others cannot."""
    found = {}
    for name in names():
        try:
            found[name] = find(name)
        except ConfigError as error:
            log.warning("left out: %s", error)
    return found


def find(protocol: str) -> type[Adapter]:
    """Return the adapter class of a protocol: of the package of that name below `adapters`, else of the entry
    point of that name, or of `package.module:Class`.

    Raises ConfigError when there is none, and when it cannot be loaded.
    """
    place = protocol if ":" in protocol else _place(protocol)
    module, _, name = place.partition(":")
    try:
        home = importlib.import_module(module)
    except (Exception, SystemExit) as error:
        log.debug("%s cannot be imported", module, exc_info=True)
        raise ConfigError([_why_not(protocol, module, error)]) from None
    try:
        found = attrgetter(name or "Adapter")(home)
    except AttributeError:
        raise ConfigError([f"{module} has no {name or 'Adapter'}"]) from None
    if not (isinstance(found, type) and issubclass(found, Adapter)):
        raise ConfigError([f"{place} is not an adapter"])
    if lacking := ", ".join(_unwritten(found)):
        raise ConfigError([f"{place} is no whole adapter: it has no {lacking}"])
    return found


def _unwritten(adapter: type[Adapter]) -> Iterator[str]:
    """Yield what every adapter has and this one has not."""
    for name in ("NetworkConfig", "RoomConfig"):
        model = getattr(adapter, name, None)
        if not (isinstance(model, type) and issubclass(model, Model)):
            yield name
    yield from sorted(adapter.__abstractmethods__)


def _why_not(protocol: str, module: str, error: BaseException) -> str:
    missing = error.name or "" if isinstance(error, ModuleNotFoundError) else ""
    ours = module == f"adapters.{protocol}"
    if ours and missing and missing.partition(".")[0] not in {"adapters", "bridge"}:
        return _needs(protocol, missing)
    if missing and f"{module}.".startswith(f"{missing}.") and ":" in protocol:
        return f"there is no protocol {protocol!r}"
    frames = traceback.extract_tb(error.__traceback__)
    machinery = (__file__, importlib.__file__)
    where = [one for one in frames if one.filename not in machinery and "<frozen" not in one.filename]
    at = f" ({where[-1].filename}, line {where[-1].lineno})" if where else ""
    return f"the adapter of {protocol!r} cannot be loaded: {type(error).__name__}: {error}{at}"


def _needs(protocol: str, library: str) -> str:
    extra = f"install it, or Hubbub with [{protocol}], as in: pip install '.[{protocol}]'"
    return f"protocol {protocol!r} needs the library {library}, which is not installed: {extra}"


def _lacking(protocol: str) -> str | None:
    """Return a library of our extra of this name that is not installed: adapters may load theirs late."""
    from importlib.metadata import PackageNotFoundError, requires, version

    for requirement in requires("hubbub") or ():
        if found := re.match(rf"""([\w.-]+).*\bextra == ["']{protocol}["']""", requirement):
            try:
                version(found[1])
            except PackageNotFoundError:
                return found[1]
    return None


def names() -> list[str]:
    """Return what the protocols are called, those that cannot be used as well."""
    return sorted({*_folders(), *_entry_points().names})


def _folders() -> list[str]:
    home = importlib.import_module("adapters")
    return [module.name for module in pkgutil.iter_modules(home.__path__) if module.ispkg]


def _entry_points() -> "EntryPoints":
    # Here, since what it loads is much, and most have no protocol from outside.
    from importlib.metadata import entry_points

    return entry_points(group=_GROUP)


@cache  # of what was found: the rest may be installed by the next time
def _place(protocol: str) -> str:
    """Return where the adapter of a protocol is, as `package` or `package.module:Class`."""
    if protocol in _folders():
        if library := _lacking(protocol):
            raise ConfigError([_needs(protocol, library)])
        return f"adapters.{protocol}"
    points = _entry_points()
    if named := points.select(name=protocol):
        return next(iter(named)).value
    its = [point.name for point in points if point.module.partition(".")[0] == protocol]
    if not its and protocol.startswith("hubbub") and find_spec(protocol):
        its = [f"{protocol}:Adapter"]
    meant = f"; did you mean {quoted(its[0])}?" if its else nearest(protocol, names())
    raise ConfigError([f"there is no protocol {protocol!r}{meant} (there are {', '.join(names())})"])
