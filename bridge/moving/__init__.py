"""Moves in from other bridges: reads what they were configured with, and writes a bridge.yaml.

This package names protocols, as those bridges do: each reader translates one foreign format (`matterbridge`,
`appservice`, `heisenbridge`, `biboumi`) into `Findings`; `prove` takes out what `hubbub check` refuses.
"""

from .formats import FORMATS, read
from .model import Blank, Findings, Remark, blanks_in, secrets_in
from .proof import Proved, prove

__all__ = ["FORMATS", "Blank", "Findings", "Proved", "Remark", "blanks_in", "prove", "read", "secrets_in"]
