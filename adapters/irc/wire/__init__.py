"""The wire: lines, and the codes in their text. Pure."""
