"""Formatted text, in the three ways that clients write it. Pure."""
