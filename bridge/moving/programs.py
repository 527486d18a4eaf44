"""The programs whose configurations are read."""

__all__ = ["BIBOUMI", "FORMATS"]

BIBOUMI = "biboumi"
FORMATS = ("matterbridge", "matrix-appservice-irc", "heisenbridge", BIBOUMI)
"""By name."""
