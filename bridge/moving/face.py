"""What the command uses of this package, as `from bridge.moving import ...`."""

from .formats import read
from .model import Blank, Findings, Remark, blanks_in, secrets_in
from .proof import Proved, prove

__all__ = ["Blank", "Findings", "Proved", "Remark", "blanks_in", "prove", "read", "secrets_in"]
