"""Commands on their way, and whether they have arrived."""
