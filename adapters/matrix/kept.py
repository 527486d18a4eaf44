"""The session that is kept over restarts, so that a start is no login."""

import json
import logging
from dataclasses import asdict, dataclass

from bridge import Keepsake, know

from .values import mapping

__all__ = ["Place"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Which session is meant: a token is good for no other."""

    homeserver: str
    user: str
    device_id: str

    def token(self, keepsake: Keepsake | None) -> str | None:
        """The token that is kept for this session."""
        try:
            kept = mapping(json.loads((keepsake and keepsake.read()) or "{}"))
        except OSError as error:
            log.warning("the session of %s cannot be read: %s", self.user, error)
            return None
        except ValueError:
            return None
        token = kept.get("token")
        if not isinstance(token, str) or kept != {**asdict(self), "token": token}:
            return None
        know([token])
        return token

    def keep(self, keepsake: Keepsake | None, token: str) -> None:
        """Keep a token for this session."""
        know([token])
        if keepsake is None:
            return
        try:
            keepsake.write(json.dumps({**asdict(self), "token": token}))
        except OSError as error:
            log.warning("the session of %s cannot be kept: each start will be a login: %s", self.user, error)
