"""The mail of desks: what was said, for whoever wants it, and what was left while nobody was there."""
