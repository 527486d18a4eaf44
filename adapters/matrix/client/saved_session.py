"""The session, saved over restarts so that a start needs no login."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from adapters.matrix.untrusted import mapping
from bridge import Keepsake, know

__all__ = ["SavedSession"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SavedSession:
    """The session that a token belongs to."""

    homeserver: str
    user: str
    device_id: str

    def kept(self, keepsake: Keepsake | None) -> "SavedSession":
        """Return the saved session of this account, whatever its device is called: the network may have had
        another name. Without one, this.
        """
        kept = self._read(keepsake)
        device = kept.get("device_id")
        same = (kept.get("homeserver"), kept.get("user")) == (self.homeserver, self.user)
        return replace(self, device_id=device) if same and isinstance(device, str) and device else self

    def token(self, keepsake: Keepsake | None) -> str | None:
        """Return the token that is saved for this session."""
        kept = self._read(keepsake)
        token = kept.get("token")
        if not isinstance(token, str) or kept != {**asdict(self), "token": token}:
            return None
        know([token])
        return token

    def _read(self, keepsake: Keepsake | None) -> Mapping[str, Any]:
        try:
            return mapping(json.loads((keepsake and keepsake.read()) or "{}"))
        except OSError as error:
            log.warning("the session of %s cannot be read: %s", self.user, error)
        except ValueError:
            pass
        return {}

    def keep(self, keepsake: Keepsake | None, token: str) -> None:
        """Save a token for this session."""
        know([token])
        if keepsake is None:
            return
        try:
            keepsake.write(json.dumps({**asdict(self), "token": token}))
        except OSError as error:
            log.warning("the session of %s cannot be kept: each start will be a login: %s", self.user, error)
